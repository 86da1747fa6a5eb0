//! One request on a connection of its own: connect, shake hands, ask, read the head, and of a page its first lines.

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
use super::ending::{failed, shaken, why, why_h2};
use super::refresh;
use super::tee::{Head, Tee};
use super::walk::without_fragment;
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, HopTimings, path_of};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Elapsed;
use crate::net::limits;
use crate::observe::tls::{Depth, TlsPlan, handshake};

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
        if hop.status.is_none() {
            hop.elapsed_ms = watch.elapsed().into();
        }
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
        let identity = self.plan.identity.clone();
        let plan = TlsPlan {
            // Where redirects lead to is nobody whom the user wants to be known by.
            identity: identity.filter(|_| self.plan.is_of_site(&host)),
            host: host.clone(),
            addresses: Vec::new(),
            server_name: host,
            alpn: ["h2", "http/1.1"].map(str::to_owned).to_vec(),
            probe_timeout: patience,
            starttls: None,
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
        let h2 = hop.tls.as_ref().and_then(|tls| tls.alpn.as_deref()) == Some("h2");
        let method = hop.method.clone().unwrap_or_default();
        let request = self.ask_for(&method, url, h2);
        let request = request.ok_or_else(|| failed(Failure::Malformed { at: None }, false))?;
        let head = if h2 { Head::over_h2() } else { Head::over_h1() };
        let stream = Tee {
            inner: stream,
            head: head.clone(),
        };
        let came = if h2 {
            self.over_h2(stream, request).await
        } else {
            self.over_h1(stream, request, &head).await
        };
        hop.timings.first_byte_ms = head.first_byte().map(Into::into);
        let raw = head.bytes();
        match came {
            Ok(answer) => {
                // The first lines of a page are read besides: they are no part of the time to the answer.
                hop.elapsed_ms = hop.timings.with_answer(answer.waited.into());
                answer::read(&answer.parts, &raw, url, hop);
                hop.meta_refresh = refresh::target(&answer.page);
                Ok(())
            }
            Err(failure) => {
                hop.head = Some(as_text(&raw)).filter(|head| !head.is_empty());
                Err(failed(failure, head.first_byte().is_some()))
            }
        }
    }
}

/// An answer.
struct Answer {
    parts: Parts,
    /// How long its head was waited for.
    waited: Duration,
    /// The first lines of a page.
    page: Vec<u8>,
}

type Stream = Tee<Box<dyn Connection>>;

impl Client<'_> {
    async fn over_h1(
        &self,
        stream: Stream,
        request: Request<Empty<Bytes>>,
        head: &Head,
    ) -> Result<Answer, Failure> {
        let mut builder = http1::Builder::new();
        builder.max_headers(limits::HEADERS);
        // Browsers join folded lines (RFC 9112 §5.2), although nobody may send them any more.
        builder.allow_obsolete_multiline_headers_in_responses(true);
        // They pass over fields with a control character in it, or a blank before the colon, and show the page.
        builder.ignore_invalid_headers_in_responses(true);
        builder.allow_spaces_after_header_name_in_responses(true);
        let greeted = builder.handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = greeted.map_err(|error| why(&error, head))?;
        let answer = sender.send_request(request);
        let came = self.receive(answer, connection).await;
        came.map_err(|ended| match ended {
            Ended::Error(error) => why(&error, head),
            Ended::Elapsed(elapsed) => elapsed.into(),
        })
    }

    async fn over_h2(
        &self,
        stream: Stream,
        request: Request<Empty<Bytes>>,
    ) -> Result<Answer, Failure> {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_header_list_size(u32::try_from(limits::HEAD_BYTES).unwrap_or(u32::MAX));
        // Sends, and waits for nothing.
        let greeted = builder.handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = greeted.map_err(|error| why_h2(&error))?;
        let answer = sender.send_request(request);
        let came = self.receive(answer, connection).await;
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
    ) -> Result<Answer, Ended> {
        let mut connection = pin!(connection.fuse());
        let watch = Stopwatch::start();
        let head = async {
            let mut answer = pin!(answer);
            loop {
                let ended = tokio::select! {
                    biased;
                    answer = &mut answer => return answer,
                    ended = &mut connection => ended,
                };
                // What was said of this request comes by another way than the end, and may come after it.
                if let Err(ended) = ended {
                    let answer = answer.await;
                    let tells = |error: &hyper::Error| !error.is_canceled() && !error.is_closed();
                    return answer.map_err(|error| if tells(&error) { error } else { ended });
                }
            }
        };
        let head = self.deadline.bound(self.plan.probe_timeout, head).await;
        let waited = watch.elapsed();
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
        Ok(Answer {
            parts,
            waited,
            page,
        })
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
        if bare_host(url) == self.plan.host {
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
