//! What only the whole way shows: where two doors contradict each other. One question a file.

mod addresses;
mod announced;
mod association;
mod authorization;
mod policy;

use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Rule};

/// The rules across the doors.
pub(super) const RULES: &[Rule] = &[
    authorization::CaaExcludesIssuer::RULE,
    association::TlsaMismatch::RULE,
    association::TlsaInsecure::RULE,
    announced::HttpsRecordUnmet::RULE,
    policy::HstsWithoutTls::RULE,
    addresses::AddressNotInZone::RULE,
    addresses::DanglingAddress::RULE,
    announced::AltSvcUnmet::RULE,
];

/// Judges what at least two doors have seen.
pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    authorization::judge(facts, findings);
    association::judge(facts, findings);
    announced::judge(facts, findings);
    policy::judge(facts, findings);
    addresses::judge(facts, findings);
}

#[cfg(test)]
mod testing;
