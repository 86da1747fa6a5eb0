//! Does the chain of aliases lead somewhere?

use crate::facts::dns::{Dns, Obstacle, Outcome, Question};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The aliases of the name lead back to one of themselves, or on and on.
    ///
    /// A CNAME says "look up that name instead". Here following it comes back to a name already seen, or takes more than 11
    /// steps, and every resolver gives up. Point one of the CNAMEs at the name of the real server, or put addresses there.
    AliasLoop { name: DnsName, chain: Vec<DnsName>, at: DnsName }
    id: "dns/alias-loop", severity: Error, source: "RFC 1034 §5.2.2",
    message: "the alias chain of `{name}` never ends: it comes to `{at}` again",
    fix: "let one of the CNAME records of the chain point to the real server's name",
}

finding! {
    /// The alias points to a name that does not exist.
    ///
    /// The CNAME itself is fine, but its target is gone: often a load balancer, bucket or site at a provider that was
    /// deleted. Visitors see "server not found", and whoever can create the target at that provider gets your visitors.
    /// Point the CNAME to the name that serves the site now, or remove it.
    AliasDangling { name: DnsName, target: DnsName }
    id: "dns/alias-dangling", severity: Error, source: "RFC 1034 §3.6.2",
    message: "`{name}` is an alias for `{target}`, which does not exist",
    fix: "point the CNAME to a name that exists, or remove it: whoever can create `{target}` gets your visitors",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    if let Some((question, at)) = dns.questions.iter().find_map(looping) {
        let chain = question
            .answers
            .iter()
            .map(|record| record.name.clone())
            .collect();
        let evidence = AliasLoop {
            name: question.name.clone(),
            chain,
            at,
        };
        findings.push(evidence.about(question.name.without_dot()));
    }
    if let Some((question, target)) = dns.questions.iter().find_map(dangling) {
        let evidence = AliasDangling {
            name: question.name.clone(),
            target,
        };
        findings.push(evidence.about(question.name.without_dot()));
    }
}

fn looping(question: &Question) -> Option<(&Question, DnsName)> {
    match &question.obstacle {
        Some(Obstacle::AliasLoop { at }) => Some((question, at.clone())),
        Some(Obstacle::LimitReached { limit, at }) if limit == "ALIAS_LINKS" => {
            Some((question, at.clone()))
        }
        _ => None,
    }
}

fn dangling(question: &Question) -> Option<(&Question, DnsName)> {
    let last = question
        .answers
        .last()
        .filter(|record| record.r#type == RrType::CNAME)?;
    let target = last.data.parse().ok()?;
    (question.outcome == Outcome::Nxdomain).then_some((question, target))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;

    fn judged(question: Question) -> Vec<String> {
        let dns = zones(&["."]).asks(question);
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn a_loop_and_a_chain_beyond_the_bound_never_end() {
        let mut loops =
            question("a.example.", RrType::A, Outcome::Unresolvable).alias("b.example.");
        loops.obstacle = Some(Obstacle::AliasLoop {
            at: "a.example.".parse().unwrap(),
        });
        assert_eq!(judged(loops.clone()), ["dns/alias-loop"]);
        loops.obstacle = Some(Obstacle::LimitReached {
            limit: "ALIAS_LINKS".to_owned(),
            at: DnsName::root(),
        });
        assert_eq!(judged(loops.clone()), ["dns/alias-loop"]);
        loops.obstacle = Some(Obstacle::LimitReached {
            limit: "REFERRALS".to_owned(),
            at: DnsName::root(),
        });
        assert!(judged(loops).is_empty());
    }

    #[test]
    fn an_alias_dangles_when_its_target_is_denied_and_not_when_it_only_lacks_the_type() {
        assert_eq!(
            judged(question("a.example.", RrType::A, Outcome::Nxdomain).alias("b.example.")),
            ["dns/alias-dangling"]
        );
        assert!(
            judged(question("a.example.", RrType::A, Outcome::Nodata).alias("b.example."))
                .is_empty()
        );
        assert!(judged(question("a.example.", RrType::A, Outcome::Nxdomain)).is_empty());
    }
}
