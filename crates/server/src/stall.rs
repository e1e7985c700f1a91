//! Ends what has stalled, or moves too slowly to be meant. A client that stops in the middle of an upload, or stops reading an answer,
//! would hold its connection, its blob and its memory for ever: TCP alone never gives up on a peer
//! that stays silent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::clock::{Pace, Patience};
use crate::linger::Unread;

fn stalled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

/// How much a peer may dawdle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dawdling {
    /// Time without a byte moving, after which a connection ends.
    pub(crate) stall: Duration,
    /// Bytes a second that must move while the peer is waited for; 0 judges nothing.
    pub(crate) least_bytes_per_second: u64,
}

/// A request body that fails when nothing of it arrives for a time, or too little.
pub(crate) struct TimedBody {
    inner: Incoming,
    patience: Patience,
    pace: Pace,
    unread: Unread,
}

impl TimedBody {
    /// `unread` is set when the body is dropped before its end.
    pub(crate) fn new(inner: Incoming, dawdling: Dawdling, unread: Unread) -> Self {
        Self {
            inner,
            patience: Patience::new(dawdling.stall),
            pace: Pace::new(dawdling.least_bytes_per_second),
            unread,
        }
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        if !self.inner.is_end_stream() {
            self.unread.set();
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.patience.renew();
            let data = frame
                .as_ref()
                .and_then(|frame| frame.as_ref().ok()?.data_ref());
            if self.pace.moved(data.map_or(0, Bytes::len)) {
                return Poll::Ready(Some(Err(stalled("the body arrived too slowly"))));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        self.pace.wait();
        ready!(self.patience.poll_end(cx));
        Poll::Ready(Some(Err(stalled("nothing of the body arrived in time"))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A connection whose writes fail when the peer takes nothing for a time.
pub(crate) struct TimedWrites<T> {
    inner: T,
    patience: Patience,
    pace: Pace,
}

impl<T> TimedWrites<T> {
    pub(crate) fn new(inner: T, dawdling: Dawdling) -> Self {
        Self {
            inner,
            patience: Patience::new(dawdling.stall),
            pace: Pace::new(dawdling.least_bytes_per_second),
        }
    }

    fn judge(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            self.patience.renew();
            let bytes = written?;
            if self.pace.moved(bytes) {
                return Poll::Ready(Err(stalled("the peer took too little")));
            }
            return Poll::Ready(Ok(bytes));
        }
        self.pace.wait();
        ready!(self.patience.poll_end(cx));
        Poll::Ready(Err(stalled("the peer took nothing in time")))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for TimedWrites<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for TimedWrites<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.judge(cx, flushed.map_ok(|()| 0)).map_ok(|_| ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_peer_that_takes_nothing_ends_the_write_and_one_that_is_slow_does_not() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let dawdling = Dawdling {
            stall: Duration::from_secs(2),
            least_bytes_per_second: 1,
        };
        let mut ours = TimedWrites::new(ours, dawdling);
        let slow = async {
            for _ in 0..5 {
                let never = std::future::pending::<()>();
                let wait = tokio::time::timeout(Duration::from_millis(80), never);
                assert!(wait.await.is_err(), "nothing ends this but the time-out");
                theirs.read_exact(&mut [0; 4]).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(ours.write_all(&[7; 24]), slow);
        written.unwrap();
        let error = ours.write_all(&[7; 24]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
