//! Facts made by hand, for the tests of the rules.

use std::net::SocketAddr;

use jiff::{SignedDuration, Timestamp};

use crate::facts::attempt::Failure;
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Distrust, Endpoint, EndpointError, Stage, Trust, TrustStatus};
use crate::finding::Finding;

/// The moment at which the tests judge, in Unix seconds.
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The ids of what a check finds.
pub(super) fn ids(check: impl FnOnce(&mut Vec<Finding>)) -> Vec<String> {
    let mut findings = Vec::new();
    check(&mut findings);
    findings.into_iter().map(|finding| finding.id).collect()
}

/// A certificate valid between these days, counted from [`NOW`]. Its fingerprint tells subject and validity apart.
pub(super) fn certificate(subject: &str, from: i64, until: i64) -> Certificate {
    let day = |days: i64| at(NOW) + SignedDuration::from_hours(24 * days);
    Certificate {
        subject: subject.to_owned(),
        issuer: "CN=Demo CA 1".to_owned(),
        serial: "01".to_owned(),
        not_before: Some(day(from)),
        not_after: Some(day(until)),
        san: vec!["shop.example".to_owned()],
        signature_algorithm: "ecdsa-with-SHA256".to_owned(),
        sha256: format!("{subject} {from} {until}"),
        ..Certificate::default()
    }
}

/// An address whose handshake was fine, with a trusted chain that names the host.
pub(super) fn endpoint(number: u8) -> Endpoint {
    let path = ["CN=shop.example", "CN=Demo CA 1", "CN=Demo Root"];
    let at = SocketAddr::from(([192, 0, 2, number], 443));
    Endpoint {
        version: Some("TLSv1.3".to_owned()),
        cipher_suite: Some("TLS_AES_128_GCM_SHA256".to_owned()),
        group: Some("X25519".to_owned()),
        chain: vec![certificate("CN=shop.example", -26, 64)],
        key_proven: Some(true),
        trust: Some(Trust {
            status: TrustStatus::Trusted,
            reason: None,
            reasons: Vec::new(),
            path: path.map(str::to_owned).to_vec(),
            path_sent: vec![Some(0), None, None],
            unrelated: Vec::new(),
            public: false,
            stores: vec!["webpki".to_owned()],
            stores_without: Vec::new(),
            departures: Vec::new(),
        }),
        name_matches: Some(true),
        ocsp_stapled: Some(false),
        ..Endpoint::unseen("shop.example", at, "shop.example")
    }
}

/// An address whose chain is not trusted for this reason.
pub(super) fn distrusting(reason: Distrust) -> Endpoint {
    let mut endpoint = endpoint(1);
    if let Some(trust) = &mut endpoint.trust {
        trust.status = TrustStatus::Untrusted;
        trust.reason = Some(reason.clone());
        trust.reasons = vec![reason];
    }
    endpoint
}

/// An address without a handshake.
pub(super) fn failing(number: u8, stage: Stage, failure: Failure) -> Endpoint {
    Endpoint {
        error: Some(EndpointError { stage, failure }),
        version: None,
        cipher_suite: None,
        group: None,
        chain: Vec::new(),
        key_proven: None,
        trust: None,
        name_matches: None,
        ..endpoint(number)
    }
}
