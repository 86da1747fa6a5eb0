//! Where the time until the first page went, scaled to the width: one bar a request, or one a phase at length.

use super::super::super::style::{Style, harmless};
use crate::facts::attempt::Millis;
use crate::facts::dns::{Dns, ResponseClass};
use crate::facts::http::{Hop, Http, RouteOutcome};

/// Columns of the names and of the numbers.
const NAME: usize = 14;
const NUMBER: usize = 12;
/// Requests of the short form; a longer way is cut at its end.
const SHOWN: usize = 5;

/// The phases in order, with what each is drawn with.
const PHASES: [(&str, &str, &str); 4] = [
    ("DNS", "░", "."),
    ("connect", "▒", "-"),
    ("TLS", "▓", "="),
    ("first byte", "█", "#"),
];

/// A request with how long its phases took, as far as they were had; the first has what came before it as well.
struct Bar {
    url: String,
    phases: [Option<f64>; 4],
}

impl Bar {
    /// The phases that were had, by their place.
    fn had(&self) -> impl Iterator<Item = (usize, f64)> {
        let all = self.phases.into_iter().enumerate();
        all.filter_map(|(place, took)| Some((place, took?)))
    }

    fn length(&self) -> f64 {
        self.had().map(|(_, took)| took).sum()
    }
}

/// The first walk that came to a page; nothing when none did.
fn bars(dns: Option<&Dns>, http: &Http) -> Vec<Bar> {
    let ends = [RouteOutcome::Https, RouteOutcome::Http];
    let route = http.given().find(|route| ends.contains(&route.outcome));
    let hops = route.iter().flat_map(|route| &route.hops);
    let mut bars: Vec<Bar> = hops.map(bar).collect();
    if let Some(first) = bars.first_mut() {
        let [lookup, ..] = &mut first.phases;
        *lookup = lookup.or(dns.and_then(look_up));
    }
    bars
}

fn bar(hop: &Hop) -> Bar {
    let timings = &hop.timings;
    let all = [
        timings.lookup_ms,
        timings.connect_ms,
        timings.handshake_ms,
        timings.first_byte_ms,
    ];
    Bar {
        url: harmless(&hop.url),
        phases: all.map(|took| took.map(|Millis(took)| took)),
    }
}

/// One bar a request, its phases in different shades.
pub(super) fn short(dns: Option<&Dns>, http: &Http, style: Style) -> String {
    let bars = bars(dns, http);
    if bars.is_empty() {
        return String::new();
    }
    let shade = |(_, unicode, ascii): (_, &'static str, &'static str)| {
        if style.unicode { unicode } else { ascii }
    };
    let legend = PHASES.map(|phase| format!("{} {}", shade(phase), phase.0));
    let mut out = format!("\n  First page  {}\n", legend.join("  "));
    let total: f64 = bars.iter().map(Bar::length).sum();
    let shown = || bars.iter().take(SHOWN);
    let longest = shown().map(|bar| bar.url.chars().count()).max();
    let name = longest.unwrap_or_default().min(style.width / 2);
    let room = style.width.saturating_sub(4 + name + 1 + NUMBER).max(1);
    let mut began = 0.0;
    for bar in shown() {
        let url: String = bar.url.chars().take(name).collect();
        let mut line = " ".repeat(scaled(began, total, room).min(room - 1));
        for (place, took) in bar.had() {
            began += took;
            let drawn = line.chars().count();
            let length = scaled(began, total, room).saturating_sub(drawn);
            // The shortest phase is seen as well, where there is room.
            let length = length.max(1).min(room - drawn);
            let shade = PHASES.get(place).copied().map(shade);
            line += &shade.unwrap_or_default().repeat(length);
        }
        let took = format!("{:.1} ms", bar.length());
        out += &format!("    {url:name$} {line:room$}{took:>NUMBER$}\n");
    }
    if let Some(more) = bars.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        out += &format!("    and {more} more\n");
    }
    out
}

/// One bar a phase, one below the other.
pub(super) fn waterfall(dns: Option<&Dns>, http: &Http, style: Style) -> String {
    let bars = bars(dns, http);
    if bars.is_empty() {
        return String::new();
    }
    let total: f64 = bars.iter().map(Bar::length).sum();
    let mut out = "\n  Where the time to the first page went\n".to_owned();
    let mut began = 0.0;
    for bar in bars {
        let room = style.width.saturating_sub(4);
        out += &format!("    {}\n", bar.url.chars().take(room).collect::<String>());
        for (place, length) in bar.had() {
            let name = PHASES.get(place).map_or("", |(name, ..)| name);
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

    /// A way whose first request is in clear, with what the phases of each took.
    fn seen(hops: &[[Option<f64>; 4]]) -> Http {
        let hop = |(number, timings): (usize, &[Option<f64>; 4])| {
            let scheme = if number == 0 { "http" } else { "https" };
            let [lookup, connect, handshake, first] = timings;
            serde_json::json!({
                "url": format!("{scheme}://shop.example/{number}"), "port": 443, "locations": 0, "elapsed_ms": 0,
                "timings": {
                    "lookup_ms": lookup, "connect_ms": connect, "handshake_ms": handshake, "first_byte_ms": first
                }
            })
        };
        let hops: Vec<serde_json::Value> = hops.iter().enumerate().map(hop).collect();
        let http = serde_json::json!({
            "host": "shop.example",
            "routes": [{ "start": "http://shop.example/", "hops": hops, "outcome": "https" }]
        });
        serde_json::from_value(http).unwrap()
    }

    #[test]
    fn a_request_is_one_bar_with_its_phases_in_turn() {
        let http = seen(&[
            [Some(10.0), Some(10.0), None, Some(20.0)],
            [None, Some(10.0), Some(10.0), Some(20.0)],
        ]);
        let text = short(None, &http, style(80));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "  First page  . DNS  - connect  = TLS  # first byte"
        );
        let room = 80 - 4 - 23 - NUMBER;
        assert_eq!(room, 41);
        assert!(lines[2].starts_with("    http://shop.example/0  .....-----##########"));
        assert!(lines[2].ends_with(" 40.0 ms") && lines[3].ends_with(" 40.0 ms"));
        let first = lines[2].trim_end_matches("40.0 ms").trim_end().len();
        assert_eq!(
            lines[3].rfind("-").map(|_| lines[3].find("-----").unwrap()),
            Some(first)
        );
        assert!(lines[3].contains("-----=====##########"));
        assert_eq!(lines[3].len(), 80);
    }

    #[test]
    fn no_width_and_no_way_does_harm_and_a_long_way_is_cut() {
        let phases = [None, Some(0.0), None, None];
        for width in [0, 1, 10, 31, 200] {
            for hops in [0, 1, 2, SHOWN, SHOWN + 3] {
                let http = seen(&vec![phases; hops]);
                let text = short(None, &http, style(width));
                assert_eq!(text.contains("and 3 more"), hops == SHOWN + 3);
                assert_eq!(text.is_empty(), hops == 0);
            }
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
