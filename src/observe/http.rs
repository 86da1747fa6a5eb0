//! The third door: from `http://` and from `https://`, at every address, to the final page. Nothing is followed by a library.

mod answer;
mod budget;
mod client;
mod ending;
mod exchange;
mod frames;
mod pace;
mod refresh;
mod tee;
mod walk;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use crate::facts::attempt::Failure;
use crate::facts::http::{Http, Route, RoutePurpose};
use crate::facts::tls::Endpoint;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::observe::dns::resolvers::Lookup;
use crate::observe::tls::identity::Identity;
use client::Client;

/// Where to start, and how to ask.
#[derive(Clone, Debug)]
pub struct HttpPlan {
    /// The host that was asked for.
    pub host: String,
    /// Its twin, when that is tried as well.
    pub twin: Option<String>,
    /// The first requests.
    pub starts: Vec<Start>,
    /// Who the client says it is to that host and to its twin, when they ask.
    pub identity: Option<Identity>,
    /// The method of the requests for the target.
    pub method: String,
    /// Fields that go with requests to the host that was asked for only: redirects may lead to others.
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
    /// What is to be learnt from it.
    pub purpose: RoutePurpose,
    /// Where, or why nowhere.
    pub sockets: Result<Vec<SocketAddr>, Failure>,
}

impl HttpPlan {
    /// Whether a host is the one that was asked for, or its twin.
    fn is_of_site(&self, host: &str) -> bool {
        host == self.host || self.twin.as_deref() == Some(host)
    }

    /// The method of a first request.
    fn method_of(&self, start: &Start) -> &str {
        match start.purpose {
            RoutePurpose::Target => &self.method,
            _ => "GET",
        }
    }
}

/// Walks every route of the plan, side by side.
pub async fn observe(
    plan: &HttpPlan,
    lookup: &Lookup,
    dialer: &Dialer,
    deadline: Deadline,
) -> Http {
    let client = Client::new(plan, lookup, dialer, deadline);
    let mut walks = Vec::new();
    for (number, start) in plan.starts.iter().enumerate() {
        let each: Vec<Result<SocketAddr, Failure>> = match &start.sockets {
            Ok(sockets) => sockets.iter().copied().map(Ok).collect(),
            Err(failure) => vec![Err(failure.clone())],
        };
        walks.extend(each.into_iter().map(|socket| {
            let address = socket.as_ref().ok().map(SocketAddr::ip);
            let walker = client.budget.walker(number, address);
            walk::walk(&client, start, socket, walker)
        }));
    }
    let mut routes = join_all(walks).await;
    shorten(&mut routes);
    Http {
        host: plan.host.clone(),
        twin: plan.twin.clone(),
        routes,
        hsts: None,
    }
}

/// Leaves out handshakes that a hop before had in the same way: each holds a chain of certificates.
fn shorten(routes: &mut [Route]) {
    let mut seen: Vec<Endpoint> = Vec::new();
    for hop in routes.iter_mut().flat_map(|route| &mut route.hops) {
        let Some(endpoint) = &hop.tls else { continue };
        if seen.iter().any(|other| is_same(other, endpoint)) {
            hop.tls = None;
        } else {
            seen.push(endpoint.clone());
        }
    }
}

fn is_same(one: &Endpoint, other: &Endpoint) -> bool {
    let prints = |endpoint: &Endpoint| -> Vec<String> {
        let chain = endpoint.chain.iter();
        chain
            .map(|certificate| certificate.sha256.clone())
            .collect()
    };
    one.address == other.address
        && one.port == other.port
        && one.server_name == other.server_name
        && one.error == other.error
        && one.alpn == other.alpn
        && prints(one) == prints(other)
}
