//! Do all addresses of the name say the same?

use std::net::IpAddr;

use super::{labels, witness};
use crate::facts::http::{Hop, HopStage, Http, Route, RouteOutcome};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::server::{Family, Wish, advice};

finding! {
    /// The addresses of the name answer differently.
    ///
    /// Status, Location or HSTS policy of the same URL are not the same everywhere, so what a visitor gets is chance. One machine
    /// missed a change of the configuration, or an address still leads to a former server. Compare the machines' configuration
    /// (nginx `nginx -T`, Apache `apachectl -S`, HAProxy and Caddy their files, IIS applicationHost.config) and deploy to all; at
    /// a load balancer look at the targets one by one; at CloudFront or Cloudflare purge the cache.
    ///
    /// At an ALB the targets of one group were deployed differently.
    AddressesDiffer { url: String, here: String, there: String, first: String, others: String, advice: String }
    id: "http/addresses-differ", severity: Warning, source: "practice: what a visitor gets is chance",
    explained_by: [
        "http/no-redirect", "http/html-redirect", "http/redirect-loop", "http/downgrade", "http/server-error", "http/client-error",
        "http/hsts-missing", "http/hsts-invalid", "http/location-invalid", "http/off-host-first", "http/first-hop-plain",
        "http/target-unreachable"
    ],
    message: "the addresses of the site differ at `{url}`: {here} at {first}, and {there} at {others}",
    fix: "bring the same configuration to {others} and {first}; {advice}",
}

finding! {
    /// No address of one family answers, while those of the other do.
    ///
    /// Browsers fall back to the other family, mostly after a quarter of a second, sometimes much later; visitors whose network has
    /// that family alone do not get in at all. Usually the server does not listen there: nginx `listen [::]:80;` and `listen
    /// [::]:443 ssl;`, Apache `Listen 80` without an address, HAProxy `bind :::80 v4v6`, Caddy without `bind`, IIS the binding
    /// "All Unassigned"; a security group or firewall needs its own rule for `::/0`; a load balancer the type dualstack.
    /// Otherwise take the records out of the DNS.
    ///
    /// An ALB: IP address type dualstack; CloudFront: IPv6 enabled in the distribution; Cloudflare: Network, IPv6
    /// Compatibility.
    FamilyFails { family: String, url: String, addresses: String, why: String, records: String, advice: String }
    id: "http/family-fails", severity: Warning, source: "practice: visitors with this family alone stay outside (RFC 8305 hides it from others)",
    explained_by: [
        "dns/private-address", "dns/all-addresses-private", "tls/unreachable", "tls/address-fails", "across/dangling-address"
    ],
    message: "`{url}` answers at no {family} address ({addresses}): {why}",
    fix: "let the server listen on {family} as well and open the firewall for it, or take the {records} records out of the DNS; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    for start in starts(http) {
        let routes: Vec<&Route> = http.given().filter(|route| route.start == start).collect();
        differ(http, &routes, findings);
    }
    let failing = all_failing(http);
    let Some(first) = failing.first() else { return };
    let evidence = FamilyFails {
        family: first.family.to_owned(),
        url: first.url.clone(),
        addresses: labels(first.hops.iter().copied()).join(", "),
        why: first.why.clone(),
        records: first.records.to_owned(),
        advice: listen(http, &failing, first),
    };
    let hops = failing.iter().flat_map(|failing| &failing.hops).copied();
    findings.push(evidence.about_all(http.host.as_str(), labels(hops)));
}

fn all_failing(http: &Http) -> Vec<Failing<'_>> {
    let starts = starts(http);
    starts
        .iter()
        .filter_map(|start| failing(http, start))
        .collect()
}

/// Whether a request for the host fails with all of its family, or at an address where nothing answers, while another address does. Clients
/// try that one next.
pub(super) fn is_passed_over(http: &Http, hop: &Hop) -> bool {
    let firsts = || http.given().filter_map(|route| route.hops.first());
    let own = || firsts().filter(|first| first.address == hop.address);
    let closed = |first: &Hop| {
        let error = first.error.as_ref();
        error.is_some_and(|error| error.stage == HopStage::Connect && !error.failure.is_local())
    };
    let at = |port: u16| own().any(|first| first.port == port);
    let gone = at(80) && at(443) && own().all(closed) && firsts().any(|first| !closed(first));
    let failing = all_failing(http);
    let mut of_family = failing.iter().flat_map(|failing| &failing.hops);
    gone || of_family.any(|failed| (failed.address, failed.port) == (hop.address, hop.port))
}

/// What to write, so that the family is listened on; an address of the other one tells who is to be told.
fn listen(http: &Http, failing: &[Failing<'_>], first: &Failing<'_>) -> String {
    let mut ports: Vec<u16> = failing
        .iter()
        .flat_map(|one| &one.hops)
        .map(|hop| hop.port)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    let told = witness(http, None).or(first.hops.first().copied());
    let wish = Wish::Listen(
        Family::of(first.hops.iter().find_map(|hop| hop.address)),
        &ports,
    );
    told.map(|hop| advice(http, hop, wish)).unwrap_or_default()
}

/// The first requests, each once, in order.
fn starts(http: &Http) -> Vec<String> {
    let mut starts: Vec<String> = Vec::new();
    for route in http.given() {
        if !starts.contains(&route.start) {
            starts.push(route.start.clone());
        }
    }
    starts
}

/// Compares whole walks; an address that does not answer, or turns the client away, is not compared.
fn differ(http: &Http, routes: &[&Route], findings: &mut Vec<Finding>) {
    let compared = |route: &&&Route| {
        !matches!(
            route.outcome,
            RouteOutcome::Error | RouteOutcome::Inconclusive
        )
    };
    let mut groups: Vec<(Vec<String>, Vec<&Route>)> = Vec::new();
    for route in routes.iter().filter(compared) {
        let said: Vec<String> = route.hops.iter().map(said).collect();
        match groups.iter_mut().find(|(own, _)| *own == said) {
            Some((_, routes)) => routes.push(route),
            None => groups.push((said, vec![route])),
        }
    }
    // The most say what is meant; of groups of the same size the first.
    groups.sort_by_key(|(_, routes)| std::cmp::Reverse(routes.len()));
    let mut groups = groups.into_iter();
    let (Some((common, most)), Some((odd, few))) = (groups.next(), groups.next()) else {
        return;
    };
    let rest = groups.flat_map(|(_, routes)| routes);
    let at = common
        .iter()
        .zip(&odd)
        .position(|(one, other)| one != other)
        .unwrap_or(common.len().min(odd.len()));
    let shown = |said: &[String]| {
        said.get(at)
            .cloned()
            .unwrap_or_else(|| "no answer".to_owned())
    };
    let (Some(here), Some(there)) = (hop(&most, at), hop(&few, at)) else {
        return;
    };
    let places = labels(
        few.iter()
            .copied()
            .chain(rest)
            .filter_map(|route| hop(&[route], at)),
    );
    let evidence = AddressesDiffer {
        url: there.url.clone(),
        here: shown(&common),
        there: shown(&odd),
        first: here.label(),
        others: places.join(", "),
        advice: advice(http, there, Wish::Shown),
    };
    let finding = evidence.about_all(http.host.as_str(), places);
    // Walks from http and from https come to the same hop.
    if !findings.iter().any(|own| own.message == finding.message) {
        findings.push(finding);
    }
}

/// The hop of a walk, or its last when it is shorter.
fn hop<'a>(routes: &[&'a Route], at: usize) -> Option<&'a Hop> {
    let route = *routes.first()?;
    route.hops.get(at).or_else(|| route.last())
}

/// What of an answer is to be the same everywhere. A query in a Location may hold what is made for each visitor.
fn said(hop: &Hop) -> String {
    let mut said = hop
        .status
        .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    if let Some(location) = &hop.location {
        let path = location.split('?').next().unwrap_or(location);
        said += &format!(" to `{path}`");
    }
    if hop.is_https() && hop.error.is_none() {
        said += &match &hop.hsts {
            Some(policy) => format!(" with HSTS `{policy}`"),
            None => " without HSTS".to_owned(),
        };
    }
    said
}

struct Failing<'a> {
    family: &'static str,
    records: &'static str,
    url: String,
    why: String,
    hops: Vec<&'a Hop>,
}

/// The family of which no address can be connected to, when all those of the other can.
fn failing<'a>(http: &'a Http, start: &str) -> Option<Failing<'a>> {
    let firsts = http.given().filter(|route| route.start == start);
    let hops: Vec<&Hop> = firsts.filter_map(|route| route.hops.first()).collect();
    let of = |v6: bool| -> Vec<&Hop> {
        let own = |hop: &&&Hop| hop.address.is_some_and(|at: IpAddr| at.is_ipv6() == v6);
        hops.iter().filter(own).copied().collect()
    };
    let dead = |hops: &[&Hop]| !hops.is_empty() && hops.iter().all(|hop| is_dead(hop));
    let alive = |hops: &[&Hop]| {
        !hops.is_empty() && !hops.iter().any(|hop| is_dead(hop) || is_unmeasured(hop))
    };
    let (family, records, own, other) = if dead(&of(true)) {
        ("IPv6", "AAAA", of(true), of(false))
    } else {
        ("IPv4", "A", of(false), of(true))
    };
    if !dead(&own) || !alive(&other) {
        return None;
    }
    let error = own.first()?.error.as_ref()?;
    Some(Failing {
        family,
        records,
        url: start.to_owned(),
        why: error.failure.in_words(),
        hops: own,
    })
}

fn is_dead(hop: &Hop) -> bool {
    hop.error.as_ref().is_some_and(|error| {
        matches!(error.stage, HopStage::Connect | HopStage::Handshake) && !error.failure.is_local()
    })
}

fn is_unmeasured(hop: &Hop) -> bool {
    hop.error
        .as_ref()
        .is_some_and(|error| error.failure.is_local())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{broken, http, ids, page, redirect, route};
    use super::*;
    use crate::facts::attempt::Failure;

    fn at(address: &str, mut hops: Vec<Hop>) -> Route {
        for hop in &mut hops {
            hop.address = address.parse().ok();
        }
        let outcome = match hops.last() {
            Some(last) if last.error.is_some() => RouteOutcome::Error,
            Some(last) if last.is_https() => RouteOutcome::Https,
            _ => RouteOutcome::Http,
        };
        let mut route = route(&hops[0].url.clone(), hops, outcome);
        route.address = address.parse().ok();
        route
    }

    fn to(address: &str, target: &str) -> Route {
        at(
            address,
            vec![
                redirect("http://shop.example/", 301, target),
                page(target, 200),
            ],
        )
    }

    fn judged(routes: Vec<Route>) -> Vec<String> {
        ids(|findings| judge(&http(routes), findings))
    }

    #[test]
    fn what_walks_from_both_schemes_come_to_is_told_once() {
        let secure = |address, policy: Option<&str>| {
            let mut page = page("https://shop.example/", 200);
            page.hsts = policy.map(str::to_owned);
            let up = redirect("http://shop.example/", 301, "https://shop.example/");
            [at(address, vec![up, page.clone()]), at(address, vec![page])]
        };
        let kept = Some("max-age=31536000");
        let walks = [
            secure("192.0.2.10", kept),
            secure("192.0.2.11", kept),
            secure("192.0.2.12", None),
        ];
        assert_eq!(judged(walks.concat()), ["http/addresses-differ"]);
    }

    #[test]
    fn an_address_that_says_something_else_is_the_odd_one() {
        let usual = |address| to(address, "https://shop.example/");
        let odd = to("192.0.2.12", "https://shop.example/en");
        let mut findings = Vec::new();
        judge(
            &http(vec![usual("192.0.2.10"), odd.clone(), usual("192.0.2.11")]),
            &mut findings,
        );
        assert_eq!(findings[0].id, "http/addresses-differ");
        assert_eq!(findings[0].subjects, ["192.0.2.12:80"]);
        assert!(judged(vec![usual("192.0.2.10"), usual("192.0.2.11")]).is_empty());
        let token = |address, token| to(address, &format!("https://shop.example/?state={token}"));
        assert!(judged(vec![token("192.0.2.10", 1), token("192.0.2.11", 2)]).is_empty());
        assert!(
            judged(vec![odd]).is_empty(),
            "one address has nothing to differ from"
        );
    }

    #[test]
    fn addresses_are_told_apart_by_status_and_by_policy() {
        const URL: &str = "https://shop.example/";
        let one = |address, status, policy: Option<&str>| {
            let mut hop = page(URL, status);
            hop.hsts = policy.map(str::to_owned);
            at(address, vec![hop])
        };
        let usual = |address| one(address, 200, Some("max-age=1"));
        let beside = |odd| judged(vec![usual("192.0.2.10"), usual("192.0.2.11"), odd]);
        let differ = ["http/addresses-differ"];
        assert_eq!(beside(one("192.0.2.12", 404, Some("max-age=1"))), differ);
        assert_eq!(beside(one("192.0.2.12", 204, Some("max-age=1"))), differ);
        assert_eq!(beside(one("192.0.2.12", 200, Some("max-age=2"))), differ);
        assert_eq!(beside(one("192.0.2.12", 200, None)), differ);
        assert!(beside(usual("192.0.2.12")).is_empty());
        let mut declined = one("192.0.2.12", 403, None);
        declined.outcome = RouteOutcome::Inconclusive;
        assert!(beside(declined).is_empty(), "not compared");
    }

    #[test]
    fn an_address_that_does_not_answer_is_not_compared() {
        let dead = at(
            "192.0.2.12",
            vec![broken(
                "http://shop.example/",
                None,
                HopStage::Connect,
                Failure::Refused,
            )],
        );
        assert!(judged(vec![to("192.0.2.10", "https://shop.example/"), dead]).is_empty());
    }

    fn dead(address: &str, failure: Failure) -> Route {
        at(
            address,
            vec![broken(
                "http://shop.example/",
                None,
                HopStage::Connect,
                failure,
            )],
        )
    }

    #[test]
    fn a_family_fails_when_none_of_its_addresses_answers_and_the_others_do() {
        let alive = |address| to(address, "https://shop.example/");
        let refused = |address| dead(address, Failure::Refused);
        assert_eq!(
            judged(vec![refused("2001:db8::10"), alive("192.0.2.10")]),
            ["http/family-fails"]
        );
        assert_eq!(
            judged(vec![alive("2001:db8::10"), refused("192.0.2.10")]),
            ["http/family-fails"]
        );
        assert!(
            judged(vec![
                alive("2001:db8::10"),
                alive("192.0.2.11"),
                refused("192.0.2.10")
            ])
            .is_empty()
        );
        assert!(
            judged(vec![
                alive("2001:db8::10"),
                dead("192.0.2.10", Failure::NoRoute)
            ])
            .is_empty()
        );
        assert!(
            judged(vec![
                refused("2001:db8::10"),
                alive("2001:db8::11"),
                alive("192.0.2.10")
            ])
            .is_empty()
        );
        assert!(judged(vec![refused("2001:db8::10"), refused("192.0.2.10")]).is_empty());
        assert!(judged(vec![refused("192.0.2.11"), alive("192.0.2.10")]).is_empty());
    }

    #[test]
    fn the_family_that_fails_is_named_with_its_records() {
        let mut findings = Vec::new();
        let routes = vec![
            to("2001:db8::10", "https://shop.example/"),
            dead("192.0.2.10", Failure::Refused),
            dead("192.0.2.11", Failure::Refused),
        ];
        judge(&http(routes), &mut findings);
        assert!(
            findings[0].message.contains("IPv4"),
            "{}",
            findings[0].message
        );
        assert_eq!(findings[0].subjects, ["192.0.2.10:80", "192.0.2.11:80"]);
    }

    #[test]
    fn a_family_that_this_machine_has_not_does_not_fail() {
        let away = dead("2001:db8::10", Failure::NoRoute);
        assert!(judged(vec![away, to("192.0.2.10", "https://shop.example/")]).is_empty());
    }
}
