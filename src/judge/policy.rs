//! What the user wants judged otherwise than by the standards.

use ipnet::IpNet;

/// Options of judgement.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Special-purpose addresses that are meant to be in the zone (`--internal`).
    pub internal: Vec<IpNet>,
    /// The oldest TLS version that may be answered (`--min-version`), by its name in a report.
    pub min_version: Option<String>,
}
