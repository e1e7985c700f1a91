//! DELETE of a bucket: its name becomes free, its history stays.
//!
//! Objects and the name live in different partitions, and a commit changes one partition. So a
//! deletion that could race with a put goes in three steps, each a durable record:
//!
//! 1. *close* the bucket's own partition: from now on every write there fails its guard (all writes
//!    guard that `closed` is absent, so no counter is shared by them);
//! 2. look whether S3 shows a version or a marker, or a lock other than a bypassed GOVERNANCE keeps a
//!    version that S3 no longer shows. Nothing can be added behind the look any more. If something is
//!    there, *open* the partition again and refuse;
//! 3. abort the uploads under way, which S3 does not count as content of a bucket, and *retire* the
//!    name in the configuration partition.
//!
//! A put that was acknowledged is seen by step 2; one that comes later fails and says so. A crash
//! between the steps is finished at the next start ([`finish_closing`]). A client that goes away
//! between them ends nothing: the steps run on their own, or the bucket would stay closed.

use std::sync::Arc;

use azekura_engine::seam::{CommitClass, Guard, Scan};
use azekura_model::bucket::Versioning;
use azekura_model::governed::{GovernedOperation, Permit};
use azekura_model::lock::{Lock, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::position::PartitionId;
use azekura_model::requester::Requester;
use azekura_model::time::ComplianceTime;
use azekura_record::bucket::{BucketChanged, BucketRetired};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::Bucket;
use crate::bucket::lifecycle::stored_days;
use crate::bucket::read::{self, OpenBucket};
use crate::entry::{self, LockEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION, HISTORY, UPLOADS};
use crate::governed::{self, named};
use crate::inner::{Draft, Inner, Refused};
use crate::multipart::abort::abort_all;
use crate::slot::after;
use crate::visibility::Rule;

/// Who asks, and what allowed it.
type By<'a> = (&'a Requester, Option<&'a Permit>);

/// Retires the bucket of this name, if it shows nothing. Goes on when the caller stops waiting.
pub(crate) async fn retire(
    inner: &Arc<Inner>,
    by: &Requester,
    name: &BucketName,
) -> Result<(), StoreError> {
    let (inner, by, name) = (Arc::clone(inner), by.clone(), name.clone());
    let steps = tokio::spawn(async move { close_and_decide(&inner, &by, &name).await });
    steps
        .await
        .map_err(|error| StoreError::Internal(format!("the deletion ended early: {error}")))?
}

async fn close_and_decide(
    inner: &Inner,
    by: &Requester,
    name: &BucketName,
) -> Result<(), StoreError> {
    let open = read::open(inner, name)?;
    // Refuses without writing in the usual case.
    if holds_anything(inner, &open.bucket)? {
        return Err(StoreError::BucketNotEmpty);
    }
    let partition = open.bucket.partition;
    let permit = permit(inner, by, &open.bucket).await?;
    let by = (by, permit.as_ref());
    let guard = vec![Guard::Absent(families::closed())];
    append(
        inner,
        by,
        partition,
        guard,
        &open.bucket,
        retired(&open.bucket),
    )
    .await
    .map_err(Refused::unexpected)?;
    // Read again: versioning may have been turned on before the closing, and decides what is shown.
    // Turned on behind it, it shows nothing more: no version is made in a closed bucket.
    match read::open(inner, name) {
        Ok(closed) => decide(inner, by, &closed).await,
        Err(error) => refuse(inner, by, &open.bucket, error).await,
    }
}

/// A bucket with a history is deleted by two people: the history ends some days after. One in which
/// nothing was ever stored goes at once.
async fn permit(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
) -> Result<Option<Permit>, StoreError> {
    for family in [HISTORY, UPLOADS] {
        let scan = Scan {
            family,
            from: Bytes::new(),
            until: None,
            limit: 1,
        };
        if !inner.scan(bucket.partition, &scan)?.entries.is_empty() {
            let operation = GovernedOperation::RetireBucket {
                bucket: named(bucket),
            };
            let asking = (&operation, None);
            let permit = governed::permit(inner, by, bucket.tenant, asking).await?;
            return Ok(Some(permit));
        }
    }
    Ok(None)
}

/// What is left to do for a bucket that is closed.
async fn decide(inner: &Inner, by: By<'_>, open: &OpenBucket) -> Result<(), StoreError> {
    let bucket = &open.bucket;
    match holds_anything(inner, bucket) {
        Ok(false) => {}
        Ok(true) => return refuse(inner, by, bucket, StoreError::BucketNotEmpty).await,
        Err(error) => return refuse(inner, by, bucket, error).await,
    }
    // The name is not retired yet: whatever was not aborted may go on in the open bucket.
    if let Err(error) = abort_all(inner, by.0, bucket).await {
        return refuse(inner, by, bucket, error).await;
    }
    let key = families::bucket(bucket.name.as_str());
    let guard = vec![Guard::Equals(key, open.raw.clone())];
    match append(inner, by, CONFIGURATION, guard, bucket, retired(bucket)).await {
        Ok(()) => Ok(()),
        Err(Refused::Guard(_)) => Err(StoreError::NoSuchBucket),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// Opens a closed bucket again and says why it stays.
async fn refuse(
    inner: &Inner,
    by: By<'_>,
    bucket: &Bucket,
    why: StoreError,
) -> Result<(), StoreError> {
    let (history_days, pending_history_days) = stored_days(&bucket.history);
    let event = Event::BucketChanged(BucketChanged {
        name: bucket.name.as_str().to_owned(),
        versioning: bucket.versioning,
        history_days,
        pending_history_days,
    });
    let guard = vec![Guard::Equals(families::closed(), entry::present())];
    append(inner, by, bucket.partition, guard, bucket, event)
        .await
        .map_err(Refused::unexpected)?;
    Err(why)
}

/// Finishes what a crash left between the steps.
pub(crate) async fn finish_closing(inner: &Inner) -> Result<(), StoreError> {
    for open in read::all(inner)? {
        if inner
            .get(open.bucket.partition, &families::closed())?
            .is_some()
        {
            // The record that closed it says who allowed it.
            let by = Requester::vault("finish-closing");
            match decide(inner, (&by, None), &open).await {
                Ok(()) | Err(StoreError::BucketNotEmpty | StoreError::NoSuchBucket) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn retired(bucket: &Bucket) -> Event {
    Event::BucketRetired(BucketRetired {
        name: bucket.name.as_str().to_owned(),
    })
}

async fn append(
    inner: &Inner,
    by: By<'_>,
    partition: PartitionId,
    guards: Vec<Guard>,
    bucket: &Bucket,
    event: Event,
) -> Result<(), Refused> {
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event,
    };
    inner
        .append_marked(by, partition, CommitClass::Essential, guards, draft)
        .await
        .map(|_| ())
}

/// Whether S3 shows a version or a marker, or a lock keeps one.
fn holds_anything(inner: &Inner, bucket: &Bucket) -> Result<bool, StoreError> {
    let scan = Scan {
        family: families::CURRENT,
        from: Bytes::new(),
        until: None,
        limit: 1,
    };
    if !inner.scan(bucket.partition, &scan)?.entries.is_empty() {
        return Ok(true);
    }
    // Without versioning nothing but the current versions was ever shown.
    if bucket.versioning != Versioning::Unversioned && shows_version(inner, bucket.partition)? {
        return Ok(true);
    }
    keeps_version(inner, bucket.partition)
}

/// Whether a lock keeps a version, also one that S3 no longer shows. A lock that cannot be read does.
///
/// Not GOVERNANCE alone: whoever hid such a version had the right to go against it, and S3 lets an empty
/// bucket go. Its bytes stay in the retired bucket until that date all the same: a release knows no
/// bypass.
fn keeps_version(inner: &Inner, partition: PartitionId) -> Result<bool, StoreError> {
    let now = inner.clock.compliance();
    let mut from = Bytes::from_static(&[families::LOCKS]);
    loop {
        let scan = Scan {
            family: families::AMENDMENTS,
            from: from.clone(),
            until: families::after_prefix(&[families::LOCKS]),
            limit: 1000,
        };
        let page = inner.scan(partition, &scan)?;
        let keeps = |value: &[u8]| {
            LockEntry::decode(value).map_or(true, |entry| keeps_bucket(&entry.lock, now))
        };
        if page.entries.iter().any(|(_, entry)| keeps(&entry.value)) {
            return Ok(true);
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(false),
        }
    }
}

fn keeps_bucket(lock: &Lock, now: ComplianceTime) -> bool {
    let governance = lock
        .retained(now)
        .is_some_and(|kept| kept.mode == RetentionMode::Governance);
    let others = Lock {
        retention: lock.retention.filter(|_| !governance),
        ..lock.clone()
    };
    others.keeps(now)
}

fn shows_version(inner: &Inner, partition: PartitionId) -> Result<bool, StoreError> {
    let mut from = Bytes::new();
    let mut rule = Rule::default();
    let mut object = String::new();
    loop {
        let scan = Scan {
            family: HISTORY,
            from: from.clone(),
            until: None,
            limit: 1000,
        };
        let page = inner.scan(partition, &scan)?;
        for (key, value) in &page.entries {
            let (found, _) = families::split_history(key)
                .ok_or_else(|| StoreError::Internal("history key".to_owned()))?;
            if found != object {
                object = found;
                rule = Rule::default();
            }
            if rule.shows(&entry::summary(&value.value)?) {
                return Ok(true);
            }
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(false),
        }
    }
}
