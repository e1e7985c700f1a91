//! One task's way along a journal: from its cursor to the last record that is old enough, and back to
//! those that were kept by a lock.

use aws_lc_rs::digest;
use azekura_engine::seam::{CommitClass, Scan, StoredRecord};
use azekura_model::lifecycle::LifecycleRule;
use azekura_model::lock::Lock;
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::time::ComplianceTime;
use azekura_record::core::{Core, RecordKind};
use azekura_record::lifecycle::LifecycleRan;
use azekura_record::particulars::Event;
use bytes::Bytes;

use super::{AGAIN, KeeperReport, history, rules};
use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::families::{self, DUE};
use crate::inner::{Draft, Inner, Refused, unchanged};
use crate::intent::Owner;
use crate::release::Scope;
use crate::seal::record::open_core;
use crate::slot::after;

/// Records to look at again, and settled ones, in one record of progress.
const BATCH: usize = 1000;
/// Records in one page of the journal, after the first.
const PAGE: usize = 64;

/// What is done with the records.
pub(super) enum Work<'a> {
    /// Release what has left history.
    History(Scope),
    /// Do what a rule says.
    Rule(&'a Bucket, &'a LifecycleRule, rules::Act),
}

/// One task.
pub(super) struct Task<'a> {
    pub(super) inner: &'a Inner,
    pub(super) owner: Owner,
    /// Names the cursor: the same for the same work, and another for any other.
    pub(super) name: String,
    /// Records up to this time are old enough.
    pub(super) until: ComplianceTime,
    pub(super) work: Work<'a>,
}

/// What was decided of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Nothing is left to do for it.
    Settled,
    /// To be looked at again then.
    Again(ComplianceTime),
}

/// Progress not yet recorded.
struct Progress {
    cursor: Sequence,
    /// The value of the cursor's entry as read.
    raw: Option<Bytes>,
    moved: bool,
    again: Vec<(ComplianceTime, Sequence)>,
    settled: Vec<(ComplianceTime, Sequence)>,
}

impl Task<'_> {
    fn id(&self) -> [u8; 8] {
        let hash = digest::digest(&digest::SHA256, self.name.as_bytes());
        let first = hash.as_ref().first_chunk::<8>();
        first.copied().unwrap_or_default()
    }

    /// Runs the task once.
    pub(super) async fn run(&self, report: &mut KeeperReport) -> Result<(), StoreError> {
        let key = families::cursor(self.id());
        let raw = self
            .inner
            .get(self.owner.partition, &key)?
            .map(|entry| entry.value);
        let cursor = raw
            .as_ref()
            .and_then(|raw| raw.first_chunk::<8>().copied())
            .map_or(0, u64::from_be_bytes);
        let mut progress = Progress {
            cursor: Sequence(cursor),
            raw,
            moved: false,
            again: Vec::new(),
            settled: Vec::new(),
        };
        self.look_again(&mut progress, report).await?;
        self.go_on(&mut progress, report).await?;
        self.record(&mut progress).await
    }

    async fn look_again(
        &self,
        progress: &mut Progress,
        report: &mut KeeperReport,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.compliance();
        let prefix = families::again_prefix(self.id());
        let until = families::again(self.id(), now, Sequence(u64::MAX)).bytes;
        let mut from = Bytes::from(prefix);
        loop {
            let scan = Scan {
                family: DUE,
                from: from.clone(),
                until: Some(until.clone()),
                limit: PAGE,
            };
            let page = self.inner.scan(self.owner.partition, &scan)?;
            for (key, _) in &page.entries {
                let (at, sequence) = families::split_again(key)
                    .ok_or_else(|| StoreError::Internal("key of the keeper".to_owned()))?;
                let records = self
                    .inner
                    .engine
                    .journal(self.owner.partition, sequence, 1)?;
                if let Some(record) = records.first() {
                    self.judge(record, progress, report).await?;
                }
                progress.settled.push((at, sequence));
                if progress.settled.len() >= BATCH {
                    self.record(progress).await?;
                }
            }
            match page.entries.last() {
                Some((key, _)) if page.more => from = after(key),
                _ => return Ok(()),
            }
        }
    }

    async fn go_on(
        &self,
        progress: &mut Progress,
        report: &mut KeeperReport,
    ) -> Result<(), StoreError> {
        // In the usual case the next record is too young, and only that one is read.
        let mut limit = 1;
        loop {
            let next = progress.cursor.next();
            let page = self
                .inner
                .engine
                .journal(self.owner.partition, next, limit)?;
            let mut old_enough = page.as_slice();
            for (place, record) in page.iter().enumerate() {
                let core = open_core(record.kind, &record.core)?;
                if core.compliance > self.until {
                    old_enough = page.get(..place).unwrap_or_default();
                    break;
                }
                // Its own records alone are no progress worth a record.
                progress.moved |= core.kind != RecordKind::LifecycleRan;
            }
            self.judge_all(old_enough, progress, report).await?;
            if let Some(last) = old_enough.last() {
                progress.cursor = last.position.sequence;
            }
            if old_enough.len() < page.len() {
                report.records_read = report.records_read.saturating_add(1);
                return Ok(());
            }
            if progress.again.len() >= BATCH {
                self.record(progress).await?;
            }
            if page.len() < limit {
                return Ok(());
            }
            limit = PAGE;
        }
    }

    /// Releases run together: the engine joins their syncs. What a rule does, it does in order.
    async fn judge_all(
        &self,
        records: &[StoredRecord],
        progress: &mut Progress,
        report: &mut KeeperReport,
    ) -> Result<(), StoreError> {
        if matches!(self.work, Work::Rule(..)) {
            for record in records {
                self.judge(record, progress, report).await?;
            }
            return Ok(());
        }
        let judged = records.iter().map(|record| async {
            let mut one = KeeperReport::default();
            let again = self.again(record, &mut one).await?;
            Ok::<_, StoreError>((again, one))
        });
        for (again, one) in futures::future::try_join_all(judged).await? {
            progress.again.extend(again);
            *report = report.plus(one);
        }
        Ok(())
    }

    async fn judge(
        &self,
        record: &StoredRecord,
        progress: &mut Progress,
        report: &mut KeeperReport,
    ) -> Result<(), StoreError> {
        let again = self.again(record, report).await?;
        progress.again.extend(again);
        Ok(())
    }

    /// Judges one record; when it is to be looked at again, if it is.
    async fn again(
        &self,
        record: &StoredRecord,
        report: &mut KeeperReport,
    ) -> Result<Option<(ComplianceTime, Sequence)>, StoreError> {
        report.records_read = report.records_read.saturating_add(1);
        let verdict = match &self.work {
            Work::History(scope) => history::judge(self.inner, *scope, record, report).await,
            Work::Rule(bucket, rule, act) => {
                rules::judge(self.inner, bucket, rule, *act, record, report).await
            }
        };
        let now = self.inner.clock.compliance();
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(error @ StoreError::Stopped(_)) => return Err(error),
            Err(error) => {
                let sequence = record.position.sequence;
                tracing::error!(
                    bucket = %self.owner.bucket, %sequence, %error,
                    "the keeper could not judge a record; it will be tried again"
                );
                report.failed = report.failed.saturating_add(1);
                Verdict::Again(ComplianceTime(now.0.saturating_add(AGAIN)))
            }
        };
        Ok(match verdict {
            Verdict::Settled => None,
            Verdict::Again(at) => {
                let later = ComplianceTime(now.0.saturating_add(1)).max(at);
                Some((later, record.position.sequence))
            }
        })
    }

    /// Makes the progress durable, if there is any.
    async fn record(&self, progress: &mut Progress) -> Result<(), StoreError> {
        if !progress.moved && progress.again.is_empty() && progress.settled.is_empty() {
            return Ok(());
        }
        let task = self.id();
        let draft = Draft {
            tenant: self.owner.tenant,
            bucket: Some(self.owner.bucket),
            version: None,
            hybrid: self.inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            payload: Bytes::new(),
            lock: Lock::default(),
            event: Event::LifecycleRan(LifecycleRan {
                task,
                cursor: progress.cursor,
                again: std::mem::take(&mut progress.again),
                settled: std::mem::take(&mut progress.settled),
            }),
        };
        let guard = unchanged(families::cursor(task), progress.raw.clone());
        self.inner
            .append(
                &Requester::vault("keeper"),
                self.owner.partition,
                CommitClass::Essential,
                vec![guard],
                draft,
            )
            .await
            .map_err(Refused::unexpected)?;
        progress.raw = Some(Bytes::copy_from_slice(&progress.cursor.0.to_be_bytes()));
        progress.moved = false;
        Ok(())
    }
}

/// The core of a record that is being judged.
pub(super) fn core_of(record: &StoredRecord) -> Result<Core, StoreError> {
    Ok(open_core(record.kind, &record.core)?)
}
