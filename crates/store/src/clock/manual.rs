//! Clocks for tests and simulations.

use std::sync::atomic::{AtomicI64, Ordering};

use azekura_model::time::WallTime;

use super::{NS_OF_MS, TimeSource};

/// Clocks that stand still until they are moved: for tests and simulations.
#[derive(Debug, Default)]
pub struct ManualTimeSource {
    wall: AtomicI64,
    boot_ns: AtomicI64,
    raw_ns: AtomicI64,
}

impl ManualTimeSource {
    /// Stands at `wall`, boot time 0.
    #[must_use]
    pub fn at(wall: WallTime) -> Self {
        Self {
            wall: AtomicI64::new(wall.0),
            boot_ns: AtomicI64::new(0),
            raw_ns: AtomicI64::new(0),
        }
    }

    /// Lets all clocks run by `ms` milliseconds.
    pub fn run(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.slew(ms * NS_OF_MS, ms * NS_OF_MS);
    }

    /// Lets the boot-time clock and the raw clock run apart, by nanoseconds.
    pub fn slew(&self, boot_ns: i64, raw_ns: i64) {
        self.boot_ns.fetch_add(boot_ns, Ordering::SeqCst);
        self.raw_ns.fetch_add(raw_ns, Ordering::SeqCst);
    }

    /// Sets the wall clock, as a root user can.
    pub fn set_wall(&self, wall: WallTime) {
        self.wall.store(wall.0, Ordering::SeqCst);
    }
}

impl TimeSource for ManualTimeSource {
    fn wall(&self) -> WallTime {
        WallTime(self.wall.load(Ordering::SeqCst))
    }

    fn boot_ns(&self) -> i64 {
        self.boot_ns.load(Ordering::SeqCst)
    }

    fn raw_ns(&self) -> i64 {
        self.raw_ns.load(Ordering::SeqCst)
    }
}
