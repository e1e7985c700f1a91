//! A version gets another lock: retention, legal hold, class, event.
//!
//! Reading, judging and committing are one serialised step: the commit is guarded by the lock entry
//! that was judged, and when that changed in between, everything is read and judged again (facts D8).
//! The version's own record, its ETag and Last-Modified stay (facts L15).

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::governed::{GovernedOperation, NamedBucket, Permit};
use azekura_model::ident::VersionId;
use azekura_model::lock::{Allowed, Bypass, Lock, LockPermit, LockRequest, LockState, judge};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_record::locked::VersionLocked;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::{Bucket, object_lock, read};
use crate::entry;
use crate::error::StoreError;
use crate::families;
use crate::find::find;
use crate::governed::{Once, named};
use crate::inner::{Draft, Inner, Refused};
use crate::lock_state::{self, ReadLock};
use crate::object::{LockOutcome, Which};
use crate::put::closed;
use crate::retention::{governed, initial, ledger};

/// What must be true of the bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Needs {
    /// Object lock: what S3 asks.
    ObjectLock,
    /// Nothing: classes and events of the vault hold in every bucket.
    Nothing,
}

/// Changes the lock of the version that the request names.
pub(crate) async fn change(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    (key, which): (&ObjectKey, Which),
    request: LockRequest,
    (bypass, needs): (Option<&Bypass>, Needs),
) -> Result<LockOutcome, StoreError> {
    let once = Once::default();
    loop {
        let bucket = read::open(inner, bucket)?.bucket;
        if needs == Needs::ObjectLock {
            enabled(inner, &bucket)?;
        }
        let target = target(inner, &bucket, key, which)?;
        let permit = permit(inner, &target.lock.state, &request, bypass)?;
        within_limits(inner, by, &bucket, &target, (&request, permit.lock()))?;
        let outcome = LockOutcome {
            version: target.version,
            null: target.null,
        };
        if !permit.changes() {
            return Ok(outcome);
        }
        let which = (named(&bucket), key.as_str().to_owned(), target.version);
        let allowed = match weakens(which, &request, &permit) {
            Some(operation) => {
                let by = by.requester();
                Some(once.permit(inner, by, bucket.tenant, &operation).await?)
            }
            None => None,
        };
        let marked = (by.requester(), allowed.as_ref());
        match commit(inner, marked, &bucket, &target, &permit, word(&request)).await {
            Ok(()) => return Ok(outcome),
            Err(Refused::Guard(0)) => return Err(closed(inner, &bucket)),
            // The version was hidden, or has another lock: read and judge again.
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}

/// The change as an operation of two people, if it takes protection away.
fn weakens(
    (bucket, key, version): (NamedBucket, String, VersionId),
    request: &LockRequest,
    permit: &LockPermit,
) -> Option<GovernedOperation> {
    if permit.bypassed() {
        let retention = permit.lock().retention;
        return Some(GovernedOperation::BypassRetention {
            bucket,
            key,
            version,
            retention,
        });
    }
    matches!(request, LockRequest::Hold(false)).then_some(GovernedOperation::LiftHold {
        bucket,
        key,
        version,
    })
}

/// Refuses a bucket without object lock.
fn enabled(inner: &Inner, bucket: &Bucket) -> Result<(), StoreError> {
    match object_lock::of(inner, bucket.uuid)? {
        Some(_) => Ok(()),
        None => Err(StoreError::BucketWithoutLock),
    }
}

/// A version that S3 shows, and its lock.
struct Target {
    version: VersionId,
    null: bool,
    /// Its own record.
    own: Sequence,
    /// Length in bytes.
    bytes: u64,
    shown: Guard,
    lock: ReadLock,
}

impl Target {
    /// The lock that stands; nothing where it cannot be proved, and then no change is allowed.
    fn before(&self) -> Lock {
        match &self.lock.state {
            LockState::Known(lock) => lock.clone(),
            LockState::Unknown(_) => Lock::default(),
        }
    }
}

/// Judges what a caller asks for by the limits of the bucket and of the key.
fn within_limits(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    target: &Target,
    (request, new): (&LockRequest, &Lock),
) -> Result<(), StoreError> {
    let asked = matches!(
        request,
        LockRequest::Retain(_) | LockRequest::Extend(_) | LockRequest::PostEvent { .. }
    );
    if !asked {
        return Ok(());
    }
    let now = inner.clock.compliance();
    let limits = *governed::limits(inner, bucket.uuid)?.in_force(now);
    let made = match limits.floor_days() {
        Some(_) => inner.core(bucket.partition, target.own)?.compliance,
        None => now,
    };
    let change = (target.before().retention, new.retention);
    initial::judge(inner, by.requester(), &limits, change, (made, now))
}

fn target(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    which: Which,
) -> Result<Target, StoreError> {
    let found = find(inner, bucket, key, which)?;
    let version = found.summary.version;
    let history = families::history(key.as_str(), version);
    let shown = inner
        .get(bucket.partition, &history)?
        .ok_or_else(|| StoreError::Internal(format!("version {version} has no history entry")))?;
    if entry::summary(&shown.value)?.hidden {
        return Err(StoreError::NoSuchVersion);
    }
    Ok(Target {
        version,
        null: found.summary.null,
        own: found.sequence,
        bytes: found.summary.content_bytes,
        shown: Guard::Equals(history, shown.value),
        lock: lock_state::read(inner, bucket.partition, version, found.sequence),
    })
}

/// What the rules allow, now.
pub(crate) fn permit(
    inner: &Inner,
    state: &LockState,
    request: &LockRequest,
    bypass: Option<&Bypass>,
) -> Result<LockPermit, StoreError> {
    let now = inner.clock.compliance();
    match judge(state, request.clone(), bypass, now)? {
        Allowed::Becomes(permit) => Ok(permit),
        Allowed::Hide(_) | Allowed::Release(_) => Err(StoreError::Internal(format!(
            "{request:?} is no change of a lock"
        ))),
    }
}

async fn commit(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    bucket: &Bucket,
    target: &Target,
    permit: &LockPermit,
    reason: &str,
) -> Result<(), Refused> {
    let change = (&target.before(), permit.lock());
    let booked = ledger::book_change(inner, by.0, change, target.bytes)?;
    let longer = ledger::locks_more(change.0, change.1);
    let guards = vec![
        Guard::Absent(families::closed()),
        target.shown.clone(),
        target.lock.guard(),
    ];
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: Some(target.version),
        hybrid: inner.clock.hybrid(),
        // What counts against the key, also after a restart.
        content_bytes: if longer { target.bytes } else { 0 },
        sealed_bytes: 0,
        lock: permit.lock().clone(),
        payload: Bytes::new(),
        event: Event::VersionLocked(VersionLocked {
            reason: reason.to_owned(),
            bypassed: permit.bypassed(),
            previous: target.lock.given_by,
        }),
    };
    let class = CommitClass::Data;
    inner
        .append_marked(by, bucket.partition, class, guards, draft)
        .await
        .map(|_| booked.keep())
}

/// The request in one word, for the record.
pub(crate) fn word(request: &LockRequest) -> &'static str {
    match request {
        LockRequest::Hide => "hide",
        LockRequest::Retain(_) => "retention",
        LockRequest::Hold(_) => "hold",
        LockRequest::Extend(_) => "extend",
        LockRequest::Assign { .. } => "class",
        LockRequest::PostEvent { .. } => "event",
        LockRequest::Upgrade => "upgrade",
        LockRequest::Release => "release",
    }
}

/// The lock of a version as S3 shows it.
pub(crate) fn shown(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
    which: Which,
) -> Result<Lock, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    enabled(inner, &bucket)?;
    let version = find(inner, &bucket, key, which)?.summary.version;
    lock_state::shown(inner, bucket.partition, version)
}

/// The whole lock state of a version, proved as for a verdict.
pub(crate) fn proved(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
    which: Which,
) -> Result<(VersionId, LockState), StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let found = find(inner, &bucket, key, which)?;
    let version = found.summary.version;
    let read = lock_state::read(inner, bucket.partition, version, found.sequence);
    Ok((version, read.state))
}
