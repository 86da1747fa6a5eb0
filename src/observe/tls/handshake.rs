//! One handshake by rustls: what was offered, what was chosen, what was shown.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error as TlsError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::recorder::{Recorder, Shown};
use super::{TlsPlan, certificate};
use crate::facts::attempt::Failure;
use crate::facts::tls::{Endpoint, EndpointError, Hello, Stage};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// How many of a peer's first bytes are kept, to say what it speaks.
const FIRST_BYTES: usize = 64;

/// A connection whose handshake is done.
pub(in crate::observe) type Stream = TlsStream<Tee<TcpStream>>;

/// Connects, shakes hands, and writes down what came of it; with the connection when there is one.
pub(in crate::observe) async fn open(
    plan: &TlsPlan,
    at: SocketAddr,
    dialer: &Dialer,
    deadline: Deadline,
) -> (Endpoint, Option<Stream>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut endpoint = Endpoint {
        hello: hello(plan, &provider),
        ..Endpoint::unseen(&plan.host, at, &plan.server_name)
    };
    let watch = Stopwatch::start();
    let stream = match connect(at, plan.probe_timeout, dialer, deadline).await {
        Ok(stream) => stream,
        Err(failure) => {
            let stage = Stage::Connect;
            endpoint.error = Some(EndpointError { stage, failure });
            return (endpoint, None);
        }
    };
    endpoint.timings.connect_ms = Some(watch.elapsed().into());
    let watch = Stopwatch::start();
    let recorder = Arc::new(Recorder::new(Arc::clone(&provider)));
    let shaken = shake(plan, stream, provider, Arc::clone(&recorder), deadline).await;
    let took = watch.elapsed();
    show(&recorder.shown(), &mut endpoint);
    match shaken {
        Ok(stream) => {
            endpoint.timings.handshake_ms = Some(took.into());
            chosen(stream.get_ref().1, &mut endpoint);
            (endpoint, Some(stream))
        }
        Err(failure) => {
            let stage = Stage::Handshake;
            endpoint.error = Some(EndpointError { stage, failure });
            (endpoint, None)
        }
    }
}

fn show(shown: &Shown, endpoint: &mut Endpoint) {
    let sent = shown.chain.iter().take(limits::CERTIFICATES);
    endpoint.chain = sent.map(|der| certificate::read(der)).collect();
    endpoint.ocsp_stapled = (!shown.chain.is_empty()).then_some(!shown.staple.is_empty());
    endpoint.staple = (!shown.staple.is_empty()).then(|| STANDARD.encode(&shown.staple));
    endpoint.key_proven = shown.key_proven;
}

/// What the hello will offer, from the provider that writes it.
fn hello(plan: &TlsPlan, provider: &CryptoProvider) -> Hello {
    Hello {
        versions: vec!["TLSv1.3".to_owned(), "TLSv1.2".to_owned()],
        cipher_suites: provider
            .cipher_suites
            .iter()
            .map(|suite| suite_name(suite.suite()))
            .collect(),
        groups: provider
            .kx_groups
            .iter()
            .map(|group| group_name(group.name()))
            .collect(),
        alpn: plan.alpn.clone(),
    }
}

/// A TCP connection, or why there is none.
pub(in crate::observe) async fn connect(
    at: SocketAddr,
    patience: Duration,
    dialer: &Dialer,
    deadline: Deadline,
) -> Result<TcpStream, Failure> {
    if !dialer.has_route(at) {
        return Err(Failure::NoRoute);
    }
    let watch = Stopwatch::start();
    match deadline.bound(patience, dialer.tcp(at)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Failure::from_io(&error, watch.elapsed())),
        Err(elapsed) => Err(elapsed.into()),
    }
}

async fn shake(
    plan: &TlsPlan,
    stream: TcpStream,
    provider: Arc<CryptoProvider>,
    recorder: Arc<Recorder>,
    deadline: Deadline,
) -> Result<Stream, Failure> {
    let config = config(plan, provider, recorder).map_err(|error| Failure::Incompatible {
        rule: format!("{error:?}"),
    })?;
    let name =
        ServerName::try_from(plan.server_name.clone()).map_err(|_| Failure::Incompatible {
            rule: "InvalidServerName".to_owned(),
        })?;
    let tee = Tee {
        inner: stream,
        first: Vec::new(),
    };
    let watch = Stopwatch::start();
    let handshake = TlsConnector::from(Arc::new(config))
        .connect(name, tee)
        .into_fallible();
    match deadline.bound(plan.probe_timeout, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err((error, tee))) => Err(why(&error, &tee.first, watch.elapsed())),
        Err(elapsed) => Err(elapsed.into()),
    }
}

fn config(
    plan: &TlsPlan,
    provider: Arc<CryptoProvider>,
    recorder: Arc<Recorder>,
) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(recorder)
        .with_no_client_auth();
    config.alpn_protocols = plan
        .alpn
        .iter()
        .map(|name| name.clone().into_bytes())
        .collect();
    // A resumed session shows no certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn chosen(connection: &ClientConnection, endpoint: &mut Endpoint) {
    endpoint.version = connection
        .protocol_version()
        .and_then(|version| version.as_str())
        .map(|version| version.replace('_', "."));
    endpoint.cipher_suite = connection
        .negotiated_cipher_suite()
        .map(|suite| suite_name(suite.suite()));
    endpoint.group = connection
        .negotiated_key_exchange_group()
        .map(|group| group_name(group.name()));
    endpoint.alpn = connection
        .alpn_protocol()
        .map(|name| name.escape_ascii().to_string());
}

/// The IANA name: rustls writes `TLS13_` before the suites of TLS 1.3.
fn suite_name(suite: rustls::CipherSuite) -> String {
    suite.as_str().map_or_else(
        || format!("{suite:?}"),
        |name| name.replacen("TLS13_", "TLS_", 1),
    )
}

fn group_name(group: rustls::NamedGroup) -> String {
    group
        .as_str()
        .map_or_else(|| format!("{group:?}"), str::to_owned)
}

/// What ended a handshake, from the library's error and the peer's first bytes.
fn why(error: &io::Error, first: &[u8], after: std::time::Duration) -> Failure {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TlsError>())
    {
        Some(TlsError::AlertReceived(alert)) => {
            let name = alert
                .as_str()
                .map_or_else(|| format!("{alert:?}"), str::to_owned);
            Failure::Alert {
                code: (*alert).into(),
                name,
            }
        }
        Some(TlsError::InvalidMessage(_)) if !looks_like_tls(first) => Failure::NotTls {
            protocol: spoken(first).to_owned(),
            first_bytes: first.escape_ascii().to_string(),
        },
        Some(TlsError::InvalidMessage(_)) => Failure::Malformed { at: None },
        Some(other) => Failure::Incompatible {
            rule: format!("{other:?}"),
        },
        None => Failure::from_io(error, after),
    }
}

/// A TLS record begins with its type (20 to 24) and a version of major number 3 (RFC 8446 §5.1).
fn looks_like_tls(first: &[u8]) -> bool {
    matches!(first, [20..=24, 3, ..])
}

/// What a peer speaks, by its first bytes.
fn spoken(first: &[u8]) -> &'static str {
    let signs: [(&[u8], &str); 6] = [
        (b"HTTP/", "HTTP"),
        (b"<", "HTTP"),
        (b"SSH-", "SSH"),
        (b"220", "SMTP or FTP"),
        (b"* OK", "IMAP"),
        (b"+OK", "POP3"),
    ];
    signs
        .iter()
        .find(|(sign, _)| first.starts_with(sign))
        .map_or("unknown", |(_, name)| name)
}

/// Keeps the first bytes that a peer sends.
pub(in crate::observe) struct Tee<S> {
    inner: S,
    first: Vec<u8>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tee<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let room = FIRST_BYTES - self.first.len();
        let new = buffer.filled().get(before..).unwrap_or_default();
        self.first.extend(new.iter().take(room));
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tee<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_tls_is_named_by_its_first_bytes() {
        assert_eq!(spoken(b"HTTP/1.1 400 Bad Request"), "HTTP");
        assert_eq!(spoken(b"SSH-2.0-OpenSSH"), "SSH");
        assert_eq!(spoken(b"\0"), "unknown");
        assert!(looks_like_tls(&[21, 3, 3]) && !looks_like_tls(b"HT"));
    }

    #[test]
    fn suites_have_their_iana_names() {
        assert_eq!(
            suite_name(rustls::CipherSuite::TLS13_AES_128_GCM_SHA256),
            "TLS_AES_128_GCM_SHA256"
        );
    }
}
