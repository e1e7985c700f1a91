//! What every operation works with: the engine, keys, clock and identities, and the one way to
//! append a record and to read one back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use azekura_engine::seam::{
    Commit, CommitClass, CommitError, Committed, Engine, Entry, Guard, Key, Part, Scan, ScanPage,
    StoredRecord,
};
use azekura_model::cooling::HistoryDays;
use azekura_model::governed::Permit;
use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::position::{PartitionId, RegionName, Sequence};
use azekura_model::requester::Requester;
use azekura_model::retention_class::ClassCatalog;
use azekura_model::retention_limits::KeyLockLimits;
use azekura_model::time::{HybridTime, WallTime};
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::{Event, Particulars};
use bytes::Bytes;

use crate::audit::AuditDefaults;
use crate::bucket::access::ReadPolicies;
use crate::clock::Clock;
use crate::destroy;
use crate::entropy::Entropy;
use crate::entry::BadEntry;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION, RESERVED_PARTITIONS};
use crate::governed::Governing;
use crate::identity::Directory;
use crate::ids::Ids;
use crate::keeper::Kept;
use crate::keys::Keys;
use crate::memory::MemoryBudget;
use crate::projector::{Happened, mutations};
use crate::retention::ledger::Ledger;
use crate::seal::record::{Opened, open_core, open_record, seal_record};

/// What a store is made of.
pub struct Parts {
    /// The engine, opened with a [`crate::projector::Projector`] over the same keys and clock.
    pub engine: Arc<dyn Engine>,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Clock.
    pub clock: Arc<Clock>,
    /// Identities.
    pub ids: Arc<Ids>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The region in which the store runs.
    pub region: RegionName,
    /// Memory for content.
    pub memory: Arc<MemoryBudget>,
}

/// What the operator decides for the whole vault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StorePolicy {
    /// How long a change that weakens waits before it acts; with two people, after the approval.
    pub cooling_off: Duration,
    /// How long it waits where two people are required and there is no second one.
    pub alone_cooling_off: Duration,
    /// How long a request can be approved, and then how long it can act.
    pub request_expiry: Duration,
    /// Days of hidden history of a new bucket.
    pub history_days: HistoryDays,
    /// Trial of a new COMPLIANCE default; zero = it is final at once.
    pub probation: Duration,
    /// Time from the end of a trial to the upgrade. No commit that was judged before the end may still
    /// be under way after it.
    pub trial_grace: Duration,
    /// Retention classes.
    pub classes: Arc<ClassCatalog>,
    /// Limits on locks, by access key id. Keys that are not here have none.
    pub lock_limits: Arc<BTreeMap<String, KeyLockLimits>>,
    /// New buckets begin without public-access block and with lists, as before 2023. For tests of
    /// other people's suites; a bucket is public then once its owner says so.
    pub public_buckets: bool,
    /// How audits are kept where a tenant says nothing.
    pub audit: AuditDefaults,
}

impl Default for StorePolicy {
    fn default() -> Self {
        Self {
            cooling_off: Duration::from_hours(72),
            alone_cooling_off: Duration::from_hours(168),
            request_expiry: Duration::from_hours(14 * 24),
            history_days: HistoryDays(30),
            probation: Duration::from_hours(72),
            trial_grace: Duration::from_mins(1),
            classes: Arc::default(),
            lock_limits: Arc::default(),
            public_buckets: false,
            audit: AuditDefaults::default(),
        }
    }
}

/// Shared by all operations and by what they leave running.
pub(crate) struct Inner {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) ids: Arc<Ids>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) region: RegionName,
    pub(crate) memory: Arc<MemoryBudget>,
    pub(crate) policy: StorePolicy,
    /// The tenant that the vault was made with, once it was read.
    pub(crate) first_tenant: std::sync::OnceLock<TenantId>,
    /// Policies of buckets as they were read.
    pub(crate) read_policies: ReadPolicies,
    /// Who is known.
    pub(crate) directory: Directory,
    /// What keys with limits have locked today.
    pub(crate) ledger: Ledger,
    /// What tenants keep.
    pub(crate) volumes: crate::volume::Volumes,
    /// Passphrases of sealed tenants.
    pub(crate) seals: crate::tenant_seal::Seals,
    /// Two people.
    pub(crate) governing: Governing,
    /// Held by the one pass of the keeper that runs.
    pub(crate) keeping: tokio::sync::Mutex<()>,
    /// Shared by releases from the reading of the days of history to the release record, alone to a
    /// change of those days: what the change protects is released by nothing that was judged before.
    pub(crate) history_days: tokio::sync::RwLock<()>,
    /// Records that use old epochs, as the keeper found them: while such a one is there, it need not
    /// look for another.
    pub(crate) epochs_used: parking_lot::Mutex<BTreeMap<(BucketUuid, u32), Sequence>>,
    /// What its passes did since start.
    pub(crate) kept: parking_lot::Mutex<Kept>,
}

/// A record to be, before position, times and seal.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Institution.
    pub(crate) tenant: TenantId,
    /// Bucket, where the record belongs to one.
    pub(crate) bucket: Option<BucketUuid>,
    /// Version that the record makes or concerns.
    pub(crate) version: Option<VersionId>,
    /// Time of the commit, taken after everything that was read to judge it. A version's own time is
    /// in its id, and may be much earlier.
    pub(crate) hybrid: HybridTime,
    /// Length of the content in bytes.
    pub(crate) content_bytes: u64,
    /// Length of the content in bytes as stored, wherever it lies.
    pub(crate) sealed_bytes: u64,
    /// Lock state that the record gives its version.
    pub(crate) lock: Lock,
    /// Inline payload, sealed.
    pub(crate) payload: Bytes,
    /// What happened.
    pub(crate) event: Event,
}

impl Draft {
    /// Of a tenant as a whole, now: no bucket, no version, no content.
    pub(crate) fn of_tenant(inner: &Inner, tenant: TenantId, event: Event) -> Self {
        Self {
            tenant,
            bucket: None,
            version: None,
            hybrid: inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            payload: Bytes::new(),
            event,
        }
    }
}

/// A durable record.
#[derive(Clone, Debug)]
pub(crate) struct Appended {
    pub(crate) committed: Committed,
    pub(crate) wall: WallTime,
    /// Length of the sealed particulars in bytes.
    pub(crate) particulars_bytes: u64,
}

/// Why nothing was appended.
#[derive(Debug)]
pub(crate) enum Refused {
    /// A guard did not hold: what was read has changed.
    Guard(usize),
    /// Anything else.
    Error(StoreError),
}

impl Refused {
    /// For commits whose guards cannot fail unless something is wrong.
    pub(crate) fn unexpected(self) -> StoreError {
        match self {
            Self::Guard(_) => StoreError::Conflict,
            Self::Error(error) => error,
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Error(error)
    }
}

impl From<CommitError> for Refused {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::GuardFailed { index } => Self::Guard(index),
            other => Self::Error(other.into()),
        }
    }
}

impl From<BadEntry> for StoreError {
    fn from(error: BadEntry) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Inner {
    pub(crate) fn new(parts: Parts, policy: StorePolicy) -> Self {
        Self {
            engine: parts.engine,
            keys: parts.keys,
            clock: parts.clock,
            ids: parts.ids,
            entropy: parts.entropy,
            region: parts.region,
            memory: parts.memory,
            policy,
            first_tenant: std::sync::OnceLock::new(),
            read_policies: ReadPolicies::default(),
            directory: Directory::default(),
            ledger: Ledger::default(),
            volumes: crate::volume::Volumes::default(),
            seals: crate::tenant_seal::Seals::default(),
            governing: Governing::default(),
            keeping: tokio::sync::Mutex::new(()),
            history_days: tokio::sync::RwLock::new(()),
            epochs_used: parking_lot::Mutex::default(),
            kept: parking_lot::Mutex::default(),
        }
    }

    /// Seals a draft and appends it, with the mutations that a replay of it would give.
    pub(crate) async fn append(
        &self,
        by: &Requester,
        partition: PartitionId,
        class: CommitClass,
        guards: Vec<Guard>,
        draft: Draft,
    ) -> Result<Appended, Refused> {
        self.append_marked((by, None), partition, class, guards, draft)
            .await
    }

    /// The same, marked for ever with what allowed it.
    pub(crate) async fn append_marked(
        &self,
        (by, permit): (&Requester, Option<&Permit>),
        partition: PartitionId,
        class: CommitClass,
        guards: Vec<Guard>,
        draft: Draft,
    ) -> Result<Appended, Refused> {
        let particulars = Particulars {
            salt_seed: self.entropy.bytes32().map_err(StoreError::from)?,
            requester: by.clone(),
            permitted: permit.map(|permit| permit.by().clone()),
            event: draft.event,
        };
        let wall = self.clock.wall();
        let core = Core {
            kind: particulars.event.kind(),
            hybrid: draft.hybrid,
            wall,
            compliance: self.clock.compliance(),
            tenant: draft.tenant,
            bucket: draft.bucket,
            version: draft.version,
            content_bytes: draft.content_bytes,
            sealed_bytes: draft.sealed_bytes,
            lock: draft.lock,
            epoch: 0,
            commitment: [0; 32],
        };
        loop {
            let sealed =
                seal_record(&self.keys, core.clone(), &particulars).map_err(StoreError::from)?;
            let mutations = mutations(Happened {
                partition,
                core: &sealed.core,
                event: &particulars.event,
            })
            .map_err(|error| StoreError::Internal(error.to_string()))?;
            let guards = guarded_against_the_end(partition, &sealed.core, guards.clone())?;
            let last = guards.len().saturating_sub(1);
            let mut record = sealed.record;
            record.payload = draft.payload.clone();
            let particulars_bytes = record.particulars.len() as u64;
            let commit = Commit {
                id: self.ids.commit().map_err(StoreError::from)?,
                class,
                guards,
                mutations,
                record,
            };
            match self.engine.commit(partition, commit).await {
                Ok(committed) => {
                    self.clock.stored(sealed.core.compliance);
                    return Ok(Appended {
                        committed,
                        wall,
                        particulars_bytes,
                    });
                }
                // The epoch ended between the seal and the commit: sealed again, under a newer one.
                Err(CommitError::GuardFailed { index })
                    if index == last && self.has_newer_epoch(&sealed.core) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether a record of a bucket would be sealed under a newer key by now.
    fn has_newer_epoch(&self, core: &Core) -> bool {
        let newest = core.bucket.map(|bucket| self.keys.newest_epoch(bucket));
        core.epoch > 0 && matches!(newest, Some(Ok(newest)) if newest > core.epoch)
    }

    /// The record at a sequence, opened and checked against its commitment.
    pub(crate) fn record(
        &self,
        partition: PartitionId,
        sequence: Sequence,
    ) -> Result<(StoredRecord, Opened), StoreError> {
        let records = self.engine.journal(partition, sequence, 1)?;
        let record = records
            .into_iter()
            .next()
            .filter(|record| record.position.sequence == sequence)
            .ok_or_else(|| {
                StoreError::Damaged(format!(
                    "record {sequence} of partition {partition} is missing"
                ))
            })?;
        if record.particulars == Part::Damaged {
            let what = format!("record {sequence} of partition {partition}: particulars");
            return Err(StoreError::Damaged(what));
        }
        let opened = open_record(&self.keys, record.kind, &record.core, &record.particulars)?;
        Ok((record, opened))
    }

    /// The core of a record: it stays when particulars are erased.
    pub(crate) fn core(
        &self,
        partition: PartitionId,
        sequence: Sequence,
    ) -> Result<Core, StoreError> {
        let records = self.engine.journal(partition, sequence, 1)?;
        let record = records
            .first()
            .filter(|record| record.position.sequence == sequence)
            .ok_or_else(|| {
                let what = format!("record {sequence} of partition {partition} is missing");
                StoreError::Damaged(what)
            })?;
        Ok(open_core(record.kind, &record.core)?)
    }

    pub(crate) fn get(
        &self,
        partition: PartitionId,
        key: &Key,
    ) -> Result<Option<Entry>, StoreError> {
        Ok(self.engine.get(partition, key)?)
    }

    pub(crate) fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, StoreError> {
        Ok(self.engine.scan(partition, scan)?)
    }
}

/// Nothing is sealed under a bucket's key once that is being destroyed: a commit that was held up until
/// then fails. It belongs to the bucket's own partition. Nor is anything else said of a bucket whose keys
/// all go: that belongs there or into the configuration. The guard of an epoch comes last.
fn guarded_against_the_end(
    partition: PartitionId,
    core: &Core,
    mut guards: Vec<Guard>,
) -> Result<Vec<Guard>, StoreError> {
    // Nor is another epoch opened.
    let concerned =
        core.epoch > 0 || core.kind == RecordKind::EpochOpened || destroy::goes(core.kind);
    let Some(bucket) = core.bucket.filter(|_| concerned) else {
        return Ok(guards);
    };
    if partition.0 > RESERVED_PARTITIONS {
        // An ended partition is closed, too.
        let closed = Guard::Absent(families::closed());
        if !guards.iter().any(|guard| is_same(guard, &closed)) {
            guards.push(Guard::Absent(families::ended()));
        }
        if core.epoch > 0 {
            guards.push(Guard::Absent(families::ended_epoch(core.epoch)));
        }
    } else if partition == CONFIGURATION && core.epoch == 0 {
        guards.push(Guard::Absent(families::destroyed(bucket)));
    } else {
        return Err(StoreError::Internal(format!(
            "a record sealed under the key of bucket {bucket} does not belong into partition {partition}"
        )));
    }
    Ok(guards)
}

fn is_same(one: &Guard, absent: &Guard) -> bool {
    matches!((one, absent), (Guard::Absent(one), Guard::Absent(other)) if one == other)
}

/// The guard that a key is still as it was read.
pub(crate) fn unchanged(key: Key, read: Option<Bytes>) -> Guard {
    match read {
        Some(value) => Guard::Equals(key, value),
        None => Guard::Absent(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azekura_model::time::ComplianceTime;

    fn core(epoch: u32) -> Core {
        Core {
            kind: RecordKind::IntentWithdrawn,
            hybrid: HybridTime::default(),
            wall: WallTime(0),
            compliance: ComplianceTime(0),
            tenant: TenantId([1; 16]),
            bucket: Some(BucketUuid([2; 16])),
            version: None,
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            epoch,
            commitment: [0; 32],
        }
    }

    #[test]
    fn nothing_under_a_buckets_key_is_committed_past_its_end() {
        let guarded = |partition, epoch, guards| {
            let partition = PartitionId(partition);
            let guards = guarded_against_the_end(partition, &core(epoch), guards).ok()?;
            let keys = guards.into_iter().map(|guard| match guard {
                Guard::Absent(key) => key,
                Guard::Equals(key, _) => panic!("{key:?}"),
            });
            Some(keys.collect::<Vec<_>>())
        };
        let closed = || vec![Guard::Absent(families::closed())];
        let epoch = families::ended_epoch(1);
        let both = |key| Some(vec![key, epoch.clone()]);
        assert_eq!(guarded(5000, 1, Vec::new()), both(families::ended()));
        assert_eq!(guarded(5000, 1, closed()), both(families::closed()));
        assert_eq!(guarded(5000, 0, Vec::new()), Some(vec![families::ended()]));
        let destroyed = families::destroyed(BucketUuid([2; 16]));
        assert_eq!(guarded(1, 0, Vec::new()), Some(vec![destroyed]));
        assert_eq!(guarded(1, 1, Vec::new()), None);
        assert_eq!(guarded(2, 0, Vec::new()), None);
        let opened = Core {
            kind: RecordKind::EpochOpened,
            ..core(0)
        };
        let guards = guarded_against_the_end(CONFIGURATION, &opened, Vec::new());
        assert_eq!(guards.unwrap().len(), 1);
        let freed = Core {
            kind: RecordKind::Freed,
            ..core(0)
        };
        for partition in [1, 2, 5000] {
            let partition = PartitionId(partition);
            let guards = guarded_against_the_end(partition, &freed, Vec::new());
            assert!(guards.unwrap().is_empty());
        }
    }
}
