//! Tries what the HTTPS records of a name announce, at each address: HTTP/3 over QUIC, another place, an encrypted hello.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::door::socket;
use super::{Depth, TlsPlan, handshake, quic};
use crate::facts::announced::{Announced, Way};
use crate::facts::attempt::Failure;
use crate::facts::service::Announcement;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use crate::observe::dns::resolvers::Lookup;

/// What was announced, and for whom.
#[derive(Clone, Debug)]
pub struct Promises {
    /// The host that was asked for.
    pub host: String,
    /// Its records.
    pub announcements: Vec<Announcement>,
    /// How long one handshake may take.
    pub probe_timeout: Duration,
}

/// One handshake to be made.
#[derive(Clone)]
struct Try<'a> {
    host: &'a str,
    announcement: &'a Announcement,
    way: Way,
    patience: Duration,
}

/// Makes the handshakes side by side, so many to an address at a time. Who serves elsewhere is looked up first; what is over a
/// bound is written down as not tried.
pub async fn observe(
    promises: &Promises,
    lookup: &Lookup,
    (dialer, deadline): (&Dialer, Deadline),
) -> Vec<Announced> {
    let bound = promises.announcements.len().min(limits::ANNOUNCEMENTS);
    let (kept, surplus) = promises.announcements.split_at(bound);
    let placed = join_all(kept.iter().map(|announcement| async move {
        let sockets = match ways(announcement).is_empty() {
            true => Ok(Vec::new()),
            false => promises.sockets(announcement, lookup).await,
        };
        (announcement, sockets)
    }));
    let placed = placed.await;
    let mut lost: Vec<Announced> = Vec::new();
    let mut tries = Vec::new();
    for (announcement, sockets) in &placed {
        for asked in promises.tries(announcement) {
            match sockets {
                Ok(sockets) => tries.extend(sockets.iter().map(|at| (*at, asked.clone()))),
                Err(failure) => lost.push(asked.lost(failure.clone())),
            }
        }
    }
    let (tries, untried) = tries.split_at(tries.len().min(limits::ANNOUNCED_TRIES));
    let places = Places::of(tries);
    let making = tries.iter().map(|(at, asked)| {
        let places = &places;
        async move {
            let _turn = places.turn(at.ip()).await;
            let _socket = socket().await;
            asked.made(*at, dialer, deadline).await
        }
    });
    let mut met = join_all(making).await;
    let untried = untried.iter();
    met.extend(untried.map(|(at, asked)| asked.left_out(*at, "ANNOUNCED_TRIES")));
    met.extend(lost);
    let surplus = surplus.iter().flat_map(|surplus| promises.tries(surplus));
    met.extend(surplus.map(|asked| asked.lost(over("ANNOUNCEMENTS"))));
    met
}

impl Promises {
    /// Where a record leads to.
    async fn sockets(
        &self,
        announcement: &Announcement,
        lookup: &Lookup,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let target = match announcement.is_own() {
            true => self.host.as_str(),
            false => &announcement.service.target,
        };
        let target = target.trim_end_matches('.');
        lookup.sockets(target, announcement.port()).await
    }

    /// What is to be tried of a record at each of its addresses.
    fn tries<'a>(&'a self, announcement: &'a Announcement) -> impl Iterator<Item = Try<'a>> {
        ways(announcement).into_iter().map(move |way| Try {
            host: &self.host,
            announcement,
            way,
            patience: self.probe_timeout,
        })
    }
}

/// The addresses, and how many more handshakes each may be asked for now.
struct Places(Vec<(IpAddr, Semaphore)>);

impl Places {
    fn of(tries: &[(SocketAddr, Try<'_>)]) -> Self {
        let mut places: Vec<IpAddr> = tries.iter().map(|(at, _)| at.ip()).collect();
        places.sort();
        places.dedup();
        let place = |place| (place, Semaphore::new(limits::ANNOUNCED_AT_ONCE));
        Self(places.into_iter().map(place).collect())
    }

    async fn turn(&self, at: IpAddr) -> Option<SemaphorePermit<'_>> {
        let (_, permits) = self.0.iter().find(|(place, _)| *place == at)?;
        permits.acquire().await.ok()
    }
}

fn over(limit: &str) -> Failure {
    let limit = limit.to_owned();
    Failure::LimitReached { limit }
}

/// What of a record is not seen in a handshake at the usual place.
fn ways(announcement: &Announcement) -> Vec<Way> {
    let over_tcp = announcement.promises("h2") || announcement.promises("http/1.1");
    let elsewhere = over_tcp && !announcement.is_here();
    let ech = over_tcp && announcement.service.ech.is_some();
    let all = [
        (Way::Tls, elsewhere),
        (Way::Ech, ech),
        (Way::Quic, announcement.promises("h3")),
    ];
    let wanted = all.into_iter().filter(|(_, wanted)| *wanted);
    wanted.map(|(way, _)| way).collect()
}

impl Try<'_> {
    fn unmade(&self) -> Announced {
        Announced {
            record: self.announcement.record.clone(),
            way: self.way,
            address: None,
            port: self.announcement.port(),
            alpn: None,
            ech_accepted: None,
            leaf_sha256: None,
            handshake_ms: None,
            failure: None,
        }
    }

    fn lost(&self, failure: Failure) -> Announced {
        Announced {
            failure: Some(failure),
            ..self.unmade()
        }
    }

    /// What a bound kept from being tried at an address.
    fn left_out(&self, at: SocketAddr, limit: &str) -> Announced {
        Announced {
            address: Some(at.ip()),
            port: at.port(),
            ..self.lost(over(limit))
        }
    }

    async fn made(&self, at: SocketAddr, dialer: &Dialer, deadline: Deadline) -> Announced {
        let mut announced = Announced {
            address: Some(at.ip()),
            port: at.port(),
            ..self.unmade()
        };
        match self.way {
            Way::Quic => self.over_quic(at, (dialer, deadline), &mut announced).await,
            Way::Tls | Way::Ech => self.over_tcp(at, (dialer, deadline), &mut announced).await,
        }
        announced
    }

    async fn over_quic(
        &self,
        at: SocketAddr,
        (dialer, deadline): (&Dialer, Deadline),
        announced: &mut Announced,
    ) {
        let patience = self.patience.min(limits::QUIC_WAIT);
        match quic::shake(self.host, at, patience, (dialer, deadline)).await {
            Ok(shaken) => {
                announced.alpn = shaken.alpn;
                announced.leaf_sha256 = shaken.leaf_sha256;
                announced.handshake_ms = Some(shaken.took.into());
            }
            Err(failure) => announced.failure = Some(failure),
        }
    }

    async fn over_tcp(
        &self,
        at: SocketAddr,
        (dialer, deadline): (&Dialer, Deadline),
        announced: &mut Announced,
    ) {
        let keys = self.announcement.service.ech.clone();
        let plan = TlsPlan {
            host: self.host.to_owned(),
            addresses: Vec::new(),
            server_name: self.host.to_owned(),
            alpn: ["h2", "http/1.1"].map(str::to_owned).to_vec(),
            probe_timeout: self.patience,
            starttls: None,
            identity: None,
            ech: keys.filter(|_| self.way == Way::Ech),
            depth: Depth::Handshake,
        };
        let (endpoint, _) = handshake::open(&plan, at, dialer, deadline).await;
        announced.alpn.clone_from(&endpoint.alpn);
        announced.leaf_sha256 = endpoint.leaf().map(|leaf| leaf.sha256.clone());
        announced.handshake_ms = endpoint.timings.handshake_ms;
        announced.failure = endpoint.error.map(|error| error.failure);
        announced.ech_accepted = match (self.way, &announced.failure) {
            // Without acceptance the library ends the handshake.
            (Way::Ech, None) => Some(true),
            (Way::Ech, Some(Failure::EchRejected { .. })) => Some(false),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::testing::knowing;
    use super::*;
    use crate::facts::service::Service;
    use crate::net::deadline::Stop;
    use crate::net::dial::Families;

    /// What comes of so many records that lead to a port of each of these addresses.
    fn tried(records: u16, port: u16, addresses: Vec<IpAddr>) -> Vec<Announced> {
        let announcement = |priority| {
            let record = format!("{priority} . alpn=\"h2\" port={port}");
            Announcement {
                owner: "shop.example.".parse().unwrap(),
                service: Service::read(&record).unwrap(),
                record,
            }
        };
        let promises = Promises {
            host: "shop.example".to_owned(),
            announcements: (1..=records).map(announcement).collect(),
            probe_timeout: Duration::from_secs(5),
        };
        let dialer = Dialer::new(Families::Both, Vec::new());
        let deadline = Deadline::after(Duration::from_secs(30), Stop::new());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let lookup = knowing("shop.example", addresses, (&dialer, deadline));
            observe(&promises, &lookup, (&dialer, deadline)).await
        })
    }

    #[test]
    fn what_is_over_a_bound_is_written_down_as_not_tried() {
        let addresses = (1..=16).map(|last| Ipv4Addr::new(127, 0, 0, last).into());
        let all = tried(5, 1, addresses.collect());
        let over_bound = |name: &str| {
            let named = |tried: &&Announced| tried.failure == Some(over(name));
            all.iter().filter(named).count()
        };
        assert_eq!(all.len(), 4 * 16 + 1);
        assert_eq!(
            over_bound("ANNOUNCED_TRIES"),
            4 * 16 - limits::ANNOUNCED_TRIES
        );
        assert_eq!(over_bound("ANNOUNCEMENTS"), 1);
        let last = all.last().unwrap();
        assert!(last.record.starts_with("5 "), "{last:?}");
    }

    #[test]
    fn an_address_is_asked_for_so_many_at_a_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let open = Arc::clone(&open);
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(100));
                    open.fetch_sub(1, Ordering::SeqCst);
                    drop(stream);
                });
            }
        });
        let all = tried(4, port, vec![Ipv4Addr::LOCALHOST.into()]);
        assert_eq!(all.len(), 4);
        assert!(seen.load(Ordering::SeqCst) <= limits::ANNOUNCED_AT_ONCE);
    }
}
