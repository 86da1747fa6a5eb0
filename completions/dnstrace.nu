module completions {

  def "nu-complete dnstrace graph" [] {
    [ "dot" "mermaid" "svg" ]
  }

  def "nu-complete dnstrace format" [] {
    [ "human" "json" "jsonl" ]
  }

  def "nu-complete dnstrace color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete dnstrace fail_on" [] {
    [ "error" "warning" "notice" "never" ]
  }

  # Resolve a name hop by hop from the root
  export extern dnstrace [
    --no-qname-minimisation   # Send the whole name to every server instead of only the labels it needs
    --no-dnssec               # Ask for no signatures and judge none
    --graph: string@"nu-complete dnstrace graph" # Print the delegation and its chain of trust as a picture instead
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
    --format: string@"nu-complete dnstrace format" # How results are printed
    --json                    # Short for --format json
    --output: string          # Write the results to a file as well, replaced as a whole; may be repeated with other formats
    --color: string@"nu-complete dnstrace color" # When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    --verbose(-v)             # Tell the story: every exchange, what was offered and chosen, and what it means
    --quiet(-q)               # Show only what is wrong, and no progress
    --fail-on: string@"nu-complete dnstrace fail_on" # The lowest severity that makes the exit code 1
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

}

export use completions *
