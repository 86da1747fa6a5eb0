//! Whose order counts, the server's or the client's; and the lists of the chunks joined in it.

use super::super::hello::read::Until;
use super::super::hello::write::ClientHello;
use super::super::hello::{TLS12, TLS13, version_name};
use super::super::probe::question::{Hello, rank};
use super::{Lister, suite_of};
use crate::facts::probe::OfferedVersion;
use crate::facts::suite::CipherSuite;

impl Lister<'_> {
    /// The suites of each version in one list; versions without any are left out.
    ///
    /// A server has one setting for the older versions, so it is asked in the newest of them.
    pub(super) async fn sorted(
        &self,
        found: Vec<(u16, Vec<Vec<CipherSuite>>)>,
    ) -> Vec<OfferedVersion> {
        let (mut sorted, mut old) = (Vec::new(), None);
        for (version, lists) in found {
            let server_order = match old {
                Some(known) if version < TLS12 => Some(known),
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

    /// Two suites of one chunk, and so of one type of certificate, are offered the other way round. ChaCha20 is left out: servers
    /// prefer it when the client puts it first, whatever else they prefer.
    async fn server_order(&self, version: u16, lists: &[Vec<CipherSuite>]) -> Option<bool> {
        let (first, second) = lists.iter().find_map(|list| pair(list))?;
        // Picked first, though it was offered later: that is the server's doing.
        if rank(second) < rank(first) {
            return Some(true);
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
        let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
        let mut merged = Vec::new();
        while let (Some(a), Some(b)) = (one.peek().copied(), other.peek().copied()) {
            let before = self.preferred(version, &[a, b]).await != Some(b);
            merged.extend(if before { one.next() } else { other.next() });
        }
        merged.extend(one);
        merged.extend(other);
        merged
    }
}

/// The first two suites of one type of certificate, in the order of the picks.
fn pair(list: &[CipherSuite]) -> Option<(CipherSuite, CipherSuite)> {
    let plain = || {
        list.iter()
            .filter(|suite| !suite.cipher().starts_with("CHACHA20"))
    };
    plain().enumerate().find_map(|(at, first)| {
        let same = |other: &&CipherSuite| other.authentication() == first.authentication();
        plain()
            .skip(at + 1)
            .find(same)
            .map(|second| (*first, *second))
    })
}
