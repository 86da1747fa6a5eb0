//! What the requests of a run share: each is made once, so many at a time at an address, and so many at all.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, Semaphore};
use url::Url;

use super::HttpPlan;
use super::walk::without_fragment;
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, host_of};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use crate::observe::dns::resolvers::Lookup;

/// One request: method, URL and place.
type Key = (String, String, SocketAddr);

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Account {
    /// The URL that was asked for: it is followed to its end.
    Target,
    /// What is looked at beside it.
    Beside,
    /// The twin.
    Twin,
}

/// What every request of a run shares.
pub(super) struct Client<'a> {
    pub(super) plan: &'a HttpPlan,
    pub(super) lookup: &'a Lookup,
    pub(super) dialer: &'a Dialer,
    pub(super) deadline: Deadline,
    hops: Mutex<HashMap<Key, Arc<OnceCell<Hop>>>>,
    spent: Mutex<HashMap<(bool, IpAddr), usize>>,
    at_once: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
    in_all: Semaphore,
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
            hops: Mutex::default(),
            spent: Mutex::default(),
            at_once: Mutex::default(),
            in_all: Semaphore::new(limits::REQUESTS_AT_ONCE),
        }
    }

    /// Makes one request; of several sockets the first that accepts a connection gets it, as browsers do. `None` when the
    /// address has had as many as it is asked.
    pub(super) async fn ask(
        &self,
        method: &str,
        url: &Url,
        sockets: Result<Vec<SocketAddr>, Failure>,
        account: Account,
    ) -> Option<Hop> {
        let sockets = match sockets {
            Ok(sockets) => sockets,
            Err(failure) => return Some(lost(method, url, failure)),
        };
        let mut last = None;
        for socket in sockets {
            let hop = self.ask_at(method, url, socket, account).await?;
            let connected = !matches!(&hop.error, Some(error) if error.stage == HopStage::Connect);
            last = Some(hop);
            if connected {
                break;
            }
        }
        Some(last.unwrap_or_else(|| lost(method, url, Failure::NoAddress)))
    }

    async fn ask_at(
        &self,
        method: &str,
        url: &Url,
        socket: SocketAddr,
        account: Account,
    ) -> Option<Hop> {
        let key = (method.to_owned(), without_fragment(url), socket);
        let cell = Arc::clone(lock(&self.hops).entry(key).or_default());
        let asked = cell.get_or_try_init(|| async {
            if !self.may_spend(account, socket.ip()) {
                return Err(());
            }
            let at_once = self.turns_at(socket.ip());
            // Neither semaphore is ever closed.
            let _turn = at_once.acquire().await;
            let _room = self.in_all.acquire().await;
            Ok(self.request(method, url, socket).await)
        });
        asked.await.ok().cloned()
    }

    fn turns_at(&self, address: IpAddr) -> Arc<Semaphore> {
        let turns = || Arc::new(Semaphore::new(limits::REQUESTS_AT_ONCE_PER_ADDRESS));
        let mut at_once = lock(&self.at_once);
        Arc::clone(at_once.entry(address).or_insert_with(turns))
    }

    fn may_spend(&self, account: Account, address: IpAddr) -> bool {
        let of_twin = account == Account::Twin;
        let limit = if of_twin {
            limits::REQUESTS_FOR_TWIN
        } else {
            limits::REQUESTS_PER_ADDRESS
        };
        let mut spent = lock(&self.spent);
        let own = spent.entry((of_twin, address)).or_default();
        let may = account == Account::Target || *own < limit;
        *own += usize::from(may);
        may
    }

    /// Where the next request goes: hosts that have the route's own address stay there, others are looked up.
    pub(super) async fn sockets(
        &self,
        next: &Url,
        start: &Url,
        pinned: Option<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let host = host_of(next.as_str());
        let port = next.port_or_known_default().unwrap_or(443);
        let Some(own) = pinned.filter(|_| self.dialer.pinned(&host, port).is_none()) else {
            return self.lookup.sockets(&host, port).await;
        };
        let own = SocketAddr::new(own.ip(), port);
        if host == host_of(start.as_str()) {
            return Ok(vec![own]);
        }
        let sockets = self.lookup.sockets(&host, port).await?;
        Ok(if sockets.contains(&own) {
            vec![own]
        } else {
            sockets
        })
    }
}

fn lost(method: &str, url: &Url, failure: Failure) -> Hop {
    let mut hop = super::exchange::unanswered(method, url);
    hop.error = Some(HopError {
        stage: HopStage::Lookup,
        failure,
    });
    hop
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
