//! An upload is given up: first the fence, durable, then its blobs are swept.

use azekura_engine::seam::{CommitClass, Guard, Scan};
use azekura_model::access::Authorized;
use azekura_model::ident::UploadId;
use azekura_model::lock::Lock;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::requester::Requester;
use azekura_record::particulars::Event;
use azekura_record::upload::UploadAborted;
use bytes::Bytes;

use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::families::{self, UPLOADS};
use crate::inner::{Draft, Inner, Refused};
use crate::intent::Owner;
use crate::multipart;
use crate::sweep::sweep_upload;

/// First byte of the keys of uploads under way.
const TAG: &[u8] = b"u";

/// Gives an upload up.
pub(crate) async fn abort(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    key: &ObjectKey,
    upload: UploadId,
) -> Result<(), StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let open = multipart::open(inner, &bucket, key, upload)?;
    let key = key.as_str().to_owned();
    end(inner, by.requester(), &bucket, (key, upload), open.guard()).await
}

/// Gives every upload of a closed bucket up: none can be added to it.
pub(crate) async fn abort_all(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
) -> Result<(), StoreError> {
    loop {
        let scan = Scan {
            family: UPLOADS,
            from: Bytes::from_static(TAG),
            until: families::after_prefix(TAG),
            limit: 1000,
        };
        let page = inner.scan(bucket.partition, &scan)?;
        if page.entries.is_empty() {
            return Ok(());
        }
        for (key, entry) in page.entries {
            let (object, upload) = families::split_upload(&key)
                .ok_or_else(|| StoreError::Internal("upload key".to_owned()))?;
            let guard = Guard::Equals(families::upload(&object, upload), entry.value);
            match end(inner, by, bucket, (object, upload), guard).await {
                Ok(()) | Err(StoreError::NoSuchUpload) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

async fn end(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
    (key, upload): (String, UploadId),
    guard: Guard,
) -> Result<(), StoreError> {
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::UploadAborted(UploadAborted { upload, key }),
    };
    let class = CommitClass::Essential;
    match inner
        .append(by, bucket.partition, class, vec![guard], draft)
        .await
    {
        Ok(_) => sweep_upload(inner, Owner::from(bucket), upload).await,
        Err(Refused::Guard(_)) => Err(StoreError::NoSuchUpload),
        Err(Refused::Error(error)) => Err(error),
    }
}
