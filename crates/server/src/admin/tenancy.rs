//! What tenants keep and take with them, for one verified caller.

pub(crate) mod reach;
pub(crate) mod routes;

use azekura_admin_api::api::Content;
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::tenancy::{
    BucketUsageDetail, ExportBucket, ExportBuckets, ExportContentQuery, ExportQuery, ExportVersion,
    ExportedPage, RequestCount, TenantUsageDetail, UsageQuery, UsageReport,
};
use azekura_model::access::Action;
use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::{LockState, RetentionMode};
use azekura_store::export::{EXPORT_PAGE_MAX, ExportedVersion};
use azekura_store::identity::TenantView;
use azekura_store::listing::ListVersionsRequest;
use azekura_store::volume;
use futures::TryStreamExt as _;

use super::convert::{self, api_error};
use super::operations::{Operator, broken, object_key};

const HOUR_MS: u128 = 3_600_000;

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::InvalidRequest, message)
}

impl Operator {
    /// Numbers of all tenants for the operator of the vault; the own for everybody else.
    pub(super) async fn usage(&self, query: &UsageQuery) -> Result<UsageReport, ApiError> {
        let parse =
            |text: &String| TenantId::parse(text).ok_or_else(|| invalid("not the id of a tenant"));
        let asked = query.tenant.as_ref().map(parse).transpose()?;
        let operates = self.may(Action::Operate).is_ok();
        if !operates {
            self.may(Action::ReadUsage)?;
            if asked.is_some() && asked != self.tenant() {
                return Err(ApiError::new(
                    Code::AccessDenied,
                    "another tenant's usage is shown to the operator of the vault only",
                ));
            }
        }
        let wanted = if operates { asked } else { self.tenant() };
        let mut report = UsageReport::default();
        for view in self.running().store.tenants() {
            if !view.deleted && wanted.is_none_or(|wanted| wanted == view.id) {
                let usage = self.running().store.usage(view.id).await;
                let usage = usage.map_err(|error| api_error(&error))?;
                report.since = convert::rfc3339(usage.since.0);
                report.now = convert::rfc3339(usage.now.0);
                report.tenants.push(self.tenant_usage(&view, usage));
            }
        }
        if report.tenants.is_empty() {
            return Err(ApiError::new(Code::NotFound, "there is no such tenant"));
        }
        Ok(report)
    }

    fn tenant_usage(&self, view: &TenantView, usage: volume::TenantUsage) -> TenantUsageDetail {
        let requests = self.running().auditing.counted.of(view.id).into_iter();
        let requests = requests.map(|(kind, counted)| RequestCount {
            kind: kind.to_owned(),
            requests: counted.requests,
            refused: counted.refused,
        });
        let buckets = usage.buckets.into_iter().map(|bucket| BucketUsageDetail {
            bucket: bucket.name,
            retired: bucket.retired,
            versions: bucket.all.versions,
            bytes: bucket.all.bytes,
            hidden_versions: bucket.hidden.versions,
            hidden_bytes: bucket.hidden.bytes,
            locked_versions: bucket.locked.versions,
            locked_bytes: bucket.locked.bytes,
            byte_hours: u64::try_from(bucket.byte_ms / HOUR_MS).unwrap_or(u64::MAX),
        });
        TenantUsageDetail {
            id: view.id.to_string(),
            name: view.name.clone(),
            quota_bytes: view.settings.quota_bytes,
            quota_versions: view.settings.quota_versions,
            buckets: buckets.collect(),
            requests: requests.collect(),
        }
    }

    pub(super) async fn export_buckets(&self) -> Result<ExportBuckets, ApiError> {
        let by = self.may(Action::ExportTenant)?;
        let found = self.running().store.export_buckets(&by);
        let found = found.map_err(|error| api_error(&error))?.into_iter();
        Ok(ExportBuckets {
            tenant: by
                .tenant()
                .map(|tenant| tenant.to_string())
                .unwrap_or_default(),
            buckets: found
                .map(|(bucket, retired)| ExportBucket {
                    id: bucket.uuid.to_string(),
                    name: bucket.name.as_str().to_owned(),
                    retired,
                })
                .collect(),
        })
    }

    pub(super) async fn export_page(&self, query: &ExportQuery) -> Result<ExportedPage, ApiError> {
        let by = self.may(Action::ExportTenant)?;
        let after = Some(query.after_version.as_str()).filter(|text| !text.is_empty());
        let request = ListVersionsRequest {
            after_key: query.after_key.clone(),
            after_version: after.map(version).transpose()?,
            max: EXPORT_PAGE_MAX,
            with_hidden: query.history,
            ..ListVersionsRequest::default()
        };
        let bucket = bucket(&query.bucket)?;
        let page = self.running().store.export_page(&by, bucket, request).await;
        let page = page.map_err(|error| api_error(&error))?;
        let (next_key, next_version) = page.next.unzip();
        Ok(ExportedPage {
            versions: page.versions.into_iter().map(exported).collect(),
            next_key,
            next_version: next_version.flatten().map(|version| version.to_string()),
        })
    }

    pub(super) async fn export_content(
        &self,
        query: &ExportContentQuery,
    ) -> Result<Content, ApiError> {
        let by = self.may(Action::ExportTenant)?;
        let (bucket, key) = (bucket(&query.bucket)?, object_key(&query.key)?);
        let which = (&key, version(&query.version)?);
        let content = self.running().store.export_content(&by, bucket, which);
        let content = content.await.map_err(|error| api_error(&error))?;
        Ok(Content {
            bytes: Some(content.info.bytes),
            stream: Box::pin(content.body.map_err(broken)),
        })
    }
}

fn bucket(text: &str) -> Result<BucketUuid, ApiError> {
    BucketUuid::parse(text).ok_or_else(|| invalid("not the identity of a bucket"))
}

fn version(text: &str) -> Result<VersionId, ApiError> {
    VersionId::parse(text).ok_or_else(|| invalid("not a version id"))
}

fn exported(version: ExportedVersion) -> ExportVersion {
    let summary = version.summary;
    let mut out = ExportVersion {
        key: version.key,
        version: summary.version.to_string(),
        null: summary.null,
        marker: summary.marker,
        shown: version.shown,
        bytes: summary.content_bytes,
        modified: convert::wall(summary.modified),
        ..ExportVersion::default()
    };
    if !summary.marker {
        out.etag = summary.etag.to_string();
    }
    match version.lock {
        LockState::Known(lock) => {
            out.legal_hold = lock.hold == Some(true);
            out.awaits_event = lock.event.is_some();
            out.classes = lock.classes.iter().map(ToString::to_string).collect();
            if let Some(retention) = lock.retention {
                let mode = match retention.mode {
                    RetentionMode::Compliance => "compliance",
                    RetentionMode::Governance => "governance",
                };
                out.lock_mode = Some(mode.to_owned());
                out.retain_until = Some(convert::rfc3339(retention.until.0));
            }
        }
        LockState::Unknown(why) => out.damaged = Some(why),
    }
    match version.info {
        Some(Ok(info)) => {
            out.sha256 = info.sha256.map(hex::encode);
            out.headers = convert::pairs(&info.attributes.headers);
            out.metadata = convert::pairs(&info.attributes.metadata);
            out.tags = convert::pairs(&info.attributes.tags);
        }
        Some(Err(why)) => out.damaged = Some(why),
        None => {}
    }
    out
}
