//! What a tenant takes with it when its contract ends: every version of every bucket, hidden history and
//! retired buckets included.

use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::LockState;
use azekura_model::name::ObjectKey;
use azekura_model::position::Sequence;
use azekura_record::summary::Summary;

use crate::bucket::{Bucket, read};
use crate::entry;
use crate::error::StoreError;
use crate::families;
use crate::find::{Found, load};
use crate::inner::Inner;
use crate::list_versions;
use crate::listing::ListVersionsRequest;
use crate::lock_state;
use crate::object::{GetOutcome, ObjectInfo};
use crate::outflow::stream;

/// Most versions of one page.
pub const EXPORT_PAGE_MAX: usize = 500;

/// One version or marker, as it is handed back.
#[derive(Clone, Debug)]
pub struct ExportedVersion {
    /// Key.
    pub key: String,
    /// What the index says of it.
    pub summary: Summary,
    /// Whether S3 shows it.
    pub shown: bool,
    /// What its record says; `None` for a marker, an error text for one that cannot be read.
    pub info: Option<Result<ObjectInfo, String>>,
    /// Its lock.
    pub lock: LockState,
}

/// One page of a bucket's versions.
#[derive(Clone, Debug, Default)]
pub struct ExportPage {
    /// By key, newest first.
    pub versions: Vec<ExportedVersion>,
    /// Where to go on.
    pub next: Option<(String, Option<VersionId>)>,
}

/// Keys, lengths in bytes, locks; where the next page begins.
pub type LockedPage = (Vec<(String, u64, LockState)>, Option<String>);

/// All buckets of a tenant of which something is left, with whether they are retired.
pub(crate) fn buckets(inner: &Inner, tenant: TenantId) -> Result<Vec<(Bucket, bool)>, StoreError> {
    let mut found = Vec::new();
    for entry in read::all_for_ever(inner)? {
        // A bucket without a name is one whose keys are destroyed.
        if entry.tenant() == tenant && !entry.name.is_empty() {
            let retired = read::is_retired(inner, entry.uuid())?;
            found.push((read::of_entry(inner, entry)?.bucket, retired));
        }
    }
    found.sort_by(|(one, _), (other, _)| {
        (one.name.as_str(), one.uuid).cmp(&(other.name.as_str(), other.uuid))
    });
    Ok(found)
}

fn bucket(inner: &Inner, tenant: TenantId, uuid: BucketUuid) -> Result<Bucket, StoreError> {
    let all = buckets(inner, tenant)?.into_iter();
    let mut found = all.filter(|(bucket, _)| bucket.uuid == uuid);
    found
        .next()
        .map(|(bucket, _)| bucket)
        .ok_or(StoreError::NoSuchBucket)
}

/// One page of versions.
pub(crate) fn page(
    inner: &Inner,
    tenant: TenantId,
    uuid: BucketUuid,
    request: &ListVersionsRequest,
) -> Result<ExportPage, StoreError> {
    let bucket = bucket(inner, tenant, uuid)?;
    let page = list_versions::of_partition(inner, bucket.partition, request)?;
    let mut versions = Vec::with_capacity(page.versions.len());
    for listed in page.versions {
        let version = listed.summary.version;
        let lock = match lock_state::shown(inner, bucket.partition, version) {
            Ok(lock) => LockState::Known(lock),
            Err(error) => LockState::Unknown(error.to_string()),
        };
        let info = (!listed.summary.marker).then(|| {
            let found = Found {
                sequence: listed.summary.at.unwrap_or(Sequence(0)),
                summary: listed.summary.clone(),
            };
            let loaded = load(inner, &bucket, &found);
            loaded
                .map(|loaded| loaded.info)
                .map_err(|error| error.to_string())
        });
        versions.push(ExportedVersion {
            info,
            key: listed.key,
            summary: listed.summary,
            shown: listed.shown,
            lock,
        });
    }
    Ok(ExportPage {
        versions,
        next: page.next,
    })
}

/// Content of a version, hidden or not.
pub(crate) async fn content(
    inner: &Inner,
    tenant: TenantId,
    uuid: BucketUuid,
    (key, version): (&ObjectKey, VersionId),
) -> Result<GetOutcome, StoreError> {
    let bucket = bucket(inner, tenant, uuid)?;
    let history = families::history(key.as_str(), version);
    let entry = inner.get(bucket.partition, &history)?;
    let entry = entry.ok_or(StoreError::NoSuchVersion)?;
    let summary = entry::summary(&entry.value)?;
    if summary.marker {
        return Err(StoreError::IsDeleteMarker { version });
    }
    let found = Found {
        sequence: summary.at.unwrap_or(entry.sequence),
        summary,
    };
    let loaded = load(inner, &bucket, &found)?;
    let range = 0..loaded.info.bytes;
    let pieces = loaded.pieces(&inner.keys)?;
    let memory = &inner.memory;
    let body = stream(&inner.engine, memory, bucket.uuid, pieces, range.clone()).await?;
    Ok(GetOutcome {
        info: loaded.info,
        range,
        body,
    })
}
