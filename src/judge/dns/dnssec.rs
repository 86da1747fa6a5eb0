//! The chain of trust judged: what breaks it, where, and at which servers. One break is one finding.
//!
//! A validating resolver answers SERVFAIL for what is broken, so whoever asks such a resolver cannot get in, while others can.

mod denial;
mod keys;
mod signatures;
#[cfg(test)]
mod testing;
mod unsigned;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;

use crate::facts::dns::{Dns, Question, Step, Zone};
use crate::facts::dnssec::{Flaw, SecurityStatus};
use crate::facts::name::{DnsName, RrType};
use crate::finding::{Evidence, Finding, Rule};

/// The rules about DNSSEC, in the order of the published table.
pub(in crate::judge) const RULES: &[Rule] = &[
    keys::DsWithoutKey::RULE,
    signatures::SignatureExpired::RULE,
    signatures::SignatureNotYetValid::RULE,
    signatures::SignatureMissing::RULE,
    signatures::SignatureInvalid::RULE,
    denial::DenialInvalid::RULE,
    signatures::PartlySigned::RULE,
    signatures::SignatureExpiresSoon::RULE,
    keys::AlgorithmUnsupported::RULE,
    keys::AlgorithmDeprecated::RULE,
    denial::Nsec3Iterations::RULE,
    denial::Nsec3IterationsHigh::RULE,
    unsigned::NotSigned::RULE,
    keys::RolloverPending::RULE,
];

pub(super) fn judge(dns: &Dns, at: Timestamp, findings: &mut Vec<Finding>) {
    if !dns.signatures_asked {
        return;
    }
    let breaks = breaks(dns);
    keys::judge(dns, &breaks, findings);
    signatures::judge(dns, &breaks, at, findings);
    denial::judge(dns, &breaks, findings);
    unsigned::judge(dns, findings);
}

/// One cause for which data is bogus.
#[derive(Debug)]
struct Break<'a> {
    /// The flaw, as it was first met.
    flaw: &'a Flaw,
    /// The zone concerned.
    zone: DnsName,
    /// The record sets that have it.
    sets: BTreeSet<(DnsName, RrType)>,
    /// The addresses of the servers at which it was met, with their names; in a defined order, as which came first is chance.
    places: BTreeMap<IpAddr, DnsName>,
    /// Whether another server gives the same data whole.
    elsewhere_whole: bool,
}

impl Break<'_> {
    /// The finding, about the servers when others do better, else about the zone.
    fn finding(&self, evidence: &impl Evidence) -> Finding {
        let zone = self.zone.without_dot();
        if self.elsewhere_whole {
            evidence.about_all(zone, self.servers())
        } else {
            evidence.about(zone)
        }
    }

    /// The record sets in one string, as in ``A, AAAA of `shop.example.` ``.
    fn over(&self) -> String {
        let mut names: Vec<&DnsName> = self.sets.iter().map(|(name, _)| name).collect();
        names.dedup();
        let of = |name: &DnsName| {
            let own = self.sets.iter().filter(|(owner, _)| owner == name);
            let types: Vec<String> = own.map(|(_, r#type)| r#type.to_string()).collect();
            format!("{} of `{name}`", types.join(", "))
        };
        names.into_iter().map(of).collect::<Vec<_>>().join(", ")
    }

    /// ` at ns2.shop.example (198.51.100.53)`, when other servers do better.
    fn place(&self) -> String {
        if self.elsewhere_whole {
            format!(" at {}", self.listed())
        } else {
            String::new()
        }
    }

    /// The addresses of the servers.
    fn servers(&self) -> Vec<String> {
        self.places.keys().map(ToString::to_string).collect()
    }

    /// The servers in one string, each name with its addresses.
    fn listed(&self) -> String {
        let mut named: Vec<(String, Vec<String>)> = Vec::new();
        for (address, name) in &self.places {
            let (name, address) = (name.without_dot(), address.to_string());
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, addresses)) => addresses.push(address),
                None => named.push((name, vec![address])),
            }
        }
        let each = named.iter();
        let each = each.map(|(name, addresses)| format!("{name} ({})", addresses.join(", ")));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// Every break, that nearest to the root first. What a zone inherits from a broken parent is that parent's.
fn breaks(dns: &Dns) -> Vec<Break<'_>> {
    let mut breaks: Vec<Break<'_>> = Vec::new();
    for zone in &dns.zones {
        let Some(flaw) = broken_zone(zone) else {
            continue;
        };
        if !breaks.iter().any(|known| known.flaw == flaw) {
            breaks.push(new_break(flaw));
        }
    }
    let steps = dns.questions.iter().flat_map(|question| &question.steps);
    for step in steps.filter(|step| decides(dns, step)) {
        let Some(flaw) = step
            .dnssec
            .as_ref()
            .and_then(|security| security.reason.as_ref())
        else {
            continue;
        };
        if flaw.status() != SecurityStatus::Bogus {
            continue;
        }
        let same = |known: &&mut Break<'_>| {
            known.flaw == flaw || (kind(known.flaw) == kind(flaw) && known.zone == zone_of(flaw))
        };
        let known = match breaks.iter_mut().find(same) {
            Some(known) => known,
            None => {
                breaks.push(new_break(flaw));
                let Some(new) = breaks.last_mut() else {
                    continue;
                };
                new
            }
        };
        known.sets.extend(sets(flaw));
        let server = &step.server;
        known.places.insert(server.address, server.name.clone());
        known.elsewhere_whole |= is_whole_elsewhere(dns, step);
    }
    without_what_follows(breaks)
}

/// A server that has the zone without keys has it unsigned: what else it does not prove there follows from that.
fn without_what_follows(mut breaks: Vec<Break<'_>>) -> Vec<Break<'_>> {
    let keyless: Vec<(DnsName, BTreeSet<IpAddr>)> = breaks
        .iter()
        .filter(|known| is_without_keys(known.flaw) && known.elsewhere_whole)
        .map(|known| (known.zone.clone(), known.places.keys().copied().collect()))
        .collect();
    for known in breaks.iter_mut().filter(|known| follows(known.flaw)) {
        let own = keyless.iter().filter(|(zone, _)| *zone == known.zone);
        for (_, servers) in own {
            known.places.retain(|address, _| !servers.contains(address));
        }
    }
    breaks.retain(|known| !(follows(known.flaw) && known.places.is_empty()));
    breaks
}

/// Whether a server without keys shows this flaw as well.
fn follows(flaw: &Flaw) -> bool {
    let unsigned = matches!(
        flaw,
        Flaw::SignatureMissing { .. } | Flaw::DenialInvalid { .. }
    );
    unsigned && !is_without_keys(flaw)
}

/// That a zone denies its own keys.
fn is_without_keys(flaw: &Flaw) -> bool {
    matches!(flaw, Flaw::DenialInvalid { name, r#type: RrType::DNSKEY, zone } if name == zone)
}

fn broken_zone(zone: &Zone) -> Option<&Flaw> {
    let security = &zone.dnssec.as_ref()?.security;
    let broken = security.status == SecurityStatus::Bogus;
    security.reason.as_ref().filter(|_| broken)
}

fn new_break(flaw: &Flaw) -> Break<'_> {
    Break {
        flaw,
        zone: zone_of(flaw),
        sets: sets(flaw).into_iter().collect(),
        places: BTreeMap::new(),
        elsewhere_whole: false,
    }
}

/// Whether the answer to a question depends on this exchange.
fn decides(dns: &Dns, step: &Step) -> bool {
    let asked = &step.question;
    let of_question = |question: &Question| {
        question.r#type == asked.r#type && question.links.iter().any(|link| link.name == asked.name)
    };
    asked.r#type == RrType::DNSKEY || dns.questions.iter().any(of_question)
}

/// Whether another server of the zone gave proven data to the same question.
fn is_whole_elsewhere(dns: &Dns, broken: &Step) -> bool {
    let steps = dns.questions.iter().flat_map(|question| &question.steps);
    steps
        .filter(|step| step.question == broken.question && step.zone == broken.zone)
        .filter_map(|step| step.dnssec.as_ref())
        .any(|security| security.status == SecurityStatus::Secure)
}

/// Which rule a flaw belongs to.
fn kind(flaw: &Flaw) -> (std::mem::Discriminant<Flaw>, bool) {
    (std::mem::discriminant(flaw), is_without_keys(flaw))
}

/// The zone that has to mend it.
fn zone_of(flaw: &Flaw) -> DnsName {
    match flaw {
        Flaw::SignatureExpired { set }
        | Flaw::SignatureNotYetValid { set }
        | Flaw::SignatureInvalid { set } => set.signer.clone(),
        Flaw::SignatureMissing { zone, .. }
        | Flaw::DenialInvalid { zone, .. }
        | Flaw::NoKeyForDs { zone, .. }
        | Flaw::NotSigned { zone }
        | Flaw::OptOut { zone }
        | Flaw::AlgorithmUnsupported { zone, .. }
        | Flaw::Nsec3Iterations { zone, .. }
        | Flaw::KeysNotHad { zone }
        | Flaw::DelegationSignerNotHad { zone } => zone.clone(),
        Flaw::KeyMissing { signer, .. } => signer.clone(),
        Flaw::TooManySignatures { name, .. } => name.clone(),
        Flaw::NotVerifiable { .. } | Flaw::NoAnchor | Flaw::NoAnswer => DnsName::root(),
    }
}

fn sets(flaw: &Flaw) -> Vec<(DnsName, RrType)> {
    let label = |name: &DnsName, r#type: &RrType| vec![(name.clone(), *r#type)];
    match flaw {
        Flaw::SignatureExpired { set }
        | Flaw::SignatureNotYetValid { set }
        | Flaw::SignatureInvalid { set } => label(&set.name, &set.r#type),
        Flaw::SignatureMissing { name, r#type, .. }
        | Flaw::KeyMissing { name, r#type, .. }
        | Flaw::DenialInvalid { name, r#type, .. }
        | Flaw::TooManySignatures { name, r#type } => label(name, r#type),
        _ => Vec::new(),
    }
}

/// The zones that whoever runs the name can mend: those at or below a name that can be registered.
fn own_zones(dns: &Dns) -> impl Iterator<Item = &Zone> {
    dns.zones.iter().filter(|zone| {
        let registrable = psl::domain_str(zone.name.without_dot().as_str()).is_some();
        registrable && zone.name != DnsName::root()
    })
}

/// The names of DNSSEC algorithms (IANA, DNS Security Algorithm Numbers).
fn algorithm_name(number: u8) -> String {
    let known = match number {
        1 => "RSAMD5",
        3 => "DSA",
        5 => "RSASHA1",
        6 => "DSA-NSEC3-SHA1",
        7 => "RSASHA1-NSEC3-SHA1",
        8 => "RSASHA256",
        10 => "RSASHA512",
        12 => "ECC-GOST",
        13 => "ECDSAP256SHA256",
        14 => "ECDSAP384SHA384",
        15 => "ED25519",
        16 => "ED448",
        other => return format!("algorithm {other}"),
    };
    known.to_owned()
}
