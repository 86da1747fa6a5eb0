//! The survey of a zone's servers: what it costs, what it asks, and that its report can be judged again.

use std::collections::BTreeSet;
use std::time::Duration;

use doorstep::demo::zone::ZoneData;
use doorstep::demo::{Behaviour, NameServer, RANGES};
use doorstep::facts::Facts;
use doorstep::judge::judge;
use doorstep::judge::policy::Policy;
use serde_json::Value;

use super::world::{Running, TLD, ZONE, ids, server, shop, start, start_after, tld};

/// Long beside what a slow machine adds.
const ROUND_TRIP: Duration = Duration::from_millis(150);

/// The servers of the zone: four names, each with two addresses.
const SERVERS: [(&str, [&str; 2]); 4] = [
    ("ns1.shop.example.", ["192.0.2.51", "2001:db8::51"]),
    ("ns2.shop.example.", ["192.0.2.52", "2001:db8::52"]),
    ("ns3.shop.example.", ["192.0.2.53", "2001:db8::53"]),
    ("ns4.shop.example.", ["192.0.2.54", "2001:db8::54"]),
];

fn zone() -> ZoneData {
    let zone = ZoneData::new("shop.example.", &SERVERS.map(|(name, _)| name));
    let zone = SERVERS.iter().fold(zone, |zone, (name, own)| {
        own.iter()
            .fold(zone, |zone, address| zone.address(name, address))
    });
    zone.address("www.shop.example.", "192.0.2.10")
        .address("www.shop.example.", "2001:db8::10")
}

fn world(last: Behaviour) -> Running {
    world_of(&zone(), last, Vec::new())
}

/// The zone as given, at four servers of which the last behaves so, and other servers.
fn world_of(zone: &ZoneData, last: Behaviour, others: Vec<NameServer>) -> Running {
    let tld = ZoneData::new("example.", &["ns.nic.example."]).address("ns.nic.example.", TLD);
    let tld = SERVERS.iter().fold(tld, |tld, (name, own)| {
        tld.delegate("shop.example.", name, own)
    });
    let of_zone = SERVERS.iter().map(|(name, own)| NameServer {
        name: (*name).to_owned(),
        addresses: own.iter().map(|address| address.parse().unwrap()).collect(),
        behaviour: if name.starts_with("ns4") {
            last
        } else {
            Behaviour::Serve
        },
        ..server(own[0], std::slice::from_ref(zone), Behaviour::Serve)
    });
    start_after(
        Some(ROUND_TRIP),
        tld,
        Behaviour::Serve,
        of_zone.chain(others).collect(),
    )
}

fn steps(report: &Value) -> Vec<&Value> {
    let questions = report["dns"]["questions"].as_array().unwrap();
    let steps = questions.iter();
    steps
        .flat_map(|question| question["steps"].as_array().unwrap())
        .collect()
}

fn servers(report: &Value) -> Vec<&Value> {
    let zones = report["dns"]["zones"].as_array().unwrap();
    let zone = zones
        .iter()
        .find(|zone| zone["name"] == "shop.example.")
        .unwrap();
    zone["servers"].as_array().unwrap().iter().collect()
}

#[test]
fn a_healthy_zone_of_eight_addresses_costs_120_questions_and_six_and_a_half_round_trips() {
    let (report, code) = world(Behaviour::Serve).report(&["www.shop.example"]);
    assert_eq!((ids(&report).as_slice(), code), ([].as_slice(), 0));
    let steps = steps(&report);
    let of_zone = steps.iter().filter(|step| step["zone"] == "shop.example.");
    assert!(
        of_zone.clone().count() <= 120,
        "{} questions",
        of_zone.count()
    );
    let trips = report["elapsed_ms"].as_f64().unwrap() / (ROUND_TRIP.as_secs_f64() * 1e3);
    assert!(trips <= 6.5, "{trips} round trips");
    // No server was asked the same twice, but for the SOA that tells whether TCP works.
    let asked: BTreeSet<String> = steps.iter().map(|step| asked(step)).collect();
    assert!(
        steps.len() - asked.len() <= 8,
        "{} of {}",
        asked.len(),
        steps.len()
    );
}

fn asked(step: &Value) -> String {
    let (question, server) = (&step["question"], &step["server"]);
    format!("{question} {} {}", server["address"], step["transport"])
}

#[test]
fn every_server_has_its_responses_and_what_follows_from_them() {
    let (report, _) = world(Behaviour::Serve).report(&["www.shop.example"]);
    let servers = servers(&report);
    assert_eq!(servers.len(), 8);
    for server in servers {
        assert_eq!(server["reachable_udp"], true);
        assert_eq!(server["reachable_tcp"], true);
        assert_eq!(server["soa_serial"], 1);
        assert_eq!(server["answers_differ"], false);
        let responses = server["responses"].as_array().unwrap();
        let types: BTreeSet<&str> = responses
            .iter()
            .map(|response| response["type"].as_str().unwrap())
            .collect();
        for asked in [
            "SOA", "NS", "DNSKEY", "A", "AAAA", "CNAME", "CAA", "HTTPS", "TYPE1000",
        ] {
            assert!(types.contains(asked), "{asked} of {types:?}");
        }
        let over_tcp = responses
            .iter()
            .filter(|response| response["transport"] == "tcp");
        assert_eq!(over_tcp.count(), 1);
        let foreign = responses
            .iter()
            .filter(|response| response["recursion_desired"] == true);
        assert_eq!(foreign.count(), 1, "never more than one");
    }
}

#[test]
fn a_silent_server_is_given_up_within_two_seconds_and_after_its_first_questions() {
    let (report, _) = world(Behaviour::Silent).report(&["www.shop.example"]);
    assert_eq!(ids(&report), ["dns/server-unreachable"]);
    let elapsed = report["elapsed_ms"].as_f64().unwrap();
    // Of these three round trips are the way from the root.
    let on_the_way = 3.0 * (ROUND_TRIP.as_secs_f64() * 1e3);
    assert!(elapsed - on_the_way < 2_000.0 - 60.0, "{elapsed} ms");
    let steps = steps(&report);
    let to_dead = |address: &str| {
        let own = steps
            .iter()
            .filter(|step| step["server"]["address"] == address);
        own.filter(|step| step["zone"] == "shop.example.").count()
    };
    // Twice over UDP, once more without EDNS, and once over TCP.
    assert_eq!((to_dead("192.0.2.54"), to_dead("2001:db8::54")), (4, 4));
}

#[test]
fn with_thorough_every_server_on_the_way_gives_its_referral() {
    let deeper = ["192.0.2.60"];
    let below = ZoneData::new("eu.shop.example.", &["ns1.eu.shop.example."])
        .address("ns1.eu.shop.example.", deeper[0])
        .address("www.eu.shop.example.", "192.0.2.10");
    let parent = zone().delegate("eu.shop.example.", "ns1.eu.shop.example.", &deeper);
    let world = world_of(
        &parent,
        Behaviour::Serve,
        vec![server(deeper[0], &[below], Behaviour::Serve)],
    );
    let referrals = |arguments: &[&str]| {
        let (report, _) = world.report(arguments);
        let zones = report["dns"]["zones"].as_array().unwrap();
        zones.last().unwrap()["referrals"].as_array().unwrap().len()
    };
    assert_eq!(referrals(&["www.eu.shop.example", "A"]), 3);
    assert_eq!(referrals(&["www.eu.shop.example", "A", "--thorough"]), 8);
}

/// What a scenario's report is judged to again, from what the servers said alone.
fn judged_again(scenario: &str) -> [Vec<String>; 2] {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"));
    let output = command
        .env_clear()
        .args(["demo", scenario, "--json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut facts: Facts = serde_json::from_value(report.clone()).unwrap();
    let dns = facts.dns.as_mut().unwrap();
    for server in dns.zones.iter_mut().flat_map(|zone| &mut zone.servers) {
        (server.soa_serial, server.answers_differ) = (None, None);
    }
    doorstep::verify::survey::verify(dns);
    let derived = serde_json::to_value(&dns.zones).unwrap();
    assert_eq!(derived, report["dns"]["zones"], "{scenario}");
    let policy = Policy {
        internal: RANGES.iter().map(|range| range.parse().unwrap()).collect(),
        ..Policy::default()
    };
    let again = judge(&facts, &policy).into_iter().map(|finding| finding.id);
    [
        ids(&report).into_iter().map(str::to_owned).collect(),
        again.collect(),
    ]
}

#[test]
fn what_each_server_said_is_judged_again_from_the_report() {
    for scenario in [
        "answers-differ",
        "serial-mismatch",
        "ns-mismatch",
        "open-recursion",
    ] {
        let [first, again] = judged_again(scenario);
        assert!(!first.is_empty());
        assert_eq!(first, again, "{scenario}");
    }
}

/// The shop, served by ns1 and by a server of another zone, which behaves so.
fn hosted_elsewhere(host: Behaviour) -> Running {
    let tld = tld()
        .delegate("shop.example.", "ns2.host.example.", &[])
        .delegate("host.example.", "ns1.host.example.", &["192.0.2.60"]);
    let zone = shop().served_by("ns2.host.example.");
    let host_zone = ZoneData::new("host.example.", &["ns1.host.example."])
        .address("ns1.host.example.", "192.0.2.60");
    let others = vec![
        server(ZONE, &[zone], Behaviour::Serve),
        server("192.0.2.60", &[host_zone], host),
    ];
    start(tld, others)
}

#[test]
fn a_server_has_no_address_only_when_its_own_zone_says_so() {
    let denied = hosted_elsewhere(Behaviour::Serve)
        .report(&["www.shop.example"])
        .0;
    assert!(
        ids(&denied).contains(&"dns/ns-unresolvable"),
        "{:?}",
        ids(&denied)
    );
    let silent = hosted_elsewhere(Behaviour::Silent)
        .report(&["www.shop.example"])
        .0;
    assert!(
        !ids(&silent).contains(&"dns/ns-unresolvable"),
        "{:?}",
        ids(&silent)
    );
    let zones = silent["dns"]["zones"].as_array().unwrap();
    let zone = zones
        .iter()
        .find(|zone| zone["name"] == "shop.example.")
        .unwrap();
    assert_eq!(
        zone["unresolved_ns"],
        serde_json::json!(["ns2.host.example."])
    );
}
