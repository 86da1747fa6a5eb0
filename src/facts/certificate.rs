//! Certificates as they were sent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One certificate of a chain. What cannot be read is empty or `null`; the PEM is always there.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// The subject's distinguished name, RFC 4514 style.
    pub subject: String,
    /// The issuer's.
    pub issuer: String,
    /// The serial number in hexadecimal.
    pub serial: String,
    /// First moment of validity.
    #[schemars(with = "Option<String>")]
    pub not_before: Option<Timestamp>,
    /// Last moment of validity.
    #[schemars(with = "Option<String>")]
    pub not_after: Option<Timestamp>,
    /// Subject alternative names: DNS names and addresses.
    pub san: Vec<String>,
    /// The public key.
    pub key: Option<Key>,
    /// The algorithm of the issuer's signature, by name or object identifier.
    pub signature_algorithm: String,
    /// Whether the basic constraints make it a certificate authority.
    pub is_ca: bool,
    /// SHA-256 over the certificate.
    pub sha256: String,
    /// SHA-256 over the public key info.
    pub spki_sha256: Option<String>,
    /// Where the issuer's certificate can be fetched.
    pub aia_issuers: Vec<String>,
    /// Where its status can be asked.
    pub ocsp: Vec<String>,
    /// Where lists of revoked certificates are.
    pub crl: Vec<String>,
    /// How many certificate timestamps are embedded.
    pub scts: usize,
    /// Object identifiers of its policies.
    pub policies: Vec<String>,
    /// The version of its syntax: 1, 2 or 3.
    #[serde(default)]
    pub version: Option<u32>,
    /// How many authorities may follow below it (path length constraint).
    #[serde(default)]
    pub path_len: Option<u32>,
    /// What its key may be used for, by the names of RFC 5280 §4.2.1.3; `null` without the extension.
    #[serde(default)]
    pub key_usage: Option<Vec<String>>,
    /// For which purposes, by the names of RFC 5280 §4.2.1.12 or as object identifiers; `null` without the extension.
    #[serde(default)]
    pub extended_key_usage: Option<Vec<String>>,
    /// For which names an authority may issue.
    #[serde(default)]
    pub name_constraints: Option<NameConstraints>,
    /// Alternative names of other kinds, each with its kind: `email:`, `URI:`, `DirName:`, `other:`.
    #[serde(default)]
    pub other_names: Vec<String>,
    /// The identifier of its key.
    #[serde(default)]
    pub subject_key_id: Option<String>,
    /// The identifier of its issuer's key.
    #[serde(default)]
    pub authority_key_id: Option<String>,
    /// Whether it asks for a stapled OCSP response (TLS Feature, RFC 7633).
    #[serde(default)]
    pub must_staple: bool,
    /// The timestamps embedded in it, each with the log that made it.
    #[serde(default)]
    pub sct_list: Vec<Timestamped>,
    /// Every extension, in order.
    #[serde(default)]
    pub extensions: Vec<Extension>,
    /// The certificate itself.
    pub pem: String,
}

/// The names that an authority is limited to, and those that it must not issue for; each with its kind, as in `DNS:example.com`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameConstraints {
    /// Where names must lie.
    pub permitted: Vec<String>,
    /// Where they must not.
    pub excluded: Vec<String>,
}

/// A certificate timestamp (RFC 6962 §3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timestamped {
    /// The log: SHA-256 over its public key.
    pub log: String,
    /// When it promised to take the certificate in.
    #[schemars(with = "Option<String>")]
    pub at: Option<Timestamp>,
}

/// An extension of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extension {
    /// Its object identifier.
    pub oid: String,
    /// Whether a client that does not know it must refuse the certificate.
    pub critical: bool,
    /// Whether its content could be read; `null` for one that doorstep does not know.
    pub readable: Option<bool>,
}

/// A public key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// `RSA`, `EC`, `Ed25519`, or an object identifier.
    pub algorithm: String,
    /// Its size in bits.
    pub bits: Option<usize>,
    /// The curve of an EC key.
    pub curve: Option<String>,
    /// The public exponent of an RSA key, in decimal as far as it fits 64 bits, else in hexadecimal after `0x`.
    #[serde(default)]
    pub exponent: Option<String>,
}

impl Certificate {
    /// How many bytes the certificate has on the wire, from its PEM.
    #[must_use]
    pub fn der_length(&self) -> usize {
        pem::parse(&self.pem).map_or(0, |read| read.contents().len())
    }
}
