//! What a tenant keeps, takes with it, and what its keys reach: operations, types on the wire, client.

mod types;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use http::Method;
use http_body_util::BodyDataStream;

pub use types::{
    BlastQuery, BlastRadius, BucketReach, BucketUsageDetail, ExportBucket, ExportBuckets,
    ExportContentQuery, ExportQuery, ExportVersion, ExportedPage, PolicyExplainQuery,
    PolicyExplained, Reach, RequestCount, TenantUsageDetail, UsageQuery, UsageReport,
};

use crate::api::Content;
use crate::client::{Client, broke_off, target};
use crate::error::ApiError;
use crate::paths;

/// What may be asked. Every method answers [`ApiError`] when refused.
#[async_trait]
pub trait TenancyApi: Send + Sync {
    /// What tenants keep and ask for.
    async fn usage(&self, query: &UsageQuery) -> Result<UsageReport, ApiError>;

    /// Buckets of the own tenant to be handed back.
    async fn export_buckets(&self) -> Result<ExportBuckets, ApiError>;

    /// One page of versions to be handed back.
    async fn export_page(&self, query: &ExportQuery) -> Result<ExportedPage, ApiError>;

    /// Content of a version to be handed back.
    async fn export_content(&self, query: &ExportContentQuery) -> Result<Content, ApiError>;

    /// What a key of the own tenant could do.
    async fn blast_radius(&self, query: &BlastQuery) -> Result<BlastRadius, ApiError>;

    /// Whether a key of the own tenant may do something, and what decides it.
    async fn explain_policy(&self, query: &PolicyExplainQuery)
    -> Result<PolicyExplained, ApiError>;
}

#[async_trait]
impl TenancyApi for Client {
    async fn usage(&self, query: &UsageQuery) -> Result<UsageReport, ApiError> {
        let query = [("tenant", query.tenant.as_deref())];
        self.call(Method::GET, &target(paths::USAGE, "", &query))
            .await
    }

    async fn export_buckets(&self) -> Result<ExportBuckets, ApiError> {
        self.call(Method::GET, paths::EXPORT).await
    }

    async fn export_page(&self, query: &ExportQuery) -> Result<ExportedPage, ApiError> {
        let query = [
            ("bucket", Some(query.bucket.as_str())),
            (
                "history",
                Some(if query.history { "true" } else { "false" }),
            ),
            ("after_key", Some(query.after_key.as_str())),
            ("after_version", Some(query.after_version.as_str())),
        ];
        self.call(Method::GET, &target(paths::EXPORT_VERSIONS, "", &query))
            .await
    }

    async fn export_content(&self, query: &ExportContentQuery) -> Result<Content, ApiError> {
        let query = [
            ("bucket", Some(query.bucket.as_str())),
            ("key", Some(query.key.as_str())),
            ("version", Some(query.version.as_str())),
        ];
        let response = self
            .send(Method::GET, &target(paths::EXPORT_CONTENT, "", &query))
            .await?;
        let length = response.headers().get(http::header::CONTENT_LENGTH);
        let bytes = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let body = BodyDataStream::new(response.into_body());
        Ok(Content {
            bytes,
            stream: Box::pin(body.map_err(|error| broke_off(&error))),
        })
    }

    async fn blast_radius(&self, query: &BlastQuery) -> Result<BlastRadius, ApiError> {
        let query = [("key", Some(query.key.as_str()))];
        self.call(Method::GET, &target(paths::BLAST_RADIUS, "", &query))
            .await
    }

    async fn explain_policy(
        &self,
        query: &PolicyExplainQuery,
    ) -> Result<PolicyExplained, ApiError> {
        let query = [
            ("key", Some(query.key.as_str())),
            ("action", Some(query.action.as_str())),
            ("resource", Some(query.resource.as_str())),
        ];
        self.call(Method::GET, &target(paths::POLICY_EXPLAIN, "", &query))
            .await
    }
}
