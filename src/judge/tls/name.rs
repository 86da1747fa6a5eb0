//! Does the leaf name the server that was asked for, and its twin?

use super::{labels, place};
use crate::facts::tls::{Endpoint, Twin};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate is for other names.
    ///
    /// None of its subject alternative names is the name that was asked for, so browsers stop visitors with a warning. Either
    /// the certificate was made without this name (a forgotten `www`, a wildcard one label too high), or the server answers
    /// with another site's certificate because it has no virtual host, or no certificate in the load balancer, for this name.
    ///
    /// Name every host: `certbot --nginx -d shop.example -d www.shop.example --expand`, `acme.sh --issue -d shop.example -d
    /// www.shop.example`. In nginx the block with this `server_name` must have its own `ssl_certificate`, or the default server
    /// answers; in Apache the `<VirtualHost *:443>` with this `ServerName` or `ServerAlias` its own `SSLCertificateFile`; HAProxy
    /// takes the right one of a directory (`bind :443 ssl crt /etc/haproxy/certs/`) by its names. In ACM request a certificate
    /// with all names, then add it to the ALB: EC2, Load Balancers, the HTTPS listener, Certificates, Add; in CloudFront it must
    /// be in us-east-1, and the name among the alternate domain names.
    NameMismatch { name: String, place: String, names: String, san: Vec<String> }
    id: "tls/name-mismatch", severity: Error, source: "RFC 9525 §6",
    explained_by: ["tls/leaf-not-first", "tls/address-behind"],
    message: "the certificate at {place} is not for `{name}`, but for {names}",
    fix: "have a certificate made that names `{name}`, and serve it there",
}

finding! {
    /// The name with or without its `www` leads here as well, and the certificate lacks it.
    ///
    /// People type either, and bookmarks and links have both. Whoever takes the one that the certificate does not name is
    /// stopped by a full-page warning (NET::ERR_CERT_COMMON_NAME_INVALID), before any redirect to the other name can help. A
    /// wildcard covers `www.shop.example` and not `shop.example` itself. Have a certificate made for both: with certbot
    /// `certbot --expand -d shop.example -d www.shop.example`, with acme.sh `-d` twice, in Caddy both names as the site's
    /// address; at AWS request a new certificate in Certificate Manager with both names and choose it at the ALB's listener
    /// ("Listeners and rules", "Certificates") or the CloudFront distribution ("Alternate domain names", "Custom SSL
    /// certificate"). nginx needs `server_name shop.example www.shop.example;`, Apache `ServerAlias www.shop.example`, HAProxy
    /// only the new file in its `crt` directory. Or, if nobody shall use the name, take its records out of the DNS.
    TwinNameUncovered { twin: String, place: String, names: String, san: Vec<String> }
    id: "tls/twin-name-uncovered", severity: Warning, source: "RFC 9525 §6",
    explained_by: ["tls/name-mismatch", "tls/address-behind"],
    message: "`{twin}` leads to {place} as well, and the certificate there is for {names} only",
    fix: "have a certificate made that names `{twin}` too, or take that name out of the DNS",
}

/// How many names a message lists.
const LISTED: usize = 4;

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown
        .first()
        .filter(|endpoint| endpoint.name_matches == Some(false))
    else {
        return;
    };
    let san = first
        .leaf()
        .map(|leaf| leaf.san.clone())
        .unwrap_or_default();
    let evidence = NameMismatch {
        name: first.server_name.clone(),
        place: place(shown),
        names: listed(&san),
        san,
    };
    findings.push(evidence.about_all(host, labels(shown)));
}

/// The twin has to lead here, and to be asked for by its own name: a server may have another certificate for it.
pub(super) fn judge_twin(
    host: &str,
    twin: &Twin,
    shown: &[&Endpoint],
    findings: &mut Vec<Finding>,
) {
    let as_twin = |endpoint: &Endpoint| {
        let mut own = twin.endpoints.iter();
        own.find(|one| (one.address, one.port) == (endpoint.address, endpoint.port))
    };
    let lacks = |endpoint: &&&Endpoint| {
        let named = |one: &Endpoint| one.name_matches == Some(false);
        endpoint.name_matches == Some(true) && as_twin(endpoint).is_some_and(named)
    };
    let lacking: Vec<&Endpoint> = shown.iter().filter(lacks).copied().collect();
    let shown_instead = lacking.first().and_then(|endpoint| as_twin(endpoint));
    let Some(leaf) = shown_instead.and_then(|endpoint| endpoint.leaf()) else {
        return;
    };
    let evidence = TwinNameUncovered {
        twin: twin.name.clone(),
        place: place(&lacking),
        names: listed(&leaf.san),
        san: leaf.san.clone(),
    };
    findings.push(evidence.about_all(host, labels(&lacking)));
}

fn listed(san: &[String]) -> String {
    match san {
        [] => "no name at all (a common name alone does not count)".to_owned(),
        few if few.len() <= LISTED => quoted(few),
        many => {
            let (first, rest) = many.split_at(LISTED);
            format!("{} and {} more", quoted(first), rest.len())
        }
    }
}

fn quoted(names: &[String]) -> String {
    let each = names.iter().map(|name| format!("`{name}`"));
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, ids};
    use super::*;

    fn judged(matches: Option<bool>) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.name_matches = matches;
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn a_leaf_for_other_names_is_a_mismatch_and_an_unread_one_is_not_judged() {
        assert_eq!(judged(Some(false)), ["tls/name-mismatch"]);
        assert!(judged(Some(true)).is_empty() && judged(None).is_empty());
    }

    /// The twin leads to an address, and the leaf names it or not.
    fn judged_twin(address: &str, matches: Option<bool>, own: Option<bool>) -> Vec<String> {
        let mut endpoint = endpoint(1);
        let mut as_twin = endpoint.clone();
        as_twin.address = address.parse().unwrap();
        (as_twin.name_matches, endpoint.name_matches) = (matches, own);
        let twin = Twin {
            name: "www.shop.example".to_owned(),
            addresses: vec![as_twin.address],
            endpoints: vec![as_twin],
        };
        ids(|findings| judge_twin("shop.example", &twin, &[&endpoint], findings))
    }

    #[test]
    fn a_twin_that_leads_here_must_be_named() {
        let judged = |matches| judged_twin("192.0.2.1", matches, Some(true));
        assert_eq!(judged(Some(false)), ["tls/twin-name-uncovered"]);
        assert!(judged(Some(true)).is_empty() && judged(None).is_empty());
    }

    #[test]
    fn a_twin_that_leads_elsewhere_and_a_certificate_for_others_are_not_judged() {
        assert!(judged_twin("192.0.2.9", Some(false), Some(true)).is_empty());
        assert!(judged_twin("192.0.2.1", Some(false), Some(false)).is_empty());
    }

    #[test]
    fn long_lists_of_names_are_cut() {
        let names: Vec<String> = (1..=6).map(|number| format!("n{number}.example")).collect();
        assert!(listed(&names).ends_with("`n4.example` and 2 more"));
        assert!(listed(&[]).contains("no name at all"));
    }
}
