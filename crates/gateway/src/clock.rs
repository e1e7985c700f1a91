//! The one door to monotonic time in this crate.

use std::time::Duration;

use tokio::time::Instant;

/// Nanoseconds since a moment of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start; 584 years fit.
    pub(crate) fn nanoseconds(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Ends after a time.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is the door to monotonic time"
)]
pub(crate) fn after(wait: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(wait)
}
