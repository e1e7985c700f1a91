//! Times on the wire.

use azekura_model::time::WallTime;
use s3s::dto::Timestamp;
use time::OffsetDateTime;

/// A wall time for an answer.
pub(crate) fn timestamp(at: WallTime) -> Timestamp {
    let nanos = i128::from(at.0) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos);
    Timestamp::from(at.unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

/// A time given by a client.
pub(crate) fn wall(timestamp: Timestamp) -> WallTime {
    let at = OffsetDateTime::from(timestamp);
    let ms = at.unix_timestamp_nanos().div_euclid(1_000_000);
    WallTime(i64::try_from(ms).unwrap_or(i64::MAX))
}
