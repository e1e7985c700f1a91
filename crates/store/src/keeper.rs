//! The keeper: what the vault does by itself, bucket by bucket, in passes.
//!
//! 1. finish the releases that a crash or a failure left;
//! 2. run the lifecycle rules in force and the disposals whose time has come: both hide through the same
//!    primitive as a client's DELETE, in the vault's own name, without any bypass;
//! 3. release what has left hidden history;
//! 4. destroy the keys of a retired bucket of which nothing is left, and of old epochs of one that lives;
//! 5. release what of each audit is past its period.
//!
//! The journal is the index of time: compliance time rises along it, so each task keeps a cursor and
//! reads a record once, when it is old enough ([`walk`]). What a lock keeps is looked at again when the
//! lock ends.

mod disposals;
mod history;
mod rules;
mod walk;

use azekura_model::cooling::HistoryDays;
use azekura_model::lock::LockRefused;
use azekura_model::time::ComplianceTime;

use crate::audit;
use crate::bucket::{Bucket, lifecycle, read};
use crate::destroy::{self, Outcome};
use crate::entry::BucketEntry;
use crate::error::StoreError;
use crate::governed::waiting;
use crate::inner::Inner;
use crate::intent::Owner;
use crate::release::{Scope, finish};

/// What a pass did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeeperReport {
    /// Buckets looked at, retired ones included.
    pub buckets: u64,
    /// Records of the journal read to judge.
    pub records_read: u64,
    /// Releases of earlier passes finished now.
    pub finished: u64,
    /// Versions, markers and ended uploads released and erased.
    pub released: u64,
    /// Bytes that are no longer there.
    pub released_bytes: u64,
    /// Current versions expired.
    pub expired: u64,
    /// Noncurrent versions and lone markers removed from S3's sight.
    pub removed: u64,
    /// Uploads aborted.
    pub aborted: u64,
    /// Versions that a disposal hid.
    pub disposed: u64,
    /// Versions that a lock kept.
    pub locked: u64,
    /// Batches of audits that were past their period, released and erased.
    pub audit_batches: u64,
    /// Retired buckets, and old epochs of others, whose keys were destroyed.
    pub keys_destroyed: u64,
    /// What could not be judged or done; the log says why. It is tried again.
    pub failed: u64,
}

impl KeeperReport {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = u64::saturating_add;
        Self {
            buckets: sum(self.buckets, other.buckets),
            records_read: sum(self.records_read, other.records_read),
            finished: sum(self.finished, other.finished),
            released: sum(self.released, other.released),
            released_bytes: sum(self.released_bytes, other.released_bytes),
            expired: sum(self.expired, other.expired),
            removed: sum(self.removed, other.removed),
            aborted: sum(self.aborted, other.aborted),
            disposed: sum(self.disposed, other.disposed),
            locked: sum(self.locked, other.locked),
            audit_batches: sum(self.audit_batches, other.audit_batches),
            keys_destroyed: sum(self.keys_destroyed, other.keys_destroyed),
            failed: sum(self.failed, other.failed),
        }
    }
}

/// One pass over every bucket, retired ones included. A bucket that fails does not stop the others.
pub(crate) async fn keep_all(inner: &Inner) -> Result<KeeperReport, StoreError> {
    let _alone = inner.keeping.lock().await;
    let mut total = KeeperReport::default();
    match waiting::act(inner).await {
        Ok(()) => {}
        Err(error @ StoreError::Stopped(_)) => return Err(error),
        Err(error) => {
            total.failed = total.failed.saturating_add(1);
            tracing::error!(%error, "what requests allow could not be put in force");
        }
    }
    for entry in read::all_for_ever(inner)? {
        let uuid = entry.uuid();
        let mut report = KeeperReport::default();
        match keep(inner, &entry, &mut report).await {
            Ok(()) => {}
            // The engine stopped: nothing more can be done.
            Err(error @ StoreError::Stopped(_)) => return Err(error),
            Err(error) => {
                report.failed = report.failed.saturating_add(1);
                tracing::error!(bucket = %uuid, %error, "the keeper could not go through a bucket");
            }
        }
        total = total.plus(report);
    }
    audit::release::run(inner, &mut total).await?;
    inner.kept.lock().add(total);
    Ok(total)
}

/// One pass over one bucket.
pub(crate) async fn keep_one(
    inner: &Inner,
    bucket: &azekura_model::name::BucketName,
) -> Result<KeeperReport, StoreError> {
    let _alone = inner.keeping.lock().await;
    waiting::act(inner).await?;
    let bucket = read::open(inner, bucket)?.bucket;
    let mut report = KeeperReport::default();
    keep_bucket(inner, &bucket, &mut report).await?;
    inner.kept.lock().add(report);
    Ok(report)
}

/// Goes on with the destruction of a bucket's keys, if it was begun. What fails is tried again by the
/// next pass, and does not keep the vault from starting.
pub(crate) async fn finish_destroying(
    inner: &Inner,
    entry: &BucketEntry,
) -> Result<(), StoreError> {
    let _alone = inner.keeping.lock().await;
    let begun = match destroy::has_begun(inner, entry) {
        Ok(true) => destroy_keys(inner, entry, &mut KeeperReport::default()).await,
        Ok(false) => destroy::old::finish_old(inner, entry).await,
        Err(error) => Err(error),
    };
    match begun {
        Err(error @ StoreError::Stopped(_)) => Err(error),
        Err(error) => {
            tracing::error!(bucket = %entry.uuid(), %error, "keys cannot be destroyed");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// What passes did since start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept(pub(crate) KeeperReport);

impl Kept {
    fn add(&mut self, report: KeeperReport) {
        self.0 = self.0.plus(report);
    }
}

async fn keep(
    inner: &Inner,
    entry: &BucketEntry,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    // From then on its records are not judged: the keeper would write there how far it came.
    if destroy::has_begun(inner, entry)? {
        report.buckets = report.buckets.saturating_add(1);
        return destroy_keys(inner, entry, report).await;
    }
    if read::is_retired(inner, entry.uuid())? {
        let history = read::settings(inner, entry.uuid())?.history();
        let scope = Scope {
            owner: Owner::from(entry),
            history: *history.in_force(inner.clock.compliance()),
        };
        keep_history(inner, scope, report).await?;
        return destroy_keys(inner, entry, report).await;
    }
    let name = azekura_model::name::BucketName::parse(&entry.name)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    let bucket = read::open(inner, &name)?.bucket;
    keep_bucket(inner, &bucket, report).await?;
    destroy_old(inner, entry, report).await
}

async fn destroy_old(
    inner: &Inner,
    entry: &BucketEntry,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    let destroyed = destroy::old::destroy_old(inner, entry).await?;
    report.keys_destroyed = report.keys_destroyed.saturating_add(destroyed);
    Ok(())
}

async fn destroy_keys(
    inner: &Inner,
    entry: &BucketEntry,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    match destroy::destroy(inner, entry).await? {
        Outcome::Destroyed => {
            report.keys_destroyed = report.keys_destroyed.saturating_add(1);
            tracing::info!(bucket = %entry.uuid(), "the keys of a retired bucket are destroyed");
        }
        Outcome::Was => {}
        Outcome::Stays(why) if destroy::has_begun(inner, entry)? => {
            tracing::warn!(bucket = %entry.uuid(), %why, "keys are not destroyed yet");
        }
        Outcome::Stays(why) => {
            tracing::debug!(bucket = %entry.uuid(), %why, "the keys of a retired bucket stay");
        }
    }
    Ok(())
}

async fn keep_bucket(
    inner: &Inner,
    bucket: &Bucket,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    let now = inner.clock.compliance();
    let rules = lifecycle::read_rules(inner, bucket.uuid)?;
    for rule in rules.in_force(now).enabled() {
        rules::run(inner, bucket, rule, report).await?;
    }
    disposals::run(inner, bucket, report).await?;
    let scope = Scope {
        owner: Owner::from(bucket),
        history: HistoryDays(bucket.history_days),
    };
    keep_history(inner, scope, report).await
}

async fn keep_history(
    inner: &Inner,
    scope: Scope,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    report.buckets = report.buckets.saturating_add(1);
    let (finished, failed) = finish::finish_all(inner, scope.owner).await?;
    report.finished = report.finished.saturating_add(finished);
    report.failed = report.failed.saturating_add(failed);
    history::run(inner, scope, report).await
}

/// How long the keeper waits before it looks again at what has no date.
const AGAIN: i64 = azekura_model::lifecycle::DAY_MS;

/// When to look again at what a lock keeps.
fn again_when(refused: &LockRefused, now: ComplianceTime) -> ComplianceTime {
    match refused {
        LockRefused::Compliance { until } | LockRefused::Governance { until } => *until,
        _ => ComplianceTime(now.0.saturating_add(AGAIN)),
    }
}
