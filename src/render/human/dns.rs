//! The first door: one line a cut, then the answer.

use std::fmt::Write;

use super::super::style::{Style, harmless};
use crate::facts::dns::{Dns, Outcome, Question, Step, Zone};

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
    for question in &dns.questions {
        out.push_str(&answer(question, style));
    }
    if style.verbose {
        out.push('\n');
        for step in steps {
            let _ = writeln!(out, "  {}", exchange(step));
        }
    }
    out
}

fn cut(zone: &Zone, steps: &[&Step], style: Style) -> String {
    let own = steps.iter().filter(|step| step.zone == zone.name);
    let first = own
        .filter(|step| step.response.is_usable())
        .min_by(|one, other| ended(one).total_cmp(&ended(other)));
    let name = harmless(&zone.name.to_string());
    match first {
        Some(step) => {
            let rtt = step.rtt_ms.unwrap_or_default().0;
            format!(
                "{} {name:24} {} ({})  {rtt:.1} ms",
                style.good(),
                step.server.name,
                step.server.address
            )
        }
        None => format!("{} {name:24} no usable answer", style.unknown()),
    }
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

fn exchange(step: &Step) -> String {
    let rtt = step
        .rtt_ms
        .map_or_else(|| "-".to_owned(), |rtt| format!("{:.1}", rtt.0));
    let what = format!("{:?}", step.response).to_lowercase();
    let to = step
        .referral_to
        .as_ref()
        .map(|zone| format!(" to {zone}"))
        .unwrap_or_default();
    let transport = format!("{:?}", step.transport).to_lowercase();
    let (server, asked) = (&step.server, &step.question);
    format!(
        "{:7.1} ms  {} {} @{} ({}) {transport}  {what}{to}  {rtt} ms",
        step.at_ms.0, asked.name, asked.r#type, server.address, server.name
    )
}
