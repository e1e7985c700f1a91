//! Runs one lifecycle rule. It hides, through the same primitive as a client's DELETE, in the vault's
//! own name and without any bypass: what a lock keeps refuses.
//!
//! A rule has up to four tasks. Two read a record when it is as old as the rule says; since a version's
//! standing also changes without its own record (another one is hidden, tags are given, more versions
//! come), two more read each such record at once. Each looks at the key as it is now, and judges by the
//! age of the version itself: never sooner than S3, and later only where S3 would act at once on what
//! has just changed.

use azekura_engine::seam::{Part, StoredRecord};
use azekura_model::access::{Action, Authorized};
use azekura_model::condition::{ConditionFailed, DeleteConditions, ETagCondition};
use azekura_model::ident::{UploadId, VersionId};
use azekura_model::lifecycle::{
    DAY_MS, Expiration, LifecycleAct, LifecycleRule, Standing, VersionFacts, abort_due, due,
};
use azekura_model::name::ObjectKey;
use azekura_model::position::Sequence;
use azekura_model::time::ComplianceTime;
use azekura_record::core::RecordKind;
use azekura_record::particulars::Event;
use azekura_record::summary::Summary;

use super::walk::{Task, Verdict, Work, core_of};
use super::{KeeperReport, again_when};
use crate::bucket::Bucket;
use crate::delete::delete;
use crate::error::StoreError;
use crate::inner::Inner;
use crate::intent::Owner;
use crate::multipart::abort::abort;
use crate::object::Which;
use crate::slot::for_each_version;
use crate::tagging;
use crate::visibility::Rule;

/// What of a rule a task does, and which records lead it there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// `Expiration`, by the versions' own records.
    Expire,
    /// `Expiration`, by what changes the standing of a version.
    ExpireChanged,
    /// `NoncurrentVersionExpiration`, by the records of newer versions.
    Noncurrent,
    /// The same where newer versions are kept: each new one may push an old one out.
    NoncurrentPushed,
    /// `AbortIncompleteMultipartUpload`.
    Abort,
}

impl Act {
    /// Whether a record of this kind may lead to something.
    fn concerns(self, kind: RecordKind) -> bool {
        let made = matches!(kind, RecordKind::Version | RecordKind::DeleteMarker);
        match self {
            Self::Expire | Self::Noncurrent | Self::NoncurrentPushed => made,
            Self::ExpireChanged => {
                matches!(kind, RecordKind::VersionHidden | RecordKind::VersionTagged)
            }
            Self::Abort => kind == RecordKind::UploadStarted,
        }
    }
}

/// Runs all tasks of a rule.
pub(super) async fn run(
    inner: &Inner,
    bucket: &Bucket,
    rule: &LifecycleRule,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    let now = inner.clock.compliance();
    let mut tasks = Vec::new();
    match rule.expiration {
        Some(Expiration::Days(days)) => {
            tasks.push((Act::Expire, old_enough(now, days)));
            tasks.push((Act::ExpireChanged, now));
        }
        Some(Expiration::Date(date)) if date <= now => {
            tasks.push((Act::Expire, now));
            tasks.push((Act::ExpireChanged, now));
        }
        Some(Expiration::ExpiredObjectDeleteMarker(true)) => {
            tasks.push((Act::Expire, now));
            tasks.push((Act::ExpireChanged, now));
        }
        Some(Expiration::Date(_) | Expiration::ExpiredObjectDeleteMarker(false)) | None => {}
    }
    if let Some(noncurrent) = rule.noncurrent {
        tasks.push((Act::Noncurrent, old_enough(now, noncurrent.days)));
        if noncurrent.newer_versions.is_some() {
            tasks.push((Act::NoncurrentPushed, now));
        }
    }
    if let Some(days) = rule.abort_multipart_days {
        tasks.push((Act::Abort, old_enough(now, days)));
    }
    for (act, until) in tasks {
        let task = Task {
            inner,
            owner: Owner::from(bucket),
            name: name(rule, act),
            until,
            work: Work::Rule(bucket, rule, act),
        };
        task.run(report).await?;
    }
    Ok(())
}

/// The last moment of which [`azekura_model::lifecycle::midnight_after`] is not after `now`.
fn old_enough(now: ComplianceTime, days: u32) -> ComplianceTime {
    let day = now.0.div_euclid(DAY_MS).saturating_sub(i64::from(days));
    ComplianceTime(day.saturating_mul(DAY_MS).saturating_sub(1))
}

/// Another filter or another number of days is another task, which begins at the first record.
fn name(rule: &LifecycleRule, act: Act) -> String {
    let filter = &rule.filter;
    format!(
        "{act:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        filter.prefix(),
        filter.tags,
        filter.larger_than,
        filter.smaller_than,
        rule.expiration,
        rule.noncurrent,
        rule.abort_multipart_days
    )
}

/// Judges one record.
pub(super) async fn judge(
    inner: &Inner,
    bucket: &Bucket,
    rule: &LifecycleRule,
    act: Act,
    record: &StoredRecord,
    report: &mut KeeperReport,
) -> Result<Verdict, StoreError> {
    let core = core_of(record)?;
    if !act.concerns(core.kind) || record.particulars == Part::Erased {
        return Ok(Verdict::Settled);
    }
    let (_, opened) = inner.record(bucket.partition, record.position.sequence)?;
    let object = match &opened.particulars.event {
        Event::Version(event) => &event.key,
        Event::DeleteMarker(event) => &event.key,
        Event::VersionHidden(event) => &event.key,
        Event::VersionTagged(event) => &event.key,
        Event::UploadStarted(event) => &event.key,
        _ => return Ok(Verdict::Settled),
    };
    if !object.starts_with(rule.filter.prefix()) {
        return Ok(Verdict::Settled);
    }
    let key = ObjectKey::parse(object)
        .map_err(|error| StoreError::Internal(format!("a stored key: {error}")))?;
    let asked = Asked {
        inner,
        bucket,
        rule,
        key: &key,
    };
    match (act, &opened.particulars.event) {
        (Act::Abort, Event::UploadStarted(started)) => {
            asked.abort(started.upload, core.compliance, report).await
        }
        (Act::Expire | Act::ExpireChanged, _) => asked.expire(report).await,
        (Act::Noncurrent | Act::NoncurrentPushed, _) => {
            asked.noncurrent(core.version, report).await
        }
        (Act::Abort, _) => Ok(Verdict::Settled),
    }
}

/// A version that S3 shows, and the place of its record.
type Shown = (Summary, Sequence);

struct Asked<'a> {
    inner: &'a Inner,
    bucket: &'a Bucket,
    rule: &'a LifecycleRule,
    key: &'a ObjectKey,
}

impl Asked<'_> {
    fn shown(&self) -> Result<Vec<Shown>, StoreError> {
        let mut rule = Rule::default();
        let mut shown = Vec::new();
        let (partition, object) = (self.bucket.partition, self.key.as_str());
        for_each_version(self.inner, partition, object, None, |summary, _, at| {
            if rule.shows(summary) {
                shown.push((summary.clone(), at));
            }
            true
        })?;
        Ok(shown)
    }

    fn since(&self, at: Sequence) -> Result<ComplianceTime, StoreError> {
        let (core, _) = crate::release::finish::core_at(self.inner, self.bucket.partition, at)?;
        Ok(core.compliance)
    }

    fn due(
        &self,
        (summary, at): &Shown,
        standing: Standing,
    ) -> Result<Option<LifecycleAct>, StoreError> {
        let tags = if self.rule.filter.by_tags() && !summary.marker {
            let (_, opened) = self.inner.record(self.bucket.partition, *at)?;
            match opened.particulars.event {
                Event::Version(version) => {
                    tagging::of(self.inner, self.bucket, summary.version, &version)?
                }
                _ => Vec::new(),
            }
        } else {
            Vec::new()
        };
        let facts = VersionFacts {
            key: self.key.as_str(),
            tags: &tags,
            bytes: summary.content_bytes,
            marker: summary.marker,
            standing,
        };
        Ok(due(self.rule, &facts, self.inner.clock.compliance()))
    }

    async fn expire(&self, report: &mut KeeperReport) -> Result<Verdict, StoreError> {
        let shown = self.shown()?;
        let Some(newest) = shown.first() else {
            return Ok(Verdict::Settled);
        };
        let standing = Standing::Current {
            since: self.since(newest.1)?,
            alone: shown.len() == 1,
        };
        let summary = &newest.0;
        match self.due(newest, standing)? {
            None => Ok(Verdict::Settled),
            Some(LifecycleAct::Remove) => {
                self.hide(
                    which(summary),
                    summary,
                    &mut report.removed,
                    &mut report.locked,
                )
                .await
            }
            Some(LifecycleAct::Expire) => {
                self.hide(
                    Which::Current,
                    summary,
                    &mut report.expired,
                    &mut report.locked,
                )
                .await
            }
        }
    }

    /// `by` is the version whose record led here: the one that it made noncurrent is judged, or, where
    /// newer versions count, all of the key.
    async fn noncurrent(
        &self,
        by: Option<VersionId>,
        report: &mut KeeperReport,
    ) -> Result<Verdict, StoreError> {
        let shown = self.shown()?;
        let counted = self
            .rule
            .noncurrent
            .is_some_and(|noncurrent| noncurrent.newer_versions.is_some());
        let mut verdict = Verdict::Settled;
        // The oldest first, so that what is newer and kept is counted as it was.
        for (place, pair) in shown.windows(2).enumerate().rev() {
            let [newer, version] = pair else { continue };
            if !counted && by != Some(newer.0.version) {
                continue;
            }
            let standing = Standing::Noncurrent {
                since: self.since(newer.1)?,
                newer: u32::try_from(place).unwrap_or(u32::MAX),
            };
            if self.due(version, standing)? == Some(LifecycleAct::Remove) {
                let summary = &version.0;
                let one = self
                    .hide(
                        which(summary),
                        summary,
                        &mut report.removed,
                        &mut report.locked,
                    )
                    .await?;
                if let Verdict::Again(at) = one {
                    verdict = match verdict {
                        Verdict::Settled => Verdict::Again(at),
                        Verdict::Again(sooner) => Verdict::Again(sooner.min(at)),
                    };
                }
            }
        }
        Ok(verdict)
    }

    async fn abort(
        &self,
        upload: UploadId,
        started: ComplianceTime,
        report: &mut KeeperReport,
    ) -> Result<Verdict, StoreError> {
        let now = self.inner.clock.compliance();
        if !abort_due(self.rule, self.key.as_str(), started, now) {
            return Ok(Verdict::Settled);
        }
        let by = Authorized::internal("lifecycle", Action::AbortMultipartUpload);
        match abort(self.inner, &by, &self.bucket.name, self.key, upload).await {
            Ok(()) => report.aborted = report.aborted.saturating_add(1),
            // Completed or aborted long ago.
            Err(StoreError::NoSuchUpload) => {}
            Err(error) => return Err(error),
        }
        Ok(Verdict::Settled)
    }

    /// Hides exactly what was judged: a version stored in between is another one.
    async fn hide(
        &self,
        which: Which,
        judged: &Summary,
        done: &mut u64,
        locked: &mut u64,
    ) -> Result<Verdict, StoreError> {
        let by = Authorized::internal("lifecycle", Action::DeleteObject);
        let conditions = DeleteConditions {
            if_match: (!judged.marker).then(|| ETagCondition::OneOf(vec![judged.etag.to_string()])),
            modified: Some(judged.modified),
            bytes: Some(judged.content_bytes),
        };
        let name = &self.bucket.name;
        match delete(self.inner, &by, name, (self.key, which), &conditions, None).await {
            Ok(_) => {
                *done = done.saturating_add(1);
                Ok(Verdict::Settled)
            }
            Err(StoreError::Condition(ConditionFailed::PreconditionFailed)) => Ok(Verdict::Settled),
            Err(StoreError::Locked(refused)) => {
                *locked = locked.saturating_add(1);
                let now = self.inner.clock.compliance();
                Ok(Verdict::Again(again_when(&refused, now)))
            }
            Err(error) => Err(error),
        }
    }
}

fn which(summary: &Summary) -> Which {
    if summary.null {
        Which::Null
    } else {
        Which::Version(summary.version)
    }
}
