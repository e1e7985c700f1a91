//! Lifecycle rules as S3 has them (AWS S3 API reference, `LifecycleRule`), and what they make due.
//!
//! Times are compliance time, never the wall clock (invariant 6). A rule only ever *hides*: it asks for
//! what a client's DELETE would do, without any bypass, and a locked version refuses it.

mod narrow;

use crate::time::ComplianceTime;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Most rules of a bucket (AWS: 1,000).
pub const LIFECYCLE_RULES_MAX: usize = 1000;
/// Longest id of a rule, in characters (AWS: 255).
pub const RULE_ID_MAX: usize = 255;
/// Most newer noncurrent versions that a rule may keep (AWS: 100).
pub const NEWER_NONCURRENT_MAX: u32 = 100;
/// Most days that a rule may name.
pub const RULE_DAYS_MAX: u32 = 36_500;

/// The rules of a bucket. Empty = none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LifecycleRules {
    rules: Vec<LifecycleRule>,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifecycleRule {
    /// Name, unique in the bucket.
    pub id: String,
    /// `Status` is `Enabled`.
    pub enabled: bool,
    /// What it concerns.
    pub filter: LifecycleFilter,
    /// The client wrote the deprecated `Prefix` beside `Status` instead of a `Filter`; GET shows it the
    /// same way.
    pub legacy_prefix: bool,
    /// What happens to current versions and lone markers.
    pub expiration: Option<Expiration>,
    /// What happens to noncurrent versions.
    pub noncurrent: Option<NoncurrentExpiration>,
    /// Days after which an unfinished upload is aborted.
    pub abort_multipart_days: Option<u32>,
}

/// Which objects a rule concerns: all that is named must hold. Empty = all objects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LifecycleFilter {
    /// Keys that begin so.
    pub prefix: Option<String>,
    /// Versions that carry all these tags, by key.
    pub tags: Vec<(String, String)>,
    /// Versions with more bytes than this.
    pub larger_than: Option<u64>,
    /// Versions with fewer bytes than this.
    pub smaller_than: Option<u64>,
}

/// `Expiration` of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiration {
    /// So many days after the version became current.
    Days(u32),
    /// From this midnight UTC on, in milliseconds since 1970.
    Date(ComplianceTime),
    /// A marker that is all that is left of its key goes.
    ExpiredObjectDeleteMarker(bool),
}

/// `NoncurrentVersionExpiration` of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoncurrentExpiration {
    /// Days after a newer version took its place.
    pub days: u32,
    /// So many of the newest noncurrent versions stay however old they are.
    pub newer_versions: Option<u32>,
}

/// Rules that S3 refuses. The wire table gives each its code.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadLifecycle {
    /// None, or more than allowed (S3: `MalformedXML`).
    #[error("a lifecycle configuration has 1 to {LIFECYCLE_RULES_MAX} rules")]
    RuleCount,
    /// Two rules of one id (S3: `InvalidArgument`).
    #[error("Rule ID must be unique. Found same ID for more than one rule")]
    DuplicateId,
    /// Too long an id (S3: `InvalidArgument`).
    #[error("ID length should not exceed allowed limit of {RULE_ID_MAX}")]
    IdTooLong,
    /// Nothing to do (S3: `InvalidRequest`).
    #[error("At least one action needs to be specified in a rule")]
    NoAction,
    /// Days outside 1 to [`RULE_DAYS_MAX`] (S3: `InvalidArgument`).
    #[error("'{what}' must be between 1 and {RULE_DAYS_MAX}")]
    Days {
        /// Name of the field.
        what: &'static str,
    },
    /// A date that is not midnight UTC (S3: `InvalidArgument`).
    #[error("'Date' must be at midnight GMT")]
    DateNotMidnight,
    /// S3: `InvalidArgument`.
    #[error("'NewerNoncurrentVersions' must be between 1 and {NEWER_NONCURRENT_MAX}")]
    NewerVersions,
    /// S3: `InvalidRequest`.
    #[error("{action} cannot be specified with a filter by tags or size")]
    ActionWithFilter {
        /// Name of the action.
        action: &'static str,
    },
    /// S3: `InvalidRequest`.
    #[error("ObjectSizeGreaterThan must be less than ObjectSizeLessThan")]
    SizeRange,
    /// Two tags of one key, or a tag that no object can have (S3: `InvalidRequest`).
    #[error("duplicate or invalid tag keys are not allowed in a filter")]
    Tags,
    /// A prefix longer than a key can be (S3: `InvalidRequest`).
    #[error("The maximum size of a prefix is 1024")]
    PrefixTooLong,
}

impl LifecycleRules {
    /// Checks and wraps the rules of a configuration, in its order.
    ///
    /// # Errors
    /// [`BadLifecycle`] says what S3 refuses.
    pub fn new(rules: Vec<LifecycleRule>) -> Result<Self, BadLifecycle> {
        if rules.is_empty() || rules.len() > LIFECYCLE_RULES_MAX {
            return Err(BadLifecycle::RuleCount);
        }
        let mut ids = std::collections::HashSet::new();
        for rule in &rules {
            if !ids.insert(rule.id.as_str()) {
                return Err(BadLifecycle::DuplicateId);
            }
            rule.check()?;
        }
        Ok(Self { rules })
    }

    /// As read back from a record, which was checked when it was written.
    #[must_use]
    pub fn stored(rules: Vec<LifecycleRule>) -> Self {
        Self { rules }
    }

    /// In the order given.
    #[must_use]
    pub fn rules(&self) -> &[LifecycleRule] {
        &self.rules
    }

    /// Those that are enabled.
    pub fn enabled(&self) -> impl Iterator<Item = &LifecycleRule> {
        self.rules.iter().filter(|rule| rule.enabled)
    }

    /// When the first enabled rule expires a current version, and which (`x-amz-expiration`).
    #[must_use]
    pub fn expiry(&self, version: &VersionFacts<'_>) -> Option<(ComplianceTime, &str)> {
        self.enabled()
            .filter_map(|rule| Some((rule.expires(version)?, rule.id.as_str())))
            .min_by_key(|(at, _)| *at)
    }
}

impl LifecycleRule {
    fn check(&self) -> Result<(), BadLifecycle> {
        if self.id.chars().count() > RULE_ID_MAX {
            return Err(BadLifecycle::IdTooLong);
        }
        self.check_filter()?;
        let by_content = self.filter.by_tags() || self.filter.by_size();
        let days = |days: u32, what| {
            let fits = (1..=RULE_DAYS_MAX).contains(&days);
            fits.then_some(()).ok_or(BadLifecycle::Days { what })
        };
        match self.expiration {
            Some(Expiration::Days(count)) => days(count, "Days")?,
            Some(Expiration::Date(date)) if date.0.rem_euclid(DAY_MS) != 0 => {
                return Err(BadLifecycle::DateNotMidnight);
            }
            Some(Expiration::ExpiredObjectDeleteMarker(_)) if by_content => {
                let action = "ExpiredObjectDeleteMarker";
                return Err(BadLifecycle::ActionWithFilter { action });
            }
            Some(Expiration::Date(_) | Expiration::ExpiredObjectDeleteMarker(_)) | None => {}
        }
        if let Some(noncurrent) = self.noncurrent {
            days(noncurrent.days, "NoncurrentDays")?;
            let newer = noncurrent.newer_versions;
            if newer.is_some_and(|count| !(1..=NEWER_NONCURRENT_MAX).contains(&count)) {
                return Err(BadLifecycle::NewerVersions);
            }
        }
        if let Some(count) = self.abort_multipart_days {
            days(count, "DaysAfterInitiation")?;
            if by_content {
                let action = "AbortIncompleteMultipartUpload";
                return Err(BadLifecycle::ActionWithFilter { action });
            }
        }
        let acts = self.expiration.is_some()
            || self.noncurrent.is_some()
            || self.abort_multipart_days.is_some();
        acts.then_some(()).ok_or(BadLifecycle::NoAction)
    }

    fn check_filter(&self) -> Result<(), BadLifecycle> {
        let filter = &self.filter;
        if filter.prefix.as_ref().is_some_and(|p| p.len() > 1024) {
            return Err(BadLifecycle::PrefixTooLong);
        }
        if let (Some(larger), Some(smaller)) = (filter.larger_than, filter.smaller_than)
            && larger >= smaller
        {
            return Err(BadLifecycle::SizeRange);
        }
        let mut keys = std::collections::HashSet::new();
        let unique = filter
            .tags
            .iter()
            .all(|(key, _)| !key.is_empty() && keys.insert(key));
        unique.then_some(()).ok_or(BadLifecycle::Tags)
    }

    /// When this rule expires a current version that is no marker; `None` = never.
    #[must_use]
    pub fn expires(&self, version: &VersionFacts<'_>) -> Option<ComplianceTime> {
        let Standing::Current { since, .. } = version.standing else {
            return None;
        };
        if version.marker || !self.filter.matches(version) {
            return None;
        }
        match self.expiration? {
            Expiration::Days(days) => Some(midnight_after(since, days)),
            Expiration::Date(date) => Some(date),
            Expiration::ExpiredObjectDeleteMarker(_) => None,
        }
    }
}

impl LifecycleFilter {
    /// Whether tags decide.
    #[must_use]
    pub fn by_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Whether the length decides.
    #[must_use]
    pub fn by_size(&self) -> bool {
        self.larger_than.is_some() || self.smaller_than.is_some()
    }

    /// The prefix of every key it concerns; empty = all.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or_default()
    }

    /// Whether it concerns this version. A marker has neither tags nor length: a filter by those never
    /// concerns it.
    #[must_use]
    pub fn matches(&self, version: &VersionFacts<'_>) -> bool {
        if !version.key.starts_with(self.prefix()) {
            return false;
        }
        if version.marker {
            return !self.by_tags() && !self.by_size();
        }
        self.larger_than.is_none_or(|limit| version.bytes > limit)
            && self.smaller_than.is_none_or(|limit| version.bytes < limit)
            && self.tags.iter().all(|tag| version.tags.contains(tag))
    }
}

/// What a rule needs to know of a version or marker that S3 shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionFacts<'a> {
    /// Key.
    pub key: &'a str,
    /// Tags as they are now. May be left empty when no rule filters by tags.
    pub tags: &'a [(String, String)],
    /// Length of the content in bytes.
    pub bytes: u64,
    /// A delete marker.
    pub marker: bool,
    /// Where it stands among the versions of its key.
    pub standing: Standing,
}

/// Where a version stands among those of its key that S3 shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The newest.
    Current {
        /// When it was committed.
        since: ComplianceTime,
        /// S3 shows no other version or marker of the key.
        alone: bool,
    },
    /// A newer one took its place.
    Noncurrent {
        /// When the next newer one was committed.
        since: ComplianceTime,
        /// How many noncurrent versions of the key are newer than it.
        newer: u32,
    },
}

/// What a rule asks for: always a hiding, never an erasure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LifecycleAct {
    /// As a DELETE without version: a marker, or in an unversioned bucket the hiding of what is current.
    Expire,
    /// As a DELETE of this version or marker.
    Remove,
}

/// What `rule` makes due for a version at `now`. Judges only; the store's DELETE decides whether a lock
/// refuses it.
#[must_use]
pub fn due(
    rule: &LifecycleRule,
    version: &VersionFacts<'_>,
    now: ComplianceTime,
) -> Option<LifecycleAct> {
    if !rule.enabled || !rule.filter.matches(version) {
        return None;
    }
    match version.standing {
        Standing::Current { since, alone } if version.marker => {
            let goes = match rule.expiration? {
                // AWS: Days and Date clean up a lone marker once it is old enough, too.
                Expiration::Days(days) => midnight_after(since, days) <= now,
                Expiration::Date(date) => date <= now,
                Expiration::ExpiredObjectDeleteMarker(goes) => goes,
            };
            (alone && goes).then_some(LifecycleAct::Remove)
        }
        Standing::Current { .. } => (rule.expires(version)? <= now).then_some(LifecycleAct::Expire),
        Standing::Noncurrent { since, newer } => {
            let noncurrent = rule.noncurrent?;
            let beyond = noncurrent.newer_versions.is_none_or(|kept| newer >= kept);
            let old = midnight_after(since, noncurrent.days) <= now;
            (beyond && old).then_some(LifecycleAct::Remove)
        }
    }
}

/// Whether `rule` aborts an upload of `key` that began at `started`.
#[must_use]
pub fn abort_due(
    rule: &LifecycleRule,
    key: &str,
    started: ComplianceTime,
    now: ComplianceTime,
) -> bool {
    rule.enabled
        && key.starts_with(rule.filter.prefix())
        && rule
            .abort_multipart_days
            .is_some_and(|days| midnight_after(started, days) <= now)
}

/// `days` later, rounded to the next midnight UTC (AWS: "adding the number of days … and rounding the
/// resulting time to the next day midnight UTC"). At midnight itself the next one: never sooner.
#[must_use]
pub fn midnight_after(time: ComplianceTime, days: u32) -> ComplianceTime {
    let day = time.0.div_euclid(DAY_MS);
    let due = day.saturating_add(i64::from(days)).saturating_add(1);
    ComplianceTime(due.saturating_mul(DAY_MS))
}

#[cfg(test)]
mod tests;
