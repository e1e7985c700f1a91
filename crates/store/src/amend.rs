//! Amendments: what is said of a version after it was stored. The version's own record stays as it
//! is; a record of its own kind says what holds from now on, and the last one counts.
//!
//! The index keeps no content of an amendment, only which record is the newest of its kind: tags
//! name people too, and stay in sealed particulars.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::ident::VersionId;
use azekura_model::lock::Lock;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::particulars::Event;
use azekura_record::summary::Summary;
use bytes::Bytes;

use crate::bucket::{Bucket, read};
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, Amendment};
use crate::find::find;
use crate::inner::{Draft, Inner, Refused, unchanged};
use crate::object::Which;
use crate::put::closed;

/// The version that a request amends, and what must still hold at the commit.
struct Target {
    version: VersionId,
    null: bool,
    /// The amendment of this kind before.
    previous: Option<Sequence>,
    guards: Vec<Guard>,
}

/// What was amended.
pub(crate) struct Amended {
    /// The version.
    pub(crate) version: VersionId,
    /// Shown as `null`.
    pub(crate) null: bool,
}

/// Commits an amendment of the version that the request names. It is judged on what is there at the
/// commit: the version is shown, is no marker, and nobody has amended it in between.
pub(crate) async fn amend(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    (key, which): (&ObjectKey, Which),
    amendment: Amendment,
    event: impl Fn(Option<Sequence>) -> Event,
) -> Result<Amended, StoreError> {
    loop {
        let bucket = read::open(inner, bucket)?.bucket;
        let target = target(inner, &bucket, key, which, amendment)?;
        let (version, null) = (target.version, target.null);
        let draft = Draft {
            tenant: bucket.tenant,
            bucket: Some(bucket.uuid),
            version: Some(version),
            hybrid: inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            payload: Bytes::new(),
            event: event(target.previous),
        };
        let appended = inner
            .append(
                by.requester(),
                bucket.partition,
                CommitClass::Data,
                target.guards,
                draft,
            )
            .await;
        match appended {
            Ok(_) => return Ok(Amended { version, null }),
            Err(Refused::Guard(0)) => return Err(closed(inner, &bucket)),
            // The version was hidden or amended: read and judge again.
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}

fn target(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    which: Which,
    amendment: Amendment,
) -> Result<Target, StoreError> {
    let Summary { version, null, .. } = find(inner, bucket, key, which)?.summary;
    let history = families::history(key.as_str(), version);
    let shown = inner
        .get(bucket.partition, &history)?
        .ok_or_else(|| StoreError::Internal(format!("version {version} has no history entry")))?;
    if entry::summary(&shown.value)?.hidden {
        return Err(StoreError::NoSuchVersion);
    }
    let amended = families::amendment(amendment, key.as_str(), version);
    let before = inner.get(bucket.partition, &amended)?;
    Ok(Target {
        version,
        null,
        previous: before.as_ref().map(|entry| entry.sequence),
        guards: vec![
            Guard::Absent(families::closed()),
            Guard::Equals(history, shown.value),
            unchanged(amended, before.map(|entry| entry.value)),
        ],
    })
}

/// The newest amendment of its kind that a version has.
pub(crate) fn newest(
    inner: &Inner,
    partition: PartitionId,
    amendment: Amendment,
    (object, version): (&str, VersionId),
) -> Result<Option<Event>, StoreError> {
    let key = families::amendment(amendment, object, version);
    let Some(entry) = inner.get(partition, &key)? else {
        return Ok(None);
    };
    let (_, opened) = inner.record(partition, entry.sequence)?;
    let event = opened.particulars.event;
    if opened.core.version == Some(version) && event.kind() == amendment.kind() {
        return Ok(Some(event));
    }
    Err(StoreError::Damaged(format!(
        "record {} of partition {partition} is not the amendment of version {version} that the \
         index names",
        entry.sequence
    )))
}
