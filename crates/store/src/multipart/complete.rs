//! Completion of a multipart upload: one record makes one version of the parts. No byte is copied.

use std::sync::Arc;

use azekura_model::access::Authorized;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ETag};
use azekura_model::ident::UploadId;
use azekura_model::lock::LockAsked;
use azekura_model::name::BucketName;
use azekura_model::position::Sequence;
use azekura_record::upload::UploadStarted;
use azekura_record::version::{PartRef, Payload, Version};
use bytes::Bytes;

use crate::bucket::Bucket;
use crate::digest::{combine, composite, multipart_md5};
use crate::entry::{self, DoneEntry, PartEntry};
use crate::error::StoreError;
use crate::families;
use crate::find::{Found, load};
use crate::inner::Inner;
use crate::intent::Owner;
use crate::lock_default::Asked;
use crate::multipart::{self, OpenUpload};
use crate::object::PutOutcome;
use crate::put::{NewVersion, NotStored, acknowledge, commit_version, placed};
use crate::seal::frames::sealed_bytes;
use crate::sweep::sweep_upload;
use crate::upload::{CompleteUpload, CompletedPart, PART_BYTES_MIN};

/// Greatest length of an object in bytes (S3: 5 TiB).
const OBJECT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;

/// Makes one version of the parts. Asked again after success, it answers the same.
pub(crate) async fn complete(
    inner: &Arc<Inner>,
    by: &Authorized,
    bucket: &BucketName,
    request: CompleteUpload,
) -> Result<PutOutcome, StoreError> {
    let placed = placed(inner, bucket)?;
    let bucket = &placed.bucket;
    let open = match multipart::open(inner, bucket, &request.key, request.upload) {
        Ok(open) => open,
        Err(StoreError::NoSuchUpload) => return completed_before(inner, bucket, &request),
        Err(error) => return Err(error),
    };
    // The version keeps the upload's key as it is; a locked tenant stores nothing all the same.
    inner.keys.content_seal(bucket.tenant)?;
    let parts = chosen(inner, bucket, &request)?;
    let new = version(inner, bucket, &open, &parts, &request)?;
    let guards = vec![open.guard()];
    let by = by.requester();
    let stored = commit_version(inner, by, bucket, new, &request.conditions, guards).await;
    match stored {
        Ok(stored) => {
            sweep_left_over(inner, Owner::from(bucket), request.upload);
            Ok(acknowledge(stored))
        }
        Err(NotStored::Fenced) => completed_before(inner, bucket, &request),
        Err(NotStored::Error(error)) => Err(error),
    }
}

/// Parts that the version does not name are swept without letting the client wait.
fn sweep_left_over(inner: &Arc<Inner>, owner: Owner, upload: UploadId) {
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        if let Err(error) = sweep_upload(&inner, owner, upload).await {
            tracing::warn!(%upload, %error, "left-over parts stay until the next start");
        }
    });
}

/// The answer to a completion that is repeated.
fn completed_before(
    inner: &Inner,
    bucket: &Bucket,
    request: &CompleteUpload,
) -> Result<PutOutcome, StoreError> {
    let done = inner
        .get(bucket.partition, &families::upload_done(request.upload))?
        .ok_or(StoreError::NoSuchUpload)?;
    let entry: DoneEntry = entry::decode(&done.value)?;
    let version = entry
        .version()
        .filter(|_| entry.key == request.key.as_str())
        .ok_or(StoreError::NoSuchUpload)?;
    let key = families::history(request.key.as_str(), version);
    let value = inner
        .get(bucket.partition, &key)?
        .ok_or(StoreError::NoSuchUpload)?;
    let summary = entry::summary(&value.value)?;
    let sequence = done.sequence;
    let info = load(inner, bucket, &Found { summary, sequence })?.info;
    Ok(PutOutcome {
        version,
        null: info.null,
        etag: info.etag,
        checksums: info.checksums,
        bytes: info.bytes,
        modified: info.modified,
    })
}

/// A part that the client names and that is there.
struct Chosen {
    entry: PartEntry,
    sequence: Sequence,
}

/// Checks what the client names against what was stored: order, ETags, checksums, sizes.
fn chosen(
    inner: &Inner,
    bucket: &Bucket,
    request: &CompleteUpload,
) -> Result<Vec<Chosen>, StoreError> {
    if request.parts.is_empty() {
        let why = "name at least one part".to_owned();
        return Err(StoreError::InvalidArgument(why));
    }
    let numbers = || request.parts.iter().map(|part| part.number);
    if numbers().zip(numbers().skip(1)).any(|(a, b)| a > b) {
        return Err(StoreError::InvalidPartOrder);
    }
    let mut out = Vec::with_capacity(request.parts.len());
    // A client that sent a part again may list both: the last one counts, and must be what is here.
    for named in request.parts.chunk_by(|a, b| a.number == b.number) {
        let Some(named) = named.last() else {
            continue;
        };
        let number = named.number;
        let value = inner
            .get(bucket.partition, &families::part(request.upload, number))?
            .ok_or(StoreError::InvalidPart { number })?;
        let part: PartEntry = entry::decode(&value.value)?;
        if !agrees(named, &part) {
            return Err(StoreError::InvalidPart { number });
        }
        out.push(Chosen {
            entry: part,
            sequence: value.sequence,
        });
    }
    let all_but_last = out.iter().take(out.len().saturating_sub(1));
    for part in all_but_last {
        let bytes = part.entry.content_bytes;
        let number = part.entry.number;
        if bytes < PART_BYTES_MIN {
            return Err(StoreError::PartTooSmall { number, bytes });
        }
    }
    Ok(out)
}

fn agrees(named: &CompletedPart, part: &PartEntry) -> bool {
    let etag = named.etag.trim_matches('"');
    let checksum = named.checksum.as_ref().is_none_or(|checksum| {
        part.checksum().is_some_and(|kept| {
            kept.algorithm == checksum.algorithm && kept.value == checksum.value
        })
    });
    etag.eq_ignore_ascii_case(&hex::encode(part.md5)) && checksum
}

fn version(
    inner: &Inner,
    bucket: &Bucket,
    open: &OpenUpload,
    parts: &[Chosen],
    request: &CompleteUpload,
) -> Result<NewVersion, StoreError> {
    let lengths = parts.iter().map(|part| part.entry.content_bytes);
    let content_bytes = lengths.clone().fold(0_u64, u64::saturating_add);
    if content_bytes > OBJECT_BYTES_MAX {
        let max_bytes = OBJECT_BYTES_MAX;
        return Err(StoreError::TooLarge { max_bytes });
    }
    if request.bytes.is_some_and(|bytes| bytes != content_bytes) {
        return Err(StoreError::InvalidRequest(format!(
            "The provided 'x-amz-mp-object-size' header does not match what was computed: \
             {content_bytes}"
        )));
    }
    let started = open.started(inner, bucket)?;
    let checksum = checksum(&started, parts, request)?;
    let md5: Vec<[u8; 16]> = parts.iter().map(|part| part.entry.md5).collect();
    let sealed = lengths.map(sealed_bytes);
    Ok(NewVersion {
        id: inner.ids.version(),
        content_bytes,
        sealed_bytes: sealed.fold(0, u64::saturating_add),
        inline: Bytes::new(),
        asked: Asked::AtStart(LockAsked {
            retention: started.retention,
            hold: started.hold,
        }),
        version: Version {
            key: request.key.as_str().to_owned(),
            null: bucket.versioning.makes_null(),
            superseded: false,
            sha256: [0; 32],
            etag: ETag {
                md5: multipart_md5(&md5),
                parts: Some(u32::try_from(parts.len()).unwrap_or(u32::MAX)),
            },
            checksums: checksum.into_iter().collect(),
            headers: started.headers,
            metadata: started.metadata,
            tags: started.tags,
            payload: Payload::Parts {
                upload_key: started.upload_key,
                parts: parts.iter().map(part_ref).collect(),
            },
            upload: Some(request.upload),
        },
    })
}

fn part_ref(part: &Chosen) -> PartRef {
    let entry = &part.entry;
    PartRef {
        number: entry.number,
        attempt: entry.attempt(),
        content_bytes: entry.content_bytes,
        sha256: entry.sha256,
        md5: entry.md5,
        checksum: entry.checksum(),
        inline_at: entry.inline.then_some(part.sequence),
    }
}

/// The checksum of the whole, and whether it is what the client says.
fn checksum(
    started: &UploadStarted,
    parts: &[Chosen],
    request: &CompleteUpload,
) -> Result<Option<Checksum>, StoreError> {
    let (algorithm, kind) = started
        .checksum
        .unwrap_or((ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject));
    let kept: Vec<Option<Checksum>> = parts.iter().map(|part| part.entry.checksum()).collect();
    let values: Option<Vec<(&[u8], u64)>> = kept
        .iter()
        .zip(parts)
        .map(|(checksum, part)| {
            let checksum = checksum.as_ref()?;
            Some((checksum.value.as_slice(), part.entry.content_bytes))
        })
        .collect();
    let whole = values.and_then(|values| match kind {
        ChecksumType::FullObject => combine(algorithm, &values),
        ChecksumType::Composite => {
            let values: Vec<&[u8]> = values.iter().map(|(value, _)| *value).collect();
            composite(algorithm, &values)
        }
    });
    if let Some(claimed) = &request.checksum {
        let same = whole.as_ref().is_some_and(|whole| {
            whole.algorithm == claimed.algorithm
                && whole.value == claimed.value
                && claimed.parts.is_none_or(|parts| whole.parts == Some(parts))
        });
        if !same {
            let algorithm = claimed.algorithm.as_str();
            return Err(StoreError::BadChecksum { algorithm });
        }
    }
    Ok(whole)
}
