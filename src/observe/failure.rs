//! Why a look-up beside the doors led to nothing, out of the libraries' errors.

use std::error::Error;
use std::time::Duration;

use crate::facts::attempt::Failure;

/// A failure on its way through the client.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0:?}")]
pub(super) struct Refused(pub(crate) Failure);

/// The reason in the words of the facts, from the innermost cause that has one.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    let mut found = Failure::Malformed { at: None };
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(own) = cause {
        if let Some(Refused(failure)) = own.downcast_ref() {
            return failure.clone();
        }
        if let Some(tls) = own.downcast_ref() {
            return of_rustls(tls);
        }
        // What an error of a socket carries is passed over by its own `source`.
        let io: Option<&std::io::Error> = own.downcast_ref();
        let carried = io.and_then(std::io::Error::get_ref);
        if let Some(io) = io {
            found = Failure::from_io(io, Duration::ZERO);
        }
        cause = carried.map_or_else(|| own.source(), |carried| Some(carried));
    }
    found
}

/// Why TLS went no further, as the library says.
pub(super) fn of_rustls(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(reason) => Failure::Untrusted {
            rule: variant(&format!("{reason:?}")),
        },
        rustls::Error::AlertReceived(alert) => Failure::Alert {
            code: u8::from(*alert),
            name: format!("{alert:?}"),
        },
        other => Failure::Incompatible {
            rule: variant(&format!("{other:?}")),
        },
    }
}

/// The name of a variant without its operands.
fn variant(debug: &str) -> String {
    debug
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}
