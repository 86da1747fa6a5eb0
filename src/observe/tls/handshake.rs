//! One handshake by rustls: what was offered, what was chosen, what was shown.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::{ClientSessionStore, EchConfig, EchMode, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::hpke::ALL_SUPPORTED_SUITES;
use rustls::pki_types::{EchConfigListBytes, ServerName};
use rustls::{
    ClientConfig, ClientConnection, EncryptedClientHelloError, Error as TlsError, InvalidMessage,
    KeyLogFile, PeerIncompatible,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::door::Door;
use super::identity::Presenter;
use super::recorder::{Recorder, Shown};
use super::resumption::Keeper;
use super::spoken::{looks_like_tls, not_tls};
use super::{TlsPlan, certificate};
use crate::facts::announced::Announced;
use crate::facts::attempt::Failure;
use crate::facts::probe::Alert;
use crate::facts::tls::{Endpoint, EndpointError, Hello, Stage, Timings};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// A connection whose handshake is done.
pub(in crate::observe) type Stream = TlsStream<Tee<TcpStream>>;

/// Connects, shakes hands, and writes down what came of it; with the connection when there is one.
pub(in crate::observe) async fn open(
    plan: &TlsPlan,
    at: SocketAddr,
    dialer: &Dialer,
    deadline: Deadline,
) -> (Endpoint, Option<Stream>) {
    let door = Door {
        plan,
        at,
        dialer,
        deadline,
    };
    let mut endpoint = unseen(plan, at);
    let stream = match connected(&door, &mut endpoint).await {
        Some(stream) => shaken(&door, stream, &mut endpoint, None).await,
        None => None,
    };
    (endpoint, stream)
}

/// Connects; the facts say how long it took, or why there is no connection.
pub(super) async fn connected(door: &Door<'_>, endpoint: &mut Endpoint) -> Option<TcpStream> {
    let watch = Stopwatch::start();
    match connect(door.at, door.patience(), door.dialer, door.deadline).await {
        Ok(stream) => {
            endpoint.timings.connect_ms = Some(watch.elapsed().into());
            Some(stream)
        }
        Err(failure) => {
            let stage = Stage::Connect;
            endpoint.error = Some(EndpointError { stage, failure });
            None
        }
    }
}

/// Shakes hands on a connection; the facts say what came of it.
pub(super) async fn shaken(
    door: &Door<'_>,
    stream: TcpStream,
    endpoint: &mut Endpoint,
    keeper: Option<&Arc<Keeper>>,
) -> Option<Stream> {
    let provider = provider();
    let upgraded = door.upgrade(stream).await;
    let watch = Stopwatch::start();
    let recorder = Arc::new(Recorder::new(Arc::clone(&provider), watch));
    let presenter = Arc::new(Presenter::new(door.plan.identity.clone()));
    let seen = (Arc::clone(&recorder), Arc::clone(&presenter));
    let config = config(door.plan, provider, seen, keeper).map_err(|error| of_config(&error));
    let shaken = match (upgraded, config) {
        (Ok(stream), Ok(config)) => shake(door, stream, (config, watch)).await,
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    };
    let took = watch.elapsed();
    show(&recorder.shown(), endpoint);
    let far_enough = shaken.is_ok() || presenter.was_asked();
    endpoint.client_certificate_asked = far_enough.then(|| presenter.was_asked());
    match shaken {
        Ok(stream) => {
            time(
                &stream,
                (recorder.shown().after, took),
                &mut endpoint.timings,
            );
            endpoint.error = None;
            chosen(stream.get_ref().1, endpoint);
            Some(stream)
        }
        Err(failure) => {
            let stage = Stage::Handshake;
            endpoint.error = Some(EndpointError { stage, failure });
            None
        }
    }
}

/// The phases count from the hello on, which is written after the keys for it were made.
fn time(stream: &Stream, (shown, took): (Option<Duration>, Duration), timings: &mut Timings) {
    let tee = stream.get_ref().0;
    let since = |moment: Duration| Some(moment.checked_sub(tee.said?)?.into());
    timings.handshake_ms = Some(took.into());
    timings.hello_ms = tee.answered.and_then(since);
    timings.certificate_ms = shown.and_then(since);
    timings.finished_ms = since(took);
}

/// How long what a server says after the handshake is waited for: as long as two round trips and some work take.
pub(super) fn after_handshake(endpoint: &Endpoint) -> Duration {
    let round_trip = endpoint.timings.connect_ms.unwrap_or_default().0;
    limits::SERVER_WORK + Duration::from_secs_f64(round_trip.max(0.0) / 500.0)
}

/// Waits whether the server ends a connection whose handshake seemed done.
pub(super) async fn turned_away(door: &Door<'_>, mut stream: Stream, endpoint: &mut Endpoint) {
    let patience = after_handshake(endpoint);
    let mut byte = [0];
    let read = door.deadline.bound(patience, stream.read(&mut byte)).await;
    if let Ok(Err(error)) = read {
        let failure = why(&error, &stream.get_ref().0.first, patience);
        if matches!(failure, Failure::Alert { .. }) {
            let stage = Stage::Handshake;
            endpoint.error = Some(EndpointError { stage, failure });
        }
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn show(shown: &Shown, endpoint: &mut Endpoint) {
    let sent = shown.chain.iter().take(limits::CERTIFICATES);
    endpoint.chain = sent.map(|der| certificate::read(der)).collect();
    endpoint.ocsp_stapled = (!shown.chain.is_empty()).then_some(!shown.staple.is_empty());
    endpoint.staple = (!shown.staple.is_empty()).then(|| STANDARD.encode(&shown.staple));
    endpoint.key_proven = shown.key_proven;
}

/// An endpoint of which nothing is known yet.
pub(super) fn unseen(plan: &TlsPlan, at: SocketAddr) -> Endpoint {
    Endpoint {
        starttls: plan.starttls.map(|protocol| protocol.name().to_owned()),
        hello: hello(plan, &provider()),
        ..Endpoint::unseen(&plan.host, at, &plan.server_name)
    }
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

/// A second handshake like the first one, which may be resumed.
pub(super) async fn again(
    door: &Door<'_>,
    stream: TcpStream,
    config: ClientConfig,
) -> Result<Stream, Failure> {
    shake(door, stream, (config, Stopwatch::start())).await
}

async fn shake(
    door: &Door<'_>,
    stream: TcpStream,
    (config, watch): (ClientConfig, Stopwatch),
) -> Result<Stream, Failure> {
    let plan = door.plan;
    let name =
        ServerName::try_from(plan.server_name.clone()).map_err(|_| Failure::Incompatible {
            rule: "InvalidServerName".to_owned(),
        })?;
    let tee = Tee {
        inner: stream,
        first: Vec::new(),
        watch,
        said: None,
        answered: None,
    };
    let handshake = TlsConnector::from(Arc::new(config))
        .connect(name, tee)
        .into_fallible();
    match door.deadline.bound(plan.probe_timeout, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err((error, tee))) => Err(why(&error, &tee.first, watch.elapsed())),
        Err(elapsed) => Err(elapsed.into()),
    }
}

fn config(
    plan: &TlsPlan,
    provider: Arc<CryptoProvider>,
    (recorder, presenter): (Arc<Recorder>, Arc<Presenter>),
    keeper: Option<&Arc<Keeper>>,
) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = match &plan.ech {
        Some(keys) => builder.with_ech(encrypted(keys)?)?,
        None => builder.with_safe_default_protocol_versions()?,
    };
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(recorder)
        .with_client_cert_resolver(presenter);
    // Written only where SSLKEYLOGFILE says so.
    config.key_log = Arc::new(KeyLogFile::new());
    config.alpn_protocols = plan
        .alpn
        .iter()
        .map(|name| name.clone().into_bytes())
        .collect();
    // A resumed session shows no certificate, so nothing is kept from one look to the next.
    config.resumption = match keeper {
        Some(keeper) => Resumption::store(Arc::clone(keeper) as Arc<dyn ClientSessionStore>),
        None => Resumption::disabled(),
    };
    if let Some(keeper) = keeper {
        keeper.remember(&config);
    }
    Ok(config)
}

/// An encrypted hello for whoever has the keys.
fn encrypted(keys: &[u8]) -> Result<EchMode, TlsError> {
    let keys = EchConfigListBytes::from(keys);
    EchConfig::new(keys, ALL_SUPPORTED_SUITES).map(EchMode::from)
}

/// The end that an alert puts to a handshake.
pub(super) fn alerted(code: u8) -> Failure {
    let Alert { code, name } = super::hello::alert(code);
    Failure::Alert { code, name }
}

/// Why no hello could be written.
fn of_config(error: &TlsError) -> Failure {
    match error {
        TlsError::InvalidEncryptedClientHello(EncryptedClientHelloError::InvalidConfigList) => {
            Failure::Malformed { at: None }
        }
        TlsError::InvalidEncryptedClientHello(EncryptedClientHelloError::NoCompatibleConfig) => {
            Failure::Incompatible {
                rule: Announced::NO_KEY.to_owned(),
            }
        }
        error => Failure::Incompatible {
            rule: format!("{error:?}"),
        },
    }
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

/// The alert by which the peer ended a connection.
pub(in crate::observe) fn alert_of(error: &io::Error) -> Option<Failure> {
    match inner(error) {
        Some(TlsError::AlertReceived(alert)) => Some(alerted((*alert).into())),
        _ => None,
    }
}

fn inner(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// What ended a handshake, from the library's error and the peer's first bytes.
fn why(error: &io::Error, first: &[u8], after: std::time::Duration) -> Failure {
    if let Some(alert) = alert_of(error) {
        return alert;
    }
    match inner(error) {
        Some(TlsError::PeerIncompatible(PeerIncompatible::ServerRejectedEncryptedClientHello(
            keys,
        ))) => Failure::EchRejected {
            other_keys: keys.as_ref().is_some_and(|keys| !keys.is_empty()),
        },
        Some(TlsError::InvalidMessage(_)) if !looks_like_tls(first) => not_tls(first),
        Some(TlsError::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge)) => {
            Failure::LimitReached {
                limit: "the TLS library's for one handshake message".to_owned(),
            }
        }
        Some(TlsError::InvalidMessage(_)) => Failure::Malformed { at: None },
        Some(other) => Failure::Incompatible {
            rule: format!("{other:?}"),
        },
        None => Failure::from_io(error, after),
    }
}

/// Keeps the first bytes that a peer sends, when they came, and when the first ones were sent to it.
pub(in crate::observe) struct Tee<S> {
    inner: S,
    first: Vec<u8>,
    watch: Stopwatch,
    said: Option<Duration>,
    answered: Option<Duration>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tee<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let room = limits::FIRST_BYTES - self.first.len();
        let new = buffer.filled().get(before..).unwrap_or_default();
        if !new.is_empty() && self.answered.is_none() {
            self.answered = Some(self.watch.elapsed());
        }
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
        if self.said.is_none() {
            self.said = Some(self.watch.elapsed());
        }
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
    fn suites_have_their_iana_names() {
        assert_eq!(
            suite_name(rustls::CipherSuite::TLS13_AES_128_GCM_SHA256),
            "TLS_AES_128_GCM_SHA256"
        );
    }
}
