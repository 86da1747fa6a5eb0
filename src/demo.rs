//! A small internet in this process, which is the tests' world as well: root, TLD and zone servers with signed zones, a caching
//! resolver, a certificate authority, and sites over HTTP and HTTPS.
//!
//! It uses realistic addresses (the real root servers', documentation ranges) that are reached by rewriting, as with
//! `--connect-to`. It knows nothing of the rest of the crate: it speaks DNS, TLS and HTTP on real sockets.

mod answer;
pub mod blueprint;
mod delay;
mod denial;
pub mod forge;
pub mod ground;
mod keys;
pub mod pki;
mod quic;
mod resolver;
pub mod scenarios;
mod serve;
pub mod sign;
pub mod site;
pub mod zone;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use crate::net::dial::ConnectTo;
use delay::Delay;
use forge::Forge;
use ground::Ground;
use hickory_proto::rr::RecordType;
use resolver::Resolver;
use serve::Answering;
use site::{Site, Speaks};
use zone::ZoneData;

/// The address of the world's own resolver.
pub const RESOLVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 99));

/// The documentation ranges of which the world is made, to be declared as meant.
pub const RANGES: [&str; 4] = [
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "2001:db8::/32",
];

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
    /// Is not there: nothing listens at its addresses.
    Dead,
    /// Cuts every answer over UDP short.
    Truncate,
    /// Answers with bytes that are no message, after the right id.
    Garbage,
    /// Answers first with another id, then rightly.
    WrongIdFirst,
    /// Fails at every question that has EDNS.
    FailAtEdns,
    /// Denies names that have no records themselves, whatever lies below them.
    DenyEmpty,
    /// Answers as a resolver does, in the place of the server that was meant.
    Resolve,
    /// Answers rightly, and a forger beside it answers first, from another port, with its own address.
    Spoofed,
    /// Answers over UDP alone: nothing listens on its TCP port.
    NoTcp,
    /// Answers over TCP alone: what comes over UDP is lost.
    NoUdp,
    /// Says nothing to questions for this type.
    Drop(RecordType),
    /// Gives one record of a set of this type at a time, another one each time.
    Rotate(RecordType),
    /// Serves its zones, and resolves whatever else it is asked.
    Recurse,
    /// Sends whatever a test makes up.
    Forge(Forge),
}

/// A name server of the world.
#[derive(Clone, Debug)]
pub struct NameServer {
    /// What it is called.
    pub name: String,
    /// The addresses in the world.
    pub addresses: Vec<IpAddr>,
    /// The zones that it has.
    pub zones: Vec<Arc<ZoneData>>,
    /// How it behaves.
    pub behaviour: Behaviour,
}

/// What a world is made of.
#[derive(Debug, Default)]
pub struct Plan {
    /// The name servers. Those of the root are where the resolver begins.
    pub servers: Vec<NameServer>,
    /// The web servers.
    pub sites: Vec<Site>,
    /// The name servers as the resolver knew them once; none when it asks those that are there.
    pub remembered: Vec<NameServer>,
    /// Names that the resolver keeps back, as a filter does.
    pub filtered: Vec<hickory_proto::rr::Name>,
}

impl Plan {
    /// Every address of the world, those at which nothing listens as well.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let servers = self.servers.iter().flat_map(|server| &server.addresses);
        let sites = self.sites.iter().flat_map(|site| &site.addresses);
        let mut all: Vec<IpAddr> = servers.chain(sites).copied().collect();
        all.push(RESOLVER);
        all.sort();
        all.dedup();
        all
    }
}

/// A socket of the world, and where it really is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Whose it is.
    pub name: String,
    /// The address and port in the world.
    pub asked: SocketAddr,
    /// The address and port that a client has to dial.
    pub dialled: SocketAddr,
}

/// The world, running until its runtime ends.
#[derive(Debug, Default)]
pub struct World {
    places: Vec<Place>,
    trust_anchor: String,
    answering: Vec<(Vec<IpAddr>, Arc<Answering>)>,
}

/// Where whatever the world does not have is dialled: nobody listens on tcpmux, and the kernel never gives its port away.
const NOWHERE: &str = "::127.0.0.1:1";

impl World {
    /// Starts everything; `delay` is the length of a round trip.
    ///
    /// # Errors
    /// When a port cannot be bound, or a key cannot be made.
    pub async fn start(
        mut plan: Plan,
        ground: Ground,
        delay: Option<Duration>,
    ) -> io::Result<Self> {
        let mut world = Self {
            places: Vec::new(),
            trust_anchor: sign::seal(&mut plan.servers).map_err(io::Error::other)?,
            answering: Vec::new(),
        };
        let delay = Delay(delay);
        let resolver = || {
            let resolver = Resolver::new(plan.servers.clone());
            let resolver = resolver.remembering(plan.remembered.clone());
            Answering::Resolver(resolver.filtering(plan.filtered.clone()))
        };
        world
            .listen("resolver", &[RESOLVER], resolver(), (ground, delay))
            .await?;
        for server in &plan.servers {
            let answering = match server.behaviour {
                Behaviour::Dead => continue,
                Behaviour::Resolve => resolver(),
                Behaviour::Recurse => {
                    let resolver = Resolver::new(plan.servers.clone());
                    Answering::Both(RwLock::new(server.clone()), resolver)
                }
                _ => Answering::Server(RwLock::new(server.clone())),
            };
            world
                .listen(&server.name, &server.addresses, answering, (ground, delay))
                .await?;
        }
        for site in plan.sites {
            for (port, speaks) in [(80, site.http), (443, site.https)] {
                for (listener, udp, addresses) in
                    ground.listeners(&site.addresses, port, &speaks).await?
                {
                    world.note(&site.name, &addresses, port, listener.local_addr()?);
                    if let (Some(udp), Speaks::Https3(identity, _)) = (udp, &speaks) {
                        quic::serve(udp, Arc::clone(identity))?;
                    }
                    tokio::spawn(site::serve(listener, speaks.clone(), delay));
                }
            }
        }
        Ok(world)
    }

    async fn listen(
        &mut self,
        name: &str,
        addresses: &[IpAddr],
        answering: Answering,
        (ground, delay): (Ground, Delay),
    ) -> io::Result<()> {
        let answering = Arc::new(answering);
        self.answering
            .push((addresses.to_vec(), Arc::clone(&answering)));
        let sockets = ground.dns_sockets(addresses).await?.into_iter();
        for (turn, (udp, tcp, address)) in sockets.enumerate() {
            self.note(name, &[address], 53, udp.local_addr()?);
            tokio::spawn(serve::udp(Arc::clone(&answering), udp, delay, turn));
            if answering.behaviour() != Behaviour::NoTcp {
                tokio::spawn(serve::tcp(Arc::clone(&answering), tcp, delay));
            }
        }
        Ok(())
    }

    /// Has the server at an address serve these zones from now on. They are not signed anew.
    pub fn change(&self, address: IpAddr, zones: &[ZoneData]) {
        let there = self.answering.iter();
        let there = there.filter(|(addresses, _)| addresses.contains(&address));
        for (_, answering) in there {
            answering.serve(zones.iter().cloned().map(Arc::new).collect());
        }
    }

    fn note(&mut self, name: &str, addresses: &[IpAddr], port: u16, dialled: SocketAddr) {
        let places = addresses.iter().map(|address| Place {
            name: name.to_owned(),
            asked: SocketAddr::new(*address, port),
            dialled,
        });
        self.places.extend(places);
    }

    /// Every socket of the world.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What the root is to be trusted by: DS records in zone-file form, nothing when it is not signed.
    #[must_use]
    pub fn trust_anchor(&self) -> &str {
        &self.trust_anchor
    }

    /// The `--connect-to` options under which the world's addresses are reached, and no other; none on its own addresses.
    #[must_use]
    pub fn connect_to(&self) -> Vec<String> {
        let moved = self
            .places
            .iter()
            .filter(|place| place.asked != place.dialled);
        let mut rules: Vec<String> = moved
            .map(|place| format!("{}:{}", bracketed(place.asked), bracketed(place.dialled)))
            .collect();
        if !rules.is_empty() {
            rules.push(NOWHERE.to_owned());
        }
        rules
    }

    /// The same for a dialer.
    #[must_use]
    pub fn rules(&self) -> Vec<ConnectTo> {
        let rules = self.connect_to();
        rules.iter().filter_map(|rule| rule.parse().ok()).collect()
    }
}

/// Address and port with brackets around IPv6.
fn bracketed(socket: SocketAddr) -> String {
    match socket.ip() {
        IpAddr::V4(address) => format!("{address}:{}", socket.port()),
        IpAddr::V6(address) => format!("[{address}]:{}", socket.port()),
    }
}
