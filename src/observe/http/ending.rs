//! What ended a hop before its answer, by the library's error and by what was read until then.

use std::error::Error as _;

use super::tee::Head;
use crate::facts::attempt::Failure;
use crate::facts::http::{HopError, HopStage};
use crate::facts::tls::{EndpointError, Stage};
use crate::observe::tls::handshake;

/// How many of a peer's first bytes are shown when they are no HTTP.
const FIRST_BYTES: usize = 64;

/// What ended a hop after its handshake. With an alert instead of any answer the server ends the handshake: in TLS 1.3 the client
/// is done with it before the server is.
pub(super) fn failed(failure: Failure, answered: bool) -> HopError {
    let stage = match failure {
        Failure::Alert { .. } if !answered => HopStage::Handshake,
        _ => HopStage::Exchange,
    };
    HopError { stage, failure }
}

pub(super) fn shaken(error: Option<EndpointError>) -> HopError {
    let Some(error) = error else {
        return HopError {
            stage: HopStage::Handshake,
            failure: Failure::Closed,
        };
    };
    let stage = match error.stage {
        Stage::Connect => HopStage::Connect,
        Stage::Handshake => HopStage::Handshake,
    };
    HopError {
        stage,
        failure: error.failure,
    }
}

/// What ended an exchange, by what was read until then.
pub(super) fn why(error: &hyper::Error, head: &Head) -> Failure {
    let read = head.bytes();
    let limit = |limit: &str| Failure::LimitReached {
        limit: limit.to_owned(),
    };
    if head.is_too_long() {
        return limit("HEAD_BYTES");
    }
    if error.is_parse_too_large() {
        return limit("HEADERS");
    }
    if let Some(failure) = of_socket(error) {
        return failure;
    }
    if read.is_empty() {
        return Failure::Closed;
    }
    if read.starts_with(b"HTTP/") {
        return Failure::Malformed { at: None };
    }
    let first = read.get(..FIRST_BYTES).unwrap_or(&read);
    Failure::NotHttp {
        first_bytes: first.escape_ascii().to_string(),
    }
}

pub(super) fn why_h2(error: &hyper::Error) -> Failure {
    if let Some(failure) = of_socket(error).or_else(|| of_h2(error)) {
        return failure;
    }
    if error.is_closed() || error.is_canceled() || error.is_incomplete_message() {
        Failure::Closed
    } else {
        Failure::Malformed { at: None }
    }
}

/// What the library refuses as too much, and what the server says.
fn of_h2(error: &hyper::Error) -> Option<Failure> {
    let error: &h2::Error = inner(error)?;
    let reason = error.reason()?;
    let bounds = [h2::Reason::REFUSED_STREAM, h2::Reason::ENHANCE_YOUR_CALM];
    if error.is_library() && bounds.contains(&reason) {
        return Some(Failure::LimitReached {
            limit: "HEAD_BYTES".to_owned(),
        });
    }
    error.is_remote().then(|| Failure::Http2Error {
        code: reason.into(),
        name: format!("{reason:?}"),
    })
}

/// The reset of a connection, or the alert of TLS that ends it.
fn of_socket(error: &hyper::Error) -> Option<Failure> {
    let io: &std::io::Error = inner(error)?;
    if let Some(alert) = handshake::alert_of(io) {
        return Some(alert);
    }
    let reset = io.kind() == std::io::ErrorKind::ConnectionReset;
    reset.then_some(Failure::Reset)
}

/// The error of a kind that hyper has wrapped.
fn inner<E: std::error::Error + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(wanted) = inner.downcast_ref::<E>() {
            return Some(wanted);
        }
        source = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_instead_of_an_answer_ends_the_handshake_and_one_within_it_the_exchange() {
        let alert = || Failure::Alert {
            code: 116,
            name: "CertificateRequired".to_owned(),
        };
        assert_eq!(failed(alert(), false).stage, HopStage::Handshake);
        assert_eq!(failed(alert(), true).stage, HopStage::Exchange);
        assert_eq!(failed(Failure::Closed, false).stage, HopStage::Exchange);
    }
}
