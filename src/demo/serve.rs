//! A name server's sockets: UDP and TCP on one port.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::answer::answer;
use super::delay::{Carried, Delay};
use super::forge::{Carrier, Forge, Forged};
use super::resolver::Resolver;
use super::zone::ZoneData;
use super::{Behaviour, NameServer};

/// Who answers.
#[derive(Debug)]
pub(super) enum Answering {
    /// A server of zones, which may change.
    Server(RwLock<NameServer>),
    /// The world's resolver.
    Resolver(Resolver),
    /// A server of zones that resolves all else.
    Both(RwLock<NameServer>, Resolver),
}

impl Answering {
    fn respond(&self, asked: &Message) -> Option<Message> {
        match self {
            Self::Server(server) => respond(&read(server), asked),
            Self::Resolver(resolver) => resolver.respond(asked),
            Self::Both(server, resolver) => {
                let foreign =
                    |response: &Message| response.metadata.response_code == ResponseCode::Refused;
                match respond(&read(server), asked) {
                    Some(response) if foreign(&response) && asked.metadata.recursion_desired => {
                        resolver.respond(asked)
                    }
                    own => own,
                }
            }
        }
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        match self {
            Self::Server(server) | Self::Both(server, _) => read(server).behaviour,
            Self::Resolver(_) => Behaviour::Serve,
        }
    }

    /// Has a server of zones serve these from now on.
    pub(super) fn serve(&self, zones: Vec<Arc<ZoneData>>) {
        if let Self::Server(server) = self {
            let mut server = server.write().unwrap_or_else(PoisonError::into_inner);
            server.zones = zones;
        }
    }

    fn read_and_respond(&self, bytes: &[u8]) -> Option<(Message, Message)> {
        let asked = Message::from_vec(bytes).ok()?;
        let response = self.respond(&asked)?;
        Some((asked, response))
    }
}

fn read(server: &RwLock<NameServer>) -> RwLockReadGuard<'_, NameServer> {
    server.read().unwrap_or_else(PoisonError::into_inner)
}

/// What a name server says, as it behaves; nothing when it is silent.
pub(super) fn respond(server: &NameServer, asked: &Message) -> Option<Message> {
    let mut response = answer(server, asked)?;
    match server.behaviour {
        Behaviour::Silent | Behaviour::Dead => None,
        Behaviour::Refuse => {
            empty(&mut response);
            response.metadata.authoritative = false;
            response.metadata.response_code = ResponseCode::Refused;
            Some(response)
        }
        Behaviour::FailAtEdns if asked.edns.is_some() => {
            empty(&mut response);
            response.edns = None;
            response.metadata.authoritative = false;
            response.metadata.response_code = ResponseCode::FormErr;
            Some(response)
        }
        Behaviour::DenyEmpty if denies_below(server, asked, &response) => {
            response.metadata.response_code = ResponseCode::NXDomain;
            Some(response)
        }
        Behaviour::Drop(kind) if asks_for(asked, kind) => None,
        _ => Some(response),
    }
}

fn asks_for(asked: &Message, kind: RecordType) -> bool {
    let mut queries = asked.queries.iter();
    queries.any(|query| query.query_type == kind)
}

/// Whether the name asked for has no records at all, and others below it have.
fn denies_below(server: &NameServer, asked: &Message, response: &Message) -> bool {
    let name = asked.queries.first().map(|query| query.name.to_lowercase());
    let mut zones = server.zones.iter();
    let empty = response.metadata.authoritative && response.answers.is_empty();
    name.is_some_and(|name| empty && zones.all(|zone| !zone.nodes.contains_key(&name)))
}

fn empty(response: &mut Message) {
    response.answers.clear();
    response.authorities.clear();
    response.additionals.clear();
}

/// Answers datagrams for as long as the runtime lives. Of a set that is given out by turns, `turn` has the first: each
/// address goes its own round.
pub(super) async fn udp(
    answering: Arc<Answering>,
    socket: UdpSocket,
    delay: Delay,
    mut turn: usize,
) {
    let socket = Arc::new(socket);
    let mut datagram = vec![0; 4096];
    loop {
        // An error is the echo of a client that has gone (ICMP, told as a reset on Windows): no concern of the server's.
        let Ok((size, from)) = socket.recv_from(&mut datagram).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let bytes = datagram.get(..size).unwrap_or_default();
        let replies = datagrams(&answering, bytes, &mut turn);
        let spoofed = spoofed(&answering, bytes);
        let socket = Arc::clone(&socket);
        let send = async move {
            delay.round_trip().await;
            if let Some(forged) = spoofed {
                let _ = from_elsewhere(&forged, &socket, from).await;
            }
            for reply in replies.pieces {
                tokio::time::sleep(replies.pause).await;
                let _ = socket.send_to(&reply, from).await;
            }
        };
        tokio::spawn(send);
    }
}

/// The response that a forger makes of the true one.
fn spoofed(answering: &Answering, bytes: &[u8]) -> Option<Vec<u8>> {
    if answering.behaviour() != Behaviour::Spoofed {
        return None;
    }
    let (_, mut response) = answering.read_and_respond(bytes)?;
    for record in &mut response.answers {
        if let RData::A(address) = &mut record.data {
            *address = A::new(203, 0, 113, 66);
        }
    }
    response.to_vec().ok()
}

async fn from_elsewhere(bytes: &[u8], own: &UdpSocket, to: SocketAddr) -> std::io::Result<()> {
    let other = UdpSocket::bind((own.local_addr()?.ip(), 0)).await?;
    other.send_to(bytes, to).await.map(|_| ())
}

fn datagrams(answering: &Answering, bytes: &[u8], turn: &mut usize) -> Forged {
    let Some((asked, mut response)) = answering.read_and_respond(bytes) else {
        return Forged::default();
    };
    let one = |wire| Forged::whole(wire, Carrier::Udp);
    match answering.behaviour() {
        Behaviour::NoUdp => return Forged::default(),
        Behaviour::Forge(Forge(forge)) => return forge(&asked, response, Carrier::Udp),
        Behaviour::Rotate(kind) if asks_for(&asked, kind) && !response.answers.is_empty() => {
            let chosen = *turn % response.answers.len();
            response.answers = vec![response.answers.swap_remove(chosen)];
            *turn += 1;
        }
        Behaviour::Garbage => {
            return one([&asked.metadata.id.to_be_bytes()[..], &[0xff; 40]].concat());
        }
        _ => {}
    }
    let mut wire = response.to_vec().unwrap_or_default();
    let cut = answering.behaviour() == Behaviour::Truncate;
    if cut || wire.len() > usize::from(asked.max_payload()) {
        empty(&mut response);
        response.metadata.truncation = true;
        wire = response.to_vec().unwrap_or_default();
    }
    let mut replies = one(wire.clone());
    if answering.behaviour() == Behaviour::WrongIdFirst {
        if let Some(first) = wire.first_mut() {
            *first ^= 1;
        }
        replies.pieces.insert(0, wire);
    }
    replies
}

/// Answers connections for as long as the runtime lives.
pub(super) async fn tcp(answering: Arc<Answering>, listener: TcpListener, delay: Delay) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(talk(
                Arc::clone(&answering),
                delay.carry(stream),
            ))),
            // Out of descriptors, as a rule: others must come to their end first.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn talk(answering: Arc<Answering>, mut stream: Carried) {
    while let Ok(size) = stream.read_u16().await {
        let mut bytes = vec![0; usize::from(size)];
        if stream.read_exact(&mut bytes).await.is_err() {
            return;
        }
        let Some((asked, response)) = answering.read_and_respond(&bytes) else {
            // Silent: holds the connection open until the client gives up.
            let _ = stream.read_u8().await;
            return;
        };
        let said = if let Behaviour::Forge(Forge(forge)) = answering.behaviour() {
            forge(&asked, response, Carrier::Tcp)
        } else {
            Forged::whole(response.to_vec().unwrap_or_default(), Carrier::Tcp)
        };
        for piece in said.pieces {
            tokio::time::sleep(said.pause).await;
            if stream.write_all(&piece).await.is_err() {
                return;
            }
        }
    }
}
