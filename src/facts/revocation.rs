//! What an authority says of a certificate after it was issued: its status, and the logs that have it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::attempt::Failure;

/// What is known of a leaf's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revocation {
    /// In one word.
    pub status: RevocationStatus,
    /// What says so: `staple`, or the address or file that the answer came from.
    pub source: Option<String>,
    /// Since when it is revoked.
    #[schemars(with = "Option<String>")]
    pub revoked_at: Option<Timestamp>,
    /// The reason given, by the names of RFC 5280 §5.3.1.
    pub reason: Option<String>,
    /// The certificate that is revoked, by its place in the path: 0 is the leaf.
    #[serde(default)]
    pub certificate: usize,
    /// Answers that could not be used, and why.
    #[serde(default)]
    pub unusable: Vec<Unusable>,
}

/// Whether a certificate is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RevocationStatus {
    /// The authority says that it is not.
    Good,
    /// The authority says that it is.
    Revoked,
    /// What was asked gave no usable answer.
    Unknown,
    /// Nothing was asked, and nothing stapled.
    Unchecked,
}

/// An answer that says nothing, because of what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unusable {
    /// Where it came from.
    pub source: String,
    /// What is wrong.
    pub fault: StatusFault,
}

/// Why a list or a response cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum StatusFault {
    /// It cannot be read.
    Unreadable,
    /// The responder sent an error instead (RFC 6960 §4.2.1).
    ResponderError {
        /// Its number.
        code: u8,
    },
    /// It speaks of another certificate.
    OtherCertificate,
    /// The responder does not know the certificate (RFC 6960 §2.2).
    NotKnown,
    /// Its signature is not by the issuer or one that the issuer delegated.
    BadSignature,
    /// Its signer has no right to sign it: a key usage without `cRLSign`, or a responder without the purpose.
    SignerNotAllowed,
    /// It has ended.
    OutOfDate {
        /// Its last moment.
        #[schemars(with = "String")]
        next_update: Timestamp,
    },
    /// It begins in the future.
    NotYetValid {
        /// Its first moment.
        #[schemars(with = "String")]
        this_update: Timestamp,
    },
    /// It demands something that is not known here (a critical extension).
    UnknownCriticalExtension {
        /// Which.
        oid: String,
    },
    /// It is a list of some reasons alone, or of several authorities, and so says nothing of what is not in it (RFC 5280 §5.2.5).
    NotWhole,
    /// It breaks the form that its standard demands.
    Malformed {
        /// The clause of RFC 5280.
        clause: String,
    },
    /// It could not be fetched.
    NotFetched {
        /// Why.
        failure: FetchFailure,
    },
}

/// A failure, compared by what it says.
pub type FetchFailure = String;

/// One look at a certificate's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusAnswer {
    /// Where it was asked.
    pub url: String,
    /// How.
    pub kind: StatusKind,
    /// What came, as base64 of its DER; `null` in a report for a list that is too long for one.
    #[serde(serialize_with = "unless_long")]
    pub body: Option<String>,
    /// Why nothing came.
    pub failure: Option<Failure>,
}

/// Characters of an answer that a report keeps: 256 KiB of DER. The verdict on a longer list is kept instead.
const KEPT: usize = 350_000;

fn unless_long<S: Serializer>(body: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    body.as_ref()
        .filter(|body| body.len() <= KEPT)
        .serialize(to)
}

/// How a status is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusKind {
    /// By a question to the authority's responder (RFC 6960).
    Ocsp,
    /// In the authority's list (RFC 5280 §5).
    Crl,
}

/// What a stapled response is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StapleStatus {
    /// What it says of the leaf; `null` when it cannot be used.
    pub status: Option<RevocationStatus>,
    /// Why it cannot be used.
    pub fault: Option<StatusFault>,
    /// When it was made.
    #[schemars(with = "Option<String>")]
    pub this_update: Option<Timestamp>,
    /// When it ends.
    #[schemars(with = "Option<String>")]
    pub next_update: Option<Timestamp>,
}

/// A certificate timestamp, and where it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sct {
    /// The log: SHA-256 over its public key.
    pub log: String,
    /// When it promised to take the certificate in.
    #[schemars(with = "Option<String>")]
    pub at: Option<Timestamp>,
    /// `certificate`, `staple` or `extension` (of TLS 1.2).
    pub source: String,
    /// The log's name, when it is in the bundled list.
    #[serde(default)]
    pub name: Option<String>,
    /// Who runs it.
    #[serde(default)]
    pub operator: Option<String>,
    /// Its state in the list: `usable`, `qualified`, `readonly`, `retired` or `rejected`.
    #[serde(default)]
    pub state: Option<String>,
    /// Whether the log has signed it for this certificate; `null` where its key or the issuer's is not at hand.
    #[serde(default)]
    pub signature: Option<bool>,
    /// Whether browsers count it; `null` where the list cannot tell.
    #[serde(default)]
    pub counts: Option<bool>,
}
