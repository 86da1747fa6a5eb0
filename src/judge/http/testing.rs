//! Facts made by hand, for the tests of the rules.

use std::net::SocketAddr;

use crate::facts::attempt::{Failure, Millis};
use crate::facts::http::{
    Hop, HopError, HopStage, HopTimings, Http, Route, RouteOutcome, RoutePurpose, is_https,
};
use crate::facts::tls::Endpoint;
use crate::finding::Finding;

/// The ids of what a check finds.
pub(in crate::judge) fn ids(check: impl FnOnce(&mut Vec<Finding>)) -> Vec<String> {
    let mut findings = Vec::new();
    check(&mut findings);
    findings.into_iter().map(|finding| finding.id).collect()
}

pub(in crate::judge) fn http(routes: Vec<Route>) -> Http {
    Http {
        host: "shop.example".to_owned(),
        twin: None,
        routes,
        hsts: None,
    }
}

pub(in crate::judge) fn route(start: &str, hops: Vec<Hop>, outcome: RouteOutcome) -> Route {
    let error = hops.last().and_then(|hop| hop.error.clone());
    let final_url = error
        .is_none()
        .then(|| hops.last().map(|hop| hop.url.clone()).unwrap_or_default());
    Route {
        start: start.to_owned(),
        purpose: RoutePurpose::Target,
        address: "192.0.2.10".parse().ok(),
        hops,
        final_url,
        outcome,
        error,
    }
}

/// A page, or an error of the server.
pub(in crate::judge) fn page(url: &str, status: u16) -> Hop {
    Hop {
        url: url.to_owned(),
        method: Some("GET".to_owned()),
        version: Some("HTTP/2".to_owned()),
        reason: None,
        meta_refresh: None,
        address: "192.0.2.10".parse().ok(),
        port: if is_https(url) { 443 } else { 80 },
        status: Some(status),
        location: None,
        locations: 0,
        target: None,
        elapsed_ms: Millis(1.0),
        timings: HopTimings::default(),
        hsts: None,
        server: None,
        head: None,
        tls: None,
        error: None,
    }
}

pub(in crate::judge) fn redirect(url: &str, status: u16, target: &str) -> Hop {
    let location = Some(target.to_owned());
    Hop {
        target: location.clone(),
        location,
        locations: 1,
        ..page(url, status)
    }
}

/// A request that failed.
pub(in crate::judge) fn broken(
    url: &str,
    status: Option<u16>,
    stage: HopStage,
    failure: Failure,
) -> Hop {
    Hop {
        status,
        error: Some(HopError { stage, failure }),
        ..page(url, 0)
    }
}

/// What the TLS door knows of the place of a hop.
pub(in crate::judge) fn endpoint(hop: &Hop) -> Endpoint {
    let at = SocketAddr::new(hop.address.unwrap(), hop.port);
    Endpoint::unseen("shop.example", at, "shop.example")
}
