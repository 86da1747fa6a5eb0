//! Where is a certificate attached? Behind the load balancers of AWS not on the machines: what to do is said of that place.

use crate::facts::Facts;
use crate::facts::tls::Endpoint;
use crate::finding::Finding;

/// What one mends by serving another certificate, or another chain.
const MENDED_THERE: &[&str] = &[
    "tls/expired",
    "tls/not-yet-valid",
    "tls/expires-soon",
    "tls/expires-now",
    "tls/name-mismatch",
    "tls/self-signed",
    "tls/untrusted-root",
    "tls/missing-intermediate",
    "tls/path-invalid",
    "tls/intermediate-expired",
    "tls/leaf-not-first",
    "tls/chain-order",
    "tls/chain-unrelated",
    "tls/certificates-differ",
    "tls/address-behind",
    "tls/key-weak",
    "tls/signature-weak",
    "tls/lifetime-long",
    "tls/ct-missing",
    "tls/ct-few",
    "tls/revoked",
];

/// Adds to the fixes where in AWS to do it, when that is where the server is.
pub(super) fn at_load_balancers(facts: &Facts, findings: &mut [Finding]) {
    let concerned = findings
        .iter_mut()
        .filter(|finding| MENDED_THERE.contains(&finding.id.as_str()));
    for finding in concerned {
        let endpoints = facts.tls.iter().flat_map(|tls| &tls.endpoints);
        let mut own = endpoints.filter(|endpoint| finding.subjects.contains(&endpoint.label()));
        if let Some(place) = own.find_map(|endpoint| place(facts, endpoint)) {
            finding.fix.push_str("; ");
            finding.fix.push_str(place);
        }
    }
}

/// By what the server calls itself over HTTP, else by the issuer.
fn place(facts: &Facts, endpoint: &Endpoint) -> Option<&'static str> {
    let routes = facts.http.iter().flat_map(|http| &http.routes);
    let hops = routes.flat_map(|route| &route.hops);
    let mut names = hops
        .filter(|hop| hop.address == Some(endpoint.address))
        .filter_map(|hop| hop.server.as_deref());
    let named = names.find_map(|name| {
        let name = name.to_ascii_lowercase();
        if name.starts_with("awselb") {
            Some(
                "at this load balancer the certificate is chosen in EC2, Load Balancers, its HTTPS listener, Certificates, from \
                 those in ACM; what lies on the instances is not shown",
            )
        } else if name.starts_with("cloudfront") {
            Some(
                "in CloudFront the certificate is chosen in the distribution's settings from those that ACM has in us-east-1",
            )
        } else {
            None
        }
    });
    let issuer = endpoint.leaf().map(|leaf| leaf.issuer.as_str());
    let of_acm = issuer.is_some_and(|issuer| issuer.contains("O=Amazon"));
    named.or(of_acm.then_some(
        "certificates of Amazon's authorities are kept in ACM: look there, and at the load balancer's listener or the CloudFront \
         distribution that it is attached to; on the instances only if it was exported to them",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::certificate::Certificate;
    use crate::facts::tls::Tls;
    use crate::finding::Severity;

    /// What to do about a finding, where the certificate has this issuer.
    fn fix(id: &str, issuer: &str) -> String {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let socket = "192.0.2.10:443".parse().unwrap();
        let mut endpoint = Endpoint::unseen("shop.example", socket, "shop.example");
        endpoint.chain = vec![Certificate {
            issuer: issuer.to_owned(),
            ..Certificate::default()
        }];
        let facts = Facts {
            started: at,
            judged_at: at,
            inconclusive: Vec::new(),
            dns: None,
            tls: Some(Tls {
                twin: None,
                host: "shop.example".to_owned(),
                lookup: None,
                announced: None,
                endpoints: vec![endpoint],
            }),
            http: None,
        };
        let mut findings = [Finding {
            id: id.to_owned(),
            severity: Severity::Error,
            subject: "192.0.2.10:443".to_owned(),
            subjects: vec!["192.0.2.10:443".to_owned()],
            message: String::new(),
            fix: "renew".to_owned(),
            evidence: serde_json::Value::Null,
        }];
        at_load_balancers(&facts, &mut findings);
        findings[0].fix.clone()
    }

    #[test]
    fn each_of_the_rules_exists() {
        let known: Vec<&str> = super::super::rules().map(|rule| rule.id).collect();
        for id in MENDED_THERE {
            assert!(known.contains(id), "{id}");
        }
    }

    #[test]
    fn a_certificate_of_acm_is_mended_where_it_is_attached() {
        let amazon = "C=US, O=Amazon, CN=Amazon RSA 2048 M02";
        let told = fix("tls/expired", amazon);
        assert!(told.contains("load balancer's listener") && told.contains("exported"));
        assert_eq!(fix("tls/expired", "C=US, O=Let's Encrypt, CN=R12"), "renew");
        assert_eq!(fix("tls/tls10", amazon), "renew");
    }
}
