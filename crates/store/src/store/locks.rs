//! Operations on locks.

use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::Configured;
use azekura_model::ident::VersionId;
use azekura_model::lock::{
    Bypass, DefaultRetention, LockRequest, LockState, ObjectLock, Retention,
};
use azekura_model::name::{BucketName, ObjectKey};

use crate::bucket::{Bucket, create, object_lock};
use crate::error::StoreError;
use crate::lock_bulk::{self, LockReport, LockSelection};
use crate::lock_change::{self, Needs};
use crate::object::{LockOutcome, Which};
use crate::store::Store;

impl Store {
    /// Makes a bucket with versioning and object lock, without a default retention. A crash in
    /// between may leave the bucket with versioning alone.
    pub async fn create_bucket_locked(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<Bucket, StoreError> {
        let bucket = create::create(&self.inner, by, name, Versioning::Enabled).await?;
        object_lock::put(&self.inner, by, name, (None, None)).await?;
        Ok(bucket)
    }

    /// Object lock of a bucket; never set = not enabled.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn object_lock(&self, name: &BucketName) -> Result<Configured<ObjectLock>, StoreError> {
        self.bucket_setting(name)
    }

    /// Enables object lock for all time, or changes the default retention of later versions.
    ///
    /// # Errors
    /// [`StoreError::InvalidBucketState`] unless versioning is enabled.
    pub async fn put_object_lock(
        &self,
        by: &Authorized,
        name: &BucketName,
        default: Option<DefaultRetention>,
    ) -> Result<(), StoreError> {
        object_lock::put(&self.inner, by, name, (default, None)).await
    }

    /// Retention of a version; `None` = it has none.
    ///
    /// # Errors
    /// [`StoreError::BucketWithoutLock`], or that no such version is shown.
    pub fn retention(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<Option<Retention>, StoreError> {
        Ok(lock_change::shown(&self.inner, bucket, key, which)?.retention)
    }

    /// Legal hold of a version; `None` = never set.
    ///
    /// # Errors
    /// [`StoreError::BucketWithoutLock`], or that no such version is shown.
    pub fn hold(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<Option<bool>, StoreError> {
        Ok(lock_change::shown(&self.inner, bucket, key, which)?.hold)
    }

    /// Sets the retention of a version; `None` removes it. Extending needs no bypass.
    ///
    /// # Errors
    /// [`StoreError::Locked`] names the rule that refuses.
    pub async fn put_retention(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        object: (&ObjectKey, Which),
        retention: Option<Retention>,
        bypass: Option<&Bypass>,
    ) -> Result<LockOutcome, StoreError> {
        let request = LockRequest::Retain(retention);
        let with = (bypass, Needs::ObjectLock);
        lock_change::change(&self.inner, by, bucket, object, request, with).await
    }

    /// Sets or clears the legal hold of a version. No bypass counts, and none is needed.
    ///
    /// # Errors
    /// [`StoreError::Locked`] only when the lock state is unknown.
    pub async fn put_hold(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        object: (&ObjectKey, Which),
        on: bool,
    ) -> Result<LockOutcome, StoreError> {
        let with = (None, Needs::ObjectLock);
        lock_change::change(&self.inner, by, bucket, object, LockRequest::Hold(on), with).await
    }

    /// Changes a lock by what the vault itself keeps: classes, events, probation, extension. Works
    /// in buckets without object lock too.
    ///
    /// # Errors
    /// [`StoreError::Locked`] names the rule that refuses.
    pub async fn change_lock(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        object: (&ObjectKey, Which),
        request: LockRequest,
    ) -> Result<LockOutcome, StoreError> {
        let with = (None, Needs::Nothing);
        lock_change::change(&self.inner, by, bucket, object, request, with).await
    }

    /// The whole lock state of a version that S3 shows, proved from its records as for a verdict.
    ///
    /// # Errors
    /// That no such version is shown. What cannot be proved is no error but
    /// [`LockState::Unknown`].
    pub fn lock_state(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<(VersionId, LockState), StoreError> {
        lock_change::proved(&self.inner, bucket, key, which)
    }

    /// Changes the locks of many versions, in chunks that are durable one by one. `progress` hears
    /// of each. Works in buckets without object lock too.
    ///
    /// # Errors
    /// What stops the whole; what the rules refuse of single versions is in the report.
    pub async fn change_locks(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        selection: &LockSelection,
        request: &LockRequest,
        progress: impl FnMut(&LockReport),
    ) -> Result<LockReport, StoreError> {
        lock_bulk::change(&self.inner, by, bucket, selection, request, progress).await
    }
}
