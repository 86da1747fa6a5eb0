//! What follows from signatures: whether data is proven, and if not, what breaks the chain of trust.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dns::Record;
use super::name::{DnsName, RrType};

/// Whether data is proven (RFC 4033 §5), and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Security {
    /// In one word.
    pub status: SecurityStatus,
    /// What makes it other than secure.
    pub reason: Option<Flaw>,
    /// The extended error (RFC 8914) that a resolver would send along.
    pub ede: Option<u16>,
}

/// The four states of RFC 4033 §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecurityStatus {
    /// A chain of signatures leads from a trust anchor to the data.
    Secure,
    /// It is proven that the zone is not signed, or that nobody can check it.
    Insecure,
    /// It should be proven, and is not.
    Bogus,
    /// There is no anchor for it, or what would prove it could not be fetched.
    Indeterminate,
}

/// A signature as a finding names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedSet {
    /// The owner of the records.
    pub name: DnsName,
    /// Their type.
    pub r#type: RrType,
    /// The zone whose key signed.
    pub signer: DnsName,
    /// The tag of that key.
    pub key_tag: u16,
    /// Its algorithm (IANA, DNS Security Algorithm Numbers).
    pub algorithm: u8,
    /// From when the signature counts.
    #[schemars(with = "String")]
    pub inception: Timestamp,
    /// Until when.
    #[schemars(with = "String")]
    pub expiration: Timestamp,
}

/// What makes data other than secure: a closed set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "flaw", rename_all = "kebab-case")]
pub enum Flaw {
    /// Insecure: the parent proves that it has no DS for the zone.
    NotSigned {
        /// The zone.
        zone: DnsName,
    },
    /// Insecure: the proof leaves room for unsigned delegations (NSEC3 opt-out).
    OptOut {
        /// The zone that leaves it.
        zone: DnsName,
    },
    /// Insecure: every DS has an algorithm or digest that validators ignore.
    AlgorithmUnsupported {
        /// The zone.
        zone: DnsName,
        /// The algorithms of its DS records.
        algorithms: Vec<u8>,
        /// The digest types.
        digests: Vec<u8>,
    },
    /// Insecure: the NSEC3 records of the zone ask for more hashing than validators do.
    Nsec3Iterations {
        /// The zone.
        zone: DnsName,
        /// How often it hashes.
        iterations: u16,
    },
    /// Insecure: signatures are not signed themselves.
    NotVerifiable {
        /// The type asked for.
        r#type: RrType,
    },
    /// Indeterminate: no trust anchor lies at or above the name.
    NoAnchor,
    /// Indeterminate: no server gave the keys of the zone.
    KeysNotHad {
        /// The zone.
        zone: DnsName,
    },
    /// Indeterminate: no server of the parent told whether the zone has a DS.
    DelegationSignerNotHad {
        /// The zone.
        zone: DnsName,
    },
    /// Indeterminate: there is no answer that could be proven.
    NoAnswer,
    /// Bogus: no key of the zone is one that the parent's DS, or the anchor, names.
    NoKeyForDs {
        /// The zone.
        zone: DnsName,
        /// The key tags of the DS records.
        ds: Vec<u16>,
        /// The tags of the keys that the zone has.
        keys: Vec<u16>,
    },
    /// Bogus: a signature has run out.
    SignatureExpired {
        /// Which.
        set: SignedSet,
    },
    /// Bogus: a signature does not count yet.
    SignatureNotYetValid {
        /// Which.
        set: SignedSet,
    },
    /// Bogus: a signature does not fit the records, or its key.
    SignatureInvalid {
        /// Which.
        set: SignedSet,
    },
    /// Bogus: the records have no signature that could be used.
    SignatureMissing {
        /// The owner of the records.
        name: DnsName,
        /// Their type.
        r#type: RrType,
        /// The zone that should have signed.
        zone: DnsName,
    },
    /// Bogus: signed by keys that the zone does not have.
    KeyMissing {
        /// The owner of the records.
        name: DnsName,
        /// Their type.
        r#type: RrType,
        /// The zone that is named as signer.
        signer: DnsName,
        /// The tag of the key that is missing.
        key_tag: u16,
    },
    /// Bogus: it is not proven that there is nothing, or that the answer may come from a wildcard.
    DenialInvalid {
        /// The name asked for.
        name: DnsName,
        /// The type asked for.
        r#type: RrType,
        /// The zone that should have proven it.
        zone: DnsName,
    },
    /// Bogus: more signatures than are tried (KeyTrap).
    TooManySignatures {
        /// The owner of the records.
        name: DnsName,
        /// Their type.
        r#type: RrType,
    },
}

impl Flaw {
    /// What the flaw makes of the data.
    #[must_use]
    pub fn status(&self) -> SecurityStatus {
        match self {
            Self::NotSigned { .. }
            | Self::OptOut { .. }
            | Self::AlgorithmUnsupported { .. }
            | Self::Nsec3Iterations { .. }
            | Self::NotVerifiable { .. } => SecurityStatus::Insecure,
            Self::NoAnchor
            | Self::KeysNotHad { .. }
            | Self::DelegationSignerNotHad { .. }
            | Self::NoAnswer => SecurityStatus::Indeterminate,
            _ => SecurityStatus::Bogus,
        }
    }

    /// The extended error code that says so (IANA, Extended DNS Error Codes).
    #[must_use]
    pub fn ede(&self) -> Option<u16> {
        Some(match self {
            Self::AlgorithmUnsupported { algorithms, .. } => {
                let known = |number: &u8| [5, 7, 8, 10, 13, 14, 15].contains(number);
                if algorithms.iter().any(known) { 2 } else { 1 }
            }
            Self::Nsec3Iterations { .. } => 27,
            Self::KeysNotHad { .. } | Self::DelegationSignerNotHad { .. } => 22,
            Self::NoKeyForDs { .. } | Self::KeyMissing { .. } => 9,
            Self::SignatureExpired { .. } => 7,
            Self::SignatureNotYetValid { .. } => 8,
            Self::SignatureInvalid { .. } | Self::TooManySignatures { .. } => 6,
            Self::SignatureMissing { .. } => 10,
            Self::DenialInvalid { .. } => 12,
            Self::NotSigned { .. }
            | Self::OptOut { .. }
            | Self::NotVerifiable { .. }
            | Self::NoAnchor
            | Self::NoAnswer => return None,
        })
    }
}

impl Security {
    /// Proven.
    #[must_use]
    pub fn secure() -> Self {
        Self {
            status: SecurityStatus::Secure,
            reason: None,
            ede: None,
        }
    }

    /// Whether a resolver that validates would answer SERVFAIL.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.status == SecurityStatus::Bogus
            || matches!(
                self.reason,
                Some(Flaw::KeysNotHad { .. } | Flaw::DelegationSignerNotHad { .. })
            )
    }
}

impl From<Flaw> for Security {
    fn from(flaw: Flaw) -> Self {
        Self {
            status: flaw.status(),
            ede: flaw.ede(),
            reason: Some(flaw),
        }
    }
}

/// The keys of a zone and the chain of trust to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ZoneSecurity {
    /// Whether what the zone signs is proven.
    #[serde(flatten)]
    pub security: Security,
    /// The DS records at the parent, or the anchors.
    pub ds: Vec<Record>,
    /// The zone's DNSKEY records.
    pub keys: Vec<Key>,
    /// The signatures over the keys, and over the DS records.
    pub signatures: Vec<Signature>,
    /// The NSEC3 parameters that were met.
    pub nsec3: Option<Nsec3Parameters>,
}

/// A DNSKEY record (RFC 4034 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// The tag.
    pub key_tag: u16,
    /// The flags: 256 a key of the zone, 257 one that signs keys, 128 more when revoked.
    pub flags: u16,
    /// The algorithm (IANA, DNS Security Algorithm Numbers).
    pub algorithm: u8,
    /// Whether a DS record or an anchor names it.
    pub anchored: bool,
    /// Whether it signs the keys, and the signature counts.
    pub signs_keys: bool,
    /// The record.
    pub record: Record,
}

/// An RRSIG record (RFC 4034 §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// What it covers.
    #[serde(flatten)]
    pub set: SignedSet,
    /// Whether it counts; `null` when it was not tried.
    pub valid: Option<bool>,
}

/// How a zone hashes names (RFC 5155 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Nsec3Parameters {
    /// Additional rounds of hashing.
    pub iterations: u16,
    /// Bytes of salt.
    pub salt_length: usize,
    /// Whether unsigned delegations are left out.
    pub opt_out: bool,
}
