module completions {

  # Can visitors get in, and if not, where are they stopped and what mends it?
  export extern doorstep [
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete doorstep check format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete doorstep check color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete doorstep check fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Try the whole way in: DNS, then TLS on every address, then the redirects
  export extern "doorstep check" [
    --revocation              # Ask the authority whether the certificate is revoked (OCSP and CRL)
    --crl: path               # Hold certificates against this revocation list, PEM or DER; may be repeated
    --no-aia                  # Do not fetch issuers that were not sent
    --registration            # Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)
    --rdap: string            # Ask this RDAP server, by its base URL [default: the registry's, of the larger TLDs]
    --targets: path           # Read targets from a file, one a line; blank lines and # comments are passed over
    --jobs: string            # Targets at a time
    --enumerate               # List all versions, the cipher suites of each in the server's order, and the groups
    --handshake-only          # One handshake with each address, and no further hellos
    --min-version: string     # The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3
    --compare: string         # Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones
    --wait: string            # Look again until nothing at or above --fail-on is left, at most so long
    --thorough                # Ask every server of every zone on the way for its referral, not only three
    --format: string@"nu-complete doorstep check format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete doorstep check color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete doorstep check fail_on" # The lowest severity that makes the exit code 1
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
    ...target: string         # A host, host:port, URL or address; `-` reads them from standard input, one a line
  ]

  def "nu-complete doorstep dnstrace graph" [] {
    [ "dot" "mermaid" "svg" ]
  }

  def "nu-complete doorstep dnstrace format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete doorstep dnstrace color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete doorstep dnstrace fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Resolve a name hop by hop from the root
  export extern "doorstep dnstrace" [
    --no-qname-minimisation   # Send the whole name to every server instead of only the labels it needs
    --no-dnssec               # Ask for no signatures and judge none
    --graph: string@"nu-complete doorstep dnstrace graph" # Print the delegation and its chain of trust as a picture instead
    --tcp                     # Ask over TCP only
    --bufsize: string         # The size of answers that are accepted over UDP
    --expect: string          # The answer must be this set, at every server of the zone
    --compare: string         # Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones
    --wait: string            # Look again until nothing at or above --fail-on is left, at most so long
    --registration            # Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)
    --rdap: string            # Ask this RDAP server, by its base URL [default: the registry's, of the larger TLDs]
    --targets: path           # Read targets from a file, one a line; blank lines and # comments are passed over
    --jobs: string            # Targets at a time
    --thorough                # Ask every server of every zone on the way for its referral, not only three
    --format: string@"nu-complete doorstep dnstrace format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete doorstep dnstrace color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete doorstep dnstrace fail_on" # The lowest severity that makes the exit code 1
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
    name?: string             # The name to resolve; international names are accepted, an address stands for its reverse name; `-` reads names from standard input, one a line
    ...types: string          # Record types, by name or as TYPE123, of every name [default: A AAAA]
  ]

  def "nu-complete doorstep tlscheck format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete doorstep tlscheck color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete doorstep tlscheck fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Shake hands with every address of a host: version, cipher suite, chain, verdict
  export extern "doorstep tlscheck" [
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
    --format: string@"nu-complete doorstep tlscheck format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete doorstep tlscheck color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete doorstep tlscheck fail_on" # The lowest severity that makes the exit code 1
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

  def "nu-complete doorstep httpcheck format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete doorstep httpcheck color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete doorstep httpcheck fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Walk from http:// to https://, hop by hop, at every address
  export extern "doorstep httpcheck" [
    --address: string         # Go to this address only; the name is not looked up
    --method: string          # The method of the walks from the URL given; probes beside them are GET
    --path: string            # Ask for this path and query instead of the target's
    --header: string          # Send this header field with every request to the host, in clear too, as in 'Accept: text/html'; may be repeated
    --user-agent: string      # Call the client this
    --max-hops: string        # Follow at most so many redirects
    --cert: path              # Show this certificate to a server that asks for one: PEM, with its chain
    --key: path               # The key of that certificate: PEM
    --targets: path           # Read targets from a file, one a line; blank lines and # comments are passed over
    --jobs: string            # Targets at a time
    --format: string@"nu-complete doorstep httpcheck format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete doorstep httpcheck color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete doorstep httpcheck fail_on" # The lowest severity that makes the exit code 1
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
    ...target: string         # A URL with path and query, or a host; `-` reads them from standard input
  ]

  def "nu-complete doorstep explain format" [] {
    [ "human" "json" "jsonl" ]
  }

  # Say what a finding means, why it matters and how to mend it
  export extern "doorstep explain" [
    --format: string@"nu-complete doorstep explain format" # How it is printed
    --json                    # Short for --format json
    --help(-h)                # Print help (see more with '--help')
    id?: string               # The finding, such as dns/alias-loop; without it, all are listed
  ]

  def "nu-complete doorstep demo format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete doorstep demo color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete doorstep demo fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Start a small internet inside the process and check a site in it
  export extern "doorstep demo" [
    --list                    # Name the scenarios
    --serve                   # Keep the world up, and print the options under which other tools walk it
    --real-addresses          # Bind the world's own addresses and ports; needs root, and is meant for a network namespace
    --delay: string           # A round trip on every answer
    --format: string@"nu-complete doorstep demo format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete doorstep demo color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete doorstep demo fail_on" # The lowest severity that makes the exit code 1
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
    scenario?: string         # The scenario; see --list
  ]

  def "nu-complete doorstep completions shell" [] {
    [ "bash" "zsh" "fish" "powershell" "elvish" "nushell" ]
  }

  def "nu-complete doorstep completions program" [] {
    [ "doorstep" "dnstrace" "tlscheck" ]
  }

  # Print the completions of a shell
  export extern "doorstep completions" [
    --program: string@"nu-complete doorstep completions program" # The program to complete
    --help(-h)                # Print help
    shell: string@"nu-complete doorstep completions shell" # The shell
  ]

  # Write the manual pages into a directory
  export extern "doorstep man" [
    --help(-h)                # Print help
    dir: path                 # The directory, which must exist; the JSON Schema of reports is written there too
  ]

}

export use completions *
