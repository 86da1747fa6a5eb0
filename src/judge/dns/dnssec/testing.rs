//! Signed zones made by hand, for the tests of the rules.

use jiff::Timestamp;

use super::super::testing::{question, step, zones};
use crate::facts::dns::{Dns, Link, Outcome, Record, ResponseClass};
use crate::facts::dnssec::{Flaw, Key, Security, SignedSet, ZoneSecurity};
use crate::facts::name::RrType;

pub(super) const NOW: &str = "2026-11-23T12:00:00Z";

pub(super) fn hours(from_now: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    now + jiff::SignedDuration::from_hours(from_now)
}

/// The ids of what is found.
pub(super) fn judged(dns: &Dns) -> Vec<String> {
    super::super::testing::ids(|findings| super::judge(dns, NOW.parse().unwrap(), findings))
}

/// A signature over a set of `shop.example`, of the last ten days and the next.
pub(super) fn set(rr_type: &str) -> SignedSet {
    SignedSet {
        name: "shop.example.".parse().unwrap(),
        r#type: rr_type.parse().unwrap(),
        signer: "shop.example.".parse().unwrap(),
        key_tag: 1,
        algorithm: 13,
        inception: hours(-240),
        expiration: hours(240),
    }
}

fn zone_security(security: Security) -> ZoneSecurity {
    let record = Record {
        name: "shop.example.".parse().unwrap(),
        r#type: RrType::DNSKEY,
        ttl: 60,
        data: "257 3 13 AAAA".to_owned(),
    };
    ZoneSecurity {
        security,
        ds: Vec::new(),
        keys: vec![Key {
            key_tag: 1,
            flags: 257,
            algorithm: 13,
            anchored: true,
            signs_keys: true,
            record,
        }],
        signatures: Vec::new(),
        nsec3: None,
    }
}

/// `shop.example`, signed from the root down, with an address.
pub(super) fn signed() -> Dns {
    let mut asked = question("shop.example.", RrType::A, Outcome::Answer).record("192.0.2.10");
    asked.dnssec = Some(Security::secure());
    asked.links = vec![Link {
        name: asked.name.clone(),
        zone: asked.name.clone(),
    }];
    let mut dns = zones(&[".", "example.", "shop.example."]).asks(asked);
    dns.signatures_asked = true;
    for zone in &mut dns.zones {
        zone.dnssec = Some(zone_security(Security::secure()));
    }
    dns
}

/// The same with a flaw of the last zone, that all below it inherits.
pub(super) fn zone_flaw(flaw: Flaw) -> Dns {
    let mut dns = answer_flaws(&[Some(flaw.clone())]);
    dns.zones.last_mut().unwrap().dnssec = Some(zone_security(flaw.into()));
    dns
}

/// The same with what each server's answer is worth; `None` is secure.
pub(super) fn answer_flaws(flaws: &[Option<Flaw>]) -> Dns {
    let mut dns = signed();
    let steps = flaws.iter().zip(1..).map(|(flaw, number)| {
        let mut step = step("shop.example.", number, ResponseClass::Answer);
        step.question.name = "shop.example.".parse().unwrap();
        step.dnssec = Some(flaw.clone().map_or_else(Security::secure, Security::from));
        step
    });
    dns.questions[0].steps = steps.collect();
    dns
}
