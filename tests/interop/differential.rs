//! Three hundred names, drawn from a seed, asked in worlds with and without faults: doorstep and a cold unbound, both from the
//! root, must come to the same code, the same answer and the same proof.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::demo::Served;

const NEEDS: &str =
    "needs root, util-linux, iproute2, bind9-dnsutils and unbound; .ci/run installs them";
const SEED: u64 = 20_261_123;
const NAMES: usize = 300;

/// Worlds whose DNS differs; those with silent servers take resolvers too long to be asked so often.
const WORLDS: [&str; 20] = [
    "healthy",
    "not-delegated",
    "no-address",
    "alias-loop",
    "alias-dangling",
    "lame-server",
    "all-lame",
    "no-ipv6",
    "ds-without-key",
    "ds-without-signing",
    "signature-expired",
    "signature-expired-at-one",
    "signature-not-yet-valid",
    "signature-missing",
    "signature-invalid",
    "denial-invalid",
    "not-signed",
    "partly-signed",
    "wildcard",
    "nsec3-iterations",
];

/// What a resolver says of one question.
#[derive(Debug, PartialEq)]
struct Said {
    rcode: String,
    answers: BTreeSet<String>,
    proven: bool,
}

/// A name below, at, above or beside the zone, and a type.
fn draw(random: &mut StdRng) -> (String, &'static str) {
    let hosts = [
        "", "www.", "ns1.", "ns2.", "gone.", "a.b.c.", "*.", "txt.", "x.www.", "deep.er.",
    ];
    let zones = [
        "shop.example",
        "example",
        "nic.example",
        "other.example",
        "nowhere",
    ];
    let types = [
        "A", "AAAA", "TXT", "NS", "SOA", "MX", "DS", "CNAME", "DNSKEY",
    ];
    let mut pick = |list: &[&'static str]| list[random.random_range(0..list.len())];
    // Most of the names are in the zone that has the fault.
    let zone = if pick(&["in", "in", "in", "out"]) == "in" {
        "shop.example"
    } else {
        pick(&zones)
    };
    (format!("{}{zone}", pick(&hosts)), pick(&types))
}

fn by_doorstep(world: &Served, name: &str, rr_type: &str) -> (Said, Value) {
    let anchor = world.file("root.ds");
    let line = format!(
        "doorstep dnstrace '{name}' {rr_type} --trust-anchor {anchor} --resolver 198.51.100.99 --no-config --fail-on never --json"
    );
    let output = world.inside(&line);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let question = &report["dns"]["questions"][0];
    let rcode = question["rcode"].as_str().unwrap().to_owned();
    let answers = if rcode == "SERVFAIL" {
        BTreeSet::new()
    } else {
        let answers = question["answers"].as_array().unwrap().iter();
        answers
            .map(|answer| {
                format!(
                    "{} {}",
                    answer["type"].as_str().unwrap(),
                    data(answer["data"].as_str().unwrap())
                )
            })
            .collect()
    };
    let said = Said {
        proven: question["dnssec"]["status"] == "secure" && rcode != "SERVFAIL",
        rcode,
        answers,
    };
    (said, question["dnssec"].clone())
}

fn by_unbound(world: &Served, name: &str, rr_type: &str) -> Said {
    let line =
        format!("dig @127.0.0.1 -p 5300 +dnssec +noall +comments +answer '{name}' {rr_type}");
    let output = world.inside(&line);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let status = text
        .split("status: ")
        .nth(1)
        .unwrap_or_else(|| panic!("{line}: {text}"));
    let flags = text.lines().find(|line| line.contains("flags:")).unwrap();
    let records = text
        .lines()
        .filter(|line| !line.starts_with(';') && !line.is_empty());
    let fields = records.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let answers = fields
        .filter(|fields| fields.len() > 4 && fields[3] != "RRSIG")
        .map(|fields| format!("{} {}", fields[3], data(&fields[4..].join(" "))));
    Said {
        rcode: status.split(',').next().unwrap().to_owned(),
        answers: answers.collect(),
        proven: flags
            .split(';')
            .nth(2)
            .unwrap_or_default()
            .split(' ')
            .any(|flag| flag == "ad"),
    }
}

/// dig breaks long data into words; names and digests are compared without regard to case.
fn data(text: &str) -> String {
    text.to_lowercase().replace(' ', "")
}

#[test]
#[ignore = "needs root, util-linux, iproute2, bind9-dnsutils and unbound; .ci/run installs them"]
fn three_hundred_drawn_names_are_answered_as_unbound_answers_them() {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut differing = Vec::new();
    for scenario in WORLDS {
        let world = Served::start(scenario);
        world.start_unbound();
        for _ in 0..NAMES / WORLDS.len() {
            let (name, rr_type) = draw(&mut random);
            let (ours, why) = by_doorstep(&world, &name, rr_type);
            let theirs = by_unbound(&world, &name, rr_type);
            if ours != theirs {
                differing.push(format!(
                    "{scenario}: {name} {rr_type}: {ours:?} {why}, unbound says {theirs:?}"
                ));
            }
        }
    }
    assert!(differing.is_empty(), "{NEEDS}\n{}", differing.join("\n"));
}
