//! Does the leaf name the server that was asked for?

use super::{labels, place};
use crate::facts::tls::Endpoint;
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
    /// answers; HAProxy takes the right one of a directory (`bind :443 ssl crt /etc/haproxy/certs/`) by its names. In ACM request
    /// a certificate with all names, then add it to the ALB: EC2, Load Balancers, the HTTPS listener, Certificates, Add; in
    /// CloudFront it must be in us-east-1, and the name among the alternate domain names.
    NameMismatch { name: String, place: String, names: String, san: Vec<String> }
    id: "tls/name-mismatch", severity: Error, source: "RFC 9525 §6",
    explained_by: ["tls/leaf-not-first", "tls/address-behind"],
    message: "the certificate at {place} is not for `{name}`, but for {names}",
    fix: "have a certificate made that names `{name}`, and serve it there",
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

    #[test]
    fn long_lists_of_names_are_cut() {
        let names: Vec<String> = (1..=6).map(|number| format!("n{number}.example")).collect();
        assert!(listed(&names).ends_with("`n4.example` and 2 more"));
        assert!(listed(&[]).contains("no name at all"));
    }
}
