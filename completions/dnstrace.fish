complete -c dnstrace -l graph -d 'Print the delegation and its chain of trust as a picture instead' -r -f -a "dot\t'Graphviz'
mermaid\t'Mermaid'
svg\t'An image'"
complete -c dnstrace -l bufsize -d 'The size of answers that are accepted over UDP' -r
complete -c dnstrace -l expect -d 'The answer must be this set, at every server of the zone' -r
complete -c dnstrace -l compare -d 'Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones' -r
complete -c dnstrace -l wait -d 'Look again until nothing at or above --fail-on is left, at most so long' -r
complete -c dnstrace -l rdap -d 'Ask this RDAP server, by its base URL [default: the registry\'s, of the larger TLDs]' -r
complete -c dnstrace -l targets -d 'Read targets from a file, one a line; blank lines and # comments are passed over' -r -F
complete -c dnstrace -l jobs -d 'Targets at a time' -r
complete -c dnstrace -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c dnstrace -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c dnstrace -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c dnstrace -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c dnstrace -l timeout -d 'The bound on one target, everything included' -r
complete -c dnstrace -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c dnstrace -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c dnstrace -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c dnstrace -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c dnstrace -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c dnstrace -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c dnstrace -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c dnstrace -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c dnstrace -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c dnstrace -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c dnstrace -l no-qname-minimisation -d 'Send the whole name to every server instead of only the labels it needs'
complete -c dnstrace -l no-dnssec -d 'Ask for no signatures and judge none'
complete -c dnstrace -l tcp -d 'Ask over TCP only'
complete -c dnstrace -l registration -d 'Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)'
complete -c dnstrace -l thorough -d 'Ask every server of every zone on the way for its referral, not only three'
complete -c dnstrace -l json -d 'Short for --format json'
complete -c dnstrace -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c dnstrace -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c dnstrace -s 4 -d 'Use IPv4 only'
complete -c dnstrace -s 6 -d 'Use IPv6 only'
complete -c dnstrace -l no-config -d 'Read no configuration file'
complete -c dnstrace -s h -l help -d 'Print help (see more with \'--help\')'
