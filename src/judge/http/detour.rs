//! Does the way take steps that help nobody, or only some?

use url::Url;

use super::labels;
use super::location::{self, Part};
use crate::facts::http::{Hop, Http, Route, RouteOutcome, is_https};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// The first redirect stays in clear.
    ///
    /// `http://` leads to another URL in clear before it comes to https: one step more that anybody on the way can read and
    /// change, and a round trip more for everybody. Lead to https first, and from there on: in nginx the `return 301
    /// https://$host$request_uri;` stands in the server block of port 80 alone, in Apache the redirect to https comes before
    /// other rules, in HAProxy `redirect scheme https` before other redirects, in IIS the https rule is the first, with
    /// stopProcessing; at an ALB, CloudFront or Cloudflare switch their redirect on, so that the application is not asked.
    ///
    /// Caddy redirects to https by itself, before the rules of the site.
    FirstHopPlain { url: String, target: String, at_fault: Option<AtFault>, advice: String }
    id: "http/first-hop-plain", severity: Warning, source: "practice: each step in clear can be changed on the way (Observatory)",
    explained_by: ["http/redirect-loop", "http/too-many-hops", "http/target-unreachable", "http/host-glued", "http/internal-target"],
    message: "the first step from `{url}` stays in clear: it leads to `{target}`",
    fix: "lead to https first, and from there to the page; {advice}",
}

finding! {
    /// There are several redirects before the page.
    ///
    /// Each costs the visitor at least a round trip, and over https to another host three. Let the first step lead to https of
    /// the same host, the second to the final URL; rules that add `www`, a language or a slash can be joined into one.
    ///
    /// nginx: one `return` to the final host instead of several `rewrite`; Apache: one RewriteRule with both conditions;
    /// HAProxy: `redirect prefix https://www.shop.example` instead of two rules; IIS: stopProcessing and one rule; Caddy:
    /// `redir https://www.shop.example{uri}`; an ALB: host and protocol in one action; CloudFront: one function; Cloudflare:
    /// one redirect rule for host and scheme, in front of the application's own.
    ManyHops { start: String, hops: usize, shown: String, advice: String }
    id: "http/many-hops", severity: Notice, source: "practice: each redirect costs a round trip",
    explained_by: ["http/too-many-hops", "http/redirect-loop"],
    message: "`{start}` leads through {hops} redirects: {shown}",
    fix: "join the rules, so that the second redirect leads to the final URL; {advice}",
}

finding! {
    /// The page in clear leads to https by itself instead of by a redirect.
    ///
    /// The answer is a page with `<meta http-equiv="refresh">`: browsers follow it, programs, links to other pages and certificate
    /// tools do not, and everybody has loaded a page that could be changed on the way. Answer with a redirect: nginx `return 301
    /// https://$host$request_uri;`, Apache `Redirect permanent / https://shop.example/`, IIS HTTP Redirect, a bucket of S3 the
    /// redirect of its website settings, or CloudFront in front of it with "Redirect HTTP to HTTPS".
    ///
    /// HAProxy `http-request redirect scheme https code 301 unless { ssl_fc }`, Caddy `redir https://{host}{uri} permanent`,
    /// an ALB the redirect action of HTTP:80, Cloudflare Always Use HTTPS.
    HtmlRedirect { url: String, target: String, advice: String }
    id: "http/html-redirect", severity: Warning, source: "RFC 6797 §7.2",
    message: "`{url}` leads to `{target}` by a page with a meta refresh, which only browsers follow",
    fix: "answer with a redirect instead of the page; {advice}",
}

/// Redirects that nobody minds: to https, to the host, to the page.
const FEW: usize = 3;

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    first_hop(http, findings);
    many_hops(http, findings);
    html(http, findings);
}

fn first_hop(http: &Http, findings: &mut Vec<Finding>) {
    let first = http.given().filter_map(|route| route.hops.first());
    let plain: Vec<(&Hop, &String)> = first
        .filter(|hop| !hop.is_https())
        .filter_map(|hop| Some((hop, hop.target.as_ref()?)))
        .filter(|(_, target)| !is_https(target))
        .collect();
    if let Some((hop, target)) = plain.first() {
        let evidence = FirstHopPlain {
            url: hop.url.clone(),
            target: (*target).clone(),
            at_fault: location::at_fault(hop, Part::Scheme),
            advice: advice(http, hop, Wish::Redirect),
        };
        let places = labels(plain.iter().map(|(hop, _)| *hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

fn many_hops(http: &Http, findings: &mut Vec<Finding>) {
    let redirects = |route: &Route| route.hops.iter().filter(|hop| hop.target.is_some()).count();
    let long: Vec<&Route> = http
        .given()
        .filter(|route| {
            let ends = matches!(route.outcome, RouteOutcome::Https | RouteOutcome::Http);
            ends && redirects(route) > FEW
        })
        .collect();
    let longest = long.iter().max_by_key(|route| redirects(route));
    if let Some((longest, last)) = longest.and_then(|route| Some((route, route.last()?))) {
        let urls = longest.hops.iter().map(|hop| format!("`{}`", hop.url));
        let evidence = ManyHops {
            start: longest.start.clone(),
            hops: redirects(longest),
            shown: urls.collect::<Vec<_>>().join(" to "),
            advice: advice(http, last, Wish::Target),
        };
        let places = labels(long.iter().filter_map(|route| route.hops.first()));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

/// Where a page in clear leads by itself, when that is https.
pub(super) fn refreshed(hop: &Hop) -> Option<String> {
    let to = hop.meta_refresh.as_ref().filter(|_| !hop.is_https())?;
    let target = Url::parse(&hop.url).ok()?.join(to).ok()?;
    (target.scheme() == "https").then(|| target.to_string())
}

fn html(http: &Http, findings: &mut Vec<Finding>) {
    let ends = http.given().filter_map(Route::last);
    let led: Vec<(&Hop, String)> = ends
        .filter_map(|hop| Some((hop, refreshed(hop)?)))
        .collect();
    if let Some((hop, target)) = led.first() {
        let evidence = HtmlRedirect {
            url: hop.url.clone(),
            target: target.clone(),
            advice: advice(http, hop, Wish::Redirect),
        };
        let places = labels(led.iter().map(|(hop, _)| *hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, page, redirect, route};
    use super::*;

    const START: &str = "http://shop.example/";

    fn judged(hops: Vec<Hop>) -> Vec<String> {
        let start = hops[0].url.clone();
        let walk = route(&start, hops, RouteOutcome::Https);
        ids(|findings| judge(&http(vec![walk]), findings))
    }

    #[test]
    fn a_first_step_in_clear_is_named_and_a_later_one_over_https_is_not() {
        let hops = |first: &str| {
            vec![
                redirect(START, 301, first),
                redirect(first, 301, "https://www.shop.example/"),
                page("https://www.shop.example/", 200),
            ]
        };
        assert_eq!(
            judged(hops("http://www.shop.example/")),
            ["http/first-hop-plain"]
        );
        assert!(judged(hops("https://shop.example/")).is_empty());
        assert!(judged(vec![page(START, 200)]).is_empty());
    }

    #[test]
    fn four_redirects_are_many_and_three_are_not() {
        let chain = |length: usize| {
            let url = |number| format!("https://shop.example/{number}");
            let mut hops: Vec<Hop> = (0..length)
                .map(|number| redirect(&url(number), 301, &url(number + 1)))
                .collect();
            hops.push(page(&url(length), 200));
            hops
        };
        assert_eq!(judged(chain(4)), ["http/many-hops"]);
        assert!(judged(chain(3)).is_empty());
    }

    #[test]
    fn a_walk_that_does_not_end_is_anothers_to_name() {
        let hops = vec![redirect("https://shop.example/", 301, "https://shop.example/1"); 5];
        let walk = route("https://shop.example/", hops, RouteOutcome::Loop);
        assert!(ids(|findings| judge(&http(vec![walk]), findings)).is_empty());
    }

    #[test]
    fn a_page_that_leads_to_https_by_itself_is_no_redirect() {
        let refreshing = |url: &str, to: &str| {
            let mut hop = page(url, 200);
            hop.meta_refresh = Some(to.to_owned());
            judged(vec![hop])
        };
        assert_eq!(
            refreshing(START, "https://shop.example/"),
            ["http/html-redirect"]
        );
        assert!(refreshing(START, "/en").is_empty());
        assert!(refreshing("https://shop.example/", "https://shop.example/en").is_empty());
    }
}
