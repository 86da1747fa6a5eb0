//! Can the addresses be reached by anybody, in both families?

use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::address::special_purpose;
use crate::facts::dns::{Dns, Outcome, Question, Zone};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::policy::Policy;

finding! {
    /// One of the addresses cannot be reached from the internet.
    ///
    /// It belongs to a range that is set aside for private networks, documentation or the like, so visitors outside that
    /// network wait for it in vain, or meet another machine of their own network. Remove it from the zone; names that are
    /// meant for the inside belong into a zone that only the inside sees. `--internal CIDR` says that it is meant to be there.
    PrivateAddress { name: DnsName, addresses: String, range: String }
    id: "dns/private-address", severity: Warning, source: "RFC 6890",
    message: "`{name}` has an address that the internet does not route: {addresses} ({range})",
    fix: "remove {addresses} from the zone, or say that it is meant to be there with `--internal {range}`",
}

finding! {
    /// No address of the host can be reached from the internet.
    ///
    /// Every one belongs to a range that is set aside for private networks, documentation or the like. Visitors cannot connect.
    /// Put the public address of the server or load balancer into the zone. For an intranet, say so with `--internal CIDR`.
    AllAddressesPrivate { name: DnsName, addresses: String, range: String }
    id: "dns/all-addresses-private", severity: Error, source: "RFC 6890",
    message: "`{name}` has only addresses that the internet does not route: {addresses} ({range})",
    fix: "put the public address of the server into the zone, or say that this is meant with `--internal {range}`",
}

finding! {
    /// Visitors who have only IPv6 cannot get in.
    ///
    /// The host has no AAAA record, or no name server of its zone has an IPv6 address. Networks without IPv4 reach such a site
    /// through translators at best. Add an AAAA record; load balancers have to be made dual-stack for that.
    NoIpv6 { name: DnsName, what: String }
    id: "dns/no-ipv6", severity: Notice, source: "BCP 91 (RFC 3901)",
    message: "{what}: visitors who have only IPv6 depend on a translator",
    fix: "give `{name}` an IPv6 address as well (AAAA record; a load balancer has to be dual-stack)",
}

finding! {
    /// Visitors who have only IPv4 cannot get in.
    ///
    /// The host has no A record, or no name server of its zone has an IPv4 address. Much of the internet still has only IPv4,
    /// and will not find or reach the site. Add an A record with the address of the server or load balancer.
    NoIpv4 { name: DnsName, what: String }
    id: "dns/no-ipv4", severity: Warning, source: "BCP 91 (RFC 3901)",
    message: "{what}: visitors who have only IPv4 cannot get in",
    fix: "give `{name}` an IPv4 address as well (A record)",
}

pub(super) fn judge(dns: &Dns, policy: &Policy, findings: &mut Vec<Finding>) {
    private(dns, policy, findings);
    families(dns, findings);
}

fn private(dns: &Dns, policy: &Policy, findings: &mut Vec<Finding>) {
    let addresses = addresses(dns);
    let internal: Vec<(IpAddr, IpNet)> = addresses
        .iter()
        .filter_map(|address| Some((*address, special(*address, policy)?)))
        .collect();
    let (Some((_, range)), Some(question)) = (internal.first(), dns.questions.first()) else {
        return;
    };
    let (name, range) = (question.name.clone(), range.to_string());
    let subjects: Vec<String> = internal
        .iter()
        .map(|(address, _)| address.to_string())
        .collect();
    let (host, listed) = (name.without_dot(), subjects.join(", "));
    findings.push(if internal.len() == addresses.len() {
        AllAddressesPrivate {
            name,
            addresses: listed,
            range,
        }
        .about_all(host, subjects)
    } else {
        PrivateAddress {
            name,
            addresses: listed,
            range,
        }
        .about_all(host, subjects)
    });
}

/// The special-purpose range of an address that nobody declared to be meant.
fn special(address: IpAddr, policy: &Policy) -> Option<IpNet> {
    if policy.internal.iter().any(|range| range.contains(&address)) {
        return None;
    }
    special_purpose(address)
}

/// The addresses that the zone gives for the host.
fn addresses(dns: &Dns) -> Vec<IpAddr> {
    let records = dns.questions.iter().flat_map(|question| &question.answers);
    let mut found: Vec<IpAddr> = records
        .filter(|record| [RrType::A, RrType::AAAA].contains(&record.r#type))
        .filter_map(|record| record.data.parse().ok())
        .collect();
    found.sort();
    found.dedup();
    found
}

fn families(dns: &Dns, findings: &mut Vec<Finding>) {
    let of = |rr_type| {
        dns.questions
            .iter()
            .find(|question| question.r#type == rr_type)
    };
    let (Some(v4), Some(v6)) = (of(RrType::A), of(RrType::AAAA)) else {
        return;
    };
    let name = || v4.name.clone();
    let (subject, host) = (name().without_dot(), name());
    if !has_records(v4) && !has_records(v6) {
        return;
    }
    if v6.outcome == Outcome::Nodata {
        let what = format!("`{host}` has no AAAA record");
        findings.push(NoIpv6 { name: name(), what }.about(subject));
    } else if let Some(zone) = zone_without(dns, &host, IpAddr::is_ipv6) {
        let what = format!("no name server of `{zone}` has an IPv6 address");
        findings.push(
            NoIpv6 {
                name: zone.clone(),
                what,
            }
            .about(zone.without_dot()),
        );
    } else if v4.outcome == Outcome::Nodata {
        let what = format!("`{host}` has no A record");
        findings.push(NoIpv4 { name: name(), what }.about(subject));
    } else if let Some(zone) = zone_without(dns, &host, IpAddr::is_ipv4) {
        let what = format!("no name server of `{zone}` has an IPv4 address");
        findings.push(
            NoIpv4 {
                name: zone.clone(),
                what,
            }
            .about(zone.without_dot()),
        );
    }
}

fn has_records(question: &Question) -> bool {
    question.outcome == Outcome::Answer
}

/// The zone of the name when its servers are known and none has an address of the family.
fn zone_without(dns: &Dns, name: &DnsName, family: fn(&IpAddr) -> bool) -> Option<DnsName> {
    let above = dns
        .zones
        .iter()
        .filter(|zone| name.is_at_or_below(&zone.name));
    let zone: &Zone = above.max_by_key(|zone| zone.name.label_count())?;
    let known = !zone.servers.is_empty() && zone.unresolved_ns.is_empty();
    let none = !zone.servers.iter().any(|server| family(&server.address));
    (known && none).then(|| zone.name.clone())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, server, zones};
    use super::*;
    use crate::facts::dns::ResponseClass;

    const NAME: &str = "shop.example.";

    fn dns(v4: &[&str], v6: &[&str]) -> Dns {
        let of = |rr_type, addresses: &[&str]| {
            let outcome = if addresses.is_empty() {
                Outcome::Nodata
            } else {
                Outcome::Answer
            };
            addresses
                .iter()
                .fold(question(NAME, rr_type, outcome), |question, address| {
                    question.record(address)
                })
        };
        zones(&["."])
            .asks(of(RrType::A, v4))
            .asks(of(RrType::AAAA, v6))
    }

    fn judged(dns: &Dns, internal: &[&str]) -> Vec<String> {
        let policy = Policy {
            internal: internal
                .iter()
                .map(|range| range.parse().unwrap())
                .collect(),
            ..Policy::default()
        };
        ids(|findings| judge(dns, &policy, findings))
    }

    #[test]
    fn a_private_address_among_others_warns_and_only_private_ones_are_an_error() {
        assert_eq!(
            judged(&dns(&["10.0.0.1", "8.8.8.8"], &["2600::1"]), &[]),
            ["dns/private-address"]
        );
        assert_eq!(
            judged(&dns(&["10.0.0.1"], &["fd00::1"]), &[]),
            ["dns/all-addresses-private"]
        );
        assert!(judged(&dns(&["8.8.8.8"], &["2600::1"]), &[]).is_empty());
        assert!(judged(&dns(&["172.32.0.1"], &["2600::1"]), &[]).is_empty());
    }

    #[test]
    fn what_is_declared_internal_is_meant_to_be_there() {
        assert!(judged(&dns(&["10.0.0.1"], &["2600::1"]), &["10.0.0.0/8"]).is_empty());
    }

    #[test]
    fn a_missing_family_is_named_and_an_unanswered_question_is_not() {
        assert_eq!(judged(&dns(&["8.8.8.8"], &[]), &[]), ["dns/no-ipv6"]);
        assert_eq!(judged(&dns(&[], &["2600::1"]), &[]), ["dns/no-ipv4"]);
        let mut unknown = dns(&["8.8.8.8"], &[]);
        unknown.questions[1].outcome = Outcome::Unresolvable;
        assert!(judged(&unknown, &[]).is_empty());
        assert!(
            judged(&dns(&[], &[]), &[]).is_empty(),
            "no address at all is another finding"
        );
    }

    #[test]
    fn name_servers_of_one_family_only_are_no_way_for_the_other() {
        let mut only_v4 = dns(&["8.8.8.8"], &["2600::1"]);
        only_v4.zones[0].servers = vec![server(1, ResponseClass::Answer)];
        assert_eq!(judged(&only_v4, &[]), ["dns/no-ipv6"]);
        only_v4.zones[0].unresolved_ns = vec!["ns.example.".parse().unwrap()];
        assert!(
            judged(&only_v4, &[]).is_empty(),
            "the other server's addresses are not known"
        );
    }
}
