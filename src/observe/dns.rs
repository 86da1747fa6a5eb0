//! The first door: the name is resolved from the root, and every exchange kept.

mod cuts;
mod everywhere;
mod exchange;
pub mod hints;
mod inquire;
mod labels;
mod message;
mod referral;
pub mod registration;
pub mod resolvers;
pub mod shared;
mod survey;
mod trace;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;

use crate::facts::dns::{Dns, Outcome, Purpose, Question};
use crate::facts::heard::Heard;
use crate::facts::name::{DnsName, RrType};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use hints::RootHints;
use shared::SharedCuts;

/// What to trace and how.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// The name.
    pub name: DnsName,
    /// The types, in the order in which they are reported.
    pub types: Vec<RrType>,
    /// Where to begin.
    pub hints: RootHints,
    /// Ask every server the shortest name that tells (RFC 9156).
    pub minimise: bool,
    /// Ask over TCP only.
    pub tcp_only: bool,
    /// Ask for signatures (DO), and for the keys of every zone.
    pub signatures: bool,
    /// The EDNS buffer announced, in bytes.
    pub buffer: u16,
    /// Ask every server at every cut, not only those of the zone.
    pub thorough: bool,
    /// How long one attempt may take.
    pub probe_timeout: Duration,
    /// What is shared with the other traces of a run; `None` for one that stands alone.
    pub shared: Option<Arc<SharedCuts>>,
}

/// How long answers that nobody waits for any more are collected.
const PATIENCE: Duration = Duration::from_millis(100);

/// A trace that has found its answers, and can still be asked to look further.
pub struct Trace {
    tracer: Arc<trace::Tracer>,
    questions: Vec<Question>,
    /// What was asked besides, by the number under which its exchanges are kept.
    besides: Mutex<BTreeMap<usize, Question>>,
    begun: AtomicUsize,
}

impl Trace {
    /// Traces every question of the plan, side by side.
    pub async fn run(plan: TracePlan, dialer: Dialer, deadline: Deadline) -> Self {
        let tracer = trace::Tracer::new(plan, dialer, deadline);
        let questions = Arc::clone(&tracer).run().await;
        tracer.keys_had().await;
        Self {
            tracer,
            begun: AtomicUsize::new(questions.len()),
            questions,
            besides: Mutex::default(),
        }
    }

    /// Resolves questions that the user did not ask, side by side, from the zones that are known by now. They follow the
    /// user's own in the facts, in the order in which they were begun.
    pub async fn also(&self, asked: Vec<(DnsName, RrType, Purpose)>) {
        let walks = asked.into_iter().map(|(name, rr_type, purpose)| {
            let index = self.begun.fetch_add(1, Ordering::Relaxed);
            async move {
                let question = self.tracer.question(index, name, rr_type).await;
                let purpose = Some(purpose);
                let question = Question {
                    purpose,
                    ..question
                };
                trace::lock(&self.besides).insert(index, question);
            }
        });
        join_all(walks).await;
    }

    /// Whether the user's own questions have an answer: of a name that has none nothing more is worth a wait.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        let mut outcomes = self.questions.iter().map(|question| question.outcome);
        outcomes.any(|outcome| outcome == Outcome::Answer)
    }

    /// Asks the servers of a zone that was met for one record set more.
    pub async fn ask(&self, zone: &DnsName, name: &DnsName, rr_type: RrType) {
        self.tracer.ask_at(zone, name, rr_type).await;
    }

    /// Asks each server of the zones on the way for what the user asked, whether or not another has answered.
    pub async fn ask_everywhere(&self) {
        self.tracer.ask_everywhere(&self.questions).await;
    }

    /// Asks each server of the zones that the answers came from.
    pub async fn survey(&self) {
        self.tracer.survey(&self.questions).await;
    }

    /// Waits a little for answers still under way.
    pub async fn settle(&self) {
        self.tracer.settle(PATIENCE).await;
    }

    /// What was heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        let exchanges = self.tracer.exchanges().into_iter();
        Heard {
            questions: self.done(),
            zones: self.tracer.cuts().into_iter().map(|cut| cut.zone).collect(),
            steps: exchanges.map(|(_, step)| step).collect(),
        }
    }

    /// What was seen so far, written down.
    #[must_use]
    pub fn facts(&self) -> Dns {
        self.tracer.facts(self.done())
    }

    /// The questions that are answered, without their steps.
    fn done(&self) -> Vec<Question> {
        let besides = trace::lock(&self.besides);
        // Of what is still being asked nothing is known, and its number must not be another's.
        let own = self.questions.len();
        let done = (own..).zip(besides.iter());
        let done = done.take_while(|(next, (index, _))| next == *index);
        let besides = done.map(|(_, (_, question))| question.clone());
        self.questions.iter().cloned().chain(besides).collect()
    }
}
