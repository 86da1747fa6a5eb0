//! One run's observations: plain data, and the published schema (JSON field names are promises).
//!
//! Nothing here reads the network or decides what an observation means. A field that was not measured is `None`,
//! written as `null`, never left out.

mod absent;
pub mod address;
pub mod announced;
pub mod attempt;
pub mod caa;
pub mod certificate;
pub mod dane;
pub mod dns;
pub mod dns_host;
pub mod dnssec;
mod ede;
pub mod group;
pub mod heard;
pub mod http;
pub mod name;
mod presentation;
pub mod probe;
pub mod registration;
pub mod revocation;
mod rr_type;
pub mod said;
pub mod service;
pub mod suite;
pub mod survey;
pub mod tls;
pub mod wire;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use attempt::Failure;

/// What a run saw of one target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// When the run began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// The time at which validity is judged: that of the start, or `--at`.
    #[schemars(with = "String")]
    pub judged_at: Timestamp,
    /// What could not be looked at from here; never a statement about the site.
    pub inconclusive: Vec<Inconclusive>,
    /// The first door, when it was asked for.
    pub dns: Option<dns::Dns>,
    /// The second.
    pub tls: Option<tls::Tls>,
    /// The third.
    pub http: Option<http::Http>,
}

/// One of the three doors.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// Resolution of the name.
    Dns,
    /// The TLS handshake and the certificate.
    Tls,
    /// The redirects from `http` to `https`.
    Http,
}

/// A look that failed because of where doorstep runs, or because time ran out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inconclusive {
    /// The door concerned.
    pub door: Door,
    /// What was to be looked at, such as `2001:db8::1 over IPv6`.
    pub what: String,
    /// Whether nothing at all of the door could be measured.
    pub whole_door: bool,
    /// Why not.
    #[serde(flatten)]
    pub failure: Failure,
}
