//! Connections made ahead of the hellos that go over them, so that a list waits for its answers alone.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::sync::{SemaphorePermit, oneshot};
use tokio::task::JoinSet;

use super::super::door::{self, Door};
use super::super::handshake;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// A connection over which nothing was said, and the leave to have it open.
pub(super) type Ready = (TcpStream, SemaphorePermit<'static>);

/// The connections ahead to one address.
pub(super) struct Ahead {
    at: SocketAddr,
    patience: Duration,
    dialer: Dialer,
    deadline: Deadline,
    line: Mutex<Line>,
}

/// Those that are made or under way, in the order in which they were begun.
struct Line {
    made: VecDeque<oneshot::Receiver<Option<Ready>>>,
    /// What makes them; ends with this.
    tasks: JoinSet<()>,
    /// How many more may be begun.
    left: usize,
}

impl Ahead {
    pub(super) fn new(door: &Door<'_>) -> Self {
        Self {
            at: door.at,
            patience: door.patience(),
            dialer: door.dialer.clone(),
            deadline: door.deadline,
            line: Mutex::new(Line {
                made: VecDeque::new(),
                tasks: JoinSet::new(),
                left: limits::CONNECTIONS_AHEAD_IN_ALL,
            }),
        }
    }

    /// Begins connections until so many are ahead; how many were begun.
    pub(super) fn fill(&self, count: usize) -> usize {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let count = count.saturating_sub(line.made.len()).min(line.left);
        // Others who wait for leave go first.
        let leaves = std::iter::from_fn(door::socket_at_once);
        let leaves: Vec<SemaphorePermit<'static>> = leaves.take(count).collect();
        let begun = leaves.len();
        if begun == 0 {
            return 0;
        }
        line.left -= begun;
        let (at, patience, dialer, deadline) =
            (self.at, self.patience, self.dialer.clone(), self.deadline);
        let (senders, receivers): (Vec<_>, Vec<_>) =
            leaves.iter().map(|_| oneshot::channel()).unzip();
        line.made.extend(receivers);
        // In one task, which begins them in their order: a server that serves one client after the other waits for the hello on
        // the first.
        line.tasks.spawn(async move {
            let dialer = &dialer;
            let making = senders
                .into_iter()
                .zip(leaves)
                .map(|(sender, leave)| async move {
                    let stream = handshake::connect(at, patience, dialer, deadline).await;
                    // Who would have taken it may be gone.
                    let _ = sender.send(stream.ok().map(|stream| (stream, leave)));
                });
            join_all(making).await;
        });
        begun
    }

    /// The next connection ahead, which may still be under way; none when there is none.
    pub(super) async fn next(&self) -> Option<Ready> {
        let next = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            line.made.pop_front()?
        };
        next.await.ok().flatten()
    }

    /// Lets go of all that are ahead, and begins no more: they may be what the server did not bear.
    pub(super) fn stop(&self) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.left = 0;
        line.made.clear();
        line.tasks.abort_all();
    }
}
