//! Certificates as they were sent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One certificate of a chain. What cannot be read is empty or `null`; the PEM is always there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    /// The certificate itself.
    pub pem: String,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// `RSA`, `EC`, `Ed25519`, or an object identifier.
    pub algorithm: String,
    /// Its size in bits.
    pub bits: Option<usize>,
    /// The curve of an EC key.
    pub curve: Option<String>,
}

impl Certificate {
    /// How many bytes the certificate has on the wire, from its PEM.
    #[must_use]
    pub fn der_length(&self) -> usize {
        pem::parse(&self.pem).map_or(0, |read| read.contents().len())
    }
}
