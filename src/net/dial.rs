//! Opens sockets: the families in use, and the addresses that `--connect-to` rewrites.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::net::{TcpStream, UdpSocket};

/// Which address families may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Families {
    /// Both.
    #[default]
    Both,
    /// IPv4 only (`-4`).
    Ipv4,
    /// IPv6 only (`-6`).
    Ipv6,
}

impl Families {
    /// Whether `address` belongs to a family that may be used.
    #[must_use]
    pub fn allow(self, address: IpAddr) -> bool {
        match self {
            Self::Both => true,
            Self::Ipv4 => address.is_ipv4(),
            Self::Ipv6 => address.is_ipv6(),
        }
    }
}

/// One `--connect-to HOST:PORT:ADDR:PORT`. An empty field matches anything, or keeps what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTo {
    host: Option<String>,
    port: Option<u16>,
    to_address: Option<IpAddr>,
    to_port: Option<u16>,
}

/// Why a `--connect-to` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConnectToError {
    /// Not four fields.
    #[error("`{0}` is not of the form HOST:PORT:ADDR:PORT")]
    Form(String),
    /// A port is no number from 1 to 65535.
    #[error("`{0}` is no port")]
    Port(String),
    /// The address to dial is no IP address.
    #[error("`{0}` is no address (IPv6 goes in brackets)")]
    Address(String),
}

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields = split_outside_brackets(text);
        let [host, port, address, to_port] = fields.as_slice() else {
            return Err(ConnectToError::Form(text.to_owned()));
        };
        Ok(Self {
            host: filled(host).map(|host| host.trim_end_matches('.').to_ascii_lowercase()),
            port: read_port(port)?,
            to_address: match filled(address) {
                Some(address) => Some(
                    address
                        .parse()
                        .map_err(|_| ConnectToError::Address((*address).to_owned()))?,
                ),
                None => None,
            },
            to_port: read_port(to_port)?,
        })
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.split(|c| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        c == ':' && !inside
    })
    .collect()
}

fn filled(field: &str) -> Option<&str> {
    let bare = field
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(field);
    (!bare.is_empty()).then_some(bare)
}

fn read_port(field: &str) -> Result<Option<u16>, ConnectToError> {
    match field {
        "" => Ok(None),
        digits => match digits.parse() {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(ConnectToError::Port(digits.to_owned())),
        },
    }
}

impl ConnectTo {
    fn apply(&self, host: &str, asked: SocketAddr) -> Option<SocketAddr> {
        let matches = self.host.as_deref().is_none_or(|own| own == host)
            && self.port.is_none_or(|own| own == asked.port());
        matches.then(|| {
            SocketAddr::new(
                self.to_address.unwrap_or(asked.ip()),
                self.to_port.unwrap_or(asked.port()),
            )
        })
    }
}

/// Opens every socket of a run.
#[derive(Clone, Debug)]
pub struct Dialer {
    families: Families,
    connect_to: Vec<ConnectTo>,
    /// Whether this machine has a way to an address, as it was found in this run.
    routes: Arc<Cache<SocketAddr, bool>>,
}

/// How many addresses are remembered: a run over thousands of names meets the same some hundred servers again and again.
const ROUTES: usize = 4_096;

impl Default for Dialer {
    fn default() -> Self {
        Self::new(Families::default(), Vec::new())
    }
}

impl Dialer {
    /// A dialer for `families` that rewrites by the first of `connect_to` that matches.
    #[must_use]
    pub fn new(families: Families, connect_to: Vec<ConnectTo>) -> Self {
        Self {
            families,
            connect_to,
            routes: Arc::new(Cache::new(ROUTES)),
        }
    }

    /// The address to dial for one of the facts.
    #[must_use]
    pub fn dialled(&self, asked: SocketAddr) -> SocketAddr {
        let host = asked.ip().to_string();
        self.connect_to
            .iter()
            .find_map(|rule| rule.apply(&host, asked))
            .unwrap_or(asked)
    }

    /// Where a host of this name and port is to be dialled without looking it up, if a rule says so.
    #[must_use]
    pub fn pinned(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let unset = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
        self.connect_to
            .iter()
            .filter(|rule| rule.host.is_some() && rule.to_address.is_some())
            .find_map(|rule| rule.apply(&host, unset))
    }

    /// Whether the family of `address` is wanted.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        self.families.allow(address)
    }

    /// Whether this machine has a way to the address that would be dialled. Sends nothing: the kernel looks up its route.
    #[must_use]
    pub fn has_route(&self, asked: SocketAddr) -> bool {
        if let Some(known) = self.routes.get(&asked) {
            return known;
        }
        let dialled = self.dialled(asked);
        let found = std::net::UdpSocket::bind(unspecified(dialled))
            .and_then(|socket| socket.connect(dialled))
            .is_ok();
        self.routes.insert(asked, found);
        found
    }

    /// A datagram socket connected to `asked`: the kernel drops what others send, and reports what ICMP says.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn udp(&self, asked: SocketAddr) -> io::Result<UdpSocket> {
        let dialled = self.dialled(asked);
        let socket = UdpSocket::bind(unspecified(dialled)).await?;
        socket.connect(dialled).await?;
        Ok(socket)
    }

    /// A connection to `asked`, without Nagle's delay.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn tcp(&self, asked: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.dialled(asked)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

fn unspecified(peer: SocketAddr) -> SocketAddr {
    match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialer(rules: &[&str]) -> Dialer {
        Dialer::new(
            Families::Both,
            rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        )
    }

    #[test]
    fn an_address_is_rewritten_and_its_port_kept_when_the_field_is_empty() {
        let dialer = dialer(&["192.0.2.1::127.0.0.1:"]);
        assert_eq!(
            dialer.dialled("192.0.2.1:53".parse().unwrap()),
            "127.0.0.1:53".parse().unwrap()
        );
        assert_eq!(
            dialer.dialled("192.0.2.2:53".parse().unwrap()),
            "192.0.2.2:53".parse().unwrap()
        );
    }

    #[test]
    fn ipv6_stands_in_brackets_on_both_sides() {
        let dialer = dialer(&["[2001:db8::1]:443:[::1]:8443"]);
        assert_eq!(
            dialer.dialled("[2001:db8::1]:443".parse().unwrap()),
            "[::1]:8443".parse().unwrap()
        );
        assert_eq!(
            dialer.dialled("[2001:db8::1]:80".parse().unwrap()),
            "[2001:db8::1]:80".parse().unwrap()
        );
    }

    #[test]
    fn a_host_name_is_pinned_and_an_empty_host_pins_nothing() {
        let dialer = dialer(&["Shop.Example.:443:127.0.0.1:8443", "::127.0.0.9:"]);
        assert_eq!(
            dialer.pinned("shop.example", 443),
            Some("127.0.0.1:8443".parse().unwrap())
        );
        assert_eq!(dialer.pinned("shop.example", 80), None);
    }

    #[test]
    fn what_is_not_four_fields_or_no_port_or_no_address_is_refused() {
        for wrong in [
            "a:1:2",
            "a:70000:127.0.0.1:1",
            "a:1:b:2",
            "2001:db8::1:53:127.0.0.1:53",
            "a:0::",
        ] {
            assert!(wrong.parse::<ConnectTo>().is_err(), "{wrong}");
        }
    }
}
