//! One walk: redirects followed from a start at one address until a page, an error, a URL that comes again, or the bound.

use std::net::SocketAddr;

use url::Url;

use super::Start;
use super::budget::Walker;
use super::client::Client;
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, Route, RouteOutcome};

/// Follows redirects from `start`.
pub(super) async fn walk(
    client: &Client<'_>,
    start: &Start,
    socket: Result<SocketAddr, Failure>,
    walker: Walker,
) -> Route {
    let pinned = socket.as_ref().ok().copied();
    let mut hops: Vec<Hop> = Vec::new();
    let mut url = start.url.clone();
    let mut method = client.plan.method_of(start).to_owned();
    let mut sockets = socket.map(|socket| vec![socket]);
    let mut looked_up = None;
    let outcome = loop {
        let hop = client.ask(&method, &url, sockets, &walker).await;
        let mut hop = with_fragment(hop, &url);
        hop.timings.lookup_ms = looked_up;
        let next = hop.target.as_deref().and_then(|to| Url::parse(to).ok());
        let ended = ended(&url, &hop, next.is_some());
        method = next_method(method, hop.status);
        hops.push(hop);
        let next = match (ended, next) {
            (Some(outcome), _) => break outcome,
            (None, Some(next)) => next,
            (None, None) => break page(&url),
        };
        if hops.iter().any(|hop| is_same(hop, &method, &next)) {
            break RouteOutcome::Loop;
        }
        if hops.len() > client.plan.max_hops {
            break RouteOutcome::TooManyHops;
        }
        (sockets, looked_up) = client.sockets(&next, &start.url, pinned).await;
        url = next;
    };
    client.budget.end(&walker);
    let is_page = matches!(outcome, RouteOutcome::Https | RouteOutcome::Http);
    Route {
        start: start.url.to_string(),
        purpose: start.purpose,
        address: pinned.map(|socket| socket.ip()),
        final_url: is_page.then(|| without_fragment(&url)),
        error: hops.last().and_then(|hop| hop.error.clone()),
        hops,
        outcome,
    }
}

/// Whether the walk ends with this hop for another reason than that it is a page.
fn ended(url: &Url, hop: &Hop, leads_on: bool) -> Option<RouteOutcome> {
    if let Some(error) = &hop.error {
        return Some(if error.failure.is_local() {
            RouteOutcome::Inconclusive
        } else {
            RouteOutcome::Error
        });
    }
    if leads_on {
        return None;
    }
    // A server that turns probes away may welcome browsers.
    let declined = hop.is_declined().then_some(RouteOutcome::Inconclusive);
    Some(declined.unwrap_or_else(|| page(url)))
}

fn page(url: &Url) -> RouteOutcome {
    if url.scheme() == "https" {
        RouteOutcome::Https
    } else {
        RouteOutcome::Http
    }
}

/// The method after a redirect (RFC 9110 §15.4.2 to 15.4.4, and what browsers do).
fn next_method(method: String, status: Option<u16>) -> String {
    let to_get = match status {
        Some(303) => method != "HEAD",
        Some(301 | 302) => method == "POST",
        _ => false,
    };
    if to_get { "GET".to_owned() } else { method }
}

/// A target without fragment has that of the request (RFC 9110 §10.2.2). It never travels, so that the hop is shared without.
fn with_fragment(mut hop: Hop, url: &Url) -> Hop {
    if let (Some(fragment), Some(target)) = (url.fragment(), hop.target.as_mut())
        && !target.contains('#')
    {
        *target = format!("{target}#{fragment}");
    }
    hop
}

/// Whether method, scheme, host, port, path and query are the same.
fn is_same(hop: &Hop, method: &str, next: &Url) -> bool {
    hop.method.as_deref() == Some(method) && hop.url == without_fragment(next)
}

/// The URL as a request knows it: the fragment never travels.
pub(super) fn without_fragment(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_page_after_a_redirect_and_keeps_its_method_when_told_to() {
        let after = |method: &str, status| next_method(method.to_owned(), Some(status));
        assert_eq!(after("POST", 301), "GET");
        assert_eq!(after("POST", 303), "GET");
        assert_eq!(after("POST", 308), "POST");
        assert_eq!(after("HEAD", 303), "HEAD");
        assert_eq!(after("PUT", 302), "PUT");
    }
}
