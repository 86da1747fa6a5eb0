//! The second door: a handshake with every address, and further hellos beside it.

mod aia;
pub mod announced;
pub mod beside;
pub mod bundle;
pub mod certificate;
mod door;
mod enumerate;
mod fetch;
pub mod file;
pub(in crate::observe) mod handshake;
mod hello;
pub mod identity;
mod probe;
mod quic;
mod recorder;
mod revocation;
mod spoken;
pub mod starttls;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;

use crate::facts::tls::{Endpoint, Tls};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use door::Door;
use enumerate::Lister;
use identity::Identity;
use probe::Asked;
use probe::prober::Prober;
use probe::question::Addressee;
use starttls::Protocol;

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
    /// The protocol that is spoken in clear before TLS.
    pub starttls: Option<Protocol>,
    /// What is shown to a server that asks for a certificate.
    pub identity: Option<Identity>,
    /// Keys for an encrypted hello, as an ECHConfigList; the hello is sent in clear without.
    pub ech: Option<Vec<u8>>,
    /// How much is asked beside the handshake.
    pub depth: Depth,
}

/// How much is asked of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// One handshake.
    Handshake,
    /// A hello for each question as well.
    #[default]
    Probes,
    /// Everything that the server accepts as well.
    Enumerate,
}

/// Shakes hands with every address of the plan, side by side.
pub async fn observe(plan: &TlsPlan, dialer: &Dialer, deadline: Deadline) -> Tls {
    let looks = plan.addresses.iter().map(|at| {
        let door = Door {
            plan,
            at: *at,
            dialer,
            deadline,
        };
        look(door)
    });
    Tls {
        host: plan.host.clone(),
        lookup: None,
        endpoints: join_all(looks).await,
        announced: None,
    }
}

/// The first connection tells whether anybody is there; then the handshake goes on in it, and the other hellos beside it.
async fn look(door: Door<'_>) -> Endpoint {
    let mut endpoint = handshake::unseen(door.plan, door.at);
    let Some(stream) = handshake::connected(&door, &mut endpoint).await else {
        return endpoint;
    };
    if door.plan.depth == Depth::Handshake {
        shake(&door, stream, &mut endpoint).await;
        return endpoint;
    }
    let prober = Prober::new(&door);
    let addressee = addressee(door.plan);
    let shaking = shake(&door, stream, &mut endpoint);
    let ((), asked) = tokio::join!(shaking, probe::ask(&prober, addressee, 1));
    again(&door, &asked, &mut endpoint).await;
    note(&asked, &mut endpoint);
    let answered = asked.iter().any(|(_, met)| met.is_answer());
    if door.plan.depth == Depth::Enumerate && answered {
        let lister = Lister {
            prober: &prober,
            addressee,
            asked: &asked,
        };
        endpoint.offered = Some(lister.list().await);
    }
    endpoint
}

/// An address is not sent in a hello (RFC 6066 §3).
fn addressee(plan: &TlsPlan) -> Addressee<'_> {
    let is_address = plan.server_name.parse::<IpAddr>().is_ok();
    let server_name = (!is_address).then_some(plan.server_name.as_str());
    Addressee { server_name }
}

/// A handshake that was cut off beside hellos that were answered is tried again, alone.
async fn again(door: &Door<'_>, asked: &[Asked], endpoint: &mut Endpoint) {
    let worth = |failure| probe::is_worth_another_try(failure, asked);
    if endpoint
        .error
        .as_ref()
        .is_some_and(|error| worth(&error.failure))
        && let Ok(stream) =
            handshake::connect(door.at, door.patience(), door.dialer, door.deadline).await
    {
        shake(door, stream, endpoint).await;
    }
}

/// Shakes hands, and closes the connection. In TLS 1.3 a server that insists on a certificate says so only after the client
/// is done.
async fn shake(door: &Door<'_>, stream: TcpStream, endpoint: &mut Endpoint) {
    let stream = handshake::shaken(door, stream, endpoint).await;
    if let (Some(stream), Some(true), None) = (
        stream,
        endpoint.client_certificate_asked,
        &door.plan.identity,
    ) {
        handshake::turned_away(door, stream, endpoint).await;
    }
}

fn note(asked: &[Asked], endpoint: &mut Endpoint) {
    if endpoint.error.is_some() {
        probe::show(asked, endpoint);
    }
    let shown = endpoint.leaf().map(|leaf| leaf.sha256.clone());
    let facts = asked
        .iter()
        .map(|asked| probe::fact(asked, shown.as_deref()));
    endpoint.probes = Some(facts.collect());
}
