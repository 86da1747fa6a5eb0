//! The groups and the signature schemes: what the hellos about suites have not told already.

use futures_util::future::join_all;

use super::super::hello::read::Until;
use super::super::hello::write::ClientHello;
use super::super::hello::{TLS12, TLS13};
use super::super::probe::question::{Hello, is_of_ecdsa, is_of_rsa};
use super::super::probe::{Asked, verdict};
use super::ladder::Ladder;
use super::{Lister, chunks, gathered, group_of};
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::probe::ProbeOutcome;
use crate::facts::suite::{Authentication, CipherSuite, KeyExchange};
use crate::observe::tls::certificate;

/// What was found, and whether that is all.
type Found<T> = (Vec<T>, bool);

impl Lister<'_> {
    /// The groups of TLS 1.3 that hardly any hello about suites comes to.
    pub(super) async fn groups(&self) -> Found<NamedGroup> {
        if !self.may_speak(TLS13) {
            return (Vec::new(), true);
        }
        let (mut others, mut hybrid) = (chunks::other_groups(), chunks::hybrid_groups());
        let likely = others.iter().copied();
        let likely = likely
            .filter(|group| chunks::is_finite_field(*group))
            .collect();
        let known = NamedGroup::X25519MLKEM768;
        let asked = self.answer("post-quantum");
        let outcome = asked.map(|(question, met)| verdict::outcome(&question.hello, met));
        let mut ladders = Vec::new();
        if outcome == Some(ProbeOutcome::Refused) {
            // Who has not the hybrid that nearly all have hardly has another: one refusal answers for those too.
            hybrid.retain(|group| *group != known);
            others.append(&mut hybrid);
        } else {
            let mut hybrid = Ladder::new(hybrid, Vec::new());
            if outcome == Some(ProbeOutcome::Accepted) {
                hybrid.learn(vec![known], Some(known));
            }
            ladders.push((TLS13, hybrid));
        }
        ladders.push((TLS13, Ladder::cautious(others, likely)));
        self.agreed(ladders).await
    }

    /// The curves, and the groups of TLS 1.2 alone, that were not seen yet. Most servers have most of the curves, so each of
    /// those is asked for by itself: that takes one round.
    pub(super) async fn curves(&self) -> Found<NamedGroup> {
        let old = self.newest_old();
        let old = old.filter(|_| self.fresh(KeyExchange::Ecdhe).is_some());
        let new = self.may_speak(TLS13).then_some(TLS13);
        let seen = self.turns.seen().groups;
        let unseen = |group: &NamedGroup| !seen.contains(group);
        let mut ladders = Vec::new();
        if let Some(version) = new.or(old) {
            let curves = NamedGroup::all().filter(chunks::is_curve).filter(unseen);
            ladders.extend(curves.map(|curve| (version, Ladder::new(vec![curve], Vec::new()))));
        }
        if let Some(version) = old {
            let all = NamedGroup::all().filter(|group| chunks::is_of_tls12(*group));
            let all: Vec<NamedGroup> = all.filter(unseen).collect();
            ladders.push((version, Ladder::cautious(all, Vec::new())));
        }
        self.agreed(ladders).await
    }

    async fn agreed(&self, ladders: Vec<(u16, Ladder<NamedGroup>)>) -> Found<NamedGroup> {
        let climbing = ladders.into_iter().map(|(version, ladder)| {
            self.climb(
                ladder,
                move |lister, offer| lister.group_hello(version, &offer.all).into(),
                group_of,
                |lister, _| lister.turns.seen().groups,
            )
        });
        let (found, complete) = gathered(join_all(climbing).await);
        (found.concat(), complete)
    }

    /// All that were found, and all that were seen by the way, in the order of the table.
    pub(super) fn all_groups<const N: usize>(
        &self,
        found: [Found<NamedGroup>; N],
    ) -> Found<NamedGroup> {
        let complete = found.iter().all(|(_, complete)| *complete);
        let mut accepted = self.turns.seen().groups;
        accepted.extend(found.into_iter().flat_map(|(groups, _)| groups));
        let known = NamedGroup::all().filter(|group| accepted.contains(group));
        (known.collect(), complete)
    }

    fn group_hello(&self, version: u16, offer: &[NamedGroup]) -> Hello {
        let fresh = self.fresh(KeyExchange::Ecdhe);
        let suites = match version {
            TLS13 => chunks::turned(),
            _ => fresh.into_iter().collect(),
        };
        let hello = self.addressee.hello(&[version], suites);
        let mut groups = offer.to_vec();
        // Without it the certificate may not be used (RFC 8422 §5.1). A server that prefers it to what is asked for agrees on
        // the latter with nobody.
        let needed = self.curve_of_certificate().filter(|_| version < TLS13);
        groups.extend(needed.filter(|curve| !offer.contains(curve)));
        Hello::Tls(ClientHello { groups, ..hello }, Until::Flight)
    }

    /// The curve of the certificate that older versions show when it is all that they have.
    fn curve_of_certificate(&self) -> Option<NamedGroup> {
        let fresh = self.fresh(KeyExchange::Ecdhe)?;
        let shows = |(_, met): &&Asked| {
            let hello = met.flight.hello.as_ref();
            hello.is_some_and(|hello| hello.suite.authentication() == fresh.authentication())
        };
        let mut chains = self
            .asked
            .iter()
            .filter(shows)
            .map(|(_, met)| &met.flight.chain);
        let leaf = chains.find_map(|chain| chain.first())?;
        let curve = certificate::read(leaf).key?.curve?;
        NamedGroup::of_curve(&curve)
    }

    /// A suite with a fresh key agreement that was chosen, by RSA if possible: its certificate has no curve that must be offered.
    fn fresh(&self, exchange: KeyExchange) -> Option<CipherSuite> {
        let chosen = self.choices.accepted(self.newest_old()?).into_iter();
        let fresh =
            chosen.filter(|suite| suite.key_exchange() == exchange && !suite.is_anonymous());
        fresh.min_by_key(|suite| suite.authentication() != Authentication::Rsa)
    }

    /// The schemes of TLS 1.2, each by itself, with a suite of each type of certificate that was chosen in it; nothing when no
    /// suite was that comes with a signature.
    pub(super) async fn schemes(&self) -> Option<Found<SignatureScheme>> {
        let chosen = self.signed();
        if chosen.is_empty() {
            return None;
        }
        let seen = self.turns.seen().schemes;
        let each = chosen.into_iter().flat_map(|(suite, known)| {
            let all = SignatureScheme::all().filter(move |scheme| suits(*scheme, suite, known));
            all.map(move |scheme| (suite, scheme))
        });
        let climbing = each.map(|(suite, scheme)| {
            let mut ladder = Ladder::new(vec![scheme], Vec::new());
            if seen.contains(&scheme) {
                ladder.learn(vec![scheme], Some(scheme));
            }
            self.climb(
                ladder,
                move |lister, offer| {
                    let hello = lister.addressee.hello(&[TLS12], [suite]);
                    let schemes = offer.all.clone();
                    Hello::Tls(ClientHello { schemes, ..hello }, Until::Flight).into()
                },
                |met| met.flight.agreement.as_ref()?.scheme,
                |_, _| Vec::new(),
            )
        });
        let (found, complete) = gathered(join_all(climbing).await);
        Some((found.concat(), complete))
    }
}

impl Lister<'_> {
    /// The suites of TLS 1.2 that were chosen with a signature, and its scheme: one for each type of certificate.
    fn signed(&self) -> Vec<(CipherSuite, SignatureScheme)> {
        let chosen = ["tls12-rsa", "tls12-ecdsa"].into_iter().filter_map(|name| {
            let (_, met) = self.answer(name)?;
            let hello = met.flight.hello.as_ref()?;
            let known = met.flight.agreement.as_ref()?.scheme?;
            (hello.version == TLS12).then_some((hello.suite, known))
        });
        chosen.collect()
    }
}

/// Whether a scheme can sign with the certificate of a suite, of which one scheme is known. PSS with a PSS key, and EdDSA, are
/// other types of certificate.
fn suits(scheme: SignatureScheme, suite: CipherSuite, known: SignatureScheme) -> bool {
    let is_edwards = |scheme: SignatureScheme| matches!(scheme.0, 0x0807 | 0x0808);
    match suite.authentication() {
        Authentication::Ecdsa if is_edwards(known) => scheme == known,
        Authentication::Ecdsa => is_of_ecdsa(scheme),
        Authentication::Rsa => is_of_rsa(scheme),
        _ => false,
    }
}
