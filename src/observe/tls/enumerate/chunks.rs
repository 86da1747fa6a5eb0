//! The suites of a version, cut into hellos: small enough for old servers, and of a kind, so that one refusal answers much.

use super::super::hello::{TLS12, TLS13};
use super::super::probe::question::{SUITES_PER_HELLO, rank};
use crate::facts::group::NamedGroup;
use crate::facts::suite::{Authentication, CipherSuite, KeyExchange};

/// What most servers with any of a chunk have of it.
const LIKELY: [&str; 3] = ["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305"];

/// What goes into one ladder, and what is likely of it.
pub(super) type Chunk<T> = (Vec<T>, Vec<T>);

/// Every suite that the version knows, each in one chunk.
pub(super) fn suites(version: u16) -> Vec<Chunk<CipherSuite>> {
    let mut all: Vec<CipherSuite> = CipherSuite::all()
        .filter(|suite| belongs(*suite, version))
        .collect();
    all.sort_by_cached_key(|suite| rank(*suite));
    let mut kinds: Vec<(Kind, Vec<CipherSuite>)> = Vec::new();
    for suite in all {
        let kind = Kind::of(suite, version);
        match kinds
            .iter_mut()
            .find(|(own, chunk)| *own == kind && chunk.len() < kind.size())
        {
            Some((_, chunk)) => chunk.push(suite),
            None => kinds.push((kind, vec![suite])),
        }
    }
    kinds
        .into_iter()
        .map(|(kind, chunk)| (chunk.clone(), kind.likely(&chunk)))
        .collect()
}

fn belongs(suite: CipherSuite, version: u16) -> bool {
    match version {
        TLS13 => suite.is_tls13(),
        TLS12 => !suite.is_tls13(),
        _ => suite.is_legacy(),
    }
}

/// What the suites of one chunk have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tls13,
    /// Sealed in one act.
    Aead,
    /// What else servers of today have; below TLS 1.2, all that any server has.
    Usual,
    /// Short keys and old ciphers.
    Weak,
    /// Nothing encrypted.
    Null,
    /// Nobody proven.
    Anonymous,
    /// Fixed keys in the certificate, and certificates that nobody has.
    Rare,
    /// Secrets shared before.
    Shared,
}

impl Kind {
    fn of(suite: CipherSuite, version: u16) -> Self {
        let used = [KeyExchange::Ecdhe, KeyExchange::Dhe, KeyExchange::Rsa];
        if version == TLS13 {
            Self::Tls13
        } else if suite.authentication() == Authentication::Other {
            Self::Shared
        } else if !used.contains(&suite.key_exchange())
            || suite.authentication() == Authentication::Dss
        {
            // Below TLS 1.2 they are so few that they go along.
            if version < TLS12 {
                Self::Shared
            } else {
                Self::Rare
            }
        } else if version < TLS12 {
            Self::Usual
        } else if suite.is_null() {
            Self::Null
        } else if suite.is_anonymous() {
            Self::Anonymous
        } else if suite.is_export() || suite.is_rc4() || suite.has_small_blocks() {
            Self::Weak
        } else if suite.is_aead() {
            Self::Aead
        } else {
            Self::Usual
        }
    }

    /// Nobody who fails on long hellos has any of the rare ones.
    fn size(self) -> usize {
        if [Self::Shared, Self::Rare].contains(&self) {
            2 * SUITES_PER_HELLO
        } else {
            SUITES_PER_HELLO
        }
    }

    fn likely(self, chunk: &[CipherSuite]) -> Vec<CipherSuite> {
        if ![Self::Tls13, Self::Aead].contains(&self) {
            return Vec::new();
        }
        let certified = [
            Authentication::Tls13,
            Authentication::Rsa,
            Authentication::Ecdsa,
        ];
        let is_likely = |suite: &&CipherSuite| {
            let common = LIKELY.contains(&suite.cipher()) && suite.has_forward_secrecy();
            common && certified.contains(&suite.authentication())
        };
        chunk.iter().filter(is_likely).copied().collect()
    }
}

/// The hybrid groups, which exist in TLS 1.3 alone.
pub(super) fn hybrid_groups() -> Vec<NamedGroup> {
    NamedGroup::all()
        .filter(|group| group.is_post_quantum())
        .collect()
}

/// The groups of TLS 1.3 beside hybrid ones and the curves of old.
pub(super) fn other_groups() -> Vec<NamedGroup> {
    NamedGroup::all()
        .filter(|group| is_classical_of_tls13(*group) && !is_curve(group))
        .collect()
}

/// The groups of TLS 1.3 but for the hybrid ones.
pub(super) fn is_classical_of_tls13(group: NamedGroup) -> bool {
    !group.is_post_quantum() && !is_of_tls12(group)
}

/// The curves that TLS 1.2 and 1.3 have in common.
pub(super) fn is_curve(group: &NamedGroup) -> bool {
    matches!(group.0, 0x0017..=0x0019 | 0x001d | 0x001e)
}

/// The groups of Diffie-Hellman without a curve (RFC 7919): who has one has them all.
pub(super) fn is_finite_field(group: NamedGroup) -> bool {
    matches!(group.0, 0x0100..=0x01ff)
}

/// Whether it exists only in TLS 1.2 and below.
pub(super) fn is_of_tls12(group: NamedGroup) -> bool {
    matches!(group.0, 0x0013 | 0x0015 | 0x0016 | 0x001a..=0x001c)
}

#[cfg(test)]
mod tests {
    use super::super::super::hello::{SSL3, TLS10};
    use super::*;

    #[test]
    fn every_suite_of_a_version_is_in_one_chunk_of_bounded_size() {
        for (version, count) in [(TLS13, 15), (TLS12, 342), (TLS10, 132), (SSL3, 132)] {
            let chunks = suites(version);
            let mut all: Vec<CipherSuite> =
                chunks.iter().flat_map(|(chunk, _)| chunk.clone()).collect();
            all.sort();
            all.dedup();
            let sum: usize = chunks.iter().map(|(chunk, _)| chunk.len()).sum();
            assert_eq!((all.len(), sum), (count, count), "{version:04x}");
            assert!(chunks.iter().all(|(chunk, _)| chunk.len() <= 128));
        }
        assert!(suites(TLS12).len() <= 8, "{}", suites(TLS12).len());
    }

    #[test]
    fn what_is_likely_is_what_servers_of_today_have() {
        let chunks = suites(TLS12);
        let (_, likely) = &chunks[0];
        let names: Vec<String> = likely.iter().map(|suite| suite.name()).collect();
        assert_eq!(names.len(), 9, "{names:?}");
        assert!(names[0].starts_with("TLS_ECDHE_"), "{names:?}");
    }
}
