//! Is what the servers said proven, from a trust anchor down? (RFC 4033 to 4035, RFC 5155, RFC 6840)
//!
//! Pure: the responses in the facts, anchors and a time in; a status with its reason for every zone, answer and response out.
//! The cryptography is hickory's; the chain of trust and the proofs that something is not there are written here. What
//! a verdict needs and the facts do not have is told by [`wanting`], so that it can be asked for.

pub mod anchors;
mod budget;
mod canonical;
mod chain;
mod denial;
mod evidence;
mod nsec;
mod nsec3;
mod question;
mod response;
mod rrset;
mod tried;

use jiff::Timestamp;

use crate::facts::dns::{Dns, Rcode, Step};
use crate::facts::heard::Heard;
use crate::facts::name::{DnsName, RrType};
use anchors::TrustAnchors;
use chain::Chain;
use evidence::Evidence;

/// One question that a verdict needs the answer of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// The zone whose servers know.
    pub zone: DnsName,
    /// The name to ask for.
    pub name: DnsName,
    /// The type.
    pub r#type: RrType,
}

/// Fills in all that follows from signatures.
pub fn verify(dns: &mut Dns, anchors: &TrustAnchors, at: Timestamp) {
    if !dns.signatures_asked {
        return;
    }
    let evidence = Evidence::of(numbered(dns));
    let cuts: Vec<DnsName> = dns.zones.iter().map(|zone| zone.name.clone()).collect();
    let chain = Chain::new(&evidence, anchors, at, &cuts);
    for question in &mut dns.questions {
        question::verify(question, &chain, &evidence);
    }
    for reply in evidence.replies() {
        let security = response::security(&chain, reply);
        let step = dns
            .questions
            .get_mut(reply.question)
            .and_then(|question| question.steps.get_mut(reply.step));
        if let (Some(step), Some(security)) = (step, security) {
            step.dnssec = Some(security);
        }
    }
    // Last, for how a zone denies is learnt from its responses.
    for zone in &mut dns.zones {
        zone.dnssec = Some(chain.zone_security(&zone.name));
    }
    dns.signatures = chain.signatures();
    for question in &mut dns.questions {
        if question
            .dnssec
            .as_ref()
            .is_some_and(|security| security.is_withheld())
        {
            question.rcode = Rcode::ServFail;
        }
    }
}

/// What must still be asked before every question has a verdict, each once.
#[must_use]
pub fn wanting(heard: &Heard, anchors: &TrustAnchors, at: Timestamp) -> Vec<Want> {
    let steps = heard.steps.iter().map(|step| ((0, 0), step.as_ref()));
    let evidence = Evidence::of(steps);
    let chain = Chain::new(&evidence, anchors, at, &heard.zones);
    for question in &heard.questions {
        question::verdict(question, &chain, &evidence);
    }
    chain.wants()
}

/// Every step with the indices of its question and of itself there.
fn numbered(dns: &Dns) -> impl Iterator<Item = ((usize, usize), &Step)> {
    let questions = dns.questions.iter().enumerate();
    questions.flat_map(|(index, question)| {
        let steps = question.steps.iter().enumerate();
        steps.map(move |(number, step)| ((index, number), step))
    })
}
