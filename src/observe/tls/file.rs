//! A chain that was read from a file: an endpoint without a connection.

use std::net::SocketAddr;
use std::time::Duration;

use super::{TlsPlan, certificate, handshake};
use crate::facts::tls::{Endpoint, Hello, Tls};

/// The facts of a chain in `file`, the leaf first. Without a `name` none is verified.
#[must_use]
pub fn read(file: &str, name: Option<&str>, chain: &[Vec<u8>]) -> Tls {
    let plan = TlsPlan {
        host: file.to_owned(),
        addresses: Vec::new(),
        server_name: name.unwrap_or_default().to_owned(),
        alpn: Vec::new(),
        probe_timeout: Duration::ZERO,
    };
    let nowhere = SocketAddr::new(Endpoint::NO_ADDRESS, 0);
    let mut endpoint = handshake::unseen(&plan, nowhere, Hello::default());
    endpoint.file = Some(file.to_owned());
    endpoint.chain = chain.iter().map(|der| certificate::read(der)).collect();
    Tls {
        host: file.to_owned(),
        lookup: None,
        endpoints: vec![endpoint],
    }
}
