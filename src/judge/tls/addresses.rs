//! Do all addresses of the host serve certificates that are equally good?

use jiff::{SignedDuration, Timestamp};

use super::labels;
use crate::facts::certificate::Certificate;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// Some addresses of the host serve another certificate, and a worse one.
    ///
    /// It ends earlier, comes from another issuer or names other hosts than the certificate at the other addresses. Mostly one
    /// server was not reloaded after a renewal, or a load balancer has a forgotten listener. Visitors meet it by chance, and
    /// it becomes an outage when the older certificate ends. Copy the newer certificate there and reload.
    ///
    /// certbot and acme.sh renew on the machine where they run: copy to the others in a deploy hook (`--deploy-hook`,
    /// `--reloadcmd`), and reload nginx or HAProxy there. Behind an ALB look at every HTTPS listener and at its list of
    /// certificates, and at every load balancer to which the name points (Route 53: weighted or latency records); in CloudFront
    /// at the distribution. ACM attaches there; instances have only what was exported to them.
    CertificatesDiffer { host: String, behind: String, how: String }
    id: "tls/certificates-differ", severity: Warning, source: "practice: visitors meet one of them by chance",
    explained_by: [
        "tls/expired", "tls/not-yet-valid", "tls/expires-soon", "tls/name-mismatch", "tls/self-signed",
        "tls/untrusted-root", "tls/missing-intermediate", "tls/path-invalid"
    ],
    message: "{behind} of `{host}` serves another certificate than its other addresses: {how}",
    fix: "put the newer certificate on the server at {behind} as well, and reload it",
}

finding! {
    /// Some addresses of the host serve a certificate that browsers refuse, while others serve a good one.
    ///
    /// Visitors are stopped by chance, whichever address they get. After a renewal one server was not reloaded, a machine was
    /// restored from an old image, or a load balancer has a listener that nobody remembers. What is wrong with its certificate
    /// stands below. Copy certificate, chain and key of a good address there and reload. Behind an ALB or CloudFront the
    /// certificate is attached to the listener or the distribution, not to the machines: choose the new one in ACM there.
    ///
    /// certbot: `--deploy-hook`, acme.sh: `--reloadcmd`, to copy and to reload nginx or HAProxy on every machine.
    AddressBehind { host: String, behind: String, good: String }
    id: "tls/address-behind", severity: Error, source: "practice: visitors are stopped by chance",
    message: "`{host}` shows a certificate that browsers refuse at {behind}, and a good one at {good}",
    fix: "put certificate, chain and key of {good} on the server at {behind} as well, and reload it",
}

/// What makes browsers refuse a certificate.
const REFUSED: [&str; 12] = [
    "tls/expired",
    "tls/not-yet-valid",
    "tls/expires-now",
    "tls/name-mismatch",
    "tls/self-signed",
    "tls/untrusted-root",
    "tls/missing-intermediate",
    "tls/path-invalid",
    "tls/intermediate-expired",
    "tls/key-weak",
    "tls/signature-weak",
    "tls/usage-wrong",
];

/// A renewal reaches all servers within a day; until then they may differ.
const ROLLOUT: SignedDuration = SignedDuration::from_hours(24);

/// Comes after the certificates were judged, each for itself.
pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    match behind(host, endpoints, findings) {
        Some(found) => findings.push(found),
        None => differ(host, endpoints, findings),
    }
}

/// Where browsers refuse what is shown, while they take what other addresses show.
fn behind(host: &str, endpoints: &[&Endpoint], findings: &[Finding]) -> Option<Finding> {
    let refused = |endpoint: &&Endpoint| {
        let label = endpoint.label();
        findings.iter().any(|finding| {
            REFUSED.contains(&finding.id.as_str()) && finding.subjects.contains(&label)
        })
    };
    let shown = endpoints
        .iter()
        .copied()
        .filter(|endpoint| !endpoint.chain.is_empty());
    let (bad, good): (Vec<&Endpoint>, Vec<&Endpoint>) = shown.partition(refused);
    if bad.is_empty() || good.is_empty() {
        return None;
    }
    let evidence = AddressBehind {
        host: host.to_owned(),
        behind: labels(&bad).join(", "),
        good: labels(&good).join(", "),
    };
    Some(evidence.about_all(host, labels(&bad)))
}

fn differ(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    let shown = || {
        endpoints
            .iter()
            .filter_map(|endpoint| Some((*endpoint, endpoint.leaf()?)))
    };
    let Some((_, best)) = shown().max_by_key(|(_, leaf)| leaf.not_after) else {
        return;
    };
    let differing: Vec<(&Endpoint, String)> = shown()
        .filter(|(_, leaf)| leaf.sha256 != best.sha256)
        .filter_map(|(endpoint, leaf)| Some((endpoint, worse(leaf, best)?)))
        .collect();
    let Some((_, how)) = differing.first() else {
        return;
    };
    let behind: Vec<&Endpoint> = differing.iter().map(|(endpoint, _)| *endpoint).collect();
    let subjects = labels(&behind);
    let evidence = CertificatesDiffer {
        host: host.to_owned(),
        behind: subjects.join(", "),
        how: how.clone(),
    };
    findings.push(evidence.about_all(host, subjects));
}

/// In what `leaf` is behind `best`. Certificates that merely differ, as between the machines of a CDN, are equally good.
fn worse(leaf: &Certificate, best: &Certificate) -> Option<String> {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names
    };
    if sorted(&leaf.san) != sorted(&best.san) {
        Some("it names other hosts".to_owned())
    } else if leaf.issuer != best.issuer {
        Some(format!(
            "it comes from `{}`, the other from `{}`",
            leaf.issuer, best.issuer
        ))
    } else if leaf.key == best.key && ends_earlier(leaf.not_after, best.not_after) {
        let day = |time: Option<Timestamp>| {
            time.map(|time| time.strftime("%Y-%m-%d").to_string())
                .unwrap_or_default()
        };
        Some(format!(
            "it ends on {}, the other on {}",
            day(leaf.not_after),
            day(best.not_after)
        ))
    } else {
        None
    }
}

fn ends_earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.zip(other)
        .is_some_and(|(one, other)| one.duration_until(other) > ROLLOUT)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{certificate, endpoint, ids};
    use super::*;

    fn with(number: u8, leaf: Certificate) -> Endpoint {
        let mut endpoint = endpoint(number);
        endpoint.chain = vec![leaf];
        endpoint
    }

    fn judged(one: Certificate, other: Certificate) -> Vec<String> {
        let (one, other) = (with(1, one), with(2, other));
        ids(|findings| judge("shop.example", &[&one, &other], findings))
    }

    #[test]
    fn an_older_certificate_or_one_of_another_issuer_or_for_others_is_worse() {
        let best = || certificate("CN=shop.example", -26, 64);
        assert_eq!(
            judged(best(), certificate("CN=shop.example", -57, 33)),
            ["tls/certificates-differ"]
        );
        let other_issuer = Certificate {
            issuer: "CN=Other".to_owned(),
            ..certificate("CN=shop.example", -27, 63)
        };
        assert_eq!(judged(best(), other_issuer), ["tls/certificates-differ"]);
        let other_names = Certificate {
            san: vec![],
            ..certificate("CN=shop.example", -26, 64)
        };
        let other_names = Certificate {
            sha256: "other".to_owned(),
            ..other_names
        };
        assert_eq!(judged(best(), other_names), ["tls/certificates-differ"]);
    }

    #[test]
    fn an_address_with_an_error_that_the_others_lack_is_behind() {
        let (old, new) = (
            with(1, certificate("CN=shop.example", -100, -10)),
            with(2, certificate("CN=shop.example", -26, 64)),
        );
        let found = |endpoints: &[&Endpoint]| {
            ids(|findings| {
                for endpoint in endpoints {
                    let now = super::super::testing::at(super::super::testing::NOW);
                    super::super::validity::judge("shop.example", &[endpoint], now, findings);
                }
                judge("shop.example", endpoints, findings);
            })
        };
        assert_eq!(found(&[&old, &new]), ["tls/expired", "tls/address-behind"]);
        assert_eq!(found(&[&old]), ["tls/expired"]);
        assert!(found(&[&new]).is_empty());
    }

    #[test]
    fn the_same_or_one_of_the_same_rollout_is_equally_good() {
        let best = || certificate("CN=shop.example", -26, 64);
        assert!(judged(best(), best()).is_empty());
        assert!(judged(best(), certificate("CN=shop.example", -27, 63)).is_empty());
        let single = with(1, best());
        assert!(ids(|findings| judge("shop.example", &[&single], findings)).is_empty());
    }
}
