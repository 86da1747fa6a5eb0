//! What the servers of a zone said to a question, read from the responses that are kept.

use super::dns::{Dns, Link, Question, Record, ResponseClass, Server, Step};
use super::name::RrType;

/// One usable response to a question at one name of its alias chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// Who said it.
    pub server: &'a Server,
    /// What kind of response it was.
    pub response: ResponseClass,
    /// The data of the type asked for, or the target where the name is an alias; sorted.
    pub data: Vec<String>,
}

impl Dns {
    /// Every usable response to `question` at one name of its alias chain, in the order in which they were asked for.
    #[must_use]
    pub fn said(&self, question: &Question, link: &Link) -> Vec<Said<'_>> {
        let rr_type = question.r#type;
        let steps = self.questions.iter().flat_map(|question| &question.steps);
        let own = steps.filter(|step| {
            step.zone == link.zone
                && step.question.name == link.name
                && step.question.r#type == rr_type
                && step.response.is_usable()
                && step.response != ResponseClass::Referral
        });
        own.filter_map(said).collect()
    }
}

fn said(step: &Step) -> Option<Said<'_>> {
    let read = step.message.as_ref()?.read()?;
    let wanted = match step.response {
        ResponseClass::Alias => RrType::CNAME,
        _ => step.question.r#type,
    };
    let records = read.message.answers.iter().map(Record::from);
    let own = records.filter(|record| record.name == step.question.name);
    Some(Said {
        server: &step.server,
        response: step.response,
        data: data(&own.collect::<Vec<_>>(), wanted),
    })
}

/// The data of the records of a type, sorted, so that two sets can be compared.
#[must_use]
pub fn data(records: &[Record], rr_type: RrType) -> Vec<String> {
    let own = records.iter().filter(|record| record.r#type == rr_type);
    let mut data: Vec<String> = own.map(|record| record.data.clone()).collect();
    data.sort_unstable();
    data.dedup();
    data
}

/// Whether two sorted sets of data are the same: names in them are compared whatever their case.
#[must_use]
pub fn same(one: &[String], other: &[String], rr_type: RrType) -> bool {
    let folded = |data: &[String]| -> Vec<String> {
        let text = rr_type == RrType::TXT || rr_type == RrType::SPF;
        let mut folded: Vec<String> = data
            .iter()
            .map(|one| {
                if text {
                    one.clone()
                } else {
                    one.to_ascii_lowercase()
                }
            })
            .collect();
        folded.sort_unstable();
        folded
    };
    folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(data: &[&str]) -> Vec<String> {
        data.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_the_same_in_any_case_and_texts_are_not() {
        let (one, other) = (
            set(&["A.example.", "b.example."]),
            set(&["B.example.", "a.example."]),
        );
        assert!(same(&one, &other, RrType::NS));
        assert!(!same(&set(&["\"A\""]), &set(&["\"a\""]), RrType::TXT));
        assert!(!same(&one, &set(&["a.example."]), RrType::NS));
    }
}
