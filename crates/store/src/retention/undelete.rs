//! The way back from a deletion: what S3 shows as deleted is hidden, not gone.

use std::sync::Arc;

use azekura_model::access::Authorized;
use azekura_model::condition::{Conditions, DeleteConditions};
use azekura_model::ident::VersionId;
use azekura_model::lock::LockAsked;
use azekura_model::name::{BucketName, ObjectKey};

use crate::body::Claims;
use crate::bucket::{Bucket, read};
use crate::delete;
use crate::error::StoreError;
use crate::find::{Found, load};
use crate::inner::Inner;
use crate::object::{PutRequest, Which};
use crate::outflow::stream;
use crate::put;
use crate::retention::answer::{Entry, entries};

/// Most delete markers that one request hides.
const MARKERS_MAX: usize = 100;

/// How an object came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CameBack {
    /// Its delete markers are hidden; the version itself is shown again.
    MarkersHidden(VersionId),
    /// Its content came back as a new version.
    NewVersion(VersionId),
}

/// Brings back what S3 showed last, or the content of a hidden version. `delete` is for the markers,
/// `put` for a new version.
///
/// # Errors
/// [`StoreError::InvalidArgument`] when it is not deleted, [`StoreError::Erased`] when it is gone.
pub(crate) async fn undelete(
    inner: &Arc<Inner>,
    (delete, put): (&Authorized, &Authorized),
    name: &BucketName,
    key: &ObjectKey,
    version: Option<VersionId>,
) -> Result<CameBack, StoreError> {
    let bucket = read::open(inner, name)?.bucket;
    if let Some(version) = version {
        let entry = newest(inner, &bucket, key, |entry| {
            entry.summary.version == version
        })?;
        let entry = entry.ok_or(StoreError::NoSuchVersion)?;
        if entry.shown && !entry.under_marker {
            return Err(not_deleted());
        }
        return restore(inner, put, &bucket, key, &entry).await;
    }
    for _ in 0..=MARKERS_MAX {
        let top = newest(inner, &bucket, key, |entry| entry.shown)?;
        match top {
            Some(top) if !top.summary.marker => return Err(not_deleted()),
            Some(top) => {
                let below = newest(inner, &bucket, key, |entry| {
                    entry.shown && !entry.summary.marker
                })?;
                let Some(below) = below else { break };
                hide_marker(inner, delete, name, key, &top).await?;
                let now = newest(inner, &bucket, key, |entry| entry.shown)?;
                if now.is_some_and(|now| now.summary.version == below.summary.version) {
                    return Ok(CameBack::MarkersHidden(below.summary.version));
                }
            }
            None => break,
        }
    }
    let gone = newest(inner, &bucket, key, |entry| !entry.summary.marker)?;
    let gone = gone.ok_or(StoreError::NoSuchKey {
        marker: None,
        null: false,
    })?;
    restore(inner, put, &bucket, key, &gone).await
}

fn not_deleted() -> StoreError {
    StoreError::InvalidArgument("it is not deleted: S3 shows it".to_owned())
}

fn newest(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    is: impl Fn(&Entry) -> bool,
) -> Result<Option<Entry>, StoreError> {
    let mut found = None;
    entries(inner, bucket.partition, key, |entry| {
        if is(&entry) {
            found = Some(entry);
        }
        found.is_none()
    })?;
    Ok(found)
}

async fn hide_marker(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    key: &ObjectKey,
    marker: &Entry,
) -> Result<(), StoreError> {
    let which = if marker.summary.null {
        Which::Null
    } else {
        Which::Version(marker.summary.version)
    };
    let always = DeleteConditions::default();
    delete::delete(inner, by, name, (key, which), &always, None).await?;
    Ok(())
}

/// The content, headers, metadata and tags of a version as a new one, with the lock that a new one
/// gets.
async fn restore(
    inner: &Arc<Inner>,
    by: &Authorized,
    bucket: &Bucket,
    key: &ObjectKey,
    entry: &Entry,
) -> Result<CameBack, StoreError> {
    if entry.summary.marker {
        return Err(StoreError::IsDeleteMarker {
            version: entry.summary.version,
        });
    }
    let found = Found {
        summary: entry.summary.clone(),
        sequence: entry.own,
    };
    let loaded = load(inner, bucket, &found)?;
    let whole = 0..loaded.info.bytes;
    let pieces = loaded.pieces(&inner.keys)?;
    let body = stream(&inner.engine, &inner.memory, bucket.uuid, pieces, whole).await?;
    let info = loaded.info;
    let request = PutRequest {
        key: key.clone(),
        attributes: info.attributes,
        claims: Claims {
            bytes: Some(info.bytes),
            compute: info.checksums.first().map(|checksum| checksum.algorithm),
            ..Claims::default()
        },
        conditions: Conditions::default(),
        body,
        lock: LockAsked::default(),
    };
    let stored = put::put(inner, by, &bucket.name, request).await?;
    Ok(CameBack::NewVersion(stored.version))
}
