//! Does the name exist, and does it lead to an address?

use crate::facts::dns::{Dns, Outcome, Purpose, Question, ResponseClass};
use crate::facts::dnssec::SecurityStatus;
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The registrable name is not in its parent zone, so nobody can reach anything below it.
    ///
    /// The registry's servers say with authority that the name does not exist. Either nobody has registered it, or the
    /// registration has lapsed or is on hold, or the name is misspelt. Visitors see "server not found". Register or renew
    /// the name at a registrar; when you have just bought it, it takes some minutes until the registry publishes it.
    NotDelegated { name: DnsName, parent: DnsName, servers: Vec<String> }
    id: "dns/not-delegated", severity: Error, source: "RFC 1034 §4.2.1",
    explained_by: ["dns/registration-on-hold"],
    message: "`{name}` is not delegated: the servers of `{parent}` say that it does not exist",
    fix: "look up `{name}` at your registrar: register or renew it, or mend its spelling",
}

finding! {
    /// The zone exists, and this name is not in it.
    ///
    /// The zone's own servers say with authority that the host does not exist. Visitors see "server not found". Add an A
    /// and an AAAA record (or a CNAME, or your DNS host's alias record for a load balancer) for it where the zone is kept.
    NameNotFound { name: DnsName, zone: DnsName, twin: Option<DnsName>, beside: String }
    id: "dns/name-not-found", severity: Error, source: "RFC 2308 §2.1, RFC 8020",
    message: "`{name}` does not exist in the zone `{zone}`{beside}",
    fix: "add an A and an AAAA record for `{name}` to the zone `{zone}`, or mend its spelling",
}

finding! {
    /// The name exists, and has no address.
    ///
    /// Other records stand at the name, or names below it exist, but neither an A nor an AAAA record. A browser has no
    /// machine to connect to. Add the address of your server or load balancer where the zone is kept.
    NoAddress { name: DnsName, at: DnsName }
    id: "dns/no-address", severity: Error, source: "RFC 2308 §2.2",
    message: "`{at}` exists, but has neither an A nor an AAAA record",
    fix: "add the address of the server or load balancer to `{at}`",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    let own = |question: &&Question| question.purpose.is_none();
    let absent_one = dns
        .questions
        .iter()
        .filter(own)
        .find(|question| is_absent(question));
    if let Some(question) = absent_one {
        findings.push(absent(dns, question));
    } else if let Some(question) = without_address(dns) {
        let at = end_of_chain(question);
        let evidence = NoAddress {
            name: question.name.clone(),
            at,
        };
        findings.push(evidence.about(question.name.without_dot()));
    }
}

/// A dangling alias is a question of its own, and a denial that is not proven says nothing.
fn is_absent(question: &Question) -> bool {
    let forged = question
        .dnssec
        .as_ref()
        .is_some_and(|security| security.status == SecurityStatus::Bogus);
    question.outcome == Outcome::Nxdomain && question.answers.is_empty() && !forged
}

fn absent(dns: &Dns, question: &Question) -> Finding {
    let name = question.name.clone();
    let zone = enclosing_zone(dns, &name);
    let registrable = name.registrable();
    match registrable {
        Some(registrable) if zone.label_count() < registrable.label_count() => {
            let servers = deniers(question, &zone);
            let subject = registrable.without_dot();
            NotDelegated {
                name: registrable,
                parent: zone,
                servers,
            }
            .about(subject)
        }
        _ => {
            let subject = name.without_dot();
            let twin = twin(dns);
            let beside = twin
                .as_ref()
                .map(|twin| format!(", while `{twin}` does"))
                .unwrap_or_default();
            let evidence = NameNotFound {
                name,
                zone,
                twin,
                beside,
            };
            evidence.about(subject)
        }
    }
}

/// The other one of the registrable name and its www, when it was asked for and has an address.
fn twin(dns: &Dns) -> Option<DnsName> {
    let twins = dns
        .questions
        .iter()
        .filter(|question| question.purpose == Some(Purpose::Twin));
    let found = twins.filter(|question| question.outcome == Outcome::Answer);
    found.map(|question| question.name.clone()).next()
}

fn deniers(question: &Question, zone: &DnsName) -> Vec<String> {
    let denials = question
        .steps
        .iter()
        .filter(|step| step.zone == *zone && step.response == ResponseClass::Nxdomain);
    denials.map(|step| step.server.name.to_string()).collect()
}

fn enclosing_zone(dns: &Dns, name: &DnsName) -> DnsName {
    let zones = dns
        .zones
        .iter()
        .map(|zone| &zone.name)
        .filter(|zone| name.is_at_or_below(zone));
    zones
        .max_by_key(|zone| zone.label_count())
        .cloned()
        .unwrap_or_else(DnsName::root)
}

/// The first of the address questions, when both were answered and neither has an address.
fn without_address(dns: &Dns) -> Option<&Question> {
    let of = |rr_type| {
        dns.questions
            .iter()
            .find(|question| question.r#type == rr_type && question.purpose.is_none())
    };
    let (v4, v6) = (of(RrType::A)?, of(RrType::AAAA)?);
    (v4.outcome == Outcome::Nodata && v6.outcome == Outcome::Nodata).then_some(v4)
}

fn end_of_chain(question: &Question) -> DnsName {
    let last = question
        .answers
        .iter()
        .rev()
        .find(|record| record.r#type == RrType::CNAME);
    last.and_then(|record| record.data.parse().ok())
        .unwrap_or_else(|| question.name.clone())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;

    fn judged(dns: &Dns) -> Vec<String> {
        ids(|findings| judge(dns, findings))
    }

    #[test]
    fn a_registrable_name_that_its_parent_denies_is_not_delegated() {
        let dns =
            zones(&[".", "com."]).asks(question("shop.example.com.", RrType::A, Outcome::Nxdomain));
        assert_eq!(judged(&dns), ["dns/not-delegated"]);
    }

    #[test]
    fn a_host_that_its_own_zone_denies_is_not_found() {
        let dns = zones(&[".", "com.", "example.com."]).asks(question(
            "shop.example.com.",
            RrType::A,
            Outcome::Nxdomain,
        ));
        assert_eq!(judged(&dns), ["dns/name-not-found"]);
    }

    #[test]
    fn the_twin_of_a_missing_name_is_told_when_it_exists() {
        let missing = question("www.example.com.", RrType::A, Outcome::Nxdomain);
        let mut twin = question("example.com.", RrType::A, Outcome::Answer);
        twin.purpose = Some(Purpose::Twin);
        let dns = zones(&[".", "com.", "example.com."])
            .asks(missing)
            .asks(twin);
        let mut findings = Vec::new();
        judge(&dns, &mut findings);
        assert!(findings[0].message.contains("while `example.com.` does"));
    }

    #[test]
    fn a_dangling_alias_is_not_also_a_missing_name() {
        let dangling =
            question("shop.example.com.", RrType::A, Outcome::Nxdomain).alias("gone.example.com.");
        assert!(judged(&zones(&[".", "com.", "example.com."]).asks(dangling)).is_empty());
    }

    #[test]
    fn a_name_without_both_addresses_has_none_and_with_one_it_has() {
        let zone = || zones(&[".", "com.", "example.com."]);
        let name = "shop.example.com.";
        let v6 = question(name, RrType::AAAA, Outcome::Nodata);
        let without = zone()
            .asks(question(name, RrType::A, Outcome::Nodata))
            .asks(v6.clone());
        assert_eq!(judged(&without), ["dns/no-address"]);
        let with = zone()
            .asks(question(name, RrType::A, Outcome::Answer))
            .asks(v6.clone());
        assert!(judged(&with).is_empty());
        let unknown = zone()
            .asks(question(name, RrType::A, Outcome::Unresolvable))
            .asks(v6);
        assert!(judged(&unknown).is_empty());
    }
}
