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

finding! {
    /// An alias stands where other records stand.
    ///
    /// A CNAME says that the name is another one altogether, so nothing else may stand beside it; and the top of a zone always has
    /// SOA and NS records. Resolvers see one or the other by chance: mail, name servers or the site itself vanish now and then.
    /// At the top of a zone use what your DNS host has in its place (Route 53: alias record to the load balancer, Cloudflare: CNAME
    /// flattening, others: ALIAS or ANAME); elsewhere remove the CNAME or what stands beside it.
    AliasAtApex { name: DnsName, target: String, beside: String }
    id: "dns/alias-at-apex", severity: Error, source: "RFC 1034 §3.6.2, RFC 2181 §10.1",
    message: "`{name}` is an alias for `{target}` and has {beside} as well",
    fix: "replace the CNAME at `{name}` by your DNS host's alias record (Route 53: A, Alias: yes), or by the addresses",
}

finding! {
    /// The chain of aliases is long.
    ///
    /// Each alias costs visitors a look-up, mostly at other servers, before the first byte of the site can flow; some resolvers
    /// give up after eight or so. Let the first name point to the last target directly.
    AliasChainLong { name: DnsName, links: usize, chain: Vec<DnsName>, target: DnsName }
    id: "dns/alias-chain-long", severity: Warning, source: "RFC 1034 §5.2.2",
    explained_by: ["dns/alias-loop", "dns/alias-dangling"],
    message: "`{name}` leads through {links} aliases to its address",
    fix: "let `{name}` point to `{target}` directly",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    at_apex(dns, findings);
    chain_long(dns, findings);
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

/// A CNAME at the apex, or at a name that gave other records to another question.
fn at_apex(dns: &Dns, findings: &mut Vec<Finding>) {
    let aliases = dns
        .questions
        .iter()
        .flat_map(|question| question.answers.iter().map(move |alias| (question, alias)))
        .filter(|(question, alias)| {
            alias.r#type == RrType::CNAME && question.r#type != RrType::CNAME
        });
    for (question, alias) in aliases {
        let link = question.links.iter().find(|link| link.name == alias.name);
        let is_apex = link.is_some_and(|link| link.zone == alias.name);
        let others = dns.questions.iter().flat_map(|other| &other.answers);
        let other = others
            .filter(|record| record.name == alias.name)
            .find(|record| record.r#type != RrType::CNAME);
        let beside = match (is_apex, other) {
            (true, _) => "the SOA and NS records of its zone".to_owned(),
            (false, Some(other)) => format!("a record of type {}", other.r#type),
            (false, None) => continue,
        };
        let evidence = AliasAtApex {
            name: alias.name.clone(),
            target: alias.data.clone(),
            beside,
        };
        findings.push(evidence.about(alias.name.without_dot()));
        return;
    }
}

/// As many aliases as few sites need.
const MANY: usize = 4;

fn chain_long(dns: &Dns, findings: &mut Vec<Finding>) {
    let is_alias = |record: &&crate::facts::dns::Record| record.r#type == RrType::CNAME;
    let longest = dns
        .questions
        .iter()
        .map(|question| (question, question.answers.iter().filter(is_alias).count()))
        .max_by_key(|(_, links)| *links);
    let Some((question, links)) = longest.filter(|(_, links)| *links > MANY) else {
        return;
    };
    let chain = question.answers.iter().filter(is_alias);
    let Some(target) = question.links.last().map(|link| link.name.clone()) else {
        return;
    };
    let evidence = AliasChainLong {
        name: question.name.clone(),
        links,
        chain: chain.map(|record| record.name.clone()).collect(),
        target,
    };
    findings.push(evidence.about(question.name.without_dot()));
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

    fn link(name: &str, zone: &str) -> crate::facts::dns::Link {
        crate::facts::dns::Link {
            name: name.parse().unwrap(),
            zone: zone.parse().unwrap(),
        }
    }

    #[test]
    fn an_alias_at_the_apex_or_beside_other_records_is_an_error_and_elsewhere_it_is_not() {
        let with = |zone: &str| {
            let mut asked = question("a.example.", RrType::A, Outcome::Answer).alias("b.example.");
            asked.links = vec![link("a.example.", zone), link("b.example.", zone)];
            asked
        };
        assert_eq!(judged(with("a.example.")), ["dns/alias-at-apex"]);
        assert!(judged(with("example.")).is_empty());
        let beside = question("a.example.", RrType::AAAA, Outcome::Answer).record("2001:db8::1");
        let dns = zones(&["."]).asks(with("example.")).asks(beside);
        assert_eq!(ids(|findings| judge(&dns, findings)), ["dns/alias-at-apex"]);
    }

    #[test]
    fn five_aliases_are_many_and_four_are_not() {
        let with = |links: usize| {
            let mut asked = question("a.example.", RrType::A, Outcome::Answer);
            asked.links = vec![link("z.example.", "example.")];
            (0..links).fold(asked, |asked, _| asked.alias("b.example."))
        };
        assert_eq!(judged(with(5)), ["dns/alias-chain-long"]);
        assert!(judged(with(4)).is_empty());
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
