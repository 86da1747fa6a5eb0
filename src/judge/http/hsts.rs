//! Does the host tell browsers to come over HTTPS from now on?

pub(super) mod coverage;
mod directives;
pub(super) mod duration;
pub(super) mod preload;

use super::labels;
use crate::facts::http::{Hop, Hsts, HstsError, Http, host_of};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Sts, Wish, advice};

finding! {
    /// The host does not tell browsers to come over HTTPS from now on.
    ///
    /// Without a Strict-Transport-Security field every visit that begins with `http://`, or with the bare name, is open to whoever
    /// stands in the way before the redirect. Send the field with every answer over HTTPS; begin with a short max-age, and
    /// raise it to a year when nothing breaks. nginx: `add_header Strict-Transport-Security "max-age=31536000" always;`; Apache:
    /// `Header always set Strict-Transport-Security "max-age=31536000"`; HAProxy: `http-after-response set-header
    /// Strict-Transport-Security max-age=31536000`; IIS: `<hsts enabled="true" max-age="31536000" />`; Caddy: `header
    /// Strict-Transport-Security max-age=31536000`; ALB: attributes of the HTTPS listener; CloudFront: a response headers policy;
    /// Cloudflare: SSL/TLS, Edge Certificates.
    HstsMissing { host: String, advice: String }
    id: "http/hsts-missing", severity: Warning, source: "RFC 6797 §7.1",
    message: "`https://{host}` sends no Strict-Transport-Security field",
    fix: "send `Strict-Transport-Security: max-age=31536000` over https; {advice}",
}

finding! {
    /// The HSTS policy breaks the grammar, so browsers drop it whole.
    ///
    /// It looks as if the host were protected, and it is not: a directive that stands there twice, a `max-age` that is no number
    /// or is missing, or a stray character makes the whole field void. Correct the field where the server, the application
    /// or the CDN sets it; often two of them set it at once.
    ///
    /// nginx: one `add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;`, the value in quotes
    /// because of the semicolon; Apache `Header always set Strict-Transport-Security "max-age=31536000"`; HAProxy
    /// `http-after-response set-header Strict-Transport-Security "max-age=31536000"`; IIS `<hsts enabled="true"
    /// max-age="31536000" />` instead of a text in customHeaders; Caddy `header Strict-Transport-Security
    /// "max-age=31536000"`; ALB: the attribute of the HTTPS listener; CloudFront: the response headers policy; Cloudflare:
    /// the form under Edge Certificates.
    HstsInvalid { host: String, header: String, why: String, token: Option<String>, at_fault: Option<AtFault>, corrected: String, advice: String }
    id: "http/hsts-invalid", severity: Warning, source: "RFC 6797 §6.1",
    explained_by: ["http/hsts-repeated"],
    message: "browsers drop the HSTS policy of `{host}`, `{header}`: {why}",
    fix: "send `Strict-Transport-Security: {corrected}`, once; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    coverage::in_clear(http, findings);
    let Some(hsts) = &http.hsts else { return };
    // A policy is not kept for an address (RFC 6797 §8.1.1), and an error page says nothing about the site's own answers.
    let by_name = hsts.host.parse::<std::net::IpAddr>().is_err();
    let all = || {
        let routes = http.given().chain(http.of_root());
        let hops = routes.flat_map(|route| &route.hops);
        hops.filter(|hop| is_own_answer(hop, hsts))
    };
    let pages: Vec<&Hop> = all().filter(|hop| hop.is_conclusive()).collect();
    // Where there is nothing but errors of the client's, those are the answers.
    let answers = if pages.is_empty() {
        all().collect()
    } else {
        pages
    };
    let Some(first) = answers.first().filter(|_| by_name) else {
        return;
    };
    let host = hsts.host.clone();
    let to_send = |policy: Sts| advice(http, first, Wish::Policy(&policy));
    let senders = || {
        answers
            .iter()
            .copied()
            .filter(|hop| hop.hsts == hsts.header)
    };
    let (sender, places) = (senders().next(), labels(senders()));
    let named = |name: &str| directives::named(sender?, name);
    match (&hsts.header, hsts.valid) {
        // That another address sends one is told of the addresses.
        (None, _) if answers.iter().any(|own| sends_elsewhere(own, first)) => {}
        (None, _) => {
            let evidence = HstsMissing {
                host: host.clone(),
                advice: to_send(Sts::new()),
            };
            findings.push(evidence.about_all(host, places));
        }
        (Some(_), Some(false)) => {
            let corrected = Sts::of(hsts);
            let at_fault = hsts.errors.first().zip(sender);
            let evidence = HstsInvalid {
                host: host.clone(),
                header: hsts.header.clone().unwrap_or_default(),
                why: why(hsts),
                token: hsts
                    .errors
                    .iter()
                    .find_map(HstsError::token)
                    .map(str::to_owned),
                at_fault: at_fault.and_then(|(error, hop)| directives::broken(hop, error)),
                corrected: corrected.to_string(),
                advice: to_send(corrected),
            };
            findings.push(evidence.about_all(host, places));
        }
        _ => {
            let sent = Sent {
                hsts,
                max_age: named("max-age"),
                preload: named("preload"),
                places,
            };
            duration::judge(&sent, to_send, findings);
            preload::judge(&sent, to_send, findings);
        }
    }
    coverage::judge(http, hsts, findings);
}

/// A policy that keeps to the grammar, and where it came from.
struct Sent<'a> {
    hsts: &'a Hsts,
    /// Where its directives stand.
    max_age: Option<AtFault>,
    preload: Option<AtFault>,
    places: Vec<String>,
}

fn why(hsts: &Hsts) -> String {
    let why: Vec<String> = hsts.errors.iter().map(HstsError::in_words).collect();
    why.join(", and ")
}

fn is_own_answer(hop: &Hop, hsts: &Hsts) -> bool {
    hop.is_https() && hop.is_own() && host_of(&hop.url) == hsts.host
}

/// Whether the same URL comes with a policy at another address.
fn sends_elsewhere(own: &Hop, first: &Hop) -> bool {
    own.url == first.url && own.address != first.address && own.hsts.is_some()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::testing::{http, ids, page, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

    pub(in crate::judge::http) fn policy(header: &str) -> Hsts {
        Hsts {
            host: "shop.example".to_owned(),
            header: Some(header.to_owned()),
            fields: 1,
            max_age: None,
            include_subdomains: false,
            preload: false,
            valid: Some(true),
            errors: Vec::new(),
            preload_errors: None,
        }
    }

    pub(super) fn sent(hsts: &Hsts) -> Sent<'_> {
        Sent {
            hsts,
            max_age: None,
            preload: None,
            places: Vec::new(),
        }
    }

    fn judged(
        host: &str,
        header: Option<&str>,
        errors: Vec<HstsError>,
        status: u16,
    ) -> Vec<String> {
        let url = format!("https://{host}/");
        let mut hop = page(&url, status);
        hop.hsts = header.map(str::to_owned);
        let mut http = http(vec![route(&url, vec![hop], RouteOutcome::Https)]);
        http.hsts = Some(Hsts {
            host: host.to_owned(),
            header: header.map(str::to_owned),
            valid: header.map(|_| errors.is_empty()),
            errors,
            ..policy("")
        });
        ids(|findings| judge(&http, findings))
    }

    #[test]
    fn a_host_without_policy_lacks_one_but_an_address_cannot_have_one() {
        assert_eq!(
            judged("shop.example", None, vec![], 200),
            ["http/hsts-missing"]
        );
        assert!(judged("shop.example", Some("max-age=1"), vec![], 200).is_empty());
        assert!(judged("192.0.2.1", None, vec![], 200).is_empty());
    }

    #[test]
    fn an_address_without_a_policy_beside_others_is_told_of_the_addresses() {
        let walk = |address: &str, policy: Option<&str>| {
            let url = "https://shop.example/";
            let mut hop = page(url, 200);
            hop.address = address.parse().ok();
            hop.hsts = policy.map(str::to_owned);
            route(url, vec![hop], RouteOutcome::Https)
        };
        let judged = |other: Option<&str>| {
            let mut http = http(vec![walk("192.0.2.10", None), walk("192.0.2.11", other)]);
            http.hsts = Some(Hsts {
                header: None,
                valid: None,
                ..policy("")
            });
            ids(|findings| judge(&http, findings))
        };
        assert!(judged(Some("max-age=31536000")).is_empty());
        assert_eq!(judged(None), ["http/hsts-missing"]);
    }

    #[test]
    fn what_is_not_there_has_a_policy_as_well() {
        assert_eq!(
            judged("shop.example", None, vec![], 404),
            ["http/hsts-missing"]
        );
        assert!(judged("shop.example", None, vec![], 403).is_empty());
    }

    #[test]
    fn a_policy_that_breaks_the_grammar_is_invalid() {
        assert_eq!(
            judged(
                "shop.example",
                Some("x"),
                vec![HstsError::MissingMaxAge],
                200
            ),
            ["http/hsts-invalid"]
        );
    }

    #[test]
    fn an_error_page_is_not_judged_and_neither_is_what_was_not_seen() {
        assert!(judged("shop.example", None, vec![], 503).is_empty());
        assert!(ids(|findings| judge(&http(Vec::new()), findings)).is_empty());
    }
}
