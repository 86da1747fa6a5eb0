//! Lists all that an endpoint accepts: suites of each version in the server's order, groups, signature schemes.
//!
//! It begins where the probes ended: what they were answered is not asked again.

mod chunks;
mod ladder;
mod order;

use futures_util::future::join_all;

use super::hello::read::Until;
use super::hello::write::ClientHello;
use super::hello::{SSL3, TLS10, TLS11, TLS12, TLS13};
use super::probe::prober::{Met, Prober};
use super::probe::question::{Addressee, Hello};
use super::probe::{Asked, verdict};
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::probe::{Offered, OfferedVersion, ProbeOutcome};
use crate::facts::suite::{Authentication, CipherSuite, KeyExchange};
use chunks::Chunk;
use ladder::Ladder;

/// Asks one endpoint.
pub(super) struct Lister<'a> {
    pub(super) prober: &'a Prober<'a>,
    pub(super) addressee: Addressee<'a>,
    pub(super) asked: &'a [Asked],
}

/// What only servers accept that accept nearly everything.
const MANY: [&str; 4] = ["null", "anonymous", "tls10", "sslv3"];
/// Hellos that may be refused for another reason than their suites.
const OTHERWISE: [&str; 4] = ["no-sni", "post-quantum", "grease", "large"];
/// Alerts that refuse the version, whatever the suites (RFC 8446 §6.2).
const PROTOCOL_VERSION: u8 = 70;

impl Lister<'_> {
    /// Everything, from the newest version down.
    pub(super) async fn list(&self) -> Offered {
        let versions = [TLS13, TLS12, TLS11, TLS10, SSL3];
        let spoken: Vec<u16> = versions
            .into_iter()
            .filter(|version| self.may_speak(*version))
            .collect();
        let suites = join_all(spoken.iter().map(|version| self.suites(*version)));
        let (found, (groups, groups_complete), schemes) =
            tokio::join!(suites, self.groups(), self.schemes());
        let suites_complete = found.iter().all(|(_, complete)| *complete);
        let lists = spoken
            .into_iter()
            .zip(found.into_iter().map(|(lists, _)| lists));
        let mut versions = self.sorted(lists.collect()).await;
        versions.extend(self.sslv2());
        let schemes_complete = schemes.as_ref().is_none_or(|(_, complete)| *complete);
        let named = |schemes: Vec<SignatureScheme>| {
            schemes.into_iter().map(SignatureScheme::name).collect()
        };
        Offered {
            versions,
            groups: groups.into_iter().map(NamedGroup::name).collect(),
            signature_algorithms: schemes.map(|(schemes, _)| named(schemes)),
            complete: suites_complete && groups_complete && schemes_complete,
            connections: self.prober.connections() + 1,
        }
    }

    /// SSLv2 lists its kinds of cipher by itself.
    fn sslv2(&self) -> Option<OfferedVersion> {
        let hello = self.asked.iter().find_map(|(_, met)| met.sslv2.as_ref())?;
        Some(OfferedVersion {
            version: "SSLv2".to_owned(),
            cipher_suites: hello.kinds.iter().map(|kind| kind.name()).collect(),
            server_order: None,
        })
    }

    fn answer(&self, name: &str) -> Option<&Asked> {
        self.asked
            .iter()
            .find(|(question, _)| question.name == name)
    }

    /// A version whose hello was refused for the version is not asked for again.
    fn may_speak(&self, version: u16) -> bool {
        let hellos: &[&str] = match version {
            TLS13 => &["post-quantum", "grease"],
            TLS12 => &["tls12-rsa", "tls12-ecdsa"],
            TLS11 => &["tls11"],
            TLS10 => &["tls10"],
            _ => &["sslv3"],
        };
        let is_refused = |(question, met): &Asked| {
            let outcome = verdict::outcome(&question.hello, met);
            let lower = met
                .flight
                .hello
                .as_ref()
                .is_some_and(|hello| hello.version < version);
            let alert = met.flight.hello.is_none() && met.flight.alert == Some(PROTOCOL_VERSION);
            lower
                || outcome == ProbeOutcome::Refused
                    && (alert || version == SSL3 || met.flight.alert.is_none())
        };
        let older = version == TLS13 && self.asked.iter().any(is_downgrade);
        !older
            && !hellos
                .iter()
                .all(|name| self.answer(name).is_some_and(is_refused))
    }

    /// The newest version below TLS 1.3 that was spoken: that in which hellos for a class of suites are answered.
    fn newest_old(&self) -> Option<u16> {
        let spoken = self
            .asked
            .iter()
            .filter_map(|(_, met)| Some(met.flight.hello.as_ref()?.version));
        spoken.filter(|version| *version <= TLS12).max()
    }

    /// The suites of one version, chunk by chunk in the order of the picks; and whether that is all.
    async fn suites(&self, version: u16) -> (Vec<Vec<CipherSuite>>, bool) {
        let ladders = chunks::suites(version).into_iter().map(|chunk| {
            let ladder = self.seeded(version, chunk);
            self.climb(
                ladder,
                move |lister, offer: &[CipherSuite]| {
                    let hello = lister.addressee.hello(&[version], []);
                    let suites = offer.to_vec();
                    Hello::Tls(ClientHello { suites, ..hello }, Until::Hello)
                },
                move |met| suite_of(met, version),
            )
        });
        gathered(join_all(ladders).await)
    }

    /// A ladder that knows what the probes were answered in this version.
    fn seeded(&self, version: u16, (all, likely): Chunk<CipherSuite>) -> Ladder<CipherSuite> {
        let mut ladder = Ladder::new(all, likely);
        for (question, met) in self.asked {
            let Hello::Tls(hello, _) = &question.hello else {
                continue;
            };
            let outcome = verdict::outcome(&question.hello, met);
            let answered = met
                .flight
                .hello
                .as_ref()
                .filter(|hello| hello.version == version);
            // A class that was refused is refused in the version that the server would have chosen, and no other.
            let asked_for = if hello.versions.first() == Some(&TLS12) {
                self.newest_old() == Some(version)
            } else {
                hello.versions == [version]
            };
            let refused = outcome == ProbeOutcome::Refused && asked_for;
            match answered {
                Some(own) if outcome == ProbeOutcome::Accepted => {
                    ladder.learn(hello.suites.clone(), Some(own.suite))
                }
                None if refused && !OTHERWISE.contains(&question.name) => {
                    ladder.learn(hello.suites.clone(), None)
                }
                _ => {}
            }
        }
        ladder
    }

    /// Makes the offers of a ladder until it is done. What is no answer ends it.
    async fn climb<T: Copy + PartialEq>(
        &self,
        mut ladder: Ladder<T>,
        hello: impl Fn(&Self, &[T]) -> Hello,
        pick: impl Fn(&Met) -> Option<T>,
    ) -> (Vec<T>, bool) {
        loop {
            let offers = ladder.next();
            if offers.is_empty() {
                return ladder.result();
            }
            let asking = offers.into_iter().map(|offer| async {
                let hello = hello(self, &offer);
                let met = self.prober.ask(&hello).await;
                let outcome = verdict::outcome(&hello, &met);
                (offer, pick(&met), outcome)
            });
            for (offer, picked, outcome) in join_all(asking).await {
                match picked.filter(|own| offer.contains(own)) {
                    Some(own) => ladder.learn(offer, Some(own)),
                    None if outcome == ProbeOutcome::Uncertain => ladder.give_up(),
                    None => ladder.learn(offer, None),
                }
            }
        }
    }

    async fn groups(&self) -> (Vec<NamedGroup>, bool) {
        let mut ladders = Vec::new();
        if self.may_speak(TLS13) {
            for all in chunks::groups() {
                let mut ladder = Ladder::new(all, Vec::new());
                if let Some((question, met)) = self.answer("post-quantum") {
                    let refused = verdict::outcome(&question.hello, met) == ProbeOutcome::Refused;
                    let known = refused.then_some((vec![NamedGroup::X25519MLKEM768], None));
                    known
                        .into_iter()
                        .for_each(|(offer, pick)| ladder.learn(offer, pick));
                }
                ladders.push((TLS13, ladder));
            }
        }
        if let Some(version) = self
            .newest_old()
            .filter(|_| self.fresh(KeyExchange::Ecdhe).is_some())
        {
            ladders.push((version, Ladder::new(chunks::old_groups(), Vec::new())));
            if !self.may_speak(TLS13) {
                let curves = NamedGroup::all().filter(chunks::is_curve);
                ladders.extend(curves.map(|curve| (version, Ladder::new(vec![curve], Vec::new()))));
            }
        }
        let climbing = ladders.into_iter().map(|(version, ladder)| {
            self.climb(
                ladder,
                move |lister, offer: &[NamedGroup]| lister.group_hello(version, offer),
                group_of,
            )
        });
        let (found, complete) = gathered(join_all(climbing).await);
        (found.concat(), complete)
    }

    fn group_hello(&self, version: u16, offer: &[NamedGroup]) -> Hello {
        let fresh = self.fresh(KeyExchange::Ecdhe);
        let suites = CipherSuite::all().filter(|suite| match version {
            TLS13 => suite.is_tls13(),
            _ => Some(*suite) == fresh,
        });
        let hello = self.addressee.hello(&[version], suites);
        let groups = offer.to_vec();
        Hello::Tls(ClientHello { groups, ..hello }, Until::Flight)
    }

    /// A suite with a fresh key agreement that was chosen, by RSA if possible: its certificate has no curve that must be offered.
    fn fresh(&self, exchange: KeyExchange) -> Option<CipherSuite> {
        let chosen = self
            .asked
            .iter()
            .filter_map(|(_, met)| Some(met.flight.hello.as_ref()?.suite));
        let fresh =
            chosen.filter(|suite| suite.key_exchange() == exchange && !suite.is_anonymous());
        fresh.min_by_key(|suite| suite.authentication() != Authentication::Rsa)
    }

    /// The schemes of TLS 1.2, each by itself, with a suite of each type of certificate that was chosen in it. They are left out
    /// where so many suites are accepted that the list takes too many connections as it is.
    async fn schemes(&self) -> Option<(Vec<SignatureScheme>, bool)> {
        let accepts = |(question, met): &Asked| {
            MANY.contains(&question.name)
                && verdict::outcome(&question.hello, met) == ProbeOutcome::Accepted
        };
        if self.asked.iter().any(accepts) {
            return None;
        }
        let chosen = ["tls12-rsa", "tls12-ecdsa"].into_iter().filter_map(|name| {
            let (_, met) = self.answer(name)?;
            let hello = met
                .flight
                .hello
                .as_ref()
                .filter(|hello| hello.version == TLS12)?;
            let known = met.flight.agreement.as_ref()?.scheme?;
            Some((hello.suite, known))
        });
        let each = chosen.flat_map(|(suite, known)| {
            let all = SignatureScheme::all().filter(move |scheme| suits(*scheme, suite, known));
            all.map(move |scheme| (suite, known, scheme))
        });
        let climbing = each.map(|(suite, known, scheme)| {
            let mut ladder = Ladder::new(vec![scheme], Vec::new());
            if scheme == known {
                ladder.learn(vec![known], Some(known));
            }
            self.climb(
                ladder,
                move |lister, offer: &[SignatureScheme]| {
                    let hello = lister.addressee.hello(&[TLS12], [suite]);
                    let schemes = offer.to_vec();
                    Hello::Tls(ClientHello { schemes, ..hello }, Until::Flight)
                },
                |met| met.flight.agreement.as_ref()?.scheme,
            )
        });
        let (found, complete) = gathered(join_all(climbing).await);
        Some((found.concat(), complete))
    }
}

/// Whether a hello that offers TLS 1.3 beside older versions was answered with one of those.
fn is_downgrade((question, met): &Asked) -> bool {
    let answer = met.flight.hello.as_ref();
    question.name == "grease" && answer.is_some_and(|hello| hello.version < TLS13)
}

/// Whether a scheme can sign with the certificate of a suite, of which one scheme is known. PSS with a PSS key, and EdDSA, are
/// other types of certificate.
fn suits(scheme: SignatureScheme, suite: CipherSuite, known: SignatureScheme) -> bool {
    let is_edwards = |scheme: SignatureScheme| matches!(scheme.0, 0x0807 | 0x0808);
    match suite.authentication() {
        Authentication::Ecdsa if is_edwards(known) => scheme == known,
        Authentication::Ecdsa => scheme.0 & 0xff == 3,
        Authentication::Rsa => scheme.0 & 0xff == 1 || matches!(scheme.0, 0x0804..=0x0806),
        _ => false,
    }
}

fn suite_of(met: &Met, version: u16) -> Option<CipherSuite> {
    let hello = met.flight.hello.as_ref();
    hello
        .filter(|hello| hello.version == version)
        .map(|hello| hello.suite)
}

fn group_of(met: &Met) -> Option<NamedGroup> {
    let agreed = met.flight.agreement.as_ref().and_then(|own| own.group);
    met.flight
        .hello
        .as_ref()
        .and_then(|hello| hello.group)
        .or(agreed)
}

fn gathered<T>(lists: Vec<(Vec<T>, bool)>) -> (Vec<Vec<T>>, bool) {
    let complete = lists.iter().all(|(_, complete)| *complete);
    let found = lists
        .into_iter()
        .map(|(list, _)| list)
        .filter(|list| !list.is_empty());
    (found.collect(), complete)
}
