module completions {

  def "nu-complete tlscheck format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete tlscheck color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete tlscheck fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Shake hands with every address of a host: version, cipher suite, chain, verdict
  export extern tlscheck [
    --server-name: string     # The name to send and to verify, instead of the host
    --alpn: string            # Application protocols to offer, the preferred one first
    --address: string         # Go to this address only; the name is not looked up
    --pem: path               # Judge the chains in these files (PEM, DER or PKCS#7; `-` is standard input) without any network
    --name: string            # The name or address that a chain in a file is for
    --save-chain: path        # Write the chain as sent to a file, PEM
    --complete                # Write it as it should be sent: in order, and with the issuers that it lacks
    --revocation              # Ask the authority whether the certificate is revoked (OCSP and CRL)
    --crl: path               # Hold certificates against this revocation list, PEM or DER; may be repeated
    --no-aia                  # Do not fetch issuers that were not sent
    --targets: path           # Read targets from a file, one a line; blank lines and # comments are passed over
    --jobs: string            # Targets at a time
    --enumerate               # List all versions, the cipher suites of each in the server's order, and the groups
    --handshake-only          # One handshake with each address, and no further hellos
    --min-version: string     # The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3
    --starttls: string        # Speak this protocol first, and ask for TLS in it: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, sieve, nntp, postgres or mysql [default: by the port]
    --cert: path              # Show this certificate to a server that asks for one: PEM, with its chain
    --key: path               # The key of that certificate: PEM
    --format: string@"nu-complete tlscheck format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete tlscheck color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete tlscheck fail_on" # The lowest severity that makes the exit code 1
    --timeout: string         # The bound on one target, everything included
    --probe-timeout: string   # The bound on one query or connection attempt
    -4                        # Use IPv4 only
    -6                        # Use IPv6 only
    --resolver: string        # Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace
    --hosts: path             # The hosts file that a visitor on this machine would be led by [default: the system's]
    --root-hints: path        # Root servers in the `named.root` format [default: built in]
    --trust-anchor: path      # DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA's, built in]
    --connect-to: string      # Dial another address, as curl does; an empty field means any, or the same
    --trust: string           # Whom certificates must lead to: webpki (Mozilla's roots), system, or a PEM file; may be repeated [default: webpki]
    --internal: string        # Special-purpose addresses in this range are meant to be there; may be repeated
    --at: string              # Judge validity at this time: RFC 3339, or @ and Unix seconds
    --config: path            # Options from this file [default: doorstep.toml, looked for upwards from here]
    --no-config               # Read no configuration file
    --help(-h)                # Print help (see more with '--help')
    ...target: string         # A host with or without port, a URL or an address; `-` reads them from standard input
  ]

}

export use completions *
