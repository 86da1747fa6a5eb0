//! One handshake over QUIC (RFC 9001): whether a promised HTTP/3 is there. No request follows.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use quinn::crypto::rustls::{HandshakeData, QuicClientConfig};
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Connection, ConnectionError, EndpointConfig, TokioRuntime, UdpPoller};
use rustls::ClientConfig;
use rustls::client::Resumption;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::sync::Notify;

use super::certificate;
use super::handshake::{alerted, provider};
use super::recorder::Recorder;
use crate::facts::attempt::Failure;
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;

/// The application error that means none (RFC 9114 §8.1, H3_NO_ERROR).
const NO_ERROR: u32 = 0x100;
/// Alerts of TLS travel as errors of QUIC from here on (RFC 9001 §4.8).
const CRYPTO_ERROR: u64 = 0x100;

/// EMSGSIZE by its numbers on Linux, on BSD and macOS, and on Windows.
const TOO_LARGE: [i32; 3] = [90, 40, 10_040];

/// What a handshake came to.
#[derive(Clone, Debug)]
pub(super) struct Shaken {
    /// The application protocol chosen.
    pub(super) alpn: Option<String>,
    /// The fingerprint of the certificate that was shown.
    pub(super) leaf_sha256: Option<String>,
    /// How long it took.
    pub(super) took: Duration,
}

/// Shakes hands over QUIC, and closes the connection.
pub(super) async fn shake(
    server_name: &str,
    at: SocketAddr,
    patience: Duration,
    (dialer, deadline): (&Dialer, Deadline),
) -> Result<Shaken, Failure> {
    if !dialer.has_route(at) {
        return Err(Failure::NoRoute);
    }
    let watch = Stopwatch::start();
    let of_io = |error: io::Error| Failure::from_io(&error, watch.elapsed());
    let socket = dialer.udp(at).await.map_err(of_io)?;
    let socket = Arc::new(Connected::new(socket).map_err(of_io)?);
    let recorder = Arc::new(Recorder::new(provider(), watch));
    let config = config(Arc::clone(&recorder)).map_err(incompatible)?;
    let endpoint = quinn::Endpoint::new_with_abstract_socket(
        EndpointConfig::default(),
        None,
        Arc::clone(&socket) as Arc<dyn AsyncUdpSocket>,
        Arc::new(TokioRuntime),
    );
    let endpoint = endpoint.map_err(of_io)?;
    let connecting = endpoint.connect_with(config, socket.peer, server_name);
    let connecting = connecting.map_err(|error| incompatible(error.to_string()))?;
    let shaking = async {
        tokio::select! {
            shaken = connecting => shaken.map_err(|error| why(&error, watch.elapsed())),
            failure = socket.failed() => Err(failure),
        }
    };
    let connection = deadline.bound(patience, shaking).await??;
    let leaf = recorder.shown().chain.into_iter().next();
    let shaken = Shaken {
        alpn: alpn(&connection),
        leaf_sha256: leaf.map(|der| certificate::read(&der).sha256),
        took: watch.elapsed(),
    };
    // The library's own task tells the peer. Until it has surely heard (`wait_idle`) would take several round trips.
    connection.close(NO_ERROR.into(), b"");
    Ok(shaken)
}

fn config(recorder: Arc<Recorder>) -> Result<quinn::ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| error.to_string())?;
    let mut tls = builder
        .dangerous()
        .with_custom_certificate_verifier(recorder)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    tls.resumption = Resumption::disabled();
    let tls = QuicClientConfig::try_from(tls).map_err(|error| error.to_string())?;
    Ok(quinn::ClientConfig::new(Arc::new(tls)))
}

fn alpn(connection: &Connection) -> Option<String> {
    let data = connection.handshake_data()?.downcast::<HandshakeData>();
    let name = data.ok()?.protocol?;
    Some(name.escape_ascii().to_string())
}

fn incompatible(rule: String) -> Failure {
    Failure::Incompatible { rule }
}

/// What ended a handshake.
fn why(error: &ConnectionError, after: Duration) -> Failure {
    match error {
        ConnectionError::TimedOut => Failure::TimedOut {
            after_ms: after.into(),
        },
        ConnectionError::Reset => Failure::Reset,
        ConnectionError::ApplicationClosed(_) => Failure::Closed,
        ConnectionError::ConnectionClosed(close) => closed(u64::from(close.error_code)),
        // The library's words are for a version or a rule of the protocol, and have no operands.
        error => incompatible(error.to_string()),
    }
}

/// The server's word for why it ends the connection.
fn closed(code: u64) -> Failure {
    let alert = code.checked_sub(CRYPTO_ERROR).map(u8::try_from);
    let Some(Ok(code)) = alert else {
        return incompatible(format!("the server closes with error {code:#x}"));
    };
    alerted(code)
}

/// A socket that hears one peer alone, and what ICMP says of it. The library's own sockets are not connected, so that
/// a closed port looks like silence there.
#[derive(Debug)]
struct Connected {
    socket: UdpSocket,
    peer: SocketAddr,
    failure: OnceLock<Failure>,
    has_failed: Notify,
}

impl Connected {
    fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self {
            peer: socket.peer_addr()?,
            socket,
            failure: OnceLock::new(),
            has_failed: Notify::new(),
        })
    }

    fn note(&self, error: &io::Error) {
        // A datagram over the path's size is no word of the peer's: the library sends smaller ones then.
        if error
            .raw_os_error()
            .is_some_and(|own| TOO_LARGE.contains(&own))
        {
            return;
        }
        let failure = match error.kind() {
            // Windows tells an ICMP "port unreachable" so.
            io::ErrorKind::ConnectionReset => Failure::Refused,
            _ => Failure::from_io(error, Duration::ZERO),
        };
        // The first word counts.
        let _ = self.failure.set(failure);
        self.has_failed.notify_one();
    }

    async fn failed(&self) -> Failure {
        loop {
            self.has_failed.notified().await;
            if let Some(failure) = self.failure.get() {
                return failure.clone();
            }
        }
    }
}

impl AsyncUdpSocket for Connected {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable(self))
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        match self.socket.try_send(transmit.contents) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                self.note(&error);
                Ok(())
            }
            sent => sent.map(|_| ()),
        }
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buffer), Some(meta)) = (buffers.first_mut(), metas.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        let mut buffer = ReadBuf::new(buffer);
        if let Err(error) = ready!(self.socket.poll_recv(context, &mut buffer)) {
            self.note(&error);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let len = buffer.filled().len();
        *meta = RecvMeta {
            addr: self.peer,
            len,
            stride: len,
            ..RecvMeta::default()
        };
        Poll::Ready(Ok(1))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Waits until a datagram can be sent.
#[derive(Debug)]
struct Writable(Arc<Connected>);

impl UdpPoller for Writable {
    fn poll_writable(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.socket.poll_send_ready(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_that_is_too_large_ends_nothing() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            socket.connect("127.0.0.1:9").await.unwrap();
            let socket = Connected::new(socket).unwrap();
            socket.note(&io::Error::from_raw_os_error(TOO_LARGE[0]));
            assert_eq!(socket.failure.get(), None);
            socket.note(&io::ErrorKind::ConnectionRefused.into());
            assert_eq!(socket.failure.get(), Some(&Failure::Refused));
        });
    }

    #[test]
    fn alerts_are_told_from_other_errors_of_the_transport() {
        let alert = |code, name: &str| Failure::Alert {
            code,
            name: name.to_owned(),
        };
        assert_eq!(closed(0x178), alert(120, "NoApplicationProtocol"));
        assert_eq!(closed(0x128), alert(40, "HandshakeFailure"));
        assert!(matches!(closed(0x0a), Failure::Incompatible { .. }));
        assert!(matches!(closed(0x1_0178), Failure::Incompatible { .. }));
    }
}
