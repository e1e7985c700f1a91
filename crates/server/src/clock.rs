//! The one door to monotonic time in this crate.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Time of waiting after which a pace is judged.
const PACE_WINDOW: Duration = Duration::from_secs(30);

/// A length of time to wait, again and again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause(Duration);

impl Pause {
    /// So long.
    pub(crate) fn of(length: Duration) -> Self {
        Self(length)
    }

    /// Waits once.
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is the door to monotonic time"
    )]
    pub(crate) async fn wait(self) {
        tokio::time::sleep(self.0).await;
    }
}

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

/// Judges how fast bytes come or go while a peer is waited for. Time in which nobody waits for it
/// does not count: a server that is busy must not blame its client.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Bytes a second; 0 judges nothing.
    least: u64,
    since: Option<tokio::time::Instant>,
    waited: Duration,
    moved: u64,
}

impl Pace {
    /// At least `least` bytes a second over each [`PACE_WINDOW`] of waiting.
    pub(crate) fn new(least: u64) -> Self {
        Self {
            least,
            since: None,
            waited: Duration::ZERO,
            moved: 0,
        }
    }

    /// The peer is waited for from now on.
    pub(crate) fn wait(&mut self) {
        self.since.get_or_insert_with(tokio::time::Instant::now);
    }

    /// The peer has moved `bytes`. Whether it is too slow: it had a whole window, and did not keep the
    /// pace in it.
    pub(crate) fn moved(&mut self, bytes: usize) -> bool {
        let since = self.since.take();
        let waited = since.map_or(Duration::ZERO, |since| since.elapsed());
        self.waited = self.waited.saturating_add(waited);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.moved = self.moved.saturating_add(bytes);
        if self.waited < PACE_WINDOW {
            return false;
        }
        let least = self.least.saturating_mul(self.waited.as_secs());
        let slow = self.moved < least;
        (self.waited, self.moved) = (Duration::ZERO, 0);
        slow
    }
}

/// Ticks for tests that wait for something.
#[cfg(test)]
pub(crate) fn every(period: Duration) -> tokio::time::Interval {
    tokio::time::interval(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pace after `seconds` of waiting in which `moved` bytes came, and whether it is too slow.
    fn judged(least: u64, seconds: u64, moved: usize) -> bool {
        let mut pace = Pace::new(least);
        pace.waited = Duration::from_secs(seconds);
        pace.wait();
        pace.moved(moved)
    }

    #[test]
    fn a_pace_is_judged_after_a_whole_window() {
        let window = PACE_WINDOW.as_secs();
        let all = usize::try_from(window * 10).unwrap();
        assert!(!judged(10, window - 1, 0));
        assert!(judged(10, window, all - 1));
        assert!(!judged(10, window, all));
        assert!(judged(10, window * 2, all));
        assert!(!judged(0, window * 2, 0));
    }
}
