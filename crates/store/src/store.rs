//! The store of one region: the operations, each delegated to the file that does it.

use std::sync::Arc;

use azekura_engine::seam::Engine;
use azekura_model::access::Authorized;
use azekura_model::acl::Acl;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{BucketSetting, Configured, ObjectOwnership};
use azekura_model::condition::DeleteConditions;
use azekura_model::cooling::{Cooling, HistoryDays};
use azekura_model::governed::DualControl;
use azekura_model::ident::{TenantId, UploadId};
use azekura_model::lifecycle::LifecycleRules;
use azekura_model::lock::Bypass;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::RegionName;
use azekura_model::release::BlobId;
use azekura_model::tag::TagSet;
use azekura_model::time::WallTime;
use azekura_record::disposal::DisposalRequested;

use crate::bucket::access::BucketAccess;
use crate::bucket::{
    Bucket, access, change, configure, create, lifecycle, read, retire, rotate, tenants,
};
use crate::certificate::{Certificate, CertificateAsk};
use crate::clock::ClockReport;
use crate::cut::{Cut, VaultState};
use crate::disposal::DisposalAsk;
use crate::error::StoreError;
use crate::history::PastVersion;
use crate::identity::DirectoryApprovers;
use crate::inner::Inner;
pub use crate::inner::{Parts, StorePolicy};
use crate::intent::Owner;
use crate::keeper::KeeperReport;
use crate::listing::{
    ListPage, ListRequest, ListUploadsPage, ListVersionsPage, ListVersionsRequest,
};
use crate::memory::MemoryBudget;
use crate::multipart::list::UploadsRequest;
use crate::object::{
    DeleteOutcome, GetOutcome, GetRequest, ObjectInfo, PutOutcome, PutRequest, TaggingOutcome,
    Which,
};
use crate::sweep::Swept;
use crate::upload::{CompleteUpload, CreateUpload, PutPart, StoredPart, Upload};
use crate::{
    certificate, cut, delete, disposal, get, governed, head, history, keeper, list, list_versions,
    multipart, put, release, sweep, tagging, tick, volume,
};

mod export;
mod identity;
mod locks;
mod requests;
mod retention;
mod seal;

/// One region's store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// A store over an opened engine. Call [`Store::bootstrap`] and [`Store::start`] before it
    /// serves.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self::with_policy(parts, StorePolicy::default())
    }

    /// The same with what the operator decided.
    #[must_use]
    pub fn with_policy(parts: Parts, policy: StorePolicy) -> Self {
        let inner = Arc::new(Inner::new(parts, policy));
        let directory = DirectoryApprovers(Arc::downgrade(&inner));
        inner.governing.set_approvers(Arc::new(directory));
        Self { inner }
    }

    /// Makes the vault's tenant when it has none. Idempotent.
    pub async fn bootstrap(&self, tenant_name: &str) -> Result<TenantId, StoreError> {
        self.bootstrap_with(tenant_name, DualControl::Off).await
    }

    /// The same; a tenant that is made now keeps `dual` for ever.
    ///
    /// # Errors
    /// When the commit fails.
    pub async fn bootstrap_with(
        &self,
        tenant_name: &str,
        dual: DualControl,
    ) -> Result<TenantId, StoreError> {
        create::bootstrap(&self.inner, tenant_name, dual).await
    }

    /// Credits downtime to the compliance clock and ends what earlier processes left half done:
    /// bucket deletions, blobs that nothing names. Must run before anything is served.
    pub async fn start(&self) -> Result<Swept, StoreError> {
        tick::begin(&self.inner).await?;
        crate::identity::load(&self.inner)?;
        self.inner.ledger.recount(&self.inner)?;
        self.inner.volumes.begin(self.inner.clock.compliance());
        volume::count_limited(&self.inner).await?;
        retire::finish_closing(&self.inner).await?;
        governed::waiting::act(&self.inner).await?;
        for bucket in read::all_for_ever(&self.inner)? {
            release::finish::finish_all(&self.inner, Owner::from(&bucket)).await?;
            keeper::finish_destroying(&self.inner, &bucket).await?;
        }
        crate::audit::release::finish_all(&self.inner).await?;
        sweep::sweep_dead(&self.inner).await
    }

    /// For the audit, which works beside the operations.
    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// The region in which this store runs.
    #[must_use]
    pub fn region(&self) -> &RegionName {
        &self.inner.region
    }

    /// What the wall clock of this store shows.
    #[must_use]
    pub fn wall(&self) -> WallTime {
        self.inner.clock.wall()
    }

    /// Writes compliance time down, so that a later start goes on from here. Call it when
    /// [`crate::clock::Clock::is_tick_due`], and before a clean stop.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] when the engine takes no more commits.
    pub async fn tick(&self) -> Result<(), StoreError> {
        tick::tick(&self.inner).await
    }

    /// Where the clock stands, and what that means for locks.
    #[must_use]
    pub fn clock_report(&self) -> ClockReport {
        self.inner.clock.report()
    }

    /// The engine below, for status and for tools.
    #[must_use]
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.inner.engine
    }

    /// The budget that content in memory is taken from.
    #[must_use]
    pub fn memory(&self) -> &Arc<MemoryBudget> {
        &self.inner.memory
    }

    /// Makes a bucket in the caller's tenant.
    pub async fn create_bucket(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<Bucket, StoreError> {
        create::create(&self.inner, by, name, Versioning::Unversioned).await
    }

    /// The object ownership with which buckets of a tenant begin. Where lists count from the start, there
    /// is no public-access block either.
    ///
    /// # Errors
    /// [`StoreError::Stopped`], [`StoreError::Internal`].
    pub fn new_bucket_ownership(&self, tenant: TenantId) -> Result<ObjectOwnership, StoreError> {
        create::ownership(&self.inner, tenant)
    }

    /// The bucket of this name.
    pub fn bucket(&self, name: &BucketName) -> Result<Bucket, StoreError> {
        Ok(read::open(&self.inner, name)?.bucket)
    }

    /// The institution that owns a bucket; `None` when there is no such bucket.
    ///
    /// # Errors
    /// [`StoreError::Stopped`], [`StoreError::Internal`].
    pub fn owner_of(&self, name: &BucketName) -> Result<Option<TenantId>, StoreError> {
        read::owner(&self.inner, name)
    }

    /// The tenant of this name, for a key of the configuration: made where there is none, with
    /// dual-control off. Call it before anything is served.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] when the engine takes no more commits.
    pub async fn ensure_tenant(&self, name: &str) -> Result<TenantId, StoreError> {
        tenants::ensure(&self.inner, name).await
    }

    /// The name of a tenant.
    ///
    /// # Errors
    /// [`StoreError::Stopped`], [`StoreError::Internal`].
    pub fn tenant_name(&self, id: TenantId) -> Result<Option<String>, StoreError> {
        tenants::name(&self.inner, id)
    }

    /// What a bucket says of who may come in; `None` when there is no such bucket.
    ///
    /// # Errors
    /// [`StoreError::Stopped`]; [`StoreError::Internal`] for a policy that cannot be read any more.
    pub fn bucket_access(&self, name: &BucketName) -> Result<Option<BucketAccess>, StoreError> {
        access::access(&self.inner, name)
    }

    /// Tags that a version has now, for conditions of policies; `None` when there is no such version.
    ///
    /// # Errors
    /// [`StoreError::Stopped`], [`StoreError::Damaged`].
    pub fn existing_tags(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<Option<Vec<(String, String)>>, StoreError> {
        Ok(self
            .existing(bucket, key, which)?
            .map(|info| info.attributes.tags))
    }

    /// The tenant that the vault was made with: keys of the configuration stand in it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] before [`Store::bootstrap`].
    pub fn first_tenant(&self) -> Result<TenantId, StoreError> {
        read::tenant(&self.inner)
    }

    /// Buckets of the caller's tenant that are not retired, by name. What the vault does by itself
    /// sees all.
    pub fn list_buckets(&self, by: &Authorized) -> Result<Vec<Bucket>, StoreError> {
        let buckets = read::all(&self.inner)?.into_iter().map(|open| open.bucket);
        let ours = |bucket: &Bucket| by.tenant().is_none_or(|tenant| bucket.tenant == tenant);
        Ok(buckets.filter(ours).collect())
    }

    /// Retires a bucket that shows nothing.
    pub async fn delete_bucket(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<(), StoreError> {
        retire::retire(&self.inner, by.requester(), name).await
    }

    /// Sets versioning; back to unversioned is refused.
    pub async fn put_versioning(
        &self,
        by: &Authorized,
        name: &BucketName,
        versioning: Versioning,
    ) -> Result<(), StoreError> {
        change::put_versioning(&self.inner, by, name, versioning).await
    }

    /// Where one sub-resource of a bucket stands: never set, cleared, or set.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn bucket_setting<T: BucketSetting>(
        &self,
        name: &BucketName,
    ) -> Result<Configured<T>, StoreError> {
        let bucket = self.bucket(name)?;
        configure::read_setting(&self.inner, bucket.uuid)
    }

    /// Sets one sub-resource of a bucket, whole.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], also when the bucket is deleted meanwhile.
    pub async fn configure_bucket<T: BucketSetting>(
        &self,
        by: &Authorized,
        name: &BucketName,
        setting: T,
    ) -> Result<(), StoreError> {
        let configuration = Some(setting.into_configuration());
        configure::configure(&self.inner, by, name, T::KIND, configuration).await
    }

    /// Clears one sub-resource of a bucket. Idempotent.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], also when the bucket is deleted meanwhile.
    pub async fn clear_bucket_setting<T: BucketSetting>(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<(), StoreError> {
        configure::configure(&self.inner, by, name, T::KIND, None).await
    }

    /// The lifecycle rules of a bucket: those in force and those that wait. What S3 shows is what was
    /// asked for last; empty = none.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn lifecycle(&self, name: &BucketName) -> Result<Cooling<LifecycleRules>, StoreError> {
        lifecycle::read_rules(&self.inner, self.bucket(name)?.uuid)
    }

    /// Asks for other lifecycle rules (none: `LifecycleRules::default()`). What would hide more, or
    /// sooner, acts after the cooling-off.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`]; [`StoreError::InvalidRequest`] when they are too long to keep.
    pub async fn put_lifecycle(
        &self,
        by: &Authorized,
        name: &BucketName,
        rules: LifecycleRules,
    ) -> Result<Cooling<LifecycleRules>, StoreError> {
        lifecycle::put_rules(&self.inner, by, name, rules).await
    }

    /// Opens the next key epoch of a bucket while writes go on; returns its number.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub async fn rotate_epoch(
        &self,
        by: &Authorized,
        name: &BucketName,
    ) -> Result<u32, StoreError> {
        rotate::rotate_epoch(&self.inner, by, name).await
    }

    /// Asks for other days of hidden history: more act at once, fewer after the cooling-off.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`]; [`StoreError::InvalidArgument`] beyond the greatest.
    pub async fn put_history_days(
        &self,
        by: &Authorized,
        name: &BucketName,
        days: HistoryDays,
    ) -> Result<Cooling<HistoryDays>, StoreError> {
        lifecycle::put_history_days(&self.inner, by, name, days).await
    }

    /// One pass of the keeper over every bucket: finishes releases, runs lifecycle rules and
    /// disposals, releases what has left history. One pass runs at a time.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] when the engine stopped. What fails in one bucket is counted and logged.
    pub async fn keep(&self) -> Result<KeeperReport, StoreError> {
        keeper::keep_all(&self.inner).await
    }

    /// One pass of the keeper over one bucket.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`]; what stopped the pass.
    pub async fn keep_bucket(&self, name: &BucketName) -> Result<KeeperReport, StoreError> {
        keeper::keep_one(&self.inner, name).await
    }

    /// What was released of a bucket, and how it was erased and checked. Retired buckets too; one whose
    /// keys are destroyed has lost its name, and its UUID stands for it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`] when no bucket that has a name ever had this one.
    pub fn certificate(
        &self,
        by: &Authorized,
        name: &BucketName,
        ask: CertificateAsk,
    ) -> Result<Certificate, StoreError> {
        certificate::certificate(&self.inner, by, name, ask)
    }

    /// What the keeper's passes did since start.
    #[must_use]
    pub fn kept(&self) -> KeeperReport {
        self.inner.kept.lock().0
    }

    /// Asks for a disposal; it hides what it names after the cooling-off.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`]; [`StoreError::InvalidArgument`] without a reason.
    pub async fn request_disposal(
        &self,
        by: &Authorized,
        name: &BucketName,
        ask: DisposalAsk,
    ) -> Result<DisposalRequested, StoreError> {
        disposal::request(&self.inner, by, name, ask).await
    }

    /// Takes a disposal back before it acts.
    ///
    /// # Errors
    /// [`StoreError::NoSuchDisposal`]; [`StoreError::InvalidRequest`] when it has
    /// acted.
    pub async fn cancel_disposal(
        &self,
        by: &Authorized,
        name: &BucketName,
        id: [u8; 16],
    ) -> Result<DisposalRequested, StoreError> {
        disposal::cancel(&self.inner, by, name, id).await
    }

    /// The disposals of a bucket.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn disposals(&self, name: &BucketName) -> Result<Vec<DisposalRequested>, StoreError> {
        disposal::list(&self.inner, name)
    }

    /// Stores one version. See [`crate::put`].
    pub async fn put(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: PutRequest,
    ) -> Result<PutOutcome, StoreError> {
        put::put(&self.inner, by, bucket, request).await
    }

    /// Content of a version, whole or a range.
    pub async fn get(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        request: GetRequest,
    ) -> Result<GetOutcome, StoreError> {
        get::get(&self.inner, bucket, request).await
    }

    /// What is known of a version, without content. Conditions are not judged.
    pub async fn head(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<ObjectInfo, StoreError> {
        head::head(&self.inner, bucket, key, which)
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
        let always = DeleteConditions::default();
        delete::delete(&self.inner, by, bucket, (key, which), &always, None).await
    }

    /// DELETE of what fulfils the conditions, judged at the commit. A bypass opens GOVERNANCE and
    /// nothing else.
    ///
    /// # Errors
    /// [`StoreError::Locked`] names the rule that keeps the version.
    pub async fn delete_if(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        (key, which): (&ObjectKey, Which),
        conditions: &DeleteConditions,
        bypass: Option<&Bypass>,
    ) -> Result<DeleteOutcome, StoreError> {
        delete::delete(&self.inner, by, bucket, (key, which), conditions, bypass).await
    }

    /// Gives a version these tags and no others; it makes no version.
    pub async fn put_tags(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
        tags: TagSet,
    ) -> Result<TaggingOutcome, StoreError> {
        let amended = tagging::put(&self.inner, by, bucket, (key, which), tags).await?;
        Ok(TaggingOutcome {
            version: amended.version,
            null: amended.null,
        })
    }

    /// The access-control list of an upload's object to be; `None` = it is the bucket's owner's alone.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUpload`].
    pub fn upload_acl(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<Option<Acl>, StoreError> {
        multipart::acl(&self.inner, bucket, key, id)
    }

    /// Gives a version this access-control list; it makes no version.
    ///
    /// # Errors
    /// As [`Store::put_tags`]; [`StoreError::InvalidRequest`] for a public one where two people are needed.
    pub async fn put_object_acl(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        (key, which): (&ObjectKey, Which),
        acl: Acl,
    ) -> Result<(), StoreError> {
        let amended = crate::acl::put(&self.inner, by, bucket, (key, which), acl);
        amended.await.map(|_| ())
    }

    /// The access-control list that a version has; `None` when there is no such version, or it is the
    /// bucket's owner's alone.
    ///
    /// # Errors
    /// [`StoreError::Stopped`], [`StoreError::Damaged`].
    pub fn object_acl(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<Option<Acl>, StoreError> {
        Ok(self
            .existing(bucket, key, which)?
            .and_then(|info| info.attributes.acl))
    }

    fn existing(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        which: Which,
    ) -> Result<Option<ObjectInfo>, StoreError> {
        match head::head(&self.inner, bucket, key, which) {
            Ok(info) => Ok(Some(info)),
            Err(
                StoreError::NoSuchBucket
                | StoreError::NoSuchKey { .. }
                | StoreError::NoSuchVersion
                | StoreError::IsDeleteMarker { .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Current objects.
    pub fn list(&self, bucket: &BucketName, request: &ListRequest) -> Result<ListPage, StoreError> {
        list::list(&self.inner, bucket, request)
    }

    /// Versions and markers.
    pub fn list_versions(
        &self,
        bucket: &BucketName,
        request: &ListVersionsRequest,
    ) -> Result<ListVersionsPage, StoreError> {
        list_versions::list_versions(&self.inner, bucket, request)
    }

    /// Begins a multipart upload.
    pub async fn create_upload(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: CreateUpload,
    ) -> Result<Upload, StoreError> {
        multipart::create::create(&self.inner, by, bucket, request).await
    }

    /// The upload of this id and key.
    pub fn upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        upload: UploadId,
    ) -> Result<Upload, StoreError> {
        multipart::upload(&self.inner, bucket, key, upload)
    }

    /// Stores one part.
    pub async fn put_part(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: PutPart,
    ) -> Result<StoredPart, StoreError> {
        multipart::part::put(&self.inner, by, bucket, request).await
    }

    /// Makes one version of the parts.
    pub async fn complete_upload(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        request: CompleteUpload,
    ) -> Result<PutOutcome, StoreError> {
        multipart::complete::complete(&self.inner, by, bucket, request).await
    }

    /// Gives an upload up; its parts are swept.
    pub async fn abort_upload(
        &self,
        by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
        upload: UploadId,
    ) -> Result<(), StoreError> {
        multipart::abort::abort(&self.inner, by, bucket, key, upload).await
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
        multipart::list::parts(&self.inner, bucket, (key, upload), after, max)
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
        multipart::list::uploads(
            &self.inner,
            bucket,
            &UploadsRequest {
                prefix,
                delimiter,
                after,
                max,
            },
        )
    }

    /// Every version of a key, newest first, hidden ones included, with who made and hid it.
    pub fn history(
        &self,
        _by: &Authorized,
        bucket: &BucketName,
        key: &ObjectKey,
    ) -> Result<Vec<PastVersion>, StoreError> {
        history::history(&self.inner, bucket, key)
    }

    /// What the vault is and how it fares.
    pub fn info(&self) -> Result<VaultState, StoreError> {
        cut::info(&self.inner)
    }

    /// A cut: the head of every partition now.
    pub fn snapshot(&self) -> Result<Cut, StoreError> {
        cut::snapshot(&self.inner)
    }

    /// Blobs on disk of which no readable record speaks: kept, for people to look at.
    pub fn unknown_blobs(&self) -> Result<Vec<(BlobId, u64)>, StoreError> {
        sweep::unknown_blobs(&self.inner)
    }
}
