//! The third door: from `http://` and from `https://`, at every address, to the final page. Nothing is followed by a library.

mod exchange;
mod tee;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, Http, Route, RouteOutcome, host_of};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::observe::dns::resolvers::Lookup;
use exchange::Client;

/// Where to start, and how to ask.
#[derive(Clone, Debug)]
pub struct HttpPlan {
    /// The host that was asked for.
    pub host: String,
    /// The first requests.
    pub starts: Vec<Start>,
    /// The method of every request.
    pub method: String,
    /// Fields that go with the first request only: redirects may lead to other hosts.
    pub headers: Vec<(String, String)>,
    /// What the client calls itself.
    pub user_agent: String,
    /// How many redirects are followed.
    pub max_hops: usize,
    /// How long connecting, shaking hands and answering may each take.
    pub probe_timeout: Duration,
}

/// A first request: it is made at each of the sockets.
#[derive(Clone, Debug)]
pub struct Start {
    /// What is asked for.
    pub url: Url,
    /// Where, or why nowhere.
    pub sockets: Result<Vec<SocketAddr>, Failure>,
}

/// Walks every route of the plan, side by side.
pub async fn observe(
    plan: &HttpPlan,
    lookup: &Lookup,
    dialer: &Dialer,
    deadline: Deadline,
) -> Http {
    let client = Client {
        plan,
        lookup,
        dialer,
        deadline,
    };
    let mut walks = Vec::new();
    for start in &plan.starts {
        match &start.sockets {
            Ok(sockets) => {
                walks.extend(
                    sockets
                        .iter()
                        .map(|socket| walk(&client, &start.url, Ok(*socket))),
                );
            }
            Err(failure) => walks.push(walk(&client, &start.url, Err(failure.clone()))),
        }
    }
    Http {
        host: plan.host.clone(),
        routes: join_all(walks).await,
        hsts: None,
    }
}

/// Follows redirects from `start` until a page, an error, a URL that comes again, or the bound.
async fn walk(client: &Client<'_>, start: &Url, socket: Result<SocketAddr, Failure>) -> Route {
    let pinned = socket.as_ref().ok().copied();
    let mut hops: Vec<Hop> = Vec::new();
    let mut url = start.clone();
    let mut sockets = socket.map(|socket| vec![socket]);
    let outcome = loop {
        let hop = client.ask(&url, sockets, hops.is_empty()).await;
        let next = hop
            .target
            .as_deref()
            .and_then(|target| Url::parse(target).ok());
        let answered = hop.status;
        let broken = hop.error.clone();
        hops.push(hop);
        if let Some(error) = broken {
            break if error.failure.is_local() {
                RouteOutcome::Inconclusive
            } else {
                RouteOutcome::Error
            };
        }
        let Some(next) = next else {
            break page(&url, answered);
        };
        if hops.iter().any(|hop| same_request(&hop.url, &next)) {
            break RouteOutcome::Loop;
        }
        if hops.len() > client.plan.max_hops {
            break RouteOutcome::TooManyHops;
        }
        sockets = client.sockets(&next, start, pinned).await;
        url = next;
    };
    let is_page = matches!(outcome, RouteOutcome::Https | RouteOutcome::Http);
    Route {
        start: start.to_string(),
        address: pinned.map(|socket| socket.ip()),
        final_url: is_page.then(|| without_fragment(&url)),
        error: hops.last().and_then(|hop| hop.error.clone()),
        hops,
        outcome,
    }
}

/// What a page's status says of the way to it. A server that turns probes away may welcome browsers.
fn page(url: &Url, status: Option<u16>) -> RouteOutcome {
    match status {
        Some(403 | 405 | 429) => RouteOutcome::Inconclusive,
        _ if url.scheme() == "https" => RouteOutcome::Https,
        _ => RouteOutcome::Http,
    }
}

/// Whether scheme, host, port, path and query are the same.
fn same_request(asked: &str, next: &Url) -> bool {
    asked == without_fragment(next)
}

/// The URL as a request knows it: the fragment never travels.
fn without_fragment(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.to_string()
}

impl Client<'_> {
    /// Where the next request goes: the host of the start stays at the route's own address, others are looked up.
    async fn sockets(
        &self,
        next: &Url,
        start: &Url,
        pinned: Option<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let host = host_of(next.as_str());
        let port = next.port_or_known_default().unwrap_or(443);
        match pinned {
            Some(own)
                if host == host_of(start.as_str()) && self.dialer.pinned(&host, port).is_none() =>
            {
                Ok(vec![SocketAddr::new(own.ip(), port)])
            }
            _ => self.lookup.sockets(&host, port).await,
        }
    }
}

/// A redirect that a client cannot follow, as an error of its hop.
fn not_followed(at: Option<usize>) -> HopError {
    HopError {
        stage: HopStage::Location,
        failure: Failure::Malformed { at },
    }
}
