//! Which certificates the zone expects at a port (TLSA, RFC 6698), and whether what was shown is one of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::DnsName;

/// The TLSA records for an endpoint's port, held against what it showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dane {
    /// The name that holds the records.
    pub name: DnsName,
    /// Whether they are proven by DNSSEC: clients ignore them when they are not.
    pub secure: bool,
    /// The records.
    pub records: Vec<Association>,
}

/// One TLSA record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Association {
    /// The record's data in presentation format.
    pub data: String,
    /// Whether it is about what was shown.
    pub fit: Fit,
}

/// Whether a record is about a certificate of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It is.
    Matched,
    /// It is not.
    NotMatched,
    /// It cannot be used: a number that no standard knows, or data of the wrong form (RFC 7671 §4).
    Unusable,
    /// It may be about an anchor whose certificate is not at hand.
    Undecided,
}

impl Dane {
    /// Whether a client would refuse what was shown: the records are proven, some can be used, and none fits.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let has = |fit: Fit| self.records.iter().any(|record| record.fit == fit);
        self.secure && has(Fit::NotMatched) && !has(Fit::Matched) && !has(Fit::Undecided)
    }
}
