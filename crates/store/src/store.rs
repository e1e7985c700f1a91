//! The store of one region: the operations, each delegated to the file that does it.

use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::ident::UploadId;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::RegionName;

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::listing::{
    ListPage, ListRequest, ListUploadsPage, ListVersionsPage, ListVersionsRequest,
};
use crate::object::{
    DeleteOutcome, GetOutcome, GetRequest, ObjectInfo, PutOutcome, PutRequest, Which,
};
use crate::upload::{CompleteUpload, CreateUpload, PutPart, StoredPart, Upload};

/// One region's store. Cheap to clone behind an `Arc`.
pub struct Store {}

fn not_yet<T>() -> Result<T, StoreError> {
    Err(StoreError::Internal("not built yet".to_owned()))
}

#[expect(unused_variables, clippy::unused_async, reason = "signatures first")]
impl Store {
    /// The region in which this store runs.
    #[must_use]
    pub fn region(&self) -> &RegionName {
        panic!("signatures first")
    }

    /// Makes a bucket in the caller's tenant.
    pub async fn create_bucket(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<Bucket, StoreError> {
        not_yet()
    }

    /// The bucket of this name.
    pub fn bucket(&self, name: &BucketName) -> Result<Bucket, StoreError> {
        not_yet()
    }

    /// All buckets that are not retired, by name.
    pub fn list_buckets(&self, by: &Authorized) -> Result<Vec<Bucket>, StoreError> {
        not_yet()
    }

    /// Retires a bucket that shows nothing.
    pub async fn delete_bucket(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<(), StoreError> {
        not_yet()
    }

    /// Sets versioning; back to unversioned is refused.
    pub async fn put_versioning(
        &self,
        by: &Authorized,
        name: &BucketName,
        versioning: Versioning,
    ) -> Result<(), StoreError> {
        not_yet()
    }

    /// Stores one version. See [`crate::put`].
    pub async fn put(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: PutRequest,
    ) -> Result<PutOutcome, StoreError> {
        not_yet()
    }

    /// Content of a version, whole or a range.
    pub async fn get(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: GetRequest,
    ) -> Result<GetOutcome, StoreError> {
        not_yet()
    }

    /// What is known of a version, without content. Conditions are not judged.
    pub async fn head(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<ObjectInfo, StoreError> {
        not_yet()
    }

    /// DELETE: without a version makes a marker (or hides the `null` version of an unversioned
    /// bucket); with one, S3 no longer shows that version. Nothing is freed.
    pub async fn delete(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<DeleteOutcome, StoreError> {
        not_yet()
    }

    /// Current objects.
    pub fn list(&self, bucket: &BucketName, request: &ListRequest) -> Result<ListPage, StoreError> {
        not_yet()
    }

    /// Versions and markers.
    pub fn list_versions(
        &self,
        bucket: &BucketName,
        request: &ListVersionsRequest,
    ) -> Result<ListVersionsPage, StoreError> {
        not_yet()
    }

    /// Begins a multipart upload.
    pub async fn create_upload(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: CreateUpload,
    ) -> Result<Upload, StoreError> {
        not_yet()
    }

    /// The upload of this id and key.
    pub fn upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        upload: UploadId,
    ) -> Result<Upload, StoreError> {
        not_yet()
    }

    /// Stores one part.
    pub async fn put_part(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: PutPart,
    ) -> Result<StoredPart, StoreError> {
        not_yet()
    }

    /// Makes one version of the parts.
    pub async fn complete_upload(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: CompleteUpload,
    ) -> Result<PutOutcome, StoreError> {
        not_yet()
    }

    /// Gives an upload up; its parts are swept.
    pub async fn abort_upload(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        upload: UploadId,
    ) -> Result<(), StoreError> {
        not_yet()
    }

    /// Parts stored so far, numbers above `after`, at most `max`; and whether more follow.
    pub fn list_parts(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        upload: UploadId,
        after: u32,
        max: usize,
    ) -> Result<(Vec<StoredPart>, bool), StoreError> {
        not_yet()
    }

    /// Uploads under way.
    pub fn list_uploads(
        &self,
        bucket: &BucketName,
        prefix: &str,
        delimiter: &str,
        after: Option<(String, Option<UploadId>)>,
        max: usize,
    ) -> Result<ListUploadsPage, StoreError> {
        not_yet()
    }
}
