//! Which group and which signature scheme a hello puts first.
//!
//! A hello that asks for a suite is answered with a group and, below TLS 1.3, a signature as well. Where the client's order
//! counts, putting others first each time lists most of them at no cost. All are offered all the same, so that no suite is
//! refused for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::super::hello::write::ClientHello;
use super::super::hello::{TLS12, TLS13};
use super::super::probe::prober::Met;
use super::super::probe::question;
use super::{chunks, group_of};
use crate::facts::group::{NamedGroup, SignatureScheme};

/// What was seen, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    seen: Mutex<Seen>,
    /// Turns of TLS 1.3, which has groups of its own.
    tls13: AtomicUsize,
    /// Turns of the versions below it.
    older: AtomicUsize,
}

/// What servers chose.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) groups: Vec<NamedGroup>,
    pub(super) schemes: Vec<SignatureScheme>,
}

impl Turns {
    /// Takes in what an answer tells.
    pub(super) fn note(&self, met: &Met) {
        let scheme = met.flight.agreement.as_ref().and_then(|own| own.scheme);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        add(&mut seen.groups, group_of(met));
        add(&mut seen.schemes, scheme);
    }

    pub(super) fn seen(&self) -> Seen {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    /// The hello with another group and other schemes first.
    pub(super) fn turned(&self, hello: ClientHello) -> ClientHello {
        let seen = self.seen();
        let mut turned = hello;
        let tls13 = turned.versions.contains(&TLS13);
        let turns = if tls13 { &self.tls13 } else { &self.older };
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        let groups = NamedGroup::all().filter(|group| match tls13 {
            true => chunks::is_classical_of_tls13(*group),
            false => chunks::is_of_tls12(*group) || chunks::is_curve(group),
        });
        let first = taken(groups.filter(|group| !seen.groups.contains(group)), turn);
        turned.groups = put_first(first, turned.groups);
        if turned.versions.first() == Some(&TLS12) {
            for certificate in [question::is_of_ecdsa, question::is_of_rsa] {
                let schemes = SignatureScheme::all().filter(|scheme| certificate(*scheme));
                let first = taken(schemes.filter(|own| !seen.schemes.contains(own)), turn);
                turned.schemes = put_first(first, turned.schemes);
            }
        }
        turned
    }
}

fn add<T: PartialEq>(to: &mut Vec<T>, one: Option<T>) {
    if let Some(one) = one.filter(|one| !to.contains(one)) {
        to.push(one);
    }
}

/// The one whose turn it is, round and round.
fn taken<T>(of: impl Iterator<Item = T>, turn: usize) -> Option<T> {
    let mut all: Vec<T> = of.collect();
    let at = turn.checked_rem(all.len())?;
    Some(all.swap_remove(at))
}

fn put_first<T: PartialEq>(first: Option<T>, mut all: Vec<T>) -> Vec<T> {
    if let Some(first) = first {
        all.retain(|own| *own != first);
        all.insert(0, first);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::super::hello::read::Agreement;
    use super::super::super::probe::question::Addressee;
    use super::*;

    fn hello(version: u16) -> ClientHello {
        Addressee { server_name: None }.hello(&[version], [])
    }

    fn met(group: u16, scheme: u16) -> Met {
        let mut met = Met::default();
        met.flight.agreement = Some(Agreement {
            group: Some(NamedGroup(group)),
            dh_bits: None,
            scheme: Some(SignatureScheme(scheme)),
        });
        met
    }

    #[test]
    fn every_hello_puts_others_first_and_leaves_none_out() {
        let turns = Turns::default();
        let (plain, one, other) = (
            hello(TLS12),
            turns.turned(hello(TLS12)),
            turns.turned(hello(TLS12)),
        );
        assert_ne!(one.groups[0], other.groups[0]);
        assert_ne!(one.schemes[..2], other.schemes[..2]);
        assert!(plain.groups.iter().all(|own| one.groups.contains(own)));
        assert_eq!(plain.schemes.len(), other.schemes.len());
    }

    #[test]
    fn what_was_seen_has_no_further_turn() {
        let turns = Turns::default();
        turns.note(&met(0x001d, 0x0804));
        turns.note(&met(0x001d, 0x0804));
        assert_eq!(turns.seen().groups, [NamedGroup::X25519]);
        for _ in 0..20 {
            let hello = turns.turned(hello(TLS12));
            assert_ne!(hello.groups[0], NamedGroup::X25519);
            assert_ne!(hello.schemes[0], SignatureScheme(0x0804));
        }
    }

    #[test]
    fn versions_without_schemes_keep_theirs() {
        let turns = Turns::default();
        let old = turns.turned(hello(0x0301));
        assert_eq!(old.schemes, hello(0x0301).schemes);
    }
}
