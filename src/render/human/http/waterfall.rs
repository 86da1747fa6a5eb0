//! Where the time until the first page went: one bar a phase, one below the other, scaled to the width.

use super::super::super::style::{Style, harmless};
use crate::facts::attempt::Millis;
use crate::facts::dns::{Dns, ResponseClass};
use crate::facts::http::{Hop, Http, RouteOutcome};
use crate::report::Report;

/// Columns of the names and of the numbers.
const NAME: usize = 14;
const NUMBER: usize = 12;

/// The bars of the first walk that came to a page; nothing when none did.
pub(super) fn waterfall(report: &Report, http: &Http, style: Style) -> String {
    let ends = [RouteOutcome::Https, RouteOutcome::Http];
    let Some(route) = http.given().find(|route| ends.contains(&route.outcome)) else {
        return String::new();
    };
    let mut rows: Vec<(String, Vec<(&str, f64)>)> = Vec::new();
    if let Some(length) = report.dns.as_ref().and_then(look_up) {
        rows.push((String::new(), vec![("DNS", length)]));
    }
    rows.extend(
        route
            .hops
            .iter()
            .map(|hop| (harmless(&hop.url), phases(hop))),
    );
    let total: f64 = rows
        .iter()
        .flat_map(|(_, phases)| phases)
        .map(|(_, length)| length)
        .sum();
    let mut out = "\n  Where the time to the first page went\n".to_owned();
    let mut began = 0.0;
    for (url, phases) in rows {
        if !url.is_empty() {
            let room = style.width.saturating_sub(4);
            out += &format!("    {}\n", url.chars().take(room).collect::<String>());
        }
        for (name, length) in phases {
            out += &row(name, began, length, total, style);
            began += length;
        }
    }
    out
}

fn row(name: &str, began: f64, length: f64, total: f64, style: Style) -> String {
    let room = style.width.saturating_sub(4 + NAME + NUMBER);
    let from = scaled(began, total, room).min(room.saturating_sub(1));
    let until = scaled(began + length, total, room);
    let block = if style.unicode { "█" } else { "#" };
    let bar = block.repeat(until.saturating_sub(from).max(1));
    let rest = " ".repeat(room.saturating_sub(from + bar.chars().count()));
    let pad = " ".repeat(from);
    format!(
        "    {name:NAME$}{pad}{bar}{rest}{:>NUMBER$}\n",
        format!("{length:.1} ms")
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "columns of a terminal, from parts of a whole"
)]
fn scaled(part: f64, total: f64, room: usize) -> usize {
    if total <= 0.0 {
        return 0;
    }
    ((part / total * room as f64).round().max(0.0) as usize).min(room)
}

fn phases(hop: &Hop) -> Vec<(&'static str, f64)> {
    let timings = &hop.timings;
    let all = [
        ("DNS", timings.lookup_ms),
        ("connect", timings.connect_ms),
        ("TLS", timings.handshake_ms),
        ("first byte", timings.first_byte_ms),
    ];
    let had = all
        .into_iter()
        .filter_map(|(name, took)| Some((name, took?.0)));
    had.collect()
}

/// How long it took until an address was had: of the trace, or of the resolver.
fn look_up(dns: &Dns) -> Option<f64> {
    let steps = dns.own_questions().flat_map(|question| &question.steps);
    let answers = steps.filter(|step| step.response == ResponseClass::Answer);
    let ends = answers.filter_map(|step| Some(step.at_ms.0 + step.rtt_ms?.0));
    let of_resolver = dns.resolvers.iter().filter_map(|answer| answer.rtt_ms);
    let of_resolver = of_resolver.map(|Millis(took)| took);
    ends.min_by(f64::total_cmp)
        .or_else(|| of_resolver.max_by(f64::total_cmp))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(width: usize) -> Style {
        Style {
            color: false,
            unicode: false,
            width,
            verbose: true,
            quiet: false,
        }
    }

    #[test]
    fn bars_follow_one_another_and_fill_the_width() {
        let first = row("connect", 0.0, 50.0, 100.0, style(70));
        let second = row("TLS", 50.0, 50.0, 100.0, style(70));
        assert_eq!(first.matches('#').count(), 20);
        assert_eq!(second.find('#').unwrap(), first.rfind('#').unwrap() + 1);
        assert!(first.trim_end().ends_with("50.0 ms") && first.trim_end().len() == 70);
    }

    #[test]
    fn the_shortest_phase_is_seen_and_a_narrow_page_does_no_harm() {
        assert_eq!(
            row("DNS", 0.0, 0.001, 100.0, style(70))
                .matches('#')
                .count(),
            1
        );
        assert!(row("DNS", 99.9, 0.1, 100.0, style(70)).trim_end().len() <= 70);
        for width in [0, 10, 31] {
            assert!(row("DNS", 0.0, 0.0, 0.0, style(width)).contains('#'));
        }
    }
}
