//! Runs a plan and writes down what happened. The only asynchronous code, the only place that spawns.

pub mod dns;
mod failure;
pub mod http;
pub mod tls;

use crate::facts::attempt::Failure;
use crate::net::deadline::Elapsed;

impl From<Elapsed> for Failure {
    fn from(elapsed: Elapsed) -> Self {
        match elapsed {
            Elapsed::Attempt(after) => Self::TimedOut {
                after_ms: after.into(),
            },
            Elapsed::Target => Self::OutOfTime,
            Elapsed::Stopped => Self::Interrupted,
        }
    }
}
