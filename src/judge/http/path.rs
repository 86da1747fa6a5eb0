//! Do the path and the query of a visitor arrive where the redirects lead?

use super::location::{self, Part};
use super::{labels, of_redirect};
use crate::facts::http::{
    Hop, Http, Route, RouteOutcome, RoutePurpose, host_of, is_https, path_of,
};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// The redirects lose the path.
    ///
    /// Whoever follows an old link or a search result to a page ends at the front page, or at a page that does not exist: the
    /// redirect drops the path, or decodes it on the way. nginx: `$request_uri` keeps path and query as they came, `$uri` decodes
    /// them; Apache: `Redirect permanent / https://shop.example/` keeps ordinary paths, `RewriteCond %{THE_REQUEST} "^\S+ (\S+)"`
    /// and `RewriteRule ^ https://%{HTTP_HOST}%1 [R=301,NE,L]` every byte;
    /// HAProxy: `redirect scheme https` keeps, `redirect location` does not; IIS: `{UNENCODED_URL}`; Caddy: `{uri}`; ALB:
    /// `/#{path}` and `#{query}`; Cloudflare: a redirect rule with `concat("https://", http.host, http.request.uri)`.
    ///
    /// A CloudFront function builds it from `event.request.uri`.
    PathLost { url: String, target: String, sent: String, came: String, at_fault: Option<AtFault>, advice: String }
    id: "http/path-lost", severity: Warning, source: "RFC 9110 §15.4 (links lead to another page)",
    explained_by: ["http/host-glued", "http/downgrade", "http/redirect-loop"],
    message: "the redirect from `{url}` loses the path: `{sent}` arrives as `{came}`",
    fix: "keep the path as it came; {advice}",
}

finding! {
    /// The redirects lose the query.
    ///
    /// What stands behind the question mark does not arrive as it was sent: searches, campaigns and sign-ins that come by an old
    /// link fail. nginx: `$request_uri` instead of `$uri`; Apache: no `?` at the end of the target, and the flag NE against
    /// encoding twice; IIS: `{UNENCODED_URL}` or appendQueryString; Caddy: `{uri}` instead of `{path}`; ALB: `#{query}`;
    /// CloudFront functions: rebuild the query from `request.querystring`.
    ///
    /// HAProxy: `redirect scheme` and `redirect prefix` keep the query, `drop-query` is to go; Cloudflare: "Preserve query
    /// string" in the rule.
    QueryLost { url: String, target: String, sent: String, came: String, at_fault: Option<AtFault>, advice: String }
    id: "http/query-lost", severity: Warning, source: "RFC 9110 §15.4 (links lead to another page)",
    explained_by: ["http/host-glued", "http/downgrade", "http/redirect-loop"],
    message: "the redirect from `{url}` loses the query: `{sent}` arrives as `{came}`",
    fix: "keep the query as it came; {advice}",
}

finding! {
    /// Only the front page is redirected to https.
    ///
    /// `/` leads to https, and another path on port 80 is answered in clear: every link to a page, and every search result with
    /// http, stays open to whoever stands in the way. Redirect whatever is asked for: nginx with the `return` in the server
    /// block and not in `location = /`, Apache with `Redirect permanent /` or `RewriteRule ^`, IIS with the pattern `(.*)`,
    /// ALB in the default action of the listener.
    ///
    /// HAProxy without `if { path / }`, Caddy without a path before the target, CloudFront in every behavior, Cloudflare with
    /// Always Use HTTPS instead of a rule for one URL.
    OnlyRoot { url: String, status: u16, advice: String }
    id: "http/only-root", severity: Warning, source: "RFC 6797 §7.2",
    explained_by: ["http/downgrade"],
    message: "only `/` is redirected to https: `{url}` answers {status} in clear",
    fix: "redirect every path; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    only_root(http, findings);
    // From the twin as well: its visitors follow links just so.
    let probes = http.routes.iter();
    let probes = probes.filter(|route| route.purpose == RoutePurpose::Path);
    let lost: Vec<Lost<'_>> = probes.filter_map(lost).collect();
    let of_path: Vec<&Lost<'_>> = lost.iter().filter(|lost| lost.path).collect();
    if let Some(first) = of_path.first() {
        let (sent, came) = (split(&first.sent).0, split(&first.came).0);
        let evidence = PathLost {
            url: first.hop.url.clone(),
            target: first.target.clone(),
            sent,
            came,
            at_fault: location::at_fault(first.hop, Part::Path),
            advice: advice(http, first.hop, of_redirect(first.hop)),
        };
        let places = labels(of_path.iter().map(|lost| lost.hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
    // Where a host loses the path the query goes with it: one cause.
    let told = |lost: &&Lost<'_>| {
        let mut told = of_path.iter();
        told.any(|own| host_of(&own.hop.url) == host_of(&lost.hop.url))
    };
    let of_query = lost.iter().filter(|lost| !lost.path && !told(lost));
    let of_query: Vec<&Lost<'_>> = of_query.collect();
    if let Some(first) = of_query.first() {
        let (sent, came) = (split(&first.sent).1, split(&first.came).1);
        let evidence = QueryLost {
            url: first.hop.url.clone(),
            target: first.target.clone(),
            sent,
            came,
            at_fault: location::at_fault(first.hop, Part::Query),
            advice: advice(http, first.hop, of_redirect(first.hop)),
        };
        let places = labels(of_query.iter().map(|lost| lost.hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

/// The first step of a walk that does not lead to what it was asked for.
struct Lost<'a> {
    hop: &'a Hop,
    target: String,
    sent: String,
    came: String,
    path: bool,
}

/// Steps between places of the site alone: elsewhere, as at a sign-in, pages are others.
fn lost(route: &Route) -> Option<Lost<'_>> {
    let site = |url: &str| bare(&host_of(url));
    let steps = route
        .hops
        .iter()
        .filter_map(|hop| Some((hop, hop.target.as_deref()?)));
    let mut own = steps.filter(|(hop, target)| site(&hop.url) == site(target));
    // A step in clear is a part of the way to https, where the walk comes there.
    let reaches_https = route.hops.iter().any(Hop::is_https);
    let (hop, target) = own.find(|(hop, target)| {
        let moves = host_of(&hop.url) != host_of(target) || hop.is_https() != is_https(target);
        let on_the_way = reaches_https && !hop.is_https();
        (moves || on_the_way) && path_of(&hop.url) != path_of(target)
    })?;
    let (sent, came) = (path_of(&hop.url), path_of(target));
    Some(Lost {
        hop,
        target: target.to_owned(),
        path: split(&sent).0 != split(&came).0,
        sent,
        came,
    })
}

/// A host without `www`.
fn bare(host: &str) -> String {
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// Path and query.
fn split(path: &str) -> (String, String) {
    match path.split_once('?') {
        Some((path, query)) => (path.to_owned(), format!("?{query}")),
        None => (path.to_owned(), "nothing".to_owned()),
    }
}

fn only_root(http: &Http, findings: &mut Vec<Finding>) {
    let at = |route: &Route| route.address;
    let redirected = |address| {
        let mut roots = http.of_root().filter(|route| route.starts_in_clear());
        roots.any(|route| at(route) == address && route.hops.iter().any(Hop::is_https))
    };
    let in_clear = http.of(RoutePurpose::Path).filter(|route| {
        route.starts_in_clear()
            && route.outcome == RouteOutcome::Http
            && !route.hops.iter().any(Hop::is_https)
    });
    let pages: Vec<&Hop> = in_clear
        .filter(|route| redirected(at(route)))
        .filter_map(Route::last)
        .filter(|hop| tells(hop, http))
        .collect();
    if let Some(page) = pages.first() {
        let evidence = OnlyRoot {
            url: page.url.clone(),
            status: page.status.unwrap_or_default(),
            advice: advice(http, page, Wish::Redirect),
        };
        findings.push(evidence.about_all(http.host.as_str(), labels(pages.iter().copied())));
    }
}

/// Whether an answer in clear tells that other paths are not redirected. Apache as it comes answers the encoded slash in the
/// probe's path with 404 before it looks at any rule, and an ordinary path that is redirected shows that others are.
fn tells(hop: &Hop, http: &Http) -> bool {
    let Some(status) = hop.status.filter(|status| *status < 500) else {
        return false;
    };
    let server = hop.server.as_deref().unwrap_or_default();
    let apache = server.to_ascii_lowercase().contains("apache");
    let mut ordinary = http.of(RoutePurpose::Acme);
    let redirected = ordinary.any(|route| {
        route
            .hops
            .first()
            .is_some_and(|first| first.address == hop.address && first.target.is_some())
    });
    status < 400 || !(apache || redirected)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, page, redirect, route};
    use super::*;

    const PROBE: &str = "http://shop.example/doorstep-probe/a%20b%2Fc?x=1&y=%26";

    fn walk(start: &str, hops: Vec<Hop>, purpose: RoutePurpose) -> Route {
        let outcome = match hops.last() {
            Some(last) if last.is_https() => RouteOutcome::Https,
            _ => RouteOutcome::Http,
        };
        Route {
            purpose,
            ..route(start, hops, outcome)
        }
    }

    fn to(target: &str) -> Vec<String> {
        let hops = vec![redirect(PROBE, 301, target), page(target, 404)];
        ids(|findings| judge(&http(vec![walk(PROBE, hops, RoutePurpose::Path)]), findings))
    }

    #[test]
    fn a_path_that_is_cut_or_decoded_is_lost() {
        for target in [
            "https://shop.example/",
            "https://shop.example/doorstep-probe/a%20b/c?x=1&y=%26",
            "https://www.shop.example/doorstep-probe/a%2520b%252Fc?x=1&y=%26",
        ] {
            assert_eq!(to(target), ["http/path-lost"], "{target}");
        }
        assert!(to(&PROBE.replace("http:", "https:")).is_empty());
        assert!(
            to("https://login.other.example/").is_empty(),
            "another site"
        );
    }

    #[test]
    fn a_query_that_is_cut_or_decoded_is_lost() {
        for target in [
            "https://shop.example/doorstep-probe/a%20b%2Fc",
            "https://shop.example/doorstep-probe/a%20b%2Fc?x=1&y=&",
        ] {
            assert_eq!(to(target), ["http/query-lost"], "{target}");
        }
    }

    #[test]
    fn what_two_hosts_lose_is_told_of_each() {
        let twin = PROBE.replace("shop.example", "www.shop.example");
        let led = |start: &str, target: &str| {
            let hops = vec![redirect(start, 301, target), page(target, 404)];
            walk(start, hops, RoutePurpose::Path)
        };
        let without_query = led(PROBE, "https://shop.example/doorstep-probe/a%20b%2Fc");
        let without_path = led(&twin, "https://www.shop.example/");
        let found = ids(|findings| judge(&http(vec![without_query, without_path]), findings));
        assert_eq!(found, ["http/path-lost", "http/query-lost"]);
    }

    #[test]
    fn a_step_within_the_host_and_the_scheme_is_the_sites_own_affair() {
        let secure = PROBE.replace("http:", "https:");
        let hops = vec![
            redirect(&secure, 301, "https://shop.example/en"),
            page("https://shop.example/en", 200),
        ];
        let walk = walk(&secure, hops, RoutePurpose::Path);
        assert!(ids(|findings| judge(&http(vec![walk]), findings)).is_empty());
    }

    #[test]
    fn a_step_in_clear_loses_the_path_on_the_way_to_https_alone() {
        let (plain, secure) = ("http://shop.example/x", "https://shop.example/x");
        let judged = |hops| {
            let walks = http(vec![walk(PROBE, hops, RoutePurpose::Path)]);
            ids(|findings| judge(&walks, findings))
        };
        let first = || redirect(PROBE, 301, plain);
        let up = vec![first(), redirect(plain, 301, secure), page(secure, 404)];
        assert_eq!(judged(up), ["http/path-lost"]);
        assert!(judged(vec![first(), page(plain, 404)]).is_empty());
    }

    #[test]
    fn another_path_in_clear_beside_a_redirected_front_page_is_named() {
        let root = || {
            let up = redirect("http://shop.example/", 301, "https://shop.example/");
            walk(
                "http://shop.example/",
                vec![up, page("https://shop.example/", 200)],
                RoutePurpose::Target,
            )
        };
        let in_clear = |status| walk(PROBE, vec![page(PROBE, status)], RoutePurpose::Path);
        let judged = |routes| ids(|findings| judge(&http(routes), findings));
        assert_eq!(judged(vec![root(), in_clear(404)]), ["http/only-root"]);
        assert!(judged(vec![root(), in_clear(503)]).is_empty());
        let mut of_apache = in_clear(404);
        of_apache.hops[0].server = Some("Apache/2.4".to_owned());
        assert!(judged(vec![root(), of_apache]).is_empty());
        let acme = "http://shop.example/.well-known/acme-challenge/x";
        let up = redirect(acme, 301, &acme.replace("http:", "https:"));
        let acme = walk(acme, vec![up], RoutePurpose::Acme);
        assert!(judged(vec![root(), in_clear(404), acme]).is_empty());
        let plain = walk(
            "http://shop.example/",
            vec![page("http://shop.example/", 200)],
            RoutePurpose::Target,
        );
        assert!(
            judged(vec![plain, in_clear(404)]).is_empty(),
            "nothing is redirected"
        );
    }
}
