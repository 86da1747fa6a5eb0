//! A name server's sockets: UDP and TCP on one loopback port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::answer::answer;
use super::{Behaviour, NameServer};

/// Starts a server and says where it listens.
pub(super) async fn start(server: NameServer) -> io::Result<SocketAddr> {
    let (udp, tcp) = bind_pair().await?;
    let at = udp.local_addr()?;
    let server = Arc::new(server);
    tokio::spawn(serve_udp(Arc::clone(&server), udp));
    tokio::spawn(serve_tcp(server, tcp));
    Ok(at)
}

/// The kernel gives a UDP port, and the same one may be taken for TCP: try others then.
async fn bind_pair() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..16 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

async fn serve_udp(server: Arc<NameServer>, socket: UdpSocket) {
    let mut datagram = vec![0; 4096];
    while let Ok((size, from)) = socket.recv_from(&mut datagram).await {
        for reply in datagrams(&server, datagram.get(..size).unwrap_or_default()) {
            // A client that has gone is no concern of the server's.
            let _ = socket.send_to(&reply, from).await;
        }
    }
}

fn datagrams(server: &NameServer, bytes: &[u8]) -> Vec<Vec<u8>> {
    let Some((asked, mut response)) = respond(server, bytes) else {
        return Vec::new();
    };
    if server.behaviour == Behaviour::Garbage {
        return vec![[&asked.metadata.id.to_be_bytes()[..], &[0xff; 40]].concat()];
    }
    let mut wire = response.to_vec().unwrap_or_default();
    if server.behaviour == Behaviour::Truncate || wire.len() > usize::from(asked.max_payload()) {
        response.answers.clear();
        response.authorities.clear();
        response.additionals.clear();
        response.metadata.truncation = true;
        wire = response.to_vec().unwrap_or_default();
    }
    if server.behaviour == Behaviour::WrongIdFirst {
        let mut stray = wire.clone();
        if let Some(first) = stray.first_mut() {
            *first ^= 1;
        }
        return vec![stray, wire];
    }
    vec![wire]
}

async fn serve_tcp(server: Arc<NameServer>, listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok(size) = stream.read_u16().await {
                let mut bytes = vec![0; usize::from(size)];
                if stream.read_exact(&mut bytes).await.is_err() {
                    return;
                }
                let Some((_, response)) = respond(&server, &bytes) else {
                    // Silent: holds the connection open until the client gives up.
                    std::future::pending::<()>().await;
                    return;
                };
                let wire = response.to_vec().unwrap_or_default();
                let Ok(length) = u16::try_from(wire.len()) else {
                    return;
                };
                if stream
                    .write_all(&[&length.to_be_bytes()[..], &wire].concat())
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
    }
}

fn respond(server: &NameServer, bytes: &[u8]) -> Option<(Message, Message)> {
    let asked = Message::from_vec(bytes).ok()?;
    let mut response = answer(server, &asked)?;
    match server.behaviour {
        Behaviour::Silent => None,
        Behaviour::Refuse => {
            response.answers.clear();
            response.authorities.clear();
            response.additionals.clear();
            response.metadata.response_code = hickory_proto::op::ResponseCode::Refused;
            Some((asked, response))
        }
        _ => Some((asked, response)),
    }
}
