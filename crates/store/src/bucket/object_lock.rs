//! Object lock of a bucket: enabled once, for all time; the default retention of new versions.
//!
//! The setting lives in the configuration partition, the versions in the bucket's own, and a commit
//! changes one partition. So the bucket's own partition first gets a marker (`locks`): from then on
//! no commit there makes a `null` version (each such commit guards that the marker is absent), and
//! suspending versioning is refused. Then the setting is written, guarded by the settings that say
//! that versioning is enabled. A crash in between leaves a bucket without object lock in which
//! versioning stays enabled; asking again goes on from there. The marker is never taken away.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{BucketConfiguration, ConfigurationKind, Configured};
use azekura_model::governed::GovernedOperation;
use azekura_model::ident::BucketUuid;
use azekura_model::lock::{DefaultRetention, Lock, ObjectLock, Probation, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::position::PartitionId;
use azekura_model::retention_limits::{KeyLockLimits, RetentionLimits, judge_retention};
use azekura_model::time::ComplianceTime;
use azekura_record::configured::{BucketConfigured, StoredSetting};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::configure::read_setting;
use crate::bucket::{Bucket, read};
use crate::entry::{self, BucketSettings};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed::{Once, named};
use crate::inner::{Draft, Inner, Refused, unchanged};
use crate::lock_state::read_lost;
use crate::put::closed;
use crate::retention::{governed, trial};

/// Enables object lock, or changes the default retention where it is enabled.
pub(crate) async fn put(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    (default, trial_hours): (Option<DefaultRetention>, Option<u32>),
) -> Result<(), StoreError> {
    let once = Once::default();
    loop {
        let open = read::open(inner, name)?;
        let bucket = &open.bucket;
        if bucket.versioning != Versioning::Enabled {
            return Err(StoreError::InvalidBucketState(
                "object lock needs versioning to be enabled on the bucket".to_owned(),
            ));
        }
        mark(inner, by, bucket).await?;
        let stands = inner
            .get(CONFIGURATION, &setting_key(bucket.uuid))?
            .map(|entry| entry.value);
        let before = of(inner, bucket.uuid)?;
        let now = inner.clock.compliance();
        within_ceiling(inner, bucket, default)?;
        let stood = before.map(|before| (before.default, before.probation));
        let lock = ObjectLock {
            default,
            probation: trial::begin(inner, stood, default, trial_hours),
        };
        let settings = BucketSettings::new(bucket.versioning, &bucket.history);
        let guards = vec![
            Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
            Guard::Equals(
                families::bucket_settings(bucket.uuid),
                entry::encode(&settings),
            ),
            unchanged(setting_key(bucket.uuid), stands),
        ];
        let allowed = if before.is_some_and(|before| weaker(&before, default, now)) {
            let operation = GovernedOperation::WeakenDefaultRetention {
                bucket: named(bucket),
                default,
            };
            let by = by.requester();
            Some(once.permit(inner, by, bucket.tenant, &operation).await?)
        } else {
            None
        };
        let draft = draft(inner, bucket, lock);
        let class = CommitClass::Data;
        let marked = (by.requester(), allowed.as_ref());
        match inner
            .append_marked(marked, CONFIGURATION, class, guards, draft)
            .await
        {
            Ok(_) => return Ok(()),
            // Of the bucket that was asked for, the name is gone.
            Err(Refused::Guard(0)) => return Err(StoreError::NoSuchBucket),
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}

/// Whether new versions get less than before. What is on trial locks in GOVERNANCE: going back to that
/// takes nothing away.
fn weaker(before: &ObjectLock, new: Option<DefaultRetention>, now: ComplianceTime) -> bool {
    let Some(old) = before.default else {
        return false;
    };
    let mode = match before.probation {
        Some(trial) if now < trial.ends => RetentionMode::Governance,
        _ => old.mode,
    };
    new.is_none_or(|new| {
        let milder = mode == RetentionMode::Compliance && new.mode == RetentionMode::Governance;
        milder || new.from(now).until < old.from(now).until
    })
}

/// Refuses a default that keeps longer than the ceiling of the bucket allows anybody to ask for.
fn within_ceiling(
    inner: &Inner,
    bucket: &Bucket,
    default: Option<DefaultRetention>,
) -> Result<(), StoreError> {
    let Some(default) = default else {
        return Ok(());
    };
    let now = inner.clock.compliance();
    let limits = governed::limits(inner, bucket.uuid)?;
    let ceiling = limits.in_force(now).ceiling_days();
    let limits = RetentionLimits::new(None, ceiling).unwrap_or_default();
    let asked = (None, Some(default.from(now)));
    let key = KeyLockLimits::default();
    Ok(judge_retention(&limits, &key, asked, (now, now))?)
}

/// The trial of the default is over, and all that it locked is final.
pub(crate) async fn end_probation(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    trial: Probation,
) -> Result<(), StoreError> {
    let open = read::open(inner, name)?;
    let bucket = &open.bucket;
    let stands = inner.get(CONFIGURATION, &setting_key(bucket.uuid))?;
    let stands = stands.map(|entry| entry.value);
    let Some(before) = of(inner, bucket.uuid)?.filter(|lock| lock.probation == Some(trial)) else {
        return Ok(());
    };
    let lock = ObjectLock {
        probation: None,
        ..before
    };
    let guards = vec![
        Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
        unchanged(setting_key(bucket.uuid), stands),
    ];
    let (draft, class) = (draft(inner, bucket, lock), CommitClass::Data);
    let by = by.requester();
    match inner.append(by, CONFIGURATION, class, guards, draft).await {
        // Changed meanwhile: what stands now decides.
        Ok(_) | Err(Refused::Guard(_)) => Ok(()),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// Puts the marker into the bucket's own partition, unless it is there.
async fn mark(inner: &Inner, by: &Authorized, bucket: &Bucket) -> Result<(), StoreError> {
    if has_locks(inner, bucket.partition)? {
        return Ok(());
    }
    let guards = vec![
        Guard::Absent(families::closed()),
        Guard::Absent(families::locks()),
    ];
    let draft = draft(inner, bucket, ObjectLock::default());
    let class = CommitClass::Data;
    let by = by.requester();
    match inner
        .append(by, bucket.partition, class, guards, draft)
        .await
    {
        // The second guard: somebody else has just put it.
        Ok(_) | Err(Refused::Guard(1)) => Ok(()),
        Err(Refused::Guard(_)) => Err(closed(inner, bucket)),
        Err(Refused::Error(error)) => Err(error),
    }
}

fn draft(inner: &Inner, bucket: &Bucket, lock: ObjectLock) -> Draft {
    Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::BucketConfigured(BucketConfigured {
            name: bucket.name.as_str().to_owned(),
            setting: StoredSetting::ObjectLock(Some(lock)),
        }),
    }
}

fn setting_key(uuid: BucketUuid) -> azekura_engine::seam::Key {
    families::bucket_config(uuid, ConfigurationKind::ObjectLock)
}

/// Object lock of a bucket; `None` = never enabled.
///
/// # Errors
/// When the setting is there and cannot be read: then nothing may be taken for unlocked.
pub(crate) fn of(inner: &Inner, uuid: BucketUuid) -> Result<Option<ObjectLock>, StoreError> {
    match read_setting::<ObjectLock>(inner, uuid)? {
        Configured::Set(lock) => Ok(Some(lock)),
        Configured::Never => Ok(None),
        // Nothing here clears it. Whoever did meant no default.
        Configured::Cleared => Ok(Some(ObjectLock::default())),
    }
}

/// Refuses to take a bucket for one without object lock when its setting may have been lost.
///
/// # Errors
/// [`StoreError::Damaged`] when the bucket's own partition says that locks are there, the setting is
/// not, and damage took records of the configuration.
pub(crate) fn proved_absent(inner: &Inner, bucket: &Bucket) -> Result<(), StoreError> {
    if has_locks(inner, bucket.partition)? && read_lost(inner, CONFIGURATION)?.is_some() {
        return Err(StoreError::Damaged(format!(
            "the object lock setting of bucket {} was lost",
            bucket.name
        )));
    }
    Ok(())
}

/// Whether a bucket with this partition may hold no `null` version any more.
pub(crate) fn has_locks(inner: &Inner, partition: PartitionId) -> Result<bool, StoreError> {
    Ok(inner.get(partition, &families::locks())?.is_some())
}

/// Whether a `null` version may be made: not where locks are.
///
/// # Errors
/// Enabling object lock met a suspension of versioning at the same moment. A write undoes neither.
pub(crate) fn may_make_null(inner: &Inner, bucket: &Bucket) -> Result<bool, StoreError> {
    if !has_locks(inner, bucket.partition)? {
        return Ok(true);
    }
    if read::versioning(inner, bucket.uuid)?.makes_null() {
        return Err(StoreError::InvalidBucketState(
            "object lock was being enabled while versioning was suspended: enable versioning"
                .to_owned(),
        ));
    }
    Ok(false)
}

/// Refuses what would go round this file: the sub-resource is changed by [`put`] alone.
pub(crate) fn refuse_elsewhere(
    kind: ConfigurationKind,
    configuration: Option<&BucketConfiguration>,
) -> Result<(), StoreError> {
    if kind == ConfigurationKind::ObjectLock {
        let what = if configuration.is_some() {
            "set"
        } else {
            "cleared"
        };
        return Err(StoreError::InvalidBucketState(format!(
            "object lock cannot be {what} as another setting"
        )));
    }
    Ok(())
}
