//! Takes out of a report what differs from run to run: times, keys, and which of several servers was the quickest.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A report for people: numbers of milliseconds, dates, and the servers that won a race.
pub(super) fn text(text: &str) -> String {
    let mut after_key = false;
    let mut out = String::new();
    for line in text.lines() {
        // The tally stands at the right edge, which its own length moves, or on a line of its own when it does not fit.
        let counts = ["error", "warning", "notice"].iter();
        let is_tally = line.ends_with(" ms") && counts.into_iter().any(|of| line.contains(of));
        let alone = is_tally && line.trim().starts_with(|c: char| c.is_ascii_digit());
        let line = if line.ends_with(" ms") {
            squeezed(line)
        } else {
            line.to_owned()
        };
        let counted = numbers(&numbers(&racers(&line), " ms"), " bytes");
        let line = tags(&digests(&dates(&counted)), &mut after_key);
        if alone {
            out.truncate(out.trim_end().len());
            out += &format!(" {}\n", line.trim());
        } else {
            out += &(line + "\n");
        }
    }
    out
}

fn squeezed(line: &str) -> String {
    // A number alone on its line stands at the right edge as well.
    let indent: String = line.chars().take_while(|c| *c == ' ').take(12).collect();
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

/// The tags of keys, which are made anew for each world. One may stand on the line after its word.
fn tags(line: &str, after_key: &mut bool) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', '.', ':']);
        let is_tag = *after_key && bare.len() == 5 && bare.chars().all(|c| c.is_ascii_digit());
        *after_key = word == "key" || (*after_key && word.is_empty());
        if is_tag {
            format!("NNNNN{}", word.strip_prefix(bare).unwrap_or_default())
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The digests of keys, but for those that a scenario made up.
fn digests(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_matches(['`', ',']);
        let is_digest = bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest && bare != "42".repeat(32) {
            word.replace(bare, "DIGEST")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
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
    for server in last["servers"].as_array_mut().unwrap() {
        // Of several questions asked side by side any may be answered last.
        if server["response"] == "nodata" {
            server["response"] = "answer".into();
        }
        // The order is that in which they came.
        let said = server["responses"].as_array().into_iter().flatten();
        let said: BTreeSet<String> = said.map(said_by_server).collect();
        server["responses"] = json!(said);
    }
    last["referrals"] = referrals(last);
    if let Some(endpoints) = report["tls"]["endpoints"].as_array_mut() {
        for endpoint in endpoints.iter_mut().skip(1) {
            endpoint["hello"] = "as above".into();
        }
        for probe in endpoints
            .iter_mut()
            .filter_map(|endpoint| endpoint["probes"].as_array_mut())
        {
            probe.iter_mut().for_each(|probe| *probe = answered(probe));
        }
    }
    sort(&mut report["dns"]["signatures"]);
    walk(&mut report);
    report
}

/// A response of the survey in a line.
fn said_by_server(said: &Value) -> String {
    let text = |field: &str| said[field].as_str().unwrap_or("-").to_owned();
    let answers = said["answers"].as_array().into_iter().flatten();
    let types: Vec<&str> = answers
        .filter_map(|record| record["type"].as_str())
        .collect();
    let how = [
        text("name"),
        text("type"),
        text("transport"),
        text("response"),
        text("rcode"),
    ];
    format!("{}: {}", how.join(" "), types.join(" "))
}

/// The referrals without of whom: which of the parent's servers were asked, and heard, is chance.
fn referrals(zone: &Value) -> Value {
    let each = zone["referrals"].as_array().into_iter().flatten();
    let said = each.map(|referral| {
        let count = |field: &str| referral[field].as_array().map_or(0, Vec::len);
        let (ds, glue) = (count("ds"), count("glue"));
        format!("{} with {ds} DS and {glue} addresses", referral["ns"])
    });
    json!(said.collect::<BTreeSet<String>>())
}

/// Signatures stand in the order in which their responses came.
fn sort(signatures: &mut Value) {
    let key = |signature: &Value| format!("{} {}", signature["name"], signature["type"]);
    if let Some(signatures) = signatures.as_array_mut() {
        signatures.sort_by_key(key);
        signatures.dedup_by_key(|signature| key(signature));
    }
}

/// The part of a scrubbed report that differs from scenario to scenario: what was found, and how each question, address and
/// route ended.
pub(super) fn outline(report: &Value) -> Value {
    let of = |list: &Value, fields: &[&str]| -> Value {
        let each = list.as_array().into_iter().flatten().map(|entry| {
            let kept = fields
                .iter()
                .map(|field| ((*field).to_owned(), entry[*field].clone()));
            Value::Object(kept.collect())
        });
        Value::Array(each.collect())
    };
    let mut endpoints = of(
        &report["tls"]["endpoints"],
        &[
            "address",
            "port",
            "error",
            "version",
            "trust",
            "name_matches",
        ],
    );
    for endpoint in endpoints.as_array_mut().unwrap() {
        endpoint["trust"] = endpoint["trust"]["reason"].clone();
    }
    let routes: Vec<Value> = report["http"]["routes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(walked)
        .collect();
    let mut questions = of(
        &report["dns"]["questions"],
        &["name", "type", "outcome", "rcode", "answers", "dnssec"],
    );
    for question in questions.as_array_mut().unwrap() {
        question["dnssec"] = question["dnssec"]["status"].clone();
        question["answers"] = of(&question["answers"], &["type", "data"]);
        for answer in question["answers"].as_array_mut().unwrap() {
            if answer["type"] == "TLSA" {
                answer["data"] = digests(answer["data"].as_str().unwrap()).into();
            }
        }
    }
    json!({
        "verdict": report["verdict"],
        "inconclusive": report["inconclusive"],
        "findings": of(&report["findings"], &["id", "severity", "subject", "subjects"]),
        "questions": questions,
        "endpoints": endpoints,
        "routes": routes,
    })
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
    sort(&mut zone["dnssec"]["signatures"]);
    zone["referrals"] = referrals(zone);
    for server in zone["servers"].as_array_mut().unwrap() {
        *server = format!("{} {}", server["name"], server["address"]).into();
    }
}

/// A referral stands without its type: the second question may come when the first has learnt of the cut already.
/// A route in a line: where it began, each answer, and how it ended.
fn walked(route: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let hops = route["hops"].as_array().unwrap().iter();
    let statuses: Vec<String> = hops.map(|hop| hop["status"].to_string()).collect();
    format!(
        "{} at {}: {}, {} {}",
        text(&route["start"]),
        text(&route["address"]),
        statuses.join(" "),
        text(&route["outcome"]),
        text(&route["final_url"])
    )
    .into()
}

/// A probe without its long lists of what it offered.
fn answered(probe: &Value) -> Value {
    let text = |field: &str| probe[field].as_str().unwrap_or("-").to_owned();
    let (name, outcome, version) = (text("name"), text("outcome"), text("version"));
    format!("{name}: {outcome} {version} {}", text("cipher_suite")).into()
}

fn exchange(step: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if step["response"] == "referral" {
        let (name, zone) = (text(&step["question"]["name"]), text(&step["zone"]));
        return format!("{name} at {zone}: referral");
    }
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
            let kind = fields.get("type").cloned();
            for (name, field) in fields {
                match name.as_str() {
                    _ if field.is_null() => {}
                    "started" | "judged_at" | "not_before" | "not_after" | "inception"
                    | "expiration" => *field = "TIME".into(),
                    "key_tag" => *field = "TAG".into(),
                    "data" if kind == Some("DNSKEY".into()) || kind == Some("DS".into()) => {
                        *field = "DATA".into();
                    }
                    "serial" | "sha256" | "spki_sha256" | "pem" | "subject_key_id"
                    | "authority_key_id" => *field = name.to_uppercase().into(),
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
