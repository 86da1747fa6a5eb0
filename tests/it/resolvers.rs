//! What resolvers say beside the trace, what is expected, and waiting for it: against the demo's resolver and a world that mends
//! itself.

mod encrypted;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use doorstep::demo::Behaviour::{Refuse, Serve};
use doorstep::demo::{NameServer, RESOLVER};
use serde_json::Value;

use super::world::{Running, SECOND, ZONE, ids, server, start_plan, tld};

const OLD: &str = "192.0.2.10";
const NEW: &str = "192.0.2.20";

/// The zone with this address, not signed so that it can change, every record to be kept for `ttl` seconds.
fn zone(address: &str, ttl: u32) -> doorstep::demo::zone::ZoneData {
    doorstep::demo::zone::ZoneData::new(
        "shop.example.",
        &["ns1.shop.example.", "ns2.shop.example."],
    )
    .address("ns1.shop.example.", ZONE)
    .address("ns2.shop.example.", SECOND)
    .address("www.shop.example.", address)
    .text("www.shop.example.", "v=spf1 -all")
    .kept_for(ttl)
    .unsigned()
}

/// Two servers with these addresses of the site.
fn servers(first: &str, second: &str, ttl: u32) -> Vec<NameServer> {
    vec![
        server(ZONE, &[zone(first, ttl)], Serve),
        server(SECOND, &[zone(second, ttl)], Serve),
    ]
}

fn parent() -> doorstep::demo::zone::ZoneData {
    tld().delegate("shop.example.", "ns2.shop.example.", &[SECOND])
}

/// A world whose resolver remembers the zone with this address.
fn world(now: Vec<NameServer>, then: Vec<NameServer>) -> Running {
    start_plan(parent(), now, then, |_| ())
}

fn resolver() -> String {
    RESOLVER.to_string()
}

fn compared(world: &Running, more: &[&str]) -> (Value, i32) {
    let resolver = resolver();
    let arguments = ["www.shop.example", "A", "--compare", &resolver];
    world.report(&[&arguments[..], more].concat())
}

fn seen(report: &Value) -> Vec<&str> {
    let ids = ids(report);
    ids.into_iter()
        .filter(|id| *id != "dns/not-signed")
        .collect()
}

fn finding<'r>(report: &'r Value, id: &str) -> &'r Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["id"] == id).unwrap()
}

#[test]
fn a_resolver_that_says_the_same_agrees_and_is_one_line() {
    let world = world(servers(NEW, NEW, 300), Vec::new());
    let (report, code) = compared(&world, &[]);
    assert_eq!((seen(&report).as_slice(), code), ([].as_slice(), 0));
    let answer = &report["dns"]["resolvers"][0];
    assert_eq!(answer["resolver"], resolver());
    assert_eq!(answer["agrees"], true);
    assert_eq!(answer["compared"], true);
    assert_eq!(answer["ttl_left"], 300);
    assert_eq!(answer["authenticated"], false);
    assert!(answer["rtt_ms"].as_f64().is_some());
    let resolver = resolver();
    let output = world
        .dnstrace(&["www.shop.example", "A", "--compare", &resolver])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("1 resolver says the same: 198.51.100.99"),
        "{text}"
    );
    assert!(
        text.contains("seen by everybody within 5 minutes (www.shop.example. A"),
        "{text}"
    );
}

#[test]
fn a_resolver_that_remembers_is_a_notice_with_its_seconds() {
    let world = world(servers(NEW, NEW, 300), servers(OLD, OLD, 300));
    let (report, code) = compared(&world, &[]);
    assert_eq!(
        (seen(&report).as_slice(), code),
        (["dns/resolver-stale"].as_slice(), 0)
    );
    let finding = finding(&report, "dns/resolver-stale");
    assert_eq!(finding["subject"], resolver());
    assert!(finding["evidence"]["seconds"].as_u64().unwrap() >= 298);
    assert_eq!(report["dns"]["resolvers"][0]["agrees"], false);
}

#[test]
fn a_resolver_that_lacks_an_address_that_was_added_is_stale() {
    let both = || zone(NEW, 300).address("www.shop.example.", OLD);
    let now = vec![
        server(ZONE, &[both()], Serve),
        server(SECOND, &[both()], Serve),
    ];
    let world = world(now, servers(OLD, OLD, 300));
    let (report, _) = compared(&world, &[]);
    assert_eq!(seen(&report), ["dns/resolver-stale"]);
    assert_eq!(report["dns"]["resolvers"][0]["agrees"], false);
}

#[test]
fn a_resolver_that_has_what_one_of_the_servers_says_does_not_disagree() {
    let world = world(servers(NEW, OLD, 300), servers(OLD, OLD, 300));
    // The second server's answer is had because it is asked as well.
    let (report, _) = compared(&world, &["--expect", NEW]);
    assert_eq!(seen(&report), ["dns/expected-mismatch"]);
    assert_eq!(report["dns"]["resolvers"][0]["agrees"], true);
    assert_eq!(report["dns"]["resolvers"][0]["as_expected"], false);
}

#[test]
fn a_filter_and_a_refusal_are_warnings_and_a_dead_resolver_is_a_fact() {
    let filters = start_plan(parent(), servers(NEW, NEW, 300), Vec::new(), |plan| {
        plan.filtered = vec!["www.shop.example.".parse().unwrap()];
    });
    let (report, _) = compared(&filters, &[]);
    assert_eq!(seen(&report), ["dns/resolver-disagrees"]);
    assert_eq!(report["dns"]["resolvers"][0]["ede"][0]["code"], 15);
    let dead = [
        "www.shop.example",
        "A",
        "--compare",
        "203.0.113.77",
        "--probe-timeout",
        "500ms",
    ];
    let (report, _) = filters.report(&dead);
    assert!(seen(&report).is_empty());
    assert_eq!(
        report["dns"]["resolvers"][0]["failure"]["reason"],
        "timed-out"
    );
    assert_eq!(report["dns"]["resolvers"][0]["agrees"], Value::Null);
    let mut all = servers(NEW, NEW, 300);
    all.push(server("203.0.113.88", &[zone(NEW, 300)], Refuse));
    let refusing = world(all, Vec::new());
    let (report, _) = refusing.report(&["www.shop.example", "A", "--compare", "203.0.113.88"]);
    assert_eq!(seen(&report), ["dns/resolver-disagrees"]);
}

#[test]
fn what_every_server_says_is_as_expected() {
    let world = world(servers(NEW, NEW, 300), Vec::new());
    let expecting = |arguments: &[&str]| {
        let (report, code) = world.report(arguments);
        (
            seen(&report)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            code,
        )
    };
    let name = "www.shop.example";
    assert_eq!(expecting(&[name, "--expect", NEW]), (Vec::new(), 0));
    let spf = "\"v=spf1 -all\"";
    assert_eq!(expecting(&[name, "TXT", "--expect", spf]), (Vec::new(), 0));
    let mismatch = (vec!["dns/expected-mismatch".to_owned()], 1);
    assert_eq!(expecting(&[name, "--expect", OLD]), mismatch);
    assert_eq!(
        expecting(&[name, "TXT", "--expect", "v=spf1 ~all"]),
        mismatch
    );
    let absent = ["nowhere.shop.example", "--expect", NEW];
    assert_eq!(
        expecting(&absent),
        (vec!["dns/name-not-found".to_owned()], 1)
    );
}

#[test]
fn a_server_that_lags_behind_is_named() {
    let world = world(servers(NEW, OLD, 300), Vec::new());
    let (report, code) = world.report(&["www.shop.example", "--expect", NEW]);
    assert_eq!(
        (seen(&report).as_slice(), code),
        (["dns/expected-mismatch"].as_slice(), 1)
    );
    let finding = &report["findings"][0];
    assert!(
        finding["subject"].as_str().unwrap().contains(SECOND),
        "{finding}"
    );
    assert_eq!(finding["subjects"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_expected_or_compared_with_is_refused() {
    let world = world(servers(NEW, NEW, 300), Vec::new());
    let refused = |arguments: &[&str], said: &str| {
        let output = world.dnstrace(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said), "{text}");
    };
    refused(
        &["www.shop.example", "--expect", "soon"],
        "no value of type A or AAAA",
    );
    refused(
        &["www.shop.example", "--compare", "dns.example"],
        "is no resolver",
    );
    refused(&["www.shop.example", "--wait", "soon"], "no duration");
}

/// Has the second server take over the new zone after a while.
fn mends<'s>(scope: &'s std::thread::Scope<'s, '_>, world: &'s Running) {
    scope.spawn(|| {
        std::thread::sleep(Duration::from_millis(1500));
        let second: IpAddr = SECOND.parse().unwrap();
        world.change(second, &[zone(NEW, 1)]);
    });
}

const LAGGING: [&str; 7] = [
    "www.shop.example",
    "A",
    "--expect",
    NEW,
    "--wait",
    "30s",
    "--probe-timeout=2s",
];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the length of a wait is what is tested"
)]
fn waiting_ends_as_soon_as_every_server_has_it() {
    let world = world(servers(NEW, OLD, 1), Vec::new());
    let began = Instant::now();
    let (report, code) = std::thread::scope(|scope| {
        mends(scope, &world);
        world.report(&LAGGING)
    });
    assert_eq!(
        (seen(&report).as_slice(), code),
        (["dns/ttl-low"].as_slice(), 0)
    );
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(began.elapsed() > Duration::from_millis(1500));
}

#[test]
fn only_changes_are_printed_while_waiting() {
    let world = world(servers(NEW, OLD, 1), Vec::new());
    let output = std::thread::scope(|scope| {
        mends(scope, &world);
        world.dnstrace(&LAGGING).output().unwrap()
    });
    let text = String::from_utf8(output.stdout).unwrap();
    let turned = format!("ns2.shop.example. ({SECOND}) A -> {NEW} (was {OLD})");
    assert_eq!(text.matches(&turned).count(), 1, "{text}");
    assert_eq!(text.matches("dns/expected-mismatch:").count(), 1, "{text}");
    assert!(text.contains("is over"), "{text}");
}

#[test]
fn each_changed_look_is_a_line_of_jsonl() {
    let world = world(servers(NEW, OLD, 1), Vec::new());
    let output = std::thread::scope(|scope| {
        mends(scope, &world);
        let mut command = world.dnstrace(&LAGGING);
        command.args(["--format", "jsonl"]).output().unwrap()
    });
    let text = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["verdict"].to_string())
        .collect();
    assert_eq!(verdicts, ["\"error\"", "\"notice\""]);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the length of a wait is what is tested"
)]
fn waiting_ends_when_its_time_is_over_with_the_last_look() {
    let world = world(servers(NEW, OLD, 1), Vec::new());
    let began = Instant::now();
    let (report, code) =
        world.report(&["www.shop.example", "A", "--expect", NEW, "--wait", "2500ms"]);
    assert_eq!(
        (seen(&report).as_slice(), code),
        (["dns/expected-mismatch", "dns/ttl-low"].as_slice(), 1)
    );
    assert!(began.elapsed() > Duration::from_secs(2));
}

#[test]
fn a_resolver_is_waited_for_until_it_has_forgotten() {
    let world = world(servers(NEW, NEW, 2), servers(OLD, OLD, 2));
    let (report, code) = compared(&world, &["--fail-on", "notice", "--wait", "20s"]);
    // What is left are notices that no wait mends.
    assert!(!seen(&report).contains(&"dns/resolver-stale"), "{report}");
    assert_eq!(report["dns"]["resolvers"][0]["agrees"], true);
    assert_eq!(code, 1);
}
