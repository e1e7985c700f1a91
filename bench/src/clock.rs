//! Time for the measurements.

use std::time::{Duration, Instant};

/// The monotonic clock.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement reads the monotonic clock; this is its one door"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Ticks some milliseconds apart, for whoever waits for a state that is only polled.
#[must_use]
pub fn ticks(milliseconds: u64) -> tokio::time::Interval {
    tokio::time::interval(Duration::from_millis(milliseconds))
}
