//! Tests of what all rules about HTTP have in common.

use super::testing::{broken, http, page, redirect, route};
use super::*;
use crate::facts::attempt::Failure;
use crate::facts::http::{HopStage, Hsts, Route, RouteOutcome, RoutePurpose};
use crate::finding::AtFault;

#[test]
fn each_page_says_what_to_write_into_each_server() {
    let servers = [
        "nginx",
        "Apache",
        "HAProxy",
        "IIS",
        "Caddy",
        "ALB",
        "CloudFront",
        "Cloudflare",
    ];
    for rule in RULES {
        for server in servers {
            assert!(rule.doc.contains(server), "{} and {server}", rule.id);
        }
    }
}

const CLEAR: &str = "http://shop.example/";
const SECURE: &str = "https://shop.example/";

/// What is marked as at fault by the finding of this id, behind what stands before it in its line.
fn marked(id: &str, http: &Http) -> String {
    let mut findings = Vec::new();
    judge(http, None, &mut findings);
    let own = findings.iter().find(|finding| finding.id == id);
    let own = own.unwrap_or_else(|| panic!("{id} is not among {findings:?}"));
    let at_fault = own.evidence["at_fault"].clone();
    let at_fault: AtFault = serde_json::from_value(at_fault).unwrap();
    let (before, part, behind) = at_fault.split().unwrap();
    format!("{before}>{part}<{behind}")
}

/// A walk whose first answer has this field line as well.
fn answered(mut first: Hop, line: &str, rest: Vec<Hop>) -> Route {
    let status = first.status.unwrap_or_default();
    first.head = Some(format!("HTTP/1.1 {status} Word\nServer: x\n{line}\n\n"));
    let start = first.url.clone();
    let hops: Vec<Hop> = [first].into_iter().chain(rest).collect();
    route(&start, hops, RouteOutcome::Https)
}

/// A redirect of these two URLs, and the Location as it came.
fn led(from: &str, to: &str, location: &str) -> Http {
    let rest = vec![page(to, 200)];
    let line = format!("Location: {location}");
    http(vec![answered(redirect(from, 301, to), &line, rest)])
}

#[test]
fn a_redirect_is_marked_at_the_part_that_is_wrong() {
    for (id, from, to, location, shown) in [
        (
            "downgrade",
            SECURE,
            "http://shop.example/a",
            "http://shop.example/a",
            ">http<://shop.example/a",
        ),
        (
            "first-hop-plain",
            CLEAR,
            "http://shop.example/en",
            "/en",
            ">/en<",
        ),
        (
            "off-host-first",
            CLEAR,
            "https://www.shop.example/",
            "https://me@www.shop.example/",
            "https://me@>www.shop.example</",
        ),
        (
            "wrong-port",
            CLEAR,
            "https://shop.example:80/",
            "https://shop.example:80/",
            "https://shop.example>:80</",
        ),
        (
            "odd-port",
            CLEAR,
            "https://shop.example:8443/",
            "https://shop.example:8443/",
            "https://shop.example>:8443</",
        ),
        (
            "internal-target",
            CLEAR,
            "https://[::1]/",
            "https://[::1]/",
            "https://>[::1]</",
        ),
    ] {
        let told = marked(&format!("http/{id}"), &led(from, to, location));
        assert_eq!(told, format!("Location: {shown}"), "{id}");
    }
}

#[test]
fn what_is_lost_is_marked_where_it_should_stand() {
    let probed = |from: &str, to: &str| {
        let mut http = led(from, to, to);
        http.routes[0].purpose = RoutePurpose::Path;
        http
    };
    let from = "http://shop.example/a?b";
    let path = marked("http/path-lost", &probed(from, "https://shop.example/?b"));
    assert_eq!(path, "Location: https://shop.example>/<?b");
    let query = marked("http/query-lost", &probed(from, "https://shop.example/a"));
    assert_eq!(query, "Location: https://shop.example/a><");
    let glued = marked("http/host-glued", &probed(from, "https://shop.examplea"));
    assert_eq!(glued, "Location: https://shop.example>a<");
    let mut acme = probed(from, SECURE);
    acme.routes[0].purpose = RoutePurpose::Acme;
    let acme = marked("http/acme-challenge", &acme);
    assert_eq!(acme, "Location: https://shop.example>/<");
}

#[test]
fn what_leads_nowhere_and_what_leads_round_is_marked() {
    let nowhere = broken(
        CLEAR,
        Some(301),
        HopStage::Location,
        Failure::Malformed { at: Some(0) },
    );
    let nowhere = Hop {
        locations: 1,
        ..nowhere
    };
    let script = http(vec![answered(
        nowhere,
        "location:javascript:alert(1)",
        Vec::new(),
    )]);
    assert_eq!(
        marked("http/location-invalid", &script),
        "location:>javascript<:alert(1)"
    );
    let mut round = led(CLEAR, CLEAR, "/");
    round.routes[0].outcome = RouteOutcome::Loop;
    round.routes[0].hops.truncate(1);
    assert_eq!(marked("http/redirect-loop", &round), "Location: >/<");
    let mut lost = led(CLEAR, "https://gone.example/", "https://gone.example/");
    let gone = broken(
        "https://gone.example/",
        None,
        HopStage::Lookup,
        Failure::NameNotFound,
    );
    lost.routes[0].hops[1] = gone;
    assert_eq!(
        marked("http/target-unreachable", &lost),
        "Location: https://>gone.example</"
    );
}

#[test]
fn a_status_and_a_control_character_are_marked_in_their_lines() {
    let temporary = redirect(CLEAR, 302, SECURE);
    let temporary = http(vec![answered(temporary, "A: b", vec![page(SECURE, 200)])]);
    assert_eq!(
        marked("http/not-permanent", &temporary),
        "HTTP/1.1 >302< Word"
    );
    let odd = broken(
        SECURE,
        None,
        HopStage::Exchange,
        Failure::Malformed { at: None },
    );
    let odd = http(vec![answered(odd, "X: a\u{1b}b", Vec::new())]);
    assert_eq!(marked("http/malformed", &odd), "X: a>\u{1b}<b");
}

#[test]
fn a_cookie_is_marked_at_its_name() {
    let line = "Set-Cookie: id=1; Secure\nset-cookie:  sid = sid; Path=/sid";
    let sent = http(vec![answered(page(SECURE, 200), line, Vec::new())]);
    assert_eq!(
        marked("http/cookie-in-clear", &sent),
        "set-cookie:  >sid< = sid; Path=/sid"
    );
    let line = "Set-Cookie: id; Secure";
    let sent = http(vec![answered(page(CLEAR, 200), line, Vec::new())]);
    assert_eq!(
        marked("http/cookie-in-clear", &sent),
        "Set-Cookie: >id<; Secure"
    );
}

/// A page with this policy, as it is understood.
fn kept(header: &str, understood: impl FnOnce(&mut Hsts)) -> Http {
    let mut first = page(SECURE, 200);
    first.hsts = Some(header.to_owned());
    let line = format!("Strict-Transport-Security: {header}");
    let mut http = http(vec![answered(first, &line, Vec::new())]);
    let mut hsts = hsts::tests::policy(header);
    understood(&mut hsts);
    http.hsts = Some(hsts);
    http
}

#[test]
fn a_policy_is_marked_at_the_directive_that_is_wrong() {
    let name = "Strict-Transport-Security";
    for (id, header, max_age, shown) in [
        (
            "hsts-short",
            "includeSubDomains; max-age=60",
            60,
            "includeSubDomains; >max-age=60<",
        ),
        (
            "hsts-under-a-year",
            "max-age=15552000",
            15_552_000,
            ">max-age=15552000<",
        ),
        (
            "hsts-disabled",
            "max-age=\"0\"; preload",
            0,
            ">max-age=\"0\"<; preload",
        ),
    ] {
        let sent = kept(header, |hsts| hsts.max_age = Some(max_age));
        let told = marked(&format!("http/{id}"), &sent);
        assert_eq!(told, format!("{name}: {shown}"), "{id}");
    }
    let invalid = kept("max-age=1; max-age=2", |hsts| {
        let directive = "max-age".to_owned();
        hsts.errors = vec![crate::facts::http::HstsError::DuplicateDirective { directive }];
        hsts.valid = Some(false);
    });
    assert_eq!(
        marked("http/hsts-invalid", &invalid),
        format!("{name}: max-age=1; >max-age=2<")
    );
    let asks = kept("max-age=1; preload", |hsts| {
        hsts.preload = true;
        hsts.preload_errors = Some(vec![
            crate::facts::http::PreloadError::IncludeSubdomainsMissing,
        ]);
    });
    assert_eq!(
        marked("http/preload-not-ready", &asks),
        format!("{name}: max-age=1; >preload<")
    );
    let twice = kept("max-age=1, max-age=2", |_| {});
    assert_eq!(
        marked("http/hsts-repeated", &twice),
        format!("{name}: max-age=1>,< max-age=2")
    );
    let mut first = page(CLEAR, 200);
    first.hsts = Some("max-age=1".to_owned());
    let in_clear = http(vec![answered(
        first,
        "strict-transport-security: max-age=1",
        Vec::new(),
    )]);
    assert_eq!(
        marked("http/hsts-over-http", &in_clear),
        ">strict-transport-security<: max-age=1"
    );
}

#[test]
fn a_message_can_be_read_however_much_was_sent() {
    let long = |from: &str| format!("{from}{}", "x".repeat(60_000));
    let messages = |http: Http| {
        let mut findings = Vec::new();
        judge(&http, None, &mut findings);
        assert!(!findings.is_empty());
        for finding in findings {
            let length = finding.message.chars().count();
            assert!(length <= 1_200, "{}: {length}", finding.id);
            let fix = finding.fix.chars().count();
            assert!(fix <= 1_600, "{}: {fix}", finding.id);
        }
    };
    // A circle of many long URLs, with a cookie of a long name and a server that tells all.
    let url = |number: usize| long(&format!("https://shop.example/{number}/"));
    let hops = (0..20).map(|number| {
        let mut hop = redirect(&url(number), 302, &url((number + 1) % 20));
        hop.server = Some(long("nginx/"));
        let location = hop.location.clone().unwrap_or_default();
        let head = format!(
            "HTTP/1.1 302 Found\nLocation: {location}\nSet-Cookie: {}=1\n\n",
            long("c")
        );
        Hop {
            head: Some(head),
            ..hop
        }
    });
    messages(http(vec![route(
        &url(0),
        hops.collect(),
        RouteOutcome::Loop,
    )]));
    for (from, to) in [
        (CLEAR, "https://www.shop.example/"),
        (CLEAR, "https://10.0.0.1/"),
        (CLEAR, "https://shop.example:80/"),
        (CLEAR, "https://shop.example:8443/"),
        (CLEAR, "http://shop.example/"),
        (SECURE, "http://shop.example/"),
    ] {
        messages(led(from, &long(to), &long(to)));
    }
    let nowhere = broken(
        CLEAR,
        Some(301),
        HopStage::Location,
        Failure::Malformed { at: Some(0) },
    );
    let nowhere = Hop {
        locations: 1,
        location: Some(long("javascript:")),
        ..nowhere
    };
    messages(http(vec![answered(
        nowhere,
        &long("Location: javascript:"),
        Vec::new(),
    )]));
    let mut twice = kept(&long("max-age=1, max-age=2; "), |hsts| {
        hsts.valid = Some(false)
    });
    messages(twice.clone());
    twice.host = "other.example".to_owned();
    let mut probed = led(&long("http://shop.example/"), SECURE, SECURE);
    probed.routes[0].purpose = RoutePurpose::Path;
    messages(probed);
}
