//! A round trip's time on everything that the world sends: a model of latency, not a guess at it.
//!
//! A datagram's answer is sent a whole round trip later. A connection's bytes travel half a round trip in each direction, and
//! the first ones a whole one more: loopback gives the handshake of TCP for free.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::net::clock::Stopwatch;

/// How many bytes may be under way in one direction.
const WINDOW: usize = 256 * 1024;

/// The length of a round trip, if there is any.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delay(pub(super) Option<Duration>);

/// A connection, held back or not.
pub(super) type Carried = Box<dyn Stream>;

/// What a connection can do.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Delay {
    /// Waits for a whole round trip.
    pub(super) async fn round_trip(self) {
        if let Some(length) = self.0 {
            tokio::time::sleep(length).await;
        }
    }

    /// The server's end of a connection that was just accepted.
    pub(super) fn carry(self, stream: TcpStream) -> Carried {
        // Without it Nagle's delay would be measured; a socket that refuses is slower, and otherwise the same.
        let _ = stream.set_nodelay(true);
        match self.0 {
            None => Box::new(stream),
            Some(length) => {
                let (near, far) = tokio::io::duplex(WINDOW);
                tokio::spawn(pump(stream, far, length));
                Box::new(near)
            }
        }
    }
}

/// When the bytes of one direction arrive.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    watch: Stopwatch,
    /// How long bytes travel.
    half: Duration,
    /// What the first ones wait for besides.
    handshake: Duration,
    /// Nothing arrives before.
    earliest: Duration,
}

impl Schedule {
    /// The moment, counted from the start of the connection, at which bytes that set out now arrive.
    fn arrival(&mut self) -> Duration {
        let wait = self.half + std::mem::take(&mut self.handshake);
        self.earliest = self.earliest.max(self.watch.elapsed() + wait);
        self.earliest
    }
}

async fn pump(client: TcpStream, server: DuplexStream, length: Duration) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let watch = Stopwatch::start();
    let half = length / 2;
    let up = Schedule {
        watch,
        half,
        handshake: length,
        earliest: Duration::ZERO,
    };
    // A server learns of a connection after one and a half: what it says first arrives after two.
    let down = Schedule {
        watch,
        half,
        handshake: Duration::ZERO,
        earliest: length * 2,
    };
    tokio::join!(
        carry(from_client, to_server, up),
        carry(from_server, to_client, down)
    );
}

/// Carries one direction. Bytes set out when they are read, and arrive in their order.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut schedule: Schedule,
) {
    let (sender, mut under_way) = mpsc::channel::<(Duration, Vec<u8>)>(64);
    let watch = schedule.watch;
    let send = async move {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            // An end, orderly or not, travels as well: as no bytes.
            let size = from.read(&mut bytes).await.unwrap_or_default();
            let sent = bytes.get(..size).unwrap_or_default().to_vec();
            if sender.send((schedule.arrival(), sent)).await.is_err() || size == 0 {
                return;
            }
        }
    };
    let arrive = async {
        while let Some((at, bytes)) = under_way.recv().await {
            tokio::time::sleep(at.saturating_sub(watch.elapsed())).await;
            let gone = bytes.is_empty() || to.write_all(&bytes).await.is_err();
            if gone {
                let _ = to.shutdown().await;
                // Dropping the receiver ends the other half.
                under_way.close();
                return;
            }
        }
    };
    tokio::join!(send, arrive);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_wait_for_the_handshake_and_later_ones_do_not() {
        let mut up = Schedule {
            watch: Stopwatch::start(),
            half: Duration::from_secs(10),
            handshake: Duration::from_secs(20),
            earliest: Duration::ZERO,
        };
        let first = up.arrival();
        assert!(first >= Duration::from_secs(30) && first < Duration::from_secs(40));
        let second = up.arrival();
        assert!(second >= first, "bytes arrive in their order");
        assert!(second < Duration::from_secs(40));
    }
}
