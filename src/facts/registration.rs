//! The registration of a domain, as the registry tells it over RDAP (RFC 9083).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis};
use super::name::DnsName;

/// What a registry says of a registrable domain, or why it was not learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// The registrable domain.
    pub domain: DnsName,
    /// The URL that was asked, or the last one that it led to; `null` when there was none to ask.
    pub url: Option<String>,
    /// The registrar, as it calls itself.
    pub registrar: Option<String>,
    /// When the domain was first registered.
    #[schemars(with = "Option<String>")]
    pub created: Option<Timestamp>,
    /// When the registration runs out.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
    /// Its status, in the words of RFC 8056, such as `client hold`.
    pub status: Vec<String>,
    /// The name servers that the registrar lists.
    pub nameservers: Vec<DnsName>,
    /// Whether the delegation is signed (secureDNS).
    pub delegation_signed: Option<bool>,
    /// How long the look-up took; `null` when nothing came.
    pub elapsed_ms: Option<Millis>,
    /// Why nothing was learnt.
    pub failure: Option<Failure>,
}

impl Registration {
    /// Of this domain nothing is known yet.
    #[must_use]
    pub fn unknown(domain: DnsName) -> Self {
        Self {
            domain,
            url: None,
            registrar: None,
            created: None,
            expires: None,
            status: Vec::new(),
            nameservers: Vec::new(),
            delegation_signed: None,
            elapsed_ms: None,
            failure: None,
        }
    }
}
