//! The second door: what each address of the name chose, and the chain that it sent.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis, NotMeasured};
use super::certificate::Certificate;
use super::probe::{Offered, Probe};

/// Everything seen of TLS for one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tls {
    /// The host that was asked for.
    pub host: String,
    /// Why the name led to no address, when it was looked up for this door alone.
    pub lookup: Option<Failure>,
    /// One for each address, in the order in which they were looked up.
    pub endpoints: Vec<Endpoint>,
}

/// One address and port, and the handshake with it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// The host that was asked for.
    pub host: String,
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The name sent in the hello (SNI), and verified; an address is verified, but not sent.
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
    /// Whether an OCSP response was stapled.
    pub ocsp_stapled: Option<bool>,
    /// Whether the server asked for a certificate of the client.
    pub client_certificate_asked: Option<bool>,
    /// Further hellos and what they met.
    pub probes: Option<Vec<Probe>>,
    /// What the authority says of the leaf today.
    pub revocation: NotMeasured,
    /// Certificate timestamps and their logs.
    pub scts: NotMeasured,
    /// All versions and suites, listed.
    pub offered: Option<Offered>,
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
    /// From then until the handshake was done.
    pub handshake_ms: Option<Millis>,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// In one word.
    pub status: TrustStatus,
    /// The first of the reasons.
    pub reason: Option<Distrust>,
    /// Every reason why not.
    pub reasons: Vec<Distrust>,
    /// Subjects from the leaf to the anchor; as far as it leads when it leads to none.
    pub path: Vec<String>,
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

/// Why a chain leads to no anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Distrust {
    /// The leaf is signed with its own key.
    SelfSigned,
    /// The issuer of the leaf was not sent, and is no anchor.
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
    /// A rule of path validation does not hold.
    PathInvalid {
        /// The verifier's name for the rule.
        rule: String,
    },
}

impl Endpoint {
    /// Address and port as a finding names them: IPv6 in brackets.
    #[must_use]
    pub fn label(&self) -> String {
        SocketAddr::new(self.address, self.port).to_string()
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
