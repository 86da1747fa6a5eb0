//! Servers that turn this client away: what browsers meet is not known then, and nothing is said to be missing.

use serde_json::Value;

use super::site::{Asked, Machine, World, answer, ids, moved, routes};

const NAMES: [&str; 2] = ["shop.example", "www.shop.example"];
const PAGE: &str = "Strict-Transport-Security: max-age=31536000\r\n";

/// What a site answers.
type Act = fn(&Asked) -> String;

/// What is said of a site that answers in this way.
fn report(act: Act) -> Value {
    let world = World::new();
    let machine = Machine::start(world.config(&NAMES), act);
    let world = world.with("127.0.0.2", &NAMES, machine);
    world.report(&["shop.example"])
}

fn up(asked: &Asked) -> String {
    moved(&format!("https://{}{}", asked.host, asked.path))
}

/// The ways in which clients are turned away.
const WAYS: [(&str, Act); 6] = [
    ("403", |_| answer("403 Forbidden", "", "no")),
    ("405", |_| {
        answer("405 Method Not Allowed", "Allow: HEAD\r\n", "")
    }),
    ("429", |_| {
        answer("429 Too Many Requests", "Retry-After: 60\r\n", "")
    }),
    ("a challenge of Cloudflare", |_| {
        answer("403 Forbidden", "cf-mitigated: challenge\r\n", "<script>")
    }),
    ("a challenge with 503", |_| {
        answer("503 Service Unavailable", "cf-mitigated: challenge\r\n", "")
    }),
    ("a challenge of AWS WAF", |_| {
        answer("202 Accepted", "x-amzn-waf-action: challenge\r\n", "")
    }),
];

fn about_http(report: &Value) -> Vec<&str> {
    let ids = ids(report).into_iter();
    // That HTTP/2 is not offered is seen all the same.
    ids.filter(|id| id.starts_with("http/") && *id != "http/version-old")
        .collect()
}

#[test]
fn who_is_turned_away_everywhere_knows_nothing() {
    for (name, act) in WAYS {
        let report = report(act);
        assert_eq!(about_http(&report), [""; 0], "{name}");
        assert_eq!(report["verdict"], "inconclusive", "{name}");
        let missed = report["inconclusive"].as_array().unwrap();
        assert!(!missed.is_empty(), "{name}");
        assert!(missed.iter().all(|missed| missed["reason"] == "declined"));
        for route in report["http"]["routes"].as_array().unwrap() {
            assert_eq!(route["outcome"], "inconclusive", "{name}");
            assert_eq!(route["final_url"], Value::Null, "{name}");
        }
    }
}

#[test]
fn a_page_in_clear_does_not_tell_that_the_way_to_https_is_open() {
    let report = report(|asked| match asked.scheme {
        "http" => answer("200 OK", "", "page"),
        _ => answer("403 Forbidden", "", ""),
    });
    assert_eq!(about_http(&report), [""; 0]);
    assert_eq!(report["verdict"], "inconclusive");
}

#[test]
fn a_redirect_to_where_clients_are_turned_away_is_seen_and_what_follows_is_not() {
    let site: Act = |asked| match asked.scheme {
        "http" => up(asked),
        _ => answer("403 Forbidden", "", ""),
    };
    let report = report(site);
    assert_eq!(about_http(&report), [""; 0]);
    assert_eq!(report["verdict"], "inconclusive");
    let in_clear = routes(&report, "target").find(|route| route["start"] == "http://shop.example/");
    assert_eq!(
        in_clear.unwrap()["hops"][0]["target"],
        "https://shop.example/"
    );
    assert!(!report["inconclusive"].as_array().unwrap().is_empty());
}

#[test]
fn probes_that_are_turned_away_leave_the_page_as_it_is() {
    let site: Act = |asked| match (asked.scheme, asked.path.as_str()) {
        ("http", "/") => up(asked),
        (_, "/") if asked.host == "shop.example" => answer("200 OK", PAGE, ""),
        (_, "/") => moved("https://shop.example/"),
        _ => answer("429 Too Many Requests", "", ""),
    };
    let report = report(site);
    assert_eq!(about_http(&report), [""; 0]);
    for route in routes(&report, "path").chain(routes(&report, "acme")) {
        assert_eq!(route["outcome"], "inconclusive");
    }
}
