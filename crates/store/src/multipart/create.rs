//! Beginning of a multipart upload.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType};
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_record::particulars::Event;
use azekura_record::upload::UploadStarted;
use bytes::Bytes;

use crate::acl;
use crate::error::StoreError;
use crate::families;
use crate::inner::{Draft, Inner, Refused};
use crate::lock_default::{Asked, NewObject, initial_lock};
use crate::put::{closed, placed};
use crate::seal::cipher::SecretKey;
use crate::seal::data_key::KeyOf;
use crate::upload::{CreateUpload, Upload};

/// Begins an upload.
pub(crate) async fn create(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    mut request: CreateUpload,
) -> Result<Upload, StoreError> {
    check(request.checksum)?;
    let bucket = placed(inner, bucket)?.bucket;
    request.attributes.headers = acl::kept(inner, bucket.tenant, &mut request.attributes)?;
    let object = NewObject {
        key: request.key.as_str(),
        tags: &request.attributes.tags,
        metadata: &request.attributes.metadata,
    };
    // Refused now rather than after the parts were sent. The completion judges again.
    initial_lock(
        inner,
        by.requester(),
        &bucket,
        object,
        Asked::Now(request.lock),
    )?;
    let id = inner.ids.upload();
    let key = request.key;
    let seal = inner.keys.content_seal(bucket.tenant)?;
    let upload_key = SecretKey::random(&*inner.entropy)?;
    let upload_key = seal.wrap(&upload_key, KeyOf::Upload(id), bucket.uuid)?;
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::UploadStarted(Box::new(UploadStarted {
            upload: id,
            key: key.as_str().to_owned(),
            upload_key,
            headers: request.attributes.headers,
            metadata: request.attributes.metadata,
            tags: request.attributes.tags,
            checksum: request.checksum,
            retention: request.lock.retention,
            hold: request.lock.hold,
        })),
    };
    let guards = vec![Guard::Absent(families::closed())];
    let class = CommitClass::Data;
    let by = by.requester();
    match inner
        .append(by, bucket.partition, class, guards, draft)
        .await
    {
        Ok(appended) => Ok(Upload {
            key,
            id,
            checksum: request.checksum,
            started: appended.wall,
        }),
        Err(Refused::Guard(_)) => Err(closed(inner, &bucket)),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// S3's table of algorithms and types.
fn check(checksum: Option<(ChecksumAlgorithm, ChecksumType)>) -> Result<(), StoreError> {
    use ChecksumAlgorithm::{Crc64Nvme, Sha1, Sha256};
    let (algorithm, fits) = match checksum {
        Some((a @ Crc64Nvme, kind)) => (a, kind == ChecksumType::FullObject),
        Some((a @ (Sha1 | Sha256), kind)) => (a, kind == ChecksumType::Composite),
        _ => return Ok(()),
    };
    if fits {
        return Ok(());
    }
    Err(StoreError::InvalidArgument(format!(
        "the checksum type does not fit the algorithm {}",
        algorithm.as_str()
    )))
}
