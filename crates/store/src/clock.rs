//! The one door to time.
//!
//! Three times come from here. *Wall* is what the host shows and may be wrong. *Hybrid* orders
//! versions and never goes back. *Compliance* is a ratchet by which alone locks expire: it runs by
//! ticks of clocks that nobody can set, and takes over from the wall clock only what the rules of
//! [`azekura_model::compliance_clock`] allow at a start. `docs/internals/compliance-clock.md` tells
//! the whole of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use azekura_model::compliance_clock::{
    CatchUp, CaughtUp, Evidence, LeadRefused, LeadSeen, catch_up, relative_start,
};
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use parking_lot::Mutex;

mod manual;
mod report;
mod ticker;

pub use manual::ManualTimeSource;
pub use report::{ClockReport, ClockStart, Skew};
pub use ticker::{Ticker, TickerJob};

/// Longest gap between two looks at the clock that still counts as running. A longer one is
/// downtime and credits nothing.
pub const TICK_MAX: Duration = Duration::from_secs(10);
/// Compliance time that may pass before it is written down, when nothing else is committed.
pub const STORED_EVERY: Duration = Duration::from_secs(600);
/// Compliance time after which the ledger is written down, whatever else is committed: a day. A crash
/// costs at most what the ledger earned in it.
const LEDGER_EVERY_MS: i64 = 86_400_000;

const NS_OF_MS: i64 = 1_000_000;
/// [`TICK_MAX`] in nanoseconds.
const TICK_MAX_NS: i64 = 10_000 * NS_OF_MS;
/// Looks closer together than this are measured from the same mark, so that rounding and the moment
/// between the reading of the two clocks cost nothing that adds up.
const MARK_EVERY_NS: i64 = 1000 * NS_OF_MS;

/// Where times come from.
pub trait TimeSource: Send + Sync + 'static {
    /// What the host's wall clock shows.
    fn wall(&self) -> WallTime;
    /// Nanoseconds since boot, sleep included. Nobody can set it; root can slew it (`adjtimex`).
    fn boot_ns(&self) -> i64;
    /// Nanoseconds of the hardware's counter, sleep not included. Nobody can set or slew it.
    fn raw_ns(&self) -> i64;
}

/// The host's clocks. The wall clock is read as every program reads it, through the C library. The
/// other two are read from the kernel directly, where no preloaded library is in between.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTimeSource;

impl TimeSource for SystemTimeSource {
    #[expect(clippy::disallowed_methods, reason = "this is the door to wall time")]
    fn wall(&self) -> WallTime {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        WallTime(match since {
            Ok(after) => ms(after),
            Err(before) => ms(before.duration()).saturating_neg(),
        })
    }

    fn boot_ns(&self) -> i64 {
        nanoseconds(rustix::time::clock_gettime(rustix::time::ClockId::Boottime))
    }

    fn raw_ns(&self) -> i64 {
        nanoseconds(rustix::time::clock_gettime(
            rustix::time::ClockId::MonotonicRaw,
        ))
    }
}

fn nanoseconds(at: rustix::time::Timespec) -> i64 {
    at.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(at.tv_nsec)
}

/// Where proof comes from that time has passed: another region's signed time, a time stamping
/// authority. There is no source yet; [`Clock::with_evidence`] takes them.
pub trait TimeEvidence: Send + Sync + 'static {
    /// The latest moment that the source proves to have passed, its signature checked. `None` when
    /// it does not answer.
    fn evidence(&self) -> Option<Evidence>;
}

/// The vault's clock.
pub struct Clock {
    source: Arc<dyn TimeSource>,
    evidence: Vec<Arc<dyn TimeEvidence>>,
    /// Compliance time of the newest record known to be durable.
    stored: AtomicI64,
    state: Mutex<State>,
}

struct State {
    hybrid: HybridTime,
    /// Compliance time at the mark, and the nanoseconds beyond it.
    base: ComplianceTime,
    carry_ns: i64,
    /// Both running clocks at the mark.
    boot_ns: i64,
    raw_ns: i64,
    /// The last compliance time given.
    shown: ComplianceTime,
    missed_ms: i64,
    ledger: CatchUp,
    start: ClockStart,
    /// What was last said about skew, and when by the boot-time clock.
    said: Option<(Skew, i64)>,
}

impl State {
    /// Credits what both running clocks agree to have passed since the mark.
    fn look(&mut self, boot_ns: i64, raw_ns: i64) -> ComplianceTime {
        let boot_gap = boot_ns.saturating_sub(self.boot_ns);
        let raw_gap = raw_ns.saturating_sub(self.raw_ns);
        let gap = boot_gap.min(raw_gap);
        if gap < 0 {
            // Another thread has read the clocks later and looked earlier.
            return self.shown;
        }
        if boot_gap.max(raw_gap) > TICK_MAX_NS {
            let credited = self.shown.0.saturating_sub(self.base.0);
            let missed = boot_gap / NS_OF_MS - credited;
            self.missed_ms = self.missed_ms.saturating_add(missed.max(0));
            self.mark(self.shown, 0, boot_ns, raw_ns);
            return self.shown;
        }
        let passed_ns = self.carry_ns.saturating_add(gap);
        let now = self.base.0.saturating_add(passed_ns / NS_OF_MS);
        self.shown = self.shown.max(ComplianceTime(now));
        if gap >= MARK_EVERY_NS {
            self.mark(self.shown, passed_ns % NS_OF_MS, boot_ns, raw_ns);
        }
        self.shown
    }

    fn mark(&mut self, at: ComplianceTime, carry_ns: i64, boot_ns: i64, raw_ns: i64) {
        self.base = at;
        self.shown = at;
        self.carry_ns = carry_ns;
        self.boot_ns = boot_ns;
        self.raw_ns = raw_ns;
    }

    fn seen(&self) -> LeadSeen {
        LeadSeen {
            at_start_ms: self.start.lead_ms(),
            run_ms: self.shown.0.saturating_sub(self.start.compliance.0),
            missed_ms: self.missed_ms,
        }
    }
}

impl Clock {
    /// A clock whose compliance time starts at `start`: for a new vault the wall time of its
    /// making, for an old one the same persisted moment, after which [`Clock::observe`] moves it
    /// to the last one that the journal holds, and [`Clock::begin`] credits downtime.
    #[must_use]
    pub fn new(source: Arc<dyn TimeSource>, start: ComplianceTime) -> Self {
        let state = State {
            hybrid: HybridTime::default(),
            base: start,
            carry_ns: 0,
            boot_ns: source.boot_ns(),
            raw_ns: source.raw_ns(),
            shown: start,
            missed_ms: 0,
            ledger: CatchUp::none(start),
            start: ClockStart {
                wall: source.wall(),
                compliance: start,
                caught_up_ms: 0,
                by_evidence: false,
            },
            said: None,
        };
        Self {
            source,
            evidence: Vec::new(),
            stored: AtomicI64::new(start.0),
            state: Mutex::new(state),
        }
    }

    /// A new vault's clock over the host's clocks: compliance time starts at wall time.
    #[must_use]
    pub fn system() -> Self {
        let start = ComplianceTime(SystemTimeSource.wall().0);
        Self::new(Arc::new(SystemTimeSource), start)
    }

    /// The same clock with sources of evidence, asked when the vault starts.
    #[must_use]
    pub fn with_evidence(mut self, sources: Vec<Arc<dyn TimeEvidence>>) -> Self {
        self.evidence = sources;
        self
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

    /// Compliance time now: it runs by the slower of the boot-time clock and the raw clock. Must be
    /// asked at least every [`TICK_MAX`] while the vault runs (see [`Ticker`]), else the gap counts
    /// as downtime.
    #[must_use]
    pub fn compliance(&self) -> ComplianceTime {
        let (boot, raw) = (self.source.boot_ns(), self.source.raw_ns());
        self.state.lock().look(boot, raw)
    }

    /// Where a lock with a period (a bucket's default, a class) starts now.
    ///
    /// # Errors
    /// [`LeadRefused`] when the wall clock leads by more than is believed; nothing may be locked
    /// then without a date of its own.
    pub fn relative_start(&self) -> Result<ComplianceTime, LeadRefused> {
        let now = self.compliance();
        let wall = self.source.wall();
        let seen = self.state.lock().seen();
        relative_start(now, wall, &seen)
    }

    /// Where the clock stands, and what that means for locks.
    #[must_use]
    pub fn report(&self) -> ClockReport {
        let compliance = self.compliance();
        let wall = self.source.wall();
        let state = self.state.lock();
        let seen = state.seen();
        ClockReport {
            wall,
            compliance,
            seen,
            relative_start: relative_start(compliance, wall, &seen),
            ledger: state.ledger.counted_at(compliance),
            start: state.start,
            evidence: self.evidence.len(),
        }
    }

    /// What the downtime before this start may be credited. Changes nothing: the ledger of the answer
    /// must be durable before [`Clock::begin`] uses it.
    pub(crate) fn plan(&self, ledger: CatchUp) -> CaughtUp {
        let sources = self.evidence.iter();
        let evidence: Vec<Evidence> = sources.filter_map(|source| source.evidence()).collect();
        let now = self.compliance();
        catch_up(now, self.source.wall(), ledger, &evidence)
    }

    /// Goes on from a start: credits what was planned, and takes note of the wall clock's lead. Once,
    /// before anything is served.
    pub(crate) fn begin(&self, caught: &CaughtUp) {
        let now = self.compliance();
        let wall = self.source.wall();
        let (boot, raw) = (self.source.boot_ns(), self.source.raw_ns());
        let mut state = self.state.lock();
        let to = ComplianceTime(now.0.saturating_add(caught.moved_ms));
        let to = to.max(state.shown);
        state.mark(to, 0, boot, raw);
        state.ledger = caught.ledger;
        state.missed_ms = 0;
        state.start = ClockStart {
            wall,
            compliance: to,
            caught_up_ms: caught.moved_ms,
            by_evidence: caught.by_evidence,
        };
    }

    /// A durable record carries this compliance time.
    pub(crate) fn stored(&self, compliance: ComplianceTime) {
        self.stored.fetch_max(compliance.0, Ordering::Relaxed);
    }

    /// This ledger is durable.
    pub(crate) fn kept(&self, ledger: CatchUp) {
        self.state.lock().ledger = ledger;
    }

    /// Whether compliance time has run so far beyond every durable record, or the ledger beyond its
    /// newest one, that it should be written down.
    #[must_use]
    pub fn is_tick_due(&self) -> bool {
        let now = self.compliance().0;
        let beyond = now.saturating_sub(self.stored.load(Ordering::Relaxed));
        let counted = self.state.lock().ledger.counted.0;
        u128::try_from(beyond).is_ok_and(|beyond| beyond >= STORED_EVERY.as_millis())
            || now.saturating_sub(counted) >= LEDGER_EVERY_MS
    }

    /// The report, when its skew should be logged: when it changes, and then once an hour.
    #[must_use]
    pub fn alarm(&self) -> Option<ClockReport> {
        let report = self.report();
        let now = self.source.boot_ns();
        let mut state = self.state.lock();
        let skew = report.skew();
        if !skew.should_say(state.said.as_ref(), now) {
            return None;
        }
        state.said = Some((skew, now));
        Some(report)
    }

    /// Takes note of the times of a stored record, so that none of them is ever given again or
    /// gone behind. Wall times are only recorded: they move nothing.
    pub fn observe(&self, hybrid: HybridTime, wall: WallTime, compliance: ComplianceTime) {
        let _recorded_only = wall;
        self.stored(compliance);
        let mut state = self.state.lock();
        state.hybrid = state.hybrid.max(hybrid);
        if compliance > state.shown {
            let (boot, raw) = (self.source.boot_ns(), self.source.raw_ns());
            state.mark(compliance, 0, boot, raw);
        }
    }
}

#[cfg(test)]
mod tests;
