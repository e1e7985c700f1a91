//! Storing of one part: like a put, but for a name.

use std::sync::Arc;

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::checksum::ChecksumAlgorithm;
use azekura_model::name::BucketName;
use azekura_model::release::BlobId;
use azekura_record::part::PartStored;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::error::StoreError;
use crate::inner::{Draft, Inner, Refused};
use crate::intake::{Sealed, Sealing, SealingKey, receive};
use crate::intent::{Announced, Owner};
use crate::multipart;
use crate::put::placed;
use crate::seal::cipher::SecretKey;
use crate::upload::{PART_NUMBER_MAX, PUT_BYTES_MAX, PutPart, StoredPart};

/// Stores one part.
pub(crate) async fn put(
    inner: &Arc<Inner>,
    by: &Authorized,
    bucket: &BucketName,
    request: PutPart,
) -> Result<StoredPart, StoreError> {
    let by = by.requester();
    let number = request.number;
    if !(1..=PART_NUMBER_MAX).contains(&number) {
        let why = format!("a part number is 1 to {PART_NUMBER_MAX}");
        return Err(StoreError::InvalidArgument(why));
    }
    let placed = placed(inner, bucket)?;
    let bucket = &placed.bucket;
    let open = multipart::open(inner, bucket, &request.key, request.upload)?;
    let started = open.started(inner, bucket)?;
    let algorithm = started
        .checksum
        .map_or(ChecksumAlgorithm::Crc64Nvme, |(algorithm, _)| algorithm);
    let mut claims = request.claims;
    claims.compute = Some(algorithm);

    let attempt = inner.ids.attempt()?;
    let id = attempt.id();
    let announced = Announced::none(inner, Owner::from(bucket));
    let sealing = Sealing {
        bucket: bucket.uuid,
        key: SealingKey::Attempt {
            upload_key: SecretKey::new(started.upload_key),
            attempt,
        },
    };
    let received = receive(
        &inner.engine,
        &inner.keys,
        sealing,
        request.body,
        claims,
        PUT_BYTES_MAX,
        |payload| {
            let blob = BlobId {
                intent: request.upload.0,
                attempt: payload.0,
            };
            announced.announce(by, blob, vec![open.guard()])
        },
    )
    .await?;

    let (payload, inline) = match &received.sealed {
        Sealed::Empty => (Bytes::new(), true),
        Sealed::Inline(bytes) => (bytes.clone(), true),
        Sealed::Blob { .. } => (Bytes::new(), false),
    };
    let digests = received.digests;
    let find = |checksum: &&azekura_model::checksum::Checksum| checksum.algorithm == algorithm;
    let checksum = digests.checksums.iter().find(find).cloned();
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: digests.bytes,
        sealed_bytes: received.sealed.stored_bytes(),
        payload,
        event: Event::PartStored(Box::new(PartStored {
            upload: request.upload,
            key: request.key.as_str().to_owned(),
            number,
            attempt: id,
            sha256: digests.sha256,
            md5: digests.md5,
            checksum: checksum.clone(),
            inline,
        })),
    };
    let guards: Vec<Guard> = std::iter::once(open.guard())
        .chain(announced.guard())
        .collect();
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
