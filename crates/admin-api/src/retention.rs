//! Retention: classes, limits, defaults on trial, who can delete what, and changes in bulk. Types on
//! the wire and the operations.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::types::Pair;

/// What an operator may ask about retention.
#[async_trait]
pub trait RetentionApi: Send + Sync {
    /// All retention classes that the vault knows.
    async fn list_classes(&self) -> Result<ClassList, ApiError>;

    /// Which classes a bucket gives to what.
    async fn class_rules(&self, bucket: &str) -> Result<ClassRulesReport, ApiError>;

    /// Adds a rule; new versions follow it at once.
    async fn add_class_rule(
        &self,
        bucket: &str,
        query: &ClassRuleQuery,
    ) -> Result<ClassRulesReport, ApiError>;

    /// Takes a rule away, after the cooling-off.
    async fn remove_class_rule(
        &self,
        bucket: &str,
        query: &ClassRuleQuery,
    ) -> Result<ClassRulesReport, ApiError>;

    /// Limits of a bucket on retention dates.
    async fn retention_limits(&self, bucket: &str) -> Result<LimitsReport, ApiError>;

    /// Changes the limits of a bucket; what weakens acts after the cooling-off.
    async fn put_retention_limits(
        &self,
        bucket: &str,
        query: &LimitsQuery,
    ) -> Result<LimitsReport, ApiError>;

    /// Default retention of a bucket and its trial.
    async fn lock_default(&self, bucket: &str) -> Result<LockDefaultReport, ApiError>;

    /// Sets or withdraws the default retention of a bucket.
    async fn put_lock_default(
        &self,
        bucket: &str,
        query: &LockDefaultQuery,
    ) -> Result<LockDefaultReport, ApiError>;

    /// Who can delete a version, when, and by which rule.
    async fn explain(&self, bucket: &str, query: &ExplainQuery) -> Result<ExplainReport, ApiError>;

    /// One page of the count of a bucket's locks.
    async fn lock_report(&self, bucket: &str, query: &PageQuery) -> Result<LockTally, ApiError>;

    /// One page of a change of many locks.
    async fn change_locks(
        &self,
        bucket: &str,
        query: &BulkQuery,
        items: &[BulkItem],
    ) -> Result<BulkReport, ApiError>;

    /// Brings an object back that S3 shows as deleted.
    async fn undelete(
        &self,
        bucket: &str,
        query: &UndeleteQuery,
    ) -> Result<UndeleteReport, ApiError>;
}

/// All classes, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassList {
    /// Classes.
    pub classes: Vec<ClassReport>,
}

/// One retention class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassReport {
    /// Name.
    pub name: String,
    /// What it is for, in Japanese.
    pub title_ja: String,
    /// What it is for, in English.
    pub title_en: String,
    /// Calendar years; left out = until somebody decides (legal hold).
    pub years: Option<u32>,
    /// `upload` or `event`.
    pub start: String,
    /// Name of the event in Japanese.
    pub event_ja: Option<String>,
    /// Name of the event in English.
    pub event_en: Option<String>,
    /// A longer period: its years, and the day from which on it counts (left out = not known).
    pub change: Option<ClassChange>,
    /// Articles of law.
    pub law: String,
    /// What the entry rests on.
    pub edition: String,
    /// Not checked against the source.
    pub unverified: bool,
    /// What to mind, in Japanese.
    pub note_ja: String,
    /// What to mind, in English.
    pub note_en: String,
    /// Comes with Azekura; otherwise the operator's own.
    pub shipped: bool,
}

/// A longer period from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassChange {
    /// First day; left out = not known yet, the shorter period counts.
    pub from: Option<String>,
    /// Years.
    pub years: u32,
}

/// Which classes a bucket gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassRulesReport {
    /// Bucket.
    pub bucket: String,
    /// Rules in force.
    pub rules: Vec<ClassRuleReport>,
    /// Rules that will be in force after the cooling-off; left out = nothing waits.
    pub pending: Option<Vec<ClassRuleReport>>,
    /// When they will be.
    pub acts_at: Option<String>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassRuleReport {
    /// Keys that begin so; empty = all.
    pub prefix: String,
    /// A tag that the object must have.
    pub tag: Option<Pair>,
    /// Class.
    pub class: String,
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: String,
}

/// A rule to add or to take away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClassRuleQuery {
    /// Class.
    pub class: String,
    /// Keys that begin so; left out = all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// `NAME=VALUE`: a tag that the object must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// `compliance` (default) or `governance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// Limits of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LimitsReport {
    /// Bucket.
    pub bucket: String,
    /// Shortest retention in days, from the upload.
    pub floor_days: Option<u32>,
    /// Longest retention in days, from the request.
    pub ceiling_days: Option<u32>,
    /// What will be in force after the cooling-off.
    pub pending: Option<PendingLimits>,
}

/// Limits that wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingLimits {
    /// Shortest retention in days.
    pub floor_days: Option<u32>,
    /// Longest retention in days.
    pub ceiling_days: Option<u32>,
    /// When they act, by compliance time.
    pub acts_at: String,
}

/// Limits to set. What is left out stays; 0 takes a limit away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LimitsQuery {
    /// Shortest retention in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor_days: Option<u32>,
    /// Longest retention in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling_days: Option<u32>,
}

/// Default retention of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockDefaultReport {
    /// Bucket.
    pub bucket: String,
    /// Object lock is enabled.
    pub enabled: bool,
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: Option<String>,
    /// Days, if the period is stated in days.
    pub days: Option<u32>,
    /// Years, if it is stated in years.
    pub years: Option<u32>,
    /// The COMPLIANCE default is on trial until then: new versions show GOVERNANCE.
    pub probation_ends: Option<String>,
    /// What the end of the trial will do; left out when there is none.
    pub preview: Option<LockPreview>,
}

/// What becomes final at the end of a trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockPreview {
    /// Versions that become COMPLIANCE.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first of them is free then.
    pub first_until: Option<String>,
    /// The last of them is free then.
    pub last_until: Option<String>,
    /// More versions than were counted: the figures are lower bounds.
    pub more: bool,
    /// What can no longer be changed afterwards, in Japanese.
    pub final_ja: String,
    /// What can no longer be changed afterwards, in English.
    pub final_en: String,
}

/// A default to set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LockDefaultQuery {
    /// `governance`, `compliance`, or `none` to withdraw the default.
    pub mode: String,
    /// Days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Years; either days or years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub years: Option<u32>,
    /// Hours of trial of a COMPLIANCE default; left out = as configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probation_hours: Option<u32>,
}

/// Which version to explain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// Key.
    pub key: String,
    /// Version id; left out = the newest, also when it is a delete marker or hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `ja` (default) or `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// Who can delete a version, when, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainReport {
    /// `s3://bucket/key`.
    pub address: String,
    /// Version id.
    pub version: String,
    /// `current`, `noncurrent`, `under-marker`, `marker` or `hidden`.
    pub standing: String,
    /// Length in bytes.
    pub bytes: u64,
    /// `yes`, `with-bypass`, `not-before`, `after-event`, `after-hold` or `unknown`.
    pub deletable: String,
    /// From when on no lock keeps it; left out when nobody can say.
    pub free_from: Option<String>,
    /// The lock.
    pub lock: LockShown,
    /// Why the lock state cannot be proved, if so.
    pub unknown: Option<String>,
    /// Compliance time of the answer.
    pub compliance_time: String,
    /// The answer in sentences.
    pub sentences: Vec<String>,
}

/// A lock as shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockShown {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: Option<String>,
    /// Kept until.
    pub until: Option<String>,
    /// Legal hold; left out = never set.
    pub hold: Option<bool>,
    /// The class whose event is awaited.
    pub event: Option<String>,
    /// Never released before, while the event is awaited.
    pub event_floor: Option<String>,
    /// The trial under which it was made ends then.
    pub probation: Option<String>,
    /// Retention classes.
    pub classes: Vec<String>,
}

/// Where a count goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Counts of locks over one page of versions; pages add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockTally {
    /// By what keeps them: `compliance`, `governance`, `hold`, `event`, `unknown`, `none`. A version
    /// may count under several.
    pub by_lock: Vec<LockCount>,
    /// By the month of Japan, `YYYY-MM`, in which retention ends.
    pub by_month: Vec<LockCount>,
    /// By retention class.
    pub by_class: Vec<LockCount>,
    /// By the day of Japan on which they were stored.
    pub by_day: Vec<LockCount>,
    /// What was deleted: S3 no longer shows it, the vault keeps it.
    pub hidden: LockCount,
    /// Versions looked at, hidden ones too; delete markers are not counted.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
    /// `after` of the next page, if there is more.
    pub next: Option<String>,
}

/// A count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockCount {
    /// Of what.
    pub name: String,
    /// Versions.
    pub versions: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A change of many locks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BulkQuery {
    /// `extend`, `hold`, `release-hold`, `apply-classes` or `event`.
    pub action: String,
    /// Keys that begin so; empty = the whole bucket; left out with a manifest in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Retention until this RFC 3339 time at least (`extend`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Retention until this many days from now at least (`extend`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Date of the event, YYYY-MM-DD in Japan (`event`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_date: Option<String>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkItem {
    /// Key.
    pub key: String,
    /// Version id or `null`; left out = the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What one page of a change of many locks did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkReport {
    /// Versions changed.
    pub changed: u64,
    /// Versions that were so already.
    pub unchanged: u64,
    /// Versions refused, and why.
    pub refused: Vec<BulkRefused>,
    /// `after` of the next page, if there is more.
    pub next: Option<String>,
}

/// A version that was not changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkRefused {
    /// Key.
    pub key: String,
    /// Version id.
    pub version: Option<String>,
    /// Why.
    pub why: String,
}

/// What to bring back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UndeleteQuery {
    /// Key.
    pub key: String,
    /// A hidden version; left out = what was shown last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// How an object came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndeleteReport {
    /// `s3://bucket/key`.
    pub address: String,
    /// The version that is current now.
    pub version: String,
    /// `markers-hidden` (the version itself is shown again) or `new-version` (its content came back
    /// as a new version).
    pub how: String,
}
