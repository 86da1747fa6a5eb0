//! Asking the servers of a cut: three side by side, others when those fail, and the same inquiry never twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::mpsc;

use super::exchange::Inquiry;
use super::message::{self, Reply};
use super::referral::Cut;
use super::shared::{Kept, Looked, SharedCuts, SharedKey};
use super::trace::{Tracer, Usable, lock};
use crate::facts::dns::{Server, Step};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::Reading;
use crate::net::limits;

/// When no answer has come for so long, one server more is asked beside those that are waited for.
const HEDGE: Duration = Duration::from_millis(400);

impl Tracer {
    /// Whether this server can be asked from here at all.
    pub(super) fn can_ask(&self, server: &Server) -> bool {
        self.wire.dialer.allows(server.address) && self.wire.dialer.has_route(server.socket())
    }

    /// Asks the servers of a cut, three at a time, until one gives a usable reply. The same inquiry is made once.
    pub(super) fn ask(
        self: &Arc<Self>,
        index: usize,
        cut: &Cut,
        name: &DnsName,
        rr_type: RrType,
    ) -> Shared<BoxFuture<'static, Usable>> {
        self.ask_so_many(limits::SERVERS_AT_ONCE, (index, cut), name, rr_type)
    }

    pub(super) fn ask_so_many(
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

    /// The same of what leads to a cut: once for all targets of the run.
    pub(super) fn ask_for_cut(
        self: &Arc<Self>,
        index: usize,
        cut: &Cut,
        name: &DnsName,
        rr_type: RrType,
    ) -> Shared<BoxFuture<'static, Usable>> {
        let Some(cuts) = self.plan.shared.clone() else {
            return self.ask(index, cut, name, rr_type);
        };
        let key = (cut.zone.clone(), name.clone(), rr_type);
        let mut asks = lock(&self.asks);
        asks.entry(key)
            .or_insert_with(|| {
                let asked = (name.clone(), rr_type);
                // A task of its own: traces of other targets may wait for it when this one is over.
                let task = tokio::spawn(Arc::clone(self).share(cuts, index, cut.clone(), asked));
                async move { task.await.ok().flatten() }.boxed().shared()
            })
            .clone()
    }

    async fn share(
        self: Arc<Self>,
        cuts: Arc<SharedCuts>,
        index: usize,
        cut: Cut,
        asked: (DnsName, RrType),
    ) -> Usable {
        let (zone, (name, rr_type)) = (cut.zone.clone(), asked.clone());
        let key = SharedKey::Cut {
            signatures: self.plan.signatures,
            ask: (zone.clone(), name.clone(), rr_type),
        };
        let deadline = self.wire.deadline;
        match deadline.bound(deadline.left(), cuts.look(key)).await {
            Ok(Looked::Made(kept)) => {
                self.record(index, kept.steps(deadline.elapsed()));
                kept.reply.clone()
            }
            Ok(Looked::Failed) => {
                let width = limits::SERVERS_AT_ONCE;
                Arc::clone(&self).race(width, index, cut, asked).await
            }
            Ok(Looked::Open(open)) => {
                let width = limits::SERVERS_AT_ONCE;
                let usable = Arc::clone(&self).race(width, index, cut, asked).await;
                // What was had only from a resolver in a server's place is nothing to build on.
                let is_plain = |reply: &&Arc<(Server, Arc<Reading>)>| {
                    let reply = message::classify(&zone, &name, rr_type, &reply.1.message);
                    reply.class().is_usable()
                };
                let kept = usable.as_ref().filter(is_plain).map(|reply| {
                    let asked = (&zone, &name, rr_type);
                    Kept::of_cut(Arc::clone(reply), self.exchange_with(&reply.0, asked))
                });
                open.tell(kept);
                usable
            }
            Err(_) => None,
        }
    }

    /// The steps of an inquiry that one server was asked.
    fn exchange_with(
        &self,
        server: &Server,
        (zone, name, rr_type): (&DnsName, &DnsName, RrType),
    ) -> Vec<Step> {
        let log = lock(&self.log);
        let steps = log.iter().map(|(_, step)| step);
        let own = steps.filter(|step| {
            let question = &step.question;
            step.zone == *zone
                && (&question.name, question.r#type) == (name, rr_type)
                && step.server == *server
        });
        own.map(|step| step.as_ref().clone()).collect()
    }

    pub(super) async fn race(
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
                Ok(Some((server, Some(reading)))) => {
                    open -= 1;
                    let message = &reading.message;
                    let usable = |reply: Reply| reply.class().is_usable();
                    if usable(message::classify(&cut.zone, &name, rr_type, message)) {
                        return Some(Arc::new((server, reading)));
                    }
                    let lenient = message::classify_leniently(&cut.zone, &name, rr_type, message);
                    if usable(lenient) && last_resort.is_none() {
                        last_resort = Some(Arc::new((server, reading)));
                    }
                    start_next(&mut waiting, &mut open);
                }
                Ok(Some((_, None))) => {
                    open -= 1;
                    start_next(&mut waiting, &mut open);
                }
                Ok(None) => break,
                // Nobody is left who could answer: the trace is over.
                Err(_) if waiting.is_empty() && sender.strong_count() == 1 => break,
                Err(_) => start_next(&mut waiting, &mut open),
            }
        }
        last_resort
    }

    pub(super) fn spawn(
        self: &Arc<Self>,
        index: usize,
        inquiry: Inquiry,
        sender: mpsc::UnboundedSender<(Server, Option<Arc<Reading>>)>,
    ) {
        let tracer = Arc::clone(self);
        lock(&self.tasks).spawn(async move {
            let heard = tracer.wire.ask(&inquiry).await;
            tracer.record(index, heard.steps);
            // The race may be over: then nobody waits for this reply any more, and its step is all that counts.
            let _ = sender.send((inquiry.server, heard.reading));
        });
    }

    pub(super) fn record(&self, index: usize, steps: Vec<Step>) {
        let steps = steps.into_iter().map(|step| (index, Arc::new(step)));
        lock(&self.log).extend(steps);
    }
}
