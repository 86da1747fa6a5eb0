//! Where the walks of the third door begin: the URL that was asked for, what is looked at beside it, and the twin.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use futures_util::future::join_all;
use url::Url;

use super::settings::Settings;
use super::target::{Host, Target};
use super::walk::Asking;
use crate::facts::attempt::Failure;
use crate::facts::http::{Http, RoutePurpose};
use crate::net::deadline::Deadline;
use crate::observe;
use crate::observe::dns::resolvers::Lookup;
use crate::observe::http::{HttpPlan, Start};

/// A path and a query that suffer when somebody decodes, encodes or cuts them on the way.
const PATH: &str = "/doorstep-probe/a%20b%2Fc?x=1&y=%26";
/// Where a certificate authority looks for its challenge; nothing lies there.
const ACME: &str = "/.well-known/acme-challenge/doorstep-probe";

/// A URL to begin with, and why.
type Begin = (Url, RoutePurpose);

/// Walks from every start at every address.
pub(super) async fn walk(
    target: &Target,
    asking: &Asking,
    lookup: &Lookup,
    (settings, deadline): (&Settings, Deadline),
) -> Http {
    let mut plan = plan(target, asking, settings);
    let own = starts(target, asking);
    let twin = twin(target, asking);
    let host = target.host.to_string();
    plan.starts.extend(placed(own, &host, lookup).await);
    if let Some(twin) = twin {
        let starts = placed(starts_of_twin(&twin).collect(), &twin, lookup).await;
        // A twin that has no address is no part of the site.
        if starts.iter().all(|start| start.sockets.is_ok()) {
            plan.starts.extend(starts);
            plan.twin = Some(twin);
        }
    }
    observe::http::observe(&plan, lookup, &settings.dialer, deadline).await
}

/// The starts of a host with their sockets; each port is looked up once, side by side.
async fn placed(begins: Vec<Begin>, host: &str, lookup: &Lookup) -> Vec<Start> {
    let port = |url: &Url| url.port_or_known_default().unwrap_or(443);
    let ports: BTreeSet<u16> = begins.iter().map(|(url, _)| port(url)).collect();
    let asks = ports.into_iter().map(|port| async move {
        let sockets = lookup.sockets(host, port).await;
        (port, sockets)
    });
    let known: BTreeMap<u16, Result<Vec<SocketAddr>, Failure>> =
        join_all(asks).await.into_iter().collect();
    let starts = begins.into_iter().filter_map(|(url, purpose)| {
        let sockets = known.get(&port(&url))?.clone();
        Some(Start {
            url,
            purpose,
            sockets,
        })
    });
    starts.collect()
}

/// In clear and over HTTPS, unless the target's port belongs to one of the two.
fn starts(target: &Target, asking: &Asking) -> Vec<Begin> {
    let own = target.url.as_ref();
    let in_clear = own.is_some_and(|url| url.scheme() == "http");
    let schemes = match target.port {
        None => vec![("http", None), ("https", None)],
        Some(port) if in_clear => vec![("http", Some(port)), ("https", None)],
        Some(443) => vec![("http", None), ("https", None)],
        Some(port) => vec![("https", Some(port))],
    };
    let path = path(target, asking);
    let mut paths = vec![(path.as_str(), RoutePurpose::Target)];
    if path != "/" {
        paths.push(("/", RoutePurpose::Root));
    }
    paths.push((PATH, RoutePurpose::Path));
    let host = target.host.in_url();
    let mut starts = Vec::new();
    for (path, purpose) in paths {
        let each = schemes.iter();
        let urls = each.filter_map(|(scheme, port)| at(scheme, &host, *port, path));
        starts.extend(urls.map(|url| (url, purpose)));
    }
    // Authorities begin at port 80 of a name, and nowhere else (RFC 8555 §8.3).
    let port_80 = schemes.contains(&("http", None));
    if port_80 && matches!(target.host, Host::Name(_)) {
        let url = at("http", &host, None, ACME);
        starts.extend(url.map(|url| (url, RoutePurpose::Acme)));
    }
    starts
}

/// Path and query of the first request.
fn path(target: &Target, asking: &Asking) -> String {
    if let Some(path) = &asking.path {
        let slash = if path.starts_with('/') { "" } else { "/" };
        return format!("{slash}{path}");
    }
    let own = target.url.as_ref();
    own.map_or_else(
        || "/".to_owned(),
        |url| crate::facts::http::path_of(url.as_str()),
    )
}

fn at(scheme: &str, host: &str, port: Option<u16>, path: &str) -> Option<Url> {
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Url::parse(&format!("{scheme}://{host}{port}{path}")).ok()
}

/// The other one of a registrable name and its `www`, unless the target is bound to a port or an address.
pub(super) fn twin(target: &Target, asking: &Asking) -> Option<String> {
    let Host::Name(name) = &target.host else {
        return None;
    };
    let anywhere = target.port.is_none() && asking.address.is_none();
    let twin = name.twin().filter(|_| anywhere);
    twin.map(|twin| twin.without_dot())
}

fn starts_of_twin(twin: &str) -> impl Iterator<Item = Begin> {
    let paths = [("/", RoutePurpose::Root), (PATH, RoutePurpose::Path)];
    let pairs = paths.into_iter().flat_map(|(path, purpose)| {
        ["http", "https"].map(|scheme| (at(scheme, twin, None, path), purpose))
    });
    let found = pairs.filter_map(|(url, purpose)| Some((url?, purpose)));
    found.collect::<Vec<_>>().into_iter()
}

fn plan(target: &Target, asking: &Asking, settings: &Settings) -> HttpPlan {
    HttpPlan {
        host: target.host.to_string(),
        twin: None,
        starts: Vec::new(),
        identity: asking.identity.clone(),
        method: asking.method.clone(),
        headers: asking.headers.clone(),
        user_agent: asking.user_agent.clone(),
        max_hops: asking.max_hops,
        probe_timeout: settings.lookup.probe_timeout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(target: &str) -> Vec<String> {
        let starts = starts(&Target::read(target).unwrap(), &Asking::default());
        starts.into_iter().map(|(url, _)| url.to_string()).collect()
    }

    #[test]
    fn a_name_is_begun_at_four_paths_at_most_over_both_schemes() {
        let bare = begun("shop.example");
        assert_eq!(bare.len(), 5);
        assert!(bare.contains(&format!("https://shop.example{PATH}")));
        assert!(bare.contains(&format!("http://shop.example{ACME}")));
        assert_eq!(begun("https://shop.example/a?b").len(), 7);
    }

    #[test]
    fn a_port_and_an_address_have_neither_challenge_nor_twin() {
        assert_eq!(begun("shop.example:8443").len(), 2);
        assert_eq!(begun("192.0.2.1").len(), 4);
        let twin = |target: &str| twin(&Target::read(target).unwrap(), &Asking::default());
        assert_eq!(twin("shop.example").as_deref(), Some("www.shop.example"));
        assert_eq!(twin("shop.example:8443"), None);
    }
}
