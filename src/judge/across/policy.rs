//! Can visitors who are bound to HTTPS come in by it?

use crate::facts::Facts;
use crate::facts::dns::{Outcome, Purpose};
use crate::facts::name::RrType;
use crate::facts::tls::{Endpoint, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// Visitors are bound to https, and the certificate does not verify.
    ///
    /// A browser that keeps the host's HSTS policy, or follows its HTTPS record, shows the warning without the button to go on:
    /// nobody gets in who was there before. Mend the certificate now; see the finding about it for how. Taking the policy back
    /// does not help those who have it, for it is heeded over a good connection alone.
    ///
    /// Where the certificate is set: nginx `ssl_certificate`, Apache SSLCertificateFile, HAProxy `crt`, IIS the binding,
    /// Caddy by itself (read its log), an ALB and CloudFront by ACM, Cloudflare Edge Certificates.
    HstsWithoutTls { host: String, bound: String, place: String }
    id: "across/hsts-without-tls", severity: Warning, source: "RFC 6797 §8.4",
    explained_by: [
        "tls/expired", "tls/not-yet-valid", "tls/name-mismatch", "tls/self-signed", "tls/untrusted-root", "tls/missing-intermediate",
        "tls/path-invalid", "tls/leaf-not-first", "tls/address-behind", "tls/intermediate-expired", "tls/usage-wrong",
        "tls/key-weak", "tls/signature-weak"
    ],
    message: "visitors of `{host}` are bound to https by {bound}, and cannot click through the warning at {place}",
    fix: "mend the certificate: whoever keeps the policy is shut out until then",
}

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(bound) = bound(facts) else { return };
    let Some(host) = facts.http.as_ref().map(|http| http.host.clone()) else {
        return;
    };
    let met = facts
        .http
        .iter()
        .flat_map(|http| http.given())
        .flat_map(|route| &route.hops);
    let own = facts.tls.iter().flat_map(|tls| &tls.endpoints);
    let endpoints = own.chain(met.filter_map(|hop| hop.tls.as_ref()));
    let mut places: Vec<String> = Vec::new();
    for endpoint in
        endpoints.filter(|endpoint| endpoint.server_name == host && is_bad(facts, endpoint))
    {
        if !places.contains(&endpoint.label()) {
            places.push(endpoint.label());
        }
    }
    if !places.is_empty() {
        let evidence = HstsWithoutTls {
            host: host.clone(),
            bound,
            place: places.join(", "),
        };
        findings.push(evidence.about_all(host, places));
    }
}

/// What keeps browsers from going on in clear.
fn bound(facts: &Facts) -> Option<String> {
    let hsts = facts.http.as_ref().and_then(|http| http.hsts.as_ref());
    let kept = hsts.filter(|hsts| hsts.valid == Some(true) && hsts.max_age > Some(0));
    if let Some(header) = kept.and_then(|hsts| hsts.header.as_ref()) {
        return Some(format!("its HSTS policy `{header}`"));
    }
    let mut records = facts
        .dns
        .iter()
        .flat_map(|dns| dns.of(Some(Purpose::Https)));
    let announced = records
        .any(|question| question.r#type == RrType::HTTPS && question.outcome == Outcome::Answer);
    announced.then(|| "its HTTPS record".to_owned())
}

fn is_bad(facts: &Facts, endpoint: &Endpoint) -> bool {
    let untrusted = endpoint
        .trust
        .as_ref()
        .is_some_and(|trust| trust.status == TrustStatus::Untrusted);
    let leaf = endpoint.leaf();
    let over = leaf
        .and_then(|leaf| leaf.not_after)
        .is_some_and(|end| end < facts.judged_at);
    let early = leaf
        .and_then(|leaf| leaf.not_before)
        .is_some_and(|start| start > facts.judged_at);
    untrusted || over || early || endpoint.name_matches == Some(false)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{dns, endpoint, facts, http, ids, service, trusted, walk};
    use super::*;
    use crate::facts::certificate::Certificate;
    use crate::facts::http::Hsts;
    use crate::facts::tls::Tls;

    fn seen(max_age: u64, matches: bool) -> Facts {
        let mut http = http(vec![walk("https", "192.0.2.10", None)]);
        http.hsts = Some(Hsts {
            host: "shop.example".to_owned(),
            header: Some(format!("max-age={max_age}")),
            fields: 1,
            max_age: Some(max_age),
            include_subdomains: false,
            preload: false,
            valid: Some(true),
            errors: Vec::new(),
            preload_errors: None,
        });
        let mut facts = facts(None, Some(http));
        let mut endpoint = trusted(endpoint("192.0.2.10", None));
        endpoint.chain = vec![Certificate::default()];
        endpoint.name_matches = Some(matches);
        let endpoints = vec![endpoint];
        facts.tls = Some(Tls {
            host: "shop.example".to_owned(),
            endpoints,
            ..Tls::default()
        });
        facts
    }

    fn judged(facts: &Facts) -> Vec<String> {
        ids(|findings| judge(facts, findings))
    }

    #[test]
    fn a_policy_with_a_bad_certificate_shuts_out() {
        assert_eq!(judged(&seen(1, false)), ["across/hsts-without-tls"]);
        assert!(judged(&seen(1, true)).is_empty());
    }

    #[test]
    fn each_fault_of_a_certificate_shuts_out_and_one_at_another_host_does_not() {
        use jiff::Timestamp;
        let with = |change: fn(&mut Endpoint, Timestamp)| {
            let mut facts = seen(1, true);
            let at = facts.judged_at;
            let endpoints = facts.tls.iter_mut().flat_map(|tls| &mut tls.endpoints);
            endpoints.for_each(|endpoint| change(endpoint, at));
            judged(&facts)
        };
        let shut = ["across/hsts-without-tls"];
        let untrusted = |endpoint: &mut Endpoint, _| {
            let trust = endpoint.trust.as_mut();
            trust.unwrap().status = TrustStatus::Untrusted;
        };
        assert_eq!(with(untrusted), shut);
        let over = |endpoint: &mut Endpoint, at: Timestamp| {
            endpoint.chain[0].not_after = Timestamp::from_second(at.as_second() - 1).ok();
        };
        assert_eq!(with(over), shut);
        let early = |endpoint: &mut Endpoint, at: Timestamp| {
            endpoint.chain[0].not_before = Timestamp::from_second(at.as_second() + 1).ok();
        };
        assert_eq!(with(early), shut);
        let just = |endpoint: &mut Endpoint, at: Timestamp| {
            (endpoint.chain[0].not_before, endpoint.chain[0].not_after) = (Some(at), Some(at));
        };
        assert!(with(just).is_empty());
        let elsewhere = |endpoint: &mut Endpoint, _| {
            endpoint.server_name = "other.example".to_owned();
            endpoint.name_matches = Some(false);
        };
        assert!(with(elsewhere).is_empty());
    }

    #[test]
    fn a_policy_that_breaks_the_grammar_binds_nobody() {
        let mut facts = seen(1, false);
        let policy = |facts: &mut Facts, change: fn(&mut Hsts)| {
            let hsts = facts.http.as_mut().and_then(|http| http.hsts.as_mut());
            change(hsts.unwrap());
        };
        policy(&mut facts, |hsts| hsts.valid = Some(false));
        assert!(judged(&facts).is_empty());
        policy(&mut facts, |hsts| (hsts.valid, hsts.header) = (None, None));
        assert!(judged(&facts).is_empty());
    }

    #[test]
    fn a_policy_that_is_switched_off_binds_nobody_and_an_https_record_does() {
        let mut off = seen(0, false);
        assert!(judged(&off).is_empty());
        off.dns = Some(service(dns(&["192.0.2.10"]), "1 . alpn=\"h2\""));
        assert_eq!(judged(&off), ["across/hsts-without-tls"]);
    }

    #[test]
    fn without_the_third_door_nothing_is_known_of_a_policy() {
        let mut facts = seen(1, false);
        facts.http = None;
        assert!(judged(&facts).is_empty());
    }
}
