//! One request on a connection of its own: connect, shake hands, ask, read the head, and of a page its first lines.

use std::error::Error as _;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use hyper::http::response::Parts;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::answer::{self, as_text};
use super::client::Client;
use super::refresh;
use super::tee::{Head, Tee};
use super::walk::without_fragment;
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, HopTimings, host_of, path_of};
use crate::facts::tls::{EndpointError, Stage};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Elapsed;
use crate::net::limits;
use crate::observe::tls::{Depth, TlsPlan, handshake};

/// How many of a peer's first bytes are shown when they are no HTTP.
const FIRST_BYTES: usize = 64;

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

impl Client<'_> {
    /// Makes one request.
    pub(super) async fn request(&self, method: &str, url: &Url, at: SocketAddr) -> Hop {
        let watch = Stopwatch::start();
        let mut hop = unanswered(method, url);
        (hop.address, hop.port) = (Some(at.ip()), at.port());
        let done = match self.connect(url, at, &mut hop).await {
            Ok(stream) => self.exchange(url, stream, &mut hop).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            hop.error = Some(error);
        }
        // The first lines of a page are read besides: they are no part of the time to the answer.
        hop.elapsed_ms = hop.timings.sum().unwrap_or(watch.elapsed().into());
        hop
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
            alpn: ["h2", "http/1.1"].map(str::to_owned).to_vec(),
            probe_timeout: patience,
            starttls: None,
            identity: None,
            ech: None,
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
        hop: &mut Hop,
    ) -> Result<(), HopError> {
        let failed = |failure| HopError {
            stage: HopStage::Exchange,
            failure,
        };
        let h2 = hop.tls.as_ref().and_then(|tls| tls.alpn.as_deref()) == Some("h2");
        let method = hop.method.clone().unwrap_or_default();
        let request = self.ask_for(&method, url, h2);
        let request = request.ok_or_else(|| failed(Failure::Malformed { at: None }))?;
        let head = Head::default();
        let mut first_byte = None;
        let came = if h2 {
            self.over_h2(stream, request, &mut first_byte).await
        } else {
            self.over_h1(stream, request, &head, &mut first_byte).await
        };
        hop.timings.first_byte_ms = first_byte.map(Into::into);
        let raw = head.bytes();
        match came {
            Ok((parts, page)) => {
                answer::read(&parts, &raw, url, hop);
                hop.meta_refresh = refresh::target(&page);
                Ok(())
            }
            Err(failure) => {
                hop.head = Some(as_text(&raw)).filter(|head| !head.is_empty());
                Err(failed(failure))
            }
        }
    }
}

/// What came, or why nothing did: the head, and the first lines of a page.
type Came = Result<(Parts, Vec<u8>), Failure>;

impl Client<'_> {
    async fn over_h1(
        &self,
        stream: Box<dyn Connection>,
        request: Request<Empty<Bytes>>,
        head: &Head,
        first_byte: &mut Option<Duration>,
    ) -> Came {
        let tee = Tee {
            inner: stream,
            head: head.clone(),
        };
        let mut builder = http1::Builder::new();
        builder.max_headers(limits::HEADERS);
        // Browsers join folded lines (RFC 9112 §5.2), although nobody may send them any more.
        builder.allow_obsolete_multiline_headers_in_responses(true);
        let greeted = builder.handshake(TokioIo::new(tee)).await;
        let (mut sender, connection) = greeted.map_err(|error| why(&error, head))?;
        let answer = sender.send_request(request);
        let came = self.receive(answer, connection, first_byte).await;
        came.map_err(|ended| match ended {
            Ended::Error(error) => why(&error, head),
            Ended::Elapsed(elapsed) => elapsed.into(),
        })
    }

    async fn over_h2(
        &self,
        stream: Box<dyn Connection>,
        request: Request<Empty<Bytes>>,
        first_byte: &mut Option<Duration>,
    ) -> Came {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_header_list_size(u32::try_from(limits::HEAD_BYTES).unwrap_or(u32::MAX));
        // Sends, and waits for nothing.
        let greeted = builder.handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = greeted.map_err(|error| why_h2(&error))?;
        let answer = sender.send_request(request);
        let came = self.receive(answer, connection, first_byte).await;
        came.map_err(|ended| match ended {
            Ended::Error(error) => why_h2(&error),
            Ended::Elapsed(elapsed) => elapsed.into(),
        })
    }

    /// Waits for the head of the answer, and then a little for the first lines of a page.
    async fn receive(
        &self,
        answer: impl Future<Output = hyper::Result<Response<Incoming>>>,
        connection: impl Future<Output = hyper::Result<()>>,
        first_byte: &mut Option<Duration>,
    ) -> Result<(Parts, Vec<u8>), Ended> {
        let mut connection = pin!(connection.fuse());
        let watch = Stopwatch::start();
        let head = async {
            let mut answer = pin!(answer);
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => return answer,
                    ended = &mut connection => ended?,
                }
            }
        };
        let head = self.deadline.bound(self.plan.probe_timeout, head).await;
        *first_byte = Some(watch.elapsed());
        let (parts, body) = head
            .map_err(Ended::Elapsed)?
            .map_err(Ended::Error)?
            .into_parts();
        let mut page = Vec::new();
        if is_plain_html(&parts) {
            let mut lines = pin!(first_lines(body, &mut page));
            let read = async {
                loop {
                    tokio::select! {
                        biased;
                        () = &mut lines => return,
                        _ = &mut connection => {}
                    }
                }
            };
            // A page that drips is no fault: what came until then is looked at.
            let _ = self.deadline.bound(limits::PAGE_TIME, read).await;
        }
        Ok((parts, page))
    }

    fn ask_for(&self, method: &str, url: &Url, h2: bool) -> Option<Request<Empty<Bytes>>> {
        let path = path_of(url.as_str());
        let host = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str()?),
            None => url.host_str()?.to_owned(),
        };
        let mut request = Request::builder()
            .method(method)
            .header(USER_AGENT, &self.plan.user_agent)
            .header(ACCEPT, "*/*")
            // A page is read as it comes: what is not unpacked cannot burst.
            .header(ACCEPT_ENCODING, "identity");
        request = if h2 {
            request.uri(format!("https://{host}{path}"))
        } else {
            let request = request.uri(path).header(HOST, host);
            request.header(CONNECTION, "close")
        };
        // Methods with a meaning for content say that there is none (RFC 9110 §8.6).
        if ["POST", "PUT", "PATCH"].contains(&method) {
            request = request.header(CONTENT_LENGTH, 0);
        }
        let mut request = request.body(Empty::new()).ok()?;
        if host_of(url.as_str()) == self.plan.host {
            self.say_more(request.headers_mut())?;
        }
        Some(request)
    }

    /// The user's own fields, each as often as it was given, instead of ours.
    fn say_more(&self, fields: &mut HeaderMap) -> Option<()> {
        let own = self.plan.headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        });
        let own = own.collect::<Option<Vec<_>>>()?;
        for (name, _) in &own {
            fields.remove(name);
        }
        for (name, value) in own {
            fields.append(name, value);
        }
        Some(())
    }
}

/// What ended the wait for an answer.
enum Ended {
    Error(hyper::Error),
    Elapsed(Elapsed),
}

/// Reads until enough of a page is there; what does not come is not waited for here.
async fn first_lines(mut body: Incoming, page: &mut Vec<u8>) {
    while let Some(Ok(frame)) = body.frame().await {
        let Some(data) = frame.data_ref() else { return };
        let room = limits::PAGE_BYTES - page.len();
        page.extend(data.iter().take(room));
        if page.len() >= limits::PAGE_BYTES {
            return;
        }
    }
}

/// Whether what follows the head is a page of HTML that needs no unpacking.
fn is_plain_html(parts: &Parts) -> bool {
    let text = |name| {
        let value = parts.headers.get(name);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
    };
    let html = text(CONTENT_TYPE).is_some_and(|kind| kind.contains("html"));
    let plain = text(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    parts.status.is_success() && html && plain
}

/// A hop before its request.
pub(super) fn unanswered(method: &str, url: &Url) -> Hop {
    Hop {
        url: without_fragment(url),
        method: Some(method.to_owned()),
        address: None,
        port: url.port_or_known_default().unwrap_or_default(),
        version: None,
        status: None,
        reason: None,
        location: None,
        meta_refresh: None,
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

fn shaken(error: Option<EndpointError>) -> HopError {
    let Some(error) = error else {
        return HopError {
            stage: HopStage::Handshake,
            failure: Failure::Closed,
        };
    };
    let stage = match error.stage {
        Stage::Connect => HopStage::Connect,
        Stage::Handshake => HopStage::Handshake,
    };
    HopError {
        stage,
        failure: error.failure,
    }
}

/// What ended an exchange, by what was read until then.
fn why(error: &hyper::Error, head: &Head) -> Failure {
    let read = head.bytes();
    let limit = |limit: &str| Failure::LimitReached {
        limit: limit.to_owned(),
    };
    if head.is_too_long() {
        return limit("HEAD_BYTES");
    }
    if error.is_parse_too_large() {
        return limit("HEADERS");
    }
    if let Some(failure) = of_socket(error) {
        return failure;
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

fn why_h2(error: &hyper::Error) -> Failure {
    if let Some(failure) = of_socket(error).or_else(|| of_h2(error)) {
        return failure;
    }
    if error.is_closed() || error.is_canceled() || error.is_incomplete_message() {
        Failure::Closed
    } else {
        Failure::Malformed { at: None }
    }
}

/// What the library refuses as too much, and what the server says.
fn of_h2(error: &hyper::Error) -> Option<Failure> {
    let error: &h2::Error = inner(error)?;
    let reason = error.reason()?;
    let bounds = [h2::Reason::REFUSED_STREAM, h2::Reason::ENHANCE_YOUR_CALM];
    if error.is_library() && bounds.contains(&reason) {
        return Some(Failure::LimitReached {
            limit: "HEAD_BYTES".to_owned(),
        });
    }
    error.is_remote().then(|| Failure::Http2Error {
        code: reason.into(),
        name: format!("{reason:?}"),
    })
}

/// The reset of a connection.
fn of_socket(error: &hyper::Error) -> Option<Failure> {
    let io: &std::io::Error = inner(error)?;
    let reset = io.kind() == std::io::ErrorKind::ConnectionReset;
    reset.then_some(Failure::Reset)
}

/// The error of a kind that hyper has wrapped.
fn inner<E: std::error::Error + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(wanted) = inner.downcast_ref::<E>() {
            return Some(wanted);
        }
        source = inner.source();
    }
    None
}
