//! Many versions get other locks: by prefix, or by a list.
//!
//! Versions go in chunks; each chunk is one record of its own, so a crash leaves whole chunks done
//! and the rest as it was, and asking again does the rest. Within a chunk every version is judged by
//! itself: what the rules refuse is reported and the others go on. The commit is guarded by every
//! version's lock as it was judged; when one of them changed in between, the chunk is judged again.

use azekura_engine::seam::{CommitClass, Guard, Scan};
use azekura_model::access::Authorized;
use azekura_model::ident::VersionId;
use azekura_model::lock::{Lock, LockPermit, LockRefused, LockRequest, LockState};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::Sequence;
use azekura_record::locks_changed::{LOCKS_CHANGED_MAX, LocksChanged};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::{Bucket, read};
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, HISTORY};
use crate::find::find;
use crate::inner::{Draft, Inner, Refused};
use crate::lock_change::{permit, word};
use crate::lock_state::{ReadLock, Reader};
use crate::object::Which;
use crate::put::closed;
use crate::slot::after;
use crate::visibility::Rule;

/// Most refusals that a report lists; the rest is counted.
const REFUSALS_LISTED: usize = 10_000;

/// Which versions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LockSelection {
    /// Of the keys that begin with a prefix; empty = all.
    Prefix {
        /// The prefix.
        prefix: String,
        /// Every version that S3 shows; else only what is current.
        all_versions: bool,
    },
    /// These.
    Listed(Vec<(ObjectKey, Which)>),
}

/// What became of a change of many locks, so far or in the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LockReport {
    /// Versions that have another lock now, durably.
    pub changed: u64,
    /// Versions whose lock already was as asked.
    pub unchanged: u64,
    /// Versions whose locks stay as they are, because a rule says so.
    pub refused: u64,
    /// The first 10,000 of the refused.
    pub refusals: Vec<LockRefusal>,
}

/// One version whose lock stays as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockRefusal {
    /// Key.
    pub key: String,
    /// Version; `None` = nothing was found under what was listed.
    pub version: Option<VersionId>,
    /// Why.
    pub why: String,
}

impl LockReport {
    /// All versions looked at.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.changed
            .saturating_add(self.unchanged)
            .saturating_add(self.refused)
    }

    fn refuse(&mut self, key: &str, version: Option<VersionId>, why: String) {
        self.refused = self.refused.saturating_add(1);
        if self.refusals.len() < REFUSALS_LISTED {
            self.refusals.push(LockRefusal {
                key: key.to_owned(),
                version,
                why,
            });
        }
    }
}

/// A version that S3 showed when it was selected.
#[derive(Clone, Debug)]
pub(crate) struct LockTarget {
    /// Key.
    pub(crate) key: String,
    /// Version.
    pub(crate) version: VersionId,
    /// Its own record.
    pub(crate) own: Sequence,
    /// Its history entry as read.
    shown: Bytes,
}

/// Changes the locks of a selection by one request.
pub(crate) async fn change(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    selection: &LockSelection,
    request: &LockRequest,
    mut progress: impl FnMut(&LockReport),
) -> Result<LockReport, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let mut report = LockReport::default();
    let mut selecting = Selecting::new(selection);
    loop {
        let targets = selecting.next(inner, &bucket, &mut report)?;
        if targets.is_empty() {
            return Ok(report);
        }
        let decide = |_: &LockTarget, _: &LockState| Ok(request.clone());
        change_many(inner, by, &bucket, targets, decide, &mut report).await?;
        progress(&report);
    }
}

/// Changes the locks of at most [`LOCKS_CHANGED_MAX`] versions, each by the request that `decide`
/// gives; its error is reported as a refusal. All of it is one commit.
pub(crate) async fn change_many(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    mut targets: Vec<LockTarget>,
    mut decide: impl FnMut(&LockTarget, &LockState) -> Result<LockRequest, String>,
    report: &mut LockReport,
) -> Result<(), StoreError> {
    let mut locks = Reader::new(inner, bucket.partition);
    loop {
        let mut judged = Judged::default();
        for target in &targets {
            judged.judge(
                inner,
                target,
                locks.read(target.version, target.own),
                &mut decide,
            )?;
        }
        if judged.changes.is_empty() {
            judged.tally(report);
            return Ok(());
        }
        match commit(inner, by, bucket, &judged).await {
            Ok(()) => {
                judged.tally(report);
                return Ok(());
            }
            Err(Refused::Guard(0)) => return Err(closed(inner, bucket)),
            Err(Refused::Guard(_)) => targets = still_shown(inner, bucket, targets, report)?,
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}

/// A chunk as judged, before it is committed.
#[derive(Default)]
struct Judged<'a> {
    changes: Vec<(&'a LockTarget, ReadLock, LockPermit)>,
    unchanged: u64,
    refused: Vec<(&'a LockTarget, String)>,
    reason: &'static str,
}

impl<'a> Judged<'a> {
    fn judge(
        &mut self,
        inner: &Inner,
        target: &'a LockTarget,
        lock: ReadLock,
        decide: &mut impl FnMut(&LockTarget, &LockState) -> Result<LockRequest, String>,
    ) -> Result<(), StoreError> {
        let request = match decide(target, &lock.state) {
            Ok(request) => request,
            Err(why) => {
                self.refused.push((target, why));
                return Ok(());
            }
        };
        self.reason = word(&request);
        match permit(inner, &lock.state, &request, None) {
            Ok(permit) if permit.changes() => self.changes.push((target, lock, permit)),
            Ok(_) => self.unchanged = self.unchanged.saturating_add(1),
            Err(StoreError::Locked(refused)) => self.refused.push((target, words(&refused))),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn tally(self, report: &mut LockReport) {
        let changed = u64::try_from(self.changes.len()).unwrap_or(u64::MAX);
        report.changed = report.changed.saturating_add(changed);
        report.unchanged = report.unchanged.saturating_add(self.unchanged);
        for (target, why) in self.refused {
            report.refuse(&target.key, Some(target.version), why);
        }
    }
}

fn words(refused: &LockRefused) -> String {
    refused.to_string()
}

async fn commit(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    judged: &Judged<'_>,
) -> Result<(), Refused> {
    let mut guards = vec![Guard::Absent(families::closed())];
    let mut locks = Vec::with_capacity(judged.changes.len());
    for (target, read, permit) in &judged.changes {
        let history = families::history(&target.key, target.version);
        guards.push(Guard::Equals(history, target.shown.clone()));
        guards.push(read.guard());
        locks.push((target.version, permit.lock().clone()));
    }
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::LocksChanged(LocksChanged {
            reason: judged.reason.to_owned(),
            bypassed: false,
            locks,
        }),
    };
    let class = CommitClass::Data;
    inner
        .append(by.requester(), bucket.partition, class, guards, draft)
        .await
        .map(|_| ())
}

/// The targets read again; what S3 no longer shows is reported.
fn still_shown(
    inner: &Inner,
    bucket: &Bucket,
    targets: Vec<LockTarget>,
    report: &mut LockReport,
) -> Result<Vec<LockTarget>, StoreError> {
    let mut out = Vec::with_capacity(targets.len());
    for mut target in targets {
        let key = families::history(&target.key, target.version);
        let entry = inner.get(bucket.partition, &key)?;
        let shown = match entry {
            Some(entry) if !entry::summary(&entry.value)?.hidden => Some(entry.value),
            _ => None,
        };
        match shown {
            Some(shown) => {
                target.shown = shown;
                out.push(target);
            }
            None => {
                let why = "S3 no longer shows it".to_owned();
                report.refuse(&target.key, Some(target.version), why);
            }
        }
    }
    Ok(out)
}

/// Goes through a selection, a chunk at a time.
pub(crate) struct Selecting<'a> {
    selection: &'a LockSelection,
    /// Where the next page of the history begins.
    from: Bytes,
    /// Of the key that the last page ended in.
    rule: (String, Rule, bool),
    listed: usize,
    ended: bool,
}

impl<'a> Selecting<'a> {
    pub(crate) fn new(selection: &'a LockSelection) -> Self {
        let from = match selection {
            LockSelection::Prefix { prefix, .. } => families::escape(prefix.as_bytes()),
            LockSelection::Listed(_) => Vec::new(),
        };
        Self {
            selection,
            from: Bytes::from(from),
            rule: (String::new(), Rule::default(), false),
            listed: 0,
            ended: false,
        }
    }

    /// At most [`LOCKS_CHANGED_MAX`] versions; none = that was all. What is listed and not there is
    /// reported.
    pub(crate) fn next(
        &mut self,
        inner: &Inner,
        bucket: &Bucket,
        report: &mut LockReport,
    ) -> Result<Vec<LockTarget>, StoreError> {
        match self.selection {
            LockSelection::Prefix {
                prefix,
                all_versions,
            } => self.next_page(inner, bucket, prefix, *all_versions),
            LockSelection::Listed(listed) => self.next_listed(inner, bucket, listed, report),
        }
    }

    fn next_page(
        &mut self,
        inner: &Inner,
        bucket: &Bucket,
        prefix: &str,
        all_versions: bool,
    ) -> Result<Vec<LockTarget>, StoreError> {
        let mut out = Vec::new();
        let prefix = families::escape(prefix.as_bytes());
        while out.is_empty() && !self.ended {
            let scan = Scan {
                family: HISTORY,
                from: self.from.clone(),
                until: families::after_prefix(&prefix),
                limit: LOCKS_CHANGED_MAX,
            };
            let page = inner.scan(bucket.partition, &scan)?;
            for (key, value) in &page.entries {
                let (object, version) = families::split_history(key)
                    .ok_or_else(|| StoreError::Internal("history key".to_owned()))?;
                if object != self.rule.0 {
                    self.rule = (object.clone(), Rule::default(), false);
                }
                let summary = entry::summary(&value.value)?;
                let shown = self.rule.1.shows(&summary);
                let wanted = shown && !summary.marker && (all_versions || !self.rule.2);
                self.rule.2 |= shown;
                if wanted {
                    out.push(LockTarget {
                        key: object,
                        version,
                        own: summary.at.unwrap_or(value.sequence),
                        shown: value.value.clone(),
                    });
                }
            }
            match page.entries.last() {
                Some((key, _)) if page.more => self.from = after(key),
                _ => self.ended = true,
            }
        }
        Ok(out)
    }

    fn next_listed(
        &mut self,
        inner: &Inner,
        bucket: &Bucket,
        listed: &[(ObjectKey, Which)],
        report: &mut LockReport,
    ) -> Result<Vec<LockTarget>, StoreError> {
        let mut out: Vec<LockTarget> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((key, which)) = listed.get(self.listed) {
            if out.len() >= LOCKS_CHANGED_MAX {
                break;
            }
            self.listed = self.listed.saturating_add(1);
            match listed_target(inner, bucket, key, *which) {
                // Named twice in one chunk: once is enough.
                Ok(target) if seen.insert(target.version) => out.push(target),
                Ok(_) => {}
                Err(
                    error @ (StoreError::NoSuchKey { .. }
                    | StoreError::NoSuchVersion
                    | StoreError::IsDeleteMarker { .. }),
                ) => report.refuse(key.as_str(), None, error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(out)
    }
}

fn listed_target(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    which: Which,
) -> Result<LockTarget, StoreError> {
    let found = find(inner, bucket, key, which)?;
    let version = found.summary.version;
    let history = families::history(key.as_str(), version);
    let shown = inner
        .get(bucket.partition, &history)?
        .filter(|entry| entry::summary(&entry.value).is_ok_and(|summary| !summary.hidden))
        .ok_or(StoreError::NoSuchVersion)?;
    Ok(LockTarget {
        key: key.as_str().to_owned(),
        version,
        own: found.sequence,
        shown: shown.value,
    })
}
