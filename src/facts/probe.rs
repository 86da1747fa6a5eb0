//! Further hellos to an endpoint, each with one question, and what they met; and what was listed of all that it accepts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis};
use super::certificate::Certificate;
use super::revocation::{Revocation, StatusAnswer};
use super::tls::{FetchedIssuer, Hello, Trust};

/// One hello and what it met.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// Its name, such as `tls10` or `static-rsa`.
    pub name: String,
    /// What it offered.
    pub offered: Hello,
    /// What came of it.
    pub outcome: ProbeOutcome,
    /// The version chosen.
    pub version: Option<String>,
    /// The cipher suite chosen, by its IANA name; with SSLv2 the first that both sides know.
    pub cipher_suite: Option<String>,
    /// The group of the key agreement.
    pub group: Option<String>,
    /// The alert that ended it.
    pub alert: Option<Alert>,
    /// What ended it otherwise.
    pub failure: Option<Failure>,
    /// The registered numbers of the extensions in the ServerHello.
    pub extensions: Option<Vec<u16>>,
    /// The certificate timestamps that came as an extension of the ServerHello (RFC 6962 §3.3.1), as base64.
    #[serde(default)]
    pub timestamps: Option<String>,
    /// The compression method chosen: 0 is none, 1 is DEFLATE.
    pub compression: Option<u8>,
    /// The size of the prime of a Diffie-Hellman key agreement.
    pub dh_bits: Option<usize>,
    /// The scheme of the server's signature over its half of the key agreement.
    pub signature_scheme: Option<String>,
    /// Whether the server asked for a certificate of the client, where that can be seen.
    pub client_certificate_asked: Option<bool>,
    /// The certificates as sent, where they can be seen and are not those of the endpoint.
    pub chain: Vec<Certificate>,
    /// Whether these lead to an anchor; derived for the other certificate of an endpoint that has two.
    #[serde(default)]
    pub trust: Option<Trust>,
    /// Whether the first of these names the server; derived likewise.
    #[serde(default)]
    pub name_matches: Option<bool>,
    /// Issuers that were not sent with these, and were looked for; likewise.
    #[serde(default)]
    pub issuers_fetched: Vec<FetchedIssuer>,
    /// What was asked about the status of the first of these, and what came; likewise.
    #[serde(default)]
    pub status_answers: Vec<StatusAnswer>,
    /// What the authority says of it; derived likewise.
    #[serde(default)]
    pub revocation: Option<Revocation>,
    /// How many connections it took: what ends in silence or a reset is asked again, alone.
    pub tries: u8,
    /// How long the last of them took, its connect included.
    pub elapsed_ms: Option<Millis>,
}

/// What came of a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeOutcome {
    /// The server chose from what was offered.
    Accepted,
    /// The server refused.
    Refused,
    /// The server answered with what was not offered, which accepts nothing.
    NotOffered,
    /// Silence, resets that may come from a rate limit, or something unreadable: neither accepted nor refused.
    Uncertain,
}

/// A TLS alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Its number.
    pub code: u8,
    /// Its name.
    pub name: String,
}

/// All that an endpoint accepts, as far as hellos can tell.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Offered {
    /// The versions that were answered, the newest first.
    pub versions: Vec<OfferedVersion>,
    /// Groups of the key agreement.
    pub groups: Vec<String>,
    /// Signature schemes of TLS 1.2; `null` where it signs nothing there. Those of TLS 1.3 cannot be told.
    pub signature_algorithms: Option<Vec<String>>,
    /// Whether every question was answered; if not, the lists may be too short.
    pub complete: bool,
    /// How many connections it took, those of the probes included.
    pub connections: usize,
}

/// The suites of one version.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OfferedVersion {
    /// The version.
    pub version: String,
    /// The suites that were accepted: in the server's order where it has one, in the order of the offers otherwise.
    pub cipher_suites: Vec<String>,
    /// Whether the order is the server's; unknown with fewer than two suites of a kind.
    pub server_order: Option<bool>,
}

impl Probe {
    /// Whether the server chose from what was offered.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.outcome == ProbeOutcome::Accepted
    }

    /// Whether it shows a certificate of another type than the endpoint's own, which clients get that cannot use that one.
    #[must_use]
    pub fn shows_other_certificate(&self) -> bool {
        let asks_for_type = ["tls12-rsa", "tls12-ecdsa"].contains(&self.name.as_str());
        asks_for_type && self.is_accepted() && !self.chain.is_empty()
    }
}
