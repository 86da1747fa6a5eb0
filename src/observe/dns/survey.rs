//! Every server of the zone that the answer came from, asked for itself; and the trace written down as facts.

use std::sync::Arc;

use futures_util::future::join_all;

use super::exchange::Inquiry;
use super::message;
use super::referral::Cut;
use super::trace::{Tracer, is_heard, is_silence};
use crate::facts::attempt::{Failure, NotMeasured};
use crate::facts::dns::{
    Asked, Dns, Glue, Obstacle, Outcome, Question, Record, ResponseClass, Server, Step, Transport,
    Zone, ZoneServer,
};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::WireMessage;

impl Tracer {
    /// Asks each server of the zones in which the questions ended for the SOA: over UDP, and over TCP when silent.
    pub(super) async fn survey(self: &Arc<Self>, questions: &[Question]) {
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
        let knocks = join_all(inquiries.iter().map(|inquiry| self.knock(inquiry)));
        let zones = cuts.iter().filter(|cut| ends.contains(&cut.zone));
        let told = join_all(zones.map(|cut| self.ask_of_itself(cut)));
        tokio::join!(knocks, told, self.ask_of_siblings(questions));
    }

    /// Asks a zone for what its parent should know of it: the addresses of the servers inside it, and the keys that it wants
    /// to be trusted by.
    async fn ask_of_itself(self: &Arc<Self>, cut: &Cut) {
        let inside = cut.names.iter().filter(|name| cut.needs_glue(name));
        let addresses =
            inside.flat_map(|name| [RrType::A, RrType::AAAA].map(|rr_type| (name, rr_type)));
        let keys = [RrType::CDS, RrType::CDNSKEY].map(|rr_type| (&cut.zone, rr_type));
        let keys = keys.into_iter().filter(|_| self.plan.signatures);
        let asks = addresses
            .chain(keys)
            .map(|(name, rr_type)| self.ask_one_at(&cut.zone, name, rr_type));
        join_all(asks).await;
    }

    /// Asks beside each name that was found for one that nobody will have created: the same answer comes from a wildcard.
    async fn ask_of_siblings(self: &Arc<Self>, questions: &[Question]) {
        let asks = questions.iter().filter_map(|question| {
            let (sibling, link) = (sibling(question)?, question.links.last()?);
            Some(async move { self.ask_one_at(&link.zone, &sibling, question.r#type).await })
        });
        join_all(asks).await;
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

    fn zone_facts(&self, cut: &Cut, log: &[(usize, Step)], questions: &[Question]) -> Zone {
        let stopped = stopped_at(&cut.zone, questions);
        let server_facts = |server: Server| {
            let steps = log.iter().map(|(_, step)| step);
            let own = steps.filter(|step| step.zone == cut.zone && step.server == server);
            let mut facts = server_facts(&server, &own.collect::<Vec<_>>(), &stopped);
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
            alias_ns: aliases_of(&cut.names, log),
            own_addresses: own_addresses(cut, log),
            cds: cds(cut, log),
            servers: cut.servers().into_iter().map(server_facts).collect(),
            referred_by: cut.referred_by.clone(),
            host: None,
            dnssec: None,
        }
    }

    /// Writes down what was seen so far.
    pub(super) fn facts(&self, mut questions: Vec<Question>) -> Dns {
        let log = self.exchanges();
        let cuts = self.cuts();
        let zones = cuts.iter();
        let zones = zones
            .map(|cut| self.zone_facts(cut, &log, &questions))
            .collect();
        for question in &mut questions {
            question.sibling = sibling_records(question, &log);
        }
        for (index, step) in log {
            if let Some(question) = questions.get_mut(index) {
                question.steps.push(step);
            }
        }
        Dns {
            signatures_asked: self.plan.signatures,
            signatures: Vec::new(),
            questions,
            zones,
            resolvers: Vec::new(),
            registration: None,
            propagation: None,
        }
    }
}

/// The questions that no server of the zone gave a usable response to, when none was answered by them.
fn stopped_at(zone: &DnsName, questions: &[Question]) -> Vec<Asked> {
    let is_stopped = |question: &&Question| {
        let here = |obstacle: &Obstacle| matches!(obstacle, Obstacle::NoUsableServer { zone: at } if at == zone);
        question.obstacle.as_ref().is_some_and(here)
    };
    if !questions.iter().all(|question| is_stopped(&question)) {
        return Vec::new();
    }
    let asked = questions.iter().filter_map(|question| {
        let name = question.links.last()?.name.clone();
        let r#type = question.r#type;
        Some(Asked { name, r#type })
    });
    asked.collect()
}

fn server_facts(server: &Server, steps: &[&Step], stopped: &[Asked]) -> ZoneServer {
    // A wait that ended on this side, by time or by the user, tells nothing of the server.
    let told = || steps.iter().copied().filter(|step| !is_ours(step));
    let reachable = |transport: Transport| {
        let mut tries = told().filter(|step| step.transport == transport).peekable();
        tries.peek()?;
        Some(tries.any(is_heard))
    };
    let responses = || told().filter(|step| step.response.is_response());
    // Some give the SOA of a zone, and nothing else: what stopped the trace counts.
    let stopping = responses().rfind(|step| stopped.contains(&step.question));
    let answered = stopping.or(responses().next_back());
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

/// A label that nobody will have created.
const UNCREATED: &str = "doorstep-asks-for-what-is-not-here";

/// The uncreated name beside the one that a question ended at; none at the apex of a zone.
fn sibling(question: &Question) -> Option<DnsName> {
    let last = question.links.last()?;
    let found = question.outcome == Outcome::Answer && last.name.is_below(&last.zone);
    let above = last
        .name
        .with_labels(last.name.label_count() - usize::from(found));
    found
        .then(|| format!("{UNCREATED}.{above}").parse().ok())
        .flatten()
}

fn sibling_records(question: &Question, log: &[(usize, Step)]) -> Option<Vec<Record>> {
    let name = sibling(question)?;
    let steps = answered(log, |step| {
        step.question.name == name && step.question.r#type == question.r#type
    });
    steps.map(answers_in).next()
}

/// The steps of a question to which a usable answer came.
fn answered<'a>(
    log: &'a [(usize, Step)],
    asked: impl Fn(&Step) -> bool + 'a,
) -> impl Iterator<Item = &'a Step> {
    let usable =
        |step: &Step| step.response.is_usable() && step.response != ResponseClass::Referral;
    let steps = log.iter().map(|(_, step)| step);
    steps.filter(move |step| asked(step) && usable(step))
}

/// The records at the name asked for.
fn answers_in(step: &Step) -> Vec<Record> {
    let read = step.message.as_ref().and_then(WireMessage::read);
    let records = read.map(|read| read.message.answers).unwrap_or_default();
    let own = records
        .iter()
        .filter(|record| message::owner(record) == step.question.name)
        .map(Record::from);
    own.collect()
}

fn aliases_of(names: &[DnsName], log: &[(usize, Step)]) -> Vec<DnsName> {
    let is_alias = |name: &&DnsName| {
        let mut steps = answered(log, |step| step.question.name == **name);
        steps.any(|step| step.response == ResponseClass::Alias)
    };
    names.iter().filter(is_alias).cloned().collect()
}

fn own_addresses(cut: &Cut, log: &[(usize, Step)]) -> Option<Vec<Glue>> {
    let mut asked = false;
    let mut found: Vec<Glue> = Vec::new();
    let of_server = |step: &Step| {
        step.zone == cut.zone
            && cut.names.contains(&step.question.name)
            && [RrType::A, RrType::AAAA].contains(&step.question.r#type)
    };
    for step in answered(log, of_server) {
        asked = true;
        let addresses = answers_in(step).into_iter().filter_map(|record| {
            let address = record.data.parse().ok()?;
            Some(Glue {
                name: record.name,
                address,
            })
        });
        for glue in addresses {
            if !found.contains(&glue) {
                found.push(glue);
            }
        }
    }
    found.sort_by(|one, other| (&one.name, one.address).cmp(&(&other.name, other.address)));
    asked.then_some(found)
}

fn cds(cut: &Cut, log: &[(usize, Step)]) -> Option<Vec<Record>> {
    let mut asked = false;
    let mut found: Vec<Record> = Vec::new();
    let of_zone = |step: &Step| {
        step.question.name == cut.zone
            && [RrType::CDS, RrType::CDNSKEY].contains(&step.question.r#type)
    };
    for step in answered(log, of_zone) {
        asked = true;
        let wanted = answers_in(step)
            .into_iter()
            .filter(|record| record.r#type == step.question.r#type);
        for record in wanted {
            if !found.contains(&record) {
                found.push(record);
            }
        }
    }
    found.sort_by(|one, other| one.data.cmp(&other.data));
    asked.then_some(found)
}

fn is_ours(step: &Step) -> bool {
    step.failure.as_ref().is_some_and(Failure::is_local)
}
