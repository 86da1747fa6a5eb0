//! Does every walk come to an end, and can each place on it be reached?

use super::addresses::is_passed_over;
use super::location::{self, Part};
use super::{labels, witness};
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopStage, Http, Route, RouteOutcome, host_of};
use crate::facts::tls::Tls;
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// The redirects go round in a circle.
    ///
    /// A URL that was asked for already comes again, and every browser gives up with "too many redirects". The commonest cause is
    /// a proxy or CDN that speaks HTTP to the server while the server redirects all HTTP to HTTPS: let the CDN connect over
    /// HTTPS ("full" mode), or the server trust `X-Forwarded-Proto`. Two rules that send `www` there and back are another. A site
    /// that sets a cookie and sends the visitor round until it comes back lets browsers in, and shuts out whoever keeps none, as
    /// search engines do: answer the first request with the page.
    ///
    /// nginx behind a proxy: redirect `if ($http_x_forwarded_proto = http)` alone; Apache: `RewriteCond
    /// %{HTTP:X-Forwarded-Proto} =http`; HAProxy: `unless { ssl_fc }`; IIS: the condition `{HTTP_X_FORWARDED_PROTO}`; Caddy:
    /// `http://` before the address of a site behind a proxy, so that it does not redirect by itself; an ALB: the redirect on
    /// HTTP:80 alone, not in the target; CloudFront: origin protocol HTTPS only; Cloudflare: "Full (strict)" instead of
    /// "Flexible".
    RedirectLoop { members: Vec<String>, cookies: Vec<String>, shown: String, mend: &'static str, at_fault: Option<AtFault>, advice: String }
    id: "http/redirect-loop", severity: Error, source: "RFC 9110 §15.4",
    message: "the redirects go round in a circle: {shown}",
    fix: "{mend}; {advice}",
}

finding! {
    /// There are more redirects than clients follow.
    ///
    /// The walk was given up before it came to a page. Browsers follow 20, many other clients 10, and each costs the visitor at
    /// least a round trip. Let the first redirect point to the final URL at once.
    ///
    /// nginx, Apache, HAProxy, IIS and Caddy: look for a rule that adds to the path at each step (`rewrite`, RewriteRule,
    /// `redirect prefix`, URL Rewrite, `redir`) and let it stand for the exact path; an ALB, CloudFront functions and
    /// Cloudflare rules: the condition has to leave out what the rule itself produces.
    TooManyHops { start: String, hops: usize, last: String, at_fault: Option<AtFault>, advice: String }
    id: "http/too-many-hops", severity: Error, source: "practice: the Fetch standard allows 20 redirects, common clients 10",
    message: "`{start}` leads through more than {hops} redirects; the last seen is to `{last}`",
    fix: "let the first redirect point to the final URL at once; {advice}",
}

finding! {
    /// A redirect sends the visitor where nobody answers.
    ///
    /// The name of the target does not exist, its server cannot be connected to, or it refuses the TLS handshake. The visitor
    /// sees an error of the browser. Point the redirect to a host that serves the site, or mend that host.
    ///
    /// Where the target is written: nginx `return` or `rewrite`, Apache `Redirect` or RewriteRule, HAProxy `redirect
    /// location` or `prefix`, IIS the url of the action, Caddy `redir`, an ALB the host of the redirect action, a CloudFront
    /// function its location, Cloudflare the target of the redirect rule.
    TargetUnreachable { url: String, from: String, why: String, at_fault: Option<AtFault>, advice: String }
    id: "http/target-unreachable", severity: Error, source: "practice: the visitor ends at an error of the browser",
    explained_by: [
        "tls/unreachable", "tls/address-fails", "tls/plaintext", "tls/handshake-refused", "tls/legacy-only",
        "tls/client-certificate-required", "dns/private-address", "dns/all-addresses-private", "http/wrong-port",
        "http/host-glued", "http/internal-target", "across/dangling-address"
    ],
    message: "{from} `{url}` cannot be reached: {why}",
    fix: "let the way lead to a host that serves the site, or mend that host{advice}",
}

finding! {
    /// Nothing listens on port 80.
    ///
    /// Whoever types the name without `https://` into a client that does not try HTTPS first sees "connection refused". Browsers
    /// try HTTPS by themselves more and more, so this can be meant; but links with `http://` are broken. A redirect to https on
    /// port 80 serves both.
    ///
    /// nginx `listen 80; listen [::]:80;`; Apache `Listen 80`; HAProxy `bind :80,:::80`; IIS a binding http on port 80; Caddy
    /// listens by itself unless `auto_https disable_redirects`; an ALB a listener HTTP:80; CloudFront and Cloudflare listen
    /// always, so the name does not lead to them.
    Port80Closed { addresses: String, advice: String }
    id: "http/port-80-closed", severity: Notice, source: "practice: old links and clients begin with http",
    explained_by: [
        "tls/unreachable", "tls/address-fails", "dns/private-address", "dns/all-addresses-private", "http/family-fails",
        "http/target-unreachable", "across/dangling-address"
    ],
    message: "port 80 is closed at {addresses}: old links with http:// lead nowhere",
    fix: "open port 80 and answer every request there with a redirect to https; {advice}",
}

finding! {
    /// Port 80 neither accepts nor refuses a connection.
    ///
    /// Something on the way, mostly a firewall or security group, drops the packets. Visitors who come by `http://` wait for a
    /// long time before they see an error. Open the port and redirect to https, or refuse connections instead of dropping them.
    ///
    /// Behind the firewall the server has to listen: nginx `listen 80; listen [::]:80;`, Apache `Listen 80`, HAProxy `bind
    /// :80,:::80`, IIS a binding and the rule "World Wide Web Services (HTTP)" of its firewall, Caddy by itself; an ALB needs
    /// port 80 in its security group; CloudFront and Cloudflare always answer there.
    Port80Silent { addresses: String, why: String, advice: String }
    id: "http/port-80-silent", severity: Warning, source: "practice: visitors wait for nothing",
    explained_by: [
        "tls/unreachable", "tls/address-fails", "dns/private-address", "dns/all-addresses-private", "http/family-fails",
        "across/dangling-address"
    ],
    message: "port 80 leads nowhere at {addresses}: {why}",
    fix: "open port 80 in the firewall or security group and redirect to https, or let it refuse connections at once; {advice}",
}

pub(super) fn judge(http: &Http, tls: Option<&Tls>, findings: &mut Vec<Finding>) {
    ends(http, findings);
    port_80(http, findings);
    targets(http, tls, findings);
}

fn ends(http: &Http, findings: &mut Vec<Finding>) {
    let of = |outcome| move |route: &&Route| route.outcome == outcome;
    let looping: Vec<&Route> = http.walks().filter(of(RouteOutcome::Loop)).collect();
    if let Some((route, last)) = looping
        .first()
        .and_then(|route| Some((route, route.last()?)))
    {
        let members = members(route);
        let mut shown = members.clone();
        shown.extend(members.first().cloned());
        let shown: Vec<String> = shown.iter().map(|url| format!("`{url}`")).collect();
        let cookies = cookies(circle(route));
        let aside = cookies.first().map(|cookie| {
            format!(
                "; the cookie `{cookie}` is set on the way, and a client that keeps it may get out"
            )
        });
        let (mend, wish) = unwound(&members, last);
        let evidence = RedirectLoop {
            members,
            cookies,
            shown: shown.join(" to ") + &aside.unwrap_or_default(),
            mend,
            at_fault: location::at_fault(last, Part::Whole),
            advice: advice(http, last, wish),
        };
        findings.push(evidence.about_all(http.host.as_str(), ends_of(&looping)));
    }
    let long: Vec<&Route> = http.walks().filter(of(RouteOutcome::TooManyHops)).collect();
    if let Some((route, last)) = long.first().and_then(|route| Some((route, route.last()?))) {
        let evidence = TooManyHops {
            start: route.start.clone(),
            hops: route.hops.len() - 1,
            last: last.target.clone().unwrap_or_default(),
            at_fault: location::at_fault(last, Part::Whole),
            advice: advice(http, last, Wish::Target),
        };
        findings.push(evidence.about_all(http.host.as_str(), ends_of(&long)));
    }
}

/// How a circle ends: one URL alone is asked for again by who does not know of the TLS in front, or of the one that it leads to.
fn unwound(members: &[String], last: &Hop) -> (&'static str, Wish<'static>) {
    match members {
        [_] if last.is_https() => (
            "redirect only what came to the proxy or CDN in front in clear, or let it reach the server over https",
            Wish::RedirectBehindProxy,
        ),
        [_] => ("lead to https instead of the same URL", Wish::Redirect),
        _ => ("remove one of the redirects", Wish::Target),
    }
}

fn ends_of(routes: &[&Route]) -> Vec<String> {
    labels(routes.iter().filter_map(|route| route.last()))
}

/// The hops of the circle: from the one that came again to the end.
fn circle(route: &Route) -> &[Hop] {
    let again = route
        .last()
        .and_then(|hop| hop.target.as_deref())
        .map(without_fragment);
    let mut hops = route.hops.iter();
    let from = hops.position(|hop| Some(hop.url.as_str()) == again);
    route
        .hops
        .get(from.unwrap_or_default()..)
        .unwrap_or_default()
}

fn members(route: &Route) -> Vec<String> {
    circle(route).iter().map(|hop| hop.url.clone()).collect()
}

/// The names of the cookies that are set there: requests are made without any.
fn cookies(hops: &[Hop]) -> Vec<String> {
    let set = hops.iter().flat_map(|hop| hop.values("set-cookie"));
    let names = set.map(|cookie| cookie.split(['=', ';']).next().unwrap_or_default().trim());
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// The first request of a walk that began in clear, when its connection failed.
fn unconnected(route: &Route) -> Option<(&Hop, &Failure)> {
    let first = route
        .hops
        .first()
        .filter(|hop| route.starts_in_clear() && hop.port == 80 && route.hops.len() == 1)?;
    let error = first
        .error
        .as_ref()
        .filter(|error| error.stage == HopStage::Connect)?;
    (!error.failure.is_local()).then_some((first, &error.failure))
}

fn port_80(http: &Http, findings: &mut Vec<Finding>) {
    let all: Vec<(&Hop, &Failure)> = http.given().filter_map(unconnected).collect();
    let of = |refused: bool| -> Vec<&Hop> {
        let own = all
            .iter()
            .filter(|(_, failure)| (**failure == Failure::Refused) == refused);
        own.map(|(hop, _)| *hop).collect()
    };
    let opened = |hop: &Hop| {
        let told = witness(http, hop.address).unwrap_or(hop);
        advice(http, told, Wish::Port80(&http.host))
    };
    let (closed, silent) = (labels(of(true)), labels(of(false)));
    if let Some(first) = of(true).first() {
        let evidence = Port80Closed {
            addresses: closed.join(", "),
            advice: opened(first),
        };
        findings.push(evidence.about_all(http.host.as_str(), closed));
    }
    if let Some((hop, failure)) = all
        .iter()
        .find(|(_, failure)| **failure != Failure::Refused)
    {
        let evidence = Port80Silent {
            addresses: silent.join(", "),
            why: failure.in_words(),
            advice: opened(hop),
        };
        findings.push(evidence.about_all(http.host.as_str(), silent));
    }
}

/// A host, and why it cannot be reached.
type Cause = (String, String);

fn targets(http: &Http, tls: Option<&Tls>, findings: &mut Vec<Finding>) {
    let mut by_cause: Vec<(Cause, Vec<Unreached<'_>>)> = Vec::new();
    let others = http.walks().skip(http.given().count());
    // Where they begin is told of the way that was asked for, and that the twin is dead of the twin.
    let is_twin = |hop: &Hop| Some(host_of(&hop.url)) == http.twin;
    let led = others.filter(|route| route.hops.len() > 1 && !route.last().is_some_and(is_twin));
    let unreached = http
        .given()
        .chain(led)
        .filter_map(|route| unreached(route, tls));
    // Where clients go on to another address, that is told of the addresses.
    let passed = |hop: &Hop| host_of(&hop.url) == http.host && is_passed_over(http, hop);
    let stopping = unreached.filter(|unreached| !passed(unreached.hop));
    for unreached in stopping {
        let hop = unreached.hop;
        let why = hop
            .error
            .as_ref()
            .map(|error| error.failure.in_words())
            .unwrap_or_default();
        let cause = (host_of(&hop.url), why);
        let same = |((host, why), all): &&mut (Cause, Vec<Unreached<'_>>)| {
            let mut places = all.iter().map(|own| own.hop.label());
            *why == cause.1 && (*host == cause.0 || places.any(|own| own == hop.label()))
        };
        match by_cause.iter_mut().find(same) {
            Some((_, all)) => all.push(unreached),
            None => by_cause.push((cause, vec![unreached])),
        }
    }
    for ((_, why), all) in by_cause {
        let Some(first) = all.first() else {
            continue;
        };
        let led = |before: &Hop| format!("the redirect of `{}` to", before.url);
        let advised = |before| format!("; {}", advice(http, before, Wish::Target));
        let evidence = TargetUnreachable {
            url: first.hop.url.clone(),
            from: first.before.map_or_else(|| "the site at".to_owned(), led),
            why,
            at_fault: first
                .before
                .and_then(|before| location::at_fault(before, Part::Host)),
            advice: first.before.map(advised).unwrap_or_default(),
        };
        let places = labels(all.iter().map(|unreached| unreached.hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

/// The end of a walk that could not be reached, and who led there.
struct Unreached<'a> {
    hop: &'a Hop,
    before: Option<&'a Hop>,
}

/// Nothing that another check tells of.
fn unreached<'a>(route: &'a Route, tls: Option<&Tls>) -> Option<Unreached<'a>> {
    let hop = route.last()?;
    super::unreached(hop)?;
    let seen_at_the_door = tls.is_some_and(|tls| {
        tls.endpoints
            .iter()
            .any(|endpoint| Some(endpoint.address) == hop.address && endpoint.port == hop.port)
    });
    if seen_at_the_door || unconnected(route).is_some() {
        return None;
    }
    let before = route
        .hops
        .len()
        .checked_sub(2)
        .and_then(|at| route.hops.get(at));
    Some(Unreached { hop, before })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{broken, http, ids, page, redirect, route};
    use super::*;
    use crate::facts::http::RoutePurpose;

    fn judged(routes: Vec<Route>, tls: Option<&Tls>) -> Vec<String> {
        ids(|findings| judge(&http(routes), tls, findings))
    }

    fn first(failure: Failure) -> Route {
        let hop = broken("http://shop.example/", None, HopStage::Connect, failure);
        route("http://shop.example/", vec![hop], RouteOutcome::Error)
    }

    #[test]
    fn a_circle_is_named_by_its_members_only() {
        let hops = vec![
            redirect("http://shop.example/", 301, "https://shop.example/a"),
            redirect("https://shop.example/a", 302, "https://shop.example/b"),
            redirect("https://shop.example/b", 302, "https://shop.example/a"),
        ];
        let walk = route("http://shop.example/", hops, RouteOutcome::Loop);
        assert_eq!(
            members(&walk),
            ["https://shop.example/a", "https://shop.example/b"]
        );
        assert_eq!(judged(vec![walk], None), ["http/redirect-loop"]);
    }

    #[test]
    fn a_circle_that_a_cookie_may_end_is_told_as_one() {
        let judged = |field: &str| {
            let url = "https://shop.example/";
            let mut hop = redirect(url, 302, url);
            hop.head = Some(format!("HTTP/1.1 302 Found\nlocation: {url}\n{field}\n"));
            let walk = route(url, vec![hop], RouteOutcome::Loop);
            let mut findings = Vec::new();
            judge(&http(vec![walk]), None, &mut findings);
            findings.remove(0)
        };
        let with = judged("set-cookie: seen=1; Path=/\nset-cookie: seen=2\nset-cookie: b\n");
        assert!(
            with.message.contains("the cookie `seen` is set on the way"),
            "{}",
            with.message
        );
        assert_eq!(with.evidence["cookies"], serde_json::json!(["seen", "b"]));
        let without = judged("");
        assert!(
            without.message.ends_with("`https://shop.example/`"),
            "{}",
            without.message
        );
    }

    #[test]
    fn a_walk_beyond_the_bound_is_one_and_a_shorter_one_is_fine() {
        let hop = || redirect("http://shop.example/", 301, "https://shop.example/1");
        let long = route(
            "http://shop.example/",
            vec![hop(); 11],
            RouteOutcome::TooManyHops,
        );
        assert_eq!(judged(vec![long], None), ["http/too-many-hops"]);
        let fine = route(
            "http://shop.example/",
            vec![hop(), page("https://shop.example/1", 200)],
            RouteOutcome::Https,
        );
        assert!(judged(vec![fine], None).is_empty());
    }

    #[test]
    fn port_80_is_closed_or_silent_and_nothing_is_said_when_this_machine_cannot_tell() {
        assert_eq!(
            judged(vec![first(Failure::Refused)], None),
            ["http/port-80-closed"]
        );
        let after_ms = crate::facts::attempt::Millis(5000.0);
        assert_eq!(
            judged(vec![first(Failure::TimedOut { after_ms })], None),
            ["http/port-80-silent"]
        );
        assert!(judged(vec![first(Failure::NoRoute)], None).is_empty());
        let mut elsewhere = first(Failure::Refused);
        elsewhere.hops[0].port = 8080;
        assert_eq!(
            judged(vec![elsewhere], None),
            ["http/target-unreachable"],
            "another port that was asked for is the site's"
        );
    }

    #[test]
    fn one_dead_place_is_one_cause_whatever_the_name_that_leads_there() {
        let (start, twin) = ("http://shop.example/", "http://www.shop.example/");
        let led = |start: &str, purpose| {
            let target = start.replace("http:", "https:") + ":8443";
            let dead = broken(&target, None, HopStage::Connect, Failure::Refused);
            let hops = vec![redirect(start, 301, &target), dead];
            Route {
                purpose,
                ..route(start, hops, RouteOutcome::Error)
            }
        };
        let walks = vec![
            led(start, RoutePurpose::Target),
            led(twin, RoutePurpose::Target),
            led(start, RoutePurpose::Path),
        ];
        assert_eq!(judged(walks, None), ["http/target-unreachable"]);
        let alone = vec![led(start, RoutePurpose::Path)];
        assert_eq!(judged(alone, None), ["http/target-unreachable"]);
        // No visitor goes there: that is told of the authorities.
        assert!(judged(vec![led(start, RoutePurpose::Acme)], None).is_empty());
    }

    #[test]
    fn an_address_that_clients_pass_over_stops_nobody() {
        let at = |address: &str, url: &str, failure: Option<Failure>| {
            let answered = page(url, 200);
            let hop = failure.map_or(answered, |failure| {
                broken(url, None, HopStage::Connect, failure)
            });
            let mut route = route(url, vec![hop], RouteOutcome::Https);
            route.address = address.parse().ok();
            route.hops[0].address = route.address;
            route
        };
        let secure = |address, failure| at(address, "https://shop.example/", failure);
        let clear = |address, failure| at(address, "http://shop.example/", failure);
        let shut = || Some(Failure::Refused);
        let unreachable = |routes: Vec<Route>| {
            let found = judged(routes, None);
            found.contains(&"http/target-unreachable".to_owned())
        };
        let (one, other) = ("192.0.2.10", "192.0.2.11");
        let dead = || vec![clear(one, shut()), secure(one, shut())];
        assert!(unreachable(dead()), "there is no other");
        assert!(!unreachable([dead(), vec![secure(other, None)]].concat()));
        let half = vec![clear(one, None), secure(one, shut())];
        assert!(unreachable(
            [half.clone(), vec![secure(other, None)]].concat()
        ));
        assert!(!unreachable(
            [half, vec![secure("2001:db8::1", None)]].concat()
        ));
    }

    #[test]
    fn a_target_that_cannot_be_reached_is_named_unless_the_tls_door_tells_of_it() {
        let step = redirect("http://shop.example/", 301, "https://shop.example/");
        let end = broken(
            "https://shop.example/",
            None,
            HopStage::Connect,
            Failure::Refused,
        );
        let walk = || {
            route(
                "http://shop.example/",
                vec![step.clone(), end.clone()],
                RouteOutcome::Error,
            )
        };
        assert_eq!(judged(vec![walk()], None), ["http/target-unreachable"]);
        let mut tls = Tls::default();
        assert_eq!(
            judged(vec![walk()], Some(&tls)),
            ["http/target-unreachable"]
        );
        tls.endpoints.push(super::super::testing::endpoint(&end));
        assert!(judged(vec![walk()], Some(&tls)).is_empty());
    }
}
