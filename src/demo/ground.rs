//! Where the world stands: on loopback ports, or on its own addresses and ports.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, UdpSocket};

use super::site::Speaks;

/// Where the world's sockets are bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// On ports of 127.0.0.1 that the kernel gives: needs no rights and no IPv6, and is reached by rewriting.
    #[default]
    Loopback,
    /// On the world's own addresses, ports 53, 80 and 443.
    Real,
}

/// A listener, the datagrams of its port where it has a use for them, and the addresses of the world that it stands for.
type Listener = (TcpListener, Option<UdpSocket>, Vec<IpAddr>);

impl Ground {
    /// The listeners for these addresses; none where the port is closed.
    pub(super) async fn listeners(
        self,
        addresses: &[IpAddr],
        port: u16,
        speaks: &Speaks,
    ) -> io::Result<Vec<Listener>> {
        if matches!(speaks, Speaks::Closed) {
            return Ok(Vec::new());
        }
        let quic = matches!(speaks, Speaks::Https3(..));
        let mut listeners = Vec::new();
        match self {
            Self::Loopback if quic => {
                let (udp, listener) = pair().await?;
                listeners.push((listener, Some(udp), addresses.to_vec()));
            }
            Self::Loopback => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                listeners.push((listener, None, addresses.to_vec()));
            }
            Self::Real => {
                for address in addresses {
                    let listener =
                        bound(TcpListener::bind((*address, port)).await, *address, port)?;
                    let udp = match quic {
                        true => Some(bound(
                            UdpSocket::bind((*address, port)).await,
                            *address,
                            port,
                        )?),
                        false => None,
                    };
                    listeners.push((listener, udp, vec![*address]));
                }
            }
        }
        Ok(listeners)
    }

    /// UDP and TCP sockets on the same port, for each address.
    pub(super) async fn dns_sockets(
        self,
        addresses: &[IpAddr],
    ) -> io::Result<Vec<(UdpSocket, TcpListener, IpAddr)>> {
        let mut sockets = Vec::new();
        for address in addresses {
            let (udp, tcp) = match self {
                Self::Loopback => pair().await?,
                Self::Real => (
                    bound(UdpSocket::bind((*address, 53)).await, *address, 53)?,
                    bound(TcpListener::bind((*address, 53)).await, *address, 53)?,
                ),
            };
            sockets.push((udp, tcp, *address));
        }
        Ok(sockets)
    }
}

/// The kernel gives a UDP port, and the same one may be taken for TCP: try others then.
async fn pair() -> io::Result<(UdpSocket, TcpListener)> {
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

/// The error of a socket says nothing of the address that it was meant for.
fn bound<T>(result: io::Result<T>, address: IpAddr, port: u16) -> io::Result<T> {
    result.map_err(|error| {
        let at = SocketAddr::new(address, port);
        io::Error::new(error.kind(), format!("{at}: {error}"))
    })
}
