
use builtin;
use str;

set edit:completion:arg-completer[tlscheck] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'tlscheck'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'tlscheck'= {
            cand --server-name 'The name to send and to verify, instead of the host'
            cand --alpn 'Application protocols to offer, the preferred one first'
            cand --address 'Go to this address only; the name is not looked up'
            cand --pem 'Judge the chains in these files (PEM, DER or PKCS#7; `-` is standard input) without any network'
            cand --name 'The name or address that a chain in a file is for'
            cand --save-chain 'Write the chain as sent to a file, PEM'
            cand --crl 'Hold certificates against this revocation list, PEM or DER; may be repeated'
            cand --targets 'Read targets from a file, one a line; blank lines and # comments are passed over'
            cand --jobs 'Targets at a time'
            cand --min-version 'The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3'
            cand --starttls 'Speak this protocol first, and ask for TLS in it: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, sieve, nntp, postgres or mysql [default: by the port]'
            cand --cert 'Show this certificate to a server that asks for one: PEM, with its chain'
            cand --key 'The key of that certificate: PEM'
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
            cand --complete 'Write it as it should be sent: in order, and with the issuers that it lacks'
            cand --revocation 'Ask the authority whether the certificate is revoked (OCSP and CRL)'
            cand --no-aia 'Do not fetch issuers that were not sent'
            cand --enumerate 'List all versions, the cipher suites of each in the server''s order, and the groups'
            cand --handshake-only 'One handshake with each address, and no further hellos'
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
