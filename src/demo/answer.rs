//! What an authoritative server says: referral, answer, alias, or that there is nothing; with proofs for those who ask for them.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::NameServer;
use super::denial::Absent;
use super::zone::ZoneData;

/// The response to `asked`.
pub(super) fn answer(server: &NameServer, asked: &Message) -> Option<Message> {
    let question = asked.queries.first()?;
    let mut response = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
    response.queries.clone_from(&asked.queries);
    let with_proofs = asked
        .edns
        .as_ref()
        .is_some_and(|edns| edns.flags().dnssec_ok);
    if asked.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(1232).set_dnssec_ok(with_proofs);
        response.set_edns(edns);
    }
    let name = question.name.to_lowercase();
    let Some(zone) = holder(server, &name, question.query_type) else {
        response.metadata.response_code = ResponseCode::Refused;
        return Some(response);
    };
    let mut saying = Saying {
        zone,
        with_proofs,
        response,
    };
    saying.say(&name, question.query_type);
    Some(saying.response)
}

/// The deepest zone of the server that holds the name. A DS is its parent's to tell (RFC 4035 §3.1.4.1).
fn holder<'a>(server: &'a NameServer, name: &Name, kind: RecordType) -> Option<&'a ZoneData> {
    let deepest = |but: Option<&Name>| {
        let zones = server.zones.iter().map(AsRef::as_ref);
        let holding =
            zones.filter(|zone: &&ZoneData| zone.origin.zone_of(name) && but != Some(&zone.origin));
        holding.max_by_key(|zone| zone.origin.num_labels())
    };
    let parent = (kind == RecordType::DS)
        .then(|| deepest(Some(name)))
        .flatten();
    parent.or_else(|| deepest(None))
}

/// A response that is being put together.
struct Saying<'a> {
    zone: &'a ZoneData,
    with_proofs: bool,
    response: Message,
}

impl Saying<'_> {
    fn say(&mut self, name: &Name, kind: RecordType) {
        match self.zone.cut_above(name) {
            Some(cut) if cut != *name || kind != RecordType::DS => self.refer(&cut),
            _ => self.answer(name, kind),
        }
    }

    fn refer(&mut self, cut: &Name) {
        self.response.authorities = self.zone.set(cut, RecordType::NS);
        self.response.additionals = glue(self.zone, &self.response.authorities);
        if !self.with_proofs {
            return;
        }
        let ds = self.zone.set(cut, RecordType::DS);
        let said = if ds.is_empty() {
            self.denied(cut, Absent::Type)
        } else {
            self.proven(ds, None)
        };
        self.response.authorities.extend(said);
    }

    fn answer(&mut self, name: &Name, kind: RecordType) {
        self.response.metadata.authoritative = true;
        let exists = self.zone.exists(name);
        let at = if exists {
            name.clone()
        } else {
            self.wildcard(name)
        };
        let own = self.zone.set(&at, kind);
        let found = if own.is_empty() {
            self.zone.set(&at, RecordType::CNAME)
        } else {
            own
        };
        if found.is_empty() {
            self.deny(name, &at, exists);
            return;
        }
        if kind == RecordType::NS {
            self.response.additionals = glue(self.zone, &found);
        }
        self.response.answers = self.proven(found, (!exists).then_some(name));
        if !exists {
            self.response.authorities = self.denied(name, Absent::CloserName);
        }
    }

    /// The wildcard that may stand for a name, right below what exists of it.
    fn wildcard(&self, name: &Name) -> Name {
        let above = (0..name.iter().count()).rev();
        let mut above = above.map(|labels| name.trim_to(labels));
        let encloser = above.find(|candidate| self.zone.exists(candidate));
        let encloser = encloser.unwrap_or_else(|| self.zone.origin.clone());
        encloser.prepend_label("*").unwrap_or(encloser)
    }

    fn deny(&mut self, name: &Name, at: &Name, exists: bool) {
        let soa = self.zone.set(&self.zone.origin, RecordType::SOA);
        self.response.authorities = self.proven(soa, None);
        let absent = if exists { Absent::Type } else { Absent::Name };
        let denied = self.denied(name, absent);
        self.response.authorities.extend(denied);
        if !exists && !self.zone.exists(at) {
            self.response.metadata.response_code = ResponseCode::NXDomain;
        }
    }

    fn denied(&self, name: &Name, absent: Absent) -> Vec<Record> {
        if !self.with_proofs {
            return Vec::new();
        }
        let proof = self.zone.proof(name, absent).into_iter();
        proof
            .flat_map(|record| self.proven(vec![record], None))
            .collect()
    }

    /// A set with its signature; under another name when it is a wildcard's.
    fn proven(&self, mut set: Vec<Record>, shown: Option<&Name>) -> Vec<Record> {
        if self.with_proofs {
            let signature = self.zone.signature(&set);
            set.extend(signature);
        }
        if let Some(name) = shown {
            set.iter_mut()
                .for_each(|record| record.name.clone_from(name));
        }
        set
    }
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
