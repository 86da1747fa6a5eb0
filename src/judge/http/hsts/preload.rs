//! Would hstspreload.org take the host, when it asks for it?

use super::Sent;
use crate::facts::http::PreloadError;
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::Sts;

finding! {
    /// The policy asks to be built into browsers, and does not meet the conditions.
    ///
    /// `preload` allows anybody to put the host on the list of hstspreload.org. What is on it is reached by https alone, with
    /// everything below it, and it takes months to get off again. Either meet the conditions (a year or more,
    /// `includeSubDomains`, a redirect from http to https of the same host first) or, when that was not the wish, take
    /// `preload` out of the field: in nginx `add_header`, in Apache `Header always set`, in HAProxy `http-after-response
    /// set-header`, in IIS `<hsts preload>`, in Caddy `header`, at CloudFront in the response headers policy, at Cloudflare and ALB in
    /// their HSTS settings.
    PreloadNotReady { host: String, errors: Vec<PreloadError>, shown: String, independent: bool, at_fault: Option<AtFault>, advice: String }
    id: "http/preload-not-ready", severity: Warning, source: "practice: the conditions of hstspreload.org",
    explained_by: [
        "http/hsts-repeated", "http/off-host-first", "http/no-redirect", "http/downgrade", "http/first-hop-plain",
        "http/html-redirect", "tls/expired", "tls/name-mismatch", "tls/self-signed", "tls/untrusted-root", "tls/missing-intermediate"
    ],
    message: "the HSTS policy of `{host}` asks to be preloaded and does not meet the conditions: {shown}",
    fix: "take `preload` out of the policy, or meet the conditions of hstspreload.org first; {advice}",
}

pub(super) fn judge(sent: &Sent<'_>, to_send: impl Fn(Sts) -> String, findings: &mut Vec<Finding>) {
    let hsts = sent.hsts;
    // A host below the registrable name may repeat the policy of that one: it asks for nothing by itself.
    let own = |error: &&PreloadError| !matches!(error, PreloadError::NotRegistrable { .. });
    let errors: Vec<PreloadError> = hsts
        .preload_errors
        .iter()
        .flatten()
        .filter(own)
        .cloned()
        .collect();
    if errors.is_empty() || !hsts.preload || hsts.valid != Some(true) {
        return;
    }
    let shown: Vec<String> = errors.iter().map(PreloadError::in_words).collect();
    let of_policy = |error: &PreloadError| {
        let short = matches!(error, PreloadError::MaxAgeShort { .. });
        short || matches!(error, PreloadError::IncludeSubdomainsMissing)
    };
    let evidence = PreloadNotReady {
        host: hsts.host.clone(),
        independent: errors.iter().any(of_policy),
        errors,
        shown: shown.join(", and "),
        at_fault: sent.preload.clone(),
        advice: to_send(Sts {
            preload: false,
            ..Sts::of(hsts)
        }),
    };
    findings.push(evidence.about_all(hsts.host.as_str(), sent.places.clone()));
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::ids;
    use super::super::tests::{policy, sent};
    use super::*;
    use crate::facts::http::Hsts;

    fn judged(preload: bool, errors: Option<Vec<PreloadError>>) -> Vec<String> {
        let hsts = Hsts {
            preload,
            preload_errors: errors,
            ..policy("max-age=1; preload")
        };
        ids(|findings| judge(&sent(&hsts), |policy| policy.to_string(), findings))
    }

    #[test]
    fn who_asks_for_it_must_meet_the_conditions_and_who_does_not_need_not() {
        let errors = || Some(vec![PreloadError::IncludeSubdomainsMissing]);
        assert_eq!(judged(true, errors()), ["http/preload-not-ready"]);
        assert!(judged(false, errors()).is_empty());
        let registrable = "shop.example".to_owned();
        let below = Some(vec![PreloadError::NotRegistrable { registrable }]);
        assert!(judged(true, below).is_empty(), "www repeats the policy");
        assert!(judged(true, Some(Vec::new())).is_empty());
        assert!(judged(true, None).is_empty());
    }
}
