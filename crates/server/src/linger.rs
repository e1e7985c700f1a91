//! Closes so that the last answer arrives. A server that closes a connection on which bytes of the
//! client are still unread makes TCP throw away what the client has not read yet: of a refusal in
//! the middle of an upload the client would see a broken connection and never the reason. So the
//! sending side is closed first, and what the client still sends is thrown away for a bounded time
//! and length (RFC 9112 §9.6).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::clock::Patience;

/// Longest time for which a closing connection reads on.
const LINGER_MAX: Duration = Duration::from_secs(3);
/// Most bytes that a closing connection reads and throws away.
const LINGER_BYTES_MAX: usize = 16 << 20;
/// Bytes thrown away at once.
const PIECE_BYTES: usize = 8 * 1024;

/// Set when the body of a request was not read to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// Something is left.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection that lingers at its end.
pub(crate) struct Lingering<T> {
    inner: T,
    unread: Unread,
    patience: Patience,
    closed: bool,
    thrown_away: usize,
}

impl<T> Lingering<T> {
    pub(crate) fn new(inner: T, unread: Unread) -> Self {
        Self {
            inner,
            unread,
            patience: Patience::new(LINGER_MAX),
            closed: false,
            thrown_away: 0,
        }
    }
}

impl<T: AsyncRead + Unpin> Lingering<T> {
    /// Reads on until the client closes, or it has been enough.
    fn poll_throw_away(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut piece = [0; PIECE_BYTES];
        while self.thrown_away < LINGER_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut piece);
            match Pin::new(&mut self.inner).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.thrown_away = self.thrown_away.saturating_add(buffer.filled().len());
                    self.unread.set();
                }
                Poll::Ready(_) => return Poll::Ready(()),
                // A client that has sent nothing more has nothing to lose.
                Poll::Pending if !self.unread.is_set() => return Poll::Ready(()),
                Poll::Pending => {
                    ready!(self.patience.poll_end(cx));
                    return Poll::Ready(());
                }
            }
        }
        Poll::Ready(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Lingering<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.closed {
            ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
            self.closed = true;
        }
        self.poll_throw_away(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_a_client_still_sends_is_thrown_away_until_it_closes() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let mut ours = Lingering::new(ours, Unread::default());
        let client = async {
            theirs.write_all(&[7; 100_000]).await.unwrap();
            let mut answer = Vec::new();
            theirs.read_to_end(&mut answer).await.unwrap();
            drop(theirs);
            answer
        };
        let server = async {
            ours.read_exact(&mut [0; 10]).await.unwrap();
            ours.write_all(b"no").await.unwrap();
            ours.shutdown().await.unwrap();
        };
        let (answer, ()) = tokio::join!(client, server);
        assert_eq!(answer, b"no");
    }

    #[tokio::test]
    async fn a_client_that_owes_nothing_is_not_waited_for() {
        let (ours, _theirs) = tokio::io::duplex(1024);
        let mut ours = Lingering::new(ours, Unread::default());
        let closing = tokio::time::timeout(Duration::from_millis(500), ours.shutdown());
        closing.await.unwrap().unwrap();
    }
}
