//! The first door: what was asked on the way from the root to the zone, and what came back.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis};
use super::dnssec::{Security, Signature, ZoneSecurity};
use super::name::{DnsName, RrType};
use super::registration::Registration;
pub use super::survey::{Referral, ServerResponse};
use super::wire::WireMessage;

/// Everything seen of DNS for one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Dns {
    /// Whether signatures were asked for (DO), so that what they prove can be told.
    pub signatures_asked: bool,
    /// What was asked for, in order.
    pub questions: Vec<Question>,
    /// The zones met on the way, from the root down.
    pub zones: Vec<Zone>,
    /// Every signature that was tried; derived.
    pub signatures: Vec<Signature>,
    /// What recursive resolvers, and the hosts file, say of the same questions.
    pub resolvers: Vec<ResolverAnswer>,
    /// Who registered the domain, and until when; `null` when that was not asked, or nobody can register the name.
    pub registration: Option<Registration>,
    /// When everybody will see a change made now; derived. `null` when no time to live is known.
    #[serde(default)]
    pub propagation: Option<Propagation>,
}

impl Dns {
    /// The questions that the user asked.
    pub fn own_questions(&self) -> impl DoubleEndedIterator<Item = &Question> {
        self.of(None)
    }

    /// The questions that were asked for this purpose.
    pub fn of(&self, purpose: Option<Purpose>) -> impl DoubleEndedIterator<Item = &Question> {
        let all = self.questions.iter();
        all.filter(move |question| question.purpose == purpose)
    }
}

/// One question and how it ended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The name asked for.
    pub name: DnsName,
    /// The type asked for.
    pub r#type: RrType,
    /// Why it was asked, when it was not the user's own question.
    pub purpose: Option<Purpose>,
    /// How it ended.
    pub outcome: Outcome,
    /// What ended it, when the outcome is `unresolvable`.
    pub obstacle: Option<Obstacle>,
    /// What a resolver would tell its client.
    pub rcode: Rcode,
    /// The alias chain first, in order, then the records of the type asked for.
    pub answers: Vec<Record>,
    /// The data that the user says must be answered at every server (`--expect`); `null` when nothing was said.
    #[serde(default)]
    pub expected: Option<Vec<String>>,
    /// What the zone says of a name beside the last one that nobody will have created; `null` when it was not asked.
    pub sibling: Option<Vec<Record>>,
    /// The names that were asked for on the way, the name itself first, then the target of each alias.
    pub links: Vec<Link>,
    /// Whether the answer is proven; derived. `null` when signatures were not asked for.
    pub dnssec: Option<Security>,
    /// Every exchange, in the order in which they began.
    pub steps: Vec<Step>,
}

/// One name of an alias chain and the zone that answered for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// The name.
    pub name: DnsName,
    /// The deepest zone that was met on the way to it.
    pub zone: DnsName,
}

/// Why doorstep asked something by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Which certificate authorities may issue.
    Caa,
    /// Which certificates are expected.
    Tlsa,
    /// Which protocols the site announces, and where an alias in what it announces leads.
    Https,
    /// The other one of the registrable name and its `www`.
    Twin,
}

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Records of the type exist.
    Answer,
    /// The name exists, without records of the type.
    Nodata,
    /// The name does not exist.
    Nxdomain,
    /// No usable answer was had.
    Unresolvable,
}

/// What kept a question from an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Obstacle {
    /// No server of the zone gave a usable answer.
    NoUsableServer {
        /// The zone.
        zone: DnsName,
    },
    /// No server of the zone has an address.
    NoServerAddress {
        /// The zone.
        zone: DnsName,
    },
    /// An alias points back to a name of its own chain.
    AliasLoop {
        /// The name met twice.
        at: DnsName,
    },
    /// The servers of some zones can be found only through each other.
    DelegationLoop {
        /// The zone met twice.
        zone: DnsName,
    },
    /// A bound of doorstep's own was reached.
    LimitReached {
        /// Which, by its name in `net::limits`.
        limit: String,
        /// The name that was being looked up.
        at: DnsName,
    },
    /// Time ran out.
    OutOfTime,
}

/// A response code, or what stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Rcode {
    /// The name exists.
    NoError,
    /// The name does not exist.
    NxDomain,
    /// No usable answer.
    ServFail,
}

/// A resource record in presentation format.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Record {
    /// The owner.
    pub name: DnsName,
    /// The type.
    pub r#type: RrType,
    /// Seconds that it may be kept.
    pub ttl: u32,
    /// The data in presentation format (RFC 1035 §5.1; RFC 3597 for types without one).
    pub data: String,
}

/// A server by the name under which a delegation lists it and one of its addresses.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Server {
    /// Its name.
    pub name: DnsName,
    /// The address asked.
    pub address: IpAddr,
    /// The port asked.
    pub port: u16,
}

impl Server {
    /// Where to send to.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

/// How a message travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// In one datagram each way.
    Udp,
    /// Over a connection.
    Tcp,
    /// Over TLS (RFC 7858).
    Tls,
    /// Over HTTPS (RFC 8484).
    Https,
    /// Over QUIC (RFC 9250).
    Quic,
    /// Read from the local hosts file; nothing travelled.
    Hosts,
}

/// What was asked in one exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// The name, which QNAME minimisation may have shortened.
    pub name: DnsName,
    /// The type.
    pub r#type: RrType,
}

/// What a response means for the one who asked (PROTOCOLS: response classes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResponseClass {
    /// Go and ask the servers of a zone further down.
    Referral,
    /// Records of the type asked for.
    Answer,
    /// Only an alias, whose target is to be asked for.
    Alias,
    /// The name exists without the type.
    Nodata,
    /// The name does not exist.
    Nxdomain,
    /// The server answers, but not for this zone.
    Lame,
    /// RCODE 5.
    Refused,
    /// RCODE 2.
    Servfail,
    /// RCODE 1.
    Formerr,
    /// RCODE 4.
    Notimp,
    /// Nothing came.
    Timeout,
    /// Nothing could be sent, or the host said that nobody listens.
    Unreachable,
    /// What came could not be read.
    Malformed,
    /// The answer is cut short: over UDP it is to be fetched over TCP, over TCP there is none.
    Truncated,
}

impl ResponseClass {
    /// Whether the trace can go on from such a response.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(
            self,
            Self::Referral | Self::Answer | Self::Alias | Self::Nodata | Self::Nxdomain
        )
    }

    /// Whether a message of the server came, whatever it said.
    #[must_use]
    pub fn is_response(self) -> bool {
        !matches!(self, Self::Timeout | Self::Unreachable)
    }
}

/// One exchange with one server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The zone whose server was asked.
    pub zone: DnsName,
    /// What was asked.
    pub question: Asked,
    /// Who was asked.
    pub server: Server,
    /// How.
    pub transport: Transport,
    /// Whether the question had EDNS (RFC 6891).
    pub edns: bool,
    /// Whether the server was asked to resolve the name for us (RD).
    #[serde(default)]
    pub recursion_desired: bool,
    /// Whether it was made for another target of the same run, and what it led to is taken over.
    #[serde(default)]
    pub cached: bool,
    /// How old it was then, of what a server says of its zone: it counts as what the server says now. `null` for all else.
    #[serde(default)]
    pub age_ms: Option<Millis>,
    /// When it began, counted from the start of the run; of one that was made for another target, when it was taken over.
    pub at_ms: Millis,
    /// How long the answer took; `null` when none came.
    pub rtt_ms: Option<Millis>,
    /// What came of it.
    pub response: ResponseClass,
    /// Why nothing came.
    pub failure: Option<Failure>,
    /// The zone to which a referral pointed.
    pub referral_to: Option<DnsName>,
    /// Whether the server called its answer authoritative (AA).
    pub authoritative: Option<bool>,
    /// Whether the server offers to resolve names of others (RA).
    pub recursion: Option<bool>,
    /// Whether the answer was cut short (TC).
    pub truncated: Option<bool>,
    /// Bytes of the answer.
    pub size: Option<usize>,
    /// How many of its records could not be read.
    pub unreadable: Option<usize>,
    /// Whether the name came back in the case in which it was sent (0x20).
    pub case_kept: Option<bool>,
    /// Extended errors (RFC 8914).
    pub ede: Vec<ExtendedError>,
    /// The server's own identifier (RFC 5001), escaped.
    pub nsid: Option<String>,
    /// Whether what it says is proven; derived. `null` for what is no answer of the zone.
    pub dnssec: Option<Security>,
    /// The response itself.
    pub message: Option<WireMessage>,
}

impl Step {
    /// Whether it tells what its server says now: what was asked for another target long ago, or of another zone, only told how to
    /// go on.
    #[must_use]
    pub fn is_current(&self) -> bool {
        !self.cached || self.age_ms.is_some()
    }
}

/// An extended DNS error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtendedError {
    /// The code.
    pub code: u16,
    /// The server's words, as they came.
    pub text: String,
}

/// A zone on the way and who serves it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Zone {
    /// The apex.
    pub name: DnsName,
    /// The servers by the parent's referral, or by the hints for the root.
    pub parent_ns: Vec<DnsName>,
    /// The servers by the zone's own NS set; `null` when it was not had.
    pub child_ns: Option<Vec<DnsName>>,
    /// The addresses that the parent's referral brought along.
    pub glue: Vec<Glue>,
    /// Servers of the referral for which no address was found.
    pub unresolved_ns: Vec<DnsName>,
    /// How the look-ups ended that tell that a server has no address; one that was not made, or failed, tells nothing.
    #[serde(default)]
    pub ns_denials: Vec<NsDenial>,
    /// Servers whose name is an alias.
    pub alias_ns: Vec<DnsName>,
    /// The addresses of the servers inside the zone as it tells them itself; `null` when it was not asked, or did not answer.
    pub own_addresses: Option<Vec<Glue>>,
    /// Its CDS and CDNSKEY records (RFC 7344); `null` when it was not asked, or did not answer.
    pub cds: Option<Vec<Record>>,
    /// Every (name, address) known.
    pub servers: Vec<ZoneServer>,
    /// Which server gave the referral; `null` for the root.
    pub referred_by: Option<Server>,
    /// Who runs these servers, told by their names; derived. `null` when it is nobody of the list.
    pub host: Option<String>,
    /// The referral as each server of the parent that was asked gave it.
    #[serde(default)]
    pub referrals: Vec<Referral>,
    /// The zone's keys and the chain of trust to them; derived. `null` when signatures were not asked for.
    pub dnssec: Option<ZoneSecurity>,
}

/// A server's name that has no address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NsDenial {
    /// The server's name.
    pub name: DnsName,
    /// How the look-up ended: `unresolvable` where it would need itself.
    pub outcome: Outcome,
    /// The name that it ended at: that of the server, or what it is an alias of.
    pub end: DnsName,
    /// The zone that it ended in.
    pub zone: DnsName,
}

/// An address in a referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Glue {
    /// The server's name.
    pub name: DnsName,
    /// Its address.
    pub address: IpAddr,
}

/// One server of a zone, as it was met.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ZoneServer {
    /// Its name.
    pub name: DnsName,
    /// The address.
    pub address: IpAddr,
    /// Whether it answered over UDP; `null` when not asked.
    pub reachable_udp: Option<bool>,
    /// Whether it answered over TCP; `null` when not asked.
    pub reachable_tcp: Option<bool>,
    /// Whether it answered authoritatively for the zone; `null` when it gave no answer.
    pub authoritative: Option<bool>,
    /// The serial of its SOA; derived.
    pub soa_serial: Option<u32>,
    /// The shortest round trip.
    pub rtt_ms: Option<Millis>,
    /// Whether its answers are others than those of the zone's other servers; derived. `null` when it gave none.
    pub answers_differ: Option<bool>,
    /// Its responses to each question of a survey; `null` when the servers of the zone were not asked each for itself.
    pub responses: Option<Vec<ServerResponse>>,
    /// How its last response to a question about the zone is classed.
    pub response: Option<ResponseClass>,
    /// Why nothing came from it.
    pub failure: Option<Failure>,
}

/// What a resolver, or the hosts file, says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ResolverAnswer {
    /// The resolver: an address, a URL, `system`, or the path of the hosts file.
    pub resolver: String,
    /// How it was asked.
    pub transport: Transport,
    /// The name asked for.
    pub name: DnsName,
    /// The type asked for.
    pub r#type: RrType,
    /// Its response code; `null` when nothing came.
    pub rcode: Option<String>,
    /// Its records.
    pub answers: Vec<Record>,
    /// Seconds until it forgets this answer and asks the zone again; `null` when it remembers nothing.
    #[serde(default)]
    pub ttl_left: Option<u32>,
    /// Whether it says that it validated them (AD).
    pub authenticated: Option<bool>,
    /// Extended errors (RFC 8914).
    #[serde(default)]
    pub ede: Vec<ExtendedError>,
    /// How long the answer took, once connected.
    pub rtt_ms: Option<Millis>,
    /// Whether it was named to be compared with (`--compare`), and is not the one that this machine asks.
    #[serde(default)]
    pub compared: bool,
    /// Whether it says what the zone's own servers say, any of them in any of their responses; derived.
    pub agrees: Option<bool>,
    /// Whether it says what is expected; derived. `null` when nothing is.
    #[serde(default)]
    pub as_expected: Option<bool>,
    /// Why nothing came.
    pub failure: Option<Failure>,
}

/// How long a change of the zone, made now, may stay unseen: as long as resolvers may keep what they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Propagation {
    /// Of a change to the records that were asked for.
    pub records: Option<HeldUp>,
    /// Of a move to other name servers or keys: those that the parent and the zone itself name.
    pub delegation: Option<HeldUp>,
}

/// The record that is kept longest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldUp {
    /// Seconds that it may be kept.
    pub seconds: u32,
    /// Its owner.
    pub name: DnsName,
    /// Its type; `SOA` where it is the absence of a record that is kept (RFC 2308).
    pub r#type: RrType,
    /// The zone whose servers gave it.
    pub zone: DnsName,
}
