//! Do resolvers say what the zone says, and if not, will they by themselves?

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::facts::dns::{Dns, ExtendedError, Outcome, Question, ResolverAnswer, Transport};
use crate::facts::name::DnsName;
use crate::facts::said::data;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A resolver still remembers what the zone said before.
    ///
    /// The zone's own servers answer otherwise by now. A resolver keeps an answer as long as its TTL says, and everybody who asks
    /// it gets the old one until then: this is how DNS works, and it ends by itself after the seconds named. Until then keep the
    /// old server running.
    ///
    /// To have it sooner, empty the cache. Public resolvers have a page for that: https://one.one.one.one/purge-cache/ for 1.1.1.1,
    /// https://developers.google.com/speed/public-dns/cache for 8.8.8.8. This machine's own: `resolvectl flush-caches` (Linux),
    /// `sudo killall -HUP mDNSResponder` (macOS), `ipconfig /flushdns` (Windows); a resolver of yours: `unbound-control flush NAME`,
    /// `rndc flushname NAME`. Before the next change lower the TTL of the record, at Route 53, Cloudflare or wherever the zone is
    /// edited, to 60 seconds, wait as long as the TTL was, and then make the change. `doorstep dnstrace NAME --compare public
    /// --fail-on notice --wait 1h` waits until all have it.
    ResolverStale { name: DnsName, resolvers: Vec<String>, listed: String, seconds: u32 }
    id: "dns/resolver-stale", severity: Notice, source: "RFC 2181 §8",
    explained_by: ["across/address-not-in-zone"],
    message: "`{name}` is still answered otherwise than the zone does: {listed}",
    fix: "wait {seconds} s, or empty the cache of the resolver; keep the old server running until then",
}

finding! {
    /// A resolver does not pass on what the zone says.
    ///
    /// The zone's own servers answer, and this resolver says something else that no waiting mends, or fails. Everybody who uses it
    /// is kept out. What it says is the reason as far as it tells one (an extended error, EDE):
    ///
    /// Blocked, Censored or Filtered (15 to 17), or the address 0.0.0.0: its operator keeps the name back. Ask the operator to
    /// review it (for Quad9 https://quad9.net/support/, for Cloudflare https://radar.cloudflare.com/domains/feedback, for OpenDNS
    /// https://domain.opendns.com), and look whether the site was broken into. In a company or at home, look at the filter (Pi-hole,
    /// AdGuard Home, the firewall, the router).
    ///
    /// Stale Answer (3, 19): it could not reach the zone's servers, and gives out what it remembers beyond the TTL. Look whether
    /// they answer from everywhere: a firewall or rate limit in front of them may keep the resolver's networks out.
    ///
    /// SERVFAIL: with 22 or 23 the same holds; with 6 to 12 its DNSSEC validation fails, though doorstep's does not: its clock or
    /// its memory of the keys is old, so flush its cache (`unbound-control flush_zone ZONE`, `rndc flushtree ZONE`, or the public
    /// resolvers' page for it). REFUSED: it does not resolve for this network.
    ResolverDisagrees { name: DnsName, resolvers: String, said: String }
    id: "dns/resolver-disagrees", severity: Warning, source: "RFC 8767, RFC 8914",
    explained_by: ["across/address-not-in-zone"],
    message: "resolver {resolvers} does not say of `{name}` what the zone does: {said}",
    fix: "see what the resolver's answer says: ask its operator, or let it reach the name servers of the zone",
}

/// What keeps a resolver's users from what the zone says.
enum Deviation {
    /// It remembers, for so many seconds.
    Remembers(u32),
    /// It does so by intention or fault, in these words.
    Departs(String),
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    // What this machine asks may be explained across the doors; what is only compared with never is.
    for compared in [false, true] {
        let own = dns
            .resolvers
            .iter()
            .filter(|answer| answer.transport != Transport::Hosts && answer.compared == compared);
        let mut stale: Vec<(&ResolverAnswer, u32)> = Vec::new();
        let mut departing: BTreeMap<String, Vec<&ResolverAnswer>> = BTreeMap::new();
        for answer in own {
            match deviation(dns, answer) {
                Some(Deviation::Remembers(seconds)) => stale.push((answer, seconds)),
                Some(Deviation::Departs(said)) => departing.entry(said).or_default().push(answer),
                None => {}
            }
        }
        findings.extend(
            departing
                .into_iter()
                .filter_map(|(said, by)| departs(said, &by)),
        );
        findings.extend(remember(&stale));
    }
}

fn deviation(dns: &Dns, answer: &ResolverAnswer) -> Option<Deviation> {
    let rcode = answer.rcode.as_deref()?;
    let asked =
        |question: &&Question| question.name == answer.name && question.r#type == answer.r#type;
    let question = dns.own_questions().find(asked)?;
    // A zone that is dead or bogus explains what resolvers make of it.
    if question.outcome == Outcome::Unresolvable || answer.agrees == Some(true) {
        return None;
    }
    let why =
        |ede: &ExtendedError| Some(Deviation::Departs(format!("{rcode}, {}", ede.in_words())));
    if let Some(told) = answer.ede.iter().find(|ede| ede.is_filter()) {
        return why(told);
    }
    if !["NOERROR", "NXDOMAIN"].contains(&rcode) {
        let told = answer
            .ede
            .iter()
            .find(|ede| ede.code > 0)
            .or(answer.ede.first());
        return told.map_or_else(|| Some(Deviation::Departs(rcode.to_owned())), why);
    }
    if answer.agrees != Some(false) {
        return None;
    }
    if let Some(told) = answer.ede.iter().find(|ede| ede.is_stale()) {
        return why(told);
    }
    let said = said(answer);
    match answer.ttl_left {
        Some(seconds) if !is_nowhere(answer) => Some(Deviation::Remembers(seconds)),
        _ => Some(Deviation::Departs(said)),
    }
}

/// Addresses that lead nowhere are what filters give.
fn is_nowhere(answer: &ResolverAnswer) -> bool {
    let data = data(&answer.answers, answer.r#type);
    let mut addresses = data.iter().map(|data| data.parse::<IpAddr>());
    addresses.any(|address| address.is_ok_and(|address| address.is_unspecified()))
}

/// The records, or that there is none.
fn said(answer: &ResolverAnswer) -> String {
    let data = data(&answer.answers, answer.r#type);
    match (data.as_slice(), answer.rcode.as_deref()) {
        ([], Some("NXDOMAIN")) => "no such name".to_owned(),
        ([], _) => format!("no {}", answer.r#type),
        (data, _) => data.join(", "),
    }
}

/// Who these are, each once.
fn names<'a>(answers: impl Iterator<Item = &'a ResolverAnswer>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for answer in answers {
        if !names.contains(&answer.resolver) {
            names.push(answer.resolver.clone());
        }
    }
    names
}

fn remember(stale: &[(&ResolverAnswer, u32)]) -> Option<Finding> {
    let (first, _) = stale.first()?;
    let each: Vec<String> = stale
        .iter()
        .map(|(answer, seconds)| {
            let (who, said) = (&answer.resolver, said(answer));
            format!("{who} says {said} and forgets in {seconds} s")
        })
        .collect();
    let resolvers = names(stale.iter().map(|(answer, _)| *answer));
    let evidence = ResolverStale {
        name: first.name.clone(),
        resolvers: resolvers.clone(),
        listed: each.join("; "),
        seconds: stale.iter().map(|(_, seconds)| *seconds).max()?,
    };
    Some(evidence.about_all(first.name.without_dot(), resolvers))
}

fn departs(said: String, by: &[&ResolverAnswer]) -> Option<Finding> {
    let name = by.first()?.name.clone();
    let resolvers = names(by.iter().copied());
    let subject = name.without_dot();
    let evidence = ResolverDisagrees {
        name,
        resolvers: resolvers.join(", "),
        said,
    };
    Some(evidence.about_all(subject, resolvers))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, resolver, zones};
    use super::*;
    use crate::facts::name::RrType;

    /// What is found of a resolver that answers so, where the zone says 192.0.2.10.
    fn judged(outcome: Outcome, change: impl FnOnce(&mut ResolverAnswer)) -> Vec<String> {
        let asked = question("shop.example.", RrType::A, outcome).record("192.0.2.10");
        let mut dns = zones(&["."]).asks(asked);
        let mut answer = resolver(Transport::Udp, "shop.example.", "192.0.2.99");
        answer.agrees = Some(false);
        change(&mut answer);
        dns.resolvers.push(answer);
        ids(|findings| judge(&dns, findings))
    }

    fn told(code: u16) -> impl FnOnce(&mut ResolverAnswer) {
        move |answer| {
            let text = String::new();
            answer.ede = vec![ExtendedError { code, text }];
        }
    }

    #[test]
    fn what_is_remembered_within_its_time_is_a_notice() {
        assert_eq!(judged(Outcome::Answer, |_| ()), ["dns/resolver-stale"]);
        let agrees = |answer: &mut ResolverAnswer| answer.agrees = Some(true);
        assert!(judged(Outcome::Answer, agrees).is_empty());
        let varies = |answer: &mut ResolverAnswer| answer.agrees = None;
        assert!(judged(Outcome::Answer, varies).is_empty());
    }

    #[test]
    fn what_no_wait_mends_is_a_warning() {
        let beyond = ["dns/resolver-disagrees"];
        assert_eq!(judged(Outcome::Answer, told(3)), beyond);
        assert_eq!(judged(Outcome::Answer, told(17)), beyond);
        assert_eq!(
            judged(Outcome::Answer, |answer| answer.ttl_left = None),
            beyond
        );
        let nowhere = |answer: &mut ResolverAnswer| {
            answer
                .answers
                .iter_mut()
                .for_each(|own| "0.0.0.0".clone_into(&mut own.data));
        };
        assert_eq!(judged(Outcome::Answer, nowhere), beyond);
        let other = told(29);
        assert_eq!(judged(Outcome::Answer, other), ["dns/resolver-stale"]);
    }

    #[test]
    fn a_failure_counts_unless_the_zone_explains_it_or_nothing_came() {
        let fails = |answer: &mut ResolverAnswer| {
            answer.rcode = Some("SERVFAIL".to_owned());
            (answer.answers, answer.agrees) = (Vec::new(), None);
        };
        assert_eq!(judged(Outcome::Answer, fails), ["dns/resolver-disagrees"]);
        assert!(judged(Outcome::Unresolvable, fails).is_empty());
        let silent = |answer: &mut ResolverAnswer| {
            fails(answer);
            answer.rcode = None;
        };
        assert!(judged(Outcome::Answer, silent).is_empty());
    }

    #[test]
    fn those_with_one_cause_are_one_finding_and_the_hosts_file_is_another_question() {
        let asked = question("shop.example.", RrType::A, Outcome::Answer).record("192.0.2.10");
        let mut dns = zones(&["."]).asks(asked);
        for (resolver_name, transport) in [
            ("192.0.2.1", Transport::Udp),
            ("192.0.2.2", Transport::Tls),
            ("/etc/hosts", Transport::Hosts),
        ] {
            let mut answer = resolver(transport, "shop.example.", "192.0.2.99");
            (answer.agrees, answer.compared) = (Some(false), true);
            resolver_name.clone_into(&mut answer.resolver);
            dns.resolvers.push(answer);
        }
        let mut findings = Vec::new();
        judge(&dns, &mut findings);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subjects, ["192.0.2.1", "192.0.2.2"]);
    }
}
