//! Is the other certificate, which clients get that cannot use the first one, as good as that?
//!
//! It has no findings of its own: what is wrong with it is what can be wrong with any, and the finding names it.

use jiff::Timestamp;

use super::{authority, by_leaf, chain, name, strength, validity};
use crate::facts::probe::Probe;
use crate::facts::tls::Endpoint;
use crate::finding::Finding;

pub(super) fn judge(
    host: &str,
    endpoints: &[&Endpoint],
    at: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let others: Vec<Endpoint> = endpoints
        .iter()
        .flat_map(|endpoint| shown(endpoint))
        .collect();
    let others: Vec<&Endpoint> = others.iter().collect();
    for shown in by_leaf(&others) {
        let mut found = Vec::new();
        validity::judge(host, &shown, at, &mut found);
        name::judge(host, &shown, &mut found);
        chain::judge(host, &shown, &mut found);
        authority::judge(host, &shown, at, &mut found);
        strength::judge(host, &shown, &mut found);
        let kind = shown.first().map(|endpoint| key_type(endpoint));
        let kind = kind.unwrap_or_default();
        findings.extend(found.into_iter().map(|finding| named(finding, &kind)));
    }
}

/// The endpoint as those clients see it.
fn shown(endpoint: &Endpoint) -> impl Iterator<Item = Endpoint> {
    let probes = endpoint.probes.iter().flatten();
    let others = probes.filter(|probe| probe.shows_other_certificate());
    // Where nothing else was shown, it is the endpoint's own.
    let others = others.filter(|_| endpoint.error.is_none());
    others.map(|probe| with(endpoint, probe))
}

fn with(endpoint: &Endpoint, probe: &Probe) -> Endpoint {
    Endpoint {
        chain: probe.chain.clone(),
        trust: probe.trust.clone(),
        name_matches: probe.name_matches,
        version: probe.version.clone(),
        cipher_suite: probe.cipher_suite.clone(),
        // Whether the key is the server's was shown in the handshake alone.
        key_proven: None,
        issuers_fetched: Vec::new(),
        probes: None,
        offered: None,
        ..endpoint.clone()
    }
}

fn key_type(endpoint: &Endpoint) -> String {
    let key = endpoint.leaf().and_then(|leaf| leaf.key.as_ref());
    let algorithm = key.map_or("other", |key| key.algorithm.as_str());
    match algorithm {
        "EC" => "ECDSA".to_owned(),
        other => other.to_owned(),
    }
}

/// The finding says which certificate it is about.
fn named(mut finding: Finding, kind: &str) -> Finding {
    finding.message = format!(
        "{} (the {kind} certificate, for clients that cannot use the first one)",
        finding.message
    );
    if let Some(evidence) = finding.evidence.as_object_mut() {
        evidence.insert("key_type".to_owned(), kind.into());
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, accepted, at, certificate, ids, probed, refused};
    use super::*;
    use crate::facts::certificate::Key;

    /// An endpoint whose RSA certificate, beside its own, ends so many days from now.
    fn endpoint(until: i64) -> Endpoint {
        let suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
        let mut rsa = accepted("tls12-rsa", "TLSv1.2", suite);
        let mut leaf = certificate("CN=shop.example", until - 90, until);
        leaf.key = Some(Key {
            algorithm: "RSA".to_owned(),
            bits: Some(2048),
            ..Key::default()
        });
        let own = probed([]);
        (rsa.chain, rsa.trust, rsa.name_matches) = (vec![leaf], own.trust, Some(true));
        probed([rsa])
    }

    fn judged(endpoint: &Endpoint) -> Vec<Finding> {
        let mut findings = Vec::new();
        judge("shop.example", &[endpoint], at(NOW), &mut findings);
        findings
    }

    #[test]
    fn an_expired_second_certificate_is_found_and_named() {
        let found = judged(&endpoint(-1));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].id, "tls/expired");
        assert_eq!(found[0].evidence["key_type"], "RSA");
        assert!(found[0].message.contains("the RSA certificate"));
    }

    #[test]
    fn one_that_does_not_name_the_server_is_found() {
        let mut endpoint = endpoint(60);
        endpoint.probes.as_mut().unwrap()[0].name_matches = Some(false);
        assert_eq!(judged(&endpoint)[0].id, "tls/name-mismatch");
    }

    #[test]
    fn a_good_one_none_and_the_only_one_are_not_judged() {
        assert!(judged(&endpoint(60)).is_empty());
        assert!(judged(&probed([refused("tls12-rsa")])).is_empty());
        let mut only = endpoint(-1);
        only.error = super::super::testing::unshaken("TLSv1.2", "x", []).error;
        assert!(ids(|findings| judge("shop.example", &[&only], at(NOW), findings)).is_empty());
    }
}
