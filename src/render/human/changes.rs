//! What is otherwise than at the look before: a line for each server, resolver and finding that turned over.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::style::{Style, harmless};
use super::dns::resolvers::said;
use super::wrapped;
use crate::facts::dns::{Dns, Transport};
use crate::report::Report;

/// What each server, resolver and finding said at a look, by who and what.
type State = BTreeMap<String, String>;

/// The changes from one look to the next; of the first look, what was found. Nothing when nothing changed.
#[must_use]
pub fn changes(before: Option<&Report>, after: &Report, style: Style) -> String {
    let mut lines = Vec::new();
    if let Some(before) = before {
        lines.extend(turned(&state(before), &state(after), style));
    }
    let found = before.map(findings).unwrap_or_default();
    let finds = findings(after);
    let new = after
        .findings
        .iter()
        .filter(|finding| !found.contains_key(&key(&finding.id, &finding.subject)));
    lines.extend(new.map(|finding| {
        let mark = style.mark(finding.severity);
        format!("{mark} {}: {}", finding.id, harmless(&finding.message))
    }));
    let over = found.iter().filter(|(key, _)| !finds.contains_key(*key));
    lines.extend(over.map(|(key, _)| format!("{} {} is over", style.good(), harmless(key))));
    let at = after.started.strftime("%H:%M:%S");
    let mut out = String::new();
    for line in lines {
        let _ = write!(
            out,
            "{}",
            wrapped(&format!("{at} {line}"), "", "           ", style)
        );
    }
    out
}

fn turned(before: &State, after: &State, style: Style) -> Vec<String> {
    let changed = after
        .iter()
        .filter(|(who, now)| before.get(*who) != Some(*now));
    let line = |(who, now): (&String, &String)| {
        let then = before.get(who).map(|then| format!(" (was {then})"));
        let text = format!("{who} {} {now}{}", style.arrow(), then.unwrap_or_default());
        format!("{} {}", style.dot(), harmless(&text))
    };
    changed.map(line).collect()
}

fn key(id: &str, subject: &str) -> String {
    format!("{id} ({subject})")
}

fn findings(report: &Report) -> BTreeMap<String, ()> {
    let each = report.findings.iter();
    each.map(|finding| (key(&finding.id, &finding.subject), ()))
        .collect()
}

fn state(report: &Report) -> State {
    let mut state = State::new();
    if let Some(dns) = &report.dns {
        servers(dns, &mut state);
        let asked = dns
            .resolvers
            .iter()
            .filter(|answer| answer.transport != Transport::Hosts);
        state.extend(asked.map(|answer| {
            let who = format!("{} {}", answer.resolver, answer.r#type);
            (who, said(answer))
        }));
    }
    state
}

fn servers(dns: &Dns, state: &mut State) {
    for question in dns.own_questions() {
        let Some(link) = question.links.last() else {
            continue;
        };
        for said in dns.said(question, link) {
            let (name, address) = (&said.server.name, said.server.address);
            let who = format!("{name} ({address}) {}", question.r#type);
            let what = if said.data.is_empty() {
                "no record".to_owned()
            } else {
                said.data.join(", ")
            };
            state.insert(who, what);
        }
    }
}
