//! What the clock says of itself.

use azekura_model::compliance_clock::{CatchUp, LEAD_TOLERANCE_MS, LeadRefused, LeadSeen};
use azekura_model::time::{ComplianceTime, WallTime};

/// How often an alarm that stays is said again, in nanoseconds: an hour.
const SAY_AGAIN_NS: i64 = 3_600_000_000_000;

/// How the clock stood when the process started, after catch-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockStart {
    /// What the wall clock showed.
    pub wall: WallTime,
    /// Compliance time.
    pub compliance: ComplianceTime,
    /// Milliseconds of downtime that were credited.
    pub caught_up_ms: i64,
    /// Whether evidence carried them.
    pub by_evidence: bool,
}

impl ClockStart {
    /// Lead of the wall clock then, in milliseconds; less than 0 = behind.
    #[must_use]
    pub fn lead_ms(&self) -> i64 {
        self.wall.0.saturating_sub(self.compliance.0)
    }
}

/// Where the clock stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClockReport {
    /// What the host's wall clock shows.
    pub wall: WallTime,
    /// Compliance time.
    pub compliance: ComplianceTime,
    /// How far the wall clock may lead before it is doubted.
    pub seen: LeadSeen,
    /// Where relative locks start, or why none can be made.
    pub relative_start: Result<ComplianceTime, LeadRefused>,
    /// Catch-up without evidence: what is left at `compliance`, what was spent.
    pub ledger: CatchUp,
    /// The last start.
    pub start: ClockStart,
    /// How many sources of evidence are configured.
    pub evidence: usize,
}

/// What is wrong between wall clock and compliance time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Skew {
    /// Nothing that needs a person.
    None,
    /// The wall clock is behind compliance time by more than the tolerance: one of the two is wrong,
    /// and locks go by compliance time.
    WallBehind,
    /// The wall clock is further ahead than is believed: relative locks are refused.
    WallAhead,
}

impl Skew {
    /// Whether to say it, given what was said last and when: a change at once, an alarm once an hour.
    pub(crate) fn should_say(self, last: Option<&(Self, i64)>, now_ns: i64) -> bool {
        match last {
            None => self != Self::None,
            Some((said, _)) if *said != self => true,
            Some((_, at)) => self != Self::None && now_ns.saturating_sub(*at) >= SAY_AGAIN_NS,
        }
    }
}

impl ClockReport {
    /// Lead of the wall clock in milliseconds; less than 0 = behind compliance time.
    #[must_use]
    pub fn lead_ms(&self) -> i64 {
        self.wall.0.saturating_sub(self.compliance.0)
    }

    /// What is wrong.
    #[must_use]
    pub fn skew(&self) -> Skew {
        if self.relative_start.is_err() {
            Skew::WallAhead
        } else if self.lead_ms() < -LEAD_TOLERANCE_MS {
            Skew::WallBehind
        } else {
            Skew::None
        }
    }
}
