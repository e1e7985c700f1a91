//! Types on the wire of the admin API. JSON; times are RFC 3339 in UTC with milliseconds; lengths
//! are in bytes; hashes are lower-case hexadecimal.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

mod clock;

pub use clock::{ClockDetail, ClockStartDetail};

/// What the vault is and how it fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultReport {
    /// Version of the server.
    pub server_version: String,
    /// Region of this vault.
    pub region: String,
    /// Address at which it serves S3, `http://host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_endpoint: Option<String>,
    /// Where the vault stands, as its operator declares it.
    pub declared: RegionDescription,
    /// Its present life, hexadecimal.
    pub incarnation: String,
    /// Time by which locks expire.
    pub compliance_time: Option<String>,
    /// Number of buckets that are not retired.
    pub buckets: u64,
    /// Bytes of journal on disk, payloads inside it included.
    pub journal_bytes: u64,
    /// Free bytes of the tightest directory.
    pub free_bytes: u64,
    /// Bytes that must stay free; below it data is refused.
    pub floor_bytes: u64,
    /// Whether data is refused now for want of space.
    pub refusing_data: bool,
    /// Commits that are durable and not yet in the index.
    pub unindexed_commits: u64,
    /// Commit groups made durable since start.
    pub groups: u64,
    /// Records made durable since start.
    pub records: u64,
    /// Syncs of files since start.
    pub syncs: u64,
    /// Damage known since start: what and where.
    pub damage: Vec<String>,
    /// Why the engine stopped, if it did.
    pub poisoned: Option<String>,
    /// What the operator should see to.
    pub warnings: Vec<String>,
}

/// Where a region stands, as its operator declares it. Shown and not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegionDescription {
    /// Jurisdiction, `JP` in Japan; `未申告` = not declared.
    pub jurisdiction: String,
    /// Prefecture.
    pub prefecture: Option<String>,
    /// Building or data centre.
    pub site: Option<String>,
    /// Who runs it.
    pub operator: Option<String>,
}

/// A cut: one head for each partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CutReport {
    /// Region of every position.
    pub region: String,
    /// Life of the vault, hexadecimal.
    pub incarnation: String,
    /// What the wall clock showed.
    pub taken: String,
    /// Hybrid time, packed, a decimal number.
    pub hybrid_time: String,
    /// Heads by partition.
    pub heads: Vec<PartitionHead>,
}

/// The last durable record of a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartitionHead {
    /// Partition, hexadecimal.
    pub partition: String,
    /// Name of the bucket whose partition it is; left out for the vault's own.
    pub bucket: Option<String>,
    /// UUID of that bucket.
    pub bucket_uuid: Option<String>,
    /// Its last durable sequence, a decimal number (text: it may exceed what JSON numbers hold).
    pub sequence: String,
    /// Hash of the chain there, hexadecimal.
    pub chain: String,
}

/// Buckets by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BucketList {
    /// All that are not retired.
    pub buckets: Vec<BucketInfo>,
}

/// One bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BucketInfo {
    /// Name.
    pub name: String,
    /// Identity for all time.
    pub uuid: String,
    /// Institution.
    pub tenant: String,
    /// `unversioned`, `enabled` or `suspended`.
    pub versioning: String,
    /// Region shown as its location.
    pub location: String,
    /// When it was made.
    pub created: String,
    /// Days for which hidden versions stay.
    pub history_days: u32,
}

/// A bucket with a fresh key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RotatedKey {
    /// Name.
    pub bucket: String,
    /// Number of the key epoch under which new versions are sealed.
    pub epoch: u32,
}

/// Which objects to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ObjectsQuery {
    /// Only keys that begin so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Roll up what follows the prefix up to here.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub delimiter: String,
    /// Only keys after this one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// Most entries, 1 to 1,000 (the default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u16>,
}

/// Current objects and common prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectPage {
    /// Objects in byte order of their keys.
    pub objects: Vec<ObjectSummary>,
    /// Common prefixes.
    pub prefixes: Vec<String>,
    /// `after` of the next page, if there is more.
    pub next: Option<String>,
}

/// What a listing says of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectSummary {
    /// Key.
    pub key: String,
    /// Version id.
    pub version: String,
    /// Length in bytes.
    pub bytes: u64,
    /// ETag without quotes.
    pub etag: String,
    /// Last-Modified.
    pub modified: String,
}

/// Which version of which key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ObjectQuery {
    /// Key.
    pub key: String,
    /// Version id or `null`; left out = the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What is known of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectDetail {
    /// Key.
    pub key: String,
    /// Version id.
    pub version: String,
    /// Shown by S3 as `null`.
    pub null: bool,
    /// Length in bytes.
    pub bytes: u64,
    /// ETag without quotes.
    pub etag: String,
    /// SHA-256 of the content; left out when only its parts' are known.
    pub sha256: Option<String>,
    /// Checksums kept: algorithm and hexadecimal value.
    pub checksums: Vec<Pair>,
    /// Last-Modified.
    pub modified: String,
    /// System headers.
    pub headers: Vec<Pair>,
    /// User metadata.
    pub metadata: Vec<Pair>,
    /// Tags.
    pub tags: Vec<Pair>,
    /// Length in bytes of each part of a multipart upload.
    pub parts: Vec<u64>,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pair {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Which key's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Key.
    pub key: String,
}

/// Every version of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// Newest first.
    pub versions: Vec<VersionReport>,
}

/// One version, and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionReport {
    /// Version id.
    pub version: String,
    /// The current one.
    pub latest: bool,
    /// S3 shows it.
    pub shown: bool,
    /// It was deleted by its version id: S3 no longer shows it, the vault keeps it.
    pub hidden: bool,
    /// A delete marker.
    pub marker: bool,
    /// A `null` version.
    pub null: bool,
    /// Length in bytes.
    pub bytes: u64,
    /// ETag without quotes; empty for markers.
    pub etag: String,
    /// Last-Modified.
    pub modified: String,
    /// Who made it; left out when the record cannot be read.
    pub by: Option<Who>,
    /// Who hid it, if it is hidden.
    pub hidden_by: Option<Who>,
}

/// Who asked for a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Who {
    /// Person or system.
    pub principal: String,
    /// Access key id.
    pub key_id: String,
    /// Source address.
    pub source: Option<String>,
    /// Request id.
    pub request_id: String,
    /// When, by the wall clock.
    pub at: String,
}
