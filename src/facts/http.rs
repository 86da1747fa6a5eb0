//! The third door: the way from `http://` to the final page, hop by hop, at every address.

mod alternatives;
mod hsts;

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis};
use super::tls::Endpoint;
pub use alternatives::h3_alternative;
pub use hsts::{Hsts, HstsError, PreloadError};

/// Everything seen of HTTP for one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Http {
    /// The host that was asked for.
    pub host: String,
    /// The other one of a registrable name and its `www`, when it was tried.
    pub twin: Option<String>,
    /// One for each start and address.
    pub routes: Vec<Route>,
    /// The policy that a browser would keep for the host; derived. `null` when no answer over HTTPS tells.
    pub hsts: Option<Hsts>,
}

/// One walk from a start at one address to where it ends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// The URL of the first request.
    pub start: String,
    /// What is to be learnt from it.
    #[serde(default)]
    pub purpose: RoutePurpose,
    /// The address that it went to; `null` when the host has none.
    pub address: Option<IpAddr>,
    /// Each request with its answer.
    pub hops: Vec<Hop>,
    /// The URL of the page at the end; `null` when there is none.
    pub final_url: Option<String>,
    /// How it ended.
    pub outcome: RouteOutcome,
    /// What ended it before a page.
    pub error: Option<HopError>,
}

/// Why a walk was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoutePurpose {
    /// The URL was asked for.
    #[default]
    Target,
    /// What the host shows at `/`, when the target is another page.
    Root,
    /// Whether an odd path and query arrive as they are.
    Path,
    /// Where a certificate authority is led that looks for its challenge (RFC 8555 §8.3).
    Acme,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteOutcome {
    /// At a page over HTTPS.
    Https,
    /// At a page in clear.
    Http,
    /// A URL came again.
    Loop,
    /// More redirects than are followed.
    TooManyHops,
    /// What was met says nothing about what a browser would meet.
    Inconclusive,
    /// Something broke.
    Error,
}

/// One request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// The URL asked for.
    pub url: String,
    /// The method of the request; `null` in reports that are older than this field.
    pub method: Option<String>,
    /// The address asked; `null` when the host has none.
    pub address: Option<IpAddr>,
    /// The port asked.
    pub port: u16,
    /// The version in which the answer came: `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    pub version: Option<String>,
    /// The status code.
    pub status: Option<u16>,
    /// The words after it; HTTP/2 has none.
    pub reason: Option<String>,
    /// The Location field as it came; the first, when there are several.
    pub location: Option<String>,
    /// Where the page sends a browser by itself (`<meta http-equiv="refresh">`); only what comes early in it was read.
    pub meta_refresh: Option<String>,
    /// How many different Location fields there were.
    pub locations: usize,
    /// Where a client goes next: the Location resolved against the URL.
    pub target: Option<String>,
    /// How long it took, connection included.
    pub elapsed_ms: Millis,
    /// The parts of that.
    pub timings: HopTimings,
    /// The Strict-Transport-Security field as it came; the first, when there are several.
    pub hsts: Option<String>,
    /// The Server field.
    pub server: Option<String>,
    /// The head of the answer as it came, lines ended by `\n`; over HTTP/2 as it would stand in HTTP/1.1.
    pub head: Option<String>,
    /// The handshake, over HTTPS; `null` when an earlier hop of the report had the same with the same place.
    pub tls: Option<Endpoint>,
    /// Why there is no answer, or none that leads on.
    pub error: Option<HopError>,
}

/// How long the parts of a hop took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HopTimings {
    /// The look-up of its host before that, which is no part of `elapsed_ms`; `null` when the addresses were known already.
    #[serde(default)]
    pub lookup_ms: Option<Millis>,
    /// Until TCP was connected.
    pub connect_ms: Option<Millis>,
    /// The TLS handshake.
    pub handshake_ms: Option<Millis>,
    /// From the request to the first byte of the answer.
    pub first_byte_ms: Option<Millis>,
}

impl HopTimings {
    /// The time to an answer whose head was waited for so long.
    #[must_use]
    pub fn with_answer(&self, waited: Millis) -> Millis {
        let parts = [self.connect_ms, self.handshake_ms, Some(waited)];
        let sum: f64 = parts.into_iter().flatten().map(|part| part.0).sum();
        Millis((sum * 1e3).round() / 1e3)
    }
}

/// Why a hop leads nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HopError {
    /// How far it got.
    pub stage: HopStage,
    /// What ended it.
    #[serde(flatten)]
    pub failure: Failure,
}

/// How far a hop got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HopStage {
    /// No address was found.
    Lookup,
    /// TCP was not connected.
    Connect,
    /// The TLS handshake was not done.
    Handshake,
    /// No answer was read.
    Exchange,
    /// The answer is a redirect that cannot be followed.
    Location,
}

impl Hop {
    /// Address and port as a finding names them; the host and port when it has no address.
    #[must_use]
    pub fn label(&self) -> String {
        match self.address {
            Some(address) => SocketAddr::new(address, self.port).to_string(),
            None => format!("{}:{}", host_of(&self.url), self.port),
        }
    }

    /// Whether it went over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        is_https(&self.url)
    }

    /// The values of a field of the answer, line by line, in order.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<&str> {
        let lines = self.head.iter().flat_map(|head| head.lines().skip(1));
        let fields = lines.filter_map(|line| line.split_once(':'));
        fields
            .filter(|(own, _)| own.trim_end().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_matches([' ', '\t']))
            .collect()
    }

    /// Whether a page came: no redirect, and no error.
    #[must_use]
    pub fn is_page(&self) -> bool {
        matches!(self.status, Some(200..=299))
    }

    /// Whether the answer is one of the site's own, no error and no refusal of this client.
    #[must_use]
    pub fn is_conclusive(&self) -> bool {
        self.status.is_some_and(|status| status < 400) && !self.is_declined()
    }

    /// Whether the answer is the site's own, though it may be that there is nothing.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.status.is_some_and(|status| status < 500) && !self.is_declined()
    }

    /// Whether this client was turned away, by a status or by a test for robots (as Cloudflare and AWS WAF mark it): that says
    /// nothing about what browsers meet.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        let marks = ["cf-mitigated", "x-amzn-waf-action"];
        let tested = marks.iter().any(|mark| !self.values(mark).is_empty());
        tested || matches!(self.status, Some(403 | 405 | 429))
    }

    /// Whether the answer sends the client elsewhere (RFC 9110 §15.4); 300 and 304 do not.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, Some(301 | 302 | 303 | 307 | 308))
    }
}

impl Http {
    /// The walks from the host that was asked for that have a purpose.
    pub fn of(&self, purpose: RoutePurpose) -> impl Iterator<Item = &Route> {
        let own = self.routes.iter().filter(|route| !self.is_of_twin(route));
        own.filter(move |route| route.purpose == purpose)
    }

    /// Those from the URL that was asked for.
    pub fn given(&self) -> impl Iterator<Item = &Route> {
        self.of(RoutePurpose::Target)
    }

    /// Those from `/`, whether that was asked for or not.
    pub fn of_root(&self) -> impl Iterator<Item = &Route> {
        let given = self.given().filter(|route| path_of(&route.start) == "/");
        given.chain(self.of(RoutePurpose::Root))
    }

    /// All that a visitor's browser would go, those from the URL that was asked for first.
    pub fn walks(&self) -> impl Iterator<Item = &Route> {
        let is_given = |route: &&Route| {
            let mut given = self.given();
            given.any(|own| std::ptr::eq(own, *route))
        };
        let others = self.routes.iter().filter(move |route| !is_given(route));
        let others = others.filter(|route| route.purpose != RoutePurpose::Acme);
        self.given().chain(others)
    }

    /// Those from the twin.
    pub fn of_twin(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| self.is_of_twin(route))
    }

    fn is_of_twin(&self, route: &Route) -> bool {
        self.twin.is_some() && self.twin.as_deref() == Some(host_of(&route.start).as_str())
    }
}

impl Route {
    /// The last request that was answered.
    #[must_use]
    pub fn last(&self) -> Option<&Hop> {
        self.hops.last()
    }

    /// Whether it began in clear.
    #[must_use]
    pub fn starts_in_clear(&self) -> bool {
        !is_https(&self.start)
    }
}

/// The path of a URL with its query, as it travels.
#[must_use]
pub fn path_of(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else {
        return String::new();
    };
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Whether a URL is one of HTTPS.
#[must_use]
pub fn is_https(url: &str) -> bool {
    url.starts_with("https:")
}

/// The host of a URL without final dot; empty when it has none.
#[must_use]
pub fn host_of(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    let host = url
        .as_ref()
        .and_then(|url| url.host_str())
        .unwrap_or_default();
    host.trim_end_matches('.').to_owned()
}
