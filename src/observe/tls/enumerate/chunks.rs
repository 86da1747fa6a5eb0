//! The suites of a version, cut into hellos: small enough for old servers, and of a kind, so that one refusal answers much.

use std::cmp::Reverse;

use super::super::hello::{TLS12, TLS13};
use super::super::probe::question::{SUITES_PER_HELLO, rank};
use crate::facts::group::NamedGroup;
use crate::facts::suite::{Authentication, CipherSuite, KeyExchange};

/// What most servers with any of a chunk have of it.
const LIKELY: [&str; 3] = ["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305"];

/// What most servers that have more than that have of it.
const OLDER: [&str; 2] = ["AES_128_CBC", "AES_256_CBC"];

/// What goes into one ladder.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub(super) all: Vec<CipherSuite>,
    /// What is likely of it.
    pub(super) likely: Vec<CipherSuite>,
    /// What is likely of a server that has any of it.
    pub(super) common: Vec<CipherSuite>,
}

/// Every suite that the version knows, each in one chunk.
pub(super) fn suites(version: u16) -> Vec<Chunk> {
    let mut all: Vec<CipherSuite> = CipherSuite::all()
        .filter(|suite| belongs(*suite, version))
        .collect();
    // What is met together goes into one chunk.
    all.sort_by_cached_key(|suite| (!is_modern(*suite) && !is_common(*suite), rank(*suite)));
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
        .map(|(kind, all)| kind.chunk(all))
        .collect()
}

/// The same suites in as few chunks as fit: of a server that accepts nearly all, each chunk costs a refusal. What a probe asked
/// for by itself stays together, at the end: there its answer is that of an offer.
pub(super) fn packed(chunks: Vec<Chunk>, size: usize) -> Vec<Chunk> {
    let mut packed: Vec<Chunk> = Vec::new();
    for chunk in chunks {
        let fits = |own: &&mut Chunk| own.all.len() + chunk.all.len() <= size;
        match packed.iter_mut().find(fits) {
            Some(own) => own.all.extend(chunk.all),
            None => packed.push(chunk),
        }
    }
    packed
}

/// The suites of TLS 1.3 the other way round than hellos offer them mostly: what is chosen of both tells whose order counts.
/// ChaCha20 is last, because servers prefer it when the client puts it first, whatever else they prefer.
pub(super) fn turned() -> Vec<CipherSuite> {
    let mut all: Vec<CipherSuite> = CipherSuite::all()
        .filter(|suite| suite.is_tls13())
        .collect();
    all.sort_by_cached_key(|suite| (is_chacha(*suite), Reverse(rank(*suite))));
    all
}

pub(super) fn is_chacha(suite: CipherSuite) -> bool {
    suite.cipher().starts_with("CHACHA20")
}

fn belongs(suite: CipherSuite, version: u16) -> bool {
    match version {
        TLS13 => suite.is_tls13(),
        TLS12 => !suite.is_tls13(),
        _ => suite.is_legacy(),
    }
}

/// Whether hardly any server has it.
pub(super) fn is_rare(suite: CipherSuite, version: u16) -> bool {
    [Kind::Shared, Kind::Rare].contains(&Kind::of(suite, version))
}

/// What the suites of one chunk have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tls13,
    /// What servers of today have; below TLS 1.2, all that any server has.
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
        if version == TLS13 {
            Self::Tls13
        } else if suite.authentication() == Authentication::Other {
            Self::Shared
        } else if !is_used(suite) || suite.authentication() == Authentication::Dss {
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

    fn chunk(self, mut all: Vec<CipherSuite>) -> Chunk {
        all.sort_by_cached_key(|suite| rank(*suite));
        if ![Self::Tls13, Self::Usual].contains(&self) {
            return Chunk {
                all,
                ..Chunk::default()
            };
        }
        let (modern, other): (Vec<_>, Vec<_>) = all.iter().partition(|suite| is_modern(**suite));
        Chunk {
            all,
            likely: modern,
            common: other.into_iter().filter(|own| is_common(*own)).collect(),
        }
    }
}

fn is_certified(suite: CipherSuite) -> bool {
    let certified = [
        Authentication::Tls13,
        Authentication::Rsa,
        Authentication::Ecdsa,
    ];
    certified.contains(&suite.authentication())
}

/// What most servers of today have.
fn is_modern(suite: CipherSuite) -> bool {
    LIKELY.contains(&suite.cipher()) && suite.has_forward_secrecy() && is_certified(suite)
}

/// What others have beside.
fn is_common(suite: CipherSuite) -> bool {
    let older = [&LIKELY[..2], &OLDER].concat().contains(&suite.cipher());
    older && is_certified(suite) && is_used(suite)
}

/// Whether its key exchange is one that servers have.
fn is_used(suite: CipherSuite) -> bool {
    let used = [KeyExchange::Ecdhe, KeyExchange::Dhe, KeyExchange::Rsa];
    used.contains(&suite.key_exchange())
}

/// The likely ones as a server prefers them that picks one first which is not offered first: by their ciphers, as the library
/// does that most servers have, or as Mozilla's recommendation for old clients.
pub(super) fn preferred(mut likely: Vec<CipherSuite>, first: CipherSuite) -> Vec<CipherSuite> {
    let [short, long, chacha] = LIKELY;
    let order = match first.cipher() {
        own if own == long => [long, chacha, short],
        own if own == chacha => [chacha, short, long],
        _ => return likely,
    };
    let cipher = |suite: &CipherSuite| order.iter().position(|own| *own == suite.cipher());
    let exchange = |suite: &CipherSuite| suite.key_exchange() == KeyExchange::Dhe;
    likely.sort_by_key(|suite| match first.cipher() == long {
        true => (cipher(suite), exchange(suite)),
        // Stable: keys without curves stay behind.
        false => (
            cipher(suite)
                .filter(|_| !exchange(suite))
                .or(Some(order.len())),
            false,
        ),
    });
    likely
}

/// What OpenSSL has of these, in its own order when everything is switched on: the order of a server that was told to accept all.
pub(super) fn by_strength(all: &[CipherSuite]) -> Vec<CipherSuite> {
    let kinds = [
        &["AES_256_GCM", "AES_128_GCM"][..],
        &["CHACHA20_POLY1305"],
        &[
            "AES_256_CCM_8",
            "AES_256_CCM",
            "AES_128_CCM_8",
            "AES_128_CCM",
        ],
        &["ARIA_256_GCM", "ARIA_128_GCM"],
        &["AES_256_CBC", "AES_128_CBC"],
        &["CAMELLIA_256_CBC", "CAMELLIA_128_CBC"],
        &["NULL"],
    ];
    let kind = |suite: &CipherSuite| kinds.iter().position(|own| own.contains(&suite.cipher()));
    let has = |suite: &&CipherSuite| {
        let certified = is_certified(**suite);
        let anonymous = suite.is_anonymous() && !suite.cipher().starts_with("ARIA");
        is_used(**suite) && kind(suite).is_some() && (certified || anonymous)
    };
    let mut all: Vec<CipherSuite> = all.iter().filter(has).copied().collect();
    all.sort_by_cached_key(|suite| {
        let exchange = match suite.key_exchange() {
            KeyExchange::Ecdhe => 0,
            KeyExchange::Dhe => 1,
            _ => 2,
        };
        (
            suite.is_null(),
            !suite.has_forward_secrecy(),
            !suite.is_aead(),
            suite.is_legacy(),
            Reverse(suite.bits()),
            suite.is_anonymous(),
            kind(suite),
            exchange,
            suite.authentication() != Authentication::Ecdsa,
            Reverse(*suite),
        )
    });
    all
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
    use super::super::ladder::Ladder;
    use super::*;

    #[test]
    fn every_suite_of_a_version_is_in_one_chunk_of_bounded_size() {
        for (version, count) in [(TLS13, 15), (TLS12, 342), (TLS10, 132), (SSL3, 132)] {
            let chunks = suites(version);
            let mut all: Vec<CipherSuite> =
                chunks.iter().flat_map(|chunk| chunk.all.clone()).collect();
            all.sort();
            all.dedup();
            let sum: usize = chunks.iter().map(|chunk| chunk.all.len()).sum();
            assert_eq!((all.len(), sum), (count, count), "{version:04x}");
            assert!(chunks.iter().all(|chunk| chunk.all.len() <= 128));
        }
        assert!(suites(TLS12).len() <= 8, "{}", suites(TLS12).len());
    }

    #[test]
    fn a_server_told_to_accept_all_is_expected_to_prefer_what_openssl_does() {
        let all: Vec<CipherSuite> = suites(TLS12).into_iter().flat_map(|own| own.all).collect();
        let names: Vec<String> = by_strength(&all)
            .into_iter()
            .map(CipherSuite::name)
            .collect();
        assert_eq!(
            names[..14],
            [
                "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",
                "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
                "TLS_DHE_RSA_WITH_AES_256_CCM_8",
                "TLS_DHE_RSA_WITH_AES_256_CCM",
                "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384",
                "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384",
                "TLS_DH_anon_WITH_AES_256_GCM_SHA384",
            ]
        );
        assert_eq!(names.last().unwrap(), "TLS_RSA_WITH_NULL_MD5");

        assert_eq!(names.len(), 77);
    }

    #[test]
    fn packed_chunks_are_fewer_and_lose_nothing() {
        let sizes = |chunks: &[Chunk]| -> Vec<usize> {
            let sizes = chunks.iter().map(|chunk| chunk.all.len());
            sizes.filter(|size| *size <= SUITES_PER_HELLO).collect()
        };
        let plain = suites(TLS12);
        let plain: Vec<Chunk> = plain
            .into_iter()
            .filter(|chunk| chunk.all.len() <= SUITES_PER_HELLO)
            .collect();
        let packed = packed(plain.clone(), SUITES_PER_HELLO);
        let (before, after) = (sizes(&plain), sizes(&packed));
        assert_eq!(before.iter().sum::<usize>(), after.iter().sum::<usize>());
        assert!(after.len() + 2 <= before.len(), "{before:?} {after:?}");
        assert_eq!(packed[0].likely, plain[0].likely);
    }

    #[test]
    fn what_is_likely_is_what_servers_of_today_have() {
        let chunks = suites(TLS12);
        let likely = &chunks[0].likely;
        let names: Vec<String> = likely.iter().map(|suite| suite.name()).collect();
        assert_eq!(names.len(), 9, "{names:?}");
        assert!(names[0].starts_with("TLS_ECDHE_ECDSA_"), "{names:?}");
        let common = &chunks[0].common;
        assert!(common.iter().all(|suite| !likely.contains(suite)));
        assert!(common.contains(&CipherSuite::named("TLS_RSA_WITH_AES_128_CBC_SHA").unwrap()));
    }

    #[test]
    fn the_first_pick_tells_in_which_order_the_others_may_be() {
        let likely = &suites(TLS12)[0].likely;
        let ordered = |first: &str| -> Vec<String> {
            let first = CipherSuite::named(first).unwrap();
            let all = preferred(likely.clone(), first);
            assert_eq!(all.len(), likely.len());
            all.iter().map(|suite| suite.name()).collect()
        };
        let long = ordered("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
        assert_eq!(long[0], "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
        assert_eq!(long[2], "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384");
        let chacha = ordered("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
        assert_eq!(chacha[0], "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
        assert_eq!(chacha[2], "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(chacha[6], "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256");
        let same = ordered("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(
            same,
            likely.iter().map(|suite| suite.name()).collect::<Vec<_>>()
        );
    }

    /// How many rounds and offers it takes to list a server with these suites of TLS 1.2, in its own order.
    fn listed(accepted: &[&str]) -> (usize, usize) {
        let named = |name: &&str| CipherSuite::named(&format!("TLS_{name}")).unwrap();
        let accepted: Vec<CipherSuite> = accepted.iter().map(named).collect();
        let chunk = suites(TLS12).swap_remove(0);
        let mut ladder = Ladder::new(chunk.all, chunk.likely).or_commonly(chunk.common);
        let (mut rounds, mut offers) = (0, 0);
        loop {
            let next = ladder.next();
            if next.is_empty() {
                assert_eq!(ladder.result(), (accepted, true));
                return (rounds, offers);
            }
            rounds += 1;
            for offer in next {
                offers += 1;
                let pick = accepted.iter().find(|own| offer.all.contains(own));
                ladder.learn(offer.all, pick.copied());
            }
        }
    }

    #[test]
    fn two_types_of_keys_in_the_order_that_mozilla_recommends_are_listed_in_one_round() {
        let intermediate = [
            "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "DHE_RSA_WITH_AES_128_GCM_SHA256",
            "DHE_RSA_WITH_AES_256_GCM_SHA384",
            "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        ];
        assert_eq!(listed(&intermediate), (1, 10));
        let older = [
            "ECDHE_RSA_WITH_AES_128_CBC_SHA256",
            "ECDHE_RSA_WITH_AES_128_CBC_SHA",
        ];
        let (rounds, offers) = listed(&[&intermediate[..], &older].concat());
        assert!(rounds <= 3 && offers <= 22, "{rounds} {offers}");
    }
}
