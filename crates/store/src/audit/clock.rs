//! The pace of the audit.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How long an entry waits at most before its commit begins.
const EVERY: Duration = Duration::from_millis(500);

/// Ticks at that pace; a tick that is late moves those after it.
pub(super) fn ticks() -> Interval {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
