//! Do the parent and the zone name the same servers, and do the servers of the parent say the same?

use std::collections::{BTreeMap, BTreeSet};

use super::named::listed;
use crate::facts::dns::{Dns, Referral, Zone};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The registrar lists other name servers than the zone itself.
    ///
    /// Resolvers begin with those of the registrar (the parent zone) and go on with those of the zone's own NS records, so both sets
    /// are used, now one, now the other. A server that stands on one side only is forgotten when the zone moves, serves an old copy,
    /// or is lost altogether. Mostly one list was changed and the other was not. Make them the same: at the registrar under "name
    /// servers" (Route 53 "Registered domains", Namecheap "Nameservers: custom DNS", GoDaddy "Nameservers", Gandi and OVH "DNS
    /// servers"), or the NS records at the top of the zone (Route 53: the record of type NS of the hosted zone; with your own
    /// server: the zone file, and raise the serial).
    NsMismatch { zone: DnsName, said: String, only_parent: Vec<DnsName>, only_child: Vec<DnsName> }
    id: "dns/ns-mismatch", severity: Warning, source: "RFC 1034 §4.2.2",
    explained_by: ["dns/glue-missing", "dns/ns-unresolvable"],
    message: "the parent and `{zone}` itself name other servers: {said}",
    fix: "make the list at the registrar and the NS records of `{zone}` the same",
}

finding! {
    /// The registrar lists none of the name servers that the zone names itself.
    ///
    /// The zone was moved, and one of its halves was left behind. Who comes from the parent is told by the old servers to go to
    /// others, or stays with an old copy; which of them answers depends on what a resolver has in its memory. Enter at the
    /// registrar the servers that the DNS host shows for the zone (Route 53: "Hosted zone details", four names `ns-….awsdns-…`;
    /// Cloudflare: "Nameservers"; Azure and Google: the zone's overview), or correct the NS records in the zone.
    NsDisjoint { zone: DnsName, parent: String, child: String }
    id: "dns/ns-disjoint", severity: Error, source: "RFC 1034 §4.2.2",
    message: "the parent leads to {parent}, and none of these is among those that `{zone}` names itself: {child}",
    fix: "enter at the registrar the name servers that the DNS host shows for `{zone}`, or correct its NS records",
}

finding! {
    /// The servers of the parent zone do not agree on the zone.
    ///
    /// The NS or DS records that lead to the zone differ between the servers of the registry. As a rule a change is on its way and
    /// is over within minutes to an hour. When it stays so, a server of the registry is stuck: visitors whose resolver asks
    /// that one meet the old servers, or with the old DS a zone that does not validate. Wait an hour and look again; then write to
    /// the registrar, naming the server. Do not switch the old name servers off before all agree.
    ParentSplit { zone: DnsName, servers: String, said: String }
    id: "dns/parent-split", severity: Warning, source: "RFC 1034 §4.2.2 (zonemaster BASIC01)",
    message: "servers of the parent say otherwise of `{zone}` than the rest: {said}",
    fix: "look again in an hour; if it stays so, have the registrar see to {servers}",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        ns_mismatch(zone, findings);
        parent_split(zone, findings);
    }
}

fn ns_mismatch(zone: &Zone, findings: &mut Vec<Finding>) {
    let child: BTreeSet<&DnsName> = zone.child_ns.iter().flatten().collect();
    let parent: BTreeSet<&DnsName> = zone.parent_ns.iter().collect();
    let mut referrals = zone.referrals.iter();
    // Where servers of the parent disagree, one of them may be right.
    let told = referrals.any(|referral| referral.ns.iter().collect::<BTreeSet<_>>() == child);
    // A zone that the servers of its parent have as well has no referral: there is nothing to compare.
    if child.is_empty()
        || parent.is_empty()
        || zone.referred_by.is_none()
        || parent == child
        || told
    {
        return;
    }
    if parent.is_disjoint(&child) {
        let evidence = NsDisjoint {
            zone: zone.name.clone(),
            parent: listed(parent),
            child: listed(child),
        };
        findings.push(evidence.about(zone.name.without_dot()));
        return;
    }
    let only_parent: Vec<&DnsName> = parent.difference(&child).copied().collect();
    let only_child: Vec<&DnsName> = child.difference(&parent).copied().collect();
    let side = |names: &[&DnsName], side: &str| {
        (!names.is_empty()).then(|| format!("{} only {side}", listed(names.iter().copied())))
    };
    let said = [
        side(&only_parent, "at the parent"),
        side(&only_child, "in the zone"),
    ];
    let evidence = NsMismatch {
        zone: zone.name.clone(),
        said: said.into_iter().flatten().collect::<Vec<_>>().join(", "),
        only_parent: only_parent.iter().copied().cloned().collect(),
        only_child: only_child.into_iter().cloned().collect(),
    };
    // What is wrong with a server that only the parent lists comes from its being listed.
    let stray = zone
        .servers
        .iter()
        .filter(|server| only_parent.contains(&&server.name));
    let stray = stray.map(|server| server.address.to_string());
    let odd = evidence.only_parent.iter().chain(&evidence.only_child);
    let subjects = odd.map(DnsName::without_dot).chain(stray);
    let mut finding = evidence.about_all("", subjects.collect());
    finding.subject = zone.name.without_dot();
    findings.push(finding);
}

/// What a referral consists of, for comparison.
type Said<'a> = (BTreeSet<&'a DnsName>, Option<BTreeSet<String>>);

fn said(referral: &Referral) -> Said<'_> {
    let ds = referral.ds.as_ref();
    let ds = ds.map(|ds| ds.iter().map(|record| record.data.to_lowercase()).collect());
    (referral.ns.iter().collect(), ds)
}

fn parent_split(zone: &Zone, findings: &mut Vec<Finding>) {
    let mut groups: BTreeMap<Said<'_>, Vec<&Referral>> = BTreeMap::new();
    for referral in &zone.referrals {
        groups.entry(said(referral)).or_default().push(referral);
    }
    let usual = groups.iter().max_by_key(|(_, members)| members.len());
    let Some(usual) = usual.map(|(said, _)| said.clone()) else {
        return;
    };
    groups.remove(&usual);
    let odd: Vec<&Referral> = groups.values().flatten().copied().collect();
    if odd.is_empty() {
        return;
    }
    let each = groups.iter().flat_map(|(said, members)| {
        members.iter().map(|referral| {
            let (server, address) = (&referral.server.name, referral.server.address);
            format!("{server} ({address}) {}", otherwise(said, &usual))
        })
    });
    let evidence = ParentSplit {
        zone: zone.name.clone(),
        servers: listed(odd.iter().map(|referral| &referral.server.name)),
        said: each.collect::<Vec<_>>().join("; "),
    };
    let addresses = odd
        .iter()
        .map(|referral| referral.server.address.to_string());
    let mut finding = evidence.about(zone.name.without_dot());
    finding.subjects.extend(addresses);
    findings.push(finding);
}

/// In what one differs from the usual.
fn otherwise(said: &Said<'_>, usual: &Said<'_>) -> String {
    let (ns, ds) = said;
    if *ns != usual.0 {
        return format!("names {}", listed(ns.iter().copied()));
    }
    match ds {
        Some(ds) if ds.is_empty() => "has no DS".to_owned(),
        Some(ds) => {
            let tags = ds.iter().filter_map(|data| data.split(' ').next());
            format!("has the DS {}", tags.collect::<Vec<_>>().join(", "))
        }
        None => "does not tell the DS".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, surveyed};
    use super::*;
    use crate::facts::dns::{Record, Server};
    use crate::facts::name::RrType;

    fn names(names: &[u8]) -> Vec<DnsName> {
        let each = names.iter();
        each.map(|number| format!("ns{number}.example.").parse().unwrap())
            .collect()
    }

    fn judged(change: impl FnOnce(&mut Zone)) -> Vec<String> {
        let mut dns = surveyed(2);
        change(&mut dns.zones[0]);
        ids(|findings| judge(&dns, findings))
    }

    fn referral(last: u8, ns: &[u8], ds: &[&str]) -> Referral {
        let ds = ds.iter().map(|data| Record {
            name: "shop.example.".parse().unwrap(),
            r#type: RrType::DS,
            ttl: 60,
            data: (*data).to_owned(),
        });
        Referral {
            server: Server {
                name: "ns.nic.example.".parse().unwrap(),
                address: [203, 0, 113, last].into(),
                port: 53,
            },
            ns: names(ns),
            ds: Some(ds.collect()),
            glue: Vec::new(),
        }
    }

    #[test]
    fn a_server_on_one_side_only_is_named_and_none_in_common_is_an_error() {
        let child = |child: &[u8]| judged(|zone| zone.child_ns = Some(names(child)));
        assert_eq!(child(&[1, 2, 3]), ["dns/ns-mismatch"]);
        assert_eq!(child(&[1]), ["dns/ns-mismatch"]);
        assert_eq!(child(&[3, 4]), ["dns/ns-disjoint"]);
        assert!(child(&[2, 1]).is_empty());
    }

    #[test]
    fn a_set_that_was_not_had_is_compared_with_nothing() {
        assert!(judged(|zone| zone.child_ns = None).is_empty());
        let hidden = |zone: &mut Zone| {
            (zone.child_ns, zone.referred_by) = (Some(names(&[3])), None);
        };
        assert!(judged(hidden).is_empty());
    }

    #[test]
    fn servers_of_the_parent_that_say_otherwise_are_named() {
        let split = |second: Referral| {
            judged(|zone| {
                zone.referrals = vec![
                    referral(1, &[1, 2], &["1 13 2 AB"]),
                    second,
                    referral(3, &[1, 2], &["1 13 2 ab"]),
                ];
            })
        };
        assert_eq!(
            split(referral(2, &[1], &["1 13 2 AB"])),
            ["dns/parent-split"]
        );
        assert_eq!(split(referral(2, &[1, 2], &[])), ["dns/parent-split"]);
        assert!(split(referral(2, &[2, 1], &["1 13 2 AB"])).is_empty());
    }

    #[test]
    fn when_a_part_of_the_parent_is_right_only_the_split_is_said() {
        let found = judged(|zone| {
            zone.child_ns = Some(names(&[1, 2, 3]));
            zone.referrals = vec![referral(1, &[1, 2], &[]), referral(2, &[1, 2, 3], &[])];
        });
        assert_eq!(found, ["dns/parent-split"]);
    }
}
