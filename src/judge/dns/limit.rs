//! Did a bound end the trace?

use crate::facts::dns::{Dns, Obstacle, Question};
use crate::facts::dnssec::Flaw;
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A bound on the work for one name ended the trace.
    ///
    /// Resolvers bound the questions, referrals, server names and signatures that one look-up may cost, so that a broken or hostile
    /// zone cannot keep them busy. doorstep has the same bounds, and one was reached: a resolver will most likely fail as well.
    /// Make the delegation simpler: fewer zones that depend on each other, server names inside the zone, with glue. Where it is
    /// signatures, sign the zone anew: a set needs one for each of the zone's algorithms.
    LimitReached { name: DnsName, what: String, limit: String, at: DnsName, mend: String }
    id: "dns/limit-reached", severity: Error, source: "practice: resolvers have the same bounds",
    message: "`{name}` takes {what} (bound {limit}); it was given up at `{at}`",
    fix: "{mend}",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    let limited = dns
        .questions
        .iter()
        .find_map(|question| match &question.obstacle {
            Some(Obstacle::LimitReached { limit, at }) if limit != "ALIAS_LINKS" => {
                Some(LimitReached {
                    name: question.name.clone(),
                    what: what(limit).to_owned(),
                    limit: limit.clone(),
                    at: at.clone(),
                    mend: SIMPLER.to_owned(),
                })
            }
            _ => too_many_signatures(question),
        });
    if let Some(evidence) = limited {
        let subject = evidence.name.without_dot();
        findings.push(evidence.about(subject));
    }
}

const SIMPLER: &str =
    "make the delegation simpler: fewer zones that depend on each other, name servers with glue";

/// Signatures that would take a resolver too long (KeyTrap).
fn too_many_signatures(question: &Question) -> Option<LimitReached> {
    match question.dnssec.as_ref()?.reason.as_ref()? {
        Flaw::TooManySignatures { name, r#type } => Some(LimitReached {
            name: question.name.clone(),
            what: format!("more signatures over one set of records ({type}) than resolvers try"),
            limit: "SIGNATURES_PER_SET".to_owned(),
            at: name.clone(),
            mend: format!("sign `{name}` anew, with one signature a set for each algorithm"),
        }),
        _ => None,
    }
}

/// What a bound counts.
fn what(limit: &str) -> &'static str {
    match limit {
        "REFERRALS" => "more referrals than resolvers follow",
        "PATH_QUESTIONS" => "more questions than resolvers ask for one name",
        _ => "more work than resolvers do for one name",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;
    use crate::facts::dns::Outcome;
    use crate::facts::name::RrType;

    fn judged(obstacle: Option<Obstacle>) -> Vec<String> {
        let mut asked = question("a.example.", RrType::A, Outcome::Unresolvable);
        asked.obstacle = obstacle;
        let dns = zones(&["."]).asks(asked);
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn a_bound_is_a_finding_but_time_and_alias_chains_are_not_its_business() {
        let bound = |limit: &str| Obstacle::LimitReached {
            limit: limit.to_owned(),
            at: DnsName::root(),
        };
        assert_eq!(judged(Some(bound("REFERRALS"))), ["dns/limit-reached"]);
        assert!(judged(Some(bound("ALIAS_LINKS"))).is_empty());
        assert!(judged(Some(Obstacle::OutOfTime)).is_empty());
        assert!(judged(None).is_empty());
    }
}
