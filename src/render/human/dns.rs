//! The first door: one line a cut, then the answer.

pub(super) mod resolvers;
mod servers;
mod story;

use std::fmt::Write;

use colored::Colorize;

use super::super::style::{Style, harmless};
use super::{mark, worst, wrapped};
use crate::facts::attempt::Failure;
use crate::facts::dns::{Dns, Outcome, Question, Step, Zone};
use crate::facts::dnssec::{Flaw, SecurityStatus};
use crate::facts::name::RrType;
use crate::finding::{Finding, Severity};

/// The way from the root to the answer.
pub(super) fn way(dns: &Dns, style: Style) -> String {
    let mut out = String::new();
    let steps: Vec<&Step> = dns
        .questions
        .iter()
        .flat_map(|question| &question.steps)
        .collect();
    for zone in &dns.zones {
        let _ = writeln!(out, "  {}", cut(zone, &steps, style));
    }
    out.push_str(&host(dns, "  ", style));
    out.push_str(&registration(dns, "  ", style));
    for question in dns.own_questions() {
        out.push_str(&answer(question, style));
    }
    for zone in &dns.zones {
        out.push_str(&servers::servers(zone, &steps, style));
    }
    out.push_str(&resolvers::lines(dns, style));
    out.push_str(&resolvers::propagation(dns, style));
    if style.verbose {
        out.push_str(&story::story(dns, &steps, style));
    }
    out
}

/// The same in two lines: the answer, and through whom it was had.
pub(super) fn line(dns: &Dns, findings: &[Finding], style: Style) -> String {
    let steps: Vec<&Step> = dns
        .questions
        .iter()
        .flat_map(|question| &question.steps)
        .collect();
    let records = dns.own_questions().flat_map(|question| &question.answers);
    let found: Vec<String> = records
        .filter(|record| [RrType::A, RrType::AAAA].contains(&record.r#type))
        .map(|record| harmless(&record.data))
        .collect();
    let unmeasured = steps.iter().all(|step| !step.response.is_response());
    let sign = match worst(findings, "dns/") {
        None if unmeasured => style.unknown(),
        worst => mark(worst, style),
    };
    let said = if found.is_empty() {
        "no address".to_owned()
    } else {
        found.join("  ")
    };
    let mut out = wrapped(&said, "  DNS     ", "          ", style).replacen(
        "DNS    ",
        &format!("DNS   {sign}"),
        1,
    );
    out.push_str(&through(dns, &steps, style));
    out.push_str(&host(dns, "        ", style));
    out.push_str(&registration(dns, "        ", style));
    out.push_str(&resolvers::lines(dns, style));
    out
}

/// Who registered the domain and until when, or why that is not known.
fn registration(dns: &Dns, indent: &str, style: Style) -> String {
    let Some(registration) = &dns.registration else {
        return String::new();
    };
    let text = match &registration.failure {
        None => {
            let registrar = registration
                .registrar
                .as_deref()
                .unwrap_or("a registrar without a name");
            let expires = registration
                .expires
                .map(|time| format!(" until {}", time.strftime("%Y-%m-%d")));
            format!("registered at {registrar}{}", expires.unwrap_or_default())
        }
        Some(Failure::NoRegistry) => {
            "registration not measured: no server is known (hint: --rdap URL)".to_owned()
        }
        Some(Failure::NameNotFound) => format!(
            "registration: the registry has no `{}`",
            registration.domain
        ),
        Some(failure) => format!("registration not measured: {}", failure.in_words()),
    };
    wrapped(&harmless(&text), indent, indent, style)
}

/// Who runs the servers of the deepest zone of the name, when that is known.
fn host(dns: &Dns, indent: &str, style: Style) -> String {
    let name = dns.own_questions().next().map(|question| &question.name);
    let own = |zone: &&Zone| name.is_some_and(|name| name.is_at_or_below(&zone.name));
    let deepest = dns
        .zones
        .iter()
        .filter(own)
        .max_by_key(|zone| zone.name.label_count());
    let host = deepest.and_then(|zone| zone.host.as_ref());
    host.map_or_else(String::new, |host| {
        wrapped(
            &harmless(&format!("DNS host: {host}")),
            indent,
            indent,
            style,
        )
    })
}

/// The cuts in the order in which they were come to, each with the exchange that moved the trace on.
fn hops<'a>(dns: &'a Dns, steps: &[&'a Step]) -> Vec<(&'a Zone, &'a Step)> {
    let met = |zone| Some((zone, usable(zone, steps)?));
    let mut hops: Vec<(&Zone, &Step)> = dns.zones.iter().filter_map(met).collect();
    hops.sort_by(|(_, one), (_, other)| one.at_ms.0.total_cmp(&other.at_ms.0));
    hops
}

/// Whether a zone stands above a name of the answer; others were asked for the addresses of servers.
fn is_above(zone: &Zone, dns: &Dns) -> bool {
    dns.own_questions().any(|question| {
        let links = question.links.iter().map(|link| &link.name);
        let mut names = links.chain([&question.name]);
        names.any(|name| name.is_at_or_below(&zone.name))
    })
}

/// The same in a line.
fn through(dns: &Dns, steps: &[&Step], style: Style) -> String {
    let mut shown: Vec<String> = hops(dns, steps)
        .into_iter()
        .filter(|(zone, _)| is_above(zone, dns))
        .map(|(zone, step)| format!("{} {}", zone.name, step.server.name.without_dot()))
        .collect();
    if shown.len() > CUTS {
        let left_out = shown.len() - CUTS + 1;
        shown.splice(CUTS - 2..CUTS - 2 + left_out, [format!("{left_out} more")]);
    }
    if shown.is_empty() {
        return String::new();
    }
    // A zone and its server stay on one line, after the arrow that leads to them.
    let arrow = style.arrow();
    let together = shown.join(&format!(" {arrow} ")).replace(' ', "\u{a0}");
    let text = together.replace(&format!("\u{a0}{arrow}"), &format!(" {arrow}"));
    wrapped(&harmless(&text), "        ", "        ", style).replace('\u{a0}', " ")
}

/// Cuts of the line; a longer way is cut in its middle.
const CUTS: usize = 6;

/// The exchange that moved the trace on at a cut.
fn usable<'a>(zone: &Zone, steps: &[&'a Step]) -> Option<&'a Step> {
    let leads_on = |step: &&Step| {
        step.zone == zone.name && ![RrType::DNSKEY, RrType::DS].contains(&step.question.r#type)
    };
    let own = steps.iter().copied().filter(leads_on);
    own.filter(|step| step.response.is_usable())
        .min_by(|one, other| ended(one).total_cmp(&ended(other)))
}

fn cut(zone: &Zone, steps: &[&Step], style: Style) -> String {
    let first = usable(zone, steps);
    let name = harmless(&zone.name.to_string());
    match first {
        Some(step) => {
            let rtt = step.rtt_ms.unwrap_or_default().0;
            let mark = match status(zone) {
                Some(SecurityStatus::Bogus) => style.mark(Severity::Error),
                _ => style.good(),
            };
            let (server, address) = (&step.server.name, step.server.address);
            let trust = trust(zone, style);
            let cached = if step.cached {
                ", of another target"
            } else {
                ""
            };
            format!("{mark} {name:20} {server} ({address})  {rtt:.1} ms{cached}{trust}")
        }
        None => format!("{} {name:20} no usable answer", style.unknown()),
    }
}

fn status(zone: &Zone) -> Option<SecurityStatus> {
    zone.dnssec.as_ref().map(|dnssec| dnssec.security.status)
}

/// Whether the chain of trust holds at a zone; with the key that it rests on when the story is told.
fn trust(zone: &Zone, style: Style) -> String {
    let word = match (status(zone), zone.dnssec.as_ref()) {
        (Some(SecurityStatus::Secure), Some(dnssec)) if style.verbose => {
            let keys = dnssec
                .keys
                .iter()
                .filter(|key| key.anchored && key.signs_keys);
            let keys: Vec<String> = keys
                .map(|key| format!("{} (algorithm {})", key.key_tag, key.algorithm))
                .collect();
            let signed = style.paint("signed", Colorize::green);
            format!("{signed}\n    {:20} by key {}", "", keys.join(", "))
        }
        (Some(SecurityStatus::Secure), _) => style.paint("signed", Colorize::green),
        (Some(SecurityStatus::Insecure), _) => "not signed".to_owned(),
        (Some(SecurityStatus::Bogus), _) => style.paint("chain of trust broken", Colorize::red),
        (Some(SecurityStatus::Indeterminate), Some(dnssec))
            if dnssec.security.reason != Some(Flaw::NoAnchor) =>
        {
            style.paint("not proven", Colorize::yellow)
        }
        _ => return String::new(),
    };
    format!("  {word}")
}

fn ended(step: &Step) -> f64 {
    step.at_ms.0 + step.rtt_ms.unwrap_or_default().0
}

fn answer(question: &Question, style: Style) -> String {
    let mut out = String::new();
    for record in &question.answers {
        let (arrow, data) = (style.arrow(), harmless(&record.data));
        let _ = writeln!(
            out,
            "    {} {} {arrow} {data}  (ttl {})",
            record.name, record.r#type, record.ttl
        );
    }
    let nothing = match question.outcome {
        Outcome::Answer => return out,
        Outcome::Nodata => "no record of this type",
        Outcome::Nxdomain => "no such name",
        Outcome::Unresolvable => "no usable answer",
    };
    let _ = writeln!(
        out,
        "    {} {} {} {nothing}",
        question.name,
        question.r#type,
        style.arrow()
    );
    out
}
