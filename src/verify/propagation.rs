//! When will everybody see a change made now? When the last resolver has forgotten what it may have asked a moment ago.

use hickory_proto::rr::{RData, Record as WireRecord};

use crate::facts::dns::{Dns, HeldUp, Outcome, Propagation, Question, Record, Step};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::WireMessage;

/// Fills in how long the records that were asked for, and the delegation to their zone, may be kept.
pub(super) fn verify(dns: &mut Dns) {
    let records = dns.own_questions().flat_map(|question| kept(dns, question));
    let records = longest(records.collect());
    let mut zones: Vec<&DnsName> = Vec::new();
    for link in dns
        .own_questions()
        .filter_map(|question| question.links.last())
    {
        if !zones.contains(&&link.zone) && link.zone != DnsName::root() {
            zones.push(&link.zone);
        }
    }
    let delegation = longest(zones.iter().flat_map(|zone| delegated(dns, zone)).collect());
    let known = records.is_some() || delegation.is_some();
    dns.propagation = known.then_some(Propagation {
        records,
        delegation,
    });
}

/// The one that is kept longest; of several the first.
fn longest(all: Vec<HeldUp>) -> Option<HeldUp> {
    all.into_iter().reduce(|longest, other| {
        if other.seconds > longest.seconds {
            other
        } else {
            longest
        }
    })
}

/// The aliases and records of an answer; for what is not there the SOA, by which its absence is kept.
fn kept(dns: &Dns, question: &Question) -> Vec<HeldUp> {
    let zone_of = |name: &DnsName| {
        let link = question.links.iter().find(|link| link.name == *name);
        let link = link.or(question.links.last())?;
        Some(link.zone.clone())
    };
    let records = question.answers.iter().filter_map(|record| {
        let zone = zone_of(&record.name)?;
        Some(held(record, record.ttl, &zone))
    });
    let absence = match question.outcome {
        Outcome::Nodata | Outcome::Nxdomain => absence(dns, question),
        Outcome::Answer | Outcome::Unresolvable => None,
    };
    records.chain(absence).collect()
}

fn held(record: &Record, seconds: u32, zone: &DnsName) -> HeldUp {
    HeldUp {
        seconds,
        name: record.name.clone(),
        r#type: record.r#type,
        zone: zone.clone(),
    }
}

/// The smaller one of the SOA's TTL and its last field (RFC 2308 §5).
fn absence(dns: &Dns, question: &Question) -> Option<HeldUp> {
    let link = question.links.last()?;
    let own = steps(dns).filter(|step| {
        step.zone == link.zone
            && step.question.name == link.name
            && step.question.r#type == question.r#type
    });
    let mut authorities = own.flat_map(|step| section(step, |message| message.authorities.clone()));
    authorities.find_map(|record| match &record.data {
        RData::SOA(soa) => Some(held(
            &Record::from(&record),
            record.ttl.min(soa.minimum),
            &link.zone,
        )),
        _ => None,
    })
}

/// The NS and DS records of a zone, as its parent and its own servers give them.
fn delegated(dns: &Dns, zone: &DnsName) -> Vec<HeldUp> {
    let near = steps(dns).filter(|step| {
        step.zone == *zone
            || step.referral_to.as_ref() == Some(zone)
            || (step.question.name == *zone && step.question.r#type == RrType::DS)
    });
    let records = near.flat_map(|step| {
        let all = section(step, |message| {
            let both = message.answers.iter().chain(&message.authorities);
            both.cloned().collect()
        });
        all.into_iter().map(move |record| (step, record))
    });
    let of_zone = records.filter(|(_, record)| {
        let rr_type = RrType::from(record.record_type());
        record.name == *zone.as_wire() && [RrType::NS, RrType::DS].contains(&rr_type)
    });
    of_zone
        .map(|(step, record)| held(&Record::from(&record), record.ttl, &step.zone))
        .collect()
}

fn steps(dns: &Dns) -> impl Iterator<Item = &Step> {
    let usable = |step: &&Step| step.response.is_usable();
    let all = dns.questions.iter().flat_map(|question| &question.steps);
    all.filter(usable)
}

fn section(
    step: &Step,
    of: impl Fn(&hickory_proto::op::Message) -> Vec<WireRecord>,
) -> Vec<WireRecord> {
    let read = step.message.as_ref().and_then(WireMessage::read);
    read.map(|read| of(&read.message)).unwrap_or_default()
}
