//! Why an act on the network did not give what it was meant to give: a closed set of reasons with operands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A duration in milliseconds, the unit of every duration in a report.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Millis(pub f64);

impl From<std::time::Duration> for Millis {
    /// Rounds to microseconds, finer than any network round trip is stable.
    fn from(duration: std::time::Duration) -> Self {
        Self((duration.as_secs_f64() * 1e6).round() / 1e3)
    }
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Failure {
    /// Nothing came within the time that one attempt has.
    TimedOut {
        /// How long it was waited for.
        after_ms: Millis,
    },
    /// The time for the whole target was over.
    OutOfTime,
    /// The host answered that nothing listens there.
    Refused,
    /// A router, or this machine, answered that there is no way to the address.
    Unreachable,
    /// This machine has no address of the family, so nothing was sent.
    NoRoute,
    /// The peer ended the connection with a reset.
    Reset,
    /// The peer closed the connection before it had said what was waited for.
    Closed,
    /// The peer ended the handshake with a TLS alert.
    Alert {
        /// Its number (RFC 8446 §6).
        code: u8,
        /// Its name.
        name: String,
    },
    /// The peer speaks, but not TLS.
    NotTls {
        /// What it speaks, as far as its first bytes tell.
        protocol: String,
        /// Its first bytes, escaped.
        first_bytes: String,
    },
    /// The peer and doorstep have no version, suite or group in common, or the peer broke the protocol.
    Incompatible {
        /// The TLS library's name for it.
        rule: String,
    },
    /// The name has no address: the resolver says that it does not exist.
    NameNotFound,
    /// The name exists, and has no address of a family in use.
    NoAddress,
    /// The resolver gave no usable answer.
    LookupFailed {
        /// Its response code, when it sent one.
        rcode: Option<String>,
    },
    /// What came could not be read.
    Malformed {
        /// The byte at which reading failed, when known.
        at: Option<usize>,
    },
    /// A bound of doorstep's own was reached.
    LimitReached {
        /// Which, by its name in `net::limits`.
        limit: String,
    },
    /// An error of the operating system that has no name of its own here.
    System {
        /// The error number.
        errno: Option<i32>,
    },
}

impl Failure {
    /// The reason for an error of a socket. `after` is how long the attempt had taken.
    #[must_use]
    pub fn from_io(error: &std::io::Error, after: std::time::Duration) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::TimedOut => Self::TimedOut {
                after_ms: after.into(),
            },
            Kind::ConnectionRefused => Self::Refused,
            Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::AddrNotAvailable => {
                Self::Unreachable
            }
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Self::Reset,
            Kind::UnexpectedEof => Self::Closed,
            Kind::InvalidData => Self::Malformed { at: None },
            _ => Self::System {
                errno: error.raw_os_error(),
            },
        }
    }
}
