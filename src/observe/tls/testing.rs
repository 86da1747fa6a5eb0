//! What tests of looks beside the handshakes share.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::observe::dns::resolvers::{Lookup, LookupPlan, ResolverChoice};

/// A look-up that knows one host, and asks nobody of it.
pub(super) fn knowing(
    host: &str,
    addresses: Vec<IpAddr>,
    (dialer, deadline): (&Dialer, Deadline),
) -> Lookup {
    let plan = LookupPlan {
        resolver: ResolverChoice::System,
        compare: Vec::new(),
        roots: Arc::new(rustls::RootCertStore::empty()),
        hosts: None,
        probe_timeout: Duration::from_secs(1),
    };
    Lookup::new(plan, dialer.clone(), deadline).knowing(host, addresses)
}
