//! An upload is given up: first the fence, durable, then its blobs are swept.

use std::sync::Arc;

use azekura_engine::seam::CommitClass;
use azekura_model::access::Authorized;
use azekura_model::ident::UploadId;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_record::particulars::Event;
use azekura_record::upload::UploadAborted;
use bytes::Bytes;

use crate::bucket::read;
use crate::error::StoreError;
use crate::inner::{Draft, Inner, Refused};
use crate::intent::Owner;
use crate::multipart;
use crate::sweep::sweep_upload;

/// Gives an upload up.
pub(crate) async fn abort(
    inner: &Arc<Inner>,
    by: &Authorized,
    bucket: &BucketName,
    key: &ObjectKey,
    upload: UploadId,
) -> Result<(), StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let open = multipart::open(inner, &bucket, key, upload)?;
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        payload: Bytes::new(),
        event: Event::UploadAborted(UploadAborted {
            upload,
            key: key.as_str().to_owned(),
        }),
    };
    let class = CommitClass::Essential;
    let by = by.requester();
    match inner
        .append(by, bucket.partition, class, vec![open.guard()], draft)
        .await
    {
        Ok(_) => sweep_upload(inner, Owner::from(&bucket), upload).await,
        Err(Refused::Guard(_)) => Err(StoreError::NoSuchUpload),
        Err(Refused::Error(error)) => Err(error),
    }
}
