//! Do resolvers, and the hosts file, say what the zone's own servers say?

use crate::facts::dns::{Dns, Outcome, Question, Record, ResolverAnswer};
use crate::facts::name::RrType;

/// Fills in whether each answer agrees with the zone's. Unknown where either is.
pub fn verify(dns: &mut Dns) {
    for answer in &mut dns.resolvers {
        let asked =
            |question: &&Question| question.name == answer.name && question.r#type == answer.r#type;
        let question = dns.questions.iter().find(asked);
        answer.agrees = question.and_then(|question| agrees(question, answer));
    }
}

fn agrees(question: &Question, answer: &ResolverAnswer) -> Option<bool> {
    let rcode = answer.rcode.as_deref()?;
    Some(match question.outcome {
        Outcome::Unresolvable => return None,
        Outcome::Nxdomain => rcode == "NXDOMAIN",
        Outcome::Answer | Outcome::Nodata => {
            rcode == "NOERROR"
                && data(&question.answers, question.r#type)
                    == data(&answer.answers, question.r#type)
        }
    })
}

fn data(records: &[Record], rr_type: RrType) -> Vec<&str> {
    let of_type = records.iter().filter(|record| record.r#type == rr_type);
    let mut data: Vec<&str> = of_type.map(|record| record.data.as_str()).collect();
    data.sort_unstable();
    data
}
