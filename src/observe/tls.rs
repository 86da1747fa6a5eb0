//! The second door: a handshake with every address.

mod aia;
pub mod beside;
pub mod bundle;
pub mod certificate;
mod fetch;
pub mod file;
pub(in crate::observe) mod handshake;
mod recorder;
mod revocation;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

use crate::facts::tls::Tls;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;

/// Whom to shake hands with, and how.
#[derive(Clone, Debug)]
pub struct TlsPlan {
    /// The host that was asked for.
    pub host: String,
    /// Its addresses.
    pub addresses: Vec<SocketAddr>,
    /// The name to send and to verify.
    pub server_name: String,
    /// Application protocols to offer, the preferred one first.
    pub alpn: Vec<String>,
    /// How long one attempt may take.
    pub probe_timeout: Duration,
}

/// Shakes hands with every address of the plan, side by side.
pub async fn observe(plan: &TlsPlan, dialer: &Dialer, deadline: Deadline) -> Tls {
    let handshakes = plan.addresses.iter().map(|address| async {
        let (endpoint, _) = handshake::open(plan, *address, dialer, deadline).await;
        endpoint
    });
    Tls {
        host: plan.host.clone(),
        lookup: None,
        endpoints: join_all(handshakes).await,
    }
}
