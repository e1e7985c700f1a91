//! Time for the measurements.

use std::time::{Duration, Instant, SystemTime};

/// The monotonic clock.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement reads the monotonic clock; this is its one door"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Wall time in seconds since 1970: signatures and names of result files carry it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "signatures need wall time; this is its one door"
)]
pub fn wall_seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or_default())
}

/// Ticks some milliseconds apart, for whoever waits for a state that is only polled.
#[must_use]
pub fn ticks(milliseconds: u64) -> tokio::time::Interval {
    tokio::time::interval(Duration::from_millis(milliseconds))
}

/// Blocks this thread for a while.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs are polled; a load is paced finer than tokio's timer"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Blocks this thread until a moment; returns at once when it has passed.
pub fn sleep_until(moment: Instant) {
    let left = moment.saturating_duration_since(now());
    if !left.is_zero() {
        pause(left);
    }
}
