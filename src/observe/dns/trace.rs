//! The walk from the root: referrals, aliases, server names without glue, and every bound on them.
//!
//! Several questions walk side by side. What they have in common is asked once: an inquiry at a cut is a shared future,
//! so A and AAAA of one name cost one exchange at the root and one at the TLD.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, join_all};
use hickory_proto::rr::Record as WireRecord;
use tokio::task::JoinSet;

use super::TracePlan;
use super::exchange::Wire;
use super::labels::Labels;
use super::message::{self, Extensions, Reply};
use super::referral::Cut;
use crate::facts::dns::{
    Link, NsDenial, Obstacle, Outcome, Question, Rcode, Record, ResponseClass, Server, Step,
};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::Reading;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// One inquiry at one cut: the zone, the name and type asked.
pub(super) type AskKey = (DnsName, DnsName, RrType);
/// The first usable reply; when no server gave one, that of a resolver in its place.
pub(super) type Usable = Option<Arc<(Server, Arc<Reading>)>>;
/// Every exchange with the index of the question that began it.
pub(super) type Log = Vec<(usize, Arc<Step>)>;
/// Names whose look-ups wait for one another, outermost first: what ends circular delegations.
pub(super) type Stack = Arc<Vec<(DnsName, RrType)>>;

/// One trace: several questions, and all that is learnt on the way.
pub(super) struct Tracer {
    pub(super) plan: TracePlan,
    pub(super) wire: Wire,
    pub(super) asked: AtomicUsize,
    /// Questions of the survey, which have a bound of their own.
    pub(super) surveyed: AtomicUsize,
    pub(super) asks: Mutex<HashMap<AskKey, Shared<BoxFuture<'static, Usable>>>>,
    pub(super) cuts: Mutex<BTreeMap<DnsName, Cut>>,
    pub(super) log: Mutex<Log>,
    pub(super) tasks: Mutex<JoinSet<()>>,
}

/// How a look-up ended.
#[derive(Clone, Debug)]
pub(super) struct Resolution {
    outcome: Outcome,
    pub(super) obstacle: Option<Obstacle>,
    pub(super) answers: Vec<WireRecord>,
    links: Vec<Link>,
}

impl Resolution {
    /// Nothing found yet.
    fn begun() -> Self {
        Self {
            outcome: Outcome::Unresolvable,
            obstacle: None,
            answers: Vec::new(),
            links: Vec::new(),
        }
    }

    fn stopped(mut self, obstacle: Obstacle) -> Self {
        self.outcome = Outcome::Unresolvable;
        self.obstacle = Some(obstacle);
        self
    }

    /// Whether the look-up came to an end that every resolver comes to, rather than to silence or to a bound of ours.
    pub(super) fn is_final(&self) -> bool {
        let obstacle = self.obstacle.as_ref();
        obstacle.is_none_or(|obstacle| {
            use Obstacle::{AliasLoop, DelegationLoop, NoServerAddress};
            matches!(
                obstacle,
                AliasLoop { .. } | DelegationLoop { .. } | NoServerAddress { .. }
            )
        })
    }

    /// What the look-up of a server's address that found none tells.
    pub(super) fn denial(&self, server: &DnsName) -> Option<NsDenial> {
        let last = self.links.last()?;
        Some(NsDenial {
            name: server.clone(),
            outcome: self.outcome,
            end: last.name.clone(),
            zone: last.zone.clone(),
        })
    }
}

/// What asking for one name, without following its alias, led to.
enum Walked {
    Alias {
        record: Box<WireRecord>,
        target: DnsName,
    },
    End {
        outcome: Outcome,
        records: Vec<WireRecord>,
    },
    Stopped(Obstacle),
}

impl Walked {
    fn nothing(outcome: Outcome) -> Self {
        Self::End {
            outcome,
            records: Vec::new(),
        }
    }
}

/// The name whose zone has the records: for a DS that of the parent (RFC 4035 §2.4).
fn holder(name: &DnsName, rr_type: RrType) -> DnsName {
    if rr_type == RrType::DS {
        name.with_labels(name.label_count().saturating_sub(1))
    } else {
        name.clone()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere must not hide what has been seen.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tracer {
    pub(super) fn new(plan: TracePlan, dialer: Dialer, deadline: Deadline) -> Arc<Self> {
        let wire = Wire {
            dialer,
            deadline,
            extensions: Extensions {
                buffer: plan.buffer,
                signatures: plan.signatures,
            },
            tcp_only: plan.tcp_only,
            probe_timeout: plan.probe_timeout,
        };
        let root = Cut::root(&plan.hints);
        Arc::new(Self {
            plan,
            wire,
            asked: AtomicUsize::new(0),
            surveyed: AtomicUsize::new(0),
            asks: Mutex::default(),
            cuts: Mutex::new(BTreeMap::from([(root.zone.clone(), root)])),
            log: Mutex::default(),
            tasks: Mutex::default(),
        })
    }

    /// Resolves every question of the plan, side by side.
    pub(super) async fn run(self: Arc<Self>) -> Vec<Question> {
        let walks = self.plan.types.iter().enumerate().map(|(index, rr_type)| {
            let tracer = Arc::clone(&self);
            async move {
                let name = tracer.plan.name.clone();
                tracer.question(index, name, *rr_type).await
            }
        });
        join_all(walks).await
    }

    /// Resolves one question; its exchanges are kept under `index`.
    pub(super) async fn question(
        self: &Arc<Self>,
        index: usize,
        name: DnsName,
        rr_type: RrType,
    ) -> Question {
        let tracer = Arc::clone(self);
        let found = tracer
            .resolve(index, name.clone(), rr_type, Stack::default())
            .await;
        as_question(name, rr_type, found)
    }

    /// Follows the aliases of `name` from cut to cut until `rr_type` is found, or is found not to be.
    pub(super) fn resolve(
        self: Arc<Self>,
        index: usize,
        name: DnsName,
        rr_type: RrType,
        stack: Stack,
    ) -> BoxFuture<'static, Resolution> {
        async move {
            let mut found = Resolution::begun();
            let mut target = name;
            loop {
                let (zone, walked) = self.walk(index, &target, rr_type, &stack).await;
                let name = target.clone();
                found.links.push(Link { name, zone });
                match walked {
                    Walked::Stopped(obstacle) => return found.stopped(obstacle),
                    Walked::End { outcome, records } => {
                        found.answers.extend(records);
                        found.outcome = outcome;
                        return found;
                    }
                    Walked::Alias {
                        record,
                        target: next,
                    } => {
                        found.answers.push(*record);
                        if found.links.iter().any(|link| link.name == next) {
                            return found.stopped(Obstacle::AliasLoop { at: next });
                        }
                        if found.links.len() > limits::ALIAS_LINKS {
                            return found.stopped(limit("ALIAS_LINKS", &next));
                        }
                        target = next;
                    }
                }
            }
        }
        .boxed()
    }

    /// Goes from the deepest known cut down to the zone of `name` and asks it there. Also says which zone that is.
    async fn walk(
        self: &Arc<Self>,
        index: usize,
        name: &DnsName,
        rr_type: RrType,
        stack: &Stack,
    ) -> (DnsName, Walked) {
        let mut cut = self.deepest_cut(&holder(name, rr_type));
        let mut labels = Labels::new(self.plan.minimise, &cut.zone, name);
        for _ in 0..limits::REFERRALS + limits::MINIMISED_STEPS {
            self.fetch_keys(index, &cut);
            let asked = labels.current(name);
            let whole = asked == *name;
            let asked_type = if whole { rr_type } else { RrType::A };
            let reply = if whole && stack.is_empty() {
                self.ask(index, &cut, &asked, asked_type)
            } else {
                self.ask_for_cut(index, &cut, &asked, asked_type)
            };
            let Some(reply) = reply.await else {
                if !whole {
                    labels.give_up();
                    continue;
                }
                if let Some(wider) = self.widen(index, &cut, stack).await {
                    cut = wider;
                    continue;
                }
                let obstacle = self.why_silent(&cut, name);
                return (cut.zone, Walked::Stopped(obstacle));
            };
            let (server, reading) = &*reply;
            let message = &reading.message;
            // The race gives an unusable reply only when there is no other.
            let reply = match message::classify(&cut.zone, &asked, asked_type, message) {
                Reply::Unusable(_) => {
                    message::classify_leniently(&cut.zone, &asked, asked_type, message)
                }
                reply => reply,
            };
            let ended = match reply {
                Reply::Referral { zone, names } => {
                    let next = Cut::from_referral(&cut.zone, zone, names, message, server.clone());
                    cut = match self.enter(index, &cut, next, stack).await {
                        Ok(cut) => cut,
                        Err(obstacle) => return (cut.zone, Walked::Stopped(obstacle)),
                    };
                    labels = Labels::new(self.plan.minimise, &cut.zone, name);
                    continue;
                }
                // A server that denies an ancestor of an existing name breaks RFC 8020: ask the whole name.
                Reply::Nxdomain if !whole => {
                    labels.give_up();
                    continue;
                }
                _ if !whole => {
                    match message::hidden_apex(&cut.zone, &asked, message) {
                        Some(apex) => {
                            cut = self.enter_hidden(index, &cut, apex);
                            labels = Labels::new(self.plan.minimise, &cut.zone, name);
                        }
                        None => labels.next(name),
                    }
                    continue;
                }
                Reply::Alias { record, target } => Walked::Alias { record, target },
                Reply::Answer(records) => Walked::End {
                    outcome: Outcome::Answer,
                    records,
                },
                Reply::Nodata => Walked::nothing(Outcome::Nodata),
                Reply::Nxdomain => Walked::nothing(Outcome::Nxdomain),
                Reply::Unusable(_) => Walked::Stopped(self.why_silent(&cut, name)),
            };
            return (cut.zone, ended);
        }
        (cut.zone, Walked::Stopped(limit("REFERRALS", name)))
    }

    /// Asks for the keys of a zone in the same flight as the question there, so that they cost no round trip of their own.
    fn fetch_keys(self: &Arc<Self>, index: usize, cut: &Cut) {
        if self.plan.signatures {
            let keys = self.ask_for_cut(index, cut, &cut.zone, RrType::DNSKEY);
            lock(&self.tasks).spawn(keys.map(|_| ()));
        }
    }

    /// Asks one more question of the servers of a zone that was met.
    pub(super) async fn ask_at(self: &Arc<Self>, zone: &DnsName, name: &DnsName, rr_type: RrType) {
        let cut = self.deepest_cut(zone);
        if [RrType::DNSKEY, RrType::DS].contains(&rr_type) {
            self.ask_for_cut(0, &cut, name, rr_type).await;
        } else {
            self.ask(0, &cut, name, rr_type).await;
        }
    }

    /// The same of one of them, and of others only when it does not answer: for what all will say alike.
    pub(super) async fn ask_one_at(
        self: &Arc<Self>,
        zone: &DnsName,
        name: &DnsName,
        rr_type: RrType,
    ) {
        let cut = self.deepest_cut(zone);
        self.ask_so_many(1, (0, &cut), name, rr_type).await;
    }

    /// Waits until the keys and delegation signers that were asked for have come, or will not.
    pub(super) async fn keys_had(&self) {
        let open: Vec<_> = lock(&self.asks)
            .iter()
            .filter(|((_, _, rr_type), _)| [RrType::DNSKEY, RrType::DS].contains(rr_type))
            .map(|(_, inquiry)| inquiry.clone())
            .collect();
        join_all(open).await;
    }

    fn why_silent(&self, cut: &Cut, name: &DnsName) -> Obstacle {
        if self.wire.deadline.left().is_zero() {
            return Obstacle::OutOfTime;
        }
        if self.asked.load(Ordering::Relaxed) >= limits::PATH_QUESTIONS {
            return limit("PATH_QUESTIONS", name);
        }
        Obstacle::NoUsableServer {
            zone: cut.zone.clone(),
        }
    }

    /// Waits for answers still under way, but no longer than `patience`.
    pub(super) async fn settle(&self, patience: Duration) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        let waited = self.wire.deadline.bound(patience, async {
            while tasks.join_next().await.is_some() {}
        });
        let _ = waited.await;
        tasks.abort_all();
        // What is still under way holds this tracer, which holds it.
        lock(&self.asks).clear();
    }

    /// Every exchange so far with the index of its question, in the order in which they began.
    pub(super) fn exchanges(&self) -> Log {
        let mut log = lock(&self.log).clone();
        log.sort_by(|(_, one), (_, other)| one.at_ms.0.total_cmp(&other.at_ms.0));
        log
    }
}

pub(super) fn limit(name: &str, at: &DnsName) -> Obstacle {
    Obstacle::LimitReached {
        limit: name.to_owned(),
        at: at.clone(),
    }
}

fn as_question(name: DnsName, rr_type: RrType, found: Resolution) -> Question {
    let rcode = match found.outcome {
        Outcome::Answer | Outcome::Nodata => Rcode::NoError,
        Outcome::Nxdomain => Rcode::NxDomain,
        Outcome::Unresolvable => Rcode::ServFail,
    };
    Question {
        name,
        r#type: rr_type,
        purpose: None,
        outcome: found.outcome,
        obstacle: found.obstacle,
        rcode,
        answers: Record::each_once(found.answers.iter().map(Record::from)),
        expected: None,
        sibling: None,
        links: found.links,
        dnssec: None,
        steps: Vec::new(),
    }
}

/// Whether a step brought a message over its transport.
pub(super) fn is_heard(step: &Step) -> bool {
    step.response.is_response() && step.response != ResponseClass::Malformed
}
