//! The operations of the admin API.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures::Stream;

use crate::error::ApiError;
use crate::types::{
    BucketInfo, BucketList, ClockDetail, CutReport, History, HistoryQuery, ObjectDetail,
    ObjectPage, ObjectQuery, ObjectsQuery, RotatedKey, VaultReport,
};

/// Content of a version: what is known of it, and its bytes in order.
pub struct Content {
    /// Length in bytes, when known.
    pub bytes: Option<u64>,
    /// The bytes. Ends in an error when stored bytes are damaged; what came before is right.
    pub stream: ContentStream,
}

/// Bytes of a version, as they arrive.
pub type ContentStream = Pin<Box<dyn Stream<Item = Result<Bytes, ApiError>> + Send>>;

/// What an operator may ask of a vault. Every method answers [`ApiError`] when refused.
#[async_trait]
pub trait AdminApi: Send + Sync {
    /// What the vault is and how it fares.
    async fn vault_info(&self) -> Result<VaultReport, ApiError>;

    /// Where the compliance clock stands, and what that means for locks.
    async fn clock(&self) -> Result<ClockDetail, ApiError>;

    /// The cut at this moment: one head for each partition.
    async fn snapshot(&self) -> Result<CutReport, ApiError>;

    /// All buckets, by name.
    async fn list_buckets(&self) -> Result<BucketList, ApiError>;

    /// Makes a bucket.
    async fn create_bucket(&self, bucket: &str) -> Result<BucketInfo, ApiError>;

    /// Retires a bucket that shows nothing; its history stays.
    async fn delete_bucket(&self, bucket: &str) -> Result<(), ApiError>;

    /// Opens the next key epoch of a bucket while writes go on.
    async fn rotate_key(&self, bucket: &str) -> Result<RotatedKey, ApiError>;

    /// One page of current objects.
    async fn list_objects(
        &self,
        bucket: &str,
        query: &ObjectsQuery,
    ) -> Result<ObjectPage, ApiError>;

    /// What is known of one version.
    async fn object(&self, bucket: &str, query: &ObjectQuery) -> Result<ObjectDetail, ApiError>;

    /// Content of one version.
    async fn content(&self, bucket: &str, query: &ObjectQuery) -> Result<Content, ApiError>;

    /// Every version of a key, newest first, with who made it; hidden ones too.
    async fn history(&self, bucket: &str, query: &HistoryQuery) -> Result<History, ApiError>;
}
