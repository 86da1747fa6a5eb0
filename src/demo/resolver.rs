//! The world's own caching resolver: walks from the root by what the servers would say, without sockets between.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::NameServer;
use super::serve::respond;
use crate::net::clock::Stopwatch;

/// Referrals on the way to one name; unbound follows 130, hickory 24.
const REFERRALS: usize = 30;
/// Links of an alias chain (unbound and BIND 9: 11).
const ALIASES: usize = 11;
/// How deep look-ups of server names may need each other (BIND 9: 7).
const DEPTH: usize = 7;
/// Questions for one name, server names included (BIND 9: 200).
const QUESTIONS: usize = 200;

/// What is known of a name and type.
#[derive(Clone, Debug)]
struct Known {
    since: Stopwatch,
    code: ResponseCode,
    answers: Vec<Record>,
    authorities: Vec<Record>,
}

/// A name and type, and whether signatures are asked for.
type Key = (Name, RecordType, bool);

/// A resolver that any client may ask. It validates nothing, and passes signatures on to those who do.
#[derive(Debug)]
pub(super) struct Resolver {
    servers: Vec<NameServer>,
    /// The servers as they were when it asked for the first time.
    remembered: Vec<NameServer>,
    /// Names that it keeps back.
    filtered: Vec<Name>,
    cache: Mutex<BTreeMap<Key, Known>>,
}

impl Resolver {
    /// A resolver that begins at the servers of the root among these.
    pub(super) fn new(servers: Vec<NameServer>) -> Self {
        Self {
            remembered: servers.clone(),
            servers,
            filtered: Vec::new(),
            cache: Mutex::default(),
        }
    }

    /// One that has asked before, when the servers were these; none when they were the same.
    pub(super) fn remembering(self, remembered: Vec<NameServer>) -> Self {
        if remembered.is_empty() {
            return self;
        }
        Self { remembered, ..self }
    }

    /// One that keeps these names back.
    pub(super) fn filtering(self, filtered: Vec<Name>) -> Self {
        Self { filtered, ..self }
    }

    /// The response to `asked`: from the cache while it may be kept.
    pub(super) fn respond(&self, asked: &Message) -> Option<Message> {
        let question = asked.queries.first()?;
        let signatures = asked
            .edns
            .as_ref()
            .is_some_and(|edns| edns.flags().dnssec_ok);
        let key = (
            question.name.to_lowercase(),
            question.query_type,
            signatures,
        );
        let cached = self.lock().get(&key).cloned();
        let servers = if cached.is_some() {
            &self.servers
        } else {
            &self.remembered
        };
        let filtered = self.filtered.contains(&key.0);
        let known = match cached.filter(Known::is_fresh) {
            _ if filtered => Known::denied(),
            Some(known) => known,
            None => {
                let known = Walk::new(servers, signatures).resolve(&key.0, key.1, 0);
                self.lock().insert(key, known.clone());
                known
            }
        };
        let mut response = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
        response.queries.clone_from(&asked.queries);
        response.metadata.recursion_desired = asked.metadata.recursion_desired;
        response.metadata.recursion_available = true;
        response.metadata.response_code = known.code;
        response.answers = aged(&known.answers, known.since.elapsed());
        response.authorities = aged(&known.authorities, known.since.elapsed());
        if asked.edns.is_some() {
            let mut edns = Edns::new();
            edns.set_max_payload(1232).set_dnssec_ok(signatures);
            if filtered {
                edns.options_mut().insert(blocked());
            }
            response.set_edns(edns);
        }
        Some(response)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, Known>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn failed() -> Self {
        Self {
            since: Stopwatch::start(),
            code: ResponseCode::ServFail,
            answers: Vec::new(),
            authorities: Vec::new(),
        }
    }

    fn denied() -> Self {
        Self {
            code: ResponseCode::NXDomain,
            ..Self::failed()
        }
    }

    fn is_fresh(&self) -> bool {
        let records = self.answers.iter().chain(&self.authorities);
        let shortest = records.map(|record| record.ttl).min().unwrap_or(0);
        self.since.elapsed() < Duration::from_secs(shortest.into())
    }
}

/// The extended error of a filter (RFC 8914 §4.16).
fn blocked() -> EdnsOption {
    let code: [u8; 2] = 15_u16.to_be_bytes();
    EdnsOption::Unknown(15, [&code[..], b"on the list of this network"].concat())
}

fn aged(records: &[Record], by: Duration) -> Vec<Record> {
    let seconds = u32::try_from(by.as_secs()).unwrap_or(u32::MAX);
    let mut records = records.to_vec();
    for record in &mut records {
        record.ttl = record.ttl.saturating_sub(seconds);
    }
    records
}

/// One look-up and what it may still cost.
struct Walk<'a> {
    servers: &'a [NameServer],
    signatures: bool,
    questions: usize,
}

impl<'a> Walk<'a> {
    fn new(servers: &'a [NameServer], signatures: bool) -> Self {
        Self {
            servers,
            signatures,
            questions: QUESTIONS,
        }
    }

    /// Follows aliases until the type is found, or found not to be.
    fn resolve(&mut self, name: &Name, kind: RecordType, depth: usize) -> Known {
        let mut answers: Vec<Record> = Vec::new();
        let mut target = name.clone();
        for _ in 0..=ALIASES {
            let Some(response) = self.descend(&target, kind, depth) else {
                return Known::failed();
            };
            let alias = response
                .answers
                .iter()
                .find_map(|record| match &record.data {
                    RData::CNAME(alias) if kind != RecordType::CNAME => {
                        Some(alias.0.to_lowercase())
                    }
                    _ => None,
                });
            answers.extend(response.answers);
            match alias {
                Some(next) => target = next,
                None => {
                    return Known {
                        code: response.metadata.response_code,
                        answers,
                        authorities: response.authorities,
                        ..Known::failed()
                    };
                }
            }
        }
        Known::failed()
    }

    /// Goes from the root to the servers of the zone that has the name.
    fn descend(&mut self, name: &Name, kind: RecordType, depth: usize) -> Option<Message> {
        let roots = self.servers.iter().filter(|server| {
            let mut zones = server.zones.iter();
            zones.any(|zone| zone.origin.is_root())
        });
        let mut addresses: Vec<IpAddr> =
            roots.flat_map(|server| server.addresses.clone()).collect();
        for _ in 0..=REFERRALS {
            let response = self.ask(&addresses, name, kind)?;
            if response.metadata.authoritative {
                return Some(response);
            }
            addresses = self.referred(&response, depth);
        }
        None
    }

    /// The first usable response of the servers at these addresses.
    fn ask(&mut self, addresses: &[IpAddr], name: &Name, kind: RecordType) -> Option<Message> {
        let mut asked = Message::new(0, MessageType::Query, OpCode::Query);
        asked.add_query(Query::query(name.clone(), kind));
        if self.signatures {
            let mut edns = Edns::new();
            edns.set_dnssec_ok(true);
            asked.set_edns(edns);
        }
        for address in addresses {
            self.questions = self.questions.checked_sub(1)?;
            let there = self
                .servers
                .iter()
                .find(|server| server.addresses.contains(address));
            let usable = there
                .and_then(|server| respond(server, &asked))
                .filter(is_usable);
            if usable.is_some() {
                return usable;
            }
        }
        None
    }

    /// The addresses of the servers that a referral names: its glue, else what their names lead to.
    fn referred(&mut self, referral: &Message, depth: usize) -> Vec<IpAddr> {
        let glue: Vec<IpAddr> = referral.additionals.iter().filter_map(address).collect();
        if !glue.is_empty() || depth >= DEPTH {
            return glue;
        }
        let mut found = Vec::new();
        for record in &referral.authorities {
            let RData::NS(server) = &record.data else {
                continue;
            };
            // Only the server itself could tell: the referral should have.
            if record.name.zone_of(&server.0) {
                continue;
            }
            for kind in [RecordType::A, RecordType::AAAA] {
                let known = self.resolve(&server.0.to_lowercase(), kind, depth + 1);
                found.extend(known.answers.iter().filter_map(address));
            }
        }
        found
    }
}

fn is_usable(response: &Message) -> bool {
    let code = response.metadata.response_code;
    let fine = matches!(code, ResponseCode::NoError | ResponseCode::NXDomain);
    fine && (response.metadata.authoritative || !response.authorities.is_empty())
}

fn address(record: &Record) -> Option<IpAddr> {
    match &record.data {
        RData::A(address) => Some(address.0.into()),
        RData::AAAA(address) => Some(address.0.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::demo::pki::Pki;
    use crate::demo::scenarios::find;

    /// What the resolver says of the addresses of a scenario's target.
    fn asked(scenario: &str) -> (ResponseCode, usize) {
        let scenario = find(scenario).unwrap();
        let staged = scenario.stage(&Arc::new(Pki::new().unwrap())).unwrap();
        let resolver = Resolver::new(staged.plan.servers);
        let name = Name::from_ascii(format!("{}.", scenario.target)).unwrap();
        let mut question = Message::new(1, MessageType::Query, OpCode::Query);
        question.add_query(Query::query(name, RecordType::A));
        let first = resolver.respond(&question).unwrap();
        let again = resolver.respond(&question).unwrap();
        assert_eq!(first.answers, again.answers, "from the cache");
        assert!(first.metadata.recursion_available && !first.metadata.authoritative);
        (first.metadata.response_code, first.answers.len())
    }

    #[test]
    fn it_answers_what_the_zone_says() {
        assert_eq!(asked("healthy"), (ResponseCode::NoError, 2));
        assert_eq!(asked("lame-server"), (ResponseCode::NoError, 2));
        assert_eq!(asked("silent-server"), (ResponseCode::NoError, 2));
        assert_eq!(asked("no-address"), (ResponseCode::NoError, 0));
        assert_eq!(asked("not-delegated"), (ResponseCode::NXDomain, 0));
        assert_eq!(asked("alias-dangling"), (ResponseCode::NXDomain, 1));
    }

    #[test]
    fn it_fails_where_no_resolver_could_go_on() {
        for scenario in [
            "alias-loop",
            "all-lame",
            "servers-dead",
            "glue-missing",
            "too-deep",
        ] {
            assert_eq!(asked(scenario), (ResponseCode::ServFail, 0), "{scenario}");
        }
    }
}
