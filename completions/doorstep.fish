# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_doorstep_global_optspecs
    string join \n h/help V/version
end

function __fish_doorstep_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_doorstep_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_doorstep_using_subcommand
    set -l cmd (__fish_doorstep_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c doorstep -n "__fish_doorstep_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_needs_command" -s V -l version -d 'Print version'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "check" -d 'Try the whole way in: DNS, then TLS on every address, then the redirects'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "dnstrace" -d 'Resolve a name hop by hop from the root'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "tlscheck" -d 'Shake hands with every address of a host: version, cipher suite, chain, verdict'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "httpcheck" -d 'Walk from http:// to https://, hop by hop, at every address'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "explain" -d 'Say what a finding means, why it matters and how to mend it'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "demo" -d 'Start a small internet inside the process and check a site in it'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "completions" -d 'Print the completions of a shell'
complete -c doorstep -n "__fish_doorstep_needs_command" -f -a "man" -d 'Write the manual pages into a directory'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l crl -d 'Hold certificates against this revocation list, PEM or DER; may be repeated' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l rdap -d 'Ask this RDAP server, by its base URL [default: the registry\'s, of the larger TLDs]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l targets -d 'Read targets from a file, one a line; blank lines and # comments are passed over' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l jobs -d 'Targets at a time' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l min-version -d 'The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l compare -d 'Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l wait -d 'Look again until nothing at or above --fail-on is left, at most so long' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l timeout -d 'The bound on one target, everything included' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l revocation -d 'Ask the authority whether the certificate is revoked (OCSP and CRL)'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l no-aia -d 'Do not fetch issuers that were not sent'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l registration -d 'Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l enumerate -d 'List all versions, the cipher suites of each in the server\'s order, and the groups'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l handshake-only -d 'One handshake with each address, and no further hellos'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l thorough -d 'Ask every server of every zone on the way for its referral, not only three'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l json -d 'Short for --format json'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -s 4 -d 'Use IPv4 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -s 6 -d 'Use IPv6 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -l no-config -d 'Read no configuration file'
complete -c doorstep -n "__fish_doorstep_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l graph -d 'Print the delegation and its chain of trust as a picture instead' -r -f -a "dot\t'Graphviz'
mermaid\t'Mermaid'
svg\t'An image'"
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l bufsize -d 'The size of answers that are accepted over UDP' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l expect -d 'The answer must be this set, at every server of the zone' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l compare -d 'Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l wait -d 'Look again until nothing at or above --fail-on is left, at most so long' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l rdap -d 'Ask this RDAP server, by its base URL [default: the registry\'s, of the larger TLDs]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l targets -d 'Read targets from a file, one a line; blank lines and # comments are passed over' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l jobs -d 'Targets at a time' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l timeout -d 'The bound on one target, everything included' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l no-qname-minimisation -d 'Send the whole name to every server instead of only the labels it needs'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l no-dnssec -d 'Ask for no signatures and judge none'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l tcp -d 'Ask over TCP only'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l registration -d 'Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l thorough -d 'Ask every server of every zone on the way for its referral, not only three'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l json -d 'Short for --format json'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -s 4 -d 'Use IPv4 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -s 6 -d 'Use IPv6 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -l no-config -d 'Read no configuration file'
complete -c doorstep -n "__fish_doorstep_using_subcommand dnstrace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l server-name -d 'The name to send and to verify, instead of the host' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l alpn -d 'Application protocols to offer, the preferred one first' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l address -d 'Go to this address only; the name is not looked up' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l pem -d 'Judge the chains in these files (PEM, DER or PKCS#7; `-` is standard input) without any network' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l name -d 'The name or address that a chain in a file is for' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l save-chain -d 'Write the chain as sent to a file, PEM' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l crl -d 'Hold certificates against this revocation list, PEM or DER; may be repeated' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l targets -d 'Read targets from a file, one a line; blank lines and # comments are passed over' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l jobs -d 'Targets at a time' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l min-version -d 'The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l starttls -d 'Speak this protocol first, and ask for TLS in it: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, sieve, nntp, postgres or mysql [default: by the port]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l cert -d 'Show this certificate to a server that asks for one: PEM, with its chain' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l key -d 'The key of that certificate: PEM' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l timeout -d 'The bound on one target, everything included' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l complete -d 'Write it as it should be sent: in order, and with the issuers that it lacks'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l revocation -d 'Ask the authority whether the certificate is revoked (OCSP and CRL)'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l no-aia -d 'Do not fetch issuers that were not sent'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l enumerate -d 'List all versions, the cipher suites of each in the server\'s order, and the groups'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l handshake-only -d 'One handshake with each address, and no further hellos'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l json -d 'Short for --format json'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -s 4 -d 'Use IPv4 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -s 6 -d 'Use IPv6 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -l no-config -d 'Read no configuration file'
complete -c doorstep -n "__fish_doorstep_using_subcommand tlscheck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l address -d 'Go to this address only; the name is not looked up' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l method -d 'The method of the walks from the URL given; probes beside them are GET' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l path -d 'Ask for this path and query instead of the target\'s' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l header -d 'Send this header field with every request to the host, in clear too, as in \'Accept: text/html\'; may be repeated' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l user-agent -d 'Call the client this' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l max-hops -d 'Follow at most so many redirects' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l cert -d 'Show this certificate to a server that asks for one: PEM, with its chain' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l key -d 'The key of that certificate: PEM' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l targets -d 'Read targets from a file, one a line; blank lines and # comments are passed over' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l jobs -d 'Targets at a time' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l timeout -d 'The bound on one target, everything included' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l json -d 'Short for --format json'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -s 4 -d 'Use IPv4 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -s 6 -d 'Use IPv6 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -l no-config -d 'Read no configuration file'
complete -c doorstep -n "__fish_doorstep_using_subcommand httpcheck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_using_subcommand explain" -l format -d 'How it is printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c doorstep -n "__fish_doorstep_using_subcommand explain" -l json -d 'Short for --format json'
complete -c doorstep -n "__fish_doorstep_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l delay -d 'A round trip on every answer' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l timeout -d 'The bound on one target, everything included' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l list -d 'Name the scenarios'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l serve -d 'Keep the world up, and print the options under which other tools walk it'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l real-addresses -d 'Bind the world\'s own addresses and ports; needs root, and is meant for a network namespace'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l json -d 'Short for --format json'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -s 4 -d 'Use IPv4 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -s 6 -d 'Use IPv6 only'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -l no-config -d 'Read no configuration file'
complete -c doorstep -n "__fish_doorstep_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c doorstep -n "__fish_doorstep_using_subcommand completions" -l program -d 'The program to complete' -r -f -a "doorstep\t''
dnstrace\t''
tlscheck\t''"
complete -c doorstep -n "__fish_doorstep_using_subcommand completions" -s h -l help -d 'Print help'
complete -c doorstep -n "__fish_doorstep_using_subcommand man" -s h -l help -d 'Print help'
