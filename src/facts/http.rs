//! The third door: the way from `http://` to the final page, hop by hop, at every address.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Failure, Millis, NotMeasured};
use super::tls::Endpoint;

/// Everything seen of HTTP for one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Http {
    /// The host that was asked for.
    pub host: String,
    /// One for each start and address.
    pub routes: Vec<Route>,
    /// The policy that a browser would keep for the host; derived. `null` when no answer over HTTPS was had.
    pub hsts: Option<Hsts>,
}

/// One walk from a start at one address to where it ends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// The URL of the first request.
    pub start: String,
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
    /// The address asked; `null` when the host has none.
    pub address: Option<IpAddr>,
    /// The port asked.
    pub port: u16,
    /// The status code.
    pub status: Option<u16>,
    /// The Location field as it came; the first, when there are several.
    pub location: Option<String>,
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
    /// The head of the answer as it came, lines ended by `\n`.
    pub head: Option<String>,
    /// The handshake, over HTTPS.
    pub tls: Option<Endpoint>,
    /// Why there is no answer, or none that leads on.
    pub error: Option<HopError>,
}

/// How long the parts of a hop took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HopTimings {
    /// Until TCP was connected.
    pub connect_ms: Option<Millis>,
    /// The TLS handshake.
    pub handshake_ms: Option<Millis>,
    /// From the request to the head of the answer.
    pub first_byte_ms: Option<Millis>,
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

/// An HSTS policy (RFC 6797).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hsts {
    /// The host that sent it.
    pub host: String,
    /// The field as it came; `null` when there was none.
    pub header: Option<String>,
    /// For how many seconds it is kept.
    pub max_age: Option<u64>,
    /// Whether it covers hosts below.
    pub include_subdomains: bool,
    /// Whether it asks to be built into browsers.
    pub preload: bool,
    /// Whether it keeps to the grammar; `null` without a field. Browsers drop an invalid one whole.
    pub valid: Option<bool>,
    /// What breaks the grammar.
    pub errors: Vec<HstsError>,
    /// What hstspreload.org would object to.
    pub preload_errors: NotMeasured,
}

/// What breaks the grammar of a policy (RFC 6797 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum HstsError {
    /// No directive says for how long.
    MissingMaxAge,
    /// The value of `max-age` is no number of seconds.
    InvalidMaxAge {
        /// The value.
        value: String,
    },
    /// A directive stands there twice.
    DuplicateDirective {
        /// Its name in lower case.
        directive: String,
    },
    /// A directive that has no value was given one.
    UnexpectedValue {
        /// Its name in lower case.
        directive: String,
    },
    /// What stands there is no directive.
    Malformed {
        /// The text.
        token: String,
    },
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

    /// Whether the answer sends the client elsewhere (RFC 9110 §15.4); 300 and 304 do not.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, Some(301 | 302 | 303 | 307 | 308))
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
