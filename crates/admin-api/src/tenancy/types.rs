//! On the wire. Times are RFC 3339.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::types::Pair;

/// Whose usage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// Id of a tenant; left out = all for the operator of the vault, the own one for everybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// What tenants keep and ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageReport {
    /// Requests and byte-hours are counted from here on: the start of the server.
    pub since: String,
    /// When it was counted.
    pub now: String,
    /// Tenants.
    pub tenants: Vec<TenantUsageDetail>,
}

/// What one tenant keeps and asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantUsageDetail {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Most bytes of content, history included; none = no limit.
    pub quota_bytes: Option<u64>,
    /// Most versions, history included; none = no limit.
    pub quota_versions: Option<u64>,
    /// Its buckets, retired ones that keep something included.
    pub buckets: Vec<BucketUsageDetail>,
    /// Requests of its keys since the start of the server, by kind.
    pub requests: Vec<RequestCount>,
}

/// What one bucket keeps. Content only: delete markers are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BucketUsageDetail {
    /// Name.
    pub bucket: String,
    /// It was deleted; its history is kept.
    pub retired: bool,
    /// All versions.
    pub versions: u64,
    /// Bytes of all versions.
    pub bytes: u64,
    /// Versions that S3 no longer shows because they were deleted.
    pub hidden_versions: u64,
    /// Their bytes.
    pub hidden_bytes: u64,
    /// Versions that cannot be deleted now.
    pub locked_versions: u64,
    /// Their bytes.
    pub locked_bytes: u64,
    /// Bytes times hours since the start of the server.
    pub byte_hours: u64,
}

/// Requests of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestCount {
    /// `read`, `list`, `write`, `delete`, `admin`, `other`.
    pub kind: String,
    /// Answered.
    pub requests: u64,
    /// Of them refused or failed.
    pub refused: u64,
}

/// Buckets to be handed back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportBuckets {
    /// Tenant.
    pub tenant: String,
    /// By name.
    pub buckets: Vec<ExportBucket>,
}

/// A bucket to be handed back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportBucket {
    /// Identity: a name may be that of several, one after the other.
    pub id: String,
    /// Name.
    pub name: String,
    /// It was deleted; its history is kept.
    pub retired: bool,
}

/// Which versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Identity of the bucket.
    pub bucket: String,
    /// What S3 no longer shows, too.
    #[serde(default)]
    pub history: bool,
    /// Go on after this key …
    #[serde(default)]
    pub after_key: String,
    /// … and this version of it.
    #[serde(default)]
    pub after_version: String,
}

/// One page of versions, by key, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportedPage {
    /// Versions and markers.
    pub versions: Vec<ExportVersion>,
    /// `after_key` of the next page; none = there is no more.
    pub next_key: Option<String>,
    /// `after_version` of the next page.
    pub next_version: Option<String>,
}

/// One version or marker, as the manifest has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportVersion {
    /// Key.
    pub key: String,
    /// Version id.
    pub version: String,
    /// S3 shows it as `null`.
    pub null: bool,
    /// A delete marker: it has no content.
    pub marker: bool,
    /// Whether S3 shows it; what it does not show is hidden history.
    pub shown: bool,
    /// Length in bytes.
    pub bytes: u64,
    /// Last-Modified.
    pub modified: String,
    /// ETag without quotes.
    pub etag: String,
    /// SHA-256 as it was stored, where that was computed.
    pub sha256: Option<String>,
    /// `compliance` or `governance`.
    pub lock_mode: Option<String>,
    /// Retained until.
    pub retain_until: Option<String>,
    /// A legal hold.
    pub legal_hold: bool,
    /// The event that starts its period is awaited.
    pub awaits_event: bool,
    /// Retention classes.
    pub classes: Vec<String>,
    /// System headers.
    pub headers: Vec<Pair>,
    /// User metadata.
    pub metadata: Vec<Pair>,
    /// Tags.
    pub tags: Vec<Pair>,
    /// Why its record or its lock cannot be read.
    pub damaged: Option<String>,
}

/// Which content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportContentQuery {
    /// Identity of the bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Version id.
    pub version: String,
}

/// Which key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlastQuery {
    /// Access key id.
    pub key: String,
}

/// What a key could do. Nothing is ever destroyed at once: what is deleted is hidden, and erased by the
/// vault itself after the days of history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlastRadius {
    /// Access key id.
    pub key: String,
    /// Its owner.
    pub user: Option<String>,
    /// Versions that it could destroy at once: none, whatever it may.
    pub destroy: u64,
    /// Actions on the tenant and the vault.
    pub administer: Vec<String>,
    /// Buckets of its tenant.
    pub buckets: Vec<BucketReach>,
    /// What was not looked at.
    pub caveats: Vec<String>,
}

/// What a key could do in one bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BucketReach {
    /// Name.
    pub bucket: String,
    /// Objects whose content it can read.
    pub read: Reach,
    /// Objects that it can take out of sight; they come back with `azekura object undelete`.
    pub hide: Reach,
    /// Objects that it can take out of sight by their version, because no lock keeps them.
    pub hide_versions: Reach,
    /// Objects that it can lock.
    pub lock: Reach,
    /// Objects under GOVERNANCE that it can hide against their lock, if two people are not needed.
    pub bypass: Reach,
    /// It can store objects.
    pub write: bool,
    /// Actions that change the bucket.
    pub configure: Vec<String>,
    /// Days for which hidden history is kept.
    pub history_days: u32,
    /// Not all objects were looked at: the numbers are lower bounds.
    pub at_least: bool,
}

/// Objects and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reach {
    /// Objects.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PolicyExplainQuery {
    /// Access key id.
    pub key: String,
    /// As policies name it: `s3:GetObject`.
    pub action: String,
    /// As policies name it: `arn:aws:s3:::bucket/key`.
    pub resource: String,
}

/// Whether a key may do something, and what decides it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyExplained {
    /// Access key id.
    pub key: String,
    /// Action.
    pub action: String,
    /// Resource.
    pub resource: String,
    /// It may.
    pub allowed: bool,
    /// What decides it, in words.
    pub because: String,
    /// Name of the policy whose statement decides it.
    pub policy: Option<String>,
    /// Place of the statement, from 1.
    pub statement: Option<u64>,
    /// Its `Sid`.
    pub sid: Option<String>,
}
