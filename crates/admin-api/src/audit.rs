//! The audit: what is asked, and rows as they travel, one JSON object a line.

use async_trait::async_trait;
use futures::TryStreamExt as _;
use http::Method;
use http_body_util::BodyDataStream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::ContentStream;
use crate::client::{Client, target};
use crate::error::{ApiError, Code};
use crate::paths;

/// Which rows are asked for; what is left out is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditAsk {
    /// Patient whom the object key names.
    pub patient: Option<String>,
    /// Bucket.
    pub bucket: Option<String>,
    /// Start of object keys.
    pub prefix: Option<String>,
    /// Principal or access key id.
    pub principal: Option<String>,
    /// From this time on, as `2026-11-23` or `2026-11-23T00:00:00Z`.
    pub from: Option<String>,
    /// Before this time.
    pub to: Option<String>,
    /// `done` or `refused`.
    pub result: Option<String>,
}

/// One row: a request that changed nothing, or a change from its own record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditLine {
    /// When it was answered, RFC 3339; of a roll-up, the last.
    pub time: String,
    /// `request`, `change`, or `released`: from `since` to `time` entries are past their period and gone;
    /// `count` is the number of their batches, and nothing is known of them.
    pub kind: String,
    /// Request id as the client saw it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// `s3` or `admin`.
    pub interface: String,
    /// S3 operation, or method and route of the admin API; empty when refused before that was known.
    pub operation: String,
    /// Person or system; empty when nobody's signature was verified.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub principal: String,
    /// Access key id; a claim only when `auth` is `unverified`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_id: String,
    /// `unverified`, `header`, `query`, `form` or `login`.
    pub auth: String,
    /// Source address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Subject of the client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_identity: Option<String>,
    /// `User-Agent`, cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// `Host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Method of HTTP.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Query without signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Object key; of a listing, its prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Version id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Status of the answer; 0 in a roll-up of several.
    pub status: u16,
    /// S3 error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Statement of the policy that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Patient whom the object key names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Bytes of content received.
    pub bytes_received: u64,
    /// Bytes of content in the answer.
    pub bytes_sent: u64,
    /// Microseconds.
    pub duration_us: u64,
    /// Requests that the row stands for.
    pub count: u64,
    /// Of a roll-up: the time of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Partition and sequence of the record that says so.
    pub record: String,
}

/// What an auditor may ask.
#[async_trait]
pub trait AuditApi: Send + Sync {
    /// Rows in order of time, one [`AuditLine`] a line. Ends in an error when it could not be read to
    /// its end; what came before is right.
    async fn audit(&self, ask: &AuditAsk) -> Result<ContentStream, ApiError>;
}

#[async_trait]
impl AuditApi for Client {
    async fn audit(&self, ask: &AuditAsk) -> Result<ContentStream, ApiError> {
        let query = [
            ("patient", ask.patient.as_deref()),
            ("bucket", ask.bucket.as_deref()),
            ("prefix", ask.prefix.as_deref()),
            ("principal", ask.principal.as_deref()),
            ("from", ask.from.as_deref()),
            ("to", ask.to.as_deref()),
            ("result", ask.result.as_deref()),
        ];
        let response = self
            .send(Method::GET, &target(paths::AUDIT, "", &query))
            .await?;
        let broke_off = |error: hyper::Error| {
            ApiError::new(Code::Unavailable, format!("the answer broke off: {error}")).hint(
                "It is not whole. The log of the server says why; ask again from the last time.",
            )
        };
        Ok(Box::pin(
            BodyDataStream::new(response.into_body()).map_err(broke_off),
        ))
    }
}
