//! Do the name and its www lead to the same site?

use super::{labels, witness};
use crate::facts::http::{Hop, HopStage, Http, Route, RouteOutcome, host_of};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// The name and its www do not lead to the same site.
    ///
    /// Both resolve, and people type either. One of them is dead, shows an error, or ends on another site, so some visitors do
    /// not arrive. Add the missing name to the server (nginx `server_name shop.example www.shop.example;`, Apache `ServerAlias`,
    /// HAProxy the host ACL, IIS a second binding, Caddy a second name in the site's address), to the certificate, and at an
    /// ALB, CloudFront ("Alternate domain names") or Cloudflare to the rules, and redirect one to the other; or take its
    /// records out of the DNS.
    WwwInconsistent { host: String, twin: String, said: String, advice: String }
    id: "http/www-inconsistent", severity: Warning, source: "practice: people type the name with and without www",
    explained_by: ["dns/all-addresses-private", "tls/unreachable", "tls/address-fails", "across/dangling-address", "http/redirect-loop"],
    message: "`{host}` and `{twin}` do not lead to the same site: {said}",
    fix: "serve `{twin}` as well, with a certificate for it, and redirect one name to the other{advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    let Some(twin) = &http.twin else { return };
    // One scheme may be dead while the other is not: visitors come by both.
    let Some((said, places)) = [false, true].into_iter().find_map(|clear| by(http, clear)) else {
        return;
    };
    let host = http.host.clone();
    let told = witness(http, None).map(|hop| advice(http, hop, Wish::Names(&[&host, twin])));
    let evidence = WwwInconsistent {
        host: host.clone(),
        twin: twin.clone(),
        said,
        advice: told.map(|advice| format!("; {advice}")).unwrap_or_default(),
    };
    findings.push(evidence.about_all(host, places));
}

/// What is odd about the twin over one scheme. Whatever keeps the name itself shut there is another finding.
fn by(http: &Http, clear: bool) -> Option<(String, Vec<String>)> {
    let of_scheme = |route: &&Route| route.starts_in_clear() == clear;
    let mut own = http.given().chain(http.of_root()).filter(of_scheme);
    let end = own.find_map(end)?;
    let root = |route: &&Route| crate::facts::http::path_of(&route.start) == "/";
    let other = http.of_twin().filter(of_scheme).filter(root);
    // Without port 80 visitors come by https.
    let other: Vec<&Route> = other.filter(|route| !(clear && is_shut(route))).collect();
    odd(&other, end)
}

/// Whether nobody listens where a walk begins.
fn is_shut(route: &Route) -> bool {
    let first = route.hops.first().and_then(|hop| hop.error.as_ref());
    route.hops.len() == 1 && first.is_some_and(|error| error.stage == HopStage::Connect)
}

/// The page at the end of a walk.
fn end(route: &Route) -> Option<&Hop> {
    let page = matches!(route.outcome, RouteOutcome::Https | RouteOutcome::Http);
    route.last().filter(|hop| page && hop.is_page())
}

/// What is odd about the walks from the twin, when none of them comes to the site's page.
fn odd(routes: &[&Route], page: &Hop) -> Option<(String, Vec<String>)> {
    let site = |url: &str| {
        let host = host_of(url);
        host.strip_prefix("www.").unwrap_or(&host).to_owned()
    };
    let arrives = |route: &&&Route| end(route).is_some_and(|end| site(&end.url) == site(&page.url));
    if routes.is_empty() || routes.iter().any(|route| arrives(&route)) {
        return None;
    }
    // A client that is turned away, or was not let out of this machine, has not seen where the name leads.
    let measured = |route: &&&Route| route.outcome != RouteOutcome::Inconclusive;
    let route = routes.iter().find(measured)?;
    let last = route.last()?;
    let said = match (&last.error, last.status) {
        (Some(error), _) => format!("at `{}` {}", last.url, error.failure.in_words()),
        (None, Some(status)) if !last.is_page() => format!("`{}` answers {status}", last.url),
        _ => format!(
            "`{}` ends at `{}`, not at `{}`",
            route.start, last.url, page.url
        ),
    };
    let lasts = routes
        .iter()
        .filter(measured)
        .filter_map(|route| route.hops.first());
    Some((said, labels(lasts)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{broken, http, ids, page, redirect, route};
    use super::*;
    use crate::facts::attempt::Failure;

    const WWW: &str = "https://www.shop.example/";

    fn judged(hops: Vec<Hop>, outcome: RouteOutcome) -> Vec<String> {
        let own = page("https://shop.example/", 200);
        let own = route("https://shop.example/", vec![own], RouteOutcome::Https);
        let mut http = http(vec![own, route(WWW, hops, outcome)]);
        http.twin = Some("www.shop.example".to_owned());
        ids(|findings| judge(&http, findings))
    }

    #[test]
    fn a_dead_a_failing_and_a_straying_twin_are_inconsistent() {
        let dead = broken(WWW, None, HopStage::Connect, Failure::Refused);
        assert_eq!(
            judged(vec![dead], RouteOutcome::Error),
            ["http/www-inconsistent"]
        );
        assert_eq!(
            judged(vec![page(WWW, 404)], RouteOutcome::Https),
            ["http/www-inconsistent"]
        );
        let strays = vec![
            redirect(WWW, 301, "https://other.example/"),
            page("https://other.example/", 200),
        ];
        assert_eq!(
            judged(strays, RouteOutcome::Https),
            ["http/www-inconsistent"]
        );
    }

    #[test]
    fn a_twin_that_is_dead_over_https_alone_is_inconsistent_and_one_without_port_80_is_not() {
        const CLEAR: &str = "http://www.shop.example/";
        let own = page("https://shop.example/", 200);
        let own = route("https://shop.example/", vec![own], RouteOutcome::Https);
        let leads = |from: &str| {
            let hops = vec![
                redirect(from, 301, "https://shop.example/"),
                page("https://shop.example/", 200),
            ];
            route(from, hops, RouteOutcome::Https)
        };
        let dead = |from: &str| {
            let hop = broken(from, None, HopStage::Connect, Failure::Refused);
            route(from, vec![hop], RouteOutcome::Error)
        };
        let judged = |routes: Vec<Route>| {
            let mut http = http([vec![own.clone()], routes].concat());
            http.twin = Some("www.shop.example".to_owned());
            ids(|findings| judge(&http, findings))
        };
        assert_eq!(
            judged(vec![leads(CLEAR), dead(WWW)]),
            ["http/www-inconsistent"]
        );
        assert!(judged(vec![dead(CLEAR), leads(WWW)]).is_empty());
        assert!(judged(vec![leads(CLEAR), leads(WWW)]).is_empty());
    }

    #[test]
    fn a_twin_that_leads_to_the_site_or_shows_it_is_fine() {
        let leads = vec![
            redirect(WWW, 301, "https://shop.example/"),
            page("https://shop.example/", 200),
        ];
        assert!(judged(leads, RouteOutcome::Https).is_empty());
        assert!(judged(vec![page(WWW, 200)], RouteOutcome::Https).is_empty());
    }

    #[test]
    fn a_twin_that_was_not_tried_or_not_measured_is_not_judged() {
        assert!(judged(vec![page(WWW, 403)], RouteOutcome::Inconclusive).is_empty());
        assert!(ids(|findings| judge(&http(Vec::new()), findings)).is_empty());
    }
}
