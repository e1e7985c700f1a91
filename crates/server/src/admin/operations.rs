//! [`AdminApi`] over the store, for one verified caller.

use std::sync::Arc;

use async_trait::async_trait;
use azekura_admin_api::api::{AdminApi, Content};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::types::{
    BucketInfo, BucketList, ClockDetail, CutReport, History, HistoryQuery, ObjectDetail,
    ObjectPage, ObjectQuery, ObjectsQuery, PartitionHead, RotatedKey, VaultReport,
};
use azekura_model::access::{Action, Ask, Authorized, BucketRules, Grant, Resource, authorize};
use azekura_model::condition::Conditions;
use azekura_model::ident::{TenantId, VersionId};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::time::ComplianceTime;
use azekura_store::body::BodyError;
use azekura_store::listing::ListRequest;
use azekura_store::object::{GetRequest, Which};
use futures::TryStreamExt as _;

use super::clock_detail;
use super::convert::{self, api_error};
use super::door::denied;
use super::facts::AdminFacts;
use crate::running::Running;

/// Entries of a page when the caller names no number.
const PAGE_DEFAULT: u16 = 1000;

/// One verified caller.
pub(crate) struct Operator {
    pub(super) running: Arc<Running>,
    grant: Grant,
}

impl Operator {
    pub(crate) fn new(running: Arc<Running>, grant: Grant) -> Self {
        Self { running, grant }
    }

    pub(crate) fn running(&self) -> &Running {
        &self.running
    }

    /// The caller's tenant.
    pub(super) fn tenant(&self) -> Option<TenantId> {
        self.grant.tenant
    }

    /// Compliance time.
    pub(crate) fn now(&self) -> ComplianceTime {
        self.running.clock.compliance()
    }

    /// The person or system that owns the caller's key.
    pub(crate) fn user(&self) -> Option<&str> {
        self.grant.user.as_deref()
    }

    /// Who asks, and what the key may do.
    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Whether an action is allowed on the caller's own tenant.
    pub(crate) fn may(&self, action: Action) -> Result<Authorized, ApiError> {
        let resource = self.grant.tenant.map_or(Resource::Vault, Resource::Tenant);
        self.authorized(Ask::plain(action, &resource, self.grant.tenant))
    }

    /// Judges. Conditions that only the S3 listener can answer refuse here: one that is not answered would
    /// let through what a policy forbids.
    fn authorized(&self, ask: Ask<'_>) -> Result<Authorized, ApiError> {
        let facts = AdminFacts::new(self.running.clock.wall());
        let ask = Ask {
            facts: &facts,
            ..ask
        };
        let by = authorize(&self.grant, &ask).map_err(denied)?;
        match facts.unanswered() {
            None => Ok(by),
            Some(key) => Err(ApiError::new(
                Code::AccessDenied,
                format!("a policy asks for {key}, which is not known here"),
            )
            .hint("Ask over S3, or by a key whose policies have no such condition.")),
        }
    }

    /// Whether an action is allowed on a bucket, there or not, and on what is in it.
    pub(crate) fn may_in(
        &self,
        action: Action,
        bucket: &str,
    ) -> Result<(BucketName, Authorized), ApiError> {
        self.may_at(action, bucket, &Resource::Bucket(bucket.to_owned()))
    }

    /// Whether an action is allowed on an object of a bucket.
    pub(crate) fn may_on(
        &self,
        action: Action,
        bucket: &str,
        key: &str,
    ) -> Result<(BucketName, Authorized), ApiError> {
        let resource = Resource::Object {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        };
        self.may_at(action, bucket, &resource)
    }

    /// What the policy of a bucket says to its own people counts here as it does on the other listener.
    /// It lets nobody else in.
    fn may_at(
        &self,
        action: Action,
        bucket: &str,
        resource: &Resource,
    ) -> Result<(BucketName, Authorized), ApiError> {
        let name = bucket_name(bucket)?;
        let access = self.running.store.bucket_access(&name);
        let access = access.map_err(|error| api_error(&error))?;
        let owner = access.as_ref().map(|access| access.tenant);
        let own = access.as_ref().filter(|_| owner == self.grant.tenant);
        // What makes a bucket is not told by one that is there.
        let own = own.filter(|_| action != Action::CreateBucket);
        let ask = Ask {
            bucket: own.map_or_else(BucketRules::default, |access| access.rules(None)),
            ..Ask::plain(action, resource, owner)
        };
        let by = self.authorized(ask)?;
        Ok((name, by))
    }

    /// Whether a version may be read: one that is named, or what is current.
    fn may_read(
        &self,
        bucket: &str,
        query: &ObjectQuery,
    ) -> Result<(BucketName, Authorized), ApiError> {
        if query.version.is_none() {
            self.may_on(Action::GetObject, bucket, &query.key)?;
        }
        self.may_on(Action::GetObjectVersion, bucket, &query.key)
    }

    /// The same for what changes something: the right to the admin API's changes, and the action's.
    pub(crate) fn may_change(
        &self,
        action: Action,
        bucket: &str,
    ) -> Result<(BucketName, Authorized), ApiError> {
        self.may(Action::AdminWrite)?;
        self.may_in(action, bucket)
    }
}

pub(crate) fn bucket_name(name: &str) -> Result<BucketName, ApiError> {
    BucketName::parse(name)
        .map_err(|error| ApiError::new(Code::InvalidRequest, format!("bucket {name:?}: {error}")))
}

pub(crate) fn object_key(key: &str) -> Result<ObjectKey, ApiError> {
    ObjectKey::parse(key).map_err(|error| ApiError::new(Code::InvalidRequest, error.to_string()))
}

pub(crate) fn which(version: Option<&str>) -> Result<Which, ApiError> {
    match version {
        None => Ok(Which::Current),
        Some("null") => Ok(Which::Null),
        Some(text) => VersionId::parse(text).map(Which::Version).ok_or_else(|| {
            ApiError::new(
                Code::InvalidRequest,
                format!("{text:?} is not a version id"),
            )
            .hint("A version id has 26 characters; `azekura object history` shows them.")
        }),
    }
}

pub(super) fn broken(error: BodyError) -> ApiError {
    tracing::error!(%error, "content broke off");
    ApiError::new(Code::Damaged, error.to_string())
}

#[async_trait]
impl AdminApi for Operator {
    async fn vault_info(&self) -> Result<VaultReport, ApiError> {
        let by = self.may(Action::AdminRead)?;
        let status = self.running.status();
        let warnings = self.running.warnings(&status);
        let buckets = self
            .running
            .store
            .list_buckets(&by)
            .map_err(|e| api_error(&e))?
            .len();
        Ok(VaultReport {
            declared: self.running.declared.clone(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            region: status.region.to_string(),
            s3_endpoint: None,
            incarnation: hex::encode(status.incarnation.0),
            compliance_time: Some(convert::rfc3339(self.running.clock.compliance().0)),
            buckets: u64::try_from(buckets).unwrap_or(u64::MAX),
            journal_bytes: status.journal_bytes,
            free_bytes: status.space.free_bytes,
            floor_bytes: status.space.floor_bytes,
            refusing_data: status.space.refusing,
            unindexed_commits: status.unindexed_commits,
            groups: status.counters.groups,
            records: status.counters.records,
            syncs: status.counters.syncs,
            damage: status.damage,
            poisoned: status.poisoned,
            warnings,
        })
    }

    async fn clock(&self) -> Result<ClockDetail, ApiError> {
        self.may(Action::AdminRead)?;
        Ok(clock_detail::detail(&self.running.clock.report()))
    }

    async fn snapshot(&self) -> Result<CutReport, ApiError> {
        // It names the buckets of all tenants.
        self.may(Action::Operate)?;
        let cut = self.running.store.snapshot().map_err(|e| api_error(&e))?;
        let heads = cut.heads.into_iter().map(|head| PartitionHead {
            partition: head.partition,
            bucket: head.bucket,
            bucket_uuid: head.bucket_uuid,
            sequence: head.sequence.to_string(),
            chain: head.chain,
        });
        Ok(CutReport {
            region: cut.region,
            incarnation: cut.incarnation,
            taken: convert::rfc3339(cut.wall_ms),
            hybrid_time: cut.hybrid.to_string(),
            heads: heads.collect(),
        })
    }

    async fn list_buckets(&self) -> Result<BucketList, ApiError> {
        let by = self.may(Action::AdminRead)?;
        let buckets = self
            .running
            .store
            .list_buckets(&by)
            .map_err(|e| api_error(&e))?;
        Ok(BucketList {
            buckets: buckets.iter().map(convert::bucket_info).collect(),
        })
    }

    async fn create_bucket(&self, bucket: &str) -> Result<BucketInfo, ApiError> {
        let (name, by) = self.may_change(Action::CreateBucket, bucket)?;
        let made = self.running.store.create_bucket(&by, &name).await;
        made.map(|bucket| convert::bucket_info(&bucket))
            .map_err(|e| api_error(&e))
    }

    async fn delete_bucket(&self, bucket: &str) -> Result<(), ApiError> {
        let (name, by) = self.may_change(Action::DeleteBucket, bucket)?;
        let deleted = self.running.store.delete_bucket(&by, &name).await;
        deleted.map_err(|e| api_error(&e))
    }

    async fn rotate_key(&self, bucket: &str) -> Result<RotatedKey, ApiError> {
        let (name, by) = self.may_in(Action::AdminWrite, bucket)?;
        let epoch = self.running.store.rotate_epoch(&by, &name).await;
        epoch
            .map(|epoch| RotatedKey {
                bucket: name.as_str().to_owned(),
                epoch,
            })
            .map_err(|e| api_error(&e))
    }

    async fn list_objects(
        &self,
        bucket: &str,
        query: &ObjectsQuery,
    ) -> Result<ObjectPage, ApiError> {
        let (name, _) = self.may_in(Action::ListBucket, bucket)?;
        let request = ListRequest {
            prefix: query.prefix.clone(),
            delimiter: query.delimiter.clone(),
            after: query.after.clone(),
            max: usize::from(query.max.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_DEFAULT)),
        };
        let page = self
            .running
            .store
            .list(&name, &request)
            .map_err(|e| api_error(&e))?;
        Ok(ObjectPage {
            objects: page
                .objects
                .into_iter()
                .map(|(key, summary)| convert::object_summary(key, &summary))
                .collect(),
            prefixes: page.prefixes,
            next: page.next,
        })
    }

    async fn object(&self, bucket: &str, query: &ObjectQuery) -> Result<ObjectDetail, ApiError> {
        let (name, by) = self.may_read(bucket, query)?;
        let key = object_key(&query.key)?;
        let which = which(query.version.as_deref())?;
        let info = self.running.store.head(&by, &name, &key, which).await;
        info.map(|info| convert::object_detail(&info))
            .map_err(|e| api_error(&e))
    }

    async fn content(&self, bucket: &str, query: &ObjectQuery) -> Result<Content, ApiError> {
        let (name, by) = self.may_read(bucket, query)?;
        let request = GetRequest {
            key: object_key(&query.key)?,
            which: which(query.version.as_deref())?,
            conditions: Conditions::default(),
            range: None,
            part: None,
        };
        let outcome = self.running.store.get(&by, &name, request).await;
        let outcome = outcome.map_err(|e| api_error(&e))?;
        Ok(Content {
            bytes: Some(outcome.info.bytes),
            stream: Box::pin(outcome.body.map_err(broken)),
        })
    }

    async fn history(&self, bucket: &str, query: &HistoryQuery) -> Result<History, ApiError> {
        let (name, by) = self.may_in(Action::ListBucketVersions, bucket)?;
        let key = object_key(&query.key)?;
        let found = self.running.store.history(&by, &name, &key);
        let found = found.map_err(|e| api_error(&e))?;
        let versions: Vec<_> = found.iter().map(convert::history_entry).collect();
        if versions.is_empty() {
            return Err(ApiError::new(
                Code::NotFound,
                "the key has no version, hidden ones counted",
            )
            .hint("`azekura object list BUCKET --prefix …` shows the keys there are."));
        }
        Ok(History { versions })
    }
}
