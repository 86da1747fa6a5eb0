//! The responses of a run, read from the facts and found by question.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Record as WireRecord, RecordType};

use crate::facts::dns::{Record, ResponseClass, Step};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::Reading;

/// One response, and where it stands in the facts.
#[derive(Debug)]
pub(super) struct Reply {
    /// The index of its question.
    pub(super) question: usize,
    /// The index of its step there.
    pub(super) step: usize,
    /// The zone whose server sent it.
    pub(super) zone: DnsName,
    pub(super) name: DnsName,
    pub(super) rr_type: RrType,
    pub(super) class: ResponseClass,
    /// Whether the question had EDNS, and so asked for signatures.
    edns: bool,
    server: SocketAddr,
    /// The zone that a referral points to.
    pub(super) referral_to: Option<DnsName>,
    reading: Arc<Reading>,
}

/// Every response that could be read, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    replies: Vec<Reply>,
    asked: Vec<(DnsName, RrType)>,
}

impl Evidence {
    /// Of steps with the indices of their questions and their own.
    pub(super) fn of<'s>(steps: impl Iterator<Item = ((usize, usize), &'s Step)>) -> Self {
        let mut evidence = Self::default();
        let mut came: Vec<(f64, Reply)> = Vec::new();
        let mut knows: BTreeSet<SocketAddr> = BTreeSet::new();
        for (place, step) in steps {
            let asked = (step.question.name.clone(), step.question.r#type);
            evidence.asked.push(asked);
            if step.edns && step.response.is_usable() {
                knows.insert(step.server.socket());
            }
            let end = step.at_ms.0 + step.rtt_ms.unwrap_or_default().0;
            came.extend(reply(place, step).map(|reply| (end, reply)));
        }
        // A question without EDNS cannot ask for signatures, so its answer does not lack them, where the server knows EDNS.
        came.retain(|(_, reply)| reply.edns || !knows.contains(&reply.server));
        came.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        evidence.replies = came.into_iter().map(|(_, reply)| reply).collect();
        evidence
    }

    pub(super) fn replies(&self) -> &[Reply] {
        &self.replies
    }

    /// The responses to a question that did not point elsewhere.
    pub(super) fn to<'a>(
        &'a self,
        name: &'a DnsName,
        rr_type: RrType,
    ) -> impl Iterator<Item = &'a Reply> {
        self.replies.iter().filter(move |reply| {
            reply.name == *name
                && reply.rr_type == rr_type
                && reply.class.is_usable()
                && reply.class != ResponseClass::Referral
        })
    }

    /// The referrals to a zone.
    pub(super) fn referrals_to<'a>(&'a self, zone: &'a DnsName) -> impl Iterator<Item = &'a Reply> {
        self.replies
            .iter()
            .filter(move |reply| reply.referral_to.as_ref() == Some(zone))
    }

    /// Whether anybody was asked this, whatever came of it.
    pub(super) fn was_asked(&self, name: &DnsName, rr_type: RrType) -> bool {
        self.asked
            .iter()
            .any(|(asked, own)| asked == name && *own == rr_type)
    }
}

impl Reply {
    /// What it says.
    pub(super) fn message(&self) -> &Message {
        &self.reading.message
    }

    /// The records that answer the question: of its type, at its name.
    pub(super) fn answers(&self) -> Vec<Record> {
        let (name, rr_type) = (self.name.as_wire(), self.rr_type);
        let own = self.message().answers.iter().filter(|record| {
            record.name == *name
                && (rr_type == RrType::ANY || RrType::from(record.record_type()) == rr_type)
        });
        Record::each_once(own.map(Record::from))
    }
}

/// What a server says that answers as a resolver does, with signatures: where no other is left, resolvers take it, and it is as
/// good as those are. In the place of the root's servers it is the network's resolver, which is a fault of its own.
fn class(step: &Step, message: &Message) -> ResponseClass {
    let flags = &message.metadata;
    let mut records = message.answers.iter().chain(&message.authorities);
    let signed = records.any(|record| record.record_type() == RecordType::RRSIG);
    let as_resolver = flags.recursion_available && !flags.authoritative && signed;
    let of_network = step.zone == DnsName::root();
    if step.response != ResponseClass::Lame || !as_resolver || of_network {
        return step.response;
    }
    let (name, rr_type) = (step.question.name.as_wire(), step.question.r#type.as_wire());
    let own = || message.answers.iter().filter(|record| record.name == *name);
    let soa = |record: &WireRecord| record.record_type() == RecordType::SOA;
    let fits = |record: &WireRecord| [record.record_type(), RecordType::ANY].contains(&rr_type);
    if own().any(fits) {
        ResponseClass::Answer
    } else if !message.answers.is_empty() {
        ResponseClass::Alias
    } else if flags.response_code == ResponseCode::NXDomain {
        ResponseClass::Nxdomain
    } else if message.authorities.iter().any(soa) {
        ResponseClass::Nodata
    } else {
        ResponseClass::Lame
    }
}

fn reply((question, number): (usize, usize), step: &Step) -> Option<Reply> {
    let reading = step.message.as_ref()?.read()?;
    (!reading.message.metadata.truncation).then_some(Reply {
        question,
        step: number,
        zone: step.zone.clone(),
        name: step.question.name.clone(),
        rr_type: step.question.r#type,
        class: class(step, &reading.message),
        edns: step.edns,
        server: step.server.socket(),
        referral_to: step.referral_to.clone(),
        reading,
    })
}
