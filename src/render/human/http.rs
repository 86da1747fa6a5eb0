//! The third door: the routes as lines of hops, the policy at the end, and under `-v` each hop in words.

mod waterfall;

use super::super::style::{Style, harmless};
use super::{failed, mark, worst, wrapped};
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, Http, Route, RouteOutcome, RoutePurpose};
use crate::finding::{Severity, clipped};
use crate::report::Report;

/// The section of a report.
pub(super) fn section(report: &Report, http: &Http, style: Style) -> String {
    let broken = http
        .given()
        .filter(|route| route.outcome == RouteOutcome::Error);
    let severity =
        worst(&report.findings, "http/").or(failed(broken.count(), http.given().count()));
    let unmeasured = http
        .given()
        .all(|route| route.outcome == RouteOutcome::Inconclusive);
    let sign = if severity.is_none() && unmeasured {
        style.unknown()
    } else {
        mark(severity, style)
    };
    let mut out = format!("  HTTP  {sign} ");
    for (number, (shown, addresses, took)) in folded(http, style).into_iter().enumerate() {
        let indent = if number == 0 { "" } else { "          " };
        out.push_str(indent);
        let at = if addresses.is_empty() {
            String::new()
        } else {
            format!("  ({})", addresses.join(", "))
        };
        let line = wrapped(&format!("{shown}{at}"), "          ", "            ", style);
        out.push_str(&timed(line.trim_start(), &took, style));
    }
    if let Some(hsts) = &http.hsts {
        let policy = match (&hsts.header, hsts.valid) {
            (None, _) => "no HSTS policy".to_owned(),
            (Some(header), Some(true)) => format!("HSTS {}", harmless(&clipped(header))),
            (Some(header), _) => format!("HSTS void: {}", harmless(&clipped(header))),
        };
        out.push_str(&wrapped(&policy, "          ", "            ", style));
    }
    let dns = report.dns.as_ref();
    if style.verbose {
        out.push_str(&story(http, style));
        out.push_str(&waterfall::waterfall(dns, http, style));
    } else if report.command == "httpcheck" {
        out.push_str(&waterfall::short(dns, http, style));
    }
    out
}

/// A route as it is shown, the addresses that take it, and how long it took there.
type Line = (String, Vec<String>, Vec<f64>);

/// Each different route once, with the addresses that take it; without them when all do. Of what is looked at beside, only the
/// way from the twin: the rest is told at length.
fn folded(http: &Http, style: Style) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for route in shown(http) {
        let shown = line(route, style);
        let address = route.address.map(|address| address.to_string());
        let took: f64 = route.hops.iter().map(|hop| hop.elapsed_ms.0).sum();
        match lines.iter_mut().find(|(own, ..)| *own == shown) {
            Some((_, addresses, times)) => {
                addresses.extend(address);
                times.push(took);
            }
            None => lines.push((shown, address.into_iter().collect(), vec![took])),
        }
    }
    for (text, addresses, _) in &mut lines {
        let own = shown(http).find(|route| line(route, style) == *text);
        let start = own.map(|route| route.start.as_str()).unwrap_or_default();
        let all = shown(http).filter(|route| route.start == start).count();
        if all == addresses.len() {
            addresses.clear();
        }
    }
    lines
}

fn shown(http: &Http) -> impl Iterator<Item = &Route> {
    let of_twin = http
        .of_twin()
        .filter(|route| route.purpose == RoutePurpose::Root && route.starts_in_clear());
    http.given().chain(of_twin)
}

/// Columns for the time at the right edge.
const TIME: usize = 12;

/// With the time at the right edge: from the quickest address to the slowest.
fn timed(text: &str, took: &[f64], style: Style) -> String {
    let quickest = took
        .iter()
        .copied()
        .min_by(f64::total_cmp)
        .unwrap_or_default();
    let slowest = took
        .iter()
        .copied()
        .max_by(f64::total_cmp)
        .unwrap_or_default();
    let time = if slowest - quickest < 1.0 {
        format!("{slowest:.0} ms")
    } else {
        format!("{quickest:.0}-{slowest:.0} ms")
    };
    let text = text.trim_end();
    let last = text.lines().last().unwrap_or_default();
    // The first line follows the name of the section, and was trimmed to it.
    let before = if text.lines().count() > 1 { 0 } else { 10 };
    let used = textwrap::core::display_width(last) + before;
    let room = style.width.saturating_sub(used);
    if room > TIME {
        format!("{text}{time:>room$}\n")
    } else {
        let width = style.width;
        format!("{text}\n{time:>width$}\n")
    }
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
        let url = harmless(&clipped(&hop.url));
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
        (1, Some(location)) => format!("leads nowhere: `{}`", clipped(location)),
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
        let start = harmless(&clipped(&route.start));
        let title = format!("The way from {start}{at}");
        out.push('\n');
        out.push_str(&wrapped(&title, "  ", "    ", style));
        for hop in &route.hops {
            out.push_str(&wrapped(&harmless(&told(hop)), "    ", "    ", style));
        }
    }
    out
}

fn told(hop: &Hop) -> String {
    let not_asked = |error: &&HopError| matches!(error.failure, Failure::NotAsked { .. });
    if let Some(error) = hop.error.as_ref().filter(not_asked) {
        return format!(
            "{} at {}: {}.",
            clipped(&hop.url),
            hop.label(),
            error.failure.in_words()
        );
    }
    let mut text = format!("Asked {} for {}", hop.label(), clipped(&hop.url));
    let timings = [
        ("looked it up", hop.timings.lookup_ms),
        ("connected", hop.timings.connect_ms),
        ("shook hands", hop.timings.handshake_ms),
        ("had the first byte", hop.timings.first_byte_ms),
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
            .map(|server| format!(" ({})", clipped(server)))
            .unwrap_or_default();
        let reason = hop.reason.as_deref().map(clipped);
        let reason = reason.map(|reason| format!(" {reason}"));
        let version = hop.version.as_ref().map(|version| format!(" by {version}"));
        text += &format!(
            " The server{server} answered {status}{}{}",
            reason.unwrap_or_default(),
            version.unwrap_or_default()
        );
        if let Some(location) = &hop.location {
            text += &format!(", go to `{}`", clipped(location));
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
