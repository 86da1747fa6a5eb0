//! What an authoritative server says: referral, answer, alias, or that there is nothing.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType};

use super::NameServer;
use super::zone::ZoneData;

/// The response to `asked`.
pub(super) fn answer(server: &NameServer, asked: &Message) -> Option<Message> {
    let question = asked.queries.first()?;
    let mut response = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
    response.queries.clone_from(&asked.queries);
    if asked.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(1232);
        response.set_edns(edns);
    }
    let name = question.name.to_lowercase();
    let holding = server
        .zones
        .iter()
        .filter(|zone| zone.origin.zone_of(&name));
    let Some(zone) = holding.max_by_key(|zone| zone.origin.num_labels()) else {
        response.metadata.response_code = ResponseCode::Refused;
        return Some(response);
    };
    if let Some(cut) = zone.cut_above(&name) {
        response.authorities = zone.set(&cut, RecordType::NS);
        response.additionals = glue(zone, &response.authorities);
        return Some(response);
    }
    response.metadata.authoritative = true;
    response.answers = zone.set(&name, question.query_type);
    if response.answers.is_empty() {
        response.answers = zone.set(&name, RecordType::CNAME);
    }
    if question.query_type == RecordType::NS {
        response.additionals = glue(zone, &response.answers);
    }
    if response.answers.is_empty() {
        response.authorities = zone.set(&zone.origin, RecordType::SOA);
        if !zone.exists(&name) {
            response.metadata.response_code = ResponseCode::NXDomain;
        }
    }
    Some(response)
}

fn glue(zone: &ZoneData, servers: &[Record]) -> Vec<Record> {
    let targets = servers.iter().filter_map(|record| match &record.data {
        RData::NS(target) => Some(target.0.to_lowercase()),
        _ => None,
    });
    let addresses = |name| {
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .flat_map(move |kind| zone.set(&name, kind))
    };
    targets.flat_map(addresses).collect()
}
