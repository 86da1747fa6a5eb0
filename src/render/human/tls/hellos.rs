//! What further hellos met, in one quiet sentence: what is wrong with it is said by the findings.

use super::super::super::style::{Style, harmless};
use super::super::wrapped;
use crate::facts::probe::ProbeOutcome;
use crate::facts::tls::Endpoint;

/// The questions by their names in a report, in words. Those that are missing here are parts of others.
const QUESTIONS: [(&str, &str); 15] = [
    ("sslv2", "SSLv2"),
    ("sslv3", "SSLv3"),
    ("tls10", "TLS 1.0"),
    ("tls11", "TLS 1.1"),
    ("tls12-rsa", "TLS 1.2 with RSA"),
    ("tls12-ecdsa", "TLS 1.2 with ECDSA"),
    ("null", "no encryption"),
    ("anonymous", "no certificate"),
    ("export", "export keys"),
    ("rc4", "RC4"),
    ("small-blocks", "3DES"),
    ("static-rsa", "static RSA"),
    ("dhe", "DHE"),
    ("post-quantum", "X25519MLKEM768"),
    ("no-sni", "a hello without name"),
];

/// The sentence, or nothing where only a handshake was made.
pub(super) fn hellos(endpoint: &Endpoint, style: Style) -> String {
    if endpoint.probes.is_none() {
        return String::new();
    }
    let met = |outcome: &[ProbeOutcome]| {
        let own = QUESTIONS.iter().filter(|(name, _)| {
            endpoint
                .probe(name)
                .is_some_and(|probe| outcome.contains(&probe.outcome))
        });
        own.map(|(_, words)| *words).collect::<Vec<_>>().join(", ")
    };
    let parts = [
        ("accepts", met(&[ProbeOutcome::Accepted])),
        (
            "refuses",
            met(&[ProbeOutcome::Refused, ProbeOutcome::NotOffered]),
        ),
        ("left open", met(&[ProbeOutcome::Uncertain])),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, met)| !met.is_empty())
        .map(|(verb, met)| format!("{verb} {met}"))
        .collect();
    let text = format!("{} {}", endpoint.label(), parts.join("; "));
    wrapped(&harmless(&text), "  ", "    ", style)
}
