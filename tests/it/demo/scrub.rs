//! Takes out of a report what differs from run to run: times, keys, and which of several servers was the quickest.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A report for people: numbers of milliseconds, dates, and the servers that won a race.
pub(super) fn text(text: &str) -> String {
    let scrubbed = text.lines().map(|line| {
        // The tally stands at the right edge, which its own length moves.
        let line = if line.ends_with(" ms") {
            squeezed(line)
        } else {
            line.to_owned()
        };
        let counted = numbers(&numbers(&racers(&line), " ms"), " bytes");
        dates(&counted) + "\n"
    });
    scrubbed.collect()
}

fn squeezed(line: &str) -> String {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    indent + &words.join(" ")
}

/// `12.3 ms` becomes `N ms`; a signature's length differs as well.
fn numbers(line: &str, unit: &str) -> String {
    let mut parts = line.split(unit);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let kept = without_number(&out);
        // From the quickest to the slowest.
        let kept = match kept
            .strip_suffix('-')
            .map(|rest| (rest, without_number(rest)))
        {
            Some((rest, shorter)) if shorter.len() < rest.len() => shorter,
            _ => kept,
        };
        let number = if kept.len() < out.len() { "N" } else { "" };
        out = format!("{kept}{number}{unit}{part}");
    }
    out
}

fn without_number(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// Which of a zone's servers answers first is chance.
fn racers(line: &str) -> String {
    let mut out = line.to_owned();
    for letter in 'a'..='m' {
        out = out.replace(&format!("{letter}.root-servers.net"), "?.root-servers.net");
    }
    for zone in ["nic", "shop"] {
        for number in 1..=2 {
            let own = format!("example. ns{number}.{zone}.example");
            out = out.replace(&own, &format!("example. ns?.{zone}.example"));
        }
    }
    out
}

/// `2026-11-20` becomes `DATE`, and `08:00 UTC` `TIME UTC`.
fn dates(line: &str) -> String {
    let shape = |word: &str| -> String {
        let shape = word
            .chars()
            .map(|c| if c.is_ascii_digit() { '9' } else { c });
        shape.collect()
    };
    let words = line.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ')', '.', ':']);
        let rest = word.strip_prefix(bare).unwrap_or_default();
        match shape(bare).as_str() {
            "9999-99-99" => format!("DATE{rest}"),
            "99:99" => format!("TIME{rest}"),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A report for programs. What was asked stands sorted in one list, without of whom: which question began an exchange that both
/// need, and which servers a slow machine still heard of those that were asked side by side, is chance.
pub(super) fn report(report: &Value) -> Value {
    let mut report = report.clone();
    let mut exchanges = BTreeSet::new();
    for question in report["dns"]["questions"].as_array_mut().unwrap() {
        let steps = std::mem::replace(&mut question["steps"], json!([]));
        exchanges.extend(steps.as_array().unwrap().iter().map(exchange));
    }
    report["dns"]["questions"][0]["steps"] = json!(exchanges);
    let zones = report["dns"]["zones"].as_array_mut().unwrap();
    let (last, above) = zones.split_last_mut().unwrap();
    above.iter_mut().for_each(shorten);
    last["referred_by"] = "one of the parent's".into();
    if let Some(endpoints) = report["tls"]["endpoints"].as_array_mut() {
        for endpoint in endpoints.iter_mut().skip(1) {
            endpoint["hello"] = "as above".into();
        }
    }
    walk(&mut report);
    report
}

/// Of the zones above that of the name only some servers are asked, and the root's thirteen fill pages.
fn shorten(zone: &mut Value) {
    zone["referred_by"] = match zone["referred_by"] {
        Value::Null => Value::Null,
        _ => "one of the parent's".into(),
    };
    for list in ["parent_ns", "glue", "servers"] {
        zone[list].as_array_mut().unwrap().truncate(4);
    }
    for server in zone["servers"].as_array_mut().unwrap() {
        *server = format!("{} {}", server["name"], server["address"]).into();
    }
}

fn exchange(step: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    format!(
        "{} {} at {}: {}",
        text(&step["question"]["name"]),
        text(&step["question"]["type"]),
        text(&step["zone"]),
        text(&step["response"])
    )
}

fn walk(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(walk),
        Value::Object(fields) => {
            for (name, field) in fields {
                match name.as_str() {
                    _ if field.is_null() => {}
                    "started" | "judged_at" | "not_before" | "not_after" => *field = "TIME".into(),
                    "serial" | "sha256" | "spki_sha256" | "pem" => {
                        *field = name.to_uppercase().into()
                    }
                    "version" if field == env!("CARGO_PKG_VERSION") => *field = "VERSION".into(),
                    // The handshakes of hops are those of the second door once more.
                    "tls" if field["endpoints"].is_null() => *field = field["version"].clone(),
                    "head" => *field = head(field.as_str().unwrap()).into(),
                    name if name.ends_with("_ms") => *field = "MS".into(),
                    _ => walk(field),
                }
            }
        }
        Value::String(text) => *text = dates(text),
        _ => {}
    }
}

/// A head without the date.
fn head(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("date:"));
    lines.map(|line| format!("{line}\n")).collect()
}
