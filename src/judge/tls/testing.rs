//! Facts made by hand, for the tests of the rules.

use std::net::SocketAddr;

use jiff::{SignedDuration, Timestamp};

use crate::facts::attempt::Failure;
use crate::facts::certificate::Certificate;
use crate::facts::probe::{Probe, ProbeOutcome};
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
        client_certificate_asked: Some(false),
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

/// A probe of this outcome.
pub(super) fn probe(name: &str, outcome: ProbeOutcome) -> Probe {
    Probe {
        name: name.to_owned(),
        offered: crate::facts::tls::Hello::default(),
        outcome,
        version: None,
        cipher_suite: None,
        group: None,
        alert: None,
        failure: None,
        extensions: None,
        timestamps: None,
        compression: None,
        dh_bits: None,
        signature_scheme: None,
        client_certificate_asked: None,
        chain: Vec::new(),
        trust: None,
        name_matches: None,
        issuers_fetched: Vec::new(),
        status_answers: Vec::new(),
        revocation: None,
        tries: 1,
        elapsed_ms: None,
    }
}

/// A probe that was answered with this version and suite, and the extensions of a modern server.
pub(super) fn accepted(name: &str, version: &str, suite: &str) -> Probe {
    Probe {
        version: Some(version.to_owned()),
        cipher_suite: Some(suite.to_owned()),
        extensions: Some(vec![0xff01, 23]),
        compression: Some(0),
        ..probe(name, ProbeOutcome::Accepted)
    }
}

/// A probe that was refused.
pub(super) fn refused(name: &str) -> Probe {
    probe(name, ProbeOutcome::Refused)
}

/// An address whose handshake was fine, and what further hellos met there.
pub(super) fn probed(probes: impl IntoIterator<Item = Probe>) -> Endpoint {
    Endpoint {
        probes: Some(probes.into_iter().collect()),
        ..endpoint(1)
    }
}

/// The same without a handshake, shown as the hellos saw it.
pub(super) fn unshaken(
    version: &str,
    suite: &str,
    probes: impl IntoIterator<Item = Probe>,
) -> Endpoint {
    let failure = Failure::Alert {
        code: 70,
        name: "ProtocolVersion".to_owned(),
    };
    Endpoint {
        version: Some(version.to_owned()),
        cipher_suite: Some(suite.to_owned()),
        probes: Some(probes.into_iter().collect()),
        ..failing(1, Stage::Handshake, failure)
    }
}
