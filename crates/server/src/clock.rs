//! The one door to monotonic time in this crate.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Measures from its making on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Ends when nothing happens for a time. The time runs only while somebody waits.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    /// Made at the first wait: most requests never wait.
    end: Option<Pin<Box<tokio::time::Sleep>>>,
    waiting: bool,
}

impl Patience {
    /// Ends after `limit` of waiting.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            end: None,
            waiting: false,
        }
    }

    /// Something happened.
    pub(crate) fn renew(&mut self) {
        self.waiting = false;
    }

    /// Waits for the end, from now if nobody was waiting before.
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is the door to monotonic time"
    )]
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let end = self
            .end
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !self.waiting {
            self.waiting = true;
            end.as_mut().reset(tokio::time::Instant::now() + limit);
        }
        end.as_mut().poll(cx)
    }
}
