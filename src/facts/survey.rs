//! What each server of a zone says when asked for itself, what each server of the parent says of the zone, and in what they differ.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis};
use super::dns::{Dns, Glue, Record, ResponseClass, Server, Transport, Zone, ZoneServer};
use super::name::{DnsName, RrType};

/// What a server said to one question of a survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerResponse {
    /// The name asked for.
    pub name: DnsName,
    /// The type asked for.
    pub r#type: RrType,
    /// How.
    pub transport: Transport,
    /// Whether it was asked to resolve the name for us (RD).
    pub recursion_desired: bool,
    /// What came of it.
    pub response: ResponseClass,
    /// The response code by its mnemonic; `null` when nothing came.
    pub rcode: Option<String>,
    /// Whether the server called its answer authoritative (AA).
    pub authoritative: Option<bool>,
    /// Whether it offers to resolve names of others (RA).
    pub recursion: Option<bool>,
    /// Whether the answer was cut short (TC).
    pub truncated: Option<bool>,
    /// The answer section, with its signatures.
    pub answers: Vec<Record>,
    /// The SOA record that came with a negative answer.
    pub soa: Option<Record>,
    /// How long it took.
    pub rtt_ms: Option<Millis>,
    /// Why nothing came.
    pub failure: Option<Failure>,
}

/// What one server of the parent says of a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Referral {
    /// The server.
    pub server: Server,
    /// The NS set.
    pub ns: Vec<DnsName>,
    /// The DS set; `null` when signatures were not asked for.
    pub ds: Option<Vec<Record>>,
    /// The addresses that came along.
    pub glue: Vec<Glue>,
}

/// The types whose answers must be the same at every server.
const COMPARED: [RrType; 4] = [RrType::A, RrType::AAAA, RrType::CNAME, RrType::HTTPS];

/// What an answer consists of, whatever its order and TTL.
pub type AnswerSet = BTreeSet<String>;

/// One question to which servers with the same zone do not say the same.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// The name asked for.
    pub name: &'a DnsName,
    /// The type asked for.
    pub r#type: RrType,
    /// What most of them say, or in a tie the one that the SOA names as the source of the zone.
    pub usual: AnswerSet,
    /// Who says something else, and what.
    pub odd: Vec<(&'a ZoneServer, AnswerSet)>,
    /// Who says now this, now that.
    pub varying: Vec<&'a ZoneServer>,
}

/// Whether a serial comes after another (RFC 1982 §3.2).
#[must_use]
pub fn is_newer(serial: u32, than: u32) -> bool {
    serial != than && serial.wrapping_sub(than) < 1 << 31
}

impl ServerResponse {
    /// Whether it is the zone's word on the name: records, an alias, or that there is nothing.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.response.is_usable()
            && self.response != ResponseClass::Referral
            && !self.recursion_desired
    }

    /// What the answer consists of at the name itself.
    #[must_use]
    pub fn set(&self) -> AnswerSet {
        if self.response == ResponseClass::Nxdomain {
            return BTreeSet::from(["no such name".to_owned()]);
        }
        let own = self.answers.iter().filter(|record| {
            record.name == self.name && [self.r#type, RrType::CNAME].contains(&record.r#type)
        });
        let said = own.map(|record| match record.r#type {
            of if of == self.r#type => record.data.clone(),
            other => format!("{other} {}", record.data),
        });
        said.collect()
    }
}

impl ZoneServer {
    /// Its responses to the questions of a survey.
    pub fn said(&self) -> impl DoubleEndedIterator<Item = &ServerResponse> {
        self.responses.iter().flatten()
    }

    /// What it tells of a name as a server of the zone.
    pub fn told<'a>(
        &'a self,
        name: &DnsName,
        rr_type: RrType,
    ) -> impl DoubleEndedIterator<Item = &'a ServerResponse> + use<'a> {
        let name = name.clone();
        let fits = move |said: &&ServerResponse| said.name == name && said.r#type == rr_type;
        self.said()
            .filter(fits)
            .filter(|response| response.is_told())
    }

    /// The SOA record of the zone, by its last answer.
    #[must_use]
    pub fn soa(&self, zone: &DnsName) -> Option<&Record> {
        let said = self.told(zone, RrType::SOA).next_back()?;
        let is_soa = |record: &&Record| record.r#type == RrType::SOA && record.name == *zone;
        said.answers.iter().find(is_soa)
    }

    /// The servers that it lists for the zone; `None` when it does not tell.
    #[must_use]
    pub fn ns(&self, zone: &DnsName) -> Option<BTreeSet<DnsName>> {
        let said = self.told(zone, RrType::NS).next_back()?;
        let own = said
            .answers
            .iter()
            .filter(|record| record.r#type == RrType::NS && record.name == *zone);
        let names: BTreeSet<DnsName> = own.filter_map(|record| record.data.parse().ok()).collect();
        (!names.is_empty()).then_some(names)
    }
}

/// The serial in the data of a SOA record.
#[must_use]
pub fn serial_of(soa: &Record) -> Option<u32> {
    soa.data.split_ascii_whitespace().nth(2)?.parse().ok()
}

impl Dns {
    /// The addresses that any server of a zone told of the names at which the user's own questions ended.
    pub fn told_addresses(&self) -> impl Iterator<Item = &Record> {
        let of_addresses = |rr_type: RrType| [RrType::A, RrType::AAAA].contains(&rr_type);
        let own = self
            .own_questions()
            .filter(move |question| of_addresses(question.r#type));
        let ends = own.filter_map(|question| Some((&question.links.last()?.name, question.r#type)));
        let servers = || self.zones.iter().flat_map(|zone| &zone.servers);
        let told = ends.flat_map(move |(name, rr_type)| {
            servers().flat_map(move |server| server.told(name, rr_type))
        });
        told.flat_map(|said| {
            let own = said.answers.iter();
            own.filter(|record| record.name == said.name && record.r#type == said.r#type)
        })
    }
}

impl Zone {
    /// Whether each of its servers was asked for itself.
    #[must_use]
    pub fn is_surveyed(&self) -> bool {
        self.servers.iter().any(|server| server.responses.is_some())
    }

    /// The newest serial that a server has.
    #[must_use]
    pub fn newest_serial(&self) -> Option<u32> {
        let serials = self.servers.iter().filter_map(|server| self.serial(server));
        serials.reduce(|one, other| if is_newer(other, one) { other } else { one })
    }

    /// The serial that a server has.
    #[must_use]
    pub fn serial(&self, server: &ZoneServer) -> Option<u32> {
        server.soa(&self.name).and_then(serial_of)
    }

    /// The servers that have the newest state of the zone.
    pub fn current(&self) -> impl Iterator<Item = &ZoneServer> {
        let newest = self.newest_serial();
        self.servers
            .iter()
            .filter(move |server| newest.is_some() && self.serial(server) == newest)
    }

    /// The servers by the zone's own NS set, as the servers that are not behind have it.
    #[must_use]
    pub fn listed(&self) -> Option<BTreeSet<DnsName>> {
        let sets = self.current().filter_map(|server| server.ns(&self.name));
        sets.reduce(|one, other| &one | &other)
    }

    /// In what those of these servers differ that were asked the same.
    #[must_use]
    pub fn differences<'a>(
        &'a self,
        servers: impl Iterator<Item = &'a ZoneServer>,
    ) -> Vec<Difference<'a>> {
        let servers: Vec<&ZoneServer> = servers.collect();
        let said = servers.iter().flat_map(|server| server.said());
        let asked: BTreeSet<(&DnsName, RrType)> = said
            .filter(|said| said.is_told() && COMPARED.contains(&said.r#type))
            .map(|said| (&said.name, said.r#type))
            .collect();
        let differences = asked
            .into_iter()
            .filter_map(|question| self.difference(&servers, question));
        differences.collect()
    }

    fn difference<'a>(
        &'a self,
        servers: &[&'a ZoneServer],
        (name, rr_type): (&'a DnsName, RrType),
    ) -> Option<Difference<'a>> {
        let mut groups: BTreeMap<AnswerSet, Vec<&ZoneServer>> = BTreeMap::new();
        let mut varying = Vec::new();
        for server in servers {
            let sets: BTreeSet<AnswerSet> = server
                .told(name, rr_type)
                .map(ServerResponse::set)
                .collect();
            if sets.len() > 1 {
                varying.push(*server);
            }
            if let Some(set) = sets.into_iter().next() {
                groups.entry(set).or_default().push(server);
            }
        }
        if groups.len() < 2 && varying.is_empty() {
            return None;
        }
        let source = servers.iter().find_map(|server| self.source(server));
        let weight = |members: &[&ZoneServer]| {
            let has_source = members
                .iter()
                .any(|server| source.as_ref() == Some(&server.name));
            (members.len(), has_source)
        };
        let usual = groups.iter().max_by_key(|(_, members)| weight(members));
        let usual = usual.map(|(set, _)| set.clone()).unwrap_or_default();
        groups.remove(&usual);
        let odd = groups.into_iter().flat_map(|(set, members)| {
            members.into_iter().map(move |server| (server, set.clone()))
        });
        Some(Difference {
            name,
            r#type: rr_type,
            usual,
            odd: odd.collect(),
            varying,
        })
    }

    /// The server that the SOA names as the source of the zone (MNAME).
    fn source(&self, server: &ZoneServer) -> Option<DnsName> {
        let soa = server.soa(&self.name)?;
        soa.data.split_ascii_whitespace().next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_compared_on_their_circle() {
        assert!(is_newer(2, 1) && !is_newer(1, 2) && !is_newer(1, 1));
        assert!(is_newer(0, u32::MAX) && is_newer(5, u32::MAX - 5));
        assert!(!is_newer(1 << 31, 0), "half way round it is not defined");
    }
}
