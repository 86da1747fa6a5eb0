//! Which group and which signature scheme a hello puts first.
//!
//! A hello that asks for a suite is answered with a group and, below TLS 1.3, a signature as well. Where the client's order
//! counts, putting others first each time lists most of them at no cost. All are offered all the same, so that no suite is
//! refused for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::hello::write::ClientHello;
use super::super::hello::{TLS12, TLS13};
use super::super::probe::prober::Met;
use super::super::probe::question;
use super::{chunks, group_of};
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::suite::{Authentication, CipherSuite};

/// What was seen, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<State>);

/// What was put first or offered alone is remembered by itself, not counted: which answers are there by then is chance.
#[derive(Debug, Default)]
struct State {
    seen: Seen,
    /// How many hellos a group came first in, of TLS 1.3 and of the versions below it, which have groups of their own.
    first_groups: [BTreeMap<NamedGroup, usize>; 2],
    first_schemes: BTreeMap<SignatureScheme, usize>,
    /// Groups of TLS 1.3, and schemes, that were offered alone.
    groups_alone: Vec<NamedGroup>,
    schemes_alone: Vec<SignatureScheme>,
}

/// Groups that nearly all servers have, beside the one that they prefer.
const USUAL_GROUPS: [NamedGroup; 2] = [NamedGroup(0x0017), NamedGroup(0x0018)];
/// Schemes that nearly all RSA keys sign with.
const USUAL_SCHEMES: [SignatureScheme; 6] = [
    SignatureScheme(0x0804),
    SignatureScheme(0x0805),
    SignatureScheme(0x0806),
    SignatureScheme(0x0401),
    SignatureScheme(0x0501),
    SignatureScheme(0x0601),
];
/// What those sign with as well who accept nearly everything; and what the other keys of such a server do.
const OLD_SCHEMES: [SignatureScheme; 2] = [SignatureScheme(0x0301), SignatureScheme(0x0201)];
const ECDSA_SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme(0x0403),
    SignatureScheme(0x0503),
    SignatureScheme(0x0603),
    SignatureScheme(0x0303),
    SignatureScheme(0x0203),
];

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
        let seen = &mut self.state().seen;
        add(&mut seen.groups, group_of(met));
        add(&mut seen.schemes, scheme);
    }

    pub(super) fn seen(&self) -> Seen {
        self.state().seen.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hello with another group and other schemes first.
    pub(super) fn turned(&self, hello: ClientHello) -> ClientHello {
        let mut state = self.state();
        let State {
            seen,
            first_groups: [newest, older],
            first_schemes,
            ..
        } = &mut *state;
        let mut turned = hello;
        let tls13 = turned.versions.contains(&TLS13);
        let groups = NamedGroup::all().filter(|group| match tls13 {
            true => chunks::is_classical_of_tls13(*group),
            false => chunks::is_of_tls12(*group) || chunks::is_curve(group),
        });
        let unseen = groups.filter(|group| !seen.groups.contains(group));
        let first = taken(unseen, if tls13 { newest } else { older });
        turned.groups = put_first(first, turned.groups);
        if turned.versions.first() == Some(&TLS12) {
            for certificate in [question::is_of_ecdsa, question::is_of_rsa] {
                let schemes = SignatureScheme::all().filter(|scheme| certificate(*scheme));
                let unseen = schemes.filter(|own| !seen.schemes.contains(own));
                turned.schemes = put_first(taken(unseen, first_schemes), turned.schemes);
            }
        }
        turned
    }

    /// The hello with one group or one scheme alone that was not seen yet, where this changes nothing of which suites can be
    /// used as long as it is accepted: then the expected answer lists that one as well. `None` when there is none left. Of a
    /// server that accepts nearly everything (`is_rich`) more is worth the try.
    pub(super) fn alone(
        &self,
        hello: ClientHello,
        expected: CipherSuite,
        is_rich: bool,
    ) -> Option<ClientHello> {
        let mut state = self.state();
        let State {
            seen,
            groups_alone,
            schemes_alone,
            ..
        } = &mut *state;
        if hello.versions == [TLS13] {
            // No suite of TLS 1.3 depends on the group.
            let group = next(&USUAL_GROUPS, &seen.groups, groups_alone)?;
            let groups = vec![group];
            return Some(ClientHello { groups, ..hello });
        }
        if hello.versions != [TLS12] || !expected.has_forward_secrecy() {
            return None;
        }
        // All suites signed with one type of key depend on the scheme alike, and no other does.
        let (usual, is_of_key): (&[_], fn(SignatureScheme) -> bool) =
            match (expected.authentication(), is_rich) {
                (Authentication::Rsa, false) => (&USUAL_SCHEMES, question::is_of_rsa),
                (Authentication::Rsa, true) => (
                    &[&USUAL_SCHEMES[..], &OLD_SCHEMES].concat(),
                    question::is_of_rsa,
                ),
                (Authentication::Ecdsa, true) => (&ECDSA_SCHEMES, question::is_of_ecdsa),
                _ => return None,
            };
        let scheme = next(usual, &seen.schemes, schemes_alone)?;
        let others = hello.schemes.iter().filter(|own| !is_of_key(**own));
        let schemes = others.copied().chain([scheme]).collect();
        Some(ClientHello { schemes, ..hello })
    }
}

/// The first that was not seen and not offered alone, which it is now.
fn next<T: Copy + PartialEq>(usual: &[T], seen: &[T], alone: &mut Vec<T>) -> Option<T> {
    let left = |own: &&T| !seen.contains(own) && !alone.contains(own);
    let next = *usual.iter().find(left)?;
    alone.push(next);
    Some(next)
}

fn add<T: PartialEq>(to: &mut Vec<T>, one: Option<T>) {
    if let Some(one) = one.filter(|one| !to.contains(one)) {
        to.push(one);
    }
}

/// The one that came first least often, and now does once more.
fn taken<T: Copy + Ord>(of: impl Iterator<Item = T>, first: &mut BTreeMap<T, usize>) -> Option<T> {
    let one = of.min_by_key(|own| first.get(own).copied().unwrap_or_default())?;
    *first.entry(one).or_default() += 1;
    Some(one)
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
    fn an_expected_answer_is_asked_with_one_scheme_or_group_alone_until_all_had_their_turn() {
        let turns = Turns::default();
        turns.note(&met(0x001d, 0x0804));
        let rsa = CipherSuite::named("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap();
        let ecdsa = CipherSuite::named("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256").unwrap();
        assert!(turns.alone(hello(TLS12), ecdsa, false).is_none());
        let of_rsa = |hello: &ClientHello| -> Vec<u16> {
            let own = hello
                .schemes
                .iter()
                .filter(|own| question::is_of_rsa(**own));
            own.map(|scheme| scheme.0).collect()
        };
        let next = || Some(of_rsa(&turns.alone(hello(TLS12), rsa, false)?));
        let all: Vec<Vec<u16>> = std::iter::from_fn(next).collect();
        assert_eq!(all, [[0x0805], [0x0806], [0x0401], [0x0501], [0x0601]]);
        let signs = |suite| Some(turns.alone(hello(TLS12), suite, true)?.schemes);
        let all: Vec<_> = std::iter::from_fn(|| signs(rsa)).collect();
        assert_eq!(all.len(), OLD_SCHEMES.len());
        let all: Vec<_> = std::iter::from_fn(|| signs(ecdsa)).collect();
        assert_eq!(all.len(), ECDSA_SCHEMES.len());
        let of_ecdsa = |own: &&SignatureScheme| question::is_of_ecdsa(**own);
        assert!(
            all.iter()
                .all(|own| own.iter().filter(of_ecdsa).count() == 1)
        );
        let any = CipherSuite::named("TLS_AES_128_GCM_SHA256").unwrap();
        let next = || Some(turns.alone(hello(TLS13), any, false)?.groups);
        let groups: Vec<Vec<NamedGroup>> = std::iter::from_fn(next).collect();
        assert_eq!(groups, USUAL_GROUPS.map(|group| vec![group]));
    }

    #[test]
    fn versions_without_schemes_keep_theirs() {
        let turns = Turns::default();
        let old = turns.turned(hello(0x0301));
        assert_eq!(old.schemes, hello(0x0301).schemes);
    }
}
