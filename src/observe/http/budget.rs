//! Which requests are made. The plan and the answers decide, never which of two walks came first.
//!
//! What was asked for is followed to its end. The rest shares what that leaves of the bound at an address: the first requests
//! that are certain to fit go out at once, and whatever else is wanted waits until the main walks have ended, when what is left
//! is dealt out to the purposes.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{HttpPlan, Start};
use crate::facts::http::{RoutePurpose, host_of, is_https};
use crate::net::limits;

/// One request: method, URL without fragment, and place.
pub(super) type Key = (String, String, SocketAddr);

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    main: bool,
    purpose: RoutePurpose,
    walk: Walk,
}

/// The number of a start in the plan, and at which of its addresses.
type Walk = (usize, Option<IpAddr>);

/// Walks that share what is dealt to them: over http and over https from one address, which mostly lead to the same.
type Share = (Account, RoutePurpose, Option<IpAddr>);

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

    /// The addresses of its walks; nowhere when it has none.
    fn walks(&self) -> impl Iterator<Item = Option<IpAddr>> {
        let nowhere = self.sockets.is_empty().then_some(None);
        self.sockets
            .iter()
            .map(|socket| Some(socket.ip()))
            .chain(nowhere)
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
    /// What others have asked of what was dealt to them.
    dealt: Mutex<Vec<(Share, Key)>>,
    ended: watch::Sender<HashSet<Walk>>,
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

/// In which order requests more are dealt: an authority is redirected as a rule, and `/` mostly leads where another walk was.
const DEALT: [RoutePurpose; 3] = [RoutePurpose::Acme, RoutePurpose::Path, RoutePurpose::Root];

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
        Self {
            starts,
            followed: Mutex::default(),
            dealt: Mutex::default(),
            ended: watch::Sender::default(),
        }
    }

    /// The walk from the start with this number in the plan, at one of its addresses.
    pub(super) fn walker(&self, number: usize, address: Option<IpAddr>) -> Walker {
        let start = self.starts.get(number);
        Walker {
            account: start.map_or(Account::Name, |start| start.account),
            main: start.is_some_and(|start| start.main),
            purpose: start.map(|start| start.purpose).unwrap_or_default(),
            walk: (number, address),
        }
    }

    /// Notes that a walk has ended.
    pub(super) fn end(&self, walker: &Walker) {
        self.ended.send_modify(|ended| {
            ended.insert(walker.walk);
        });
    }

    /// Whether a walk may make a request. What another makes in any case is free.
    pub(super) async fn may(&self, walker: &Walker, key: &Key) -> bool {
        if self.is_certain(key) {
            return true;
        }
        if walker.main && walker.account == Account::Name {
            self.follow(Account::Name, key);
            return true;
        }
        self.wait(self.main_walks(Account::Name)).await;
        if walker.main {
            return self.was_followed(Account::Name, key) || self.may_twin(walker, key);
        }
        let of_twin = self.waiting(Account::Twin, key.2.ip());
        if walker.account == Account::Twin || of_twin.iter().any(|start| start.is(key)) {
            self.wait(self.main_walks(Account::Twin)).await;
        }
        let granted = [Account::Name, Account::Twin].map(|account| self.is_granted(account, key));
        let followed =
            [Account::Name, walker.account].map(|account| self.was_followed(account, key));
        if granted.contains(&true) || followed.contains(&true) {
            return true;
        }
        self.wait(self.before(walker)).await;
        self.is_dealt(walker, key)
    }

    fn main_walks(&self, account: Account) -> Vec<Walk> {
        let all = self.starts.iter().enumerate();
        let main = all.filter(|(_, start)| start.main && start.account == account);
        main.flat_map(|(number, start)| start.walks().map(move |address| (number, address)))
            .collect()
    }

    /// The walk over https of the same purpose from the same address, before which one in clear takes nothing of their share.
    fn before(&self, walker: &Walker) -> Vec<Walk> {
        let (own, address) = walker.walk;
        let clear = self
            .starts
            .get(own)
            .is_some_and(|start| !is_https(&start.url));
        let others = self.beside(walker.account).filter(|(number, start)| {
            let same = start.purpose == walker.purpose && start.walks().any(|at| at == address);
            clear && same && *number != own && is_https(&start.url)
        });
        others.map(|(number, _)| (number, address)).collect()
    }

    /// Waits until all of these have ended.
    async fn wait(&self, walks: Vec<Walk>) {
        let mut ended = self.ended.subscribe();
        // The sender lives as long as the walks, so waiting cannot fail.
        let all = |ended: &HashSet<Walk>| walks.iter().all(|walk| ended.contains(walk));
        let _ = ended.wait_for(all).await;
    }

    /// Whether it is one of the first requests that go out at once.
    fn is_certain(&self, key: &Key) -> bool {
        self.starts
            .iter()
            .any(|start| start.at_once && start.is(key))
    }

    /// A main walk of the twin has what was kept for it.
    fn may_twin(&self, walker: &Walker, key: &Key) -> bool {
        let kept = limits::REQUESTS_FOR_TWIN - self.certain(Account::Twin, key.2.ip());
        let may = self.take(walker, key, kept);
        if may {
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

    /// Whether enough is left after those for the share of the walk.
    fn is_dealt(&self, walker: &Walker, key: &Key) -> bool {
        let address = key.2.ip();
        let waiting = self.waiting(walker.account, address);
        if waiting.iter().any(|start| start.is(key)) {
            return false;
        }
        let left = self
            .left(walker.account, address)
            .saturating_sub(waiting.len());
        self.take(walker, key, self.share(walker, left))
    }

    /// Takes a request from the share of a walk, which holds so many at one address.
    fn take(&self, walker: &Walker, key: &Key, size: usize) -> bool {
        let share = (walker.account, walker.purpose, walker.walk.1);
        let mut dealt = lock(&self.dealt);
        let own = || dealt.iter().filter(|(own, _)| *own == share);
        if own().any(|(_, known)| known == key) {
            return true;
        }
        let spent = own().filter(|(_, known)| known.2.ip() == key.2.ip());
        let may = spent.count() < size;
        if may {
            dealt.push((share, key.clone()));
        }
        may
    }

    /// How much of what is left the purpose of a walk gets, one by one in turn.
    fn share(&self, walker: &Walker, left: usize) -> usize {
        let pursued = |purpose: &RoutePurpose| {
            let mut beside = self.beside(walker.account);
            beside.any(|(_, start)| start.purpose == *purpose)
        };
        let purposes = DEALT.into_iter().filter(pursued);
        let turns = purposes.collect::<Vec<_>>().into_iter().cycle().take(left);
        turns.filter(|purpose| *purpose == walker.purpose).count()
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
