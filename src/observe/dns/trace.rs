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
use hickory_proto::op::Message;
use hickory_proto::rr::Record as WireRecord;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::TracePlan;
use super::exchange::{Inquiry, Wire};
use super::message::{self, Extensions, Reply};
use super::referral::Cut;
use crate::facts::attempt::Failure;
use crate::facts::dns::{
    Glue, Link, Obstacle, Outcome, Question, Rcode, Record, ResponseClass, Server, Step,
};
use crate::facts::name::{DnsName, RrType};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// When no answer has come for so long, one server more is asked beside those that are waited for.
const HEDGE: Duration = Duration::from_millis(400);

/// One inquiry at one cut: the zone, the name and type asked.
type AskKey = (DnsName, DnsName, RrType);
/// The first usable reply; when no server gave one, that of a resolver in its place.
type Usable = Option<Arc<(Server, Message)>>;
/// Names whose look-ups wait for one another, outermost first: what ends circular delegations.
type Stack = Arc<Vec<(DnsName, RrType)>>;

/// One trace: several questions, and all that is learnt on the way.
pub(super) struct Tracer {
    pub(super) plan: TracePlan,
    pub(super) wire: Wire,
    asked: AtomicUsize,
    asks: Mutex<HashMap<AskKey, Shared<BoxFuture<'static, Usable>>>>,
    cuts: Mutex<BTreeMap<DnsName, Cut>>,
    /// Every exchange with the index of the question that began it.
    log: Mutex<Vec<(usize, Step)>>,
    tasks: Mutex<JoinSet<()>>,
}

/// How a look-up ended.
#[derive(Clone, Debug)]
pub(super) struct Resolution {
    outcome: Outcome,
    obstacle: Option<Obstacle>,
    answers: Vec<WireRecord>,
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
                let found = tracer
                    .resolve(index, name.clone(), *rr_type, Stack::default())
                    .await;
                as_question(name, *rr_type, found)
            }
        });
        join_all(walks).await
    }

    /// Follows the aliases of `name` from cut to cut until `rr_type` is found, or is found not to be.
    fn resolve(
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
            let Some(reply) = self.ask(index, &cut, &asked, asked_type).await else {
                if !whole {
                    labels.give_up();
                    continue;
                }
                let obstacle = self.why_silent(&cut, name);
                return (cut.zone, Walked::Stopped(obstacle));
            };
            let (server, message) = &*reply;
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
            let keys = self.ask(index, cut, &cut.zone, RrType::DNSKEY);
            lock(&self.tasks).spawn(keys.map(|_| ()));
        }
    }

    /// The cut of a zone that the servers of its parent have as well, which therefore gave no referral.
    fn enter_hidden(self: &Arc<Self>, index: usize, parent: &Cut, apex: DnsName) -> Cut {
        if self.plan.signatures {
            let signer = self.ask(index, parent, &apex, RrType::DS);
            lock(&self.tasks).spawn(signer.map(|_| ()));
        }
        let cut = parent.hidden(apex);
        lock(&self.cuts)
            .entry(cut.zone.clone())
            .or_insert(cut)
            .clone()
    }

    /// Asks one more question of the servers of a zone that was met.
    pub(super) async fn ask_at(self: &Arc<Self>, zone: &DnsName, name: &DnsName, rr_type: RrType) {
        let cut = self.deepest_cut(zone);
        self.ask(0, &cut, name, rr_type).await;
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

    /// The deepest zone met that holds `name`.
    pub(super) fn zone_of(&self, name: &DnsName) -> DnsName {
        self.deepest_cut(name).zone
    }

    fn deepest_cut(&self, name: &DnsName) -> Cut {
        let cuts = lock(&self.cuts);
        let above = cuts
            .values()
            .filter(|cut| name.is_at_or_below(&cut.zone) && !cut.servers().is_empty());
        above
            .max_by_key(|cut| cut.zone.label_count())
            .cloned()
            .unwrap_or_else(|| Cut::root(&self.plan.hints))
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

    /// How many referrals lead to a zone, whichever question was given them.
    fn referrals_to(&self, zone: &DnsName) -> usize {
        let cuts = lock(&self.cuts);
        let above = |cut: &&DnsName| *cut != zone && zone.is_at_or_below(cut);
        cuts.keys().filter(above).count()
    }

    /// Makes sure that a new cut has a server with an address, looking up names when the referral brought none.
    async fn enter(
        self: &Arc<Self>,
        index: usize,
        parent: &Cut,
        mut cut: Cut,
        stack: &Stack,
    ) -> Result<Cut, Obstacle> {
        if self.referrals_to(&cut.zone) > limits::REFERRALS {
            return Err(limit("REFERRALS", &cut.zone));
        }
        let usable = |cut: &Cut| cut.servers().iter().any(|server| self.can_ask(server));
        let mut circular = false;
        if !usable(&cut) {
            cut.found = self.glue_of(index, parent, &cut).await;
        }
        if !usable(&cut) {
            let names: Vec<DnsName> = cut
                .without_address()
                .into_iter()
                .filter(|name| !cut.needs_glue(name))
                .collect();
            let looked_up = self.addresses_of(index, &names, stack).await;
            circular = looked_up.circular;
            cut.found.extend(looked_up.found);
        }
        let cut = lock(&self.cuts)
            .entry(cut.zone.clone())
            .or_insert(cut)
            .clone();
        match (usable(&cut), circular) {
            (true, _) => Ok(cut),
            (false, true) => Err(Obstacle::DelegationLoop { zone: cut.zone }),
            (false, false) if cut.servers().is_empty() => {
                Err(Obstacle::NoServerAddress { zone: cut.zone })
            }
            (false, false) => Err(Obstacle::NoUsableServer { zone: cut.zone }),
        }
    }

    /// Asks the parent's servers for the glue that a referral did not bring: some tell it only when asked.
    async fn glue_of(self: &Arc<Self>, index: usize, parent: &Cut, cut: &Cut) -> Vec<Glue> {
        let names = cut.without_address().into_iter();
        let needed = names.filter(|name| cut.needs_glue(name));
        let pairs = needed
            .take(limits::SERVER_NAME_LOOKUPS)
            .flat_map(|name| [(name.clone(), RrType::A), (name, RrType::AAAA)]);
        let asks = pairs.map(|(name, rr_type)| async move {
            let reply = self.ask(index, parent, &name, rr_type).await;
            reply.map(|reply| addresses_in(&name, &reply.1))
        });
        join_all(asks)
            .await
            .into_iter()
            .flatten()
            .flatten()
            .collect()
    }

    /// Looks up the addresses of server names, at most so many at a cut and so deep.
    async fn addresses_of(
        self: &Arc<Self>,
        index: usize,
        names: &[DnsName],
        stack: &Stack,
    ) -> LookedUp {
        if stack.len() >= limits::LOOKUP_DEPTH {
            return LookedUp {
                found: Vec::new(),
                circular: true,
            };
        }
        let mut circular = false;
        let mut lookups = Vec::new();
        for name in names.iter().take(limits::SERVER_NAME_LOOKUPS) {
            for rr_type in [RrType::A, RrType::AAAA] {
                let key = (name.clone(), rr_type);
                if stack.contains(&key) {
                    circular = true;
                    continue;
                }
                let mut deeper = Vec::clone(stack);
                deeper.push(key);
                let tracer = Arc::clone(self);
                let resolved = tracer.resolve(index, name.clone(), rr_type, Arc::new(deeper));
                lookups.push(async { (name.clone(), resolved.await) });
            }
        }
        let mut found = Vec::new();
        for (name, resolution) in join_all(lookups).await {
            circular |= matches!(resolution.obstacle, Some(Obstacle::DelegationLoop { .. }));
            let addresses = resolution.answers.iter().filter_map(message::address);
            found.extend(addresses.map(|address| Glue {
                name: name.clone(),
                address,
            }));
        }
        LookedUp { found, circular }
    }

    /// Whether this server can be asked from here at all.
    pub(super) fn can_ask(&self, server: &Server) -> bool {
        self.wire.dialer.allows(server.address) && self.wire.dialer.has_route(server.socket())
    }

    /// Asks the servers of a cut, three at a time, until one gives a usable reply. The same inquiry is made once.
    fn ask(
        self: &Arc<Self>,
        index: usize,
        cut: &Cut,
        name: &DnsName,
        rr_type: RrType,
    ) -> Shared<BoxFuture<'static, Usable>> {
        self.ask_so_many(limits::SERVERS_AT_ONCE, (index, cut), name, rr_type)
    }

    fn ask_so_many(
        self: &Arc<Self>,
        width: usize,
        (index, cut): (usize, &Cut),
        name: &DnsName,
        rr_type: RrType,
    ) -> Shared<BoxFuture<'static, Usable>> {
        let key = (cut.zone.clone(), name.clone(), rr_type);
        let mut asks = lock(&self.asks);
        asks.entry(key)
            .or_insert_with(|| {
                let asked = (name.clone(), rr_type);
                let race = Arc::clone(self).race(width, index, cut.clone(), asked);
                race.boxed().shared()
            })
            .clone()
    }

    async fn race(
        self: Arc<Self>,
        width: usize,
        index: usize,
        cut: Cut,
        (name, rr_type): (DnsName, RrType),
    ) -> Usable {
        let (sender, mut replies) = mpsc::unbounded_channel();
        let mut waiting = cut
            .servers()
            .into_iter()
            .filter(|server| self.can_ask(server))
            .collect::<Vec<_>>();
        waiting.reverse();
        let mut open = 0;
        let start_next = |waiting: &mut Vec<Server>, open: &mut usize| {
            let Some(server) = waiting.pop() else { return };
            if self.asked.fetch_add(1, Ordering::Relaxed) >= limits::PATH_QUESTIONS {
                return;
            }
            let inquiry = Inquiry {
                zone: cut.zone.clone(),
                server,
                name: name.clone(),
                rr_type,
            };
            *open += 1;
            self.spawn(index, inquiry, sender.clone());
        };
        for _ in 0..width {
            start_next(&mut waiting, &mut open);
        }
        let mut last_resort = None;
        while open > 0 {
            match tokio::time::timeout(HEDGE, replies.recv()).await {
                Ok(Some((server, Some(message)))) => {
                    open -= 1;
                    let usable = |reply: Reply| reply.class().is_usable();
                    if usable(message::classify(&cut.zone, &name, rr_type, &message)) {
                        return Some(Arc::new((server, message)));
                    }
                    let lenient = message::classify_leniently(&cut.zone, &name, rr_type, &message);
                    if usable(lenient) && last_resort.is_none() {
                        last_resort = Some(Arc::new((server, message)));
                    }
                    start_next(&mut waiting, &mut open);
                }
                Ok(Some((_, None))) => {
                    open -= 1;
                    start_next(&mut waiting, &mut open);
                }
                Ok(None) => break,
                Err(_) => start_next(&mut waiting, &mut open),
            }
        }
        last_resort
    }

    fn spawn(
        self: &Arc<Self>,
        index: usize,
        inquiry: Inquiry,
        sender: mpsc::UnboundedSender<(Server, Option<Message>)>,
    ) {
        let tracer = Arc::clone(self);
        lock(&self.tasks).spawn(async move {
            let heard = tracer.wire.ask(&inquiry).await;
            tracer.record(index, heard.steps);
            // The race may be over: then nobody waits for this reply any more, and its step is all that counts.
            let _ = sender.send((inquiry.server, heard.message));
        });
    }

    pub(super) fn record(&self, index: usize, steps: Vec<Step>) {
        lock(&self.log).extend(steps.into_iter().map(|step| (index, step)));
    }

    /// The cuts met, from the root down, with the addresses of every server of those named in `complete`.
    pub(super) async fn complete_cuts(self: &Arc<Self>, complete: &[DnsName]) -> Vec<Cut> {
        let mut cuts = self.cuts();
        for cut in cuts.iter_mut().filter(|cut| complete.contains(&cut.zone)) {
            let missing: Vec<DnsName> = cut
                .without_address()
                .into_iter()
                .filter(|name| !cut.needs_glue(name))
                .collect();
            let found = self
                .addresses_of(0, &missing, &Stack::default())
                .await
                .found;
            cut.found.extend(found);
            lock(&self.cuts).insert(cut.zone.clone(), cut.clone());
        }
        cuts
    }

    /// Waits for answers still under way, but no longer than `patience`.
    pub(super) async fn settle(&self, patience: Duration) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        let waited = self.wire.deadline.bound(patience, async {
            while tasks.join_next().await.is_some() {}
        });
        let _ = waited.await;
        tasks.abort_all();
    }

    /// Every exchange so far with the index of its question, in the order in which they began.
    pub(super) fn exchanges(&self) -> Vec<(usize, Step)> {
        let mut log = lock(&self.log).clone();
        log.sort_by(|(_, one), (_, other)| one.at_ms.0.total_cmp(&other.at_ms.0));
        log
    }

    /// The cuts met so far, from the root down.
    pub(super) fn cuts(&self) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = lock(&self.cuts).values().cloned().collect();
        cuts.sort_by_key(|cut| cut.zone.label_count());
        cuts
    }
}

/// Addresses found, and whether finding them would have needed themselves.
struct LookedUp {
    found: Vec<Glue>,
    circular: bool,
}

/// The addresses of `name` that a response brings, wherever they stand in it.
fn addresses_in(name: &DnsName, message: &Message) -> Vec<Glue> {
    let records = message.answers.iter().chain(&message.additionals);
    let own = records.filter(|record| message::owner(record) == *name);
    own.filter_map(message::address)
        .map(|address| Glue {
            name: name.clone(),
            address,
        })
        .collect()
}

fn limit(name: &str, at: &DnsName) -> Obstacle {
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
        answers: found.answers.iter().map(Record::from).collect(),
        sibling: None,
        links: found.links,
        dnssec: None,
        steps: Vec::new(),
    }
}

/// How many labels of the name the next question shows (RFC 9156 §2.3).
struct Labels {
    shown: usize,
    steps: usize,
}

impl Labels {
    fn new(minimise: bool, zone: &DnsName, name: &DnsName) -> Self {
        let shown = if minimise {
            zone.label_count() + 1
        } else {
            name.label_count()
        };
        Self { shown, steps: 1 }
    }

    fn current(&self, name: &DnsName) -> DnsName {
        name.with_labels(self.shown)
    }

    /// One label more at first; what is left is then spread over the steps that remain.
    fn next(&mut self, name: &DnsName) {
        let left = name.label_count().saturating_sub(self.shown);
        let steps_left = limits::MINIMISED_STEPS.saturating_sub(self.steps).max(1);
        self.shown += if self.steps < limits::MINIMISED_SINGLY {
            1
        } else {
            left.div_ceil(steps_left)
        };
        self.steps += 1;
    }

    fn give_up(&mut self) {
        self.shown = usize::MAX;
    }
}

/// Whether a step shows that its server was out of reach rather than out of time.
pub(super) fn is_silence(step: &Step) -> bool {
    !step.response.is_response() && !step.failure.as_ref().is_some_and(Failure::is_local)
}

/// Whether a step brought a message over its transport.
pub(super) fn is_heard(step: &Step) -> bool {
    step.response.is_response() && step.response != ResponseClass::Malformed
}
