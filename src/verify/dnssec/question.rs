//! Is the answer to a question proven? It is as good as the weakest link of its alias chain.

use super::chain::Chain;
use super::evidence::{Evidence, Reply};
use super::response::{Meaning, alias_target, meaning};
use crate::facts::dns::{Link, Outcome, Question, Rcode, Record, ResponseClass};
use crate::facts::dnssec::{Flaw, Security, SecurityStatus};

/// The best of the responses to one link, and what it is worth.
struct Best<'a> {
    reply: &'a Reply,
    proven: Result<Meaning, Flaw>,
}

/// Fills in the status of a question. Where another server's response is proven and the first one's is not, its answer counts.
pub(super) fn verify(question: &mut Question, chain: &Chain<'_>, evidence: &Evidence) {
    question.dnssec = Some(verdict(question, chain, evidence));
    let Some(last) = question.links.len().checked_sub(1) else {
        return;
    };
    let Some(best) = best(last, question, chain, evidence) else {
        return;
    };
    if best.proven == Ok(Meaning::Nodata) {
        question.outcome = Outcome::Nodata;
        question.rcode = Rcode::NoError;
        return;
    }
    if best.proven.is_ok() && question.outcome != Outcome::Unresolvable {
        adopt(question, best.reply);
    }
}

/// The status of a question: the worst among its links.
pub(super) fn verdict(question: &Question, chain: &Chain<'_>, evidence: &Evidence) -> Security {
    let each = (0..question.links.len()).map(|link| {
        let best = best(link, question, chain, evidence);
        match best.map(|best| best.proven) {
            Some(Ok(_)) => Security::secure(),
            Some(Err(flaw)) => flaw.into(),
            None => Flaw::NoAnswer.into(),
        }
    });
    let worst = each.max_by_key(|security| rank(security.status));
    match worst {
        Some(worst) if worst.status == SecurityStatus::Bogus => worst,
        Some(worst) if question.outcome != Outcome::Unresolvable => worst,
        _ => Flaw::NoAnswer.into(),
    }
}

/// The best of the responses to the link of this number.
fn best<'a>(
    number: usize,
    question: &Question,
    chain: &Chain<'_>,
    evidence: &'a Evidence,
) -> Option<Best<'a>> {
    let link = question.links.get(number)?;
    let next = question.links.get(number + 1);
    let own: Vec<&Reply> = evidence
        .replies()
        .iter()
        .filter(|reply| {
            reply.name == link.name
                && reply.rr_type == question.r#type
                && reply.zone == link.zone
                && reply.class.is_usable()
                && reply.class != ResponseClass::Referral
                && is_of_path(reply, next, question)
        })
        .collect();
    let judged = own.into_iter().map(|reply| Best {
        reply,
        proven: meaning(chain, reply),
    });
    // The first of the equally good ones.
    judged.min_by_key(|best| match &best.proven {
        Ok(_) => 0,
        Err(flaw) => rank(flaw.status()),
    })
}

/// Whether a response to a link says what the path went on with: what one server proves is no proof of what another says.
fn is_of_path(reply: &Reply, next: Option<&Link>, question: &Question) -> bool {
    let is_alias = reply.class == ResponseClass::Alias;
    match next {
        Some(next) => is_alias && alias_target(reply).as_ref() == Some(&next.name),
        None => !is_alias || question.outcome == Outcome::Unresolvable,
    }
}

/// From good to bad, as it counts for a whole.
fn rank(status: SecurityStatus) -> u8 {
    match status {
        SecurityStatus::Secure => 0,
        SecurityStatus::Insecure => 1,
        SecurityStatus::Indeterminate => 2,
        SecurityStatus::Bogus => 3,
    }
}

/// Takes outcome and records of the last link from a response.
fn adopt(question: &mut Question, reply: &Reply) {
    (question.outcome, question.rcode) = match reply.class {
        ResponseClass::Answer => (Outcome::Answer, Rcode::NoError),
        ResponseClass::Nxdomain => (Outcome::Nxdomain, Rcode::NxDomain),
        _ => (Outcome::Nodata, Rcode::NoError),
    };
    let is_chain = |record: &Record| record.name != reply.name;
    let kept = question
        .answers
        .iter()
        .take_while(|record| is_chain(record));
    let mut answers: Vec<Record> = kept.cloned().collect();
    if reply.class == ResponseClass::Answer {
        answers.extend(reply.answers());
    }
    question.answers = answers;
}
