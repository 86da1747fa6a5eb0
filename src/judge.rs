//! Decides what the facts mean. Pure: no network, no clock, no async; what a check needs is a fact.

mod across;
mod attached;
mod dns;
mod field;
mod folding;
mod http;
pub mod policy;
mod server;
mod time;
mod tls;

use std::borrow::Cow;

use crate::facts::Facts;
use crate::facts::dns::Dns;
use crate::facts::http::{Http, Route};
use crate::facts::tls::{Endpoint, Twin};
use crate::finding::{Finding, Rule};
use policy::Policy;

/// The rules of each area, in the order of the published tables.
const AREAS: [&[Rule]; 5] = [
    dns::RULES,
    dns::DNSSEC_RULES,
    tls::RULES,
    http::RULES,
    across::RULES,
];

/// Every rule, in the order of the published tables.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    AREAS.into_iter().flatten()
}

/// All findings about one target, the worst first; what one explains is folded into it.
#[must_use]
pub fn judge(facts: &Facts, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(seen) = &facts.dns {
        dns::judge(&asked(seen), facts.judged_at, policy, &mut findings);
        dns::judge_services(seen, &mut findings);
    }
    if let Some(seen) = &facts.tls {
        tls::judge(seen, facts.judged_at, &mut findings);
        tls::judge_expectations(seen, policy, &mut findings);
    }
    if let Some(seen) = &facts.http {
        http::judge(seen, facts.tls.as_ref(), &mut findings);
        tls::judge_met(&seen.host, &met(facts), facts.judged_at, &mut findings);
        if let Some(twin) = met_twin(seen).filter(|_| facts.tls.is_none()) {
            let own = shown(seen.given()).into_iter();
            let own: Vec<&Endpoint> = own.filter(|own| own.server_name == seen.host).collect();
            tls::judge_met_twin(&seen.host, &twin, &own, &mut findings);
        }
    }
    across::judge(facts, &mut findings);
    attached::at_load_balancers(facts, &mut findings);
    let mut findings = folding::fold(findings, rules());
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// The door as the user's own questions saw it: what was asked beside them is judged across the doors.
fn asked(dns: &Dns) -> Cow<'_, Dns> {
    if dns.own_questions().count() == dns.questions.len() {
        return Cow::Borrowed(dns);
    }
    let mut own = dns.clone();
    own.questions.retain(|question| question.purpose.is_none());
    Cow::Owned(own)
}

/// Endpoints that only the redirects led to, and those of the twin, each once: those of the target are judged at their own door.
fn met(facts: &Facts) -> Vec<&Endpoint> {
    let place = |endpoint: &Endpoint| (endpoint.server_name.clone(), endpoint.label());
    let own = facts.tls.iter().flat_map(|tls| &tls.endpoints);
    let mut seen: Vec<(String, String)> = own.clone().map(place).collect();
    let given = shown(facts.http.iter().flat_map(|http| http.given()));
    let of_host: Vec<&Endpoint> = own.chain(given.clone()).collect();
    let of_twin = shown(facts.http.iter().flat_map(|http| http.of_twin()));
    let of_twin = of_twin
        .into_iter()
        .filter(|endpoint| !is_shared(endpoint, &of_host));
    let mut met = Vec::new();
    for endpoint in given.into_iter().chain(of_twin) {
        if !seen.contains(&place(endpoint)) {
            seen.push(place(endpoint));
            met.push(endpoint);
        }
    }
    met
}

/// The twin as the walks from it met it.
fn met_twin(http: &Http) -> Option<Twin> {
    let name = http.twin.clone()?;
    let met = shown(http.of_twin()).into_iter();
    let endpoints = met.filter(|own| own.server_name == name).cloned();
    Some(Twin {
        endpoints: endpoints.collect(),
        name,
        ..Twin::default()
    })
}

/// The handshakes of these walks.
fn shown<'a>(routes: impl Iterator<Item = &'a Route>) -> Vec<&'a Endpoint> {
    let hops = routes.flat_map(|route| &route.hops);
    hops.filter_map(|hop| hop.tls.as_ref()).collect()
}

/// Whether the host shows the same certificate at the same place: that it may not name the twin is judged with the host's.
fn is_shared(endpoint: &Endpoint, of_host: &[&Endpoint]) -> bool {
    let leaf = |endpoint: &Endpoint| {
        let first = endpoint.chain.first();
        first.map(|certificate| certificate.sha256.clone())
    };
    let mut at_place = of_host.iter().filter(|own| own.label() == endpoint.label());
    at_place.any(|own| leaf(own) == leaf(endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in rules() {
            let (area, defect) = rule.id.split_once('/').unwrap();
            assert!(
                ["dns", "tls", "http", "across"].contains(&area),
                "{}",
                rule.id
            );
            assert!(
                defect
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{}",
                rule.id
            );
            assert!(seen.insert(rule.id), "{} twice", rule.id);
        }
    }

    #[test]
    fn every_rule_is_documented_and_what_is_worse_than_a_notice_is_cited() {
        for rule in rules() {
            assert!(
                rule.doc.split_whitespace().count() >= 20,
                "{} needs an explanation",
                rule.id
            );
            assert!(
                rule.severity == Severity::Notice || !rule.source.is_empty(),
                "{} needs a source",
                rule.id
            );
        }
    }

    #[test]
    fn what_explains_a_rule_is_itself_a_rule() {
        for rule in rules() {
            for cause in rule.explained_by {
                assert!(
                    rules().any(|other| other.id == *cause),
                    "{} names {cause}",
                    rule.id
                );
            }
        }
    }
}
