//! Multipart uploads.
//!
//! An upload begins with a record that holds its key and attributes. Each part is a record of its
//! own; the last one committed under a number counts. Completion is one record: the version. Every
//! commit of a part, and the completion, guard that the upload is still under way, so an upload that
//! has ended never gains a part and ends once.

use azekura_engine::seam::{Entry, Guard};
use azekura_model::acl::Acl;
use azekura_model::ident::UploadId;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_record::particulars::Event;
use azekura_record::upload::UploadStarted;

use crate::bucket::{Bucket, read};
use crate::entry::{self, UploadEntry};
use crate::error::StoreError;
use crate::families;
use crate::inner::Inner;
use crate::upload::Upload;

pub(crate) mod abort;
pub(crate) mod complete;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod part;

/// An upload under way, and what holds a commit to that.
pub(crate) struct OpenUpload {
    pub(crate) upload: Upload,
    entry: Entry,
}

/// The upload of this id and key.
pub(crate) fn open(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    id: UploadId,
) -> Result<OpenUpload, StoreError> {
    let entry = inner
        .get(bucket.partition, &families::upload(key.as_str(), id))?
        .ok_or(StoreError::NoSuchUpload)?;
    let value: UploadEntry = entry::decode(&entry.value)?;
    Ok(OpenUpload {
        upload: Upload {
            key: key.clone(),
            id,
            checksum: value.checksum(),
            started: value.started(),
        },
        entry,
    })
}

/// The upload of this id and key.
pub(crate) fn upload(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
    id: UploadId,
) -> Result<Upload, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    Ok(open(inner, &bucket, key, id)?.upload)
}

/// The access-control list of the object to be; `None` = it is the bucket's owner's alone.
pub(crate) fn acl(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
    id: UploadId,
) -> Result<Option<Acl>, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let started = open(inner, &bucket, key, id)?.started(inner, &bucket)?;
    crate::acl::given(&started.headers)
}

impl OpenUpload {
    /// Holds while the upload is under way.
    pub(crate) fn guard(&self) -> Guard {
        let key = families::upload(self.upload.key.as_str(), self.upload.id);
        Guard::Equals(key, self.entry.value.clone())
    }

    /// The record that began it.
    pub(crate) fn started(
        &self,
        inner: &Inner,
        bucket: &Bucket,
    ) -> Result<UploadStarted, StoreError> {
        let (_, opened) = inner.record(bucket.partition, self.entry.sequence)?;
        match opened.particulars.event {
            Event::UploadStarted(started) if started.upload == self.upload.id => Ok(*started),
            _ => Err(StoreError::Damaged(format!(
                "record {} is not the start of upload {}",
                self.entry.sequence, self.upload.id
            ))),
        }
    }
}
