//! The second door: what each address of the name chose, and the chain that it sent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::absent;
use super::announced::Announced;
use super::attempt::{Failure, Millis};
use super::certificate::Certificate;
use super::probe::{Offered, Probe};

/// Everything seen of TLS for one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tls {
    /// The host that was asked for.
    pub host: String,
    /// Why the name led to no address, when it was looked up for this door alone.
    pub lookup: Option<Failure>,
    /// The twin of the host and its addresses; `null` where there is none, or it was not looked up.
    #[serde(default)]
    pub twin: Option<Twin>,
    /// One for each address, in the order in which they were looked up.
    pub endpoints: Vec<Endpoint>,
    /// What the HTTPS records of the name announce beyond a handshake at the usual place, tried at each address; `null` when
    /// no record was looked for.
    #[serde(default)]
    pub announced: Option<Vec<Announced>>,
}

/// One address and port, and the handshake with it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// The host that was asked for.
    pub host: String,
    /// The file that the chain was read from, when it was; there is no address then.
    #[serde(default)]
    pub file: Option<String>,
    /// The address; `null` for a file, where [`Endpoint::NO_ADDRESS`] stands in the code.
    #[serde(with = "absent::address")]
    #[schemars(with = "Option<IpAddr>")]
    pub address: IpAddr,
    /// The port; `null` for a file.
    #[serde(with = "absent::port")]
    #[schemars(with = "Option<u16>")]
    pub port: u16,
    /// The name sent in the hello (SNI), and verified; an address is verified, but not sent. `null` when no name is verified.
    #[serde(with = "absent::text")]
    #[schemars(with = "Option<String>")]
    pub server_name: String,
    /// The protocol that was upgraded to TLS; `null` where TLS begins at once.
    pub starttls: Option<String>,
    /// Why there was no handshake.
    pub error: Option<EndpointError>,
    /// What the client put into its hello.
    pub hello: Hello,
    /// The protocol version chosen.
    pub version: Option<String>,
    /// The cipher suite chosen, by its IANA name.
    pub cipher_suite: Option<String>,
    /// The group of the key agreement.
    pub group: Option<String>,
    /// The application protocol chosen.
    pub alpn: Option<String>,
    /// How long it took.
    pub timings: Timings,
    /// The certificates as sent.
    pub chain: Vec<Certificate>,
    /// Whether the server proved that it has the leaf's key, by its signature over the handshake.
    pub key_proven: Option<bool>,
    /// Whether the chain leads to an anchor; derived.
    pub trust: Option<Trust>,
    /// Whether the leaf names the server; derived.
    pub name_matches: Option<bool>,
    /// Issuers that were not sent and were looked for at the addresses that certificates name.
    #[serde(default)]
    pub issuers_fetched: Vec<FetchedIssuer>,
    /// Whether an OCSP response was stapled.
    pub ocsp_stapled: Option<bool>,
    /// Whether the server asked for a certificate of the client.
    pub client_certificate_asked: Option<bool>,
    /// The stapled response as base64 of its DER.
    #[serde(default)]
    pub staple: Option<String>,
    /// What the stapled response is worth; derived.
    #[serde(default)]
    pub staple_status: Option<super::revocation::StapleStatus>,
    /// What was asked about the leaf's status, and what came.
    #[serde(default)]
    pub status_answers: Vec<super::revocation::StatusAnswer>,
    /// Further hellos and what they met.
    pub probes: Option<Vec<Probe>>,
    /// What the authority says of the leaf; derived.
    pub revocation: Option<super::revocation::Revocation>,
    /// Certificate timestamps and their logs; derived.
    pub scts: Option<Vec<super::revocation::Sct>>,
    /// The zone's TLSA records for the port, and whether they fit; derived. `null` when there are none, or they were not asked for.
    #[serde(default)]
    pub dane: Option<super::dane::Dane>,
    /// All versions and suites, listed.
    pub offered: Option<Offered>,
    /// Whether sessions are resumed; looked at where all is listed.
    #[serde(default)]
    pub resumption: Option<Resumption>,
}

/// An issuer fetched by the address in a certificate (authority information access).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FetchedIssuer {
    /// Where it was looked for.
    pub url: String,
    /// What was found there.
    pub certificate: Option<Certificate>,
    /// Why nothing was.
    pub failure: Option<Failure>,
}

/// What a client offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// Protocol versions.
    pub versions: Vec<String>,
    /// Cipher suites by their IANA names.
    pub cipher_suites: Vec<String>,
    /// Groups for the key agreement.
    pub groups: Vec<String>,
    /// Application protocols.
    pub alpn: Vec<String>,
}

/// How long the parts of a handshake took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timings {
    /// Until TCP was connected.
    pub connect_ms: Option<Millis>,
    /// From then, or from the server's leave to begin (STARTTLS), until the handshake was done, the making of keys included.
    pub handshake_ms: Option<Millis>,
    /// From the hello sent until the first bytes of the ServerHello came.
    #[serde(default)]
    pub hello_ms: Option<Millis>,
    /// From the hello sent until the server's certificates had come.
    #[serde(default)]
    pub certificate_ms: Option<Millis>,
    /// From the hello sent until the server's Finished was verified.
    #[serde(default)]
    pub finished_ms: Option<Millis>,
}

/// Whether a second connection goes on where the first one ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resumption {
    /// How many tickets came on the first connection; `null` below TLS 1.3.
    pub tickets: Option<u32>,
    /// How many bytes of early data (0-RTT) they allow.
    pub early_data_bytes: Option<u32>,
    /// Whether the second connection was resumed; `null` where none was made, as without a ticket in TLS 1.3.
    pub resumed: Option<bool>,
    /// Whether early data would have been accepted in it; `null` where no ticket allows any.
    pub early_data_accepted: Option<bool>,
    /// Why there was no second connection.
    pub failure: Option<Failure>,
}

/// The other one of a registrable name and its `www`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Twin {
    /// The name.
    pub name: String,
    /// Where it leads.
    pub addresses: Vec<IpAddr>,
    /// What is shown to who asks by this name at the addresses that it has in common with the host.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
}

/// Why there was no handshake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointError {
    /// How far it got.
    pub stage: Stage,
    /// What ended it.
    #[serde(flatten)]
    pub failure: Failure,
}

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// TCP was not connected.
    Connect,
    /// TCP was, and the handshake was not done.
    Handshake,
}

/// Whether a chain leads to an anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// In one word.
    pub status: TrustStatus,
    /// The first of the reasons.
    pub reason: Option<Distrust>,
    /// Every reason why not.
    pub reasons: Vec<Distrust>,
    /// Subjects from the leaf to the anchor; as far as it leads when it leads to none.
    pub path: Vec<String>,
    /// The same path as places in the chain as sent, from 0; `null` where the certificate was not among them.
    #[serde(default)]
    pub path_sent: Vec<Option<usize>>,
    /// Certificates as sent, by their places, that sign nothing that leads to the leaf, or stand there twice.
    #[serde(default)]
    pub unrelated: Vec<usize>,
    /// Whether the anchor is one of the public store, so that the rules for public authorities hold.
    #[serde(default)]
    pub public: bool,
    /// The trust stores in use that have the anchor.
    #[serde(default)]
    pub stores: Vec<String>,
    /// The trust stores in use that lack it, when there are several.
    #[serde(default)]
    pub stores_without: Vec<String>,
    /// Where certificates of the path depart from the standards although clients accept them.
    #[serde(default)]
    pub departures: Vec<Departure>,
}

/// Trusted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrustStatus {
    /// A path to an anchor exists.
    Trusted,
    /// None does.
    Untrusted,
}

/// Why a chain leads to no anchor. A `subject` is that of the certificate concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Distrust {
    /// The leaf is signed with its own key.
    SelfSigned,
    /// The issuer of a certificate was not sent, and is no anchor.
    IssuerNotSent {
        /// Its distinguished name.
        issuer: String,
    },
    /// The path ends in an authority that is no anchor.
    UnknownRoot {
        /// Its distinguished name.
        root: String,
    },
    /// The leaf cannot be read as a certificate.
    Unreadable,
    /// An authority's certificate has ended.
    AuthorityExpired {
        /// Whose.
        subject: String,
        /// Its last moment.
        #[schemars(with = "Option<String>")]
        not_after: Option<Timestamp>,
    },
    /// An authority's certificate is not valid yet.
    AuthorityNotYetValid {
        /// Whose.
        subject: String,
        /// Its first moment.
        #[schemars(with = "Option<String>")]
        not_before: Option<Timestamp>,
    },
    /// A certificate that is not an authority's has issued another (basic constraints).
    NotAnAuthority {
        /// Whose.
        subject: String,
    },
    /// An authority's key must not sign certificates (key usage).
    MustNotSign {
        /// Whose.
        subject: String,
    },
    /// More authorities follow than this one allows.
    PathTooLong {
        /// Whose.
        subject: String,
        /// How many it allows.
        path_len: u32,
    },
    /// A certificate is not for servers (extended key usage).
    NotForServers {
        /// Whose.
        subject: String,
    },
    /// An authority may not issue for a name (name constraints).
    NameNotAllowed {
        /// Whose.
        subject: String,
        /// The name, after its kind.
        presented: String,
    },
    /// An authority demands a policy, and from this certificate on none is valid (policy constraints).
    NoValidPolicy {
        /// Whose.
        subject: String,
    },
    /// A certificate demands something that clients do not know.
    UnknownCriticalExtension {
        /// Whose.
        subject: String,
        /// The extension.
        oid: String,
    },
    /// A signature is made with an algorithm that clients refuse.
    SignatureWeak {
        /// Whose certificate is signed with it.
        subject: String,
        /// The algorithm.
        algorithm: String,
    },
    /// A signature does not verify under the key of whom it names as issuer.
    SignatureInvalid {
        /// Whose certificate bears it.
        subject: String,
    },
    /// A key is too weak, or of a kind that clients do not accept.
    KeyWeak {
        /// Whose.
        subject: String,
    },
    /// A certificate is built so that clients refuse to read it.
    Malformed {
        /// Whose.
        subject: String,
        /// What is wrong.
        what: Malformation,
    },
    /// A bound of doorstep's own ended the search for a path.
    LimitReached {
        /// Which, by its name in `verify::path`.
        limit: String,
    },
}

/// What makes a certificate unreadable to clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Malformation {
    /// An extension stands there twice.
    ExtensionTwice {
        /// Which.
        oid: String,
    },
    /// The content of an extension cannot be read.
    ExtensionUnreadable {
        /// Which.
        oid: String,
    },
    /// The signature's algorithm is named differently inside and outside of what is signed.
    AlgorithmsDiffer,
    /// The parameters of the curve are spelled out instead of named.
    CurveNotNamed,
    /// The public key is none of its kind.
    KeyUnreadable,
}

/// A rule of a standard that a certificate breaks although clients accept it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Departure {
    /// The standard.
    pub standard: Standard,
    /// Its clause, such as `4.1.2.2`.
    pub clause: String,
    /// The place of the certificate in the chain as sent, from 0; `null` for an anchor that was not sent.
    pub certificate: Option<usize>,
    /// Its subject.
    pub subject: String,
    /// What is wrong, by a name of its own.
    pub rule: String,
    /// What was found.
    pub found: String,
}

/// A standard for certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Standard {
    /// RFC 5280, and those that it includes.
    #[serde(rename = "RFC 5280")]
    Rfc5280,
    /// The Baseline Requirements of the CA/Browser Forum.
    #[serde(rename = "BR")]
    Baseline,
}

impl Endpoint {
    /// What stands for the address of a chain that was read from a file.
    pub const NO_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

    /// An endpoint of which nothing was seen yet.
    #[must_use]
    pub fn unseen(host: &str, at: SocketAddr, server_name: &str) -> Self {
        Self {
            host: host.to_owned(),
            file: None,
            address: at.ip(),
            port: at.port(),
            server_name: server_name.to_owned(),
            starttls: None,
            error: None,
            hello: Hello::default(),
            version: None,
            cipher_suite: None,
            group: None,
            alpn: None,
            timings: Timings::default(),
            chain: Vec::new(),
            key_proven: None,
            trust: None,
            name_matches: None,
            issuers_fetched: Vec::new(),
            ocsp_stapled: None,
            staple: None,
            client_certificate_asked: None,
            staple_status: None,
            status_answers: Vec::new(),
            probes: None,
            revocation: None,
            scts: None,
            dane: None,
            offered: None,
            resumption: None,
        }
    }

    /// Itself as clients meet it that are shown the certificates of this probe. What came beside its own certificates is left out.
    #[must_use]
    pub fn shown_in(&self, probe: &Probe) -> Self {
        let at = SocketAddr::new(self.address, self.port);
        Self {
            starttls: self.starttls.clone(),
            version: probe.version.clone(),
            cipher_suite: probe.cipher_suite.clone(),
            chain: probe.chain.clone(),
            trust: probe.trust.clone(),
            name_matches: probe.name_matches,
            issuers_fetched: probe.issuers_fetched.clone(),
            status_answers: probe.status_answers.clone(),
            revocation: probe.revocation.clone(),
            ..Self::unseen(&self.host, at, &self.server_name)
        }
    }

    /// Itself as clients meet it that cannot use its own certificate: once for each other one that was seen. Where no handshake was
    /// had, what was seen is its own.
    pub fn others(&self) -> impl Iterator<Item = Self> {
        let probes = self.probes.iter().flatten();
        let others = probes.filter(|probe| probe.shows_other_certificate());
        let others = others.filter(|_| self.error.is_none());
        others.map(|probe| self.shown_in(probe))
    }

    /// Address and port as a finding names them, IPv6 in brackets; or the file.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.file {
            Some(file) => file.clone(),
            None => SocketAddr::new(self.address, self.port).to_string(),
        }
    }

    /// The certificate of the server itself.
    #[must_use]
    pub fn leaf(&self) -> Option<&Certificate> {
        self.chain.first()
    }

    /// The probe of this name, when it was made.
    #[must_use]
    pub fn probe(&self, name: &str) -> Option<&Probe> {
        self.probes
            .iter()
            .flatten()
            .find(|probe| probe.name == name)
    }

    /// Whether doorstep was kept from looking by something on its own side.
    #[must_use]
    pub fn is_unmeasured(&self) -> bool {
        self.error
            .as_ref()
            .is_some_and(|error| error.failure.is_local())
    }
}
