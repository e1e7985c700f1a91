//! Rules of the compliance clock: what downtime is credited, and where relative locks start.
//!
//! Compliance time alone ends locks. It runs by ticks of clocks that nobody can set; these rules
//! say how much of the time in between it may take over from the wall clock, which anybody with
//! root can set. All of them err to the late side: a lock may last longer, never shorter.

use crate::time::{ComplianceTime, WallTime};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Most that may be caught up without evidence at once, and be saved up: 7 days.
pub const CATCH_UP_MAX_MS: i64 = 7 * DAY_MS;
/// In how much compliance time [`CATCH_UP_MAX_MS`] is earned: 365 days.
pub const CATCH_UP_EARNED_IN_MS: i64 = 365 * DAY_MS;
/// Most by which the wall clock's lead may move the start of a relative lock: 30 days.
pub const LEAD_MAX_MS: i64 = 30 * DAY_MS;
/// Growth of the lead while running that needs no explanation (steps of NTP): 5 minutes.
pub const LEAD_TOLERANCE_MS: i64 = 5 * 60_000;
/// Of the time run, the part by which two honest clocks may drift apart: one in 2,000 (500 ppm, the
/// fastest at which Linux slews a clock for NTP).
const DRIFT_PART: i64 = 2000;

/// Catch-up that may be spent without evidence, saved up in compliance time.
///
/// A vault begins with none, earns 7 days in 365 days of compliance time, and never has more than
/// 7 days. So all that was ever caught up without evidence is at most 7/365 of the vault's age in
/// compliance time, however often the process restarts and whatever the wall clock says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CatchUp {
    /// Up to when earnings are counted in `saved_ms`.
    pub counted: ComplianceTime,
    /// What could be spent then, in milliseconds; 0 to [`CATCH_UP_MAX_MS`].
    pub saved_ms: i64,
    /// All that was ever spent, in milliseconds.
    pub spent_ms: i64,
}

impl CatchUp {
    /// Nothing saved up: for a new vault, and where no ledger can be read.
    #[must_use]
    pub const fn none(counted: ComplianceTime) -> Self {
        Self {
            counted,
            saved_ms: 0,
            spent_ms: 0,
        }
    }

    /// Milliseconds that may be spent at `now`.
    #[must_use]
    pub fn left_ms(&self, now: ComplianceTime) -> i64 {
        let passed = now.0.saturating_sub(self.counted.0).max(0);
        let earned =
            i128::from(passed) * i128::from(CATCH_UP_MAX_MS) / i128::from(CATCH_UP_EARNED_IN_MS);
        let earned = i64::try_from(earned).unwrap_or(CATCH_UP_MAX_MS);
        let saved = self.saved_ms.clamp(0, CATCH_UP_MAX_MS);
        saved.saturating_add(earned).min(CATCH_UP_MAX_MS)
    }

    /// The ledger with its earnings up to `now` counted. Time that is caught up earns nothing: count
    /// before it is added, and mark it with [`CatchUp::spend`].
    #[must_use]
    pub fn counted_at(self, now: ComplianceTime) -> Self {
        if now <= self.counted {
            return self;
        }
        Self {
            counted: now,
            saved_ms: self.left_ms(now),
            spent_ms: self.spent_ms,
        }
    }

    /// Spends at most `wanted_ms` at `now`: the ledger after it, and how many milliseconds compliance
    /// time may be moved.
    #[must_use]
    pub fn spend(self, now: ComplianceTime, wanted_ms: i64) -> (Self, i64) {
        let counted = self.counted_at(now);
        let spent = wanted_ms.clamp(0, counted.left_ms(now));
        let after = Self {
            counted: ComplianceTime(counted.counted.0.saturating_add(spent)),
            saved_ms: counted.left_ms(now).saturating_sub(spent),
            spent_ms: counted.spent_ms.saturating_add(spent),
        };
        (after, spent)
    }
}

/// What kind of source says what time it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EvidenceKind {
    /// Signed time of another region of the same vault. Alone it counts as none: who runs both
    /// regions could set both clocks.
    OtherRegion,
    /// A token of a time stamping authority (RFC 3161).
    TimestampAuthority,
}

/// Proof that a moment has passed. Whoever makes one has checked its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Kind of the source.
    pub kind: EvidenceKind,
    /// Its name, for reports.
    pub source: String,
    /// The moment that has passed.
    pub passed: WallTime,
}

/// The time that evidence and wall clock agree to have passed: the least of them. `None` when there
/// is no evidence, or only that of other regions.
#[must_use]
pub fn proven(evidence: &[Evidence], wall: WallTime) -> Option<WallTime> {
    evidence
        .iter()
        .any(|one| one.kind != EvidenceKind::OtherRegion)
        .then(|| evidence.iter().map(|one| one.passed).fold(wall, Ord::min))
}

/// What a start did to compliance time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CaughtUp {
    /// Compliance time after it.
    pub now: ComplianceTime,
    /// The ledger after it.
    pub ledger: CatchUp,
    /// By how many milliseconds compliance time was moved.
    pub moved_ms: i64,
    /// Whether evidence carried it; otherwise the ledger did.
    pub by_evidence: bool,
}

/// Credits downtime at a start, never beyond the wall clock: up to what evidence proves, or without
/// evidence what the ledger allows. A wall clock behind `now` moves nothing.
#[must_use]
pub fn catch_up(
    now: ComplianceTime,
    wall: WallTime,
    ledger: CatchUp,
    evidence: &[Evidence],
) -> CaughtUp {
    if let Some(proven) = proven(evidence, wall) {
        let to = ComplianceTime(proven.0.max(now.0));
        let moved_ms = to.0.saturating_sub(now.0);
        let mut ledger = ledger.counted_at(now);
        // Time that did not tick here earns nothing.
        ledger.counted = ledger.counted.max(to);
        return CaughtUp {
            now: to,
            ledger,
            moved_ms,
            by_evidence: true,
        };
    }
    let (ledger, moved_ms) = ledger.spend(now, wall.0.saturating_sub(now.0));
    CaughtUp {
        now: ComplianceTime(now.0.saturating_add(moved_ms)),
        ledger,
        moved_ms,
        by_evidence: false,
    }
}

/// How far the wall clock may lead before it is doubted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeadSeen {
    /// Lead of the wall clock when the process started, after catch-up, in milliseconds; less than 0
    /// = it was behind.
    pub at_start_ms: i64,
    /// Milliseconds credited by ticks since then.
    pub run_ms: i64,
    /// Milliseconds since then that the boot-time clock measured and no tick credits (the machine
    /// slept, or the process stood still).
    pub missed_ms: i64,
}

impl LeadSeen {
    /// The longest lead that needs no further explanation, in milliseconds.
    #[must_use]
    pub fn explained_ms(&self) -> i64 {
        // A wall clock that was too far ahead to be believed explains nothing.
        let believed = (0..=LEAD_MAX_MS).contains(&self.at_start_ms);
        let at_start_ms = if believed { self.at_start_ms } else { 0 };
        at_start_ms
            .saturating_add(LEAD_TOLERANCE_MS)
            .saturating_add(self.run_ms.max(0) / DRIFT_PART)
            .saturating_add(self.missed_ms.max(0))
    }
}

/// Why no relative lock (a default period, the period of a class) can be made now. Locks with a date
/// of their own are not concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeadRefused {
    /// The wall clock is more than [`LEAD_MAX_MS`] ahead of compliance time.
    TooFar {
        /// Its lead in milliseconds.
        lead_ms: i64,
    },
    /// The wall clock went ahead while the process ran, and no running clock explains it.
    Grew {
        /// Its lead in milliseconds.
        lead_ms: i64,
        /// The longest lead that is explained.
        explained_ms: i64,
    },
}

impl std::fmt::Display for LeadRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = |ms: &i64| ms / 1000;
        match self {
            Self::TooFar { lead_ms } => write!(
                f,
                "the wall clock is {} s ahead of compliance time, more than the 30 days that are \
                 believed: set the host's clock right and start the server again, or give the \
                 object a retain-until date of its own",
                seconds(lead_ms)
            ),
            Self::Grew {
                lead_ms,
                explained_ms,
            } => write!(
                f,
                "the wall clock went ahead while the server ran (its lead is {} s, {} s are \
                 explained): set the host's clock right, or start the server again if it is right, \
                 or give the object a retain-until date of its own",
                seconds(lead_ms),
                seconds(explained_ms)
            ),
        }
    }
}

impl std::error::Error for LeadRefused {}

/// Where relative locks start: the later of compliance time and wall clock, as far as the wall
/// clock is believed. A false wall clock so lengthens such a lock by 30 days at most.
///
/// # Errors
/// [`LeadRefused`] when the wall clock leads by more than is believed.
pub fn relative_start(
    now: ComplianceTime,
    wall: WallTime,
    seen: &LeadSeen,
) -> Result<ComplianceTime, LeadRefused> {
    let lead_ms = wall.0.saturating_sub(now.0);
    let explained_ms = seen.explained_ms();
    if lead_ms > LEAD_MAX_MS {
        Err(LeadRefused::TooFar { lead_ms })
    } else if lead_ms > explained_ms {
        Err(LeadRefused::Grew {
            lead_ms,
            explained_ms,
        })
    } else {
        Ok(ComplianceTime(now.0.saturating_add(lead_ms.max(0))))
    }
}

#[cfg(test)]
mod tests;
