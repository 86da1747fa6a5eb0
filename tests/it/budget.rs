//! How many requests a site has to bear, counted where they arrive, and what is said of those that were not made.

use std::collections::BTreeMap;

use serde_json::Value;

use super::site::{Asked, Machine, World, answer, moved, routes};

const PAGE: &str = "Strict-Transport-Security: max-age=31536000\r\nContent-Type: text/html\r\n";

fn page() -> String {
    answer("200 OK", PAGE, "<p>here")
}

/// To the same over https, as it should be.
fn up(asked: &Asked) -> String {
    moved(&format!("https://{}{}", asked.host, asked.path))
}

/// A site of this kind at two addresses, each with a machine of its own.
fn site(act: fn(&Asked) -> String) -> World {
    const NAMES: [&str; 2] = ["shop.example", "www.shop.example"];
    let world = World::new();
    let config = world.config(&NAMES);
    let first = Machine::start(config.clone(), act);
    let second = Machine::start(config, act);
    world
        .with("127.0.0.2", &NAMES, first)
        .with("127.0.0.3", &NAMES, second)
}

/// How many requests for each host a machine has had.
fn counted(world: &World, address: &str) -> BTreeMap<String, Vec<String>> {
    let mut counted = BTreeMap::<String, Vec<String>>::new();
    for asked in world.machine(address).heard() {
        let url = asked.url();
        counted.entry(asked.host).or_default().push(url);
    }
    for urls in counted.values_mut() {
        urls.sort();
    }
    counted
}

/// What each machine was asked for the name and for its twin.
fn asked(world: &World, target: &str) -> (Value, [usize; 2]) {
    let report = world.report(&[target]);
    let first = counted(world, "127.0.0.2");
    assert_eq!(first, counted(world, "127.0.0.3"), "{target}");
    let of = |host: &str| first.get(host).map_or(0, Vec::len);
    (report, [of("shop.example"), of("www.shop.example")])
}

/// The walks that ended because nothing more was to be asked.
fn unasked(report: &Value) -> Vec<(&str, &str)> {
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    let ended = routes.filter(|route| route["error"]["reason"] == "not-asked");
    let mut unasked: Vec<(&str, &str)> = ended
        .map(|route| {
            assert_eq!(route["outcome"], "inconclusive");
            assert_eq!(route["final_url"], Value::Null);
            (
                route["start"].as_str().unwrap(),
                route["error"]["limit"].as_str().unwrap(),
            )
        })
        .collect();
    unasked.dedup();
    unasked
}

#[test]
fn a_site_and_its_twin_are_asked_for_all_that_is_looked_at() {
    let world = site(|asked| match (asked.scheme, asked.host.as_str()) {
        ("http", _) => up(asked),
        (_, "shop.example") => page(),
        _ => moved(&format!("https://shop.example{}", asked.path)),
    });
    // Page, odd path and challenge, each in clear and over https; of the twin all but the challenge.
    let (report, requests) = asked(&world, "shop.example");
    assert_eq!(requests, [6, 4]);
    assert!(unasked(&report).is_empty());
    let (report, requests) = asked(&world, "https://shop.example/a?b");
    assert_eq!(requests, [8, 4]);
    assert!(unasked(&report).is_empty());
}

#[test]
fn a_site_that_lives_at_its_twin_is_asked_for_all_that_is_looked_at() {
    let world = site(|asked| match (asked.scheme, asked.host.as_str()) {
        ("http", _) => up(asked),
        (_, "www.shop.example") => page(),
        _ => moved(&format!("https://www.shop.example{}", asked.path)),
    });
    // The challenge that is led to the twin stands on the account of the name.
    let (report, requests) = asked(&world, "shop.example");
    assert_eq!(requests, [6, 4 + 1]);
    assert!(unasked(&report).is_empty());
    // The page takes one more, and leaves no room for where the challenge is led.
    let (report, requests) = asked(&world, "https://shop.example/a?b");
    assert_eq!(requests, [7, 4 + 1]);
    let challenge = "http://shop.example/.well-known/acme-challenge/doorstep-probe";
    assert_eq!(unasked(&report), [(challenge, "REQUESTS_PER_ADDRESS")]);
}

#[test]
fn redirects_of_what_was_asked_for_take_the_room_of_what_is_looked_at_beside_it() {
    // To a page below, by three steps.
    let world = site(|asked| match (asked.scheme, asked.path.as_str()) {
        ("http", _) => up(asked),
        (_, "/") => moved("/en"),
        (_, "/en") => moved("/en/"),
        (_, "/en/") => moved("/en/home"),
        (_, "/en/home") => page(),
        _ => moved(&format!("/en{}", asked.path)),
    });
    let (report, requests) = asked(&world, "shop.example");
    assert_eq!(requests, [8, 4]);
    let mut ends = routes(&report, "target").map(|route| &route["final_url"]);
    assert!(ends.all(|end| end == "https://shop.example/en/home"));
    let unasked = unasked(&report);
    assert!(unasked.contains(&(
        "http://shop.example/.well-known/acme-challenge/doorstep-probe",
        "REQUESTS_PER_ADDRESS"
    )));
    assert!(
        unasked
            .iter()
            .any(|(_, limit)| *limit == "REQUESTS_FOR_TWIN")
    );
    // What is not known is no fault.
    let ids = super::site::ids(&report);
    assert!(!ids.contains(&"http/acme-challenge"), "{ids:?}");
    assert!(!ids.contains(&"http/www-inconsistent"), "{ids:?}");
}

#[test]
fn a_long_way_to_the_page_leaves_nothing_for_redirects_of_what_is_looked_at_beside_it() {
    // Six steps at the start, of the name and of its twin.
    let world = site(|asked| match (asked.scheme, asked.path.trim_matches('/')) {
        ("http", _) => up(asked),
        (_, "6") => page(),
        (_, step) => match step.parse::<usize>().unwrap_or_default() {
            step if asked.path.len() < 3 => moved(&format!("/{}", step + 1)),
            _ => moved(&format!("/en{}", asked.path)),
        },
    });
    let (report, requests) = asked(&world, "shop.example");
    // Two for the page, its six redirects, and the first requests for path and challenge, which go out at once. Had the page
    // taken no more than the three redirects that are kept for it, all of it would be eight.
    assert_eq!(requests, [2 + 6 + 3, 4]);
    let mut ends = routes(&report, "target").map(|route| &route["final_url"]);
    assert!(ends.all(|end| end == "https://shop.example/6"));
    let starts: Vec<&str> = unasked(&report).iter().map(|(start, _)| *start).collect();
    for beside in [
        "/doorstep-probe/a%20b%2Fc?x=1&y=%26",
        "/.well-known/acme-challenge/doorstep-probe",
    ] {
        let own = format!("http://shop.example{beside}");
        assert!(starts.contains(&own.as_str()), "{own}: {starts:?}");
    }
}

#[test]
fn the_same_is_asked_in_every_run() {
    let world = site(|asked| match asked.path.as_str() {
        path if path.len() > 60 => page(),
        path => moved(&format!("https://{}{path}x", asked.host)),
    });
    let runs: Vec<[BTreeMap<String, Vec<String>>; 2]> = (0..3)
        .map(|_| {
            world.report(&["shop.example", "--max-hops", "5"]);
            ["127.0.0.2", "127.0.0.3"].map(|address| counted(&world, address))
        })
        .collect();
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
    assert_eq!(runs[0][0]["www.shop.example"].len(), 4);
}

#[test]
fn another_method_is_no_reason_to_ask_more() {
    let world = site(|asked| match (asked.scheme, asked.host.as_str()) {
        ("http", _) => up(asked),
        (_, "shop.example") => page(),
        _ => moved(&format!("https://shop.example{}", asked.path)),
    });
    let report = world.report(&["shop.example", "--method", "HEAD"]);
    let counted = counted(&world, "127.0.0.2");
    // The twin's walk asks for the page by itself, on its own account.
    assert_eq!(counted["shop.example"].len(), 7);
    assert_eq!(counted["www.shop.example"].len(), 3);
    let twin: Vec<(&str, &str)> = unasked(&report);
    let probe = "https://www.shop.example/doorstep-probe/a%20b%2Fc?x=1&y=%26";
    assert!(twin.contains(&(probe, "REQUESTS_FOR_TWIN")), "{twin:?}");
}
