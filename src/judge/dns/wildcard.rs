//! Does the answer come from a wildcard?

use crate::facts::dns::{Dns, Outcome, Question, Record};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The answer comes from a wildcard.
    ///
    /// The zone gives the same answer for a name beside this one that nobody has created. That may be meant; but a misspelt name
    /// gets the same answer, and the site, or whoever runs the target, has to cope with names that nobody thought of. If it is not
    /// meant, replace the `*` record by one for each name.
    Wildcard { name: DnsName, zone: DnsName }
    id: "dns/wildcard", severity: Notice, source: "RFC 4592",
    message: "`{name}` gets its answer from a wildcard of `{zone}`",
    fix: "if that is not meant, replace the `*` record by one for `{name}`",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    let found = dns.questions.iter().find(|question| is_wildcard(question));
    let link = found.and_then(|question| question.links.last());
    if let Some(link) = link {
        let evidence = Wildcard {
            name: link.name.clone(),
            zone: link.zone.clone(),
        };
        findings.push(evidence.about(link.name.without_dot()));
    }
}

fn is_wildcard(question: &Question) -> bool {
    let Some((link, sibling)) = question.links.last().zip(question.sibling.as_ref()) else {
        return false;
    };
    let data = |records: &[Record], name: Option<&DnsName>| -> Vec<String> {
        let own = records.iter().filter(|record| {
            record.r#type == question.r#type && name.is_none_or(|name| record.name == *name)
        });
        let mut data: Vec<String> = own.map(|record| record.data.clone()).collect();
        data.sort();
        data
    };
    let own = data(&question.answers, Some(&link.name));
    question.outcome == Outcome::Answer && !own.is_empty() && own == data(sibling, None)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;
    use crate::facts::dns::Link;
    use crate::facts::name::RrType;

    fn judged(sibling: Option<&str>) -> Vec<String> {
        let mut asked = question("a.example.", RrType::A, Outcome::Answer).record("192.0.2.1");
        asked.links = vec![Link {
            name: asked.name.clone(),
            zone: "example.".parse().unwrap(),
        }];
        asked.sibling = sibling.map(|data| {
            let other = question("b.example.", RrType::A, Outcome::Answer).record(data);
            other.answers
        });
        ids(|findings| judge(&zones(&["example."]).asks(asked), findings))
    }

    #[test]
    fn the_same_answer_beside_it_comes_from_a_wildcard() {
        assert_eq!(judged(Some("192.0.2.1")), ["dns/wildcard"]);
    }

    #[test]
    fn another_answer_or_none_does_not_and_what_was_not_asked_says_nothing() {
        assert!(judged(Some("192.0.2.2")).is_empty());
        assert!(judged(None).is_empty());
    }
}
