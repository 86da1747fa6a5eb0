//! What further hellos met, in one quiet sentence: what is wrong with it is said by the findings.

use super::super::super::style::{Style, harmless};
use super::super::super::words::count;
use super::super::wrapped;
use crate::facts::probe::ProbeOutcome;
use crate::facts::tls::{Endpoint, Resumption};

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

/// Whether sessions are gone on with, and whether anything could be sent early then.
pub(super) fn resumption(endpoint: &Endpoint, seen: &Resumption, style: Style) -> String {
    let tickets = match seen.tickets {
        Some(tickets) => format!(" ({})", count(tickets as usize, "ticket")),
        None => String::new(),
    };
    let resumed = match (&seen.failure, seen.resumed) {
        (Some(failure), _) => format!("could not be asked again: {}", failure.in_words()),
        (None, Some(true)) => format!("goes on with a session{tickets}"),
        (None, Some(false)) => format!("goes on with no session{tickets}"),
        (None, None) if seen.tickets == Some(0) => "gives no ticket to go on with".to_owned(),
        (None, None) => "was not asked again".to_owned(),
    };
    let early = match (seen.early_data_accepted, seen.early_data_bytes) {
        (Some(true), _) => "; accepts early data (0-RTT), which others can send again",
        (Some(false), _) => "; allows early data in its tickets, and refuses it",
        (None, Some(0)) => "; allows no early data (0-RTT)",
        (None, _) => "",
    };
    let text = format!("{} {resumed}{early}", endpoint.label());
    wrapped(&harmless(&text), "  ", "    ", style)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        color: false,
        unicode: true,
        width: 200,
        verbose: false,
        quiet: false,
    };

    fn said(resumption: &Resumption) -> String {
        let at = std::net::SocketAddr::from(([192, 0, 2, 1], 443));
        let endpoint = Endpoint::unseen("shop.example", at, "shop.example");
        self::resumption(&endpoint, resumption, STYLE)
    }

    #[test]
    fn a_session_that_goes_on_and_one_that_does_not_are_told() {
        let mut seen = Resumption {
            tickets: Some(2),
            early_data_bytes: Some(0),
            resumed: Some(true),
            ..Resumption::default()
        };
        let text = said(&seen);
        assert!(
            text.contains("goes on with a session (2 tickets)"),
            "{text}"
        );
        assert!(text.contains("no early data"), "{text}");
        seen.resumed = Some(false);
        assert!(said(&seen).contains("goes on with no session"));
        assert!(said(&Resumption::default()).contains("was not asked again"));
        let none = Resumption {
            tickets: Some(0),
            ..Resumption::default()
        };
        assert!(said(&none).contains("gives no ticket to go on with"));
    }

    #[test]
    fn early_data_that_is_accepted_is_said_to_be_repeatable() {
        let seen = Resumption {
            early_data_bytes: Some(16_384),
            early_data_accepted: Some(true),
            resumed: Some(true),
            ..Resumption::default()
        };
        assert!(said(&seen).contains("others can send again"));
    }
}
