
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'dnstrace' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'dnstrace'
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
        'dnstrace' {
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
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
