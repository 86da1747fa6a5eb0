//! How connections to one address are opened, up to where TLS begins.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{TlsPlan, handshake, starttls};
use crate::facts::attempt::Failure;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// Connections of the process to doors: a long list of targets must not use the system's sockets up.
static CONNECTIONS: Semaphore = Semaphore::const_new(limits::PROBE_CONNECTIONS);

/// Leave to open one connection; to be kept as long as that is open.
pub(super) async fn socket() -> Option<SemaphorePermit<'static>> {
    // The semaphore is never closed.
    CONNECTIONS.acquire().await.ok()
}

/// The same where nobody waits for leave.
pub(super) fn socket_at_once() -> Option<SemaphorePermit<'static>> {
    CONNECTIONS.try_acquire().ok()
}

/// One address, and the way there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door<'a> {
    pub(super) plan: &'a TlsPlan,
    pub(super) at: SocketAddr,
    pub(super) dialer: &'a Dialer,
    pub(super) deadline: Deadline,
}

impl Door<'_> {
    /// How long one attempt may take.
    pub(super) fn patience(&self) -> Duration {
        self.plan.probe_timeout
    }

    /// A connection on which the next byte of the client begins TLS.
    pub(super) async fn open(&self) -> Result<TcpStream, Failure> {
        let patience = self.patience();
        let stream = handshake::connect(self.at, patience, self.dialer, self.deadline).await?;
        self.upgrade(stream).await
    }

    /// Asks for TLS on a connection that begins in clear; others stay as they are.
    pub(super) async fn upgrade(&self, mut stream: TcpStream) -> Result<TcpStream, Failure> {
        if let Some(protocol) = self.plan.starttls {
            let asking = starttls::upgrade(&mut stream, protocol, &self.plan.server_name);
            self.deadline.bound(self.patience(), asking).await??;
        }
        Ok(stream)
    }
}
