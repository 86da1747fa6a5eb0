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
    /// The user stopped the run.
    Interrupted,
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
    /// The peer speaks, but not HTTP.
    NotHttp {
        /// Its first bytes, escaped.
        first_bytes: String,
    },
    /// The server ends the exchange or the connection with an error of HTTP/2.
    Http2Error {
        /// Its number (RFC 9113 §7).
        code: u32,
        /// Its name.
        name: String,
    },
    /// The server does not offer to go on in TLS.
    StarttlsNotOffered {
        /// What it offered, escaped.
        said: String,
    },
    /// The server does not go on in TLS when asked, or not even greets.
    StarttlsRefused {
        /// What it said, escaped.
        said: String,
    },
    /// More came in clear after the server had said that it goes on in TLS.
    StarttlsInjected {
        /// What came, escaped.
        first_bytes: String,
    },
    /// The server turns this client away, which says nothing about browsers.
    Declined {
        /// Its status code.
        status: u16,
    },
    /// The server wants to be asked less often.
    RateLimited {
        /// Seconds after which it may be asked again, when it said so.
        retry_after_s: Option<u64>,
    },
    /// No server is known that could be asked.
    NoRegistry,
    /// The server answered about something else than what was asked.
    OtherObject,
    /// The peer and doorstep have no version, suite or group in common, or the peer broke the protocol.
    Incompatible {
        /// The TLS library's name for it.
        rule: String,
    },
    /// The server did not understand the encrypted hello (RFC 9849 §6.1.6), and went by what was in clear.
    EchRejected {
        /// Whether it sent other keys to try again with: it speaks ECH then.
        other_keys: bool,
    },
    /// The peer's certificate does not prove that it is the one meant.
    Untrusted {
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
    /// A bound on what is asked of others left no room for it.
    NotAsked {
        /// Which, by its name in `net::limits`.
        limit: String,
    },
    /// An error of the operating system that has no name of its own here.
    System {
        /// The error number.
        errno: Option<i32>,
    },
}

/// Too many open files in the system, or in the process; no buffers left (numbers of Linux).
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const ENOBUFS: i32 = 105;

impl Failure {
    /// Whether it says something about this machine or its network, and nothing about the peer.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Self::NoRoute
                | Self::OutOfTime
                | Self::Interrupted
                | Self::NotAsked { .. }
                | Self::System {
                    errno: Some(ENFILE | EMFILE | ENOBUFS)
                }
        )
    }

    /// The reason as a clause of a sentence, in lower case. What the peer sent is not yet harmless to a terminal.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::TimedOut { after_ms } => format!("nothing came within {:.0} ms", after_ms.0),
            Self::OutOfTime => "the time for the target was over (see --timeout)".to_owned(),
            Self::Interrupted => "it was interrupted".to_owned(),
            Self::Refused => "the connection is refused: nothing listens there".to_owned(),
            Self::Unreachable => "there is no way to the address".to_owned(),
            Self::NoRoute => "this machine has no way there".to_owned(),
            Self::Reset => "the connection is reset".to_owned(),
            Self::Closed => "the server closes the connection without a word".to_owned(),
            Self::NameNotFound => "the name does not exist".to_owned(),
            Self::NoAddress => "the name has no address".to_owned(),
            Self::LookupFailed { rcode: Some(rcode) } => format!("the resolver says {rcode}"),
            Self::LookupFailed { rcode: None } => "the resolver gives no usable answer".to_owned(),
            Self::Alert { code, name } => format!("the server ends it with alert {code}, {name}"),
            Self::NotTls { protocol, .. } => format!("the server speaks {protocol}, not TLS"),
            Self::NotHttp { first_bytes } => format!("what came is not HTTP: `{first_bytes}`"),
            Self::Http2Error { code, name } => {
                format!("the server ends it with error {code} of HTTP/2, {name}")
            }
            Self::StarttlsNotOffered { .. } => "the server does not offer STARTTLS".to_owned(),
            Self::StarttlsRefused { said } => format!("the server answers `{said}`"),
            Self::StarttlsInjected { first_bytes } => {
                format!("in clear, after the answer to STARTTLS, came `{first_bytes}`")
            }
            Self::Declined { status } => format!("the server turns this client away with {status}"),
            Self::RateLimited {
                retry_after_s: Some(seconds),
            } => {
                format!("the server wants to be asked less often, again in {seconds} s")
            }
            Self::RateLimited {
                retry_after_s: None,
            } => "the server wants to be asked less often".to_owned(),
            Self::NoRegistry => "no server of this registry is known".to_owned(),
            Self::OtherObject => "the answer is about something else".to_owned(),
            Self::Incompatible { rule } => {
                format!("server and client have nothing in common ({rule})")
            }
            Self::EchRejected { other_keys: true } => {
                "the server has other keys for ECH than the record".to_owned()
            }
            Self::EchRejected { other_keys: false } => "the server ignores ECH".to_owned(),
            Self::Untrusted { rule } => format!("its certificate is not trusted ({rule})"),
            Self::Malformed { at: Some(at) } => {
                format!("what came cannot be read from byte {at} on")
            }
            Self::Malformed { at: None } => "what came cannot be read".to_owned(),
            Self::LimitReached { limit } => format!("the bound {limit} was reached"),
            Self::NotAsked { limit } => {
                format!("it was not asked, for the sake of the bound {limit}")
            }
            Self::System { errno: Some(errno) } => format!("the system reports error {errno}"),
            Self::System { errno: None } => "the system reports an error".to_owned(),
        }
    }

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
