
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'doorstep' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'doorstep'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'doorstep' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Try the whole way in: DNS, then TLS on every address, then the redirects')
            [CompletionResult]::new('dnstrace', 'dnstrace', [CompletionResultType]::ParameterValue, 'Resolve a name hop by hop from the root')
            [CompletionResult]::new('tlscheck', 'tlscheck', [CompletionResultType]::ParameterValue, 'Shake hands with every address of a host: version, cipher suite, chain, verdict')
            [CompletionResult]::new('httpcheck', 'httpcheck', [CompletionResultType]::ParameterValue, 'Walk from http:// to https://, hop by hop, at every address')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Say what a finding means, why it matters and how to mend it')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Start a small internet inside the process and check a site in it')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages into a directory')
            break
        }
        'doorstep;check' {
            [CompletionResult]::new('--crl', '--crl', [CompletionResultType]::ParameterName, 'Hold certificates against this revocation list, PEM or DER; may be repeated')
            [CompletionResult]::new('--rdap', '--rdap', [CompletionResultType]::ParameterName, 'Ask this RDAP server, by its base URL [default: the registry''s, of the larger TLDs]')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'Read targets from a file, one a line; blank lines and # comments are passed over')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Targets at a time')
            [CompletionResult]::new('--min-version', '--min-version', [CompletionResultType]::ParameterName, 'The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Look again until nothing at or above --fail-on is left, at most so long')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the results to a file as well, replaced as a whole; may be repeated with other formats')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The lowest severity that makes the exit code 1')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The bound on one target, everything included')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'The bound on one query or connection attempt')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace')
            [CompletionResult]::new('--hosts', '--hosts', [CompletionResultType]::ParameterName, 'The hosts file that a visitor on this machine would be led by [default: the system''s]')
            [CompletionResult]::new('--root-hints', '--root-hints', [CompletionResultType]::ParameterName, 'Root servers in the `named.root` format [default: built in]')
            [CompletionResult]::new('--trust-anchor', '--trust-anchor', [CompletionResultType]::ParameterName, 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA''s, built in]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Dial another address, as curl does; an empty field means any, or the same')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Whom certificates must lead to: webpki (Mozilla''s roots), system, or a PEM file; may be repeated [default: webpki]')
            [CompletionResult]::new('--internal', '--internal', [CompletionResultType]::ParameterName, 'Special-purpose addresses in this range are meant to be there; may be repeated')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge validity at this time: RFC 3339, or @ and Unix seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Options from this file [default: doorstep.toml, looked for upwards from here]')
            [CompletionResult]::new('--revocation', '--revocation', [CompletionResultType]::ParameterName, 'Ask the authority whether the certificate is revoked (OCSP and CRL)')
            [CompletionResult]::new('--no-aia', '--no-aia', [CompletionResultType]::ParameterName, 'Do not fetch issuers that were not sent')
            [CompletionResult]::new('--registration', '--registration', [CompletionResultType]::ParameterName, 'Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)')
            [CompletionResult]::new('--enumerate', '--enumerate', [CompletionResultType]::ParameterName, 'List all versions, the cipher suites of each in the server''s order, and the groups')
            [CompletionResult]::new('--handshake-only', '--handshake-only', [CompletionResultType]::ParameterName, 'One handshake with each address, and no further hellos')
            [CompletionResult]::new('--thorough', '--thorough', [CompletionResultType]::ParameterName, 'Ask every server of every zone on the way for its referral, not only three')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Read no configuration file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'doorstep;dnstrace' {
            [CompletionResult]::new('--graph', '--graph', [CompletionResultType]::ParameterName, 'Print the delegation and its chain of trust as a picture instead')
            [CompletionResult]::new('--bufsize', '--bufsize', [CompletionResultType]::ParameterName, 'The size of answers that are accepted over UDP')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'The answer must be this set, at every server of the zone')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Look again until nothing at or above --fail-on is left, at most so long')
            [CompletionResult]::new('--rdap', '--rdap', [CompletionResultType]::ParameterName, 'Ask this RDAP server, by its base URL [default: the registry''s, of the larger TLDs]')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'Read targets from a file, one a line; blank lines and # comments are passed over')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Targets at a time')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the results to a file as well, replaced as a whole; may be repeated with other formats')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The lowest severity that makes the exit code 1')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The bound on one target, everything included')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'The bound on one query or connection attempt')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace')
            [CompletionResult]::new('--hosts', '--hosts', [CompletionResultType]::ParameterName, 'The hosts file that a visitor on this machine would be led by [default: the system''s]')
            [CompletionResult]::new('--root-hints', '--root-hints', [CompletionResultType]::ParameterName, 'Root servers in the `named.root` format [default: built in]')
            [CompletionResult]::new('--trust-anchor', '--trust-anchor', [CompletionResultType]::ParameterName, 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA''s, built in]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Dial another address, as curl does; an empty field means any, or the same')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Whom certificates must lead to: webpki (Mozilla''s roots), system, or a PEM file; may be repeated [default: webpki]')
            [CompletionResult]::new('--internal', '--internal', [CompletionResultType]::ParameterName, 'Special-purpose addresses in this range are meant to be there; may be repeated')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge validity at this time: RFC 3339, or @ and Unix seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Options from this file [default: doorstep.toml, looked for upwards from here]')
            [CompletionResult]::new('--no-qname-minimisation', '--no-qname-minimisation', [CompletionResultType]::ParameterName, 'Send the whole name to every server instead of only the labels it needs')
            [CompletionResult]::new('--no-dnssec', '--no-dnssec', [CompletionResultType]::ParameterName, 'Ask for no signatures and judge none')
            [CompletionResult]::new('--tcp', '--tcp', [CompletionResultType]::ParameterName, 'Ask over TCP only')
            [CompletionResult]::new('--registration', '--registration', [CompletionResultType]::ParameterName, 'Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)')
            [CompletionResult]::new('--thorough', '--thorough', [CompletionResultType]::ParameterName, 'Ask every server of every zone on the way for its referral, not only three')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Read no configuration file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'doorstep;tlscheck' {
            [CompletionResult]::new('--server-name', '--server-name', [CompletionResultType]::ParameterName, 'The name to send and to verify, instead of the host')
            [CompletionResult]::new('--alpn', '--alpn', [CompletionResultType]::ParameterName, 'Application protocols to offer, the preferred one first')
            [CompletionResult]::new('--address', '--address', [CompletionResultType]::ParameterName, 'Go to this address only; the name is not looked up')
            [CompletionResult]::new('--pem', '--pem', [CompletionResultType]::ParameterName, 'Judge the chains in these files (PEM, DER or PKCS#7; `-` is standard input) without any network')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name or address that a chain in a file is for')
            [CompletionResult]::new('--save-chain', '--save-chain', [CompletionResultType]::ParameterName, 'Write the chain as sent to a file, PEM')
            [CompletionResult]::new('--crl', '--crl', [CompletionResultType]::ParameterName, 'Hold certificates against this revocation list, PEM or DER; may be repeated')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'Read targets from a file, one a line; blank lines and # comments are passed over')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Targets at a time')
            [CompletionResult]::new('--min-version', '--min-version', [CompletionResultType]::ParameterName, 'The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3')
            [CompletionResult]::new('--starttls', '--starttls', [CompletionResultType]::ParameterName, 'Speak this protocol first, and ask for TLS in it: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, sieve, nntp, postgres or mysql [default: by the port]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate to a server that asks for one: PEM, with its chain')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key of that certificate: PEM')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the results to a file as well, replaced as a whole; may be repeated with other formats')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The lowest severity that makes the exit code 1')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The bound on one target, everything included')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'The bound on one query or connection attempt')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace')
            [CompletionResult]::new('--hosts', '--hosts', [CompletionResultType]::ParameterName, 'The hosts file that a visitor on this machine would be led by [default: the system''s]')
            [CompletionResult]::new('--root-hints', '--root-hints', [CompletionResultType]::ParameterName, 'Root servers in the `named.root` format [default: built in]')
            [CompletionResult]::new('--trust-anchor', '--trust-anchor', [CompletionResultType]::ParameterName, 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA''s, built in]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Dial another address, as curl does; an empty field means any, or the same')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Whom certificates must lead to: webpki (Mozilla''s roots), system, or a PEM file; may be repeated [default: webpki]')
            [CompletionResult]::new('--internal', '--internal', [CompletionResultType]::ParameterName, 'Special-purpose addresses in this range are meant to be there; may be repeated')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge validity at this time: RFC 3339, or @ and Unix seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Options from this file [default: doorstep.toml, looked for upwards from here]')
            [CompletionResult]::new('--complete', '--complete', [CompletionResultType]::ParameterName, 'Write it as it should be sent: in order, and with the issuers that it lacks')
            [CompletionResult]::new('--revocation', '--revocation', [CompletionResultType]::ParameterName, 'Ask the authority whether the certificate is revoked (OCSP and CRL)')
            [CompletionResult]::new('--no-aia', '--no-aia', [CompletionResultType]::ParameterName, 'Do not fetch issuers that were not sent')
            [CompletionResult]::new('--enumerate', '--enumerate', [CompletionResultType]::ParameterName, 'List all versions, the cipher suites of each in the server''s order, and the groups')
            [CompletionResult]::new('--handshake-only', '--handshake-only', [CompletionResultType]::ParameterName, 'One handshake with each address, and no further hellos')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Read no configuration file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'doorstep;httpcheck' {
            [CompletionResult]::new('--address', '--address', [CompletionResultType]::ParameterName, 'Go to this address only; the name is not looked up')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The method of the walks from the URL given; probes beside them are GET')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'Ask for this path and query instead of the target''s')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header field with every request to the host, in clear too, as in ''Accept: text/html''; may be repeated')
            [CompletionResult]::new('--user-agent', '--user-agent', [CompletionResultType]::ParameterName, 'Call the client this')
            [CompletionResult]::new('--max-hops', '--max-hops', [CompletionResultType]::ParameterName, 'Follow at most so many redirects')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate to a server that asks for one: PEM, with its chain')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key of that certificate: PEM')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'Read targets from a file, one a line; blank lines and # comments are passed over')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Targets at a time')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the results to a file as well, replaced as a whole; may be repeated with other formats')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The lowest severity that makes the exit code 1')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The bound on one target, everything included')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'The bound on one query or connection attempt')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace')
            [CompletionResult]::new('--hosts', '--hosts', [CompletionResultType]::ParameterName, 'The hosts file that a visitor on this machine would be led by [default: the system''s]')
            [CompletionResult]::new('--root-hints', '--root-hints', [CompletionResultType]::ParameterName, 'Root servers in the `named.root` format [default: built in]')
            [CompletionResult]::new('--trust-anchor', '--trust-anchor', [CompletionResultType]::ParameterName, 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA''s, built in]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Dial another address, as curl does; an empty field means any, or the same')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Whom certificates must lead to: webpki (Mozilla''s roots), system, or a PEM file; may be repeated [default: webpki]')
            [CompletionResult]::new('--internal', '--internal', [CompletionResultType]::ParameterName, 'Special-purpose addresses in this range are meant to be there; may be repeated')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge validity at this time: RFC 3339, or @ and Unix seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Options from this file [default: doorstep.toml, looked for upwards from here]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Read no configuration file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'doorstep;explain' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'doorstep;demo' {
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'A round trip on every answer')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the results to a file as well, replaced as a whole; may be repeated with other formats')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The lowest severity that makes the exit code 1')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The bound on one target, everything included')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'The bound on one query or connection attempt')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace')
            [CompletionResult]::new('--hosts', '--hosts', [CompletionResultType]::ParameterName, 'The hosts file that a visitor on this machine would be led by [default: the system''s]')
            [CompletionResult]::new('--root-hints', '--root-hints', [CompletionResultType]::ParameterName, 'Root servers in the `named.root` format [default: built in]')
            [CompletionResult]::new('--trust-anchor', '--trust-anchor', [CompletionResultType]::ParameterName, 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA''s, built in]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Dial another address, as curl does; an empty field means any, or the same')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Whom certificates must lead to: webpki (Mozilla''s roots), system, or a PEM file; may be repeated [default: webpki]')
            [CompletionResult]::new('--internal', '--internal', [CompletionResultType]::ParameterName, 'Special-purpose addresses in this range are meant to be there; may be repeated')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge validity at this time: RFC 3339, or @ and Unix seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Options from this file [default: doorstep.toml, looked for upwards from here]')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Name the scenarios')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Keep the world up, and print the options under which other tools walk it')
            [CompletionResult]::new('--real-addresses', '--real-addresses', [CompletionResultType]::ParameterName, 'Bind the world''s own addresses and ports; needs root, and is meant for a network namespace')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell the story: every exchange, what was offered and chosen, and what it means')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is wrong, and no progress')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Read no configuration file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'doorstep;completions' {
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'The program to complete')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'doorstep;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
