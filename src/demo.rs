//! A small internet in this process, which is the tests' world as well: root, TLD and zone servers on loopback.
//!
//! It uses realistic addresses (the real root servers', documentation ranges) that are reached by rewriting, as with
//! `--connect-to`. It knows nothing of the rest of the crate: it speaks DNS on real sockets.

mod answer;
mod serve;
pub mod zone;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::net::dial::ConnectTo;
use zone::ZoneData;

/// How a name server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Serve,
    /// Answers every question with REFUSED.
    Refuse,
    /// Takes questions and says nothing.
    Silent,
    /// Cuts every answer over UDP short.
    Truncate,
    /// Answers with bytes that are no message, after the right id.
    Garbage,
    /// Answers first with another id, then rightly.
    WrongIdFirst,
}

/// A name server of the world.
#[derive(Clone, Debug)]
pub struct NameServer {
    /// The address in the world.
    pub address: IpAddr,
    /// The zones that it has.
    pub zones: Vec<Arc<ZoneData>>,
    /// How it behaves.
    pub behaviour: Behaviour,
}

/// The world, running until it is dropped with its runtime.
#[derive(Debug, Default)]
pub struct World {
    rules: Vec<String>,
}

impl World {
    /// Starts servers on loopback ports.
    ///
    /// # Errors
    /// When a port cannot be bound.
    pub async fn start(servers: Vec<NameServer>) -> io::Result<Self> {
        let mut world = Self::default();
        for server in servers {
            let (asked, dialled) = (
                SocketAddr::new(server.address, 53),
                serve::start(server).await?,
            );
            world.rules.push(rule(asked, dialled));
        }
        Ok(world)
    }

    /// The `--connect-to` options under which the world's addresses are reached.
    #[must_use]
    pub fn connect_to(&self) -> &[String] {
        &self.rules
    }

    /// The same for a dialer.
    #[must_use]
    pub fn rules(&self) -> Vec<ConnectTo> {
        self.rules
            .iter()
            .filter_map(|rule| rule.parse().ok())
            .collect()
    }
}

fn rule(asked: SocketAddr, dialled: SocketAddr) -> String {
    let host = match asked.ip() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    format!(
        "{host}:{}:{}:{}",
        asked.port(),
        dialled.ip(),
        dialled.port()
    )
}
