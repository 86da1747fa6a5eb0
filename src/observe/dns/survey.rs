//! Every server of the zone that the answer came from, asked for itself; and the trace written down as facts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::exchange::Inquiry;
use super::referral::Cut;
use super::trace::{Tracer, is_heard, is_silence};
use crate::facts::attempt::{Failure, NotMeasured};
use crate::facts::dns::{Dns, Obstacle, Question, Server, Step, Transport, Zone, ZoneServer};
use crate::facts::name::{DnsName, RrType};

/// How long answers that nobody waits for any more are collected.
const PATIENCE: Duration = Duration::from_millis(100);

impl Tracer {
    /// Asks each server of the zones in which the questions ended for the SOA: over UDP, and over TCP when silent.
    pub(super) async fn survey(self: Arc<Self>, questions: &[Question]) {
        let cuts = self.complete_cuts(&self.ends(questions)).await;
        let ends = self.ends(questions);
        let mut inquiries = Vec::new();
        for cut in cuts.iter().filter(|cut| ends.contains(&cut.zone)) {
            for server in cut
                .servers()
                .into_iter()
                .filter(|server| self.can_ask(server))
            {
                let zone = cut.zone.clone();
                inquiries.push(Inquiry {
                    name: zone.clone(),
                    zone,
                    server,
                    rr_type: RrType::SOA,
                });
            }
        }
        join_all(inquiries.iter().map(|inquiry| self.knock(inquiry))).await;
    }

    async fn knock(&self, inquiry: &Inquiry) {
        let mut steps = self.wire.ask(inquiry).await.steps;
        if steps.iter().all(is_silence) {
            steps.extend(self.wire.ask_over_tcp(inquiry).await.steps);
        }
        self.record(0, steps);
    }

    /// The zones whose servers decide about the questions: where each ended, or was stopped.
    fn ends(&self, questions: &[Question]) -> Vec<DnsName> {
        let mut ends = Vec::new();
        for question in questions {
            let zone = match &question.obstacle {
                Some(Obstacle::NoUsableServer { zone }) => zone.clone(),
                Some(_) => continue,
                None => self.zone_of(&question.name),
            };
            if zone != DnsName::root() && !ends.contains(&zone) {
                ends.push(zone);
            }
        }
        ends
    }

    fn zone_facts(&self, cut: &Cut, log: &[(usize, Step)]) -> Zone {
        let server_facts = |server: Server| {
            let steps = log.iter().map(|(_, step)| step);
            let own = steps.filter(|step| step.zone == cut.zone && step.server == server);
            let mut facts = server_facts(&server, &own.collect::<Vec<_>>());
            let wanted = self.wire.dialer.allows(server.address);
            if facts.response.is_none() && wanted && !self.can_ask(&server) {
                facts.failure = Some(Failure::NoRoute);
            }
            facts
        };
        Zone {
            name: cut.zone.clone(),
            parent_ns: cut.names.clone(),
            child_ns: None,
            glue: cut.glue.clone(),
            unresolved_ns: cut.without_address(),
            servers: cut.servers().into_iter().map(server_facts).collect(),
            referred_by: cut.referred_by.clone(),
            dnssec: NotMeasured,
        }
    }

    /// Writes the trace down.
    pub(super) async fn into_facts(self: Arc<Self>, mut questions: Vec<Question>) -> Dns {
        let log = self.finish(PATIENCE).await;
        let cuts = self.complete_cuts(&[]).await;
        let zones = cuts.iter().map(|cut| self.zone_facts(cut, &log)).collect();
        for (index, step) in log {
            if let Some(question) = questions.get_mut(index) {
                question.steps.push(step);
            }
        }
        Dns {
            questions,
            zones,
            resolvers: Vec::new(),
        }
    }
}

fn server_facts(server: &Server, steps: &[&Step]) -> ZoneServer {
    // A wait that ended on this side, by time or by the user, tells nothing of the server.
    let told = || steps.iter().copied().filter(|step| !is_ours(step));
    let reachable = |transport: Transport| {
        let mut tries = told().filter(|step| step.transport == transport).peekable();
        tries.peek()?;
        Some(tries.any(is_heard))
    };
    let answered = told().rfind(|step| step.response.is_response());
    let last = answered.or(told().next_back());
    ZoneServer {
        name: server.name.clone(),
        address: server.address,
        reachable_udp: reachable(Transport::Udp),
        reachable_tcp: reachable(Transport::Tcp),
        authoritative: answered.map(|step| step.response.is_usable()),
        soa_serial: None,
        answers_differ: NotMeasured,
        responses: NotMeasured,
        rtt_ms: steps
            .iter()
            .filter_map(|step| step.rtt_ms)
            .min_by(|one, other| one.0.total_cmp(&other.0)),
        response: last.map(|step| step.response),
        failure: last
            .or(steps.last().copied())
            .and_then(|step| step.failure.clone()),
    }
}

fn is_ours(step: &Step) -> bool {
    step.failure.as_ref().is_some_and(Failure::is_local)
}
