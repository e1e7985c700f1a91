//! Times on the wire.

use azekura_model::lock::RETAIN_UNTIL_MAX;
use azekura_model::time::{ComplianceTime, WallTime};
use s3s::dto::Timestamp;
use time::OffsetDateTime;

/// A wall time for an answer.
pub(crate) fn timestamp(at: WallTime) -> Timestamp {
    let nanos = i128::from(at.0) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos);
    Timestamp::from(at.unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

/// A compliance time for an answer.
pub(crate) fn of_compliance(at: ComplianceTime) -> Timestamp {
    timestamp(WallTime(at.0))
}

/// The date of a lock given by a client: to the millisecond, and never before the one asked for.
pub(crate) fn until(timestamp: Timestamp) -> ComplianceTime {
    let nanos = OffsetDateTime::from(timestamp).unix_timestamp_nanos();
    let ms = nanos.saturating_add(999_999).div_euclid(1_000_000);
    // The last fraction of the year 9999 stays in it.
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    ComplianceTime(ms).min(RETAIN_UNTIL_MAX)
}

/// A time given by a client.
pub(crate) fn wall(timestamp: Timestamp) -> WallTime {
    let at = OffsetDateTime::from(timestamp);
    let ms = at.unix_timestamp_nanos().div_euclid(1_000_000);
    WallTime(i64::try_from(ms).unwrap_or(i64::MAX))
}
