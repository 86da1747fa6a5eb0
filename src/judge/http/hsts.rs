//! Does the host tell browsers to come over HTTPS from now on?

use super::labels;
use crate::facts::http::{Hop, Hsts, HstsError, Http, host_of};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The host does not tell browsers to come over HTTPS from now on.
    ///
    /// Without a Strict-Transport-Security field every visit that begins with `http://`, or with the bare name, is open to whoever
    /// stands in the way before the redirect. Send the field with every answer over HTTPS; begin with a short max-age, and
    /// raise it to a year when nothing breaks.
    HstsMissing { host: String }
    id: "http/hsts-missing", severity: Warning, source: "RFC 6797 §7.1",
    message: "`https://{host}` sends no Strict-Transport-Security field",
    fix: "send `Strict-Transport-Security: max-age=31536000` over https (nginx: `add_header Strict-Transport-Security \"max-age=31536000\" always;`)",
}

finding! {
    /// The HSTS policy breaks the grammar, so browsers drop it whole.
    ///
    /// It looks as if the host were protected, and it is not: a directive that stands there twice, a `max-age` that is no number
    /// or is missing, or a stray character makes the whole field void. Correct the field where the server, the application
    /// or the CDN sets it; often two of them set it at once.
    HstsInvalid { host: String, header: String, why: String }
    id: "http/hsts-invalid", severity: Warning, source: "RFC 6797 §6.1",
    message: "browsers drop the HSTS policy of `{host}`, `{header}`: {why}",
    fix: "send `Strict-Transport-Security: max-age=31536000`, once, and with `includeSubDomains` only when every host below has https",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    let Some(hsts) = &http.hsts else { return };
    // A policy is not kept for an address (RFC 6797 §8.1.1), and an error page says nothing about the site's own answers.
    let by_name = hsts.host.parse::<std::net::IpAddr>().is_err();
    let answers = || {
        http.given()
            .chain(http.of_root())
            .flat_map(|route| &route.hops)
            .filter(|hop| is_own_answer(hop, hsts))
    };
    if !by_name || answers().next().is_none() {
        return;
    }
    let host = hsts.host.clone();
    match (&hsts.header, hsts.valid) {
        (None, _) => {
            let bare = labels(answers().filter(|hop| hop.hsts.is_none()));
            findings.push(HstsMissing { host: host.clone() }.about_all(host, bare));
        }
        (Some(header), Some(false)) => {
            let why = hsts
                .errors
                .iter()
                .map(HstsError::in_words)
                .collect::<Vec<_>>()
                .join(", and ");
            let places = labels(answers().filter(|hop| hop.hsts.as_ref() == Some(header)));
            let evidence = HstsInvalid {
                host: host.clone(),
                header: header.clone(),
                why,
            };
            findings.push(evidence.about_all(host, places));
        }
        _ => {}
    }
}

fn is_own_answer(hop: &Hop, hsts: &Hsts) -> bool {
    let fine = hop.status.is_some_and(|status| status < 400);
    hop.is_https() && fine && host_of(&hop.url) == hsts.host
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, page, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

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
            max_age: None,
            include_subdomains: false,
            preload: false,
            fields: usize::from(header.is_some()),
            valid: header.map(|_| errors.is_empty()),
            errors,
            preload_errors: None,
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
