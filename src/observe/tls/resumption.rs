//! Whether a second connection goes on where the first one ended (RFC 8446 §2.2), and whether the server would take early data
//! in it (0-RTT, §2.3). Nothing is sent early: the server says so before any came.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind, NamedGroup};
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use super::door::Door;
use super::handshake::{self, Stream};
use super::probe::prober::Prober;
use crate::facts::tls::{Endpoint, Resumption};

/// Tickets kept of one connection; servers send one to four.
const TICKETS: usize = 8;

/// Keeps what a server gives for the next connection.
#[derive(Debug)]
pub(super) struct Keeper {
    cache: ClientSessionMemoryCache,
    early_data: AtomicU32,
    came: Notify,
    /// How the first connection was made; the next one must be made alike.
    config: Mutex<Option<ClientConfig>>,
}

impl Keeper {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            cache: ClientSessionMemoryCache::new(TICKETS),
            early_data: AtomicU32::new(0),
            came: Notify::new(),
            config: Mutex::default(),
        })
    }

    pub(super) fn remember(&self, config: &ClientConfig) {
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = Some(config.clone());
    }

    fn config(&self) -> Option<ClientConfig> {
        self.config
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl ClientSessionStore for Keeper {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.cache.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.cache.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.cache.set_tls12_session(server_name, value);
        self.came.notify_one();
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.cache.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.cache.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(
        &self,
        server_name: ServerName<'static>,
        value: Tls13ClientSessionValue,
    ) {
        self.early_data
            .fetch_max(value.max_early_data_size(), Ordering::Relaxed);
        self.cache.insert_tls13_ticket(server_name, value);
        self.came.notify_one();
    }

    fn take_tls13_ticket(
        &self,
        server_name: &ServerName<'static>,
    ) -> Option<Tls13ClientSessionValue> {
        self.cache.take_tls13_ticket(server_name)
    }
}

/// Waits for the tickets, which come after the handshake.
pub(super) async fn await_tickets(
    door: &Door<'_>,
    stream: &mut Stream,
    keeper: &Keeper,
    endpoint: &mut Endpoint,
) {
    let patience = handshake::after_handshake(endpoint);
    let mut byte = [0];
    let waiting = async {
        tokio::select! {
            () = keeper.came.notified() => {}
            _ = stream.read(&mut byte) => {}
        }
    };
    // That none comes in time is what is seen then.
    let _ = door.deadline.bound(patience, waiting).await;
    let tls13 = endpoint.version.as_deref() == Some("TLSv1.3");
    endpoint.resumption = Some(Resumption {
        tickets: tls13.then(|| stream.get_ref().1.tls13_tickets_received()),
        early_data_bytes: tls13.then(|| keeper.early_data.load(Ordering::Relaxed)),
        ..Resumption::default()
    });
}

/// Makes the second connection, when there is something to go on with.
pub(super) async fn look(
    door: &Door<'_>,
    prober: &Prober<'_>,
    keeper: &Keeper,
    mut seen: Resumption,
) -> Resumption {
    let Some(mut config) = keeper.config() else {
        return seen;
    };
    if seen.tickets == Some(0) {
        return seen;
    }
    config.enable_early_data = seen.early_data_bytes.is_some_and(|bytes| bytes > 0);
    let asks_early = config.enable_early_data;
    let again = async {
        let (stream, _room) = prober.connection().await?;
        handshake::again(door, stream, config).await
    };
    match again.await {
        Ok(stream) => {
            let connection = stream.get_ref().1;
            let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
            seen.resumed = Some(resumed);
            seen.early_data_accepted = asks_early.then(|| connection.is_early_data_accepted());
        }
        Err(failure) => seen.failure = Some(failure),
    }
    seen
}
