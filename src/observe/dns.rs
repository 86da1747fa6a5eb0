//! The first door: the name is resolved from the root, and every exchange kept.

mod exchange;
pub mod hints;
mod message;
mod referral;
pub mod resolvers;
mod survey;
mod trace;

use std::sync::Arc;

use crate::facts::dns::Dns;
use crate::facts::name::{DnsName, RrType};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use hints::RootHints;

/// What to trace and how.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// The name.
    pub name: DnsName,
    /// The types, in the order in which they are reported.
    pub types: Vec<RrType>,
    /// Where to begin.
    pub hints: RootHints,
    /// Ask every server the shortest name that tells (RFC 9156).
    pub minimise: bool,
    /// Ask over TCP only.
    pub tcp_only: bool,
    /// The EDNS buffer announced, in bytes.
    pub buffer: u16,
    /// How long one attempt may take.
    pub probe_timeout: std::time::Duration,
}

/// Traces every question of the plan, then asks each server of the zones that the answer came from.
pub async fn trace(plan: TracePlan, dialer: Dialer, deadline: Deadline) -> Dns {
    let tracer = trace::Tracer::new(plan, dialer, deadline);
    let questions = Arc::clone(&tracer).run().await;
    Arc::clone(&tracer).survey(&questions).await;
    tracer.into_facts(questions).await
}
