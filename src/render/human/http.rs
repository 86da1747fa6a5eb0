//! The third door: the routes as lines of hops, the policy at the end, and under `-v` each hop in words.

use std::fmt::Write;

use super::super::style::{Style, harmless};
use super::{failed, mark, worst, wrapped};
use crate::facts::http::{Hop, HopStage, Http, Route, RouteOutcome};
use crate::finding::Severity;
use crate::report::Report;

/// The section of a report.
pub(super) fn section(report: &Report, http: &Http, style: Style) -> String {
    let broken = http
        .routes
        .iter()
        .filter(|route| route.outcome == RouteOutcome::Error);
    let severity = worst(&report.findings, "http/").or(failed(broken.count(), http.routes.len()));
    let unmeasured = http
        .routes
        .iter()
        .all(|route| route.outcome == RouteOutcome::Inconclusive);
    let sign = if severity.is_none() && unmeasured {
        style.unknown()
    } else {
        mark(severity, style)
    };
    let mut out = format!("  HTTP  {sign} ");
    for (number, (shown, addresses)) in folded(http, style).into_iter().enumerate() {
        let indent = if number == 0 { "" } else { "          " };
        out.push_str(indent);
        let at = if addresses.is_empty() {
            String::new()
        } else {
            format!("  ({})", addresses.join(", "))
        };
        let line = wrapped(&format!("{shown}{at}"), "          ", "            ", style);
        out.push_str(line.trim_start());
    }
    if let Some(hsts) = &http.hsts {
        let policy = match (&hsts.header, hsts.valid) {
            (None, _) => "no HSTS policy".to_owned(),
            (Some(header), Some(true)) => format!("HSTS {}", harmless(header)),
            (Some(header), _) => format!("HSTS void: {}", harmless(header)),
        };
        out.push_str(&wrapped(&policy, "          ", "            ", style));
    }
    if style.verbose {
        out.push_str(&story(http, style));
    }
    out
}

/// Each different route once, with the addresses that take it; without them when all do.
fn folded(http: &Http, style: Style) -> Vec<(String, Vec<String>)> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for route in &http.routes {
        let shown = line(route, style);
        let address = route.address.map(|address| address.to_string());
        match lines.iter_mut().find(|(own, _)| *own == shown) {
            Some((_, addresses)) => addresses.extend(address),
            None => lines.push((shown, address.into_iter().collect())),
        }
    }
    let of_start = |start: &str| {
        http.routes
            .iter()
            .filter(|route| route.start == start)
            .count()
    };
    for (shown, addresses) in &mut lines {
        let start = http
            .routes
            .iter()
            .find(|route| line(route, style) == *shown)
            .map(|route| route.start.as_str());
        if start.is_some_and(|start| of_start(start) == addresses.len()) {
            addresses.clear();
        }
    }
    lines
}

/// `http://a/ -> 301 -> https://a/ 200`.
fn line(route: &Route, style: Style) -> String {
    let arrow = style.arrow();
    let mut parts = Vec::new();
    for hop in &route.hops {
        let status = hop
            .status
            .map(|status| status.to_string())
            .unwrap_or_default();
        let url = harmless(&hop.url);
        match (&hop.error, hop.target.is_some()) {
            (Some(error), _) => {
                let sign = if error.failure.is_local() {
                    style.unknown()
                } else {
                    style.mark(Severity::Error)
                };
                let status = if status.is_empty() {
                    status
                } else {
                    format!(" {status}")
                };
                let why = match error.stage {
                    HopStage::Location => nowhere(hop),
                    _ => error.failure.in_words(),
                };
                parts.push(format!("{url}{status} {sign} {}", harmless(&why)));
            }
            (None, true) => parts.push(format!("{url} {arrow} {status}")),
            (None, false) => parts.push(format!("{url} {status}")),
        }
    }
    let end = match route.outcome {
        RouteOutcome::Loop => format!(" {arrow} round again"),
        RouteOutcome::TooManyHops => format!(" {arrow} and on"),
        _ => String::new(),
    };
    let parts = if parts.len() > SHOWN {
        let (first, rest) = parts.split_at(2);
        let last = rest.last().cloned().unwrap_or_default();
        let skipped = format!("{} more", rest.len() - 1);
        [first, &[skipped, last]].concat()
    } else {
        parts
    };
    parts.join(&format!(" {arrow} ")) + &end
}

/// Why a redirect leads nowhere.
fn nowhere(hop: &Hop) -> String {
    match (hop.locations, &hop.location) {
        (0, _) => "leads nowhere: no Location".to_owned(),
        (1, Some(location)) => format!("leads nowhere: `{location}`"),
        (many, _) => format!("leads to {many} places at once"),
    }
}

/// Hops of a line; a longer route is cut in its middle.
const SHOWN: usize = 5;

fn story(http: &Http, style: Style) -> String {
    let mut out = String::new();
    for route in &http.routes {
        let at = route
            .address
            .map(|address| format!(" at {address}"))
            .unwrap_or_default();
        let _ = writeln!(out, "\n  The way from {}{at}", harmless(&route.start));
        for hop in &route.hops {
            out.push_str(&wrapped(&harmless(&told(hop)), "    ", "    ", style));
        }
    }
    out
}

fn told(hop: &Hop) -> String {
    let mut text = format!("Asked {} for {}", hop.label(), hop.url);
    let timings = [
        ("connected", hop.timings.connect_ms),
        ("shook hands", hop.timings.handshake_ms),
        ("had the answer", hop.timings.first_byte_ms),
    ];
    let timings: Vec<String> = timings
        .into_iter()
        .filter_map(|(what, took)| Some(format!("{what} in {:.1} ms", took?.0)))
        .collect();
    if !timings.is_empty() {
        text += &format!(": {}", timings.join(", "));
    }
    text.push('.');
    if let Some(status) = hop.status {
        let server = hop
            .server
            .as_ref()
            .map(|server| format!(" ({server})"))
            .unwrap_or_default();
        text += &format!(" The server{server} answered {status}");
        if let Some(location) = &hop.location {
            text += &format!(", go to `{location}`");
        }
        text.push('.');
    }
    if let Some(error) = &hop.error {
        let why = match error.stage {
            HopStage::Location => format!("the redirect {}", nowhere(hop)),
            _ => error.failure.in_words(),
        };
        text += &format!(" There the way ended: {why}.");
    }
    if let (true, Some(target)) = (hop.is_redirect(), &hop.target)
        && !hop.is_https()
        && target.starts_with("https:")
    {
        text += " Until here everybody on the way could read along and change the answer; from here on it is protected.";
    }
    text
}
