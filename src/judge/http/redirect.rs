//! Does the way from `http://` lead straight to `https://` of the same host, for good?

use super::location::{self, Part};
use super::{labels, of_redirect};
use crate::facts::http::{
    Hop, HopStage, Http, Route, RouteOutcome, RoutePurpose, host_of, is_https,
};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::field;
use crate::judge::server::{Wish, advice};

finding! {
    /// The site is served in clear, although it has HTTPS.
    ///
    /// Whoever types the name without `https://` gets the page in clear and stays there: anybody on the way can read and change
    /// it. Answer every request on port 80 with a redirect to the same URL with https. nginx: `return 301
    /// https://$host$request_uri;`; Apache: `Redirect permanent / https://shop.example/`, with the slash at the end; HAProxy:
    /// `http-request redirect scheme https code 301 unless { ssl_fc }`; IIS: URL Rewrite to `https://{HTTP_HOST}{UNENCODED_URL}`;
    /// Caddy: it does by itself, unless the site's address begins with `http://`; ALB: a redirect action on the listener of
    /// port 80; CloudFront: Viewer protocol policy; Cloudflare: Always Use HTTPS.
    NoRedirect { url: String, status: u16, advice: String }
    id: "http/no-redirect", severity: Error, source: "RFC 6797 §7.2",
    message: "`{url}` answers {status} in clear instead of sending visitors to https",
    fix: "redirect port 80 to https; {advice}",
}

finding! {
    /// A page over HTTPS sends the visitor back into the clear.
    ///
    /// The redirect gives up the protection that was already there, and takes cookies and form data along. Often an application
    /// behind a load balancer builds its links with `http`, because it does not know of the TLS in front: have it trust
    /// `X-Forwarded-Proto`, or set its own base URL to https.
    ///
    /// nginx in front `proxy_set_header X-Forwarded-Proto $scheme;`; Apache in front `RequestHeader set X-Forwarded-Proto
    /// https`; HAProxy `http-request set-header X-Forwarded-Proto https if { ssl_fc }`; IIS with Application Request Routing
    /// the server variable HTTP_X_FORWARDED_PROTO; Caddy sends it by itself, and believes one that it gets when
    /// `trusted_proxies` names the sender; an ALB sends it always; CloudFront sends CloudFront-Forwarded-Proto when the
    /// origin request policy has it; Cloudflare sends it, with the encryption mode "Full (strict)".
    Downgrade { from: String, to: String, at_fault: Option<AtFault>, advice: String }
    id: "http/downgrade", severity: Error, source: "practice: the protection is given up on the way (hstspreload.org)",
    message: "`{from}` sends visitors back into the clear, to `{to}`",
    fix: "let the redirect point to https, and tell the application that visitors come by https; {advice}",
}

finding! {
    /// A redirect does not say where to.
    ///
    /// The status code asks the client to go elsewhere, and the Location field is missing, stands there twice with different
    /// values, or is no URL of a site. Browsers show an empty page or an error. Look at the redirect rule of the server or
    /// application: often a variable in it is empty.
    ///
    /// nginx `return 301 https://$host$request_uri;`; Apache `Redirect permanent / https://shop.example/`; HAProxy
    /// `http-request redirect scheme https`, or `location` with a value that is never empty; IIS the url of the action
    /// Redirect; Caddy `redir https://{host}{uri}`; ALB `https://#{host}:443/#{path}?#{query}`; CloudFront functions the
    /// header location of the response; Cloudflare the target of the redirect rule. When the application makes it, its base
    /// URL is empty.
    LocationInvalid { url: String, status: u16, said: String, token: Option<String>, at_fault: Option<AtFault>, head: Option<String>, advice: String }
    id: "http/location-invalid", severity: Error, source: "RFC 9110 §10.2.2",
    message: "`{url}` answers {status} {said}",
    fix: "send one Location field with a complete URL, as in `Location: https://{{host}}{{path}}`; {advice}",
}

finding! {
    /// The first redirect leaves the host before it was reached over HTTPS.
    ///
    /// A browser keeps an HSTS policy for a host only when it met that host over HTTPS. When `http://name` leads directly to
    /// another host, `www` included, the name itself is never protected, and the first step stays open to attack at every
    /// visit. Redirect to https of the same host first, and from there to the other.
    ///
    /// nginx: in the server block of port 80 `return 301 https://$host$request_uri;`, and the step to the other host in that
    /// of port 443; Apache: the same in the two VirtualHosts, `https://%{HTTP_HOST}`; HAProxy `redirect scheme https` before
    /// `redirect prefix`; IIS the https rule with `{HTTP_HOST}` before the canonical host; Caddy does so by itself; ALB
    /// `#{host}` in the redirect of HTTP:80; CloudFront "Redirect HTTP to HTTPS" keeps the host; Cloudflare: Always Use
    /// HTTPS, and the rule for the other host on https alone. A certificate for both names is needed.
    OffHostFirst { url: String, target: String, host: String, at_fault: Option<AtFault>, advice: String }
    id: "http/off-host-first", severity: Warning, source: "RFC 6797 §7.2",
    explained_by: ["http/first-hop-plain"],
    message: "`{url}` leads to another host, `{target}`, before `https://{host}` was reached",
    fix: "redirect `http://{host}` to `https://{host}` first, and from there to the other host; {advice}",
}

finding! {
    /// The step to HTTPS is said to be temporary.
    ///
    /// Browsers and search engines keep a permanent redirect (301 or 308) and skip the step in clear next time; a temporary one
    /// they ask for again at every visit. Use 301, or 308 when forms are sent to the address.
    ///
    /// nginx `return 301` instead of 302, and `permanent` instead of `redirect` behind rewrite; Apache `Redirect permanent`
    /// or `[R=301]`; HAProxy `code 301`; IIS redirectType Permanent; Caddy `redir … permanent`; ALB HTTP_301; CloudFront
    /// answers 301 by itself, a function says statusCode 301; Cloudflare: status code 301 in the rule.
    NotPermanent { url: String, status: u16, at_fault: Option<AtFault>, advice: String }
    id: "http/not-permanent", severity: Notice, source: "RFC 9110 §15.4",
    message: "the step from `{url}` to https is temporary ({status})",
    fix: "answer 301 instead, or 308 where forms are posted; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    no_redirect(http, findings);
    location_invalid(http, findings);
    let host = http.host.as_str();
    let downgrades = steps(http, |hop, next| hop.is_https() && !is_https(next));
    if let Some((hop, to)) = downgrades.first() {
        let evidence = Downgrade {
            from: hop.url.clone(),
            to: (*to).to_owned(),
            at_fault: location::at_fault(hop, Part::Scheme),
            advice: advice(http, hop, Wish::Scheme),
        };
        findings.push(evidence.about_all(host, places(&downgrades)));
    }
    let away = steps_to_https(http, |_, next| host_of(next) != host);
    if let Some((hop, target)) = away.first() {
        let evidence = OffHostFirst {
            url: hop.url.clone(),
            target: (*target).to_owned(),
            host: host.to_owned(),
            at_fault: location::at_fault(hop, Part::Host),
            advice: advice(http, hop, Wish::Redirect),
        };
        findings.push(evidence.about_all(host, places(&away)));
    }
    let temporary = steps_to_https(http, |hop, _| matches!(hop.status, Some(302 | 303 | 307)));
    if let Some((hop, _)) = temporary.first() {
        let evidence = NotPermanent {
            url: hop.url.clone(),
            status: hop.status.unwrap_or_default(),
            at_fault: field::status(hop),
            advice: advice(http, hop, Wish::Redirect),
        };
        findings.push(evidence.about_all(host, places(&temporary)));
    }
}

fn no_redirect(http: &Http, findings: &mut Vec<Finding>) {
    let works = |route: &Route| {
        route.outcome == RouteOutcome::Https && status(route).is_some_and(|status| status < 500)
    };
    let of_pages = || http.given().chain(http.of(RoutePurpose::Root));
    if !of_pages().any(|route| !route.starts_in_clear() && works(route)) {
        return;
    }
    let in_clear = of_pages().filter(|route| {
        let page =
            route.outcome == RouteOutcome::Http && status(route).is_some_and(|status| status < 400);
        route.starts_in_clear() && page && !route.hops.iter().any(Hop::is_https)
    });
    let pages: Vec<&Hop> = in_clear
        .filter_map(Route::last)
        .filter(|hop| super::detour::refreshed(hop).is_none())
        .collect();
    if let Some(page) = pages.first() {
        let evidence = NoRedirect {
            url: page.url.clone(),
            status: page.status.unwrap_or_default(),
            advice: advice(http, page, Wish::Redirect),
        };
        findings.push(evidence.about_all(http.host.as_str(), labels(pages.iter().copied())));
    }
}

fn status(route: &Route) -> Option<u16> {
    route.last().and_then(|hop| hop.status)
}

fn location_invalid(http: &Http, findings: &mut Vec<Finding>) {
    let all = http.walks().filter_map(Route::last);
    let broken: Vec<&Hop> = all
        .filter(|hop| {
            hop.error
                .as_ref()
                .is_some_and(|error| error.stage == HopStage::Location)
        })
        .collect();
    let Some(first) = broken.first() else { return };
    let said = match (first.locations, &first.location) {
        (0, _) => "without a Location field".to_owned(),
        (1, Some(location)) if location.is_empty() => "with an empty Location field".to_owned(),
        (1, Some(location)) => format!("with a Location that leads to no site: `{location}`"),
        (many, _) => format!("with {many} different Location fields"),
    };
    let evidence = LocationInvalid {
        url: first.url.clone(),
        status: first.status.unwrap_or_default(),
        said,
        token: first.location.clone(),
        at_fault: location::unfollowed(first),
        head: first.head.clone(),
        advice: advice(http, first, of_redirect(first)),
    };
    findings.push(evidence.about_all(http.host.as_str(), labels(broken)));
}

type Step<'a> = (&'a Hop, &'a str);

/// Every redirect for which `test` holds.
fn steps<'a>(http: &'a Http, test: impl Fn(&Hop, &str) -> bool) -> Vec<Step<'a>> {
    let hops = http.walks().flat_map(|route| &route.hops);
    let led = hops.filter_map(|hop| Some((hop, hop.target.as_deref()?)));
    led.filter(|(hop, next)| test(hop, next)).collect()
}

/// Of each route that began in clear the first step to HTTPS, when `test` holds for it.
fn steps_to_https<'a>(http: &'a Http, test: impl Fn(&Hop, &str) -> bool) -> Vec<Step<'a>> {
    let first = http
        .given()
        .filter(|route| route.starts_in_clear())
        .filter_map(|route| {
            let led = route
                .hops
                .iter()
                .filter_map(|hop| Some((hop, hop.target.as_deref()?)));
            let mut to_https = led.filter(|(hop, next)| !hop.is_https() && is_https(next));
            to_https.next()
        });
    first.filter(|(hop, next)| test(hop, next)).collect()
}

fn places(steps: &[Step<'_>]) -> Vec<String> {
    labels(steps.iter().map(|(hop, _)| *hop))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{broken, http, ids, page, redirect, route};
    use super::*;
    use crate::facts::attempt::Failure;

    fn judged(routes: Vec<Route>) -> Vec<String> {
        ids(|findings| judge(&http(routes), findings))
    }

    fn secure() -> Route {
        route(
            "https://shop.example/",
            vec![page("https://shop.example/", 200)],
            RouteOutcome::Https,
        )
    }

    fn by(hop: Hop, last: Hop) -> Route {
        let outcome = if last.is_https() {
            RouteOutcome::Https
        } else {
            RouteOutcome::Http
        };
        route("http://shop.example/", vec![hop, last], outcome)
    }

    #[test]
    fn a_page_in_clear_beside_https_lacks_a_redirect() {
        let in_clear = |status| {
            route(
                "http://shop.example/",
                vec![page("http://shop.example/", status)],
                RouteOutcome::Http,
            )
        };
        assert_eq!(judged(vec![in_clear(200), secure()]), ["http/no-redirect"]);
        assert!(judged(vec![in_clear(404), secure()]).is_empty());
        assert!(
            judged(vec![in_clear(200)]).is_empty(),
            "https was not tried, or does not work"
        );
        let step = redirect("http://shop.example/", 301, "https://shop.example/");
        assert!(judged(vec![by(step, page("https://shop.example/", 200)), secure()]).is_empty());
    }

    #[test]
    fn back_into_the_clear_is_a_downgrade_and_no_missing_redirect() {
        let down = redirect("https://shop.example/", 301, "http://shop.example/plain");
        let up = redirect("http://shop.example/", 301, "https://shop.example/");
        let plain = page("http://shop.example/plain", 200);
        let walk = route(
            "http://shop.example/",
            vec![up, down, plain],
            RouteOutcome::Http,
        );
        assert_eq!(judged(vec![walk, secure()]), ["http/downgrade"]);
    }

    #[test]
    fn every_walk_counts_not_that_of_the_url_alone() {
        let twin = "https://www.shop.example/";
        let down = redirect(twin, 301, "http://shop.example/");
        let walk = route(twin, vec![down], RouteOutcome::Http);
        assert_eq!(judged(vec![secure(), walk]), ["http/downgrade"]);
        let probe = "http://shop.example/doorstep-probe/a";
        let (stage, failure) = (HopStage::Location, Failure::Malformed { at: Some(0) });
        let hop = broken(probe, Some(301), stage, failure);
        let walk = Route {
            purpose: RoutePurpose::Path,
            ..route(probe, vec![hop], RouteOutcome::Error)
        };
        assert_eq!(judged(vec![secure(), walk]), ["http/location-invalid"]);
        let in_clear = "http://shop.example/";
        let root = Route {
            purpose: RoutePurpose::Root,
            ..route(in_clear, vec![page(in_clear, 200)], RouteOutcome::Http)
        };
        assert_eq!(judged(vec![secure(), root]), ["http/no-redirect"]);
    }

    #[test]
    fn a_step_within_https_and_one_within_the_clear_are_no_downgrade() {
        let led = |url: &str, to: &str| {
            let hops = vec![redirect(url, 301, to), page(to, 200)];
            judged(vec![route(url, hops, RouteOutcome::Https)])
        };
        assert!(led("https://shop.example/", "https://shop.example:8443/").is_empty());
        assert!(led("https://shop.example/", "https://http.example/http://x").is_empty());
        assert!(led("http://shop.example/", "http://shop.example/en").is_empty());
        let offered = broken(
            "https://shop.example/",
            Some(301),
            HopStage::Location,
            Failure::Malformed { at: Some(0) },
        );
        let walk = route("https://shop.example/", vec![offered], RouteOutcome::Error);
        assert!(!judged(vec![walk]).contains(&"http/downgrade".to_owned()));
    }

    #[test]
    fn the_first_step_to_https_must_stay_on_the_host_and_be_permanent() {
        let to = |status, target: &str| {
            judged(vec![by(
                redirect("http://shop.example/", status, target),
                page(target, 200),
            )])
        };
        assert_eq!(
            to(301, "https://www.shop.example/"),
            ["http/off-host-first"]
        );
        assert_eq!(to(302, "https://shop.example/"), ["http/not-permanent"]);
        assert!(to(308, "https://shop.example/").is_empty());
        assert!(
            to(302, "http://shop.example/en").is_empty(),
            "a step in clear is not the step to https"
        );
    }

    #[test]
    fn the_first_https_is_another_host_also_behind_a_step_in_clear() {
        let (http, www) = ("http://shop.example/", "http://www.shop.example/");
        let secure = "https://www.shop.example/";
        let hops = vec![
            redirect(http, 301, www),
            redirect(www, 301, secure),
            page(secure, 200),
        ];
        let walks = super::super::testing::http(vec![route(http, hops, RouteOutcome::Https)]);
        let found = ids(|findings| judge(&walks, findings));
        assert_eq!(found, ["http/off-host-first"]);
    }

    #[test]
    fn a_redirect_without_a_usable_location_is_invalid() {
        let hop = broken(
            "http://shop.example/",
            Some(301),
            HopStage::Location,
            Failure::Malformed { at: None },
        );
        assert_eq!(
            judged(vec![route(
                "http://shop.example/",
                vec![hop],
                RouteOutcome::Error
            )]),
            ["http/location-invalid"]
        );
        let hop = broken(
            "http://shop.example/",
            None,
            HopStage::Exchange,
            Failure::Closed,
        );
        assert!(
            judged(vec![route(
                "http://shop.example/",
                vec![hop],
                RouteOutcome::Error
            )])
            .is_empty()
        );
    }
}
