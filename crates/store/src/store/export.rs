//! Operations that hand everything back to a tenant.

use std::sync::Arc;

use azekura_model::access::{Action, Authorized};
use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::LockState;
use azekura_model::name::{BucketName, ObjectKey};

use super::Store;
use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::export::{self, ExportPage, LockedPage};
use crate::listing::{ListRequest, ListVersionsRequest};
use crate::object::GetOutcome;
use crate::{list, lock_state};

/// The caller's own tenant, and no other.
fn own(by: &Authorized) -> Result<TenantId, StoreError> {
    let tenant = by.tenant().filter(|_| by.action() == Action::ExportTenant);
    tenant.ok_or_else(|| StoreError::Internal("an export of no tenant".to_owned()))
}

impl Store {
    /// Buckets of the caller's tenant, with whether they are retired.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn export_buckets(&self, by: &Authorized) -> Result<Vec<(Bucket, bool)>, StoreError> {
        export::buckets(&self.inner, own(by)?)
    }

    /// One page of versions of a bucket of the caller's tenant.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub async fn export_page(
        &self,
        by: &Authorized,
        bucket: BucketUuid,
        request: ListVersionsRequest,
    ) -> Result<ExportPage, StoreError> {
        let (inner, tenant) = (Arc::clone(&self.inner), own(by)?);
        let read = move || export::page(&inner, tenant, bucket, &request);
        let page = tokio::task::spawn_blocking(read).await;
        page.map_err(|error| StoreError::Internal(format!("reading: {error}")))?
    }

    /// Content of a version of a bucket of the caller's tenant, hidden or not.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], [`StoreError::NoSuchVersion`], [`StoreError::Damaged`].
    pub async fn export_content(
        &self,
        by: &Authorized,
        bucket: BucketUuid,
        (key, version): (&ObjectKey, VersionId),
    ) -> Result<GetOutcome, StoreError> {
        export::content(&self.inner, own(by)?, bucket, (key, version)).await
    }

    /// One page of current objects with their lengths and locks, as the index has them.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn current_locks(
        &self,
        bucket: &BucketName,
        request: &ListRequest,
    ) -> Result<LockedPage, StoreError> {
        let partition = read::open(&self.inner, bucket)?.bucket.partition;
        let page = list::list(&self.inner, bucket, request)?;
        let locked = page.objects.into_iter().map(|(key, summary)| {
            let lock = match lock_state::shown(&self.inner, partition, summary.version) {
                Ok(lock) => LockState::Known(lock),
                Err(error) => LockState::Unknown(error.to_string()),
            };
            (key, summary.content_bytes, lock)
        });
        Ok((locked.collect(), page.next))
    }
}
