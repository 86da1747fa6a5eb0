//! Tries what the HTTPS records of a name announce, at each address: HTTP/3 over QUIC, another place, an encrypted hello.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

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

/// Makes the handshakes side by side. Who serves elsewhere is looked up first.
pub async fn observe(
    promises: &Promises,
    lookup: &Lookup,
    (dialer, deadline): (&Dialer, Deadline),
) -> Vec<Announced> {
    let kept = promises.announcements.iter().take(limits::ANNOUNCEMENTS);
    let placed = join_all(kept.map(|announcement| async move {
        let own = announcement.is_own();
        let target = if own {
            promises.host.as_str()
        } else {
            &announcement.service.target
        };
        let target = target.trim_end_matches('.');
        let sockets = match ways(announcement).is_empty() {
            true => Ok(Vec::new()),
            false => lookup.sockets(target, announcement.port()).await,
        };
        (announcement, sockets)
    }));
    let placed = placed.await;
    let mut lost = Vec::new();
    let mut tries = Vec::new();
    for (announcement, sockets) in &placed {
        for way in ways(announcement) {
            let asked = Try {
                host: &promises.host,
                announcement,
                way,
                patience: promises.probe_timeout,
            };
            match sockets {
                Ok(sockets) => tries.extend(sockets.iter().map(|at| (*at, asked.clone()))),
                Err(failure) => lost.push(asked.lost(failure.clone())),
            }
        }
    }
    let tries = tries.iter().take(limits::ANNOUNCED_TRIES);
    let mut met = join_all(tries.map(|(at, asked)| asked.made(*at, dialer, deadline))).await;
    met.extend(lost);
    met
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
