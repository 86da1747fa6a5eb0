//! Do visitors go to the addresses of the zone, and does each of them answer?

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::Facts;
use crate::facts::dns::{Dns, Outcome, ResolverAnswer, Transport};
use crate::facts::http::{Hop, HopStage, Http};
use crate::facts::name::RrType;
use crate::facts::tls::{Endpoint, Stage};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::server::{Family, Wish, advice};

finding! {
    /// A resolver sends visitors to an address that the zone does not name.
    ///
    /// The name's own servers give other addresses than the resolver of this machine. After a change it still remembers the old
    /// one until the TTL is over; otherwise it filters, or somebody answers in the zone's place, or the zone gives each part of
    /// the world other addresses. Compare with `dig NAME @1.1.1.1`; flush the resolver's cache, and keep the old address alive
    /// until the TTL of the old record is over. Before the next move lower the TTL at the DNS host (Route 53, Cloudflare) first.
    AddressNotInZone { host: String, resolver: String, addresses: String, zone: String }
    id: "across/address-not-in-zone", severity: Warning, source: "practice: visitors are sent elsewhere than the zone says",
    message: "resolver {resolver} sends visitors of `{host}` to {addresses}, which the zone does not name ({zone})",
    fix: "wait until the TTL of the old record is over, or flush the resolver's cache; keep the old address alive until then",
}

finding! {
    /// An address of the zone answers neither on port 80 nor on port 443.
    ///
    /// Others do, so most visitors get in after a wait; those whose client tries no other do not. The machine is gone, or it does not
    /// listen on this address, or a firewall drops the packets. Take the record out of the DNS (Route 53: an alias record or a
    /// health check does it by itself), or have the machine listen there (nginx `listen [::]:443 ssl;`) and open both ports.
    /// An address that was given back can be had by somebody else: then it is urgent.
    ///
    /// Apache `Listen [::]:443`, HAProxy `bind :::443`, IIS a binding for the address, Caddy listens on all addresses unless
    /// `bind` says otherwise; an ALB, CloudFront and Cloudflare change their addresses: point an alias or CNAME record to
    /// their name instead of copying them.
    DanglingAddress { host: String, addresses: String, why: String, advice: String }
    id: "across/dangling-address", severity: Warning, source: "practice: RFC 8305 hides it, and the address may become somebody else's",
    explained_by: ["dns/private-address", "dns/all-addresses-private"],
    message: "{addresses} of `{host}` answers neither on port 80 nor on 443, while others do: {why}",
    fix: "take {addresses} out of the DNS, or have the machine listen there on both ports; {advice}",
}

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    // Where nothing but DNS was looked at, the resolver is judged there.
    if let Some(dns) = facts
        .dns
        .as_ref()
        .filter(|_| facts.tls.is_some() || facts.http.is_some())
    {
        not_in_zone(dns, findings);
    }
    if let Some(http) = &facts.http {
        let endpoints = facts.tls.iter().flat_map(|tls| &tls.endpoints);
        dangling(http, &endpoints.collect::<Vec<_>>(), findings);
    }
}

fn not_in_zone(dns: &Dns, findings: &mut Vec<Finding>) {
    let mut zone: Vec<&str> = Vec::new();
    for question in dns.own_questions() {
        if question.outcome == Outcome::Unresolvable {
            return;
        }
        let records = question.answers.iter();
        zone.extend(
            records
                .filter(|record| is_address(record.r#type))
                .map(|record| record.data.as_str()),
        );
    }
    // A resolver may have asked any of the servers, one that is behind as well.
    let told: BTreeSet<&str> = dns
        .told_addresses()
        .map(|record| record.data.as_str())
        .collect();
    let more = told.into_iter().filter(|data| !zone.contains(data));
    zone.extend(more.collect::<Vec<_>>());
    let Some(name) = dns.own_questions().next().map(|question| &question.name) else {
        return;
    };
    let mut by_resolver: Vec<(&str, Vec<String>)> = Vec::new();
    for answer in dns
        .resolvers
        .iter()
        .filter(|answer| answer.name == *name && is_visitors(answer))
    {
        let foreign = foreign(answer, &zone);
        match by_resolver
            .iter_mut()
            .find(|(own, _)| *own == answer.resolver)
        {
            Some((_, addresses)) => addresses.extend(foreign),
            None => by_resolver.push((&answer.resolver, foreign)),
        }
    }
    let host = name.without_dot();
    for (resolver, addresses) in by_resolver
        .into_iter()
        .filter(|(_, addresses)| !addresses.is_empty() && !zone.is_empty())
    {
        let evidence = AddressNotInZone {
            host: host.clone(),
            resolver: resolver.to_owned(),
            addresses: addresses.join(", "),
            zone: zone.join(", "),
        };
        // The resolver is a subject as well: what is found of it alone is explained by this.
        let subjects = [addresses, vec![resolver.to_owned()]].concat();
        findings.push(evidence.about_all(host.clone(), subjects));
    }
}

/// Whether visitors on this machine are led by it, and it does not say what some server of the zone says.
fn is_visitors(answer: &ResolverAnswer) -> bool {
    answer.transport != Transport::Hosts && !answer.compared && answer.agrees != Some(true)
}

fn is_address(rr_type: RrType) -> bool {
    [RrType::A, RrType::AAAA].contains(&rr_type)
}

fn foreign(answer: &ResolverAnswer, zone: &[&str]) -> Vec<String> {
    let records = answer
        .answers
        .iter()
        .filter(|record| is_address(record.r#type));
    let foreign = records.filter(|record| !zone.contains(&record.data.as_str()));
    foreign.map(|record| record.data.clone()).collect()
}

/// A machine that takes a connection and then does not speak answers: that is another fault.
fn dangling(http: &Http, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    let firsts: Vec<&Hop> = http
        .given()
        .filter_map(|route| route.hops.first())
        .collect();
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in firsts.iter().filter_map(|hop| hop.address) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let both = |address: &IpAddr| {
        let own = || firsts.iter().filter(|hop| hop.address == Some(*address));
        own().any(|hop| hop.port == 80) && own().any(|hop| hop.port == 443)
    };
    let own = |address: &IpAddr| {
        let hops = firsts.iter().filter(|hop| hop.address == Some(*address));
        let dead_hops = hops.map(|hop| is_dead(hop));
        let endpoints = endpoints
            .iter()
            .filter(|endpoint| endpoint.address == *address);
        let dead_ends = endpoints.map(|endpoint| is_dead_end(endpoint));
        dead_hops.chain(dead_ends).collect::<Vec<bool>>()
    };
    let (dead, alive): (Vec<IpAddr>, Vec<IpAddr>) = addresses
        .into_iter()
        .filter(both)
        .partition(|address| own(address).iter().all(|dead| *dead));
    let answers = alive
        .iter()
        .any(|address| own(address).iter().any(|dead| !dead));
    if dead.is_empty() || !answers {
        return;
    }
    let shown: Vec<String> = dead.iter().map(ToString::to_string).collect();
    let why = firsts
        .iter()
        .filter(|hop| hop.address == dead.first().copied())
        .find_map(|hop| hop.error.as_ref())
        .map(|error| error.failure.in_words());
    let lives =
        |hop: &&&Hop| hop.status.is_some() && !hop.address.is_some_and(|own| dead.contains(&own));
    let told = firsts.iter().find(lives).or(firsts.first());
    let wish = Wish::Listen(Family::of(dead.first().copied()), &[80, 443]);
    let evidence = DanglingAddress {
        host: http.host.clone(),
        addresses: shown.join(", "),
        why: why.unwrap_or_default(),
        advice: told.map(|hop| advice(http, hop, wish)).unwrap_or_default(),
    };
    findings.push(evidence.about_all(http.host.as_str(), shown));
}

fn is_dead(hop: &Hop) -> bool {
    let error = hop.error.as_ref();
    error.is_some_and(|error| error.stage == HopStage::Connect && !error.failure.is_local())
}

fn is_dead_end(endpoint: &Endpoint) -> bool {
    let error = endpoint.error.as_ref();
    error.is_some_and(|error| error.stage == Stage::Connect && !error.failure.is_local())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{dns, facts, http, ids, resolver, walk};
    use super::*;
    use crate::facts::attempt::Failure;

    fn judged(facts: &Facts) -> Vec<String> {
        ids(|findings| judge(facts, findings))
    }

    #[test]
    fn an_address_of_a_resolver_that_the_zone_does_not_name_is_named() {
        let told = |address: &str| {
            let mut dns = dns(&["192.0.2.10", "192.0.2.11"]);
            dns.resolvers = vec![resolver("192.0.2.53", address)];
            judged(&facts(Some(dns), Some(http(Vec::new()))))
        };
        assert_eq!(told("198.51.100.7"), ["across/address-not-in-zone"]);
        assert!(told("192.0.2.11").is_empty());
    }

    #[test]
    fn what_is_only_compared_with_or_looked_at_in_dns_alone_is_judged_there() {
        let mut dns = dns(&["192.0.2.10"]);
        dns.resolvers = vec![resolver("192.0.2.53", "198.51.100.7")];
        assert!(judged(&facts(Some(dns.clone()), None)).is_empty());
        dns.resolvers[0].compared = true;
        assert!(judged(&facts(Some(dns), Some(http(Vec::new())))).is_empty());
    }

    #[test]
    fn a_zone_that_was_not_asked_has_nothing_to_compare_with() {
        let mut unknown = dns(&[]);
        unknown.resolvers = vec![resolver("192.0.2.53", "198.51.100.7")];
        assert!(judged(&facts(Some(unknown.clone()), None)).is_empty());
        unknown.questions.clear();
        assert!(judged(&facts(Some(unknown), None)).is_empty());
    }

    #[test]
    fn an_address_that_is_dead_at_both_ports_dangles_beside_one_that_lives() {
        let refused = || Some(Failure::Refused);
        let both = |address: &str, failure: Option<Failure>| {
            vec![
                walk("http", address, failure.clone()),
                walk("https", address, failure),
            ]
        };
        let at = |routes: Vec<Vec<_>>| judged(&facts(None, Some(http(routes.concat()))));
        let alive = || both("192.0.2.10", None);
        assert_eq!(
            at(vec![alive(), both("192.0.2.11", refused())]),
            ["across/dangling-address"]
        );
        let half = vec![
            walk("http", "192.0.2.11", refused()),
            walk("https", "192.0.2.11", None),
        ];
        assert!(at(vec![alive(), half]).is_empty());
        assert!(
            at(vec![
                both("192.0.2.10", refused()),
                both("192.0.2.11", refused())
            ])
            .is_empty()
        );
        assert!(at(vec![alive(), both("2001:db8::1", Some(Failure::NoRoute))]).is_empty());
    }
}
