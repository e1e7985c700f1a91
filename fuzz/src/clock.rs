//! The only clock of this package.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// Measures how long a run takes.
#[derive(Clone, Copy, Debug)]
pub struct Watch(Instant);

impl Watch {
    /// Starts.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one clock of this package")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Now, in UTC.
#[must_use]
pub fn utc() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
