//! Runs a plan and writes down what happened. The only asynchronous code, the only place that spawns.

pub mod dns;
pub mod tls;
