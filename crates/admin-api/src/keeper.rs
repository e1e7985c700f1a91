//! Lifecycle, hidden history and disposal: operations, types on the wire, and their client.

mod types;

use async_trait::async_trait;
use http::Method;

pub use types::{
    BucketLifecycle, CertificateDocument, CertificateQuery, CertifiedEpoch, CertifiedErasure,
    CertifiedKey, DisposalDetail, DisposalList, DisposalQuery, ErasedParts, HistoryDaysDetail,
    HistoryDaysQuery, KeeperRun, LifecycleRuleDetail, PendingLifecycle, RecordPlace,
};

use crate::client::{Client, target};
use crate::error::ApiError;
use crate::paths;
use crate::sigv4;

/// What an operator may ask about what leaves a vault. Every method answers [`ApiError`] when refused.
#[async_trait]
pub trait KeeperApi: Send + Sync {
    /// The lifecycle rules in force and those that wait.
    async fn lifecycle(&self, bucket: &str) -> Result<BucketLifecycle, ApiError>;

    /// Runs one pass of the keeper over a bucket now.
    async fn run_lifecycle(&self, bucket: &str) -> Result<KeeperRun, ApiError>;

    /// How many days hidden history stays.
    async fn history_days(&self, bucket: &str) -> Result<HistoryDaysDetail, ApiError>;

    /// Asks for other days: more act at once, fewer after the cooling-off.
    async fn put_history_days(
        &self,
        bucket: &str,
        query: &HistoryDaysQuery,
    ) -> Result<HistoryDaysDetail, ApiError>;

    /// The disposals of a bucket.
    async fn disposals(&self, bucket: &str) -> Result<DisposalList, ApiError>;

    /// Asks for a disposal; it acts after the cooling-off.
    async fn request_disposal(
        &self,
        bucket: &str,
        query: &DisposalQuery,
    ) -> Result<DisposalDetail, ApiError>;

    /// Takes a disposal back before it acts.
    async fn cancel_disposal(&self, bucket: &str, id: &str) -> Result<DisposalDetail, ApiError>;

    /// What was released, and how it was erased and checked.
    async fn certificate(
        &self,
        bucket: &str,
        query: &CertificateQuery,
    ) -> Result<CertificateDocument, ApiError>;
}

#[async_trait]
impl KeeperApi for Client {
    async fn lifecycle(&self, bucket: &str) -> Result<BucketLifecycle, ApiError> {
        self.call(Method::GET, &target(paths::LIFECYCLE, bucket, &[]))
            .await
    }

    async fn run_lifecycle(&self, bucket: &str) -> Result<KeeperRun, ApiError> {
        self.call(Method::POST, &target(paths::LIFECYCLE_RUN, bucket, &[]))
            .await
    }

    async fn history_days(&self, bucket: &str) -> Result<HistoryDaysDetail, ApiError> {
        self.call(Method::GET, &target(paths::HISTORY_DAYS, bucket, &[]))
            .await
    }

    async fn put_history_days(
        &self,
        bucket: &str,
        query: &HistoryDaysQuery,
    ) -> Result<HistoryDaysDetail, ApiError> {
        let days = query.days.to_string();
        let query = [("days", Some(days.as_str()))];
        self.call(Method::PUT, &target(paths::HISTORY_DAYS, bucket, &query))
            .await
    }

    async fn disposals(&self, bucket: &str) -> Result<DisposalList, ApiError> {
        self.call(Method::GET, &target(paths::DISPOSALS, bucket, &[]))
            .await
    }

    async fn request_disposal(
        &self,
        bucket: &str,
        query: &DisposalQuery,
    ) -> Result<DisposalDetail, ApiError> {
        let query = [
            ("prefix", Some(query.prefix.as_str())),
            ("class", query.class.as_deref()),
            ("before", query.before.as_deref()),
            ("reason", Some(query.reason.as_str())),
        ];
        self.call(Method::POST, &target(paths::DISPOSALS, bucket, &query))
            .await
    }

    async fn cancel_disposal(&self, bucket: &str, id: &str) -> Result<DisposalDetail, ApiError> {
        let route = paths::DISPOSAL.replace("{id}", &sigv4::encode_component(id));
        self.call(Method::DELETE, &target(&route, bucket, &[]))
            .await
    }

    async fn certificate(
        &self,
        bucket: &str,
        query: &CertificateQuery,
    ) -> Result<CertificateDocument, ApiError> {
        let query = [
            ("disposal", query.disposal.as_deref()),
            ("from", query.from.as_deref()),
            ("to", query.to.as_deref()),
        ];
        self.call(Method::GET, &target(paths::CERTIFICATE, bucket, &query))
            .await
    }
}
