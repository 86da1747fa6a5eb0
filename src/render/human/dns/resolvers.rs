//! What resolvers say, under what the zone says; and when everybody will see a change.

use std::fmt::Write;

use super::super::super::style::{Style, harmless};
use super::super::super::words::{count, period};
use super::super::wrapped;
use crate::facts::dns::{Dns, HeldUp, ResolverAnswer, Transport};
use crate::facts::said::data;
use crate::finding::Severity;

/// A line for each answer; one for all when they agree and were asked for, and none when nobody asked.
pub(super) fn lines(dns: &Dns, style: Style) -> String {
    let hosts = |answer: &&ResolverAnswer| answer.transport == Transport::Hosts;
    let (local, asked): (Vec<_>, Vec<_>) = dns.resolvers.iter().partition(hosts);
    let local = local
        .into_iter()
        .filter(|answer| answer.agrees == Some(false));
    let mut out: String = local.map(|answer| elsewhere(answer, style)).collect();
    let fine =
        |answer: &&ResolverAnswer| answer.agrees == Some(true) && answer.as_expected != Some(false);
    let unasked = |answer: &&ResolverAnswer| {
        !answer.compared && answer.agrees.is_none() && answer.rcode.is_none()
    };
    let shown: Vec<&ResolverAnswer> = asked
        .into_iter()
        .filter(|answer| !unasked(answer))
        .collect();
    if shown.iter().all(fine) {
        out.push_str(&folded(&shown, style));
    } else {
        for answer in shown {
            out.push_str(&line(answer, style));
        }
    }
    out
}

/// What the hosts file says, where it is not what the zone says.
fn elsewhere(answer: &ResolverAnswer, style: Style) -> String {
    let said = said(answer);
    let text = format!(
        "{} says otherwise ({}): {said}",
        answer.resolver, answer.r#type
    );
    wrapped(&harmless(&text), "        ", "          ", style)
}

fn folded(answers: &[&ResolverAnswer], style: Style) -> String {
    let mut who: Vec<&str> = Vec::new();
    for answer in answers.iter().filter(|answer| answer.compared) {
        if !who.contains(&answer.resolver.as_str()) {
            who.push(&answer.resolver);
        }
    }
    if who.is_empty() {
        return String::new();
    }
    let says = if who.len() == 1 { "says" } else { "say" };
    let validated = answers.iter().filter(|answer| answer.compared);
    let validated = if validated
        .clone()
        .all(|answer| answer.authenticated == Some(true))
    {
        ", and validated it"
    } else {
        ""
    };
    let text = format!(
        "{} {says} the same{validated}: {}",
        count(who.len(), "resolver"),
        who.join(", ")
    );
    let mark = style.good();
    let text = wrapped(&harmless(&text), "  ", "      ", style);
    format!("  {mark} {}", text.trim_start())
}

fn line(answer: &ResolverAnswer, style: Style) -> String {
    let mut parts = vec![format!(
        "{} {} {} {}",
        answer.resolver,
        answer.r#type,
        style.arrow(),
        said(answer)
    )];
    if let Some(seconds) = answer.ttl_left {
        parts.push(format!("forgets in {seconds} s"));
    }
    if answer.authenticated == Some(true) {
        parts.push("validated".to_owned());
    }
    parts.extend(answer.ede.iter().map(|ede| ede.in_words()));
    if answer.as_expected == Some(false) {
        parts.push("not as expected".to_owned());
    }
    if let Some(rtt) = answer.rtt_ms {
        parts.push(format!("{:.1} ms", rtt.0));
    }
    let text = wrapped(&harmless(&parts.join("  ")), "  ", "      ", style);
    format!("  {} {}", mark(answer, style), text.trim_start())
}

fn mark(answer: &ResolverAnswer, style: Style) -> String {
    let fails = |rcode: &str| !["NOERROR", "NXDOMAIN"].contains(&rcode);
    match (answer.agrees, answer.rcode.as_deref()) {
        (Some(true), _) if answer.as_expected != Some(false) => style.good(),
        (_, None) => style.unknown(),
        (_, Some(rcode)) if fails(rcode) => style.mark(Severity::Warning),
        (None, _) => style.unknown(),
        _ => style.mark(Severity::Notice),
    }
}

/// Its records, its response code where there is none, or why nothing came.
pub(in crate::render::human) fn said(answer: &ResolverAnswer) -> String {
    if let Some(failure) = answer.failure.as_ref().filter(|_| answer.rcode.is_none()) {
        return failure.in_words();
    }
    let data = data(&answer.answers, answer.r#type);
    match (data.as_slice(), answer.rcode.as_deref()) {
        ([], Some("NOERROR")) => "no record of this type".to_owned(),
        ([], Some("NXDOMAIN")) => "no such name".to_owned(),
        ([], rcode) => rcode.unwrap_or("nothing").to_owned(),
        (data, _) => data.join(", "),
    }
}

/// When everybody will see a change made now, and what holds it up.
pub(super) fn propagation(dns: &Dns, style: Style) -> String {
    let Some(propagation) = &dns.propagation else {
        return String::new();
    };
    let held = |what: &str, held: &Option<HeldUp>| {
        let held = held.as_ref()?;
        let (name, zone) = (&held.name, &held.zone);
        let by = match &held.r#type {
            own if name == zone || zone.is_at_or_below(name) => format!("{name} {own}"),
            own => format!("{name} {own} in `{zone}`"),
        };
        Some(format!("{what} within {} ({by})", period(held.seconds)))
    };
    let parts = [
        held(
            "a change made now is seen by everybody",
            &propagation.records,
        ),
        held("other name servers", &propagation.delegation),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut out = String::new();
    let _ = write!(out, "{}", wrapped(&harmless(&text), "    ", "    ", style));
    out
}
