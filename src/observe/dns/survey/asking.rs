//! One server asked for itself: is it there, over UDP and over TCP, and what does it say to each question?

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;

use super::super::TracePlan;
use super::super::exchange::{Inquiry, Way, unasked};
use super::super::message;
use super::super::referral::Cut;
use super::super::shared::Manner;
use super::super::trace::{Tracer, is_heard, lock};
use super::is_deep;
use crate::facts::attempt::Failure;
use crate::facts::dns::{Question, Server, Step, Transport};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::Reading;
use crate::net::limits;

/// A name that every resolver can resolve, and that no server but the root's has.
const FOREIGN: &str = "a.root-servers.net.";

/// What is asked of the name.
const TYPES: [RrType; 6] = [
    RrType::A,
    RrType::AAAA,
    RrType::CNAME,
    RrType::CAA,
    RrType::HTTPS,
    RrType::UNASSIGNED,
];

/// What every server of a zone is asked beside the SOA.
#[derive(Debug)]
pub(super) struct Topics {
    zone: DnsName,
    questions: Vec<(DnsName, RrType)>,
    /// Asked with the wish that the server resolve it.
    foreign: Option<DnsName>,
}

impl Topics {
    /// What is asked in a zone: of the name that was looked up there, and of the zone itself.
    pub(super) fn of(cut: &Cut, questions: &[Question], plan: &TracePlan) -> Self {
        let zone = cut.zone.clone();
        if !is_deep(&zone, questions) {
            return Self {
                zone,
                questions: Vec::new(),
                foreign: None,
            };
        }
        let links = questions.iter().flat_map(|question| &question.links);
        let own = links.filter(|link| link.name.is_at_or_below(&zone));
        let name = own.map(|link| &link.name).next().unwrap_or(&zone);
        let mut asked = vec![(zone.clone(), RrType::NS)];
        if plan.signatures {
            asked.push((zone.clone(), RrType::DNSKEY));
        }
        for rr_type in plan.types.iter().chain(&TYPES) {
            let question = (name.clone(), *rr_type);
            // A DS is the parent's to tell, and the SOA is asked for first.
            let elsewhere = [RrType::DS, RrType::ANY].contains(rr_type)
                || question == (zone.clone(), RrType::SOA);
            if !elsewhere && !asked.contains(&question) {
                asked.push(question);
            }
        }
        let foreign = FOREIGN.parse().ok();
        Self {
            foreign: foreign.filter(|name: &DnsName| !name.is_at_or_below(&zone)),
            zone,
            questions: asked,
        }
    }

    fn inquiry(&self, server: &Server, name: &DnsName, rr_type: RrType) -> Inquiry {
        Inquiry {
            zone: self.zone.clone(),
            server: server.clone(),
            name: name.clone(),
            rr_type,
        }
    }
}

impl Tracer {
    /// Asks each server, an address that stands under two names once.
    pub(super) async fn ask_servers(&self, mut servers: Vec<Server>, topics: &Topics) {
        servers.retain(|server| self.can_ask(server));
        servers.sort_by_key(Server::socket);
        servers.dedup_by_key(|server| server.socket());
        join_all(servers.iter().map(|server| self.ask_server(server, topics))).await;
    }

    /// All that is asked of one server. When the SOA is not had, nothing more is.
    async fn ask_server(&self, server: &Server, topics: &Topics) {
        let soa = topics.inquiry(server, &topics.zone, RrType::SOA);
        let over_udp = async {
            if self.plan.tcp_only {
                return;
            }
            let knock = async { self.knock(&soa).await.is_some() };
            if self.once(Manner::Plain, &soa, knock).await {
                let edns = self.understands_edns(&soa);
                self.ask_topics(server, topics, edns).await;
            }
        };
        let over_tcp = async {
            let heard = self.once(Manner::OverTcp, &soa, self.over_tcp(&soa)).await;
            if heard && self.plan.tcp_only {
                self.ask_topics(server, topics, true).await;
            }
        };
        tokio::join!(over_udp, over_tcp);
    }

    async fn ask_topics(&self, server: &Server, topics: &Topics, edns: bool) {
        let questions = topics.questions.iter();
        let inquiries: Vec<Inquiry> = questions
            .map(|(name, rr_type)| topics.inquiry(server, name, *rr_type))
            .collect();
        let asks = async {
            let asks = inquiries.iter().map(|inquiry| async {
                let ask = self.ask_once(inquiry, edns);
                if inquiry.name == inquiry.zone {
                    self.once(Manner::Plain, inquiry, ask).await
                } else {
                    ask.await
                }
            });
            let heard = join_all(asks).await;
            if !heard.contains(&true) {
                return;
            }
            // A burst may be lost, or be held back for its rate: a type is dropped when it is so alone as well.
            let silent = inquiries.iter().zip(heard).filter(|(_, heard)| !heard);
            join_all(silent.map(|(inquiry, _)| self.put(inquiry, edns))).await;
        };
        let recursion = async {
            if let Some(name) = &topics.foreign {
                let inquiry = topics.inquiry(server, name, RrType::A);
                let [wait, _] = limits::SURVEY_TRIES;
                let way = self.way(edns, wait);
                let way = Way {
                    recursion: true,
                    ..way
                };
                let ask = async { self.attempted(&inquiry, way).await.is_some() };
                self.once(Manner::Recursive, &inquiry, ask).await;
            }
        };
        tokio::join!(asks, recursion);
    }

    /// Whether a server is there over UDP, and understands EDNS; `None` when nothing comes back.
    async fn knock(&self, soa: &Inquiry) -> Option<bool> {
        let [first, second] = limits::SURVEY_TRIES;
        let mut wait = first;
        for last in [false, true] {
            let with = self.tried(soa, self.way(true, wait));
            // Some drop what has EDNS, so that only a question without it tells that they are there.
            let without =
                async { last && self.tried(soa, self.way(false, wait)).await == Some(true) };
            match tokio::join!(with, without) {
                (Some(true), _) => return Some(true),
                (Some(false), _) => {
                    self.tried(soa, self.way(false, wait)).await;
                    return Some(false);
                }
                (None, true) => return Some(false),
                (None, false) => wait = second,
            }
        }
        None
    }

    /// Sends a question; whether a message came that does not stumble over EDNS, `None` when nothing came.
    async fn tried(&self, inquiry: &Inquiry, way: Way) -> Option<bool> {
        let reading = self.attempted(inquiry, way).await?.1?;
        let message = &reading.message;
        if message::wants_tcp(message) {
            self.over_tcp(inquiry).await;
        }
        Some(!(way.edns && message::fails_at_edns(message)))
    }

    /// Asks what this server was not asked before, or did not answer; whether it has answered.
    pub(super) async fn ask_once(&self, inquiry: &Inquiry, edns: bool) -> bool {
        let known = lock(&self.log).iter().any(|(_, step)| {
            step.server.socket() == inquiry.server.socket()
                && step.zone == inquiry.zone
                && step.question.name == inquiry.name
                && step.question.r#type == inquiry.rr_type
                && is_heard(step)
                && step.is_current()
        });
        known || self.put(inquiry, edns).await
    }

    /// Asks a question over UDP, again when nothing comes, and over TCP when the answer is cut short; whether one came.
    pub(super) async fn put(&self, inquiry: &Inquiry, edns: bool) -> bool {
        if self.plan.tcp_only {
            return self.over_tcp(inquiry).await;
        }
        for wait in limits::SURVEY_TRIES {
            if self.tried(inquiry, self.way(edns, wait)).await.is_some() {
                return true;
            }
        }
        false
    }

    async fn over_tcp(&self, inquiry: &Inquiry) -> bool {
        let way = self.way(true, limits::SURVEY_TCP);
        let transport = Transport::Tcp;
        let attempted = self.attempted(inquiry, Way { transport, ..way }).await;
        attempted.is_some_and(|(step, _)| is_heard(&step))
    }

    pub(in super::super) fn way(&self, edns: bool, wait: Duration) -> Way {
        Way {
            transport: Transport::Udp,
            edns,
            recursion: false,
            wait: wait.min(self.plan.probe_timeout),
        }
    }

    /// Sends one question and keeps what came; `None` when no more may be asked.
    async fn attempted(
        &self,
        inquiry: &Inquiry,
        way: Way,
    ) -> Option<(Arc<Step>, Option<Arc<Reading>>)> {
        if self.surveyed.fetch_add(1, Ordering::Relaxed) >= limits::SURVEY_QUESTIONS {
            let at = self.wire.deadline.elapsed();
            self.record(0, vec![unasked(inquiry, way, at, "SURVEY_QUESTIONS")]);
            return None;
        }
        let (step, reading) = self.wire.attempt(inquiry, way).await;
        let ours = step.failure.as_ref().is_some_and(Failure::is_local);
        let step = Arc::new(step);
        lock(&self.log).push((0, Arc::clone(&step)));
        (!ours).then_some((step, reading))
    }

    /// Whether the survey ended at its bound.
    pub(super) fn is_surveyed_out(&self) -> bool {
        self.surveyed.load(Ordering::Relaxed) >= limits::SURVEY_QUESTIONS
    }
}
