//! `--registration` and `--rdap`, against a server on loopback that answers in the shape of RFC 9083, or not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use doorstep::demo::Behaviour::Serve;
use serde_json::{Value, json};

use super::peers;
use super::world::{Running, ZONE, ids, server, shop, start, tld};

/// The registration of `domain`, until a year far away.
fn domain(domain: &str, status: &str, expires: &str) -> String {
    let object = json!({
        "objectClassName": "domain", "ldhName": domain, "status": [status],
        "entities": [{ "objectClassName": "entity", "roles": ["registrar"],
                       "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Names\u{1b}[31m Ltd"]]] }],
        "events": [{ "eventAction": "registration", "eventDate": "2020-03-01T00:00:00Z" },
                   { "eventAction": "expiration", "eventDate": expires }],
        "nameservers": [{ "objectClassName": "nameserver", "ldhName": "ns1.shop.example" }],
        "secureDNS": { "delegationSigned": true }
    });
    object.to_string()
}

/// A server that says the same to everybody; where it listens.
fn says(head: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/rdap", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    base
}

fn world() -> Running {
    start(tld(), vec![server(ZONE, &[shop()], Serve)])
}

fn told(name: &str, base: &str) -> Value {
    world().report(&[name, "A", "--rdap", base]).0
}

/// Why nothing was learnt.
fn failure(head: &str, body: &str) -> Value {
    let report = told("www.shop.example", &says(head, body));
    assert!(ids(&report).is_empty(), "{report:#}");
    report["dns"]["registration"]["failure"].clone()
}

const FAR: &str = "2099-03-01T00:00:00Z";

#[test]
fn registrar_and_expiry_are_told_and_the_registrar_s_name_is_harmless() {
    let base = says("200 OK", &domain("shop.example", "active", FAR));
    let report = told("www.shop.example", &base);
    let registration = &report["dns"]["registration"];
    assert_eq!(registration["domain"], "shop.example.");
    assert_eq!(registration["expires"], FAR);
    assert_eq!(registration["nameservers"][0], "ns1.shop.example.");
    assert_eq!(registration["delegation_signed"], true);
    assert_eq!(registration["url"], format!("{base}/domain/shop.example"));
    assert!(ids(&report).is_empty());
    let output = world()
        .dnstrace(&["www.shop.example", "A", "--rdap", &base])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("registered at Names") && text.contains("until 2099-03-01"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_registration_that_ran_out_and_one_on_hold_are_findings() {
    let over = says(
        "200 OK",
        &domain("shop.example", "active", "2020-01-01T00:00:00Z"),
    );
    assert_eq!(
        ids(&told("www.shop.example", &over)),
        ["dns/registration-expires-soon"]
    );
    let held = says("200 OK", &domain("shop.example", "client hold", FAR));
    assert_eq!(
        ids(&told("www.shop.example", &held)),
        ["dns/registration-on-hold"]
    );
}

#[test]
fn a_hold_explains_that_the_name_is_not_delegated() {
    let held = says("200 OK", &domain("other.example", "redemption period", FAR));
    let report = told("www.other.example", &held);
    assert_eq!(ids(&report), ["dns/registration-on-hold"]);
    assert_eq!(
        report["findings"][0]["evidence"]["also"][0]["id"],
        "dns/not-delegated"
    );
}

#[test]
fn what_a_server_cannot_tell_is_a_fact_and_no_finding() {
    let limited = failure("429 Too Many Requests\r\nretry-after: 120", "");
    assert_eq!(
        (&limited["reason"], &limited["retry_after_s"]),
        (&json!("rate-limited"), &json!(120))
    );
    assert_eq!(failure("200 OK", "<html>")["reason"], "malformed");
    let other = domain("other.example", "active", FAR);
    assert_eq!(failure("200 OK", &other)["reason"], "other-object");
    assert_eq!(
        failure("200 OK", &" ".repeat(300_000))["reason"],
        "limit-reached"
    );
    assert_eq!(failure("404 Not Found", "{}")["reason"], "name-not-found");
    assert_eq!(failure("503 Service Unavailable", "")["reason"], "declined");
    assert_eq!(failure("nonsense", "")["reason"], "malformed");
}

#[test]
fn redirects_are_followed_but_into_no_private_network_and_not_for_ever() {
    let there = says("200 OK", &domain("shop.example", "active", FAR));
    let moved = |to: &str| failure(&format!("302 Found\r\nlocation: {to}"), "");
    assert_eq!(moved(&format!("{there}/x")), Value::Null);
    assert_eq!(moved("http://127.0.0.2:1/")["rule"], "PrivateAddress");
    assert_eq!(moved("http://169.254.169.254/")["rule"], "PrivateAddress");
    assert_eq!(moved("/again")["limit"], "FETCH_REDIRECTS");
}

#[test]
fn a_server_that_is_not_who_it_says_is_not_believed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}/rdap", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let config = peers::modern(&["http/1.1"]);
        for stream in listener.incoming().flatten() {
            peers::shake(&config, stream);
        }
    });
    let report = told("www.shop.example", &base);
    let failure = &report["dns"]["registration"]["failure"];
    assert_eq!(failure["reason"], "untrusted", "{failure}");
}

#[test]
fn a_proxy_of_the_environment_is_asked() {
    let proxy = says("200 OK", &domain("shop.example", "active", FAR));
    let proxy = proxy.trim_end_matches("/rdap");
    let world = world();
    let mut command = world.command(&[
        "www.shop.example",
        "A",
        "--json",
        "--rdap",
        "http://rdap.nowhere.example/",
    ]);
    let output = command.env("http_proxy", proxy).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let registration = &report["dns"]["registration"];
    assert_eq!(registration["failure"], Value::Null);
    assert_eq!(
        registration["url"],
        "http://rdap.nowhere.example/domain/shop.example"
    );
}

#[test]
fn a_silent_server_costs_no_more_than_a_probe() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", silent.local_addr().unwrap());
    let arguments = [
        "www.shop.example",
        "A",
        "--rdap",
        &base,
        "--probe-timeout",
        "500ms",
    ];
    let (report, _) = world().report(&arguments);
    assert_eq!(
        report["dns"]["registration"]["failure"]["reason"],
        "timed-out"
    );
    assert!(report["elapsed_ms"].as_f64().unwrap() < Duration::from_secs(4).as_millis() as f64);
}

#[test]
fn a_tld_without_a_known_server_is_not_measured_and_the_way_out_is_named() {
    let (report, _) = world().report(&["www.shop.example", "A", "--registration"]);
    assert_eq!(
        report["dns"]["registration"]["failure"]["reason"],
        "no-registry"
    );
    let output = world()
        .dnstrace(&["www.shop.example", "A", "--registration"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("--rdap URL"));
    let (report, _) = world().report(&["www.shop.example", "A"]);
    assert_eq!(report["dns"]["registration"], Value::Null);
}
