//! What the traces of one run have in common, asked once: the inquiries that lead to a cut, and those for keys, each kept for as
//! long as its records may be; and what the servers of a zone say of the zone itself, kept for some seconds.
//!
//! What a zone says of a name is asked for every target. A failure is not kept: each target looks for itself.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::Message;
use hickory_proto::rr::{RData, Record as WireRecord};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle, PlaceholderGuard};
use std::hash::RandomState;

use super::trace::{AskKey, Usable};
use crate::facts::dns::{Server, Step, Transport};
use crate::facts::name::RrType;
use crate::facts::wire::Reading;
use crate::net::clock::Stopwatch;
use crate::net::limits;

/// What is shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum SharedKey {
    /// An inquiry at a cut, and whether signatures are asked for.
    Cut { signatures: bool, ask: AskKey },
    /// A question about a zone that each of its servers is asked.
    Server {
        socket: SocketAddr,
        ask: AskKey,
        manner: Manner,
    },
    /// One that any of them is asked.
    Zone(AskKey),
}

/// How a server is asked about its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Manner {
    /// By the transport of the run, and over TCP where the answer is cut short.
    Plain,
    /// Over TCP, to see whether it is there.
    OverTcp,
    /// With the wish that it resolve the name.
    Recursive,
}

impl SharedKey {
    /// The zone, name and type asked for.
    pub(super) fn ask(&self) -> &AskKey {
        match self {
            Self::Cut { ask, .. } | Self::Server { ask, .. } | Self::Zone(ask) => ask,
        }
    }
}

impl Manner {
    /// Whether a step of the same question was made in this manner. A SOA cut short is fetched over TCP beside this.
    pub(super) fn is_of(self, step: &Step) -> bool {
        let over_tcp = step.transport == Transport::Tcp;
        match self {
            Self::Recursive => step.recursion_desired,
            Self::OverTcp => over_tcp,
            Self::Plain => {
                let beside = over_tcp && step.question.r#type == RrType::SOA;
                !step.recursion_desired && !beside
            }
        }
    }
}

/// What it led to; `None` for the moment in which those who wait learn that it led to nothing.
type Found = Option<Arc<Kept>>;
type Place<'a> =
    PlaceholderGuard<'a, SharedKey, Found, Bytes, RandomState, DefaultLifecycle<SharedKey, Found>>;

/// The inquiries that the traces of a run share.
pub struct SharedCuts(Cache<SharedKey, Found, Bytes, RandomState>);

/// A usable reply, and the exchange that brought it.
pub(super) struct Kept {
    /// None of what the survey asks, which only looks at the steps.
    pub(super) reply: Usable,
    steps: Vec<Step>,
    since: Stopwatch,
    lasts: Duration,
}

/// How an inquiry stands.
#[expect(
    clippy::large_enum_variant,
    reason = "one lives at a time, and only until it is matched"
)]
pub(super) enum Looked<'a> {
    /// Another trace made it.
    Made(Arc<Kept>),
    /// Another trace made it in vain.
    Failed,
    /// It is to be made, and others may wait for it.
    Open(Open<'a>),
}

/// The place of an inquiry under way. Dropped without a word it is free for the next.
pub(super) struct Open<'a> {
    cuts: &'a SharedCuts,
    key: SharedKey,
    place: Place<'a>,
}

/// What an inquiry takes of the bound: read, a message is some times as large as on the wire.
#[derive(Clone)]
struct Bytes;

impl Weighter<SharedKey, Found> for Bytes {
    fn weight(&self, _: &SharedKey, found: &Found) -> u64 {
        let steps = found.iter().flat_map(|kept| &kept.steps);
        let wire: usize = steps.filter_map(|step| step.size).sum();
        (limits::SHARED_ENTRY_BYTES + wire * 6) as u64
    }
}

impl Default for SharedCuts {
    fn default() -> Self {
        let entries = limits::SHARED_BYTES / limits::SHARED_ENTRY_BYTES;
        let bytes = limits::SHARED_BYTES as u64;
        Self(Cache::with(
            entries / 4,
            bytes,
            Bytes,
            RandomState::new(),
            DefaultLifecycle::default(),
        ))
    }
}

impl fmt::Debug for SharedCuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedCuts({} inquiries)", self.0.len())
    }
}

impl SharedCuts {
    /// Waits for an inquiry that is under way; one whose records may no longer be kept is to be made again.
    pub(super) async fn look(&self, key: SharedKey) -> Looked<'_> {
        let over = |found: &Found| found.as_ref().is_some_and(|kept| kept.is_over());
        self.0.remove_if(&key, over);
        match self.0.get_value_or_guard_async(&key).await {
            Ok(Some(kept)) => Looked::Made(kept),
            Ok(None) => Looked::Failed,
            Err(place) => Looked::Open(Open {
                cuts: self,
                key,
                place,
            }),
        }
    }
}

impl Open<'_> {
    /// Tells those who wait what came of it.
    pub(super) fn tell(self, kept: Option<Kept>) {
        // It can only be refused when it was put there by others meanwhile.
        let _ = self.place.insert(kept.map(Arc::new));
        self.cuts.0.remove_if(&self.key, Option::is_none);
    }
}

impl Kept {
    /// What leads to a cut.
    pub(super) fn of_cut(reply: Arc<(Server, Arc<Reading>)>, steps: Vec<Step>) -> Self {
        Self {
            lasts: time_to_live(&reply.1.message),
            since: Stopwatch::start(),
            reply: Some(reply),
            steps,
        }
    }

    /// What servers say of their zone.
    pub(super) fn of_survey(steps: Vec<Step>) -> Self {
        Self {
            lasts: limits::SURVEY_SHARED_TIME,
            since: Stopwatch::start(),
            reply: None,
            steps,
        }
    }

    fn is_over(&self) -> bool {
        self.since.elapsed() >= self.lasts
    }

    /// The exchange as a trace notes it that took it over at this time of its own.
    pub(super) fn steps(&self, at: Duration) -> Vec<Step> {
        let age = self.reply.is_none().then(|| self.since.elapsed().into());
        let mut steps = self.steps.clone();
        for step in &mut steps {
            step.cached = true;
            step.age_ms = age;
            step.at_ms = at.into();
        }
        steps
    }
}

/// For how long all of a message may be kept: what it denies for the SOA's MINIMUM (RFC 2308 §5), at most so long.
fn time_to_live(message: &Message) -> Duration {
    let records = message.answers.iter().chain(&message.authorities);
    let seconds = records.map(seconds).min().unwrap_or_default();
    Duration::from_secs(seconds.into()).min(limits::SHARED_TIME)
}

fn seconds(record: &WireRecord) -> u32 {
    match &record.data {
        RData::SOA(soa) => record.ttl.min(soa.minimum),
        _ => record.ttl,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::name::DnsName;
    use hickory_proto::op::{MessageType, OpCode};
    use hickory_proto::rr::rdata::NS;
    use hickory_proto::rr::{Name, Record};

    fn key(name: &str) -> SharedKey {
        let name: DnsName = name.parse().unwrap();
        SharedKey::Cut {
            signatures: true,
            ask: (DnsName::root(), name, RrType::A),
        }
    }

    fn kept(ttl: u32) -> Kept {
        let mut message = Message::new(1, MessageType::Response, OpCode::Query);
        let data = RData::NS(NS(Name::root()));
        message.add_authority(Record::from_rdata(Name::root(), ttl, data));
        let server = Server {
            name: DnsName::root(),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            port: 53,
        };
        let reading = Reading {
            message,
            unreadable: 0,
        };
        Kept::of_cut(Arc::new((server, Arc::new(reading))), Vec::new())
    }

    async fn open<'a>(cuts: &'a SharedCuts, name: &str) -> Open<'a> {
        match cuts.look(key(name)).await {
            Looked::Open(open) => open,
            _ => panic!("{name} is not open"),
        }
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test);
    }

    #[test]
    fn those_who_wait_get_what_the_first_finds() {
        run(async {
            let cuts = SharedCuts::default();
            let first = open(&cuts, "a.").await;
            let (second, ()) = tokio::join!(cuts.look(key("a.")), async {
                first.tell(Some(kept(60)));
            });
            assert!(matches!(second, Looked::Made(_)));
            assert!(matches!(cuts.look(key("a.")).await, Looked::Made(_)));
        });
    }

    #[test]
    fn a_failure_is_told_to_those_who_wait_and_not_kept() {
        run(async {
            let cuts = SharedCuts::default();
            let first = open(&cuts, "a.").await;
            let (second, ()) = tokio::join!(cuts.look(key("a.")), async { first.tell(None) });
            assert!(matches!(second, Looked::Failed));
            drop(open(&cuts, "a.").await);
            drop(open(&cuts, "a.").await);
        });
    }

    #[test]
    fn what_may_not_be_kept_is_asked_again() {
        run(async {
            let cuts = SharedCuts::default();
            open(&cuts, "a.").await.tell(Some(kept(0)));
            drop(open(&cuts, "a.").await);
        });
    }

    #[test]
    fn the_cache_never_grows_beyond_its_bound() {
        run(async {
            let cuts = SharedCuts::default();
            let entries = limits::SHARED_BYTES / limits::SHARED_ENTRY_BYTES;
            for number in 0..entries * 2 {
                let open = open(&cuts, &format!("a{number}.")).await;
                open.tell(Some(kept(60)));
            }
            assert!(cuts.0.len() <= entries, "{}", cuts.0.len());
        });
    }
}
