//! The lock that a version is born with.

use crate::lock::judge::{RETAIN_UNTIL_MAX, in_range};
use crate::lock::{Lock, LockRefused, ObjectLock, Retention, RetentionMode};
use crate::time::ComplianceTime;

/// What a PUT, copy, POST form or multipart upload asks for by its lock headers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LockAsked {
    /// Mode and date.
    pub retention: Option<Retention>,
    /// Legal hold.
    pub hold: Option<bool>,
}

impl LockAsked {
    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.retention.is_none() && self.hold.is_none()
    }
}

/// The lock of a version that is made now in a bucket with object lock.
///
/// Explicit retention beats the default of the bucket, also a shorter one (AWS S3 user guide,
/// "Object Lock considerations"). `start` is where default periods begin; it is asked only when the
/// default counts. Under probation a COMPLIANCE default gives GOVERNANCE and says when that ends.
///
/// # Errors
/// [`LockRefused`] when the date asked for is not in the future or too far; the error of `start`.
pub fn birth<E: From<LockRefused>>(
    bucket: &ObjectLock,
    asked: &LockAsked,
    now: ComplianceTime,
    start: impl FnOnce() -> Result<ComplianceTime, E>,
) -> Result<Lock, E> {
    let mut lock = Lock {
        hold: asked.hold,
        ..Lock::default()
    };
    if let Some(retention) = asked.retention {
        in_range(retention.until, now)?;
        lock.retention = Some(retention);
        return Ok(lock);
    }
    let Some(default) = bucket.default else {
        return Ok(lock);
    };
    let mut retention = default.from(start()?);
    retention.until = retention.until.min(RETAIN_UNTIL_MAX);
    let probation = bucket
        .probation
        .filter(|probation| retention.mode == RetentionMode::Compliance && now < probation.ends);
    if let Some(probation) = probation {
        retention.mode = RetentionMode::Governance;
        lock.probation = Some(probation.ends);
    }
    lock.retention = Some(retention);
    Ok(lock)
}
