//! A chain that was read from a file: an endpoint without a connection.

use std::net::SocketAddr;

use super::certificate;
use crate::facts::tls::{Endpoint, Tls};

/// The facts of a chain in `file`, the leaf first. Without a `name` none is verified.
#[must_use]
pub fn read(file: &str, name: Option<&str>, chain: &[Vec<u8>]) -> Tls {
    let nowhere = SocketAddr::new(Endpoint::NO_ADDRESS, 0);
    let mut endpoint = Endpoint::unseen(file, nowhere, name.unwrap_or_default());
    endpoint.file = Some(file.to_owned());
    endpoint.chain = chain.iter().map(|der| certificate::read(der)).collect();
    Tls {
        host: file.to_owned(),
        lookup: None,
        twin: None,
        endpoints: vec![endpoint],
        announced: None,
    }
}
