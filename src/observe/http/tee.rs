//! A stream that keeps the head of the answer as it came, and when it began to come: libraries fold and drop what they read.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;
use crate::net::clock::Stopwatch;
use crate::net::limits;

/// What has been read, shared with whoever looks at it afterwards.
#[derive(Clone, Debug)]
pub(super) struct Head {
    kept: Arc<Mutex<Kept>>,
    watch: Stopwatch,
}

#[derive(Debug, Default)]
struct Kept {
    /// Over HTTP/2, whose heads travel in tables, nothing is kept.
    frames: Option<Frames>,
    /// When the answer began to come.
    first: Option<Duration>,
    bytes: Vec<u8>,
    /// Where the head begins, behind those that only announce it (1xx).
    start: usize,
    /// Behind the empty line that ends it.
    end: Option<usize>,
    /// What was already searched for that line: a head that drips is not searched from its beginning each time.
    searched: usize,
    too_long: bool,
}

impl Head {
    /// Of an answer that is waited for from now on.
    pub(super) fn over_h1() -> Self {
        Self::of(Kept::default())
    }

    /// The same over HTTP/2.
    pub(super) fn over_h2() -> Self {
        Self::of(Kept {
            frames: Some(Frames::default()),
            ..Kept::default()
        })
    }

    fn of(kept: Kept) -> Self {
        Self {
            kept: Arc::new(Mutex::new(kept)),
            watch: Stopwatch::start(),
        }
    }

    /// How long the first byte of the answer was waited for.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        self.kept().first
    }

    /// The bytes up to the empty line, or all when none has come.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let kept = self.kept();
        let end = kept.end.unwrap_or(kept.bytes.len());
        kept.bytes.get(kept.start..end).unwrap_or_default().to_vec()
    }

    /// Keeps what was read until the head is complete.
    ///
    /// # Errors
    /// When the head has become longer than is read.
    fn keep(&self, new: &[u8]) -> io::Result<()> {
        let mut kept = self.kept();
        let began = match &mut kept.frames {
            Some(frames) => frames.begin_head(new),
            None => !new.is_empty(),
        };
        if began && kept.first.is_none() {
            kept.first = Some(self.watch.elapsed());
        }
        if kept.end.is_some() || kept.frames.is_some() {
            return Ok(());
        }
        kept.bytes.extend(new);
        kept.search();
        kept.too_long = kept.end.unwrap_or(kept.bytes.len()) > limits::HEAD_BYTES;
        if kept.too_long {
            return Err(io::Error::other("head too long"));
        }
        Ok(())
    }

    /// Whether more came than is read of a head.
    pub(super) fn is_too_long(&self) -> bool {
        self.kept().too_long
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn search(&mut self) {
        while self.end.is_none() {
            let from = self.searched.saturating_sub(3).max(self.start);
            let rest = self.bytes.get(from..).unwrap_or_default();
            let Some(end) = end_of(rest) else {
                self.searched = self.bytes.len();
                return;
            };
            let end = from + end;
            let head = self.bytes.get(self.start..end).unwrap_or_default();
            if announces(head) {
                (self.start, self.searched) = (end, end);
            } else {
                self.end = Some(end);
            }
        }
    }
}

/// Whether a head is one of those before the answer: 1xx, but for the one that ends HTTP (101).
fn announces(head: &[u8]) -> bool {
    let status = head.get(9..12).unwrap_or_default();
    head.starts_with(b"HTTP/1.") && status.starts_with(b"1") && status != b"101"
}

/// Behind the empty line that ends a head.
fn end_of(read: &[u8]) -> Option<usize> {
    // Lines end with LF, before which there may be a CR (RFC 9112 §2.2), each as it likes.
    let line_ends = (1..=read.len()).filter(|at| read.get(at - 1) == Some(&b'\n'));
    line_ends
        .filter_map(|at| match read.get(at..)? {
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            _ => None,
        })
        .next()
}

/// A stream and what is kept of it.
#[derive(Debug)]
pub(super) struct Tee<S> {
    pub(super) inner: S,
    pub(super) head: Head,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tee<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.inner).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                let new = buffer.filled().get(before..).unwrap_or_default();
                Poll::Ready(self.head.keep(new))
            }
            other => other,
        }
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
    fn the_head_ends_at_the_empty_line_and_is_bounded() {
        let head = Head::over_h1();
        head.keep(b"HTTP/1.1 200 OK\r\nA: b\r").unwrap();
        head.keep(b"\n\r\nbody").unwrap();
        head.keep(&[0; 100_000]).unwrap();
        assert_eq!(head.bytes(), b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
        for mixed in ["HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\nA: b\n\r\n"] {
            let head = Head::over_h1();
            head.keep(format!("{mixed}Set-Cookie: none\r\n\r\n").as_bytes())
                .unwrap();
            assert_eq!(head.bytes(), mixed.as_bytes());
        }
        let announced = Head::over_h1();
        announced
            .keep(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 ")
            .unwrap();
        announced.keep(b"OK\r\n\r\nbody").unwrap();
        assert_eq!(announced.bytes(), b"HTTP/1.1 200 OK\r\n\r\n");
        let begun = Head::over_h1();
        assert_eq!(begun.first_byte(), None);
        begun.keep(b"H").unwrap();
        let first = begun.first_byte();
        assert!(first.is_some());
        begun.keep(b"TTP/1.1 200 OK\r\n\r\n").unwrap();
        assert_eq!(begun.first_byte(), first);
        assert!(announced.first_byte().is_some());
        let endless = Head::over_h1();
        assert!(
            endless.keep(&vec![b'a'; limits::HEAD_BYTES + 1]).is_err() && endless.is_too_long()
        );
    }
}
