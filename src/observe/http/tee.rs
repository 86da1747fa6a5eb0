//! A stream that keeps the head of the answer as it came: libraries fold and drop what they read.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::limits;

/// What has been read, shared with whoever looks at it afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Head(Arc<Mutex<Vec<u8>>>);

impl Head {
    /// The bytes up to the empty line, or all when none has come.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = end_of(&read).unwrap_or(read.len());
        read.get(..end).unwrap_or_default().to_vec()
    }

    /// Keeps what was read until the head is complete.
    ///
    /// # Errors
    /// When the head has become longer than is read.
    fn keep(&self, new: &[u8]) -> io::Result<()> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if end_of(&read).is_some() {
            return Ok(());
        }
        read.extend(new);
        if end_of(&read).unwrap_or(read.len()) > limits::HEAD_BYTES {
            return Err(io::Error::other("head too long"));
        }
        Ok(())
    }

    /// Whether more came than is read of a head.
    pub(super) fn is_too_long(&self) -> bool {
        self.bytes().len() > limits::HEAD_BYTES
    }
}

/// Behind the empty line that ends a head.
fn end_of(read: &[u8]) -> Option<usize> {
    let crlf = read
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .map(|at| at + 4);
    crlf.or_else(|| {
        read.windows(2)
            .position(|bytes| bytes == b"\n\n")
            .map(|at| at + 2)
    })
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
        let head = Head::default();
        head.keep(b"HTTP/1.1 200 OK\r\nA: b\r").unwrap();
        head.keep(b"\n\r\nbody").unwrap();
        head.keep(&[0; 100_000]).unwrap();
        assert_eq!(head.bytes(), b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
        let endless = Head::default();
        assert!(
            endless.keep(&vec![b'a'; limits::HEAD_BYTES + 1]).is_err() && endless.is_too_long()
        );
    }
}
