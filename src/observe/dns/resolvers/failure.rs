//! Why a resolver did not answer, out of the library's errors.

use std::error::Error;
use std::time::Duration;

use hickory_resolver::net::NetError;
use quinn::ConnectionError;

use crate::facts::attempt::Failure;

/// Codes from here on are TLS alerts (RFC 9001 §4.8).
const CRYPTO_ERROR: u64 = 0x100;

/// The reason behind an error that came `after` so long.
pub(super) fn failure(error: &NetError, after: Duration) -> Failure {
    let timed_out = || Failure::TimedOut {
        after_ms: after.into(),
    };
    match error {
        NetError::Timeout | NetError::QuinnConnection(ConnectionError::TimedOut) => timed_out(),
        NetError::Io(error) => of_tls(error.get_ref().map(|inner| inner as &(dyn Error + 'static)))
            .unwrap_or_else(|| Failure::from_io(error, after)),
        NetError::RustlsError(error) => of_rustls(error),
        NetError::QuinnConnection(ConnectionError::TransportError(error)) => {
            of_quic(u64::from(error.code), &error.reason)
        }
        NetError::QuinnConnection(ConnectionError::Reset) => Failure::Reset,
        NetError::QuinnConnection(
            ConnectionError::ConnectionClosed(_) | ConnectionError::ApplicationClosed(_),
        ) => Failure::Closed,
        NetError::Proto(_) => Failure::Malformed { at: None },
        _ => Failure::LookupFailed { rcode: None },
    }
}

fn of_tls(error: Option<&(dyn Error + 'static)>) -> Option<Failure> {
    error?.downcast_ref().map(of_rustls)
}

fn of_rustls(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(reason) => {
            // The name of the variant, without its operands.
            let rule = format!("{reason:?}");
            let end = rule.find(|c: char| !c.is_ascii_alphanumeric());
            Failure::Untrusted {
                rule: rule
                    .get(..end.unwrap_or(rule.len()))
                    .unwrap_or_default()
                    .to_owned(),
            }
        }
        rustls::Error::AlertReceived(alert) => Failure::Alert {
            code: u8::from(*alert),
            name: format!("{alert:?}"),
        },
        other => Failure::Incompatible {
            rule: format!("{other:?}"),
        },
    }
}

/// What this side ended a QUIC connection with. Its own alert says that it does not trust the certificate.
fn of_quic(code: u64, reason: &str) -> Failure {
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
