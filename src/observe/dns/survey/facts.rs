//! What was heard of a zone and of its servers, written down.

use super::super::message::{self, Reply};
use super::super::referral::Cut;
use super::super::trace::{Log, Tracer, is_heard};
use super::{is_deep, stopped_at};
use crate::facts::attempt::Failure;
use crate::facts::dns::{
    Asked, Glue, Question, Record, Referral, ResponseClass, Server, ServerResponse, Step,
    Transport, Zone, ZoneServer,
};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::WireMessage;
use crate::net::limits;

impl Tracer {
    pub(super) fn zone_facts(&self, cut: &Cut, log: &Log, questions: &[Question]) -> Zone {
        let stopped = stopped_at(&cut.zone, questions);
        let deep = is_deep(&cut.zone, questions) && self.ends(questions).contains(&cut.zone);
        let steps = log.iter().map(|(_, step)| step.as_ref());
        let of_zone = steps.filter(|step| step.is_current() && step.zone == cut.zone);
        let of_zone: Vec<&Step> = of_zone.collect();
        let server_facts = |server: Server| {
            let steps = of_zone.iter().copied();
            let own = steps.filter(|step| step.server.socket() == server.socket());
            let own: Vec<&Step> = own.collect();
            let mut facts = server_facts(&server, (&cut.zone, &own), &stopped);
            facts.responses = deep.then(|| responses(&own));
            let wanted = self.wire.dialer.allows(server.address);
            if facts.response.is_none() && wanted && !self.can_ask(&server) {
                facts.failure = Some(Failure::NoRoute);
            } else if own.is_empty() && self.is_surveyed_out() {
                let limit = "SURVEY_QUESTIONS".to_owned();
                facts.failure = Some(Failure::LimitReached { limit });
            }
            facts
        };
        let mut zone = Zone {
            name: cut.zone.clone(),
            parent_ns: cut.names.clone(),
            child_ns: None,
            glue: cut.glue.clone(),
            unresolved_ns: cut.without_address(),
            ns_denials: cut.denials.clone(),
            alias_ns: aliases_of(&cut.names, log),
            own_addresses: None,
            cds: cds(cut, log),
            servers: cut.all_servers().into_iter().map(server_facts).collect(),
            referred_by: cut.referred_by.clone(),
            host: None,
            referrals: self.referrals(cut, log),
            dnssec: None,
        };
        zone.child_ns = zone.listed().map(|names| names.into_iter().collect());
        zone.own_addresses = own_addresses(&zone, log);
        zone
    }

    /// The referrals to a zone, each server's first. Those of another target's trace are older: none beside a fresh one.
    fn referrals(&self, cut: &Cut, log: &Log) -> Vec<Referral> {
        let mut referrals: Vec<Referral> = Vec::new();
        let leads_here = |step: &Step| step.referral_to.as_ref() == Some(&cut.zone);
        let fresh = log.iter().any(|(_, step)| leads_here(step) && !step.cached);
        for (_, step) in log.iter().filter(|(_, step)| !(fresh && step.cached)) {
            let known = referrals
                .iter()
                .any(|known| known.server.socket() == step.server.socket());
            if leads_here(step) && !known {
                referrals.extend(referral(step, self.plan.signatures && step.edns));
            }
        }
        referrals.sort_by(|one, other| one.server.cmp(&other.server));
        referrals
    }
}

fn referral(step: &Step, signatures: bool) -> Option<Referral> {
    let reading = step.message.as_ref()?.read()?;
    let message = &reading.message;
    let asked = (&step.question.name, step.question.r#type);
    let Reply::Referral { zone, names } = message::classify(&step.zone, asked.0, asked.1, message)
    else {
        return None;
    };
    let of_zone = |record: &&hickory_proto::rr::Record| {
        RrType::from(record.record_type()) == RrType::DS && message::owner(record) == zone
    };
    let ds = message.authorities.iter().filter(of_zone).map(Record::from);
    let ds: Vec<Record> = ds.collect();
    let server = step.server.clone();
    let cut = Cut::from_referral(&step.zone, zone, names, message, server.clone());
    Some(Referral {
        server,
        ns: cut.names,
        ds: signatures.then_some(ds),
        glue: cut.glue,
    })
}

fn server_facts(
    server: &Server,
    (zone, steps): (&DnsName, &[&Step]),
    stopped: &[Asked],
) -> ZoneServer {
    // A wait that ended on this side, by time or by the user, tells nothing of the server.
    let told = || steps.iter().copied().filter(|step| !is_ours(step));
    let reachable = |transport: Transport| {
        let mut tries = told().filter(|step| step.transport == transport).peekable();
        tries.peek()?;
        Some(tries.any(is_heard))
    };
    let responses = || {
        told().filter(|step| step.response.is_response() && step.question.name.is_at_or_below(zone))
    };
    // Some give the SOA of a zone, and nothing else: what stopped the trace counts.
    let stopping = responses().rfind(|step| stopped.contains(&step.question));
    let of_zone = || {
        responses()
            .filter(|step| step.question.r#type == RrType::SOA && step.question.name == *zone)
    };
    let usable = || of_zone().rfind(|step| step.response.is_usable());
    let soa = || usable().or_else(|| of_zone().next_back());
    let answered = stopping.or_else(soa).or_else(|| responses().next_back());
    let last = answered.or_else(|| told().next_back());
    ZoneServer {
        name: server.name.clone(),
        address: server.address,
        reachable_udp: reachable(Transport::Udp),
        reachable_tcp: reachable(Transport::Tcp),
        authoritative: answered.map(|step| step.response.is_usable()),
        soa_serial: None,
        answers_differ: None,
        responses: None,
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

/// Every response of a server; of tries that led to nothing the last, and none where another try led to something.
fn responses(steps: &[&Step]) -> Vec<ServerResponse> {
    let same = |one: &Step, other: &Step| {
        one.question == other.question && one.transport == other.transport
    };
    let told = steps.iter().enumerate().filter(|(at, step)| {
        let others = || {
            steps
                .iter()
                .enumerate()
                .filter(|(_, other)| same(step, other))
        };
        let silent = !step.response.is_response();
        let superseded =
            silent && others().any(|(later, other)| other.response.is_response() || later > *at);
        !superseded && !is_ours(step)
    });
    let responses = told.map(|(_, step)| response(step));
    responses.take(limits::SURVEY_RESPONSES).collect()
}

fn response(step: &Step) -> ServerResponse {
    let read = step.message.as_ref().and_then(WireMessage::read);
    let message = read.as_ref().map(|read| &read.message);
    let records = message.iter().flat_map(|message| &message.answers);
    let mut authorities = message.iter().flat_map(|message| &message.authorities);
    let is_soa =
        |record: &&hickory_proto::rr::Record| RrType::from(record.record_type()) == RrType::SOA;
    ServerResponse {
        name: step.question.name.clone(),
        r#type: step.question.r#type,
        transport: step.transport,
        recursion_desired: step.recursion_desired,
        response: step.response,
        rcode: message.map(|message| message::rcode_name(message.metadata.response_code)),
        authoritative: step.authoritative,
        recursion: step.recursion,
        truncated: step.truncated,
        answers: records
            .take(limits::SURVEY_RECORDS)
            .map(Record::from)
            .collect(),
        soa: authorities.find(is_soa).map(Record::from),
        rtt_ms: step.rtt_ms,
        failure: step.failure.clone(),
    }
}

/// The steps of a question to which a usable answer came.
pub(super) fn answered<'a>(
    log: &'a Log,
    asked: impl Fn(&Step) -> bool + 'a,
) -> impl Iterator<Item = &'a Step> {
    let usable =
        |step: &Step| step.response.is_usable() && step.response != ResponseClass::Referral;
    let steps = log.iter().map(|(_, step)| step.as_ref());
    steps.filter(move |step| asked(step) && usable(step))
}

/// The records at the name asked for.
pub(super) fn answers_in(step: &Step) -> Vec<Record> {
    let read = step.message.as_ref().and_then(WireMessage::read);
    let records = read.iter().flat_map(|read| &read.message.answers);
    let own = records
        .filter(|record| record.name == *step.question.name.as_wire())
        .map(Record::from);
    own.collect()
}

fn aliases_of(names: &[DnsName], log: &Log) -> Vec<DnsName> {
    let is_alias = |name: &&DnsName| {
        let mut steps = answered(log, |step| step.question.name == **name);
        steps.any(|step| step.response == ResponseClass::Alias)
    };
    names.iter().filter(is_alias).cloned().collect()
}

/// Of servers that are not behind, when it is known who is.
fn own_addresses(zone: &Zone, log: &Log) -> Option<Vec<Glue>> {
    let current: Vec<_> = zone.current().map(|server| server.address).collect();
    let mut asked = false;
    let mut found: Vec<Glue> = Vec::new();
    let of_server = |step: &Step| {
        step.zone == zone.name
            && zone.parent_ns.contains(&step.question.name)
            && [RrType::A, RrType::AAAA].contains(&step.question.r#type)
            && (current.is_empty() || current.contains(&step.server.address))
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

fn cds(cut: &Cut, log: &Log) -> Option<Vec<Record>> {
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
