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
mod resumption;
mod revocation;
mod spoken;
pub mod starttls;
#[cfg(test)]
mod testing;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;

use crate::facts::probe::Offered;
use crate::facts::tls::{Endpoint, Resumption, Tls};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use door::Door;
use enumerate::Lister;
pub use hello::read::told_in_pieces;
use identity::Identity;
use probe::Asked;
use probe::prober::Prober;
use probe::question::Addressee;
use resumption::Keeper;
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
        twin: None,
        endpoints: join_all(looks).await,
        announced: None,
    }
}

/// The first connection tells whether anybody is there; then the handshake goes on in it, and the other hellos beside it.
async fn look(door: Door<'_>) -> Endpoint {
    let mut endpoint = handshake::unseen(door.plan, door.at);
    let socket = door::socket().await;
    let prober = Prober::new(&door);
    prober.look_ahead(limits::LISTED_AT_ONCE - 1);
    let Some(stream) = handshake::connected(&door, &mut endpoint).await else {
        return endpoint;
    };
    if door.plan.depth == Depth::Handshake {
        shake(&door, stream, &mut endpoint, None).await;
        return endpoint;
    }
    let addressee = addressee(door.plan);
    let keeper = (door.plan.depth == Depth::Enumerate).then(Keeper::new);
    let shaking = async {
        {
            let _socket = socket;
            let _one = prober.room_in_list().await;
            shake(&door, stream, &mut endpoint, keeper.as_ref()).await;
        }
        let seen = endpoint.resumption.take();
        resumed(&door, &prober, keeper.as_deref().zip(seen)).await
    };
    let asking = async {
        let asked = probe::ask(&prober, addressee).await;
        let lists = prober.lists() && asked.iter().any(|(_, met)| met.is_answer());
        let listing = async {
            match lists.then(|| Lister::new(&prober, addressee, &asked)) {
                Some(lister) => Some(lister.list().await),
                None => None,
            }
        };
        let nameless = probe::ask_nameless(&prober, addressee);
        let (offered, nameless) = tokio::join!(listing, nameless);
        (asked, offered, nameless)
    };
    // What comes after the handshake, such as tickets, is waited for beside the list.
    let (resumption, (mut asked, offered, nameless)) = tokio::join!(shaking, asking);
    again(&door, (&prober, &asked), &mut endpoint).await;
    endpoint.offered = offered.map(|offered| Offered {
        connections: prober.connections(),
        ..offered
    });
    endpoint.resumption = resumption;
    probe::put(nameless, &mut asked);
    note(&asked, &mut endpoint);
    endpoint
}

/// An address is not sent in a hello (RFC 6066 §3).
fn addressee(plan: &TlsPlan) -> Addressee<'_> {
    let is_address = plan.server_name.parse::<IpAddr>().is_ok();
    let server_name = (!is_address).then_some(plan.server_name.as_str());
    Addressee { server_name }
}

/// A handshake that was cut off beside hellos that were answered is tried again, alone.
async fn again(door: &Door<'_>, (prober, asked): (&Prober<'_>, &[Asked]), endpoint: &mut Endpoint) {
    let worth = |failure| probe::is_worth_another_try(failure, asked);
    if !endpoint
        .error
        .as_ref()
        .is_some_and(|error| worth(&error.failure))
    {
        return;
    }
    let _one = prober.reserve().await;
    tokio::time::sleep(limits::PROBE_PAUSE).await;
    let connecting = handshake::connect(door.at, door.patience(), door.dialer, door.deadline);
    if let Ok(stream) = connecting.await {
        shake(door, stream, endpoint, None).await;
    }
}

/// What a second connection shows, where the first one was to be gone on with.
async fn resumed(
    door: &Door<'_>,
    prober: &Prober<'_>,
    first: Option<(&Keeper, Resumption)>,
) -> Option<Resumption> {
    let (keeper, seen) = first?;
    Some(resumption::look(door, prober, keeper, seen).await)
}

/// Shakes hands, and closes the connection. In TLS 1.3 a server that insists on a certificate says so only after the client
/// is done.
async fn shake(
    door: &Door<'_>,
    stream: TcpStream,
    endpoint: &mut Endpoint,
    keeper: Option<&Arc<Keeper>>,
) {
    let Some(mut stream) = handshake::shaken(door, stream, endpoint, keeper).await else {
        return;
    };
    let is_asked = endpoint.client_certificate_asked == Some(true);
    if is_asked && door.plan.identity.is_none() {
        handshake::turned_away(door, stream, endpoint).await;
    } else if let Some(keeper) = keeper {
        resumption::await_tickets(door, &mut stream, keeper, endpoint).await;
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
