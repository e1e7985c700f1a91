//! On the wire. Times are RFC 3339; those that decide are compliance time.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Lifecycle rules of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BucketLifecycle {
    /// In force now.
    pub in_force: Vec<LifecycleRuleDetail>,
    /// What waits; left out when nothing does.
    pub pending: Option<PendingLifecycle>,
}

/// Rules that wait for their cooling-off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingLifecycle {
    /// Compliance time from which on they count.
    pub acts_at: String,
    /// The rules; none = there will be none.
    pub rules: Vec<LifecycleRuleDetail>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LifecycleRuleDetail {
    /// Name.
    pub id: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// Keys that begin so; empty = all.
    pub prefix: String,
    /// Tags that a version must carry, `key=value`.
    pub tags: Vec<String>,
    /// Only versions with more bytes.
    pub larger_than: Option<u64>,
    /// Only versions with fewer bytes.
    pub smaller_than: Option<u64>,
    /// Days after which a current version expires.
    pub expire_days: Option<u32>,
    /// Time from which on current versions expire.
    pub expire_date: Option<String>,
    /// Delete markers that stand alone go.
    pub expire_markers: Option<bool>,
    /// Days after which a noncurrent version goes.
    pub noncurrent_days: Option<u32>,
    /// So many of the newest noncurrent versions stay.
    pub noncurrent_kept: Option<u32>,
    /// Days after which an unfinished upload is aborted.
    pub abort_multipart_days: Option<u32>,
}

/// What a pass of the keeper did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeeperRun {
    /// Records of the journal read to judge.
    pub records_read: u64,
    /// Releases of earlier passes finished now.
    pub finished: u64,
    /// Versions, markers and uploads released and erased.
    pub released: u64,
    /// Bytes that are no longer there.
    pub released_bytes: u64,
    /// Current versions expired by a rule.
    pub expired: u64,
    /// Noncurrent versions and lone markers hidden by a rule.
    pub removed: u64,
    /// Uploads aborted by a rule.
    pub aborted: u64,
    /// Versions hidden by a disposal.
    pub disposed: u64,
    /// Versions that a lock kept.
    pub locked: u64,
    /// What could not be judged or done; the log says why.
    pub failed: u64,
}

/// Days of hidden history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryDaysDetail {
    /// As they count now.
    pub days: u32,
    /// Fewer days that wait.
    pub pending_days: Option<u32>,
    /// Compliance time from which on those count.
    pub acts_at: Option<String>,
}

/// How many days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryDaysQuery {
    /// Days, 0 to 36,500.
    pub days: u32,
}

/// What a disposal shall hide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DisposalQuery {
    /// Only keys that begin so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Only versions of this retention class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Only versions committed before, RFC 3339 or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Why; needed.
    pub reason: String,
}

/// A disposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisposalDetail {
    /// Identity, hexadecimal.
    pub id: String,
    /// Only keys that begin so.
    pub prefix: String,
    /// Only versions of this retention class.
    pub class: Option<String>,
    /// Only versions committed before.
    pub before: String,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When, by compliance time.
    pub asked_at: String,
    /// Compliance time from which on it acts.
    pub acts_at: String,
    /// `requested`, `cancelled` or `hidden`.
    pub stage: String,
    /// Versions and markers that it hid.
    pub hidden_versions: Option<u64>,
    /// Bytes of their contents.
    pub hidden_bytes: Option<u64>,
    /// Versions that a lock kept.
    pub locked_versions: Option<u64>,
}

/// Disposals of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisposalList {
    /// By the time when they were asked for.
    pub disposals: Vec<DisposalDetail>,
}

/// Which releases a certificate shall name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificateQuery {
    /// Only what this disposal hid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposal: Option<String>,
    /// Released at this compliance time or later, RFC 3339 or a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Released before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A certificate of disposal. It names no object and no person whose data it was: versions stand by
/// their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateDocument {
    /// What this is: `azekura disposal certificate v1`.
    pub document: String,
    /// The bucket, by its identity for all time.
    pub bucket_uuid: String,
    /// Region of the records.
    pub region: String,
    /// Life of the vault, hexadecimal.
    pub incarnation: String,
    /// Partition of the records, hexadecimal.
    pub partition: String,
    /// When it was made: wall clock.
    pub issued: String,
    /// When it was made: compliance time.
    pub issued_compliance: String,
    /// What is not covered by this certificate.
    pub limits: Vec<String>,
    /// That the bucket's keys are destroyed; left out while they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_destroyed: Option<CertifiedKey>,
    /// Old epochs of a bucket that lives whose keys are destroyed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs_destroyed: Vec<CertifiedEpoch>,
    /// What was released.
    pub releases: Vec<CertifiedErasure>,
}

/// Keys of a bucket are destroyed: no copy of a record that they sealed opens any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertifiedKey {
    /// `key destroyed`, or `being destroyed`.
    pub stage: String,
    /// Partition of the two records, hexadecimal.
    pub partition: String,
    /// The record that decided it.
    pub decided: RecordPlace,
    /// The record that says that every wrapped key was erased and read back.
    pub erased: Option<RecordPlace>,
    /// Number of epochs, each with a key of its own.
    pub epochs: u32,
}

/// The key of an old epoch is destroyed: no copy of a record that it sealed opens any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertifiedEpoch {
    /// Number of the epoch.
    pub epoch: u32,
    /// Its key.
    pub key: CertifiedKey,
}

/// Where a record stands and when it was committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordPlace {
    /// Sequence in the partition, a decimal number.
    pub sequence: String,
    /// Wall clock.
    pub wall: String,
    /// Compliance time.
    pub compliance: String,
}

/// One version, marker or upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertifiedErasure {
    /// Version id; left out for an upload that was aborted.
    pub version: Option<String>,
    /// Length of its content in bytes.
    pub content_bytes: u64,
    /// Commitment of its record to what it was, SHA-256, hexadecimal.
    pub commitment: Option<String>,
    /// Its own record.
    pub made: Option<RecordPlace>,
    /// The record that took it out of sight; left out when a newer version did.
    pub hidden: Option<RecordPlace>,
    /// Who took it out of sight.
    pub hidden_by: Option<String>,
    /// The disposal that asked for it, hexadecimal.
    pub disposal: Option<String>,
    /// The release record, judged and durable before anything was erased.
    pub released: RecordPlace,
    /// `released` (not erased yet) or `freed`.
    pub stage: String,
    /// What was erased, and how.
    pub erased: Option<ErasedParts>,
    /// Sequences of the records whose particulars and payloads are erased.
    pub records: Vec<String>,
}

/// What was erased, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedParts {
    /// The record that says so.
    pub freed: RecordPlace,
    /// Bytes of particulars (names, metadata, data keys) overwritten with zeros.
    pub particulars_zeroed: u64,
    /// Bytes of payloads in the journal overwritten with zeros and given back to the disk.
    pub payload_zeroed: u64,
    /// Payload files removed.
    pub blobs_removed: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Every part was read back and found erased, every file gone.
    pub read_back: bool,
}
