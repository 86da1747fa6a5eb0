//! Does every server of the zone answer what the user expects?

use crate::facts::dns::{Dns, Outcome, Question, ResponseClass, Server};
use crate::facts::name::{DnsName, RrType};
use crate::facts::said::{Said, data, same};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The answer is not the one that was expected.
    ///
    /// You said with `--expect` what the records must be, and at least one server of the zone says otherwise. Where all of them do,
    /// the change is not made: look whether it was saved, and in the zone that is delegated (the DNS host whose servers the trace
    /// ends at, not the one of a former contract). Where only some do, they have not taken over the new version: BIND `rndc notify
    /// ZONE`, NSD `nsd-control transfer ZONE`, Knot `knotc zone-refresh`, PowerDNS `pdns_control notify ZONE`, and see that the serial
    /// in the SOA was raised. At Route 53, Cloudflare, Azure and their like it is a matter of a minute: look again with `--wait 5m`.
    /// Resolvers that still remember the old answer are another matter (`dns/resolver-stale`).
    ExpectedMismatch { name: DnsName, r#type: RrType, expected: String, said: String, servers: Vec<String> }
    id: "dns/expected-mismatch", severity: Error, source: "practice: an expectation of the command line does not hold",
    explained_by: ["dns/not-delegated", "dns/name-not-found", "dns/no-address"],
    message: "`{name}` should have {type} {expected}, and {said}",
    fix: "make the change at the DNS host, and see that every server takes it over",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for question in dns.own_questions() {
        let wanted = question.expected.as_ref();
        let answered = question.outcome != Outcome::Unresolvable;
        if let Some(expected) = wanted.filter(|_| answered) {
            findings.extend(mismatch(dns, question, expected));
        }
    }
}

fn mismatch(dns: &Dns, question: &Question, expected: &[String]) -> Option<Finding> {
    let at_end = at_end(dns, question);
    let fits = |said: &&Said<'_>| {
        said.response != ResponseClass::Alias && same(&said.data, expected, question.r#type)
    };
    let (right, mut wrong): (Vec<&Said<'_>>, Vec<&Said<'_>>) = at_end.iter().partition(fits);
    let own = data(&question.answers, question.r#type);
    let holds = same(&own, expected, question.r#type);
    let on_the_way = on_the_way(dns, question);
    // Only where the way leads to what is expected does another way lead astray.
    if holds {
        wrong.extend(&on_the_way);
    }
    if wrong.is_empty() && (holds || !right.is_empty()) {
        return None;
    }
    let servers: Vec<String> = wrong.iter().map(|said| place(said.server)).collect();
    let evidence = ExpectedMismatch {
        name: question.name.clone(),
        r#type: question.r#type,
        expected: listed(expected),
        said: told(&wrong, &own, right.is_empty() && !holds),
        servers,
    };
    let host = question.name.without_dot();
    Some(if right.is_empty() || wrong.is_empty() {
        evidence.about(host)
    } else {
        let addresses = wrong.iter().map(|said| said.server.address.to_string());
        evidence.about_all(host, addresses.collect())
    })
}

/// What each server of the last zone said last.
fn at_end<'d>(dns: &'d Dns, question: &Question) -> Vec<Said<'d>> {
    let link = question.links.last();
    link.map(|link| last_of_each(dns.said(question, link)))
        .unwrap_or_default()
}

/// What servers said of the names before, other than the alias that was followed.
fn on_the_way<'d>(dns: &'d Dns, question: &Question) -> Vec<Said<'d>> {
    let before = question.links.iter().rev().skip(1);
    let each = before.flat_map(|link| {
        let aliases = question
            .answers
            .iter()
            .filter(|record| record.name == link.name);
        let aliases: Vec<_> = aliases.cloned().collect();
        let followed = data(&aliases, RrType::CNAME);
        let said = last_of_each(dns.said(question, link)).into_iter();
        said.filter(move |said| !same(&said.data, &followed, RrType::CNAME))
    });
    each.collect()
}

fn last_of_each(said: Vec<Said<'_>>) -> Vec<Said<'_>> {
    let mut last: Vec<Said<'_>> = Vec::new();
    for one in said.into_iter().rev() {
        if !last.iter().any(|other| other.server == one.server) {
            last.push(one);
        }
    }
    last.sort_by(|one, other| one.server.cmp(other.server));
    last
}

/// Who says what; all of them in one clause when they agree.
fn told(wrong: &[&Said<'_>], own: &[String], all: bool) -> String {
    let alike = |first: &Said<'_>| wrong.iter().all(|said| said.data == first.data);
    match wrong.first() {
        None => format!("the zone says {}", listed(own)),
        Some(first) if all && alike(first) => format!("every server says {}", words(first)),
        Some(_) => {
            let each = wrong.iter();
            let each = each.map(|said| format!("{} says {}", place(said.server), words(said)));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

fn words(said: &Said<'_>) -> String {
    let alias = said.response == ResponseClass::Alias;
    let prefix = if alias { "an alias for " } else { "" };
    format!("{prefix}{}", listed(&said.data))
}

fn listed(data: &[String]) -> String {
    if data.is_empty() {
        "no record".to_owned()
    } else {
        data.join(", ")
    }
}

fn place(server: &Server) -> String {
    format!("{} ({})", server.name.without_dot(), server.address)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;

    fn judged(outcome: Outcome, expected: Option<&[&str]>) -> Vec<String> {
        let mut asked = question("shop.example.", RrType::A, outcome).record("192.0.2.10");
        asked.expected = expected.map(|own| own.iter().map(ToString::to_string).collect());
        let dns = zones(&["."]).asks(asked);
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn another_set_than_the_expected_one_is_an_error() {
        let mismatch = ["dns/expected-mismatch"];
        assert_eq!(judged(Outcome::Answer, Some(&["192.0.2.20"])), mismatch);
        let more: &[&str] = &["192.0.2.10", "192.0.2.20"];
        assert_eq!(judged(Outcome::Answer, Some(more)), mismatch);
        assert!(judged(Outcome::Answer, Some(&["192.0.2.10"])).is_empty());
    }

    #[test]
    fn nothing_is_expected_or_the_zone_cannot_be_asked() {
        assert!(judged(Outcome::Answer, None).is_empty());
        assert!(judged(Outcome::Unresolvable, Some(&["192.0.2.20"])).is_empty());
    }
}
