//! Disposal jobs: asked for by a person with a reason, visible and cancellable during the cooling-off,
//! then hiding what they name. What they hide leaves through history and the one door like everything
//! else; nothing is freed here.

use azekura_engine::seam::{CommitClass, Guard, Scan};
use azekura_model::access::{Action, Authorized};
use azekura_model::condition::{ConditionFailed, DeleteConditions, ETagCondition};
use azekura_model::governed::{GovernedOperation, Permit};
use azekura_model::lock::Lock;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::requester::Requester;
use azekura_model::time::ComplianceTime;
use azekura_record::disposal::{DisposalRequested, DisposalStage};
use azekura_record::particulars::Event;
use azekura_record::summary::Summary;
use bytes::Bytes;

use crate::bucket::{Bucket, read};
use crate::delete::delete;
use crate::error::StoreError;
use crate::families::{self, DISPOSALS, DUE, HISTORY};
use crate::governed::waiting::{Pass, Verdict};
use crate::governed::{self, NEVER};
use crate::inner::{Draft, Inner, Refused};
use crate::keeper::KeeperReport;
use crate::lock_state;
use crate::object::Which;
use crate::release::finish::core_at;
use crate::slot::{after, for_each_version};
use crate::visibility::Rule;

/// Longest reason in bytes.
const REASON_BYTES_MAX: usize = 1024;

/// What a disposal is asked to hide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisposalAsk {
    /// Keys that begin so; empty = the whole bucket.
    pub prefix: String,
    /// Only versions of this retention class.
    pub class: Option<String>,
    /// Only versions committed before; `None` = before now.
    pub before: Option<ComplianceTime>,
    /// Why. Needed: it stands in the record.
    pub reason: String,
}

/// Asks for a disposal. It acts after the cooling-off.
pub(crate) async fn request(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    ask: DisposalAsk,
) -> Result<DisposalRequested, StoreError> {
    if ask.reason.trim().is_empty() || ask.reason.len() > REASON_BYTES_MAX {
        let why = format!("a disposal needs a reason of 1 to {REASON_BYTES_MAX} bytes");
        return Err(StoreError::InvalidArgument(why));
    }
    if ask.prefix.len() > 1024 {
        let why = "a prefix has at most 1,024 bytes".to_owned();
        return Err(StoreError::InvalidArgument(why));
    }
    let bucket = read::open(inner, name)?.bucket;
    let now = inner.clock.compliance();
    let mut job = DisposalRequested {
        id: inner.ids.random16()?,
        prefix: ask.prefix,
        class: ask.class,
        before: ask.before.unwrap_or(now).min(now),
        reason: ask.reason,
        asked_by: by.requester().principal.clone(),
        asked_at: now,
        acts_at: NEVER,
        stage: DisposalStage::Requested,
    };
    let operation = operation(&bucket, &job);
    let asking = (&operation, None);
    let wait = governed::wait(inner, by.requester(), bucket.tenant, asking).await?;
    let long = i64::try_from(wait.long().as_millis()).unwrap_or(i64::MAX);
    job.acts_at = ComplianceTime(now.0.saturating_add(long));
    let guard = vec![
        Guard::Absent(families::closed()),
        Guard::Absent(families::disposal(job.id)),
    ];
    let marked = (by.requester(), wait.permit());
    append(inner, marked, &bucket, guard, job.clone())
        .await
        .map_err(Refused::unexpected)?;
    Ok(job)
}

/// What a disposal is as a request.
fn operation(bucket: &Bucket, job: &DisposalRequested) -> GovernedOperation {
    GovernedOperation::Dispose {
        bucket: governed::named(bucket),
        job: job.id,
        prefix: job.prefix.clone(),
        class: job.class.clone(),
        before: job.before,
        reason: job.reason.clone(),
    }
}

/// The jobs of a bucket that wait for their request.
fn waiting_jobs(inner: &Inner, bucket: &Bucket) -> Result<Vec<DisposalRequested>, StoreError> {
    let mut jobs = of_bucket(inner, bucket)?;
    jobs.retain(|job| job.stage == DisposalStage::Requested && job.acts_at == NEVER);
    Ok(jobs)
}

/// What the jobs of a bucket wait for.
pub(crate) fn waiting(inner: &Inner, bucket: &Bucket) -> Result<Vec<String>, StoreError> {
    let jobs = waiting_jobs(inner, bucket)?;
    Ok(jobs
        .iter()
        .map(|job| operation(bucket, job).text())
        .collect())
}

/// Lets the jobs act whose requests may, and takes back those whose requests ended.
pub(crate) async fn settle_waiting(
    inner: &Inner,
    bucket: &Bucket,
    pass: &Pass<'_>,
) -> Result<(), StoreError> {
    for before in waiting_jobs(inner, bucket)? {
        let verdict = pass.verdict(bucket.tenant, &operation(bucket, &before))?;
        let (job, by) = match verdict {
            Verdict::Waits => continue,
            Verdict::Acts(found, permit) => {
                let job = DisposalRequested {
                    acts_at: inner.clock.compliance(),
                    ..before.clone()
                };
                (job, Some((found, permit)))
            }
            Verdict::Gone => {
                let job = DisposalRequested {
                    stage: DisposalStage::Cancelled,
                    ..before.clone()
                };
                (job, None)
            }
        };
        let permit = by.as_ref().map(|(_, permit)| permit);
        move_on(inner, (pass.by(), permit), bucket, &before, job).await?;
        if let Some((found, _)) = by {
            pass.done(found).await?;
        }
    }
    Ok(())
}

/// Takes a disposal back that has not acted yet.
pub(crate) async fn cancel(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    id: [u8; 16],
) -> Result<DisposalRequested, StoreError> {
    let bucket = read::open(inner, name)?.bucket;
    let before = find(inner, &bucket, id)?;
    if before.stage != DisposalStage::Requested {
        let why = "the disposal has acted already, or was taken back".to_owned();
        return Err(StoreError::InvalidRequest(why));
    }
    let job = DisposalRequested {
        stage: DisposalStage::Cancelled,
        ..before.clone()
    };
    let by = (by.requester(), None);
    move_on(inner, by, &bucket, &before, job.clone()).await?;
    Ok(job)
}

/// The disposals of a bucket, in no useful order.
pub(crate) fn list(inner: &Inner, name: &BucketName) -> Result<Vec<DisposalRequested>, StoreError> {
    of_bucket(inner, &read::open(inner, name)?.bucket)
}

fn find(inner: &Inner, bucket: &Bucket, id: [u8; 16]) -> Result<DisposalRequested, StoreError> {
    let entry = inner
        .get(bucket.partition, &families::disposal(id))?
        .ok_or(StoreError::NoSuchDisposal)?;
    decode(&entry.value)
}

fn decode(value: &[u8]) -> Result<DisposalRequested, StoreError> {
    DisposalRequested::decode(value)
        .map_err(|error| StoreError::Internal(format!("a disposal in the index: {error}")))
}

fn of_bucket(inner: &Inner, bucket: &Bucket) -> Result<Vec<DisposalRequested>, StoreError> {
    let mut jobs = Vec::new();
    let mut from = Bytes::from_static(DISPOSALS);
    loop {
        let scan = Scan {
            family: DUE,
            from: from.clone(),
            until: families::after_prefix(DISPOSALS),
            limit: 1000,
        };
        let page = inner.scan(bucket.partition, &scan)?;
        for (_, entry) in &page.entries {
            jobs.push(decode(&entry.value)?);
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(jobs),
        }
    }
}

async fn move_on(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    bucket: &Bucket,
    before: &DisposalRequested,
    job: DisposalRequested,
) -> Result<(), StoreError> {
    let key = families::disposal(before.id);
    let guard = vec![Guard::Equals(key, Bytes::from(before.encode()))];
    append(inner, by, bucket, guard, job)
        .await
        .map_err(Refused::unexpected)
}

async fn append(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    bucket: &Bucket,
    guards: Vec<Guard>,
    job: DisposalRequested,
) -> Result<(), Refused> {
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        payload: Bytes::new(),
        lock: Lock::default(),
        event: Event::DisposalRequested(Box::new(job)),
    };
    let class = CommitClass::Essential;
    inner
        .append_marked(by, bucket.partition, class, guards, draft)
        .await
        .map(|_| ())
}

/// Runs every job of a bucket whose time has come.
pub(crate) async fn act_all(
    inner: &Inner,
    bucket: &Bucket,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    for job in of_bucket(inner, bucket)? {
        let due = job.acts_at <= inner.clock.compliance();
        if due && job.stage == DisposalStage::Requested {
            let mut acting = Acting {
                inner,
                bucket,
                job: &job,
                by: Authorized::internal(&task(job.id), Action::DeleteObjectVersion),
                versions: 0,
                bytes: 0,
                locked: 0,
            };
            acting.run().await?;
            let (versions, bytes, locked) = (acting.versions, acting.bytes, acting.locked);
            report.disposed = report.disposed.saturating_add(versions);
            report.locked = report.locked.saturating_add(locked);
            let done = DisposalRequested {
                stage: DisposalStage::Hidden {
                    versions,
                    bytes,
                    locked,
                },
                ..job.clone()
            };
            let by = Requester::vault(&task(job.id));
            move_on(inner, (&by, None), bucket, &job, done).await?;
        }
    }
    Ok(())
}

/// In whose name a job hides. The release finds the job by it.
fn task(id: [u8; 16]) -> String {
    format!("disposal {}", hex::encode(id))
}

/// A job while it acts. A crash in between is no harm: the job runs again, and counts what was left.
struct Acting<'a> {
    inner: &'a Inner,
    bucket: &'a Bucket,
    job: &'a DisposalRequested,
    by: Authorized,
    versions: u64,
    bytes: u64,
    locked: u64,
}

impl Acting<'_> {
    async fn run(&mut self) -> Result<(), StoreError> {
        let prefix = families::escape(self.job.prefix.as_bytes());
        let until = families::after_prefix(&prefix);
        let mut from = Bytes::from(prefix);
        loop {
            let scan = Scan {
                family: HISTORY,
                from: from.clone(),
                until: until.clone(),
                limit: 1,
            };
            let page = self.inner.scan(self.bucket.partition, &scan)?;
            let Some((first, _)) = page.entries.first() else {
                return Ok(());
            };
            let (object, _) = families::split_history(first)
                .ok_or_else(|| StoreError::Internal("history key".to_owned()))?;
            self.key(&object).await?;
            let key = families::history_prefix(&object);
            match families::after_prefix(&key) {
                Some(next) => from = next,
                None => return Ok(()),
            }
        }
    }

    /// Every version of one key that S3 shows, the oldest first: none becomes current on the way.
    async fn key(&mut self, object: &str) -> Result<(), StoreError> {
        let mut rule = Rule::default();
        let mut shown = Vec::new();
        let partition = self.bucket.partition;
        for_each_version(self.inner, partition, object, None, |summary, _, at| {
            if rule.shows(summary) {
                shown.push((summary.clone(), at));
            }
            true
        })?;
        let key = ObjectKey::parse(object)
            .map_err(|error| StoreError::Internal(format!("a stored key: {error}")))?;
        let mut stays = false;
        for (summary, at) in shown.into_iter().rev() {
            // A marker above what stays goes on covering it: a disposal undeletes nothing.
            if summary.marker && stays {
                continue;
            }
            let (core, _) = core_at(self.inner, partition, at)?;
            let meant = core.compliance < self.job.before && self.of_class(&summary)?;
            stays |= !(meant && self.hide(&key, &summary).await?);
        }
        Ok(())
    }

    fn of_class(&self, summary: &Summary) -> Result<bool, StoreError> {
        let Some(class) = &self.job.class else {
            return Ok(true);
        };
        let lock = lock_state::shown(self.inner, self.bucket.partition, summary.version)?;
        Ok(lock.classes.iter().any(|of| of.as_str() == class))
    }

    /// Whether it is out of S3's sight now.
    async fn hide(&mut self, key: &ObjectKey, summary: &Summary) -> Result<bool, StoreError> {
        let which = if summary.null {
            Which::Null
        } else {
            Which::Version(summary.version)
        };
        let conditions = DeleteConditions {
            if_match: (!summary.marker)
                .then(|| ETagCondition::OneOf(vec![summary.etag.to_string()])),
            modified: Some(summary.modified),
            bytes: Some(summary.content_bytes),
        };
        let name = &self.bucket.name;
        match delete(self.inner, &self.by, name, (key, which), &conditions, None).await {
            Ok(_) => {
                self.versions = self.versions.saturating_add(1);
                self.bytes = self.bytes.saturating_add(summary.content_bytes);
                Ok(true)
            }
            Err(StoreError::Locked(_)) => {
                self.locked = self.locked.saturating_add(1);
                Ok(false)
            }
            // Something newer stands there by now.
            Err(StoreError::Condition(ConditionFailed::PreconditionFailed)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
