//! DELETE of an object. Nothing is ever freed: a marker or a hiding is appended to the history.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::condition::{DeleteConditions, DeleteTarget};
use azekura_model::governed::GovernedOperation;
use azekura_model::ident::VersionId;
use azekura_model::lock::{self, Allowed, Bypass, HidePermit, Lock, LockRequest};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_record::hidden::{CurrentChange, VersionHidden};
use azekura_record::marker::DeleteMarker;
use azekura_record::particulars::Event;
use azekura_record::summary::Summary;
use bytes::Bytes;

use crate::bucket::object_lock::may_make_null;
use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::families;
use crate::find::shown;
use crate::governed::{Once, named};
use crate::inner::{Draft, Inner, Refused};
use crate::lock_state::{self, ReadLock};
use crate::object::{DeleteOutcome, Which};
use crate::put::closed;
use crate::slot::{Slot, for_each_version, read_slot, stamp_guard};
use crate::visibility::Rule;

/// Without a version: a marker, or in an unversioned bucket the current version is hidden. With
/// one: that version is hidden. Conditions are judged on what the commit is guarded by.
pub(crate) async fn delete(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    (key, which): (&ObjectKey, Which),
    conditions: &DeleteConditions,
    bypass: Option<&Bypass>,
) -> Result<DeleteOutcome, StoreError> {
    let asked = Asked {
        by: by.requester(),
        conditions,
        bypass,
        once: &Once::default(),
    };
    loop {
        let bucket = read::open(inner, bucket)?.bucket;
        let step = match (which, bucket.versioning) {
            (Which::Current, Versioning::Unversioned) => {
                hide_current(inner, &bucket, key.as_str(), asked).await
            }
            (Which::Current, versioning) => {
                let null = versioning.makes_null();
                mark(inner, &bucket, (key.as_str(), null), asked).await
            }
            _ => hide_shown(inner, &bucket, (key.as_str(), which), asked).await,
        };
        match step {
            Ok(outcome) => return Ok(outcome),
            // The first guard says that the bucket is open; any other: read again and judge again.
            Err(Refused::Guard(0)) => return Err(closed(inner, &bucket)),
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}

/// Who asks, on what conditions, with what bypass.
#[derive(Clone, Copy)]
struct Asked<'a> {
    by: &'a Requester,
    conditions: &'a DeleteConditions,
    bypass: Option<&'a Bypass>,
    /// The permit of two people for this call.
    once: &'a Once,
}

/// S3 knows nothing to do.
fn nothing(version: Option<VersionId>, null: bool) -> DeleteOutcome {
    DeleteOutcome {
        version,
        null,
        marker: false,
    }
}

/// Judges on a version or marker that was read; the commit is guarded by what was read.
fn judge(conditions: &DeleteConditions, there: Option<&Summary>) -> Result<(), StoreError> {
    let target = there.map(|summary| DeleteTarget {
        etag: (!summary.marker).then_some(summary.etag),
        modified: summary.modified,
        bytes: summary.content_bytes,
    });
    Ok(conditions.judge(target.as_ref())?)
}

/// A marker takes nothing away: it is made over any lock (facts L12).
async fn mark(
    inner: &Inner,
    bucket: &Bucket,
    (object, null): (&str, bool),
    asked: Asked<'_>,
) -> Result<DeleteOutcome, Refused> {
    let slot = read_slot(inner, bucket.partition, object)?;
    let there = slot.current().map(|(summary, _)| summary).or(slot.marker());
    judge(asked.conditions, there)?;
    // Taken after the slot was read, and guarded by it: nothing newer can be there.
    let version = inner.ids.version();
    let mut guards = vec![Guard::Absent(families::closed())];
    if null {
        if !may_make_null(inner, bucket)? {
            // Versioning is enabled by now: read it again.
            return Err(Refused::Guard(guards.len()));
        }
        guards.push(Guard::Absent(families::locks()));
    }
    guards.extend(slot.guards());
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: Some(version),
        hybrid: version.hybrid_time(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::DeleteMarker(DeleteMarker {
            key: object.to_owned(),
            null,
            superseded: false,
        }),
    };
    let class = CommitClass::Essential;
    inner
        .append(asked.by, bucket.partition, class, guards, draft)
        .await?;
    Ok(DeleteOutcome {
        version: Some(version),
        null,
        marker: true,
    })
}

async fn hide_current(
    inner: &Inner,
    bucket: &Bucket,
    object: &str,
    asked: Asked<'_>,
) -> Result<DeleteOutcome, Refused> {
    let slot = read_slot(inner, bucket.partition, object)?;
    let Some((summary, _)) = slot.current() else {
        return Ok(nothing(None, true));
    };
    judge(asked.conditions, Some(summary))?;
    let target = summary.version;
    hide(inner, bucket, &slot, (object, target), asked).await?;
    // An unversioned bucket names no version in its answer.
    Ok(nothing(None, true))
}

async fn hide_shown(
    inner: &Inner,
    bucket: &Bucket,
    (object, which): (&str, Which),
    asked: Asked<'_>,
) -> Result<DeleteOutcome, Refused> {
    let slot = read_slot(inner, bucket.partition, object)?;
    let Some(found) = shown(inner, bucket.partition, object, which)? else {
        // As AWS: deleting what is not there succeeds, and names what was asked for.
        return Ok(match which {
            Which::Version(version) => nothing(Some(version), false),
            _ => nothing(None, true),
        });
    };
    judge(asked.conditions, Some(&found.summary))?;
    let Summary {
        version,
        null,
        marker,
        ..
    } = found.summary;
    hide(inner, bucket, &slot, (object, version), asked).await?;
    Ok(DeleteOutcome {
        version: Some(version),
        null,
        marker,
    })
}

/// What hiding one version of a key does to the others, as read at one moment.
struct Plan {
    target: Summary,
    /// Its own record.
    at: Sequence,
    current: CurrentChange,
    guards: Vec<Guard>,
}

fn plan(
    inner: &Inner,
    bucket: &Bucket,
    object: &str,
    target: VersionId,
) -> Result<Option<Plan>, StoreError> {
    let mut before = Rule::default();
    let mut hidden = None;
    let mut newest = None;
    let mut next = None;
    for_each_version(inner, bucket.partition, object, None, |summary, raw, at| {
        let shown = before.shows(summary);
        let located = || Summary {
            at: Some(at),
            ..summary.clone()
        };
        if shown && newest.is_none() {
            newest = Some(summary.version);
        }
        if summary.version == target {
            if summary.hidden {
                return false;
            }
            let summary = Summary {
                hidden: true,
                ..located()
            };
            hidden = Some((summary, raw.clone(), at));
        } else if shown && next.is_none() {
            // Hiding does not change what the rule says of others: nulls count hidden or not.
            next = Some((located(), raw.clone()));
        }
        hidden.is_none() || (newest == Some(target) && next.is_none())
    })?;
    let Some((summary, raw, at)) = hidden else {
        return Ok(None);
    };
    let mut guards = vec![Guard::Equals(families::history(object, target), raw)];
    let current = match (newest == Some(target), next) {
        (false, _) => CurrentChange::Stays,
        (true, None) => CurrentChange::Cleared,
        (true, Some((next, raw))) => {
            guards.push(Guard::Equals(families::history(object, next.version), raw));
            CurrentChange::Becomes(next)
        }
    };
    Ok(Some(Plan {
        target: summary,
        at,
        current,
        guards,
    }))
}

/// The one primitive that takes a version out of sight. What its lock allows is judged on what the
/// commit is guarded by, so no lock can come in between.
async fn hide(
    inner: &Inner,
    bucket: &Bucket,
    slot: &Slot,
    (object, target): (&str, VersionId),
    asked: Asked<'_>,
) -> Result<(), Refused> {
    let stamp = stamp_guard(inner, bucket.partition, object)?;
    let Some(plan) = plan(inner, bucket, object, target)? else {
        return Ok(());
    };
    let mut guards = vec![Guard::Absent(families::closed()), stamp];
    guards.extend(slot.guards());
    // Of markers too: that it is one, its own record must say, not the index alone.
    let lock = lock_state::read(inner, bucket.partition, target, plan.at);
    guards.push(lock.guard());
    let bypassed = permit(inner, &lock, asked.bypass)?.bypassed();
    guards.extend(plan.guards);
    // Last of all: what is refused for another reason uses no request up.
    let allowed = if bypassed {
        let operation = GovernedOperation::BypassDelete {
            bucket: named(bucket),
            key: object.to_owned(),
            version: target,
        };
        let once = asked.once;
        Some(
            once.permit(inner, asked.by, bucket.tenant, &operation)
                .await?,
        )
    } else {
        None
    };
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: Some(target),
        // After everything that was read: slots never go back in time.
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::VersionHidden(Box::new(VersionHidden {
            key: object.to_owned(),
            target: plan.target,
            current: plan.current,
            bypassed,
        })),
    };
    let class = CommitClass::Essential;
    let marked = (asked.by, allowed.as_ref());
    inner
        .append_marked(marked, bucket.partition, class, guards, draft)
        .await?;
    Ok(())
}

/// What the lock allows, now.
fn permit(
    inner: &Inner,
    lock: &ReadLock,
    bypass: Option<&Bypass>,
) -> Result<HidePermit, StoreError> {
    let now = inner.clock.compliance();
    match lock::judge(&lock.state, LockRequest::Hide, bypass, now)? {
        Allowed::Hide(permit) => Ok(permit),
        _ => Err(StoreError::Internal(
            "a hiding was judged as something else".to_owned(),
        )),
    }
}
