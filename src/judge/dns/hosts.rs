//! Does this machine go where the zone says?

use crate::facts::dns::{Dns, Outcome, Record, ResolverAnswer, Transport};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The hosts file of this machine sends it elsewhere.
    ///
    /// A line of the local hosts file gives this name an address that the zone does not have. Browsers and tools on this machine
    /// go there, and so see another site than visitors do: a frequent reason for "works for me". Remove the line when the
    /// test that it was made for is over. doorstep looks at the addresses that visitors get.
    HostsFile { name: DnsName, file: String, addresses: String, zone_says: Vec<String> }
    id: "dns/hosts-file", severity: Warning, source: "practice: this machine sees another site than visitors do",
    message: "the hosts file {file} sends this machine to {addresses} for `{name}`, which the zone does not say",
    fix: "remove the line for `{name}` from {file}",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    let local = || {
        dns.resolvers
            .iter()
            .filter(|answer| answer.transport == Transport::Hosts)
    };
    let Some(first) = local().next() else { return };
    let mut others = Vec::new();
    let mut zone_says = Vec::new();
    for answer in local() {
        let Some(said) = zone_says_of(dns, answer) else {
            continue;
        };
        others
            .extend(data(&answer.answers, answer.r#type).filter(|address| !said.contains(address)));
        zone_says.extend(said);
    }
    if others.is_empty() {
        return;
    }
    let (name, file, addresses) = (
        first.name.clone(),
        first.resolver.clone(),
        others.join(", "),
    );
    let subject = name.without_dot();
    findings.push(
        HostsFile {
            name,
            file,
            addresses,
            zone_says,
        }
        .about(subject),
    );
}

/// What the zone says of the same question, when it was asked and its answer is known.
fn zone_says_of(dns: &Dns, answer: &ResolverAnswer) -> Option<Vec<String>> {
    let asked = |question: &&crate::facts::dns::Question| {
        question.name == answer.name && question.r#type == answer.r#type
    };
    let question = dns.questions.iter().find(asked)?;
    let known = question.outcome != Outcome::Unresolvable;
    known.then(|| data(&question.answers, question.r#type).collect())
}

fn data(records: &[Record], rr_type: RrType) -> impl Iterator<Item = String> + '_ {
    records
        .iter()
        .filter(move |record| record.r#type == rr_type)
        .map(|record| record.data.clone())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, resolver, zones};
    use super::*;

    fn judged(local: &str, outcome: Outcome) -> Vec<String> {
        let asked = question("shop.example.", RrType::A, outcome).record("192.0.2.10");
        let mut dns = zones(&["."]).asks(asked);
        dns.resolvers
            .push(resolver(Transport::Hosts, "shop.example.", local));
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn another_address_in_the_hosts_file_is_named_and_the_same_is_not() {
        assert_eq!(judged("192.0.2.99", Outcome::Answer), ["dns/hosts-file"]);
        assert!(judged("192.0.2.10", Outcome::Answer).is_empty());
    }

    #[test]
    fn without_the_zones_answer_there_is_nothing_to_compare() {
        assert!(judged("192.0.2.99", Outcome::Unresolvable).is_empty());
    }
}
