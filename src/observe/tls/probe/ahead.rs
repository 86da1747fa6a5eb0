//! Connections made ahead of the hellos that go over them, so that a list waits for its answers alone.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::TcpStream;
use tokio::sync::{SemaphorePermit, oneshot};
use tokio::task::JoinSet;

use super::super::door;
use super::super::handshake;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// A connection over which nothing was said, and the leave to have it open.
pub(super) type Ready = (TcpStream, SemaphorePermit<'static>);

/// One that may still be under way, and may come to nothing.
pub(super) type Coming = oneshot::Receiver<Option<Ready>>;

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
    made: VecDeque<Coming>,
    /// What makes them; ends with this.
    tasks: JoinSet<()>,
    /// How many more may be begun.
    left: usize,
}

impl Ahead {
    pub(super) fn new(
        at: SocketAddr,
        patience: Duration,
        dialer: Dialer,
        deadline: Deadline,
    ) -> Self {
        Self {
            at,
            patience,
            dialer,
            deadline,
            line: Mutex::new(Line {
                made: VecDeque::new(),
                tasks: JoinSet::new(),
                left: limits::CONNECTIONS_AHEAD_IN_ALL,
            }),
        }
    }

    /// Begins connections until so many are ahead; how many were begun.
    pub(super) fn fill(&self, count: usize) -> usize {
        self.fill_line(&mut self.line(), count)
    }

    /// The next connection ahead, which may still be under way, and how many were begun for it; none when no more are made.
    ///
    /// The last one is replaced in the same step: who found the line empty and went a way of its own would stand behind those
    /// that others begin meanwhile.
    pub(super) fn next(&self) -> (Option<Coming>, usize) {
        let mut line = self.line();
        let begun = self.fill_line(&mut line, 1);
        (line.made.pop_front(), begun)
    }

    fn fill_line(&self, line: &mut Line, count: usize) -> usize {
        let count = count.saturating_sub(line.made.len()).min(line.left);
        // Others who wait for leave go first.
        let leaves = std::iter::from_fn(door::socket_at_once).take(count);
        let before = line.left;
        for leave in leaves {
            line.left -= 1;
            self.begin(line, leave);
        }
        before - line.left
    }

    /// Begins one connection at once, and not when its task has its turn: a server that serves one client after the other waits
    /// for the hello on the one that came first, which must be the first in line.
    fn begin(&self, line: &mut Line, leave: SemaphorePermit<'static>) {
        let (at, patience, dialer, deadline) =
            (self.at, self.patience, self.dialer.clone(), self.deadline);
        let (sender, receiver) = oneshot::channel();
        let mut making = Box::pin(async move {
            let stream = handshake::connect(at, patience, &dialer, deadline).await;
            // Who would have taken it may be gone.
            let _ = sender.send(stream.ok().map(|stream| (stream, leave)));
        });
        if (&mut making).now_or_never().is_none() {
            line.tasks.spawn(making);
        }
        line.made.push_back(receiver);
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of all that are ahead, and begins no more: they may be what the server did not bear.
    pub(super) fn stop(&self) {
        let mut line = self.line();
        line.left = 0;
        line.made.clear();
        line.tasks.abort_all();
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::net::deadline::Stop;

    /// As a server that serves one client after the other sees it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn connections_come_to_the_server_in_the_order_in_which_they_are_taken() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let minute = Duration::from_secs(60);
        let deadline = Deadline::after(minute, Stop::new());
        let at = server.local_addr().unwrap();
        let ahead = Ahead::new(at, minute, Dialer::default(), deadline);
        let mut coming = Vec::new();
        for count in [0, 3, 1, 0, 0, 5, 2] {
            ahead.fill(count);
            coming.push(ahead.next().0.unwrap());
        }
        for taken in coming {
            let (stream, _leave) = taken.await.unwrap().unwrap();
            let (_, from) = server.accept().await.unwrap();
            assert_eq!(stream.local_addr().unwrap(), from);
        }
    }
}
