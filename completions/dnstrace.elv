
use builtin;
use str;

set edit:completion:arg-completer[dnstrace] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'dnstrace'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'dnstrace'= {
            cand --graph 'Print the delegation and its chain of trust as a picture instead'
            cand --bufsize 'The size of answers that are accepted over UDP'
            cand --expect 'The answer must be this set, at every server of the zone'
            cand --compare 'Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones'
            cand --wait 'Look again until nothing at or above --fail-on is left, at most so long'
            cand --rdap 'Ask this RDAP server, by its base URL [default: the registry''s, of the larger TLDs]'
            cand --targets 'Read targets from a file, one a line; blank lines and # comments are passed over'
            cand --jobs 'Targets at a time'
            cand --format 'How results are printed'
            cand --output 'Write the results to a file as well, replaced as a whole; may be repeated with other formats'
            cand --color 'When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured'
            cand --fail-on 'The lowest severity that makes the exit code 1'
            cand --timeout 'The bound on one target, everything included'
            cand --probe-timeout 'The bound on one query or connection attempt'
            cand --resolver 'Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace'
            cand --hosts 'The hosts file that a visitor on this machine would be led by [default: the system''s]'
            cand --root-hints 'Root servers in the `named.root` format [default: built in]'
            cand --trust-anchor 'DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA''s, built in]'
            cand --connect-to 'Dial another address, as curl does; an empty field means any, or the same'
            cand --trust 'Whom certificates must lead to: webpki (Mozilla''s roots), system, or a PEM file; may be repeated [default: webpki]'
            cand --internal 'Special-purpose addresses in this range are meant to be there; may be repeated'
            cand --at 'Judge validity at this time: RFC 3339, or @ and Unix seconds'
            cand --config 'Options from this file [default: doorstep.toml, looked for upwards from here]'
            cand --no-qname-minimisation 'Send the whole name to every server instead of only the labels it needs'
            cand --no-dnssec 'Ask for no signatures and judge none'
            cand --tcp 'Ask over TCP only'
            cand --registration 'Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)'
            cand --thorough 'Ask every server of every zone on the way for its referral, not only three'
            cand --json 'Short for --format json'
            cand -v 'Tell the story: every exchange, what was offered and chosen, and what it means'
            cand --verbose 'Tell the story: every exchange, what was offered and chosen, and what it means'
            cand -q 'Show only what is wrong, and no progress'
            cand --quiet 'Show only what is wrong, and no progress'
            cand -4 'Use IPv4 only'
            cand -6 'Use IPv6 only'
            cand --no-config 'Read no configuration file'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
