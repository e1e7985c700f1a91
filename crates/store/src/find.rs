//! From what a request names to the record of one version.

use azekura_model::ident::{BucketUuid, PayloadId, TenantId, UploadId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::name::ObjectKey;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use azekura_model::time::WallTime;
use azekura_record::core::Core;
use azekura_record::particulars::Event;
use azekura_record::stored_key::StoredKey;
use azekura_record::summary::Summary;
use azekura_record::version::{PartRef, Payload, Version};

use crate::acl;
use crate::bucket::{Bucket, object_lock};
use crate::entry;
use crate::error::StoreError;
use crate::families;
use crate::inner::Inner;
use crate::keys::Keys;
use crate::lock_state;
use crate::object::{Attributes, ObjectInfo, PartInfo, Which};
use crate::outflow::{Piece, Source};
use crate::seal::cipher::SecretKey;
use crate::seal::data_key::KeyOf;
use crate::seal::frames::part_key;
use crate::slot::{for_each_version, read_slot};
use crate::tagging;
use crate::visibility::Rule;

/// A version that S3 shows, and where its record stands.
pub(crate) struct Found {
    pub(crate) summary: Summary,
    pub(crate) sequence: Sequence,
}

/// The version that a request names.
///
/// # Errors
/// [`StoreError::NoSuchKey`], [`StoreError::NoSuchVersion`], or [`StoreError::IsDeleteMarker`] for
/// a marker named by its id.
pub(crate) fn find(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    which: Which,
) -> Result<Found, StoreError> {
    let found = match which {
        Which::Current => {
            let slot = read_slot(inner, bucket.partition, key.as_str())?;
            let (summary, sequence) = slot.current().ok_or_else(|| slot.nothing())?;
            return Ok(Found {
                summary: summary.clone(),
                sequence,
            });
        }
        Which::Null | Which::Version(_) => shown(inner, bucket.partition, key.as_str(), which)?,
    };
    let found = found.ok_or(StoreError::NoSuchVersion)?;
    if found.summary.marker {
        let version = found.summary.version;
        return Err(StoreError::IsDeleteMarker { version });
    }
    Ok(found)
}

/// The version or marker of this id, if S3 shows it. A `null` version has no id for S3.
pub(crate) fn shown(
    inner: &Inner,
    partition: PartitionId,
    object: &str,
    which: Which,
) -> Result<Option<Found>, StoreError> {
    let mut found = None;
    match which {
        Which::Current => {}
        Which::Version(version) => {
            if let Some(value) = inner.get(partition, &families::history(object, version))? {
                let summary = entry::summary(&value.value)?;
                if !summary.hidden && !summary.null {
                    let sequence = summary.at.unwrap_or(value.sequence);
                    found = Some(Found { summary, sequence });
                }
            }
        }
        Which::Null => {
            let mut rule = Rule::default();
            for_each_version(inner, partition, object, None, |summary, _, sequence| {
                if rule.shows(summary) && summary.null {
                    let summary = summary.clone();
                    found = Some(Found { summary, sequence });
                }
                !rule.null_seen()
            })?;
        }
    }
    Ok(found)
}

/// A version out of its record.
pub(crate) struct Loaded {
    pub(crate) info: ObjectInfo,
    pub(crate) partition: PartitionId,
    pub(crate) sequence: Sequence,
    tenant: TenantId,
    bucket: BucketUuid,
    payload: Payload,
    upload: Option<UploadId>,
}

/// Reads the record of a version and checks that it is the one the index speaks of.
pub(crate) fn load(inner: &Inner, bucket: &Bucket, found: &Found) -> Result<Loaded, StoreError> {
    let (_, opened) = inner.record(bucket.partition, found.sequence)?;
    let damaged = || {
        StoreError::Damaged(format!(
            "record {} of bucket {} is not the version {} that the index names",
            found.sequence, bucket.name, found.summary.version
        ))
    };
    if opened.core.version != Some(found.summary.version) {
        return Err(damaged());
    }
    let Event::Version(version) = opened.particulars.event else {
        return Err(damaged());
    };
    let Version {
        payload, upload, ..
    } = &*version;
    Ok(Loaded {
        payload: payload.clone(),
        upload: *upload,
        tenant: bucket.tenant,
        bucket: bucket.uuid,
        partition: bucket.partition,
        sequence: found.sequence,
        info: info(inner, bucket, &opened.core, &version, found)?,
    })
}

fn info(
    inner: &Inner,
    bucket: &Bucket,
    core: &Core,
    version: &Version,
    found: &Found,
) -> Result<ObjectInfo, StoreError> {
    Ok(ObjectInfo {
        key: ObjectKey::parse(&version.key)
            .map_err(|error| StoreError::Damaged(error.to_string()))?,
        version: found.summary.version,
        null: version.null,
        bytes: core.content_bytes,
        etag: version.etag,
        sha256: (version.sha256 != [0; 32]).then_some(version.sha256),
        checksums: version.checksums.clone(),
        modified: WallTime(core.wall.0),
        attributes: Attributes {
            headers: acl::headers(version),
            metadata: version.metadata.clone(),
            tags: tagging::of(inner, bucket, found.summary.version, version)?,
            acl: acl::of(inner, bucket, found.summary.version, version)?,
        },
        lock: match object_lock::of(inner, bucket.uuid)? {
            Some(_) => shown_lock(inner, bucket, found.summary.version),
            None => None,
        },
        parts: parts(&version.payload)
            .iter()
            .map(|part| PartInfo {
                number: part.number,
                bytes: part.content_bytes,
                checksum: part.checksum.clone(),
            })
            .collect(),
    })
}

/// The lock that HEAD and GET show. One that cannot be read is not shown: the bytes are there all the
/// same, and whoever judges by the lock finds it locked.
fn shown_lock(inner: &Inner, bucket: &Bucket, version: VersionId) -> Option<Lock> {
    lock_state::shown(inner, bucket.partition, version)
        .inspect_err(|error| tracing::error!(%version, %error, "a lock cannot be shown"))
        .ok()
}

/// The parts of a multipart version.
fn parts(payload: &Payload) -> &[PartRef] {
    match payload {
        Payload::Parts { parts, .. } => parts,
        _ => &[],
    }
}

impl Loaded {
    /// Where the content lies, piece by piece.
    ///
    /// # Errors
    /// [`StoreError::TenantLocked`] when there is content and its keys are not open.
    pub(crate) fn pieces(&self, keys: &Keys) -> Result<Vec<Piece>, StoreError> {
        if self.payload == Payload::Empty {
            return Ok(Vec::new());
        }
        let seal = keys.content_seal(self.tenant)?;
        let open = |key: &StoredKey, of| seal.open(key, of, self.bucket);
        let whole = |source, payload, data_key: &StoredKey| {
            let piece = Piece {
                name: self.name(),
                source,
                payload,
                data_key: open(data_key, KeyOf::Payload(payload))?,
                content_bytes: self.info.bytes,
            };
            Ok(vec![piece])
        };
        match &self.payload {
            Payload::Empty => Ok(Vec::new()),
            Payload::Inline { data_key } => whole(
                Source::Record(self.partition, self.sequence),
                self.info.version.into(),
                data_key,
            ),
            Payload::Blob { blob, data_key } => {
                whole(Source::Blob(*blob), PayloadId(blob.attempt), data_key)
            }
            Payload::Parts { upload_key, parts } => {
                let upload = self.upload.ok_or_else(|| self.no_upload())?;
                let key = open(upload_key, KeyOf::Upload(upload))?;
                parts.iter().map(|part| self.piece(&key, part)).collect()
            }
        }
    }

    fn piece(&self, upload_key: &SecretKey, part: &PartRef) -> Result<Piece, StoreError> {
        let source = match (part.inline_at, self.upload) {
            (Some(sequence), _) => Source::Record(self.partition, sequence),
            (None, Some(upload)) => Source::Blob(BlobId {
                intent: upload.0,
                attempt: part.attempt.0,
            }),
            (None, None) => return Err(self.no_upload()),
        };
        Ok(Piece {
            name: format!("{}, part {}", self.name(), part.number),
            source,
            payload: part.attempt,
            data_key: part_key(upload_key, part.attempt)?,
            content_bytes: part.content_bytes,
        })
    }

    fn no_upload(&self) -> StoreError {
        StoreError::Damaged(format!("{} names parts and no upload", self.name()))
    }

    fn name(&self) -> String {
        format!("version {} of {}", self.info.version, self.info.key)
    }
}
