//! The lock that a version is born with: what its headers ask for, or the default of the bucket.
//!
//! It is worked out once, before the commit, and stands in the version's own record: a later change
//! of the default touches later versions only (facts D10).

use azekura_model::lock::{Lock, LockAsked, ObjectLock, birth};
use azekura_model::requester::Requester;

use crate::bucket::{Bucket, object_lock};
use crate::error::StoreError;
use crate::inner::Inner;
use crate::retention::initial;

/// What the lock of a new version may depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewObject<'a> {
    /// Object key.
    pub(crate) key: &'a str,
    /// Tags, ordered.
    pub(crate) tags: &'a [(String, String)],
    /// User metadata, ordered.
    pub(crate) metadata: &'a [(String, String)],
}

/// What was asked, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// With the request that makes the version.
    Now(LockAsked),
    /// When the multipart upload began, and judged then. A date that has passed since is kept as it
    /// was asked for: it holds nothing, and the default does not replace it.
    AtStart(LockAsked),
}

/// The lock of a version that is made now.
///
/// # Errors
/// [`StoreError::OverLimit`]; [`StoreError::BucketWithoutLock`] when something is asked of a bucket without object lock,
/// [`StoreError::Locked`] for a date that cannot be, [`StoreError::ClockLead`] when the default
/// cannot begin.
pub(crate) fn initial_lock(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
    object: NewObject<'_>,
    asked: Asked,
) -> Result<Lock, StoreError> {
    let (Asked::Now(headers) | Asked::AtStart(headers)) = asked;
    let lock = match object_lock::of(inner, bucket.uuid)? {
        Some(object_lock) => born(inner, &object_lock, asked)?,
        None => {
            object_lock::proved_absent(inner, bucket)?;
            if !headers.is_empty() {
                return Err(StoreError::BucketWithoutLock);
            }
            Lock::default()
        }
    };
    // What was asked for when an upload began was judged then.
    let judged_now = match asked {
        Asked::Now(asked) => asked.retention,
        Asked::AtStart(_) => None,
    };
    initial::finish(inner, by, bucket, object, (lock, judged_now))
}

fn born(inner: &Inner, object_lock: &ObjectLock, asked: Asked) -> Result<Lock, StoreError> {
    let now = inner.clock.compliance();
    let asked = match asked {
        Asked::AtStart(asked) if asked.retention.is_some_and(|kept| !kept.active(now)) => {
            return Ok(Lock {
                retention: asked.retention,
                hold: asked.hold,
                ..Lock::default()
            });
        }
        Asked::Now(asked) | Asked::AtStart(asked) => asked,
    };
    birth(object_lock, &asked, now, || {
        inner
            .clock
            .relative_start()
            .map_err(|refused| StoreError::ClockLead(refused.to_string()))
    })
}
