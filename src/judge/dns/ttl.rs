//! How long is what the zone says kept: too short, too long, or not at all alike?

use std::collections::{BTreeMap, BTreeSet};

use super::named::{addresses, named};
use crate::facts::dns::{Dns, Record, Zone, ZoneServer};
use crate::facts::name::{DnsName, RrType};
use crate::facts::survey::ServerResponse;
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::time::span;

/// Seconds below which an address is asked for anew with nearly every visit.
const LOW: u32 = 30;
/// Seconds beyond which a mistake stays for longer than a day.
const HIGH: u32 = 86_400;

finding! {
    /// The address may be kept for less than half a minute.
    ///
    /// Nearly every visit then waits for a look-up, and when the name servers are away for a minute, so is the site. That is worth
    /// it while a change is under way, or where a load balancer or a content network moves addresses about (they use 20 to 60 s). Else
    /// set the TTL to 300 s or more: Route 53, Cloudflare ("TTL" of the record; proxied ones have 300 s), Gandi, OVH, or the number
    /// before `IN A` in a zone file.
    TtlLow { name: DnsName, owner: DnsName, ttl: u32 }
    id: "dns/ttl-low", severity: Notice, source: "RFC 1912 §2.2",
    message: "the address of `{owner}` may be kept for {ttl} s only",
    fix: "set the TTL of the address of `{owner}` to 300 s or more when no change is under way",
}

finding! {
    /// The address may be kept for more than a day.
    ///
    /// When the site has to move, be it that the machine is lost, visitors go to the old address for that long, and nothing
    /// can be done about it then. Set the TTL to an hour or so (3600), or lower it at least as long as it lasts before a planned
    /// move. It is a field of the record at Route 53, Cloudflare, Gandi and OVH; in a zone file the number before `IN A`, or `$TTL`.
    TtlHigh { name: DnsName, owner: DnsName, ttl: u32, lives: String }
    id: "dns/ttl-high", severity: Notice, source: "RFC 1912 §2.2",
    message: "the address of `{owner}` may be kept for {ttl} s: after a change the old one lives on for {lives}",
    fix: "lower the TTL of the address of `{owner}` to an hour (3600)",
}

finding! {
    /// Records of one name and type have different lifetimes.
    ///
    /// They are one set and must come and go together: resolvers take the shortest time for all of them, or forget one address
    /// and keep the other, so that a part of the servers gets no visitors. Such a set comes from a hand-written zone file or from
    /// a home-made server. Give every record of the name and type the same TTL.
    TtlUnequal { zone: DnsName, set: String, ttls: String, servers: String }
    id: "dns/ttl-unequal", severity: Warning, source: "RFC 2181 §5.2",
    message: "the records {set} have different TTL ({ttls}) at {servers}",
    fix: "give all records {set} the same TTL",
}

finding! {
    /// That a name does not exist is remembered for more than a day.
    ///
    /// Who asks for a name before it is created, or when it was removed by mistake, is told "no such name" for that long, even
    /// when it has long been there. Negative answers are kept for the smaller one of the SOA's TTL and its last number. Set that
    /// number (minimum, "negative TTL") to an hour at most: Route 53 lets the SOA record of the hosted zone be edited,
    /// with your own server it is the last number in the SOA of the zone file.
    NegativeTtl { zone: DnsName, ttl: u32, lives: String }
    id: "dns/negative-ttl", severity: Notice, source: "RFC 2308 §5",
    message: "that a name of `{zone}` does not exist is remembered for {ttl} s, which is {lives}",
    fix: "set the last number of the SOA of `{zone}` to 3600 or less",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    of_addresses(dns, findings);
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        unequal(zone, findings);
        negative(zone, findings);
    }
}

fn of_addresses(dns: &Dns, findings: &mut Vec<Finding>) {
    let answers = dns.own_questions().flat_map(|question| &question.answers);
    let own = answers.filter(|record| [RrType::A, RrType::AAAA].contains(&record.r#type));
    let own: Vec<&Record> = own.collect();
    let lowest = own.iter().min_by_key(|record| record.ttl);
    let (Some(question), Some(lowest)) = (dns.own_questions().next(), lowest) else {
        return;
    };
    let subject = || question.name.without_dot();
    let name = || question.name.clone();
    if lowest.ttl < LOW {
        let (owner, ttl) = (lowest.name.clone(), lowest.ttl);
        let name = name();
        findings.push(TtlLow { name, owner, ttl }.about(subject()));
    }
    let highest = own.iter().max_by_key(|record| record.ttl);
    if let Some(highest) = highest.filter(|record| record.ttl > HIGH) {
        let evidence = TtlHigh {
            name: name(),
            owner: highest.name.clone(),
            ttl: highest.ttl,
            lives: lives(highest.ttl),
        };
        findings.push(evidence.about(subject()));
    }
}

fn lives(ttl: u32) -> String {
    span(jiff::SignedDuration::from_secs(ttl.into()))
}

/// The sets of a response whose members have different lifetimes. Signatures over several sets stand under one name.
fn mixed(said: &ServerResponse) -> Vec<(DnsName, RrType, Vec<u32>)> {
    let mut sets: BTreeMap<(&DnsName, RrType), Vec<u32>> = BTreeMap::new();
    let records = said.answers.iter();
    for record in records.filter(|record| record.r#type != RrType::RRSIG) {
        let ttls = sets.entry((&record.name, record.r#type)).or_default();
        if !ttls.contains(&record.ttl) {
            ttls.push(record.ttl);
        }
    }
    let unequal = sets.into_iter().filter(|(_, ttls)| ttls.len() > 1);
    unequal
        .map(|((name, rr_type), ttls)| (name.clone(), rr_type, ttls))
        .collect()
}

/// The lifetimes that the members of one set have, and the servers that give several.
#[derive(Default)]
struct Spread<'a> {
    ttls: BTreeSet<u32>,
    servers: Vec<&'a ZoneServer>,
}

fn unequal(zone: &Zone, findings: &mut Vec<Finding>) {
    let told = |server: &ZoneServer| -> Vec<(DnsName, RrType, Vec<u32>)> {
        let said = server.said().filter(|said| said.is_told());
        said.flat_map(mixed).collect()
    };
    let mut sets: BTreeMap<(DnsName, RrType), Spread> = BTreeMap::new();
    for server in &zone.servers {
        for (name, rr_type, ttls) in told(server) {
            let spread = sets.entry((name, rr_type)).or_default();
            spread.ttls.extend(ttls);
            if !spread
                .servers
                .iter()
                .any(|own| own.address == server.address)
            {
                spread.servers.push(server);
            }
        }
    }
    for ((name, rr_type), Spread { ttls, servers }) in sets {
        let ttls = ttls.iter().map(|ttl| format!("{ttl} s"));
        let evidence = TtlUnequal {
            zone: zone.name.clone(),
            set: format!("{rr_type} of `{name}`"),
            ttls: ttls.collect::<Vec<_>>().join(", "),
            servers: named(&servers),
        };
        findings.push(evidence.about_all(zone.name.without_dot(), addresses(&servers)));
    }
}

fn negative(zone: &Zone, findings: &mut Vec<Finding>) {
    let soa = zone.current().find_map(|server| server.soa(&zone.name));
    let Some(ttl) = soa.and_then(negative_ttl).filter(|ttl| *ttl > HIGH) else {
        return;
    };
    let evidence = NegativeTtl {
        zone: zone.name.clone(),
        ttl,
        lives: lives(ttl),
    };
    findings.push(evidence.about(zone.name.without_dot()));
}

/// For how long "no such name" is kept (RFC 2308 §5).
fn negative_ttl(soa: &Record) -> Option<u32> {
    let minimum: u32 = soa.data.split_ascii_whitespace().nth(6)?.parse().ok()?;
    Some(minimum.min(soa.ttl))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, said, surveyed};
    use super::*;
    use crate::facts::dns::{Outcome, ResponseClass};

    fn with_ttl(ttl: u32) -> Vec<String> {
        let mut asked = question("shop.example.", RrType::A, Outcome::Answer).record("192.0.2.1");
        asked.answers[0].ttl = ttl;
        ids(|findings| judge(&surveyed(2).asks(asked), findings))
    }

    #[test]
    fn the_lifetime_of_the_address_may_be_too_short_or_too_long() {
        assert_eq!(with_ttl(29), ["dns/ttl-low"]);
        assert!(with_ttl(30).is_empty());
        assert!(with_ttl(86_400).is_empty());
        assert_eq!(with_ttl(86_401), ["dns/ttl-high"]);
    }

    #[test]
    fn without_an_address_there_is_no_lifetime() {
        let mut asked = question("shop.example.", RrType::A, Outcome::Nodata);
        asked = asked.alias("other.example.");
        asked.answers[0].ttl = 5;
        assert!(ids(|findings| judge(&surveyed(2).asks(asked), findings)).is_empty());
    }

    #[test]
    fn members_of_one_set_have_one_lifetime() {
        let judged = |ttls: [u32; 2], rr_type| {
            let mut dns = surveyed(2);
            let addresses = ["192.0.2.1", "192.0.2.2"];
            let mut said = said(
                "shop.example.",
                RrType::A,
                ResponseClass::Answer,
                &addresses,
            );
            for (record, ttl) in said.answers.iter_mut().zip(ttls) {
                (record.ttl, record.r#type) = (ttl, rr_type);
            }
            let responses = dns.zones[0].servers[0].responses.as_mut().unwrap();
            responses.push(said);
            ids(|findings| judge(&dns, findings))
        };
        assert_eq!(judged([60, 61], RrType::A), ["dns/ttl-unequal"]);
        assert!(judged([60, 60], RrType::A).is_empty());
        assert!(judged([60, 61], RrType::RRSIG).is_empty());
    }

    #[test]
    fn a_denial_is_kept_for_the_shorter_of_two_times() {
        let judged = |ttl: u32, minimum: u32| {
            let mut dns = surveyed(1);
            let data = format!("ns1.example. hostmaster.example. 5 1 1 1 {minimum}");
            let mut said = said(
                "shop.example.",
                RrType::SOA,
                ResponseClass::Answer,
                &[&data],
            );
            said.answers[0].ttl = ttl;
            dns.zones[0].servers[0].responses = Some(vec![said]);
            ids(|findings| judge(&dns, findings))
        };
        assert_eq!(judged(100_000, 90_000), ["dns/negative-ttl"]);
        assert!(judged(3_600, 90_000).is_empty());
        assert!(judged(100_000, 86_400).is_empty());
    }
}
