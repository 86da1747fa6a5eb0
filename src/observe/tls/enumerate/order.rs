//! Whose order counts, the server's or the client's; and the lists of the chunks joined in it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::hello::read::Until;
use super::super::hello::write::ClientHello;
use super::super::hello::{TLS12, TLS13, version_name};
use super::super::probe::prober::Met;
use super::super::probe::question::{Hello, rank};
use super::chunks::is_chacha;
use super::{Lister, suite_of};
use crate::facts::probe::OfferedVersion;
use crate::facts::suite::CipherSuite;

/// What was chosen from which offer.
#[derive(Debug, Default)]
pub(super) struct Choices(Mutex<Vec<Choice>>);

#[derive(Debug)]
struct Choice {
    version: u16,
    offered: Vec<CipherSuite>,
    chosen: CipherSuite,
}

impl Choices {
    /// Takes in an answer that accepts what was offered.
    pub(super) fn note(&self, hello: &Hello, met: &Met) {
        if let (Hello::Tls(hello, _), Some(answer)) = (hello, &met.flight.hello) {
            self.all().push(Choice {
                version: answer.version,
                offered: hello.suites.clone(),
                chosen: answer.suite,
            });
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Choice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was chosen in a version.
    pub(super) fn accepted(&self, version: u16) -> Vec<CipherSuite> {
        let all = self.all();
        let own = all.iter().filter(|choice| choice.version == version);
        own.map(|choice| choice.chosen).collect()
    }

    /// A suite that was chosen, and the version of the choice.
    pub(super) fn any(&self) -> Option<(u16, CipherSuite)> {
        let all = self.all();
        all.first().map(|choice| (choice.version, choice.chosen))
    }

    /// Whose order it is in TLS 1.3, by the choices of other hellos than those that led to these picks: no other part of a hello
    /// bears on the suite there. `None` when none of them tells.
    fn newest_order(&self, picked: &[CipherSuite]) -> Option<bool> {
        let all = self.all();
        let mut own = all.iter().filter(|choice| choice.version == TLS13);
        own.find_map(|choice| tells_order(picked, &choice.offered, choice.chosen))
    }

    /// Two suites of one type of certificate of which the first was chosen although the second was offered.
    fn pair(&self, version: u16) -> Option<(CipherSuite, CipherSuite)> {
        let accepted = self.accepted(version);
        let all = self.all();
        let mut own = all.iter().filter(|choice| choice.version == version);
        own.find_map(|choice| {
            let first = choice.chosen;
            let mut others = accepted.iter().filter(|own| choice.offered.contains(own));
            let second = others.find(|own| **own != first && is_alike(**own, first))?;
            Some((first, *second))
        })
    }
}

/// Whether a choice from an offer follows the picks although another order was offered (`true`), or the offer although the picks
/// have another order (`false`). What is no pick yet was offered with all of them. ChaCha20 does not count, as in
/// [`Lister::server_order`].
fn tells_order(
    picked: &[CipherSuite],
    offered: &[CipherSuite],
    chosen: CipherSuite,
) -> Option<bool> {
    let foremost = offered
        .iter()
        .find(|own| (picked.contains(own) || **own == chosen) && !is_chacha(**own))?;
    let preferred = picked
        .iter()
        .find(|own| offered.contains(own) && !is_chacha(**own))?;
    if foremost == preferred {
        return None;
    }
    if chosen == *preferred {
        return Some(true);
    }
    (chosen == *foremost).then_some(false)
}

impl Lister<'_> {
    /// The suites of each version in one list; versions without any are left out.
    ///
    /// A server has one setting for the older versions, so it is asked in the newest of them.
    pub(super) async fn sorted(
        &self,
        found: Vec<(u16, Vec<Vec<CipherSuite>>)>,
    ) -> Vec<OfferedVersion> {
        let (newest, older) = found
            .into_iter()
            .partition(|(version, _)| *version == TLS13);
        let (newest, older) = tokio::join!(self.in_order(newest), self.in_order(older));
        [newest, older].concat()
    }

    async fn in_order(&self, found: Vec<(u16, Vec<Vec<CipherSuite>>)>) -> Vec<OfferedVersion> {
        let (mut sorted, mut old) = (Vec::new(), None);
        for (version, lists) in found {
            let asked = self.old_order.get().filter(|_| version < TLS13);
            let server_order = match old {
                Some(known) if version < TLS12 => Some(known),
                _ if asked.is_some() => asked.copied(),
                _ => self.server_order(version, &lists).await,
            };
            if version < TLS13 {
                old = old.or(server_order);
            }
            sorted.extend(self.joined(version, lists, server_order).await);
        }
        sorted
    }

    async fn joined(
        &self,
        version: u16,
        lists: Vec<Vec<CipherSuite>>,
        server_order: Option<bool>,
    ) -> Option<OfferedVersion> {
        let mut all: Vec<CipherSuite> = Vec::new();
        for list in lists {
            all = match server_order {
                Some(true) => self.merged(version, all, list).await,
                _ => [all, list].concat(),
            };
        }
        (!all.is_empty()).then(|| OfferedVersion {
            version: version_name(version),
            cipher_suites: all.into_iter().map(CipherSuite::name).collect(),
            server_order,
        })
    }

    /// Asks whose order it is at the beginning where the list will be long: if it is the client's, there is no order to find out.
    pub(super) async fn ask_old_order(&self) {
        if !self.is_rich() {
            return;
        }
        let Some((first, second)) = self.choices.pair(TLS12) else {
            return;
        };
        if let Some(pick) = self.preferred(TLS12, &[second, first]).await {
            // Nobody else asks.
            let _ = self.old_order.set(pick == first);
        }
    }

    /// What other hellos were answered with in a version, where a list is in no order of its own.
    pub(super) fn accepted_in_any_order(
        &self,
        version: u16,
        picked: &[CipherSuite],
    ) -> Vec<CipherSuite> {
        let server_order = match version {
            TLS13 => self.choices.newest_order(picked),
            _ => self.old_order.get().copied(),
        };
        match server_order {
            Some(false) => self.choices.accepted(version),
            _ => Vec::new(),
        }
    }

    /// Two suites of one chunk, and so of one type of certificate, are offered the other way round. ChaCha20 is left out: servers
    /// prefer it when the client puts it first, whatever else they prefer.
    async fn server_order(&self, version: u16, lists: &[Vec<CipherSuite>]) -> Option<bool> {
        let (first, second) = lists.iter().find_map(|list| pair(list))?;
        // Picked first, though it was offered later: that is the server's doing.
        if rank(second) < rank(first) {
            return Some(true);
        }
        if version == TLS13
            && let [list] = lists
            && let Some(known) = self.choices.newest_order(list)
        {
            return Some(known);
        }
        self.preferred(version, &[second, first])
            .await
            .map(|pick| pick == first)
    }

    /// What the server picks of a few suites that it accepts.
    async fn preferred(&self, version: u16, offer: &[CipherSuite]) -> Option<CipherSuite> {
        let hello = self.addressee.hello(&[version], []);
        let hello = ClientHello {
            suites: offer.to_vec(),
            ..hello
        };
        let met = self.prober.ask(&Hello::Tls(hello, Until::Hello)).await;
        suite_of(&met, version).filter(|suite| offer.contains(suite))
    }

    /// Joins two lists that are in the server's order. Mostly one goes before the other as a whole, which one question tells.
    async fn merged(
        &self,
        version: u16,
        one: Vec<CipherSuite>,
        other: Vec<CipherSuite>,
    ) -> Vec<CipherSuite> {
        let (Some(last), Some(first)) = (one.last().copied(), other.first().copied()) else {
            return [one, other].concat();
        };
        if self.preferred(version, &[first, last]).await != Some(first) {
            return [one, other].concat();
        }
        let (mut one, mut other) = (one.as_slice(), other.as_slice());
        let mut merged = Vec::new();
        while let Some((first, rest)) = other.split_first() {
            let (before, after) = one.split_at(self.run(version, one, *first).await);
            merged.extend(before);
            merged.push(*first);
            // What follows in that list may come before the rest of this one as well.
            (one, other) = (rest, after);
        }
        merged.extend(one);
        merged
    }

    /// How many of a list, from its beginning, come before a suite of another one. The steps double until they are too wide:
    /// lists of two kinds mostly lie in each other as a few long runs.
    async fn run(&self, version: u16, list: &[CipherSuite], suite: CipherSuite) -> usize {
        let (mut low, mut high, mut step, mut is_bounded) = (0, list.len(), 1, false);
        while low < high {
            let at = if is_bounded {
                usize::midpoint(low, high)
            } else {
                (low + step - 1).min(high - 1)
            };
            let Some(own) = list.get(at) else { break };
            if self.precedes(version, *own, suite).await {
                (low, step) = (at + 1, step * 2);
            } else {
                (high, is_bounded) = (at, true);
            }
        }
        low
    }

    /// ChaCha20 is offered last, as in [`Lister::server_order`].
    async fn precedes(&self, version: u16, one: CipherSuite, other: CipherSuite) -> bool {
        let offer = if is_chacha(one) {
            [other, one]
        } else {
            [one, other]
        };
        self.preferred(version, &offer).await != Some(other)
    }
}

/// Whether both go with one type of certificate, and neither is ChaCha20.
fn is_alike(one: CipherSuite, other: CipherSuite) -> bool {
    one.authentication() == other.authentication() && !is_chacha(one) && !is_chacha(other)
}

/// The first two suites of one type of certificate, in the order of the picks.
fn pair(list: &[CipherSuite]) -> Option<(CipherSuite, CipherSuite)> {
    let plain = || list.iter().filter(|suite| !is_chacha(**suite));
    plain().enumerate().find_map(|(at, first)| {
        plain()
            .skip(at + 1)
            .find(|other| is_alike(**other, *first))
            .map(|second| (*first, *second))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::hello::read::ServerHello;
    use super::super::super::probe::question::Addressee;
    use super::super::chunks;
    use super::*;

    fn named(names: &[&str]) -> Vec<CipherSuite> {
        let named = names.iter().map(|name| format!("TLS_{name}"));
        named
            .map(|name| CipherSuite::named(&name).unwrap())
            .collect()
    }

    #[test]
    fn a_choice_from_another_order_tells_whose_order_counts() {
        let list = named(&[
            "AES_128_GCM_SHA256",
            "AES_256_GCM_SHA384",
            "CHACHA20_POLY1305_SHA256",
            "AES_128_CCM_8_SHA256",
        ]);
        let [short, long, chacha, ccm] = list[..] else {
            panic!("{list:?}");
        };
        let turned = chunks::turned();
        assert_eq!(turned.last(), Some(&chacha));
        assert_eq!(tells_order(&list, &turned, short), Some(true));
        assert_eq!(tells_order(&list, &turned, ccm), Some(false));
        // Neither the server's first nor the client's.
        assert_eq!(tells_order(&list, &turned, long), None);
        assert_eq!(tells_order(&list, &turned, chacha), None);
        assert_eq!(tells_order(&list, &list, short), None);
        assert_eq!(tells_order(&list, &[chacha, short], chacha), None);
        // What is preferred was not offered.
        assert_eq!(tells_order(&list, &[ccm, long], ccm), Some(false));
        assert_eq!(tells_order(&list, &[long, ccm], long), None);
        assert_eq!(tells_order(&[], &turned, short), None);
    }

    /// What a server chose of an offer, noted.
    fn noted(choices: &Choices, version: u16, offered: &[CipherSuite], chosen: CipherSuite) {
        let addressee = Addressee { server_name: None };
        let hello = addressee.hello(&[version], offered.iter().copied());
        let mut met = Met::default();
        met.flight.hello = Some(ServerHello {
            version,
            suite: chosen,
            group: None,
            alpn: None,
            compression: 0,
            extensions: Vec::new(),
            timestamps: None,
        });
        choices.note(&Hello::Tls(hello, Until::Hello), &met);
    }

    #[test]
    fn two_that_go_with_one_certificate_can_be_asked_for_the_other_way_round() {
        let choices = Choices::default();
        let [ecdsa, fresh, fixed, chacha] = named(&[
            "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "RSA_WITH_AES_128_GCM_SHA256",
            "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        ])[..] else {
            panic!("four suites");
        };
        noted(&choices, TLS12, &[ecdsa, fresh, fixed, chacha], ecdsa);
        noted(&choices, TLS12, &[chacha], chacha);
        noted(&choices, TLS12, &[fixed], fixed);
        assert_eq!(choices.pair(TLS12), None);
        noted(&choices, TLS12, &[fresh, fixed, chacha], fresh);
        assert_eq!(choices.pair(TLS12), Some((fresh, fixed)));
        assert_eq!(choices.pair(TLS13), None);
        assert_eq!(choices.accepted(TLS12), [ecdsa, chacha, fixed, fresh]);
        assert_eq!(choices.newest_order(&[fresh]), None);
    }
}
