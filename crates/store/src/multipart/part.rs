//! Storing of one part: like a put, but for a name.

use std::sync::Arc;

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm};
use azekura_model::ident::PayloadId;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_model::release::BlobId;
use azekura_model::requester::Requester;
use azekura_record::part::PartStored;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::body::Claims;
use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::inner::{Draft, Inner, Refused};
use crate::intake::{Intake, Received, Sealed, Sealing, SealingKey};
use crate::intent::{Announced, Owner};
use crate::multipart::{self, OpenUpload};
use crate::put::{Placed, placed};
use crate::seal::data_key::KeyOf;
use crate::upload::{PART_NUMBER_MAX, PUT_BYTES_MAX, PutPart, StoredPart};

/// Stores one part.
pub(crate) async fn put(
    inner: &Arc<Inner>,
    by: &Authorized,
    bucket: &BucketName,
    request: PutPart,
) -> Result<StoredPart, StoreError> {
    if !(1..=PART_NUMBER_MAX).contains(&request.number) {
        let why = format!("a part number is 1 to {PART_NUMBER_MAX}");
        return Err(StoreError::InvalidArgument(why));
    }
    let by = by.requester();
    let placed = placed(inner, bucket)?;
    let open = multipart::open(inner, &placed.bucket, &request.key, request.upload)?;
    let bytes = request.claims.bytes.unwrap_or(0);
    crate::volume::room(inner, placed.bucket.tenant, bytes)?;
    let announced = Announced::none(inner, Owner::from(&placed.bucket));
    let number = request.number;
    let written = sealed_and_written(inner, by, &placed, &open, &announced, request).await?;
    commit(
        inner,
        by,
        &placed.bucket,
        &open,
        &announced,
        number,
        written,
    )
    .await
}

/// A part's content, verified and sealed. Nothing names it yet.
struct Written {
    received: Received,
    checksum: Option<Checksum>,
}

async fn sealed_and_written(
    inner: &Arc<Inner>,
    by: &Requester,
    placed: &Placed,
    open: &OpenUpload,
    announced: &Announced,
    request: PutPart,
) -> Result<Written, StoreError> {
    let started = open.started(inner, &placed.bucket)?;
    let algorithm = started
        .checksum
        .map_or(ChecksumAlgorithm::Crc64Nvme, |(algorithm, _)| algorithm);
    let mut claims = request.claims;
    if started.checksum.is_some() {
        same_algorithm(algorithm, &claims)?;
    }
    claims.compute = Some(algorithm);
    let seal = inner.keys.content_seal(placed.bucket.tenant)?;
    let of = KeyOf::Upload(started.upload);
    let upload_key = seal.open(&started.upload_key, of, placed.bucket.uuid)?;
    let sealing = Sealing {
        bucket: placed.bucket.uuid,
        key: SealingKey::Attempt {
            upload_key,
            attempt: inner.ids.attempt()?,
        },
    };
    let upload = request.upload;
    let announce = |payload: PayloadId| {
        let blob = BlobId {
            intent: upload.0,
            attempt: payload.0,
        };
        announced.announce(by, blob, vec![open.guard()])
    };
    let received = Intake::of(inner)
        .receive(sealing, request.body, claims, PUT_BYTES_MAX, announce)
        .await?;
    let mut checksums = received.digests.checksums.iter();
    let checksum = checksums.find(|checksum| checksum.algorithm == algorithm);
    Ok(Written {
        checksum: checksum.cloned(),
        received,
    })
}

/// A part's checksum is of the algorithm that its upload was created with.
fn same_algorithm(algorithm: ChecksumAlgorithm, claims: &Claims) -> Result<(), StoreError> {
    let trailer = claims.trailer.as_ref().map(|(algorithm, _)| *algorithm);
    let claimed = claims.checksums.iter().map(|checksum| checksum.algorithm);
    match claimed.chain(trailer).find(|other| *other != algorithm) {
        None => Ok(()),
        Some(other) => Err(StoreError::InvalidRequest(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            algorithm.as_str().to_lowercase(),
            other.as_str().to_lowercase()
        ))),
    }
}

async fn commit(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
    open: &OpenUpload,
    announced: &Announced,
    number: u32,
    written: Written,
) -> Result<StoredPart, StoreError> {
    let Written { received, checksum } = written;
    let sealed_bytes = received.sealed.stored_bytes();
    let (payload, inline) = match received.sealed {
        Sealed::Empty => (Bytes::new(), true),
        Sealed::Inline(bytes) => (bytes, true),
        Sealed::Blob { .. } => (Bytes::new(), false),
    };
    let digests = received.digests;
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: digests.bytes,
        sealed_bytes,
        lock: Lock::default(),
        payload,
        event: Event::PartStored(Box::new(PartStored {
            upload: open.upload.id,
            key: open.upload.key.as_str().to_owned(),
            number,
            attempt: received.payload,
            sha256: digests.sha256,
            md5: digests.md5,
            checksum: checksum.clone(),
            inline,
        })),
    };
    let mut guards: Vec<Guard> = vec![open.guard()];
    guards.extend(announced.guard());
    let class = CommitClass::Data;
    match inner
        .append(by, bucket.partition, class, guards, draft)
        .await
    {
        Ok(appended) => {
            announced.named();
            Ok(StoredPart {
                number,
                md5: digests.md5,
                bytes: digests.bytes,
                checksum,
                modified: appended.wall,
            })
        }
        // The upload has ended meanwhile.
        Err(Refused::Guard(_)) => Err(StoreError::NoSuchUpload),
        Err(Refused::Error(error)) => Err(error),
    }
}
