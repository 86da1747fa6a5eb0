//! Which requests are made. The plan and the answers decide, never which of two walks came first.
//!
//! What was asked for is followed to its end. The rest shares what that leaves of the bound at an address: the first requests
//! that are certain to fit go out at once, and whatever else is wanted waits until the main walks have ended, when each walk
//! learns how many requests more are its own.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{HttpPlan, Start};
use crate::facts::http::{RoutePurpose, host_of};
use crate::net::limits;

/// One request: method, URL without fragment, and place.
pub(super) type Key = (String, String, SocketAddr);

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// Those for the host that was asked for.
    Name,
    /// Those for its twin.
    Twin,
}

impl Account {
    /// Requests at one address.
    fn bound(self) -> usize {
        match self {
            Self::Name => limits::REQUESTS_PER_ADDRESS,
            Self::Twin => limits::REQUESTS_FOR_TWIN,
        }
    }

    /// The bound by its name in `net::limits`.
    pub(super) fn limit(self) -> &'static str {
        match self {
            Self::Name => "REQUESTS_PER_ADDRESS",
            Self::Twin => "REQUESTS_FOR_TWIN",
        }
    }

    /// First requests that go out at once: the rest of the bound is kept for redirects of the main walk.
    fn at_once(self) -> usize {
        match self {
            Self::Name => self.bound() - limits::REQUESTS_KEPT,
            Self::Twin => self.bound() - limits::REQUESTS_KEPT_FOR_TWIN,
        }
    }
}

/// One walk in the budget.
#[derive(Debug)]
pub(super) struct Walker {
    pub(super) account: Account,
    /// Whether it belongs to the walks that the others wait for.
    pub(super) main: bool,
    /// Its place among the starts of the account that have a share of what is left.
    place: usize,
    /// The requests that it has had of that, or of what the twin's main walk may have.
    own: HashSet<Key>,
}

/// A start as the budget knows it.
#[derive(Debug)]
struct Begun {
    account: Account,
    main: bool,
    purpose: RoutePurpose,
    method: String,
    url: String,
    sockets: Vec<SocketAddr>,
    at_once: bool,
}

impl Begun {
    fn is(&self, (method, url, socket): &Key) -> bool {
        self.method == *method && self.url == *url && self.sockets.contains(socket)
    }

    fn is_at(&self, address: IpAddr) -> bool {
        self.sockets.iter().any(|socket| socket.ip() == address)
    }
}

/// What may be asked in one run.
#[derive(Debug)]
pub(super) struct Budget {
    starts: Vec<Begun>,
    /// What main walks have asked beyond first requests.
    followed: Mutex<Vec<(Account, Key)>>,
    /// Main walks under way.
    of_name: watch::Sender<usize>,
    of_twin: watch::Sender<usize>,
}

/// What is asked first when there is not room for all.
fn rank(purpose: RoutePurpose) -> usize {
    match purpose {
        RoutePurpose::Target => 0,
        RoutePurpose::Root => 1,
        RoutePurpose::Acme => 2,
        RoutePurpose::Path => 3,
    }
}

/// Who is first given a request more: an authority is redirected as a rule, and `/` mostly leads where another walk has been.
fn share_rank(purpose: RoutePurpose) -> usize {
    match purpose {
        RoutePurpose::Acme => 0,
        RoutePurpose::Path => 1,
        RoutePurpose::Root | RoutePurpose::Target => 2,
    }
}

impl Budget {
    pub(super) fn new(plan: &HttpPlan) -> Self {
        let mut starts: Vec<Begun> = Vec::new();
        for start in &plan.starts {
            let account = account(plan, start);
            let main = match account {
                Account::Name => start.purpose == RoutePurpose::Target,
                Account::Twin => starts.iter().all(|other| other.account != account),
            };
            starts.push(Begun {
                account,
                main,
                purpose: start.purpose,
                method: plan.method_of(start).to_owned(),
                url: super::walk::without_fragment(&start.url),
                sockets: start.sockets.clone().unwrap_or_default(),
                at_once: false,
            });
        }
        for account in [Account::Name, Account::Twin] {
            let own = starts.iter_mut().filter(|start| start.account == account);
            let mut own: Vec<&mut Begun> = own.collect();
            own.sort_by_key(|start| rank(start.purpose));
            let first = own.into_iter().take(account.at_once());
            first.for_each(|start| start.at_once = true);
        }
        let walks = |account| {
            let main = starts
                .iter()
                .filter(move |start| start.main && start.account == account);
            main.map(|start| start.sockets.len().max(1)).sum()
        };
        Self {
            of_name: watch::Sender::new(walks(Account::Name)),
            of_twin: watch::Sender::new(walks(Account::Twin)),
            starts,
            followed: Mutex::default(),
        }
    }

    /// The walk from the start with this number in the plan, at one of its sockets.
    pub(super) fn walker(&self, number: usize) -> Walker {
        let start = self.starts.get(number);
        let account = start.map_or(Account::Name, |start| start.account);
        let mut beside: Vec<(usize, &Begun)> = self.beside(account).collect();
        beside.sort_by_key(|(_, start)| share_rank(start.purpose));
        Walker {
            account,
            main: start.is_some_and(|start| start.main),
            place: beside
                .iter()
                .position(|(own, _)| *own == number)
                .unwrap_or_default(),
            own: HashSet::new(),
        }
    }

    /// Notes that a walk has ended.
    pub(super) fn end(&self, walker: &Walker) {
        if walker.main {
            let under_way = match walker.account {
                Account::Name => &self.of_name,
                Account::Twin => &self.of_twin,
            };
            under_way.send_modify(|walks| *walks = walks.saturating_sub(1));
        }
    }

    /// Whether a walk may make a request. What another makes in any case is free.
    pub(super) async fn may(&self, walker: &mut Walker, key: &Key) -> bool {
        if self.is_certain(key) || walker.own.contains(key) {
            return true;
        }
        if walker.main && walker.account == Account::Name {
            self.follow(Account::Name, key);
            return true;
        }
        ended(&self.of_name).await;
        if walker.main {
            return self.was_followed(Account::Name, key) || self.may_twin(walker, key);
        }
        if walker.account == Account::Twin {
            ended(&self.of_twin).await;
        }
        let accounts = [Account::Name, walker.account];
        let free = |account| self.was_followed(account, key) || self.is_granted(account, key);
        accounts.into_iter().any(free) || self.is_shared_out(walker, key)
    }

    /// Whether it is one of the first requests that go out at once.
    fn is_certain(&self, key: &Key) -> bool {
        self.starts
            .iter()
            .any(|start| start.at_once && start.is(key))
    }

    /// The twin's main walk has what was kept for it.
    fn may_twin(&self, walker: &mut Walker, key: &Key) -> bool {
        let address = key.2.ip();
        let own = walker.own.iter().filter(|own| own.2.ip() == address);
        let may = self.certain(Account::Twin, address) + own.count() < Account::Twin.bound();
        if may {
            walker.own.insert(key.clone());
            self.follow(Account::Twin, key);
        }
        may
    }

    /// Whether a first request that had to wait has its place in what is left.
    fn is_granted(&self, account: Account, key: &Key) -> bool {
        let waiting = self.waiting(account, key.2.ip());
        let place = waiting.iter().position(|start| start.is(key));
        place.is_some_and(|place| place < self.left(account, key.2.ip()))
    }

    /// Whether the walk has a share in what is left after those.
    fn is_shared_out(&self, walker: &mut Walker, key: &Key) -> bool {
        let address = key.2.ip();
        let waiting = self.waiting(walker.account, address);
        if waiting.iter().any(|start| start.is(key)) {
            return false;
        }
        let left = self
            .left(walker.account, address)
            .saturating_sub(waiting.len());
        let own = walker.own.iter().filter(|own| own.2.ip() == address);
        let may = own.count() < share(left, self.beside(walker.account).count(), walker.place);
        if may {
            walker.own.insert(key.clone());
        }
        may
    }

    fn left(&self, account: Account, address: IpAddr) -> usize {
        let followed = lock(&self.followed);
        let own = followed
            .iter()
            .filter(|(own, key)| *own == account && key.2.ip() == address);
        let spent = self.certain(account, address) + own.count();
        account.bound().saturating_sub(spent)
    }

    /// How many first requests go out at once at an address.
    fn certain(&self, account: Account, address: IpAddr) -> usize {
        let own = self.starts.iter().filter(|start| start.account == account);
        own.filter(|start| start.at_once && start.is_at(address))
            .count()
    }

    /// The starts at an address that had to wait, what is wanted most first.
    fn waiting(&self, account: Account, address: IpAddr) -> Vec<&Begun> {
        let own = self.beside(account).map(|(_, start)| start);
        let waiting = own.filter(|start| !start.at_once && start.is_at(address));
        let mut waiting: Vec<&Begun> = waiting.collect();
        waiting.sort_by_key(|start| rank(start.purpose));
        waiting
    }

    fn beside(&self, account: Account) -> impl Iterator<Item = (usize, &Begun)> {
        let all = self.starts.iter().enumerate();
        all.filter(move |(_, start)| start.account == account && !start.main)
    }

    fn follow(&self, account: Account, key: &Key) {
        let mut followed = lock(&self.followed);
        if !followed
            .iter()
            .any(|(own, known)| *own == account && known == key)
        {
            followed.push((account, key.clone()));
        }
    }

    fn was_followed(&self, account: Account, key: &Key) -> bool {
        let followed = lock(&self.followed);
        followed
            .iter()
            .any(|(own, known)| *own == account && known == key)
    }
}

/// What is left, given out one by one in turn: how much the one at this place gets.
fn share(left: usize, walks: usize, place: usize) -> usize {
    let rounds = left.checked_div(walks).unwrap_or_default();
    let rest = left.checked_rem(walks).unwrap_or_default();
    rounds + usize::from(place < rest)
}

/// Waits until no main walk is under way.
async fn ended(under_way: &watch::Sender<usize>) {
    // The sender lives as long as the walks, so waiting cannot fail.
    let _ = under_way.subscribe().wait_for(|walks| *walks == 0).await;
}

fn account(plan: &HttpPlan, start: &Start) -> Account {
    let host = host_of(start.url.as_str());
    if plan.twin.as_deref() == Some(host.as_str()) {
        Account::Twin
    } else {
        Account::Name
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
