//! Facts of several doors made by hand, for the tests of the rules.

use std::net::SocketAddr;

use crate::facts::Facts;
use crate::facts::attempt::{Failure, Millis};
use crate::facts::dns::{
    Dns, Link, Outcome, Purpose, Question, Rcode, Record, ResolverAnswer, Transport,
};
use crate::facts::http::{
    Hop, HopError, HopStage, HopTimings, Http, Route, RouteOutcome, RoutePurpose,
};
use crate::facts::name::{DnsName, RrType};
use crate::facts::tls::{Endpoint, Hello, Trust, TrustStatus};
use crate::finding::Finding;

const NAME: &str = "shop.example.";

/// The ids of what a check finds.
pub(super) fn ids(check: impl FnOnce(&mut Vec<Finding>)) -> Vec<String> {
    let mut findings = Vec::new();
    check(&mut findings);
    findings.into_iter().map(|finding| finding.id).collect()
}

pub(super) fn facts(dns: Option<Dns>, http: Option<Http>) -> Facts {
    let at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    Facts {
        started: at,
        judged_at: at,
        inconclusive: Vec::new(),
        dns,
        tls: None,
        http,
    }
}

fn record(rr_type: RrType, data: &str) -> Record {
    Record {
        name: NAME.parse().unwrap(),
        r#type: rr_type,
        ttl: 300,
        data: data.to_owned(),
    }
}

fn question(rr_type: RrType, answers: Vec<Record>) -> Question {
    Question {
        name: NAME.parse().unwrap(),
        r#type: rr_type,
        purpose: None,
        outcome: if answers.is_empty() {
            Outcome::Nodata
        } else {
            Outcome::Answer
        },
        obstacle: None,
        rcode: Rcode::NoError,
        answers,
        sibling: None,
        links: Vec::<Link>::new(),
        dnssec: None,
        steps: Vec::new(),
    }
}

/// What the zone says of the name's IPv4 addresses.
pub(super) fn dns(addresses: &[&str]) -> Dns {
    let records = addresses.iter().map(|address| record(RrType::A, address));
    Dns {
        questions: vec![question(RrType::A, records.collect())],
        ..Dns::default()
    }
}

/// The same with an HTTPS record.
pub(super) fn service(mut dns: Dns, data: &str) -> Dns {
    let mut asked = question(RrType::HTTPS, vec![record(RrType::HTTPS, data)]);
    asked.purpose = Some(Purpose::Https);
    dns.questions.push(asked);
    dns
}

pub(super) fn resolver(resolver: &str, address: &str) -> ResolverAnswer {
    ResolverAnswer {
        resolver: resolver.to_owned(),
        transport: Transport::Udp,
        name: NAME.parse().unwrap(),
        r#type: RrType::A,
        rcode: Some("NOERROR".to_owned()),
        answers: vec![record(RrType::A, address)],
        authenticated: None,
        rtt_ms: None,
        agrees: None,
        failure: None,
    }
}

pub(super) fn http(routes: Vec<Route>) -> Http {
    Http {
        host: "shop.example".to_owned(),
        twin: None,
        routes,
        hsts: None,
    }
}

/// A walk that ends at once: at a page, or because nobody could be connected to.
pub(super) fn walk(scheme: &str, address: &str, failure: Option<Failure>) -> Route {
    let url = format!("{scheme}://shop.example/");
    let error = failure.map(|failure| HopError {
        stage: HopStage::Connect,
        failure,
    });
    let hop = Hop {
        url: url.clone(),
        method: Some("GET".to_owned()),
        address: address.parse().ok(),
        port: if scheme == "https" { 443 } else { 80 },
        version: None,
        status: error.is_none().then_some(200),
        reason: None,
        location: None,
        meta_refresh: None,
        locations: 0,
        target: None,
        elapsed_ms: Millis(1.0),
        timings: HopTimings::default(),
        hsts: None,
        server: None,
        head: None,
        tls: None,
        error: error.clone(),
    };
    Route {
        start: url,
        purpose: RoutePurpose::Target,
        address: address.parse().ok(),
        hops: vec![hop],
        final_url: None,
        outcome: if error.is_some() {
            RouteOutcome::Error
        } else {
            RouteOutcome::Https
        },
        error,
    }
}

/// A handshake at port 443.
pub(super) fn endpoint(address: &str, alpn: Option<&str>) -> Endpoint {
    let offered = ["h2", "http/1.1"].map(str::to_owned).to_vec();
    let at = SocketAddr::new(address.parse().unwrap(), 443);
    Endpoint {
        hello: Hello {
            alpn: offered,
            ..Hello::default()
        },
        alpn: alpn.map(str::to_owned),
        ..Endpoint::unseen("shop.example", at, "shop.example")
    }
}

/// The same with a chain that leads to an anchor and names the host.
pub(super) fn trusted(endpoint: Endpoint) -> Endpoint {
    Endpoint {
        trust: Some(Trust {
            status: TrustStatus::Trusted,
            reason: None,
            reasons: Vec::new(),
            path: Vec::new(),
            path_sent: Vec::new(),
            unrelated: Vec::new(),
            public: true,
            stores: Vec::new(),
            stores_without: Vec::new(),
            departures: Vec::new(),
        }),
        name_matches: Some(true),
        ..endpoint
    }
}

/// What was asked beside the user's own questions: `None` for what could not be had.
pub(super) fn asked(
    name: &str,
    rr_type: RrType,
    purpose: Purpose,
    data: Option<&[&str]>,
) -> Question {
    let name: DnsName = name.parse().unwrap();
    let each = data.into_iter().flatten();
    let answers = each.map(|data| Record {
        name: name.clone(),
        ..record(rr_type, data)
    });
    let mut asked = question(rr_type, answers.collect());
    asked.purpose = Some(purpose);
    asked.name = name;
    if data.is_none() {
        asked.outcome = Outcome::Unresolvable;
    }
    asked
}
