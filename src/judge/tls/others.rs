//! Is the other certificate, which clients get that cannot use the first one, as good as that?
//!
//! It has no findings of its own: what is wrong with it is what can be wrong with any, and the finding names it. What comes beside
//! a certificate (staple, timestamps) was seen with the first one alone, and clients that ask for it can use that.

use jiff::Timestamp;

use super::{by_leaf, judge_certificates};
use crate::facts::tls::Endpoint;
use crate::finding::Finding;

pub(super) fn judge(
    host: &str,
    endpoints: &[&Endpoint],
    at: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let others = endpoints.iter();
    let others: Vec<Endpoint> = others.flat_map(|endpoint| endpoint.others()).collect();
    let others: Vec<&Endpoint> = others.iter().collect();
    for shown in by_leaf(&others) {
        let mut found = Vec::new();
        judge_certificates(host, &shown, at, &mut found);
        let Some(first) = shown.first() else { continue };
        let kind = key_type(first);
        let mut own = endpoints.iter();
        let own = own.find(|own| own.label() == first.label());
        let alike = own.is_some_and(|own| key_type(own) == kind);
        let told = found.into_iter();
        findings.extend(told.map(|finding| named(finding, &kind, alike)));
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
fn named(mut finding: Finding, kind: &str, alike: bool) -> Finding {
    let whose = match alike {
        true => format!("another {kind} certificate than in the first handshake, shown in TLS 1.2"),
        false => format!("the {kind} certificate, for clients that cannot use the first one"),
    };
    finding.message = format!("{} ({whose})", finding.message);
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
    fn one_of_the_same_type_is_not_said_to_be_for_other_clients() {
        let mut endpoint = endpoint(-1);
        let own = endpoint.chain.first_mut().unwrap();
        own.key = Some(Key {
            algorithm: "RSA".to_owned(),
            ..Key::default()
        });
        let found = judged(&endpoint);
        assert!(
            found[0].message.contains("another RSA certificate"),
            "{found:#?}"
        );
    }

    #[test]
    fn an_incomplete_chain_is_found_and_so_is_a_revoked_certificate() {
        use crate::facts::revocation::{Revocation, RevocationStatus};
        use crate::facts::tls::{Distrust, Trust, TrustStatus};
        let mut endpoint = endpoint(60);
        let rsa = &mut endpoint.probes.as_mut().unwrap()[0];
        let issuer = "CN=Authority".to_owned();
        rsa.trust = Some(Trust {
            status: TrustStatus::Untrusted,
            reasons: vec![Distrust::IssuerNotSent { issuer }],
            ..rsa.trust.clone().unwrap()
        });
        rsa.revocation = Some(Revocation {
            status: RevocationStatus::Revoked,
            source: Some("list.crl".to_owned()),
            revoked_at: None,
            reason: None,
            certificate: 0,
            unusable: Vec::new(),
        });
        let found: Vec<String> = judged(&endpoint).into_iter().map(|own| own.id).collect();
        assert_eq!(found, ["tls/missing-intermediate", "tls/revoked"]);
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
