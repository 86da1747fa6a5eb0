//! What the HTTPS records announce beyond a handshake at the usual place, and what became of it: a line for each outcome.

use std::net::SocketAddr;

use super::super::super::style::{Style, harmless};
use crate::facts::announced::{Announced, Way};
use crate::finding::Severity;

/// The lines; places with the same outcome stand in one.
pub(super) fn announced(tried: &[Announced], style: Style) -> String {
    let all: Vec<&Announced> = tried.iter().collect();
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for tried in tried {
        let (said, place) = (outcome(tried, &all, style), place(tried));
        match lines.iter_mut().find(|(other, _)| *other == said) {
            Some((_, places)) if !places.contains(&place) => places.push(place),
            Some(_) => {}
            None => lines.push((said, vec![place])),
        }
    }
    let options = textwrap::Options::new(style.width)
        .initial_indent("        ")
        .subsequent_indent("          ");
    let line = |(said, places): &(String, Vec<String>)| {
        let text = format!("{said}: {}", places.join(", "));
        textwrap::fill(&text, &options) + "\n"
    };
    lines.iter().map(line).collect()
}

fn outcome(tried: &Announced, all: &[&Announced], style: Style) -> String {
    let promised = match tried.way {
        Way::Tls => "port of the HTTPS record",
        Way::Ech => "ECH of the HTTPS record",
        Way::Quic => "h3 of the HTTPS record",
    };
    let (sign, why) = match &tried.failure {
        None => (style.good(), String::new()),
        Some(failure) => {
            let sign = if tried.is_kept() {
                style.good()
            } else if tried.is_measured(all) {
                style.mark(Severity::Error)
            } else {
                style.unknown()
            };
            (sign, format!(" ({})", failure.in_words()))
        }
    };
    format!("{sign} {promised}{}", harmless(&why))
}

fn place(tried: &Announced) -> String {
    match (tried.address, tried.port) {
        (Some(address), 443) => address.to_string(),
        (Some(address), port) => SocketAddr::new(address, port).to_string(),
        (None, port) => format!("port {port}"),
    }
}
