//! The one door to time.
//!
//! Three times come from here. *Wall* is what the host shows and may be wrong. *Hybrid* orders
//! versions and never goes back. *Compliance* is a ratchet by which alone locks expire: it is
//! credited by the boot-time clock in ticks of at most [`TICK_MAX`], and never follows the wall
//! clock, so that setting the clock forward releases nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use parking_lot::{Condvar, Mutex};

/// Longest gap between two looks at the clock that still counts as running. A longer one is
/// downtime and credits nothing.
pub const TICK_MAX: Duration = Duration::from_secs(10);
/// How often [`Ticker`] looks at the clock.
const TICK_EVERY: Duration = Duration::from_secs(4);

/// Where times come from.
pub trait TimeSource: Send + Sync + 'static {
    /// What the host's wall clock shows.
    fn wall(&self) -> WallTime;
    /// Time since boot in milliseconds, sleep included. Nobody can set it.
    fn boot_ms(&self) -> i64;
}

/// The host's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTimeSource;

impl TimeSource for SystemTimeSource {
    fn wall(&self) -> WallTime {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        WallTime(milliseconds(now))
    }

    fn boot_ms(&self) -> i64 {
        milliseconds(rustix::time::clock_gettime(rustix::time::ClockId::Boottime))
    }
}

fn milliseconds(at: rustix::time::Timespec) -> i64 {
    at.tv_sec
        .saturating_mul(1000)
        .saturating_add(at.tv_nsec / 1_000_000)
}

/// Clocks that stand still until they are moved: for tests and simulations.
#[derive(Debug, Default)]
pub struct ManualTimeSource {
    wall: AtomicI64,
    boot: AtomicI64,
}

impl ManualTimeSource {
    /// Stands at `wall`, boot time 0.
    #[must_use]
    pub fn at(wall: WallTime) -> Self {
        Self {
            wall: AtomicI64::new(wall.0),
            boot: AtomicI64::new(0),
        }
    }

    /// Lets both clocks run by `ms` milliseconds.
    pub fn run(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.boot.fetch_add(ms, Ordering::SeqCst);
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

    fn boot_ms(&self) -> i64 {
        self.boot.load(Ordering::SeqCst)
    }
}

/// The vault's clock.
pub struct Clock {
    source: Arc<dyn TimeSource>,
    state: Mutex<State>,
}

struct State {
    hybrid: HybridTime,
    compliance: ComplianceTime,
    looked_boot_ms: i64,
}

impl Clock {
    /// A clock whose compliance time starts at `start`: for a new vault the wall time of its
    /// making, for an old one the same persisted moment, after which [`Clock::observe`] moves it
    /// to the last one that the journal holds.
    #[must_use]
    pub fn new(source: Arc<dyn TimeSource>, start: ComplianceTime) -> Self {
        let looked_boot_ms = source.boot_ms();
        Self {
            source,
            state: Mutex::new(State {
                hybrid: HybridTime::default(),
                compliance: start,
                looked_boot_ms,
            }),
        }
    }

    /// A new vault's clock over the host's clocks: compliance time starts at wall time.
    #[must_use]
    pub fn system() -> Self {
        let start = ComplianceTime(SystemTimeSource.wall().0);
        Self::new(Arc::new(SystemTimeSource), start)
    }

    /// What the host's wall clock shows.
    #[must_use]
    pub fn wall(&self) -> WallTime {
        self.source.wall()
    }

    /// A hybrid time after every one given or observed before.
    #[must_use]
    pub fn hybrid(&self) -> HybridTime {
        let wall = self.source.wall();
        let mut state = self.state.lock();
        state.hybrid = state.hybrid.advance(wall);
        state.hybrid
    }

    /// Compliance time now. Must be asked at least every [`TICK_MAX`] while the vault runs (see
    /// [`Ticker`]), else the gap counts as downtime.
    #[must_use]
    pub fn compliance(&self) -> ComplianceTime {
        let now = self.source.boot_ms();
        let mut state = self.state.lock();
        let gap = now.saturating_sub(state.looked_boot_ms);
        let limit = i64::try_from(TICK_MAX.as_millis()).unwrap_or(0);
        if (0..=limit).contains(&gap) {
            state.compliance = ComplianceTime(state.compliance.0.saturating_add(gap));
        }
        state.looked_boot_ms = state.looked_boot_ms.max(now);
        state.compliance
    }

    /// Takes note of the times of a stored record, so that none of them is ever given again or
    /// gone behind. Wall times are only recorded: they move nothing.
    pub fn observe(&self, hybrid: HybridTime, wall: WallTime, compliance: ComplianceTime) {
        let _recorded_only = wall;
        let mut state = self.state.lock();
        state.hybrid = state.hybrid.max(hybrid);
        state.compliance = state.compliance.max(compliance);
    }
}

/// Looks at the clock often enough that running time is credited while nobody asks. Stops when
/// dropped.
pub struct Ticker {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(clock: Arc<Clock>) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("azekura-clock".to_owned())
            .spawn(move || {
                let (stopped, signal) = &*seen;
                let mut stopped = stopped.lock();
                while !*stopped {
                    let _time = clock.compliance();
                    signal.wait_for(&mut stopped, TICK_EVERY);
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panicked ticker only stopped crediting time; nothing is left to do about it here.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> (Arc<ManualTimeSource>, Clock) {
        let source = Arc::new(ManualTimeSource::at(WallTime(1_000_000)));
        let clock = Clock::new(source.clone(), ComplianceTime(1_000_000));
        (source, clock)
    }

    #[test]
    fn hybrid_strictly_increases_even_when_the_wall_goes_back() {
        let (source, clock) = clock();
        let mut previous = clock.hybrid();
        for wall in [5, 2_000_000, 1, 1, 2_000_000] {
            source.set_wall(WallTime(wall));
            let next = clock.hybrid();
            assert!(next > previous);
            previous = next;
        }
        clock.observe(
            HybridTime::default().advance(WallTime(9_000_000)),
            WallTime(0),
            ComplianceTime(0),
        );
        assert!(clock.hybrid().wall() >= WallTime(9_000_000));
    }

    #[test]
    fn compliance_never_follows_the_wall_clock() {
        let (source, clock) = clock();
        source.set_wall(WallTime(i64::MAX / 2));
        assert_eq!(clock.compliance(), ComplianceTime(1_000_000));
        source.set_wall(WallTime(0));
        assert_eq!(clock.compliance(), ComplianceTime(1_000_000));
    }

    #[test]
    fn compliance_is_credited_in_short_ticks_and_not_over_downtime() {
        let (source, clock) = clock();
        for _ in 0..10 {
            source.run(10_000);
            let _now = clock.compliance();
        }
        assert_eq!(clock.compliance(), ComplianceTime(1_100_000));
        source.run(10_001);
        assert_eq!(clock.compliance(), ComplianceTime(1_100_000));
        source.run(5);
        assert_eq!(clock.compliance(), ComplianceTime(1_100_005));
    }

    #[test]
    fn observed_compliance_only_moves_forward() {
        let (_, clock) = clock();
        clock.observe(HybridTime::default(), WallTime(i64::MAX), ComplianceTime(5));
        assert_eq!(clock.compliance(), ComplianceTime(1_000_000));
        clock.observe(
            HybridTime::default(),
            WallTime(0),
            ComplianceTime(2_000_000),
        );
        assert_eq!(clock.compliance(), ComplianceTime(2_000_000));
    }

    #[test]
    fn the_ticker_stops_when_dropped() {
        let (_, clock) = clock();
        drop(Ticker::start(Arc::new(clock)).unwrap());
    }
}
