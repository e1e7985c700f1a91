//! Many versions get other locks: by prefix, or by a list.
//!
//! Versions go in chunks; each chunk is one record of its own, so a crash leaves whole chunks done
//! and the rest as it was, and asking again does the rest. Within a chunk every version is judged by
//! itself: what the rules refuse is reported and the others go on. The commit is guarded by every
//! version's lock as it was judged; when one of them changed in between, the chunk is judged again.

pub(crate) mod lift;

use azekura_engine::seam::{CommitClass, Guard, Scan};
use azekura_model::access::Authorized;
use azekura_model::governed::Permit;
use azekura_model::ident::VersionId;
use azekura_model::lock::{Lock, LockPermit, LockRefused, LockRequest, LockState};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::retention_limits::{KeyLockLimits, OverLimit, RetentionLimits, judge_retention};
use azekura_model::time::HybridTime;
use azekura_record::locks_changed::{LOCKS_CHANGED_MAX, LocksChanged};
use azekura_record::particulars::Event;
use azekura_record::summary::Summary;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::bucket::{Bucket, read};
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, HISTORY};
use crate::find::find;
use crate::governed::Grant;
use crate::inner::{Draft, Inner, Refused};
use crate::lock_change::{permit, word};
use crate::lock_state::{ReadLock, Reader};
use crate::object::Which;
use crate::put::closed;
use crate::retention::governed;
use crate::retention::initial::key_limits;
use crate::retention::ledger::locks_more;
use crate::slot::{after, for_each_version};
use crate::visibility::Rule;

/// Most refusals that a report lists; the rest is counted.
const REFUSALS_LISTED: usize = 10_000;

/// Chunks under way at once. Each version is in one of them.
const CHUNKS_AT_ONCE: usize = 3;

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
    /// Version, as listed where nothing was found; `None` = the current one was listed, and there is
    /// none.
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

    fn add(&mut self, other: Self) {
        self.changed = self.changed.saturating_add(other.changed);
        self.unchanged = self.unchanged.saturating_add(other.unchanged);
        self.refused = self.refused.saturating_add(other.refused);
        let room = REFUSALS_LISTED.saturating_sub(self.refusals.len());
        self.refusals.extend(other.refusals.into_iter().take(room));
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

impl LockTarget {
    /// What the index says of it.
    pub(crate) fn summary(&self) -> Result<Summary, StoreError> {
        Ok(entry::summary(&self.shown)?)
    }
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
    let lifting = match request {
        LockRequest::Hold(false) => Some(lift::grant(inner, by, &bucket, selection).await?),
        _ => None,
    };
    let grant = lifting.as_ref();
    let mut report = LockReport::default();
    let mut selecting = Selecting::new(selection);
    // One chunk is read and judged while those before it are on their way to the disk.
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < CHUNKS_AT_ONCE {
            let targets = selecting.next(inner, &bucket, &mut report)?;
            if targets.is_empty() {
                break;
            }
            running.push(change_chunk(inner, (by, grant), &bucket, targets, request));
        }
        match running.next().await {
            Some(chunk) => report.add(chunk?),
            None => break,
        }
        progress(&report);
    }
    if let Some(grant) = &lifting {
        grant.use_up(inner, by.requester()).await?;
    }
    Ok(report)
}

async fn change_chunk(
    inner: &Inner,
    by: (&Authorized, Option<&Grant>),
    bucket: &Bucket,
    targets: Vec<LockTarget>,
    request: &LockRequest,
) -> Result<LockReport, StoreError> {
    let mut report = LockReport::default();
    let decide = |_: &LockTarget, _: &LockState| Ok(Some(request.clone()));
    change_many(inner, by, bucket, targets, decide, &mut report).await?;
    Ok(report)
}

/// Changes the locks of at most [`LOCKS_CHANGED_MAX`] versions, each by the request that `decide`
/// gives: `None` does not concern it, an error is reported as a refusal. All of it is one commit.
/// Extensions keep within the limits of the bucket and of the key. What takes protection away needs a
/// grant, which says nothing of locks that were given after it was asked for.
pub(crate) async fn change_many(
    inner: &Inner,
    (by, grant): (&Authorized, Option<&Grant>),
    bucket: &Bucket,
    mut targets: Vec<LockTarget>,
    mut decide: impl FnMut(&LockTarget, &LockState) -> Result<Option<LockRequest>, String>,
    report: &mut LockReport,
) -> Result<(), StoreError> {
    let mut locks = Reader::new(inner, bucket.partition);
    let within = Within {
        asked: grant.and_then(Grant::asked),
        ..Within::new(inner, by, bucket)?
    };
    let permit = grant.map(|grant| &grant.permit);
    loop {
        let mut judged = Judged::default();
        for target in &targets {
            let lock = locks.read(target.version, target.own);
            judged.judge(inner, target, lock, &within, &mut decide)?;
        }
        if judged.changes.is_empty() {
            judged.tally(report);
            return Ok(());
        }
        match commit(inner, (by.requester(), permit), bucket, &judged).await {
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
    /// Bytes that are kept for longer than before.
    locked: u64,
}

impl<'a> Judged<'a> {
    fn judge(
        &mut self,
        inner: &Inner,
        target: &'a LockTarget,
        lock: ReadLock,
        within: &Within,
        decide: &mut impl FnMut(&LockTarget, &LockState) -> Result<Option<LockRequest>, String>,
    ) -> Result<(), StoreError> {
        let request = match decide(target, &lock.state) {
            Ok(Some(request)) => request,
            Ok(None) => {
                self.unchanged = self.unchanged.saturating_add(1);
                return Ok(());
            }
            Err(why) => {
                self.refused.push((target, why));
                return Ok(());
            }
        };
        self.reason = word(&request);
        if let Some(asked) = within.asked
            && lock.given_at.is_some_and(|given| given > asked)
        {
            let why = "its lock was changed after the request was asked: ask again".to_owned();
            self.refused.push((target, why));
            return Ok(());
        }
        match permit(inner, &lock.state, &request, None) {
            Ok(permit) if permit.changes() => {
                let before = match &lock.state {
                    LockState::Known(lock) => lock.clone(),
                    LockState::Unknown(_) => Lock::default(),
                };
                if let Err(over) = within.judge(inner, &request, &before, permit.lock()) {
                    self.refused.push((target, over.to_string()));
                    return Ok(());
                }
                if locks_more(&before, permit.lock()) {
                    let bytes = target.summary()?.content_bytes;
                    self.locked = self.locked.saturating_add(bytes);
                }
                self.changes.push((target, lock, permit));
            }
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

/// The limits by which extensions are judged.
struct Within {
    bucket: RetentionLimits,
    key: KeyLockLimits,
    /// When the request of two people was asked, under which this is done.
    asked: Option<HybridTime>,
}

impl Within {
    fn new(inner: &Inner, by: &Authorized, bucket: &Bucket) -> Result<Self, StoreError> {
        let limits = governed::limits(inner, bucket.uuid)?;
        let ceiling = limits.in_force(inner.clock.compliance()).ceiling_days();
        Ok(Self {
            // What moves later cannot fall below a floor.
            bucket: RetentionLimits::new(None, ceiling).unwrap_or_default(),
            key: key_limits(inner, by.requester()),
            asked: None,
        })
    }

    /// Classes and trials are decided for the bucket; what somebody asks for is judged.
    fn judge(
        &self,
        inner: &Inner,
        request: &LockRequest,
        before: &Lock,
        after: &Lock,
    ) -> Result<(), OverLimit> {
        if !matches!(
            request,
            LockRequest::Extend(_) | LockRequest::PostEvent { .. }
        ) {
            return Ok(());
        }
        let now = inner.clock.compliance();
        let change = (before.retention, after.retention);
        judge_retention(&self.bucket, &self.key, change, (now, now))
    }
}

fn words(refused: &LockRefused) -> String {
    refused.to_string()
}

async fn commit(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    bucket: &Bucket,
    judged: &Judged<'_>,
) -> Result<(), Refused> {
    let limits = key_limits(inner, by.0);
    let (key, now) = (&by.0.key_id, inner.clock.compliance());
    let booked = inner.ledger.book(&limits, key, judged.locked, now)?;
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
        // What counts against the key, also after a restart.
        content_bytes: judged.locked,
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
        .append_marked(by, bucket.partition, class, guards, draft)
        .await
        .map(|_| booked.keep())
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

    /// Goes on behind an entry of the history.
    pub(crate) fn resume(
        &mut self,
        inner: &Inner,
        bucket: &Bucket,
        position: &Bytes,
    ) -> Result<(), StoreError> {
        let bad = || StoreError::InvalidArgument("not a place to go on from".to_owned());
        let entry = position.strip_suffix(&[families::END]).ok_or_else(bad)?;
        let (object, last) = families::split_history(entry).ok_or_else(bad)?;
        // It comes from the client, and must not lead out of what is selected.
        let inside = match self.selection {
            LockSelection::Prefix { prefix, .. } => object.starts_with(prefix),
            LockSelection::Listed(_) => false,
        };
        if !inside {
            return Err(bad());
        }
        // The state behind that entry, as if the walk had come from the newest version.
        let (mut rule, mut any) = (Rule::default(), false);
        for_each_version(inner, bucket.partition, &object, None, |summary, _, _| {
            let passed = summary.version >= last;
            if passed {
                any |= rule.shows(summary);
            }
            passed
        })?;
        self.from = position.clone();
        self.rule = (object, rule, any);
        Ok(())
    }

    /// Where [`Selecting::resume`] goes on; `None` = that was all.
    pub(crate) fn position(&self) -> Option<Bytes> {
        let pages = matches!(self.selection, LockSelection::Prefix { .. });
        (pages && !self.ended).then(|| self.from.clone())
    }

    /// Whether all of it was looked at.
    pub(crate) fn is_done(&self) -> bool {
        match self.selection {
            LockSelection::Prefix { .. } => self.ended,
            LockSelection::Listed(listed) => self.listed >= listed.len(),
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
                ) => report.refuse(key.as_str(), listed_version(*which), error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(out)
    }
}

/// The version that a line of a list names by its id.
fn listed_version(which: Which) -> Option<VersionId> {
    match which {
        Which::Version(version) => Some(version),
        Which::Current | Which::Null => None,
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
