//! Can this machine see the truth: is its clock right, and do the root servers themselves answer?

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::facts::dns::{Dns, ResponseClass, Step};
use crate::facts::dnssec::Flaw;
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::time::minute;

finding! {
    /// The clock of this machine is wrong.
    ///
    /// Every signature of the root zone is outside its time, and the root is never out of time: this machine's clock is. Signatures
    /// cannot be judged with a wrong clock, and certificates neither; resolvers and browsers on this machine fail in the same way.
    /// Set the clock by NTP (`timedatectl set-ntp true`, `chronyc makestep`).
    ClockWrong { now: String, set: String }
    id: "dns/clock-wrong", severity: Error, source: "RFC 4035 §5.3.1",
    message: "every signature of the root zone is out of its time: the clock of this machine says {now}",
    fix: "set the clock of this machine by NTP (`timedatectl set-ntp true`)",
}

finding! {
    /// This network answers in place of the root servers.
    ///
    /// A root server never resolves names of others, and always speaks with authority for the root. What came back from its
    /// address does otherwise, so a machine between (a provider's or company's resolver, a captive portal) catches questions to
    /// port 53 and answers them itself. What doorstep sees of DNS here is what that machine says. Try from another network,
    /// or ask a resolver over TLS: `--resolver tls://9.9.9.9`.
    Intercepted { servers: String }
    id: "dns/intercepted", severity: Error, source: "practice: nothing that such a network says of DNS can be relied on (RFC 5625 §3)",
    message: "this network answers in place of the root servers {servers}",
    fix: "look from another network: here questions to port 53 are caught on the way",
}

/// Judges the vantage point. Whether the clock is so wrong that signatures cannot be judged.
pub(super) fn judge(dns: &Dns, at: Timestamp, findings: &mut Vec<Finding>) -> bool {
    intercepted(dns, findings);
    let set = signatures_out_of_time(dns);
    if let Some(set) = &set {
        let evidence = ClockWrong {
            now: minute(at),
            set: set.clone(),
        };
        findings.push(evidence.about("."));
    }
    set.is_some()
}

/// The times of a root signature, when all of them are in the past or the future.
fn signatures_out_of_time(dns: &Dns) -> Option<String> {
    let root = dns.zones.iter().find(|zone| zone.name == DnsName::root())?;
    let security = root.dnssec.as_ref()?;
    let keys = security
        .signatures
        .iter()
        .filter(|signature| signature.set.r#type == RrType::DNSKEY);
    if keys.clone().any(|signature| signature.valid == Some(true)) {
        return None;
    }
    match &security.security.reason {
        Some(Flaw::SignatureExpired { set } | Flaw::SignatureNotYetValid { set }) => Some(format!(
            "{} to {}",
            minute(set.inception),
            minute(set.expiration)
        )),
        _ => None,
    }
}

fn intercepted(dns: &Dns, findings: &mut Vec<Finding>) {
    let steps = dns.questions.iter().flat_map(|question| &question.steps);
    let foreign = steps.filter(|step| is_foreign(step));
    let servers: BTreeSet<IpAddr> = foreign.map(|step| step.server.address).collect();
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    if !servers.is_empty() {
        let listed = first_of(&servers);
        findings.push(Intercepted { servers: listed }.about_all(".", servers));
    }
}

fn first_of(servers: &[String]) -> String {
    match servers {
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            format!("{one}, {two}, {three} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

/// An answer that no root server gives: of a resolver, or about the root without authority.
fn is_foreign(step: &Step) -> bool {
    if step.zone != DnsName::root() {
        return false;
    }
    let unsure = step.authoritative == Some(false);
    let resolves = step.recursion == Some(true) && step.response == ResponseClass::Lame;
    let of_root = step.question.name == DnsName::root() && step.response.is_usable();
    unsure && (resolves || of_root)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, step, zones};
    use super::*;
    use crate::facts::dns::Outcome;
    use crate::facts::dnssec::{Security, SignedSet, ZoneSecurity};

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn judged(dns: &Dns) -> Vec<String> {
        ids(|findings| {
            judge(dns, NOW.parse().unwrap(), findings);
        })
    }

    fn with_root(security: Security) -> Dns {
        let mut dns = zones(&["."]);
        dns.zones[0].dnssec = Some(ZoneSecurity {
            security,
            ds: Vec::new(),
            keys: Vec::new(),
            signatures: Vec::new(),
            nsec3: None,
        });
        dns
    }

    #[test]
    fn a_root_out_of_time_is_a_wrong_clock() {
        let set = SignedSet {
            name: DnsName::root(),
            r#type: RrType::DNSKEY,
            signer: DnsName::root(),
            key_tag: 20326,
            algorithm: 8,
            inception: "2020-01-01T00:00:00Z".parse().unwrap(),
            expiration: "2020-01-15T00:00:00Z".parse().unwrap(),
        };
        let flaw = Flaw::SignatureExpired { set };
        assert_eq!(judged(&with_root(flaw.into())), ["dns/clock-wrong"]);
        assert!(judged(&with_root(Security::secure())).is_empty());
        assert!(judged(&with_root(Flaw::NoAnchor.into())).is_empty());
    }

    fn at_root(response: ResponseClass, authoritative: bool, recursion: bool) -> Vec<String> {
        let mut step = step(".", 1, response);
        step.authoritative = Some(authoritative);
        step.recursion = Some(recursion);
        let mut asked = question("a.example.", RrType::A, Outcome::Answer);
        asked.steps = vec![step];
        judged(&zones(&["."]).asks(asked))
    }

    #[test]
    fn a_resolver_in_the_place_of_a_root_server_is_told_from_one() {
        assert_eq!(
            at_root(ResponseClass::Lame, false, true),
            ["dns/intercepted"]
        );
        assert!(at_root(ResponseClass::Referral, false, true).is_empty());
        assert!(at_root(ResponseClass::Referral, false, false).is_empty());
        assert!(at_root(ResponseClass::Refused, false, true).is_empty());
    }
}
