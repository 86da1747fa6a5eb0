//! What an HTTPS record announces, tried: a handshake as a browser makes it that has read the record first.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis};

/// One handshake where and how a record says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Announced {
    /// The record, in presentation format.
    pub record: String,
    /// What is tried.
    pub way: Way,
    /// The address; `null` when the record's target has none, or when nothing could be sent.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// The application protocol chosen.
    pub alpn: Option<String>,
    /// Whether the encrypted hello was accepted; `null` when none was sent, or when there was no answer to it.
    pub ech_accepted: Option<bool>,
    /// The fingerprint of the certificate that was shown.
    pub leaf_sha256: Option<String>,
    /// How long the handshake took.
    pub handshake_ms: Option<Millis>,
    /// Why there was none.
    pub failure: Option<Failure>,
}

/// How a handshake is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// TLS over TCP.
    Tls,
    /// The same with an encrypted hello, by the keys in the record.
    Ech,
    /// QUIC version 1, for HTTP/3.
    Quic,
}

impl Announced {
    /// The rule of [`Failure::Incompatible`] where the client knows none of the algorithms of a record's keys: that says nothing of
    /// the server.
    pub const NO_KEY: &str = "InvalidEncryptedClientHello(NoCompatibleConfig)";

    /// Where, as a finding names it.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        let address = self.address?;
        Some(SocketAddr::new(address, self.port).to_string())
    }

    /// Whether the promise is kept. A server that sends other keys speaks ECH, and clients go on with those.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(
            self.failure,
            None | Some(Failure::EchRejected { other_keys: true })
        )
    }

    /// Whether it says something of the server. Silence does only when another place is heard from here in the same way, and so does
    /// a refusal of UDP, which firewalls on the way send as well: where a network lets no UDP out, all places are so. And what becomes of an encrypted hello on the way may be a network's
    /// doing, unless it is answered in TLS.
    #[must_use]
    pub fn is_measured(&self, all: &[&Self]) -> bool {
        let family = |tried: &Self| tried.address.map(|address| address.is_ipv4());
        let alike = |other: &Self| {
            (other.way, other.port, family(other)) == (self.way, self.port, family(self))
        };
        let silent = match self.failure {
            Some(Failure::TimedOut { .. }) => true,
            Some(Failure::Refused) => self.way == Way::Quic,
            _ => false,
        };
        let others_tell = || all.iter().any(|other| alike(other) && other.is_answered());
        self.is_answered() || (silent && self.way != Way::Ech && others_tell())
    }

    /// Whether anybody answered, be it to refuse.
    fn is_answered(&self) -> bool {
        match &self.failure {
            None | Some(Failure::EchRejected { .. } | Failure::Alert { .. }) => true,
            Some(Failure::NameNotFound | Failure::NoAddress | Failure::Malformed { .. }) => true,
            Some(Failure::Incompatible { rule }) => rule != Self::NO_KEY,
            Some(Failure::Refused) => self.way == Way::Tls,
            Some(Failure::Reset | Failure::Closed | Failure::NotTls { .. }) => self.way != Way::Ech,
            Some(_) => false,
        }
    }
}
