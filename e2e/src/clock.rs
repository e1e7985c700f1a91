//! Time for the tests: the one place that reads clocks and waits.
#![expect(clippy::disallowed_methods, reason = "this is the door")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Monotonic now.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(0)
}

/// Waits.
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Asks `ready` every 50 ms until it answers or `limit` has passed.
pub(crate) fn wait_for<T>(limit: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let start = now();
    loop {
        if let Some(value) = ready() {
            return Some(value);
        }
        if start.elapsed() > limit {
            return None;
        }
        pause(Duration::from_millis(50));
    }
}
