//! The other one of a name and its `www`, on a machine of its own.

use super::site::{Machine, World, answer, ids};

const PAGE: &str = "Strict-Transport-Security: max-age=31536000\r\n";

/// A name and its twin, each on a machine of its own; the twin's certificate names these hosts.
fn apart(named: &[&str]) -> World {
    let world = World::new();
    let act = |asked: &super::site::Asked| match asked.scheme {
        "http" => super::site::moved(&format!("https://{}{}", asked.host, asked.path)),
        _ => answer("200 OK", PAGE, ""),
    };
    let own = Machine::start(world.config(&["shop.example"]), act);
    let other = Machine::start(world.config(named), act);
    world
        .with("127.0.0.2", &["shop.example"], own)
        .with("127.0.0.3", &["www.shop.example"], other)
}

fn about_certificates(world: &World) -> Vec<(String, String)> {
    let report = world.report(&["shop.example"]);
    let findings = report["findings"].as_array().unwrap().iter();
    let all = findings.map(|finding| {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        (text("id"), text("subject"))
    });
    all.filter(|(id, _)| id.starts_with("tls/")).collect()
}

#[test]
fn a_certificate_for_another_name_is_found_at_the_twins_own_machine() {
    let found = about_certificates(&apart(&["other.example"]));
    let expected = ("tls/name-mismatch".to_owned(), "127.0.0.3:443".to_owned());
    assert!(found.contains(&expected), "{found:?}");
}

#[test]
fn what_was_met_at_the_twin_says_so() {
    let report = apart(&["other.example"]).report(&["shop.example"]);
    let findings = report["findings"].as_array().unwrap();
    let mut own = findings
        .iter()
        .filter(|own| own["id"] == "tls/name-mismatch");
    let found = own.next().unwrap();
    assert_eq!(found["evidence"]["host"], "www.shop.example");
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("`www.shop.example`"), "{message}");
}

#[test]
fn a_certificate_without_the_twins_name_is_told_where_both_lead_to_one_machine() {
    let world = World::new();
    let names = ["shop.example", "www.shop.example"];
    let machine = Machine::start(world.config(&names[..1]), |_| answer("200 OK", PAGE, ""));
    let world = world.with("127.0.0.2", &names, machine);
    let found = about_certificates(&world);
    let found: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(found, ["tls/twin-name-uncovered"]);
}

#[test]
fn a_twin_with_a_certificate_of_its_own_is_fine() {
    assert_eq!(about_certificates(&apart(&["www.shop.example"])), []);
}

#[test]
fn one_certificate_at_one_machine_is_judged_once() {
    let world = World::new();
    let names = ["shop.example", "www.shop.example"];
    let config = world.config(&["other.example"]);
    let machine = Machine::start(config, |_| answer("200 OK", PAGE, ""));
    let world = world.with("127.0.0.2", &names, machine);
    let report = world.report(&["shop.example"]);
    let mismatches = ids(&report)
        .into_iter()
        .filter(|id| *id == "tls/name-mismatch");
    assert_eq!(mismatches.count(), 1);
}
