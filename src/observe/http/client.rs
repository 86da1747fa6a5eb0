//! What the requests of a run share: each is made once, so many at a time at an address, and so many at all.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, Semaphore};
use url::Url;

use super::HttpPlan;
use super::budget::{Budget, Key, Walker};
use super::pace::Pace;
use super::walk::without_fragment;
use crate::facts::attempt::{Failure, Millis};
use crate::facts::http::{Hop, HopError, HopStage, host_of};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use crate::observe::dns::resolvers::Lookup;

/// Where a host is, or why it is nowhere.
type Sockets = Result<Vec<SocketAddr>, Failure>;

/// The same once it has been looked up.
type Place = Arc<OnceCell<Sockets>>;

/// What every request of a run shares.
pub(super) struct Client<'a> {
    pub(super) plan: &'a HttpPlan,
    pub(super) lookup: &'a Lookup,
    pub(super) dialer: &'a Dialer,
    pub(super) deadline: Deadline,
    pub(super) budget: Budget,
    hops: Mutex<HashMap<Key, Arc<OnceCell<Hop>>>>,
    places: Mutex<HashMap<(String, u16), Place>>,
    doors: Mutex<HashMap<IpAddr, Arc<Door>>>,
    in_all: Semaphore,
}

/// What requests to one address have to themselves.
#[derive(Debug)]
struct Door {
    turns: Semaphore,
    pace: Mutex<Pace>,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(limits::REQUESTS_AT_ONCE_PER_ADDRESS),
            pace: Mutex::default(),
        }
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(
        plan: &'a HttpPlan,
        lookup: &'a Lookup,
        dialer: &'a Dialer,
        deadline: Deadline,
    ) -> Self {
        Self {
            plan,
            lookup,
            dialer,
            deadline,
            budget: Budget::new(plan),
            hops: Mutex::default(),
            places: Mutex::default(),
            doors: Mutex::default(),
            in_all: Semaphore::new(limits::REQUESTS_AT_ONCE),
        }
    }

    /// Makes one request; of several sockets the first that accepts a connection gets it, as browsers do.
    pub(super) async fn ask(
        &self,
        method: &str,
        url: &Url,
        sockets: Sockets,
        walker: &Walker,
    ) -> Hop {
        let sockets = match sockets {
            Ok(sockets) => sockets,
            Err(failure) => return lost(method, url, HopStage::Lookup, failure),
        };
        let mut last = None;
        for socket in sockets {
            let key = (method.to_owned(), without_fragment(url), socket);
            let hop = if self.budget.may(walker, &key).await {
                self.ask_at(url, key).await
            } else {
                not_asked(method, url, socket, walker)
            };
            let connected = !matches!(&hop.error, Some(error) if error.stage == HopStage::Connect);
            last = Some(hop);
            if connected {
                break;
            }
        }
        last.unwrap_or_else(|| lost(method, url, HopStage::Lookup, Failure::NoAddress))
    }

    async fn ask_at(&self, url: &Url, key: Key) -> Hop {
        let (method, _, socket) = key.clone();
        let cell = Arc::clone(lock(&self.hops).entry(key).or_default());
        let asked = cell.get_or_init(|| async {
            let door = Arc::clone(lock(&self.doors).entry(socket.ip()).or_default());
            // Neither semaphore is ever closed.
            let _turn = door.turns.acquire().await;
            let _room = self.in_all.acquire().await;
            let wait = lock(&door.pace).wait(self.deadline.elapsed());
            // A wait that the deadline ends is followed by an attempt that says so.
            let _ = self
                .deadline
                .bound(wait, std::future::pending::<()>())
                .await;
            self.request(&method, url, socket).await
        });
        asked.await.clone()
    }

    /// The sockets of a host, which is looked up once.
    async fn looked_up(&self, host: &str, port: u16) -> (Sockets, Option<Millis>) {
        let key = (host.to_owned(), port);
        let cell = Arc::clone(lock(&self.places).entry(key).or_default());
        let known = cell.initialized() || self.lookup.knows(host, port);
        let watch = (!known).then(Stopwatch::start);
        let asked = cell.get_or_init(|| self.lookup.sockets(host, port));
        let sockets = asked.await.clone();
        (sockets, watch.map(|watch| watch.elapsed().into()))
    }

    /// Where the next request goes: hosts that have the route's own address stay there, others are looked up. With how long that
    /// took.
    pub(super) async fn sockets(
        &self,
        next: &Url,
        start: &Url,
        pinned: Option<SocketAddr>,
    ) -> (Sockets, Option<Millis>) {
        let host = host_of(next.as_str());
        let port = next.port_or_known_default().unwrap_or(443);
        let pinned = pinned.filter(|_| self.dialer.pinned(&host, port).is_none());
        let own = pinned.map(|pinned| SocketAddr::new(pinned.ip(), port));
        if let Some(own) = own.filter(|_| host == host_of(start.as_str())) {
            return (Ok(vec![own]), None);
        }
        let (sockets, took) = self.looked_up(&host, port).await;
        match (sockets, own) {
            (Ok(sockets), Some(own)) if sockets.contains(&own) => (Ok(vec![own]), took),
            (sockets, _) => (sockets, took),
        }
    }
}

fn lost(method: &str, url: &Url, stage: HopStage, failure: Failure) -> Hop {
    let mut hop = super::exchange::unanswered(method, url);
    hop.error = Some(HopError { stage, failure });
    hop
}

fn not_asked(method: &str, url: &Url, at: SocketAddr, walker: &Walker) -> Hop {
    let limit = walker.account.limit().to_owned();
    let mut hop = lost(method, url, HopStage::Connect, Failure::NotAsked { limit });
    (hop.address, hop.port) = (Some(at.ip()), at.port());
    hop
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
