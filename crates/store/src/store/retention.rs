//! Operations on retention: classes, limits, trials, answers, changes in bulk, undeletion.

use azekura_model::access::Authorized;
use azekura_model::bucket_config::{ClassAssignment, GovernedLimits};
use azekura_model::ident::VersionId;
use azekura_model::lock::DefaultRetention;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::retention_class::{ClassCatalog, ClassRule};
use azekura_model::retention_limits::RetentionLimits;

use crate::bucket::object_lock;
use crate::error::StoreError;
use crate::lock_bulk::{LockReport, LockSelection};
use crate::object::Which;
use crate::retention::answer::{self, LockAnswer};
use crate::retention::bulk::{self, BulkChange, MayChange};
use crate::retention::count::{self, Cursor, LockCounts};
use crate::retention::governed;
use crate::retention::trial::{self, Preview};
use crate::retention::undelete::{self, CameBack};
use crate::store::Store;

impl Store {
    /// The retention classes that this vault knows.
    #[must_use]
    pub fn classes(&self) -> &ClassCatalog {
        &self.inner.policy.classes
    }

    /// Which classes a bucket gives, and what waits.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn class_rules(&self, bucket: &BucketName) -> Result<ClassAssignment, StoreError> {
        governed::class_rules(&self.inner, self.bucket(bucket)?.uuid)
    }

    /// Gives a class to what is stored from now on.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] for a class that the vault does not know.
    pub async fn add_class_rule(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        rule: &ClassRule,
    ) -> Result<ClassAssignment, StoreError> {
        governed::add_rule(&self.inner, by, bucket, rule).await
    }

    /// Takes a rule away after the cooling-off; what is stored keeps its class.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] when there is no such rule.
    pub async fn remove_class_rule(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        rule: &ClassRule,
    ) -> Result<ClassAssignment, StoreError> {
        governed::remove_rule(&self.inner, by, bucket, rule).await
    }

    /// Limits of a bucket on retention dates, and what waits.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn retention_limits(&self, bucket: &BucketName) -> Result<GovernedLimits, StoreError> {
        governed::limits(&self.inner, self.bucket(bucket)?.uuid)
    }

    /// Changes the limits of a bucket; `new` sees what was asked for last. What weakens acts after the
    /// cooling-off.
    ///
    /// # Errors
    /// That of `new`; [`StoreError::NoSuchBucket`].
    pub async fn put_retention_limits(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        new: impl Fn(&RetentionLimits) -> Result<RetentionLimits, StoreError> + Send + Sync,
    ) -> Result<GovernedLimits, StoreError> {
        governed::put_limits(&self.inner, by, bucket, new).await
    }

    /// As `put_object_lock`, with a trial of this many hours instead of the configured ones.
    ///
    /// # Errors
    /// As there.
    pub async fn put_default_retention(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        default: Option<DefaultRetention>,
        trial_hours: Option<u32>,
    ) -> Result<(), StoreError> {
        object_lock::put(&self.inner, by, bucket, (default, trial_hours)).await
    }

    /// What the end of a bucket's trial would make final; `None` = no trial runs.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn preview_trial(&self, bucket: &BucketName) -> Result<Option<Preview>, StoreError> {
        trial::preview(&self.inner, bucket)
    }

    /// Ends the trials whose time has come; how many versions became COMPLIANCE. To be called now and
    /// then.
    ///
    /// # Errors
    /// When a commit fails; what was upgraded stays so, and the next call does the rest.
    pub async fn end_trials(&self) -> Result<u64, StoreError> {
        trial::end_due(&self.inner).await
    }

    /// Who can delete a version, and when: the newest of a key (hidden or a marker too), or one.
    ///
    /// # Errors
    /// [`StoreError::NoSuchKey`], [`StoreError::NoSuchVersion`]. What cannot be proved is no error but
    /// an unknown state.
    pub fn answer(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<LockAnswer, StoreError> {
        answer::answer(&self.inner, bucket, key, which)
    }

    /// Counts one page of a bucket's versions by their locks.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn count_locks(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        from: Option<&Cursor>,
    ) -> Result<LockCounts, StoreError> {
        count::count(&self.inner, bucket, from)
    }

    /// Changes the locks of one page of what is selected, of the keys that `may` lets; where to go on, if
    /// there is more.
    ///
    /// # Errors
    /// [`StoreError::BucketWithoutLock`], [`StoreError::OverLimit`].
    pub async fn change_locks_page(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        selected: (&LockSelection, Option<&Cursor>),
        change: (&BulkChange, MayChange<'_>),
    ) -> Result<(LockReport, Option<Cursor>), StoreError> {
        bulk::change(&self.inner, by, bucket, selected, change).await
    }

    /// Brings back what S3 shows as deleted. `by` may delete versions, and store.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] when S3 shows it, [`StoreError::Erased`] when it is gone.
    pub async fn undelete(
        &self,
        by: (&Authorized, &Authorized),
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<CameBack, StoreError> {
        undelete::undelete(&self.inner, by, bucket, key, version).await
    }
}
