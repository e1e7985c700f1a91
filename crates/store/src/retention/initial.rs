//! What classes and limits make of the lock that a version is born with.

use azekura_model::lock::{Lock, Retention};
use azekura_model::requester::Requester;
use azekura_model::retention_class::{EVENT_DATE_METADATA, NotAssigned, assigned};
use azekura_model::retention_limits::{KeyLockLimits, RetentionLimits, judge_retention};
use azekura_model::time::ComplianceTime;

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::inner::Inner;
use crate::lock_default::NewObject;
use crate::retention::governed;

/// Judges what the request asks for, then adds the classes of the bucket and raises what the bucket
/// and its classes give to the floor.
///
/// # Errors
/// [`StoreError::OverLimit`], [`StoreError::ClockLead`], [`StoreError::InvalidArgument`] for an event
/// date that is none, [`StoreError::InvalidBucketState`] for a class that is no longer known.
pub(crate) fn finish(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
    object: NewObject<'_>,
    (lock, asked): (Lock, Option<Retention>),
) -> Result<Lock, StoreError> {
    let now = inner.clock.compliance();
    let limits = governed::limits(inner, bucket.uuid)?;
    let limits = *limits.in_force(now);
    judge(inner, by, &limits, (None, asked), (now, now))?;
    let lock = add_classes(inner, bucket, object, lock)?;
    Ok(Lock {
        retention: lock
            .retention
            .map(|retention| limits.raised(retention, now)),
        ..lock
    })
}

fn add_classes(
    inner: &Inner,
    bucket: &Bucket,
    object: NewObject<'_>,
    lock: Lock,
) -> Result<Lock, StoreError> {
    let rules = governed::class_rules(inner, bucket.uuid)?;
    let rules = rules.in_force(inner.clock.compliance());
    if rules.matching(object.key, object.tags).is_empty() {
        return Ok(lock);
    }
    let start = inner.clock.relative_start();
    let start = start.map_err(|refused| StoreError::ClockLead(refused.to_string()))?;
    let date = object
        .metadata
        .iter()
        .find(|(name, _)| name == EVENT_DATE_METADATA)
        .map(|(_, value)| value.as_str());
    let of = (object.key, object.tags);
    let assigned = assigned(rules, &inner.policy.classes, of, date, start);
    Ok(assigned.map_err(not_assigned)?.join(lock))
}

/// A class that cannot be applied refuses the request.
pub(crate) fn not_assigned(error: NotAssigned) -> StoreError {
    match error {
        NotAssigned::UnknownClass(_) => StoreError::InvalidBucketState(error.to_string()),
        other => StoreError::InvalidArgument(other.to_string()),
    }
}

/// Judges a retention that a caller asks for, by the limits of the bucket and of the key.
pub(crate) fn judge(
    inner: &Inner,
    by: &Requester,
    limits: &RetentionLimits,
    change: (Option<Retention>, Option<Retention>),
    times: (ComplianceTime, ComplianceTime),
) -> Result<(), StoreError> {
    Ok(judge_retention(
        limits,
        &key_limits(inner, by),
        change,
        times,
    )?)
}

/// The limits of the key with which somebody asks.
pub(crate) fn key_limits(inner: &Inner, by: &Requester) -> KeyLockLimits {
    if let Some(known) = inner.directory.key(&by.key_id) {
        return KeyLockLimits {
            days_max: known.key.limits.lock_days_max,
            bytes_per_day: known.key.limits.locked_bytes_per_day,
        };
    }
    let keys = &inner.policy.lock_limits;
    keys.get(&by.key_id).copied().unwrap_or_default()
}
