//! The compliance clock.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the compliance clock stands, and what that means for locks. Lengths of time are in
/// milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClockDetail {
    /// What the host's wall clock shows.
    pub wall: String,
    /// Compliance time, by which alone locks end.
    pub compliance: String,
    /// How far the wall clock is ahead of compliance time; less than 0 = behind it.
    pub lead_ms: i64,
    /// The longest lead that is explained by the start and by what ran since.
    pub explained_ms: i64,
    /// Where a lock with a period (a default, a class) starts now; left out while such locks are
    /// refused.
    pub relative_locks_start: Option<String>,
    /// Why locks with a period are refused, and what to do; left out when they are not.
    pub relative_locks_refused: Option<String>,
    /// `none`, `wall-behind` or `wall-ahead`.
    pub skew: String,
    /// Downtime that may still be credited without evidence of time.
    pub catch_up_left_ms: i64,
    /// Downtime ever credited without evidence of time.
    pub catch_up_spent_ms: i64,
    /// Running time that was not credited since the start: the machine slept, or the process stood
    /// still.
    pub missed_ms: i64,
    /// How many sources of evidence of time are configured.
    pub evidence_sources: u64,
    /// The last start.
    pub started: ClockStartDetail,
}

/// How the clocks stood at the last start of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClockStartDetail {
    /// What the wall clock showed.
    pub wall: String,
    /// Compliance time, downtime credited.
    pub compliance: String,
    /// How far the wall clock was ahead then; less than 0 = behind.
    pub lead_ms: i64,
    /// Downtime that was credited.
    pub caught_up_ms: i64,
    /// Whether evidence of time carried it.
    pub by_evidence: bool,
}
