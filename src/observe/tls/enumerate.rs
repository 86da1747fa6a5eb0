//! Lists all that an endpoint accepts: suites of each version in the server's order, groups, signature schemes.
//!
//! It begins where the probes ended: what they were answered is not asked again.

mod agreement;
mod chunks;
mod ladder;
mod lengths;
mod order;
mod turns;

use std::sync::OnceLock;

use futures_util::future::join_all;

use super::hello::read::Until;
use super::hello::write::ClientHello;
use super::hello::{SSL3, TLS10, TLS11, TLS12, TLS13};
use super::probe::prober::{Met, Prober};
use super::probe::question::{Addressee, Hello, SUITES_PER_HELLO, rank};
use super::probe::{Asked, verdict};
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::probe::{Offered, OfferedVersion, ProbeOutcome};
use crate::facts::suite::CipherSuite;
use chunks::Chunk;
use ladder::{Ladder, Offer};
use lengths::{Length, Lengths};
use order::Choices;
use turns::Turns;

/// Asks one endpoint.
pub(super) struct Lister<'a> {
    prober: &'a Prober<'a>,
    addressee: Addressee<'a>,
    asked: &'a [Asked],
    turns: Turns,
    choices: Choices,
    /// Whether the order of the suites below TLS 1.3 is the server's, once it was asked for at the beginning.
    old_order: OnceLock<bool>,
    lengths: Lengths,
}

/// What only servers accept that accept nearly everything.
const MANY: [&str; 2] = ["null", "anonymous"];
/// Hellos that may be refused for another reason than their suites.
const OTHERWISE: [&str; 4] = ["no-sni", "post-quantum", "grease", "large"];
/// Alerts that refuse the version, whatever the suites (RFC 8446 §6.2).
const PROTOCOL_VERSION: u8 = 70;

impl<'a> Lister<'a> {
    /// Begins with what the probes were answered.
    pub(super) fn new(
        prober: &'a Prober<'a>,
        addressee: Addressee<'a>,
        asked: &'a [Asked],
    ) -> Self {
        prober.begin_list();
        let lister = Self {
            prober,
            addressee,
            asked,
            turns: Turns::default(),
            choices: Choices::default(),
            old_order: OnceLock::new(),
            lengths: Lengths::default(),
        };
        for (question, met) in asked {
            lister.note(&question.hello, met);
        }
        lister
    }

    /// Takes in what an answer tells by the way. What was not offered is not accepted.
    fn note(&self, hello: &Hello, met: &Met) -> ProbeOutcome {
        let outcome = verdict::outcome(hello, met);
        if outcome == ProbeOutcome::Accepted {
            self.turns.note(met);
            self.choices.note(hello, met);
            if let Hello::Tls(hello, _) = hello {
                self.lengths.note(hello.suites.len());
            }
        }
        outcome
    }

    /// Everything, from the newest version down.
    pub(super) async fn list(&self) -> Offered {
        let versions = [TLS13, TLS12, TLS11, TLS10, SSL3];
        let spoken: Vec<u16> = versions
            .into_iter()
            .filter(|version| self.may_speak(*version))
            .collect();
        let suites = async {
            self.ask_old_order().await;
            let found = join_all(spoken.iter().map(|version| self.suites(*version))).await;
            let complete = found.iter().all(|(_, complete)| *complete);
            let lists = spoken.iter().copied();
            let lists = lists.zip(found.into_iter().map(|(lists, _)| lists));
            // The suites have told of groups and schemes by now.
            let (versions, curves, schemes) =
                tokio::join!(self.sorted(lists.collect()), self.curves(), self.schemes());
            (versions, complete, curves, schemes)
        };
        // Groups first: theirs is the longer way.
        let (others, (mut versions, complete, curves, schemes)) =
            tokio::join!(self.groups(), suites);
        versions.extend(self.sslv2());
        let schemes_complete = schemes.as_ref().is_none_or(|(_, complete)| *complete);
        let named = |schemes: Vec<SignatureScheme>| {
            schemes.into_iter().map(SignatureScheme::name).collect()
        };
        let (groups, groups_complete) = self.all_groups([curves, others]);
        Offered {
            versions,
            groups: groups.into_iter().map(NamedGroup::name).collect(),
            signature_algorithms: schemes.map(|(schemes, _)| named(schemes)),
            complete: complete && groups_complete && schemes_complete,
            connections: self.prober.connections(),
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

    /// Whether one of these probes was answered with what it asked for.
    fn accepts(&self, names: &[&str]) -> bool {
        self.asked.iter().any(|(question, met)| {
            names.contains(&question.name)
                && verdict::outcome(&question.hello, met) == ProbeOutcome::Accepted
        })
    }

    fn is_rich(&self) -> bool {
        self.accepts(&MANY)
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

    /// Whether a hello that offers TLS 1.2 and older versions is answered in this one. Some servers of an older version fail on
    /// any that is newer.
    fn chooses(&self, version: u16) -> bool {
        let chosen = self.asked.iter().any(|(question, met)| {
            let answer = met.flight.hello.as_ref();
            matches!(&question.hello, Hello::Tls(hello, _) if hello.versions.first() == Some(&TLS12))
                && answer.is_some_and(|hello| hello.version == version)
        });
        chosen && self.newest_old() == Some(version)
    }

    /// The suites of one version, chunk by chunk in the order of the picks; and whether that is all.
    async fn suites(&self, version: u16) -> (Vec<Vec<CipherSuite>>, bool) {
        // Two lists that lie in each other are much dearer than one long one, which a server that accepts nearly all mostly bears.
        let one_list = version == TLS12 && self.old_order.get() == Some(&true);
        let longest = if one_list {
            Length::Long
        } else {
            Length::Usual
        };
        let found = self.climbed(version, longest).await;
        if found.1 || !(one_list || self.lengths.fails()) {
            return found;
        }
        self.climbed(version, Length::Short).await
    }

    async fn climbed(&self, version: u16, length: Length) -> (Vec<Vec<CipherSuite>>, bool) {
        let ladders = self.ladders(version, length).into_iter().map(|ladder| {
            self.climb(
                ladder,
                move |lister, offer: &Offer<CipherSuite>| lister.suite_hello(version, offer),
                move |met| suite_of(met, version),
                move |lister, picked| lister.accepted_in_any_order(version, picked),
            )
        });
        let (lists, complete) = gathered(join_all(ladders).await);
        // What is rare went along at the end, wherever the server has it.
        let lists = lists.into_iter().flat_map(|list| {
            let (rare, usual): (Vec<_>, Vec<_>) = list
                .into_iter()
                .partition(|suite| chunks::is_rare(*suite, version));
            [usual, rare]
        });
        (lists.filter(|list| !list.is_empty()).collect(), complete)
    }

    fn suite_hello(&self, version: u16, offer: &Offer<CipherSuite>) -> Asking {
        let hello = ClientHello {
            suites: offer.all.clone(),
            ..self.addressee.hello(&[version], [])
        };
        let whole = |hello| Hello::Tls(hello, Until::Flight);
        let first = offer.expected.and_then(|expected| {
            let alone = self.turns.alone(hello.clone(), expected, self.is_rich());
            self.long(alone.as_ref().unwrap_or(&hello)).or(alone)
        });
        Asking {
            first: first.map(whole),
            hello: whole(self.turns.turned(hello)),
        }
    }

    /// One for each chunk. A server that accepts what no other does is asked for what is rare along with the rest, and any other
    /// for all that is rare at once; unless it fails on long hellos.
    fn ladders(&self, version: u16, length: Length) -> Vec<Ladder<CipherSuite>> {
        let is_rare = |chunk: &Chunk| chunk.all.len() > SUITES_PER_HELLO;
        let is_rich = self.is_rich();
        let (rare, mut usual): (Vec<_>, Vec<_>) =
            chunks::suites(version).into_iter().partition(is_rare);
        if is_rich {
            let size = match length {
                Length::Long => ladder::LONG,
                Length::Usual | Length::Short => SUITES_PER_HELLO,
            };
            usual = chunks::packed(usual, size);
        }
        let mut rare: Vec<Vec<CipherSuite>> = rare.into_iter().map(|chunk| chunk.all).collect();
        if length == Length::Short {
            let short = rare.iter().flat_map(|all| all.chunks(SUITES_PER_HELLO));
            rare = short.map(<[_]>::to_vec).collect();
        } else if !is_rich && self.accepts(&["grease"]) && !rare.is_empty() {
            rare = vec![rare.concat()];
        }
        // The more of them fit into one hello with the rest, the fewer refusals.
        rare.sort_by_key(Vec::len);
        let mut rare = rare.into_iter();
        let mut ladders: Vec<Ladder<CipherSuite>> = Vec::new();
        for mut chunk in usual {
            // What is common has too much between it there.
            chunk.common.retain(|_| !is_rich);
            let joins = is_rich && length != Length::Short;
            let last = if joins { rare.next() } else { None }.unwrap_or_default();
            ladders.push(self.seeded(version, chunk).and_at_last(last));
        }
        let alone = rare.map(|all| Chunk {
            all,
            ..Chunk::default()
        });
        ladders.extend(alone.map(|chunk| self.seeded(version, chunk)));
        ladders
    }

    /// A ladder that knows what the probes were answered in this version.
    fn seeded(&self, version: u16, chunk: Chunk) -> Ladder<CipherSuite> {
        let likely = match self.unlike_offered(version, &chunk.likely) {
            Some(first) => chunks::preferred(chunk.likely, first),
            None => chunk.likely,
        };
        // Of what nearly everything is accepted of, the whole order can be expected.
        let follows = version < TLS13 && self.is_rich() && self.old_order.get() == Some(&true);
        let strong = follows.then(|| chunks::by_strength(&chunk.all));
        let mut ladder = Ladder::new(chunk.all, likely).or_commonly(chunk.common);
        if let Some(strong) = strong {
            ladder = ladder.following(strong);
        }
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
                self.chooses(version)
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

    /// What a hello meets; what it tells by the way is noted.
    async fn answered(&self, hello: &Hello) -> (Met, ProbeOutcome) {
        let met = self.prober.ask(hello).await;
        let outcome = self.note(hello, &met);
        (met, outcome)
    }

    /// What a probe was answered with in this version although another one of these was offered before it, by the same key.
    fn unlike_offered(&self, version: u16, likely: &[CipherSuite]) -> Option<CipherSuite> {
        let picks = self.asked.iter().filter_map(|(question, met)| {
            let Hello::Tls(hello, _) = &question.hello else {
                return None;
            };
            let mut offered = hello.suites.iter().filter(|own| likely.contains(own));
            let pick = suite_of(met, version).filter(|pick| likely.contains(pick))?;
            (offered.next() != Some(&pick)).then_some(pick)
        });
        // A fresh key of a curve is what nearly all servers prefer to any other.
        picks.min_by_key(|pick| rank(*pick))
    }

    /// Makes the offers of a ladder until it is done. What is no answer ends it. What is `accepted`, as other hellos told by the
    /// way, is not asked for.
    async fn climb<T: Copy + PartialEq>(
        &self,
        mut ladder: Ladder<T>,
        hello: impl Fn(&Self, &Offer<T>) -> Asking,
        pick: impl Fn(&Met) -> Option<T>,
        accepted: impl Fn(&Self, &[T]) -> Vec<T>,
    ) -> (Vec<T>, bool) {
        loop {
            ladder.take(&accepted(self, ladder.picked()));
            let offers = ladder.next();
            if offers.is_empty() {
                return ladder.result();
            }
            let asking = offers.into_iter().map(|offer| async {
                let Asking { first, hello } = hello(self, &offer);
                if let (Some(hello), Some(expected)) = (first, offer.expected) {
                    let (met, outcome) = self.answered(&hello).await;
                    if pick(&met) == Some(expected) && outcome == ProbeOutcome::Accepted {
                        return (offer.all, Some(expected), outcome);
                    }
                }
                let (met, outcome) = self.answered(&hello).await;
                (offer.all, pick(&met), self.believed(&hello, outcome).await)
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
}

/// A hello to say, and one to say before it that tells more where it is answered as expected.
struct Asking {
    first: Option<Hello>,
    hello: Hello,
}

impl From<Hello> for Asking {
    fn from(hello: Hello) -> Self {
        let first = None;
        Self { first, hello }
    }
}

/// Whether a hello that offers TLS 1.3 beside older versions was answered with one of those.
fn is_downgrade((question, met): &Asked) -> bool {
    let answer = met.flight.hello.as_ref();
    question.name == "grease" && answer.is_some_and(|hello| hello.version < TLS13)
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
