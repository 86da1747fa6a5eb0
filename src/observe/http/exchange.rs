//! One request on a connection of its own: connect, shake hands, ask, read the head.

use std::net::SocketAddr;
use std::pin::pin;

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    HOST, HeaderName, HeaderValue, LOCATION, SERVER, STRICT_TRANSPORT_SECURITY, USER_AGENT,
};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::tee::{Head, Tee};
use super::{HttpPlan, not_followed, without_fragment};
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, HopTimings};
use crate::facts::tls::Stage;
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use crate::observe::dns::resolvers::Lookup;
use crate::observe::tls::{Depth, TlsPlan, handshake};

/// How many of a peer's first bytes are shown when they are no HTTP.
const FIRST_BYTES: usize = 64;

/// What every request of a run shares.
pub(super) struct Client<'a> {
    pub(super) plan: &'a HttpPlan,
    pub(super) lookup: &'a Lookup,
    pub(super) dialer: &'a Dialer,
    pub(super) deadline: Deadline,
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

impl Client<'_> {
    /// Makes one request; of several sockets the first that accepts a connection gets it, as browsers do.
    pub(super) async fn ask(
        &self,
        url: &Url,
        sockets: Result<Vec<SocketAddr>, Failure>,
        first: bool,
    ) -> Hop {
        let watch = Stopwatch::start();
        let mut hop = unanswered(url);
        let done = match sockets {
            Ok(sockets) => self.ask_at(url, &sockets, first, &mut hop).await,
            Err(failure) => Err(HopError {
                stage: HopStage::Lookup,
                failure,
            }),
        };
        if let Err(error) = done {
            hop.error = Some(error);
        }
        hop.elapsed_ms = watch.elapsed().into();
        hop
    }

    async fn ask_at(
        &self,
        url: &Url,
        sockets: &[SocketAddr],
        first: bool,
        hop: &mut Hop,
    ) -> Result<(), HopError> {
        let mut connected = Err(HopError {
            stage: HopStage::Lookup,
            failure: Failure::NoAddress,
        });
        for socket in sockets {
            (hop.address, hop.port) = (Some(socket.ip()), socket.port());
            connected = self.connect(url, *socket, hop).await;
            if !matches!(&connected, Err(error) if error.stage == HopStage::Connect) {
                break;
            }
        }
        self.exchange(url, connected?, first, hop).await
    }

    async fn connect(
        &self,
        url: &Url,
        at: SocketAddr,
        hop: &mut Hop,
    ) -> Result<Box<dyn Connection>, HopError> {
        let patience = self.plan.probe_timeout;
        if url.scheme() == "http" {
            let watch = Stopwatch::start();
            let stream = handshake::connect(at, patience, self.dialer, self.deadline).await;
            let stream = stream.map_err(|failure| HopError {
                stage: HopStage::Connect,
                failure,
            })?;
            hop.timings.connect_ms = Some(watch.elapsed().into());
            return Ok(Box::new(stream));
        }
        let host = bare_host(url);
        let plan = TlsPlan {
            host: host.clone(),
            addresses: Vec::new(),
            server_name: host,
            // The head is read as it travels, which HTTP/2 compresses.
            alpn: vec!["http/1.1".to_owned()],
            probe_timeout: patience,
            starttls: None,
            identity: None,
            depth: Depth::Handshake,
        };
        let (endpoint, stream) = handshake::open(&plan, at, self.dialer, self.deadline).await;
        hop.timings.connect_ms = endpoint.timings.connect_ms;
        hop.timings.handshake_ms = endpoint.timings.handshake_ms;
        let error = endpoint.error.clone();
        hop.tls = Some(endpoint);
        match (stream, error) {
            (Some(stream), _) => Ok(Box::new(stream)),
            (None, error) => Err(shaken(error)),
        }
    }

    async fn exchange(
        &self,
        url: &Url,
        stream: Box<dyn Connection>,
        first: bool,
        hop: &mut Hop,
    ) -> Result<(), HopError> {
        let failed = |failure| HopError {
            stage: HopStage::Exchange,
            failure,
        };
        let request = self
            .request(url, first)
            .ok_or_else(|| failed(Failure::Malformed { at: None }))?;
        let head = Head::default();
        let watch = Stopwatch::start();
        let answer = send(
            Tee {
                inner: stream,
                head: head.clone(),
            },
            request,
        );
        let answer = self.deadline.bound(self.plan.probe_timeout, answer).await;
        hop.timings.first_byte_ms = Some(watch.elapsed().into());
        hop.head = Some(as_text(&head.bytes())).filter(|head| !head.is_empty());
        match answer {
            Ok(Ok(response)) => {
                read(&response, url, hop);
                Ok(())
            }
            Ok(Err(error)) => Err(failed(why(&error, &head))),
            Err(elapsed) => Err(failed(elapsed.into())),
        }
    }

    fn request(&self, url: &Url, first: bool) -> Option<Request<Empty<Bytes>>> {
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let host = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str()?),
            None => url.host_str()?.to_owned(),
        };
        let mut request = Request::builder()
            .method(self.plan.method.as_str())
            .uri(path)
            .header(HOST, host)
            .header(USER_AGENT, &self.plan.user_agent)
            .header("accept", "*/*")
            .header("connection", "close")
            .body(Empty::new())
            .ok()?;
        for (name, value) in self.plan.headers.iter().filter(|_| first) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request
                .headers_mut()
                .insert(name, HeaderValue::from_str(value).ok()?);
        }
        Some(request)
    }
}

fn unanswered(url: &Url) -> Hop {
    Hop {
        url: without_fragment(url),
        address: None,
        port: url.port_or_known_default().unwrap_or_default(),
        status: None,
        location: None,
        locations: 0,
        target: None,
        elapsed_ms: Default::default(),
        timings: HopTimings::default(),
        hsts: None,
        server: None,
        head: None,
        tls: None,
        error: None,
    }
}

/// The host without brackets and final dot, as a certificate names it.
fn bare_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned()
}

fn shaken(error: Option<crate::facts::tls::EndpointError>) -> HopError {
    match error {
        Some(error) => {
            let stage = match error.stage {
                Stage::Connect => HopStage::Connect,
                Stage::Handshake => HopStage::Handshake,
            };
            HopError {
                stage,
                failure: error.failure,
            }
        }
        None => HopError {
            stage: HopStage::Handshake,
            failure: Failure::Closed,
        },
    }
}

/// Sends the request and waits for the head of the answer. The connection ends with it.
async fn send(
    stream: Tee<Box<dyn Connection>>,
    request: Request<Empty<Bytes>>,
) -> hyper::Result<Response<Incoming>> {
    let mut builder = http1::Builder::new();
    builder.max_headers(limits::HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection);
    let mut answer = pin!(sender.send_request(request));
    let mut open = true;
    loop {
        tokio::select! {
            answer = &mut answer => return answer,
            ended = &mut connection, if open => {
                ended?;
                open = false;
            }
        }
    }
}

/// Writes down what the head says, and where it sends the client.
fn read(response: &Response<Incoming>, url: &Url, hop: &mut Hop) {
    let fields = response.headers();
    let text = |value: &HeaderValue| as_text(value.as_bytes());
    hop.status = Some(response.status().as_u16());
    hop.server = fields.get(SERVER).map(text);
    hop.hsts = fields.get(STRICT_TRANSPORT_SECURITY).map(text);
    let mut locations: Vec<String> = fields.get_all(LOCATION).iter().map(text).collect();
    locations.dedup();
    hop.locations = locations.len();
    hop.location = locations.first().cloned();
    if !hop.is_redirect() {
        return;
    }
    match locations.as_slice() {
        [only] => match resolve(url, only) {
            Some(target) => hop.target = Some(target.to_string()),
            None => hop.error = Some(not_followed(Some(0))),
        },
        _ => hop.error = Some(not_followed(None)),
    }
}

/// The Location against the URL of the request (RFC 3986 §5; RFC 9110 §10.2.2 has the fragment inherited).
fn resolve(url: &Url, location: &str) -> Option<Url> {
    let mut target = url.join(location).ok()?;
    if target.fragment().is_none() {
        target.set_fragment(url.fragment());
    }
    let leads_on = matches!(target.scheme(), "http" | "https") && target.host_str().is_some();
    leads_on.then_some(target)
}

/// What ended an exchange, by what was read until then.
fn why(error: &hyper::Error, head: &Head) -> Failure {
    let read = head.bytes();
    if head.is_too_long() {
        return Failure::LimitReached {
            limit: "HEAD_BYTES".to_owned(),
        };
    }
    if error.is_parse_too_large() {
        return Failure::LimitReached {
            limit: "HEADERS".to_owned(),
        };
    }
    if read.is_empty() {
        return Failure::Closed;
    }
    if read.starts_with(b"HTTP/") {
        return Failure::Malformed { at: None };
    }
    let first = read.get(..FIRST_BYTES).unwrap_or(&read);
    Failure::NotHttp {
        first_bytes: first.escape_ascii().to_string(),
    }
}

/// Bytes as text: UTF-8 where it is, lines ended by `\n`.
fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(location: &str) -> Option<String> {
        let url = Url::parse("http://shop.example/a/b?c=d").unwrap();
        resolve(&url, location).map(|target| target.to_string())
    }

    #[test]
    fn locations_resolve_against_the_request() {
        let https = |path: &str| Some(format!("https://shop.example{path}"));
        assert_eq!(resolved("https://shop.example/x y"), https("/x%20y"));
        assert_eq!(
            resolved("//other.example/x").as_deref(),
            Some("http://other.example/x")
        );
        assert_eq!(
            resolved("../c?e").as_deref(),
            Some("http://shop.example/c?e")
        );
        assert_eq!(resolved("").as_deref(), Some("http://shop.example/a/b?c=d"));
    }

    #[test]
    fn what_leads_to_no_site_is_not_followed() {
        for wrong in [
            "https://",
            "http://[::1",
            "mailto:a@b.example",
            "javascript:alert(1)",
            "https://exa mple/",
        ] {
            assert_eq!(resolved(wrong), None, "{wrong}");
        }
    }
}
