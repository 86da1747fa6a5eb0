//! The names of extended errors.

use super::dns::ExtendedError;

/// IANA, Extended DNS Error Codes (registry of 2025-08), from 0.
const NAMES: [&str; 31] = [
    "Other",
    "Unsupported DNSKEY Algorithm",
    "Unsupported DS Digest Type",
    "Stale Answer",
    "Forged Answer",
    "DNSSEC Indeterminate",
    "DNSSEC Bogus",
    "Signature Expired",
    "Signature Not Yet Valid",
    "DNSKEY Missing",
    "RRSIGs Missing",
    "No Zone Key Bit Set",
    "NSEC Missing",
    "Cached Error",
    "Not Ready",
    "Blocked",
    "Censored",
    "Filtered",
    "Prohibited",
    "Stale NXDOMAIN Answer",
    "Not Authoritative",
    "Not Supported",
    "No Reachable Authority",
    "Network Error",
    "Invalid Data",
    "Signature Expired before Valid",
    "Too Early",
    "Unsupported NSEC3 Iterations Value",
    "Unable to conform to policy",
    "Synthesized",
    "Invalid Query Type",
];

impl ExtendedError {
    /// Number, name and the server's words: `EDE 15, Blocked: by policy`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let name = NAMES.get(usize::from(self.code));
        let name = name.map(|name| format!(", {name}")).unwrap_or_default();
        let text = self.text.trim_end_matches('\0');
        let text = Some(text).filter(|text| !text.is_empty());
        let text = text.map(|text| format!(": {text}")).unwrap_or_default();
        format!("EDE {}{name}{text}", self.code)
    }

    /// Whether the resolver answers from beyond the time to live, for want of a newer answer (RFC 8767).
    #[must_use]
    pub fn is_stale(&self) -> bool {
        [3, 19].contains(&self.code)
    }

    /// Whether the resolver keeps the answer back: by its own policy, by law, or as its user wishes.
    #[must_use]
    pub fn is_filter(&self) -> bool {
        (15..=17).contains(&self.code)
    }
}
