complete -c tlscheck -l server-name -d 'The name to send and to verify, instead of the host' -r
complete -c tlscheck -l alpn -d 'Application protocols to offer, the preferred one first' -r
complete -c tlscheck -l address -d 'Go to this address only; the name is not looked up' -r
complete -c tlscheck -l pem -d 'Judge the chains in these files (PEM, DER or PKCS#7; `-` is standard input) without any network' -r -F
complete -c tlscheck -l name -d 'The name or address that a chain in a file is for' -r
complete -c tlscheck -l save-chain -d 'Write the chain as sent to a file, PEM' -r -F
complete -c tlscheck -l crl -d 'Hold certificates against this revocation list, PEM or DER; may be repeated' -r -F
complete -c tlscheck -l targets -d 'Read targets from a file, one a line; blank lines and # comments are passed over' -r -F
complete -c tlscheck -l jobs -d 'Targets at a time' -r
complete -c tlscheck -l min-version -d 'The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3' -r
complete -c tlscheck -l starttls -d 'Speak this protocol first, and ask for TLS in it: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, sieve, nntp, postgres or mysql [default: by the port]' -r
complete -c tlscheck -l cert -d 'Show this certificate to a server that asks for one: PEM, with its chain' -r -F
complete -c tlscheck -l key -d 'The key of that certificate: PEM' -r -F
complete -c tlscheck -l format -d 'How results are printed' -r -f -a "human\t'For people'
json\t'One object for one target, an array for several'
jsonl\t'One object a line, as each target finishes'"
complete -c tlscheck -l output -d 'Write the results to a file as well, replaced as a whole; may be repeated with other formats' -r
complete -c tlscheck -l color -d 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c tlscheck -l fail-on -d 'The lowest severity that makes the exit code 1' -r -f -a "error\t''
warning\t''
notice\t''
never\t''"
complete -c tlscheck -l timeout -d 'The bound on one target, everything included' -r
complete -c tlscheck -l probe-timeout -d 'The bound on one query or connection attempt' -r
complete -c tlscheck -l resolver -d 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace' -r
complete -c tlscheck -l hosts -d 'The hosts file that a visitor on this machine would be led by [default: the system\'s]' -r -F
complete -c tlscheck -l root-hints -d 'Root servers in the `named.root` format [default: built in]' -r -F
complete -c tlscheck -l trust-anchor -d 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA\'s, built in]' -r -F
complete -c tlscheck -l connect-to -d 'Dial another address, as curl does; an empty field means any, or the same' -r
complete -c tlscheck -l trust -d 'Whom certificates must lead to: webpki (Mozilla\'s roots), system, or a PEM file; may be repeated [default: webpki]' -r
complete -c tlscheck -l internal -d 'Special-purpose addresses in this range are meant to be there; may be repeated' -r
complete -c tlscheck -l at -d 'Judge validity at this time: RFC 3339, or @ and Unix seconds' -r
complete -c tlscheck -l config -d 'Options from this file [default: doorstep.toml, looked for upwards from here]' -r -F
complete -c tlscheck -l complete -d 'Write it as it should be sent: in order, and with the issuers that it lacks'
complete -c tlscheck -l revocation -d 'Ask the authority whether the certificate is revoked (OCSP and CRL)'
complete -c tlscheck -l no-aia -d 'Do not fetch issuers that were not sent'
complete -c tlscheck -l enumerate -d 'List all versions, the cipher suites of each in the server\'s order, and the groups'
complete -c tlscheck -l handshake-only -d 'One handshake with each address, and no further hellos'
complete -c tlscheck -l json -d 'Short for --format json'
complete -c tlscheck -s v -l verbose -d 'Tell the story: every exchange, what was offered and chosen, and what it means'
complete -c tlscheck -s q -l quiet -d 'Show only what is wrong, and no progress'
complete -c tlscheck -s 4 -d 'Use IPv4 only'
complete -c tlscheck -s 6 -d 'Use IPv6 only'
complete -c tlscheck -l no-config -d 'Read no configuration file'
complete -c tlscheck -s h -l help -d 'Print help (see more with \'--help\')'
