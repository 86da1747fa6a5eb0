//! What the user wants judged otherwise than by the standards.

use ipnet::IpNet;

/// Options of judgement.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Special-purpose addresses that are meant to be in the zone (`--internal`).
    pub internal: Vec<IpNet>,
}
