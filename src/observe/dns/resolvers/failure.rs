//! Why a resolver did not answer, out of the library's errors.

use std::error::Error;
use std::time::Duration;

use hickory_resolver::net::NetError;
use quinn::ConnectionError;

use crate::facts::attempt::Failure;
use crate::observe::failure::of_rustls;

/// Codes from here on are TLS alerts (RFC 9001 §4.8).
const CRYPTO_ERROR: u64 = 0x100;

/// The reason behind an error that came `after` so long.
pub(super) fn failure(error: &NetError, after: Duration) -> Failure {
    let timed_out = || Failure::TimedOut {
        after_ms: after.into(),
    };
    match error {
        NetError::Timeout => timed_out(),
        NetError::Io(error) => {
            within(error.get_ref(), after).unwrap_or_else(|| Failure::from_io(error, after))
        }
        NetError::RustlsError(error) => of_rustls(error),
        NetError::QuinnConnection(error) => of_quic(error, after),
        NetError::Proto(_) => Failure::Malformed { at: None },
        _ => Failure::LookupFailed { rcode: None },
    }
}

/// What an error of a socket carries from the protocols above it.
fn within(error: Option<&(dyn Error + Send + Sync + 'static)>, after: Duration) -> Option<Failure> {
    let error = error?;
    let of_tls = error.downcast_ref().map(of_rustls);
    of_tls.or_else(|| Some(of_quic(error.downcast_ref()?, after)))
}

fn of_quic(error: &ConnectionError, after: Duration) -> Failure {
    match error {
        ConnectionError::TimedOut => Failure::TimedOut {
            after_ms: after.into(),
        },
        ConnectionError::Reset => Failure::Reset,
        ConnectionError::TransportError(error) => ended(u64::from(error.code), &error.reason),
        ConnectionError::ConnectionClosed(_) | ConnectionError::ApplicationClosed(_) => {
            Failure::Closed
        }
        _ => Failure::LookupFailed { rcode: None },
    }
}

/// What this side ended a QUIC connection with. Its own alert says that it does not trust the certificate.
fn ended(code: u64, reason: &str) -> Failure {
    let rule = reason.rsplit(": ").next().unwrap_or(reason);
    if (CRYPTO_ERROR..CRYPTO_ERROR + 0x100).contains(&code) {
        Failure::Untrusted {
            rule: rule.to_owned(),
        }
    } else {
        Failure::Incompatible {
            rule: rule.to_owned(),
        }
    }
}
