//! The trace told in words, as one would teach it: whom was asked, why, and what came.

use super::super::super::style::{Style, harmless};
use super::super::super::words::count;
use super::super::wrapped;
use super::hops;
use crate::facts::dns::{Dns, Record, ResponseClass, Step, Zone};
use crate::facts::dnssec::SecurityStatus;
use crate::facts::name::DnsName;

/// The way from the root in sentences, then every exchange in its order.
pub(super) fn story(dns: &Dns, steps: &[&Step], style: Style) -> String {
    let mut out = "\n  How the name was resolved\n".to_owned();
    let mut say = |text: String| out.push_str(&wrapped(&harmless(&text), "    ", "    ", style));
    let target = dns.questions.first().map(|question| &question.name);
    for (number, (zone, step)) in hops(dns, steps).into_iter().enumerate() {
        say(format!(
            "{} {}",
            asked(number, zone, step, target),
            came(step)
        ));
    }
    for text in proof(dns) {
        say(text);
    }
    let answered = steps
        .iter()
        .filter(|step| step.response.is_response())
        .count();
    say(format!(
        "Several servers were asked side by side, and those of the last zone each for itself: {}, of which {} were answered.",
        count(steps.len(), "exchange"),
        answered
    ));
    out.push('\n');
    let mut ordered = steps.to_vec();
    ordered.sort_by(|one, other| one.at_ms.0.total_cmp(&other.at_ms.0));
    for step in ordered {
        let line = wrapped(&exchange(step), "  ", "              ", style);
        out.push_str(&line.replace('\u{a0}', " "));
    }
    out
}

/// A server is shown no more of the name than it needs (RFC 9156).
fn asked(number: usize, zone: &Zone, step: &Step, target: Option<&DnsName>) -> String {
    let (server, question) = (&step.server, &step.question);
    let who = format!("{} ({})", server.name, server.address);
    let part = target.is_some_and(|whole| question.name.label_count() < whole.label_count());
    let minimised = if part {
        ", as much of the name as it needs to see"
    } else {
        ""
    };
    let what = format!(
        "was asked for {} {}{minimised}",
        question.name, question.r#type
    );
    if number == 0 {
        format!(
            "It begins at the root, whose servers every resolver knows beforehand. {who} {what}."
        )
    } else {
        format!("Then {who}, one of the servers of `{}`, {what}.", zone.name)
    }
}

fn came(step: &Step) -> String {
    let took = step.rtt_ms.unwrap_or_default().0;
    let what = match step.response {
        ResponseClass::Referral => {
            let zone = step.referral_to.clone().unwrap_or_else(DnsName::root);
            format!("referred to the servers of `{zone}`, for it knows no more itself")
        }
        ResponseClass::Answer => "answered, for it has the zone".to_owned(),
        ResponseClass::Alias => "answered that the name is an alias for another".to_owned(),
        ResponseClass::Nodata => "answered that the name has no such record".to_owned(),
        ResponseClass::Nxdomain => "answered that there is no such name".to_owned(),
        _ => "gave no usable answer".to_owned(),
    };
    format!("After {took:.1} ms it {what}.")
}

/// Why the answer can be believed, or from where on it cannot.
fn proof(dns: &Dns) -> Vec<String> {
    let mut told = Vec::new();
    for zone in &dns.zones {
        let Some(dnssec) = &zone.dnssec else {
            return Vec::new();
        };
        let name = &zone.name;
        let root = *name == DnsName::root();
        let vouched = if root {
            "which every resolver knows beforehand".to_owned()
        } else {
            format!("which the zone above vouches for (DS {})", tags(&dnssec.ds))
        };
        told.push(match dnssec.security.status {
            SecurityStatus::Secure => {
                let keys = dnssec.keys.iter().filter(|key| key.anchored && key.signs_keys);
                let keys: Vec<String> = keys.map(|key| key.key_tag.to_string()).collect();
                let keys = keys.join(", ");
                format!("The keys of `{name}` are proven: they are signed by key {keys}, {vouched}.")
            }
            SecurityStatus::Insecure => {
                format!("`{name}` is not signed, which the zone above proves: from here on a forged answer cannot be told from a true one.")
            }
            SecurityStatus::Bogus => {
                format!("At `{name}` the chain of trust breaks: resolvers that validate answer nothing from here on.")
            }
            SecurityStatus::Indeterminate => return told,
        });
        if dnssec.security.status != SecurityStatus::Secure {
            return told;
        }
    }
    told
}

/// The key tags of DS records, their first field.
fn tags(ds: &[Record]) -> String {
    let tags = ds.iter().filter_map(|record| record.data.split(' ').next());
    tags.collect::<Vec<_>>().join(", ")
}

fn exchange(step: &Step) -> String {
    let rtt = step.rtt_ms.map_or_else(
        || "nothing".to_owned(),
        |rtt| format!("{:.1}\u{a0}ms", rtt.0),
    );
    let what = format!("{:?}", step.response).to_lowercase();
    let to = step
        .referral_to
        .as_ref()
        .map(|zone| format!(" to {zone}"))
        .unwrap_or_default();
    let transport = format!("{:?}", step.transport).to_lowercase();
    let cached = if step.cached {
        ", made for another target"
    } else {
        ""
    };
    let (server, asked) = (&step.server, &step.question);
    harmless(&format!(
        "{:7.1} ms  {} {} @{} {transport}: {what}{to}, {rtt}{cached}",
        step.at_ms.0, asked.name, asked.r#type, server.address
    ))
}
