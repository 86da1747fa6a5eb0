//! Would a certificate authority find its challenge?

use url::Url;

use super::location::{self, Part};
use super::{labels, unreached};
use crate::facts::http::{Hop, Http, Route, RouteOutcome, RoutePurpose, host_of};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// A certificate authority would not find its challenge.
    ///
    /// To renew a certificate by HTTP, the authority asks port 80 for `/.well-known/acme-challenge/` and a token. It follows
    /// redirects, to ports 80 and 443 alone, and finds the file only where the path is kept. Here the path gets lost, or the
    /// answer is 401, 403 or an error, so the next renewal fails and the certificate ends. Let the path through before redirects
    /// and sign-ins: nginx `location ^~ /.well-known/acme-challenge/ { root /var/www/html; }`, Apache `RewriteCond %{REQUEST_URI}
    /// !^/\.well-known/acme-challenge/`, HAProxy a backend for `path_beg /.well-known/acme-challenge/`, IIS a rule in front, ALB
    /// and CloudFront a rule or behavior for the path; Caddy and Cloudflare answer by themselves. Who renews by DNS can ignore it.
    AcmeChallenge { url: String, said: String, at_fault: Option<AtFault>, advice: String }
    id: "http/acme-challenge", severity: Warning, source: "RFC 8555 §8.3",
    explained_by: [
        "http/host-glued", "http/path-lost", "http/server-error", "http/redirect-loop", "http/downgrade", "http/wrong-port",
        "http/target-unreachable", "http/internal-target"
    ],
    message: "a certificate authority would not find its challenge: `{url}` {said}",
    fix: "let `/.well-known/acme-challenge/` through before redirects and sign-ins; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    let routes = http.of(RoutePurpose::Acme);
    let failing: Vec<(&Route, Astray<'_>)> = routes
        .filter_map(|route| {
            let astray = failing(http, route)?;
            (!is_turned_away(http, route, astray.hop)).then_some((route, astray))
        })
        .collect();
    if let Some((_, Astray { hop, said, part })) = failing.first() {
        let evidence = AcmeChallenge {
            url: hop.url.clone(),
            said: said.clone(),
            at_fault: part.and_then(|part| location::at_fault(hop, part)),
            advice: advice(http, hop, Wish::Challenge),
        };
        let places = labels(failing.iter().filter_map(|(route, _)| route.hops.first()));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

/// Whether the address turns this client away from the page as well: what an authority meets is not known then.
fn is_turned_away(http: &Http, route: &Route, hop: &Hop) -> bool {
    let mut same = http.given().filter(|own| own.address == route.address);
    hop.is_declined() && same.any(|own| own.last().is_some_and(Hop::is_declined))
}

/// The hop at which the authority is led astray, how, and by which part of its Location.
struct Astray<'a> {
    hop: &'a Hop,
    said: String,
    part: Option<Part>,
}

fn failing<'a>(http: &Http, route: &'a Route) -> Option<Astray<'a>> {
    let by = |hop, part, said| Some(Astray { hop, said, part });
    let path = Url::parse(&route.start).ok()?.path().to_owned();
    for hop in &route.hops {
        let Some(target) = hop.target.as_deref() else {
            continue;
        };
        let url = Url::parse(target).ok()?;
        let port = url.port_or_known_default().unwrap_or_default();
        if ![80, 443].contains(&port) {
            let said = format!("leads to port {port}, where no authority follows");
            return by(hop, Some(Part::Port), said);
        }
        if url.path() != path {
            let said = format!("leads to `{target}`, where the path is lost");
            return by(hop, Some(Part::Path), said);
        }
    }
    if matches!(
        route.outcome,
        RouteOutcome::Loop | RouteOutcome::TooManyHops
    ) {
        let last = route.last()?;
        return by(
            last,
            Some(Part::Whole),
            "is redirected on and on".to_owned(),
        );
    }
    let dead_end = dead_end(route).filter(|_| !is_told(http, route));
    if let Some((before, url, why)) = dead_end {
        let said = format!("leads to `{url}`, which cannot be reached: {why}");
        return by(before, Some(Part::Host), said);
    }
    let last = route.last().filter(|hop| hop.error.is_none())?;
    let status = last
        .status
        .filter(|status| matches!(status, 401 | 403 | 500..))?;
    by(last, None, format!("answers {status}"))
}

/// The redirect to where nobody answers, the URL there, and why.
fn dead_end(route: &Route) -> Option<(&Hop, &str, String)> {
    let [.., before, last] = route.hops.as_slice() else {
        return None;
    };
    Some((before, last.url.as_str(), unreached(last)?.in_words()))
}

/// Whether the way that was asked for comes to the same dead end, and tells of it.
fn is_told(http: &Http, route: &Route) -> bool {
    let end = |route: &Route| Some(host_of(dead_end(route)?.1));
    let own = end(route);
    own.is_some() && http.walks().any(|other| end(other) == own)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, page, redirect, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

    const START: &str = "http://shop.example/.well-known/acme-challenge/doorstep-probe";

    fn judged(hops: Vec<Hop>) -> Vec<String> {
        let walk = Route {
            purpose: RoutePurpose::Acme,
            ..route(START, hops, RouteOutcome::Http)
        };
        ids(|findings| judge(&http(vec![walk]), findings))
    }

    #[test]
    fn a_lost_path_another_port_and_a_refusal_lead_an_authority_astray() {
        let to = |target: &str| judged(vec![redirect(START, 301, target), page(target, 404)]);
        assert_eq!(to("https://shop.example/"), ["http/acme-challenge"]);
        let elsewhere = START.replace("http://shop.example", "https://shop.example:8443");
        assert_eq!(to(&elsewhere), ["http/acme-challenge"]);
        for status in [401, 403, 500, 503] {
            assert_eq!(judged(vec![page(START, status)]), ["http/acme-challenge"]);
        }
    }

    #[test]
    fn an_address_that_turns_this_client_away_everywhere_says_nothing_of_authorities() {
        let with_page = |status| {
            let url = "http://shop.example/";
            let walk = Route {
                purpose: RoutePurpose::Acme,
                ..route(START, vec![page(START, 403)], RouteOutcome::Inconclusive)
            };
            let own = route(url, vec![page(url, status)], RouteOutcome::Http);
            ids(|findings| judge(&http(vec![own, walk]), findings))
        };
        assert!(with_page(403).is_empty());
        assert!(with_page(429).is_empty());
        assert_eq!(with_page(200), ["http/acme-challenge"]);
        assert_eq!(with_page(404), ["http/acme-challenge"]);
    }

    #[test]
    fn a_dead_end_and_a_circle_lead_an_authority_astray_unless_visitors_come_there_too() {
        use crate::facts::attempt::Failure;
        use crate::facts::http::HopStage;
        let led = |start: &str, purpose, host: &str| {
            let target = start.replace("http://shop.example", host);
            let failure = Failure::NameNotFound;
            let dead = super::super::testing::broken(&target, None, HopStage::Lookup, failure);
            let hops = vec![redirect(start, 301, &target), dead];
            Route {
                purpose,
                ..route(start, hops, RouteOutcome::Error)
            }
        };
        let challenge = || led(START, RoutePurpose::Acme, "https://nx.example");
        let page = |host| led("http://shop.example/", RoutePurpose::Target, host);
        let judged = |routes| ids(|findings| judge(&http(routes), findings));
        assert_eq!(judged(vec![challenge()]), ["http/acme-challenge"]);
        assert_eq!(
            judged(vec![page("https://ny.example"), challenge()]),
            ["http/acme-challenge"]
        );
        assert!(judged(vec![page("https://nx.example"), challenge()]).is_empty());
        let circle = Route {
            outcome: RouteOutcome::Loop,
            purpose: RoutePurpose::Acme,
            ..route(START, vec![redirect(START, 301, START)], RouteOutcome::Loop)
        };
        assert_eq!(judged(vec![circle]), ["http/acme-challenge"]);
    }

    #[test]
    fn a_plain_404_and_a_redirect_that_keeps_the_path_are_fine() {
        assert!(judged(vec![page(START, 404)]).is_empty());
        let kept = START.replace("http:", "https:");
        let with_query = format!("{kept}?from=http");
        assert!(
            judged(vec![
                redirect(START, 301, &with_query),
                page(&with_query, 404)
            ])
            .is_empty()
        );
        assert!(judged(vec![redirect(START, 301, &kept), page(&kept, 404)]).is_empty());
    }

    #[test]
    fn what_was_not_answered_is_not_judged() {
        use crate::facts::attempt::Failure;
        use crate::facts::http::HopStage;
        let lost = super::super::testing::broken(START, None, HopStage::Connect, Failure::Refused);
        assert!(judged(vec![lost]).is_empty());
        assert!(judged(Vec::new()).is_empty());
    }
}
