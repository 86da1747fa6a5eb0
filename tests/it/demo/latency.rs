//! `demo --delay`: round trips counted by what waits for what, in a world where each takes long enough to be told apart.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::json;
use super::served::{Served, after};

/// A round trip, in milliseconds: far above what the machine itself adds.
const ROUND_TRIP: f64 = 200.0;

/// What a busy machine may add, in milliseconds: less than the second that a wait for one server would be.
const SLACK: f64 = 700.0;

fn delayed() -> Value {
    json(&["healthy", "--delay", "200ms", "--json"], 0)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Every exchange; what two questions need is asked once, and noted with the one that came first.
fn steps(report: &Value) -> Vec<&Value> {
    let questions = report["dns"]["questions"].as_array().unwrap().iter();
    questions
        .flat_map(|question| question["steps"].as_array().unwrap())
        .collect()
}

fn began(step: &Value) -> f64 {
    number(&step["at_ms"])
}

fn ended(step: &Value) -> f64 {
    began(step) + number(&step["rtt_ms"])
}

fn earliest<'a>(steps: impl Iterator<Item = &'a Value>) -> &'a Value {
    steps
        .min_by(|one, other| ended(one).total_cmp(&ended(other)))
        .unwrap()
}

/// The first answer to a question.
fn answer<'a>(steps: &[&'a Value], name: &str, kind: &str) -> &'a Value {
    let own = steps.iter().copied().filter(|step| {
        let asked = &step["question"];
        step["response"] == "answer" && asked["name"] == name && asked["type"] == kind
    });
    earliest(own)
}

/// The length of the chain of exchanges that ends with this one: each began only when the one before had ended.
fn chain(steps: &[&Value], last: &Value) -> usize {
    let mut at = last;
    let mut length = 1;
    loop {
        let before = steps
            .iter()
            .filter(|step| !step["rtt_ms"].is_null() && ended(step) <= began(at));
        let Some(last) = before.max_by(|one, other| ended(one).total_cmp(&ended(other))) else {
            return length;
        };
        at = last;
        length += 1;
    }
}

/// What the validated answer rests on, with the round trips after which it must be had.
const NEEDED: [(&str, &str, usize); 5] = [
    (".", "DNSKEY", 1),
    ("example.", "DNSKEY", 2),
    ("shop.example.", "DNSKEY", 3),
    ("shop.example.", "A", 3),
    ("shop.example.", "AAAA", 3),
];

#[test]
fn the_validated_answer_takes_three_round_trips_and_few_questions() {
    let report = delayed();
    for question in report["dns"]["questions"].as_array().unwrap() {
        assert_eq!(question["dnssec"]["status"], "secure");
    }
    let steps = steps(&report);
    for (name, kind, trips) in NEEDED {
        let last = answer(&steps, name, kind);
        assert_eq!(chain(&steps, last), trips, "{last}");
    }
    let of_root = steps.iter().filter(|step| step["zone"] == ".");
    let servers: BTreeSet<&str> = of_root
        .map(|step| step["server"]["address"].as_str().unwrap())
        .collect();
    assert!(servers.len() <= 3, "{servers:?}");
    assert!(steps.len() <= 120, "{} questions", steps.len());
}

#[test]
fn a_dead_server_delays_nothing() {
    for scenario in ["silent-server", "server-dead"] {
        let report = json(&[scenario, "--delay", "200ms", "--json"], 0);
        let steps = steps(&report);
        for (name, kind, trips) in NEEDED {
            let last = answer(&steps, name, kind);
            #[expect(clippy::cast_precision_loss, reason = "three at most")]
            let bound = trips as f64 * ROUND_TRIP + SLACK;
            assert!(ended(last) < bound, "{scenario}: {last}");
        }
    }
}

#[test]
fn no_answer_is_had_before_its_round_trips() {
    let report = delayed();
    for step in steps(&report) {
        let trips = number(&step["rtt_ms"]) / ROUND_TRIP;
        assert!(trips >= 1.0, "an answer before a round trip: {step}");
    }
    let endpoints = report["tls"]["endpoints"].as_array().unwrap().iter();
    let handshakes = endpoints.map(|endpoint| {
        assert_eq!(endpoint["version"], "TLSv1.3");
        number(&endpoint["timings"]["connect_ms"]) + number(&endpoint["timings"]["handshake_ms"])
    });
    takes(handshakes, 2.0);
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    let (in_clear, protected): (Vec<&Value>, Vec<&Value>) = routes
        .flat_map(|route| route["hops"].as_array().unwrap())
        .partition(|hop| hop["tls"].is_null());
    let elapsed = |hop: &Value| number(&hop["elapsed_ms"]);
    takes(in_clear.into_iter().map(elapsed), 2.0);
    takes(protected.into_iter().map(elapsed), 3.0);
}

/// None is quicker than so many round trips, and the quickest, which the machine held up the least, takes no more.
fn takes(lengths: impl Iterator<Item = f64>, round_trips: f64) {
    let quickest = lengths.min_by(f64::total_cmp).unwrap() / ROUND_TRIP;
    let expected = round_trips..round_trips + 1.0;
    assert!(
        expected.contains(&quickest),
        "{quickest} instead of {round_trips} round trips"
    );
}

/// What `httpcheck` reports of a target in the world that is up.
fn walked(served: &Served, target: &str) -> Value {
    let commands = served.commands("doorstep");
    let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .env_clear()
        .args(["httpcheck", target, "--json", "--config"])
        .arg(after(&commands[0], "--config"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_healthy_site_is_walked_in_eight_round_trips() {
    let served = Served::with("healthy", &["--delay", "400ms"]);
    let trips = |_| number(&walked(&served, "shop.example")["elapsed_ms"]) / 400.0;
    // The quickest run is the one that the machine held up the least.
    let quickest = (0..3).map(trips).min_by(f64::total_cmp).unwrap();
    assert!(quickest <= 8.0, "{quickest} round trips");
    assert!(quickest >= 6.0, "a model of latency that is none");
}

/// How many requests each address had, by the host that they were for.
fn requests(report: &Value) -> BTreeMap<(String, String), usize> {
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    let hops = routes.flat_map(|route| route["hops"].as_array().unwrap());
    // A request that two routes share is made once.
    let made: BTreeSet<(String, String)> = hops
        .map(|hop| {
            let text = |name: &str| hop[name].as_str().unwrap().to_owned();
            (text("address"), text("url"))
        })
        .collect();
    let mut counted = BTreeMap::new();
    for (address, url) in made {
        let host = url.split('/').nth(2).unwrap().to_owned();
        *counted.entry((address, host)).or_default() += 1;
    }
    counted
}

#[test]
fn an_address_has_eight_requests_for_the_name_and_four_for_its_twin() {
    for scenario in ["healthy", "no-redirect", "path-lost"] {
        let served = Served::start(scenario);
        for target in ["shop.example", "https://shop.example/a?b=c"] {
            let counted = requests(&walked(&served, target));
            assert_eq!(counted.len(), 6, "{counted:?}");
            for ((address, host), requests) in counted {
                let bound = if host == "shop.example" { 8 } else { 4 };
                assert!(
                    requests <= bound,
                    "{scenario} {target}: {requests} requests for {host} at {address}"
                );
            }
        }
    }
}
