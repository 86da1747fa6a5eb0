//! Do the servers answer as the protocol has it: to shortened names, and to questions with extensions?

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::dns::{Dns, Outcome, ResponseClass, Step};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A server denies a name although there are names below it.
    ///
    /// For a name with others below it a server must answer "no data", never "no such name" (NXDOMAIN). Resolvers that show each
    /// server only as much of the name as it needs, or that remember a denial for all below, stop there: for their users the host
    /// does not exist. Mostly a load balancer or a home-made server answers. Update it, or put a record (a TXT will do) at the name.
    MinimisedDenied { name: DnsName, denied: DnsName, servers: String }
    id: "dns/minimised-denied", severity: Warning, source: "RFC 8020, RFC 9156 §3",
    message: "{servers} denies that `{denied}` exists, although `{name}` does",
    fix: "update the server, or put a record at `{denied}`, so that it is no longer denied",
}

finding! {
    /// A server stumbles over EDNS.
    ///
    /// Every resolver of today adds an extension (EDNS) to its questions. This server answers such a question with an error, or
    /// not at all, and the same question without the extension rightly. Resolvers have given up working round that, so some
    /// visitors do not get in. Update the server, or the firewall in front of it that does not know EDNS.
    EdnsBroken { zone: DnsName, servers: String }
    id: "dns/edns-broken", severity: Warning, source: "RFC 6891 §7 (DNS flag day 2019)",
    message: "{servers} fails at questions for `{zone}` with EDNS, and answers them without",
    fix: "update the server {servers}, or the firewall in front of it, so that EDNS passes",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    minimised_denied(dns, findings);
    edns_broken(dns, findings);
}

fn minimised_denied(dns: &Dns, findings: &mut Vec<Finding>) {
    for question in &dns.questions {
        let exists = matches!(question.outcome, Outcome::Answer | Outcome::Nodata);
        let denials: Vec<&Step> = steps(dns)
            .filter(|step| {
                let asked = &step.question.name;
                let above = |name: &DnsName| name.is_below(asked);
                step.response == ResponseClass::Nxdomain
                    && question.links.iter().any(|link| above(&link.name))
            })
            .collect();
        if let Some(first) = denials.first().filter(|_| exists) {
            let servers = addresses(&denials);
            let evidence = MinimisedDenied {
                name: question.name.clone(),
                denied: first.question.name.clone(),
                servers: servers.join(", "),
            };
            findings.push(evidence.about_all(first.zone.without_dot(), servers));
            return;
        }
    }
}

fn edns_broken(dns: &Dns, findings: &mut Vec<Finding>) {
    let without: Vec<&Step> = steps(dns)
        .filter(|step| !step.edns && step.response.is_usable())
        .filter(|fine| steps(dns).any(|step| failed_with_edns(step, fine)))
        // A lost datagram is no sign: who answers others with it knows it.
        .filter(|fine| !steps(dns).any(|step| knows_edns(step, fine)))
        .collect();
    if let Some(first) = without.first() {
        let servers = addresses(&without);
        let evidence = EdnsBroken {
            zone: first.zone.clone(),
            servers: servers.join(", "),
        };
        findings.push(evidence.about_all(first.zone.without_dot(), servers));
    }
}

/// Whether the same server answered a question with EDNS.
fn knows_edns(step: &Step, fine: &Step) -> bool {
    step.edns && step.server.socket() == fine.server.socket() && step.response.is_usable()
}

/// Whether the same server failed at the same question with EDNS.
fn failed_with_edns(step: &Step, fine: &Step) -> bool {
    step.edns
        && step.server == fine.server
        && step.question == fine.question
        && !step.response.is_usable()
}

fn steps(dns: &Dns) -> impl Iterator<Item = &Step> {
    dns.questions.iter().flat_map(|question| &question.steps)
}

/// In the order of addresses: which of them answered first is chance.
fn addresses(steps: &[&Step]) -> Vec<String> {
    let each: BTreeSet<IpAddr> = steps.iter().map(|step| step.server.address).collect();
    each.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, step, zones};
    use super::*;
    use crate::facts::dns::Link;
    use crate::facts::name::RrType;

    fn judged(outcome: Outcome, steps: Vec<Step>) -> Vec<String> {
        let mut asked = question("www.deep.example.", RrType::A, outcome);
        asked.links = vec![Link {
            name: asked.name.clone(),
            zone: "example.".parse().unwrap(),
        }];
        asked.steps = steps;
        ids(|findings| judge(&zones(&["example."]).asks(asked), findings))
    }

    fn at(name: &str, response: ResponseClass) -> Step {
        let mut step = step("example.", 1, response);
        step.question.name = name.parse().unwrap();
        step
    }

    #[test]
    fn a_denied_ancestor_of_a_name_that_exists_is_named() {
        let denied = || at("deep.example.", ResponseClass::Nxdomain);
        assert_eq!(
            judged(Outcome::Answer, vec![denied()]),
            ["dns/minimised-denied"]
        );
        assert!(judged(Outcome::Nxdomain, vec![denied()]).is_empty());
        assert!(
            judged(
                Outcome::Answer,
                vec![at("deep.example.", ResponseClass::Nodata)]
            )
            .is_empty()
        );
    }

    #[test]
    fn an_error_with_edns_and_an_answer_without_is_named() {
        let with = at("www.deep.example.", ResponseClass::Formerr);
        let without = |response| {
            let mut step = at("www.deep.example.", response);
            step.edns = false;
            step
        };
        let fine = || without(ResponseClass::Answer);
        assert_eq!(
            judged(Outcome::Answer, vec![with.clone(), fine()]),
            ["dns/edns-broken"]
        );
        assert!(
            judged(
                Outcome::Unresolvable,
                vec![with, without(ResponseClass::Formerr)]
            )
            .is_empty()
        );
        assert!(judged(Outcome::Answer, vec![fine()]).is_empty());
    }
}
