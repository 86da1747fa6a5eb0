//! Do resolvers, and the hosts file, say what the zone's own servers say, and what is expected?

use crate::facts::dns::{Dns, Outcome, Question, ResolverAnswer, ResponseClass};
use crate::facts::dnssec::SecurityStatus;
use crate::facts::said::{data, same};

/// Fills in whether each answer agrees with the zone's, and with what is expected. Unknown where either is.
pub fn verify(dns: &mut Dns) {
    let mut resolvers = std::mem::take(&mut dns.resolvers);
    for answer in &mut resolvers {
        let asked =
            |question: &&Question| question.name == answer.name && question.r#type == answer.r#type;
        let question = dns.questions.iter().find(asked);
        answer.agrees = question.and_then(|question| agrees(dns, question, answer));
        answer.as_expected = question.and_then(|question| as_expected(question, answer));
    }
    dns.resolvers = resolvers;
}

fn as_expected(question: &Question, answer: &ResolverAnswer) -> Option<bool> {
    let expected = question.expected.as_ref()?;
    let said = Answer::of(answer.rcode.as_deref()?, answer)?;
    Some(said.is(expected, answer))
}

fn agrees(dns: &Dns, question: &Question, answer: &ResolverAnswer) -> Option<bool> {
    let rcode = answer.rcode.as_deref()?;
    let bogus = |question: &Question| {
        let status = question.dnssec.as_ref().map(|security| security.status);
        status == Some(SecurityStatus::Bogus)
    };
    // A resolver that validates must not pass on what is bogus.
    if bogus(question) && rcode == "SERVFAIL" {
        return Some(true);
    }
    let said = Answer::of(rcode, answer)?;
    let zone = match question.outcome {
        Outcome::Unresolvable => return None,
        _ => data(&question.answers, question.r#type),
    };
    if said.is(&zone, answer) {
        return Some(true);
    }
    let responses = responses(dns, question);
    if responses.iter().any(|response| said.is(response, answer)) {
        return Some(true);
    }
    // Where the zone itself says now this and now that, another answer may be one of its own, and a part of what it said is.
    let varied = responses
        .iter()
        .any(|response| !same(response, &zone, answer.r#type));
    match varied {
        true => said.is_within(&responses.concat()).then_some(true),
        false => Some(false),
    }
}

/// What a resolver said: data, or that there is none.
struct Answer(Vec<String>);

impl Answer {
    /// `None` where it did not answer the question, and so neither agrees nor disagrees: it fails.
    fn of(rcode: &str, answer: &ResolverAnswer) -> Option<Self> {
        let fits = ["NOERROR", "NXDOMAIN"].contains(&rcode);
        fits.then(|| Self(data(&answer.answers, answer.r#type)))
    }

    fn is(&self, data: &[String], answer: &ResolverAnswer) -> bool {
        same(&self.0, data, answer.r#type)
    }

    fn is_within(&self, all: &[String]) -> bool {
        !self.0.is_empty() && self.0.iter().all(|one| all.contains(one))
    }
}

/// What the servers of the last zone said, each time that they were asked.
fn responses(dns: &Dns, question: &Question) -> Vec<Vec<String>> {
    let link = question.links.last();
    let said = link
        .map(|link| dns.said(question, link))
        .unwrap_or_default();
    let own = said
        .into_iter()
        .filter(|said| said.response != ResponseClass::Alias);
    own.map(|said| said.data).collect()
}
