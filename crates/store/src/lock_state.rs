//! The lock state of a version, proved.
//!
//! Three witnesses are asked: the version's own record, the index, and the record that the index
//! names as the last one that gave a lock. They must agree. Whatever is unreadable, missing or
//! contradictory makes the state unknown, and unknown means locked (invariant 4).

use std::collections::BTreeMap;

use azekura_engine::seam::{Guard, Scan};
use azekura_model::ident::VersionId;
use azekura_model::lock::{Lock, LockState};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::time::HybridTime;
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::object_lock::has_locks;
use crate::entry::LockEntry;
use crate::error::StoreError;
use crate::families;
use crate::inner::{Inner, unchanged};
use crate::seal::record::open_core;

/// A lock state as read at one moment.
#[derive(Clone, Debug)]
pub(crate) struct ReadLock {
    /// What is known.
    pub(crate) state: LockState,
    /// The record that gave it; `None` = no record did.
    pub(crate) given_by: Option<Sequence>,
    /// When that was, as the index says.
    pub(crate) given_at: Option<HybridTime>,
    version: VersionId,
    raw: Option<Bytes>,
}

impl ReadLock {
    /// Holds while nothing has given the version another lock.
    pub(crate) fn guard(&self) -> Guard {
        unchanged(families::lock(self.version), self.raw.clone())
    }
}

/// Reads lock states of one partition. Keeps the record of many locks that it opened last.
pub(crate) struct Reader<'a> {
    inner: &'a Inner,
    partition: PartitionId,
    bulk: Option<Bulk>,
    /// The last record that damage took; read once.
    lost: Option<Option<Sequence>>,
}

/// A record of many locks.
struct Bulk {
    at: Sequence,
    core: Core,
    locks: BTreeMap<VersionId, Lock>,
}

/// The state of one version, whose own record stands at `own`.
pub(crate) fn read(
    inner: &Inner,
    partition: PartitionId,
    version: VersionId,
    own: Sequence,
) -> ReadLock {
    Reader::new(inner, partition).read(version, own)
}

impl<'a> Reader<'a> {
    pub(crate) fn new(inner: &'a Inner, partition: PartitionId) -> Self {
        Self {
            inner,
            partition,
            bulk: None,
            lost: None,
        }
    }

    /// The state of one version, whose own record stands at `own`.
    pub(crate) fn read(&mut self, version: VersionId, own: Sequence) -> ReadLock {
        let mut read = ReadLock {
            state: LockState::Unknown(String::new()),
            given_by: None,
            given_at: None,
            version,
            raw: None,
        };
        read.state = match self.prove(&mut read, own) {
            Ok(lock) => LockState::Known(lock),
            Err(why) => LockState::Unknown(why),
        };
        read
    }

    fn prove(&mut self, read: &mut ReadLock, own: Sequence) -> Result<Lock, String> {
        let version = read.version;
        let entry = self
            .inner
            .get(self.partition, &families::lock(version))
            .map_err(|error| error.to_string())?;
        read.raw = entry.as_ref().map(|entry| entry.value.clone());
        read.given_by = entry.as_ref().map(|entry| entry.sequence);
        let core = self.core(own)?;
        if core.version != Some(version) {
            return Err(format!("record {own} is of another version"));
        }
        match core.kind {
            RecordKind::Version => {}
            // Markers are never locked (facts L12).
            RecordKind::DeleteMarker if entry.is_none() && core.lock.is_empty() => {
                return Ok(Lock::default());
            }
            other => return Err(format!("record {own} is {other:?}")),
        }
        let since = entry.as_ref().map_or(own, |entry| entry.sequence);
        if let Some(lost) = self.lost()?.filter(|lost| *lost > since) {
            return Err(format!(
                "record {lost} was lost to damage, and may have locked it"
            ));
        }
        let Some(entry) = entry else {
            return if core.lock.is_empty() {
                Ok(Lock::default())
            } else {
                Err("its record has a lock and the index has none".to_owned())
            };
        };
        let indexed = LockEntry::decode(&entry.value).map_err(|error| error.to_string())?;
        read.given_at = Some(indexed.stamp);
        let given = if entry.sequence == own {
            stamped(&core, &indexed)?;
            core.lock.clone()
        } else {
            self.given(version, entry.sequence, &indexed)?
        };
        if entry.sequence < own || given != indexed.lock {
            return Err(format!(
                "the index and record {} say different things",
                entry.sequence
            ));
        }
        Ok(given)
    }

    /// The last record that damage took from the journal before the index had it, if it can have
    /// been a lock: not in a bucket of which nothing says that it ever had one.
    fn lost(&mut self) -> Result<Option<Sequence>, String> {
        if let Some(lost) = self.lost {
            return Ok(lost);
        }
        let lost = read_lost(self.inner, self.partition).map_err(|error| error.to_string())?;
        let lost = match lost {
            Some(lost) if self.locks_there().map_err(|error| error.to_string())? => Some(lost),
            _ => None,
        };
        self.lost = Some(lost);
        Ok(lost)
    }

    fn locks_there(&self) -> Result<bool, StoreError> {
        if has_locks(self.inner, self.partition)? {
            return Ok(true);
        }
        let scan = Scan {
            family: families::AMENDMENTS,
            from: Bytes::from_static(&[families::LOCKS]),
            until: families::after_prefix(&[families::LOCKS]),
            limit: 1,
        };
        Ok(!self.inner.scan(self.partition, &scan)?.entries.is_empty())
    }

    /// The lock that a later record gave the version.
    fn given(
        &mut self,
        version: VersionId,
        at: Sequence,
        indexed: &LockEntry,
    ) -> Result<Lock, String> {
        if let Some(bulk) = self.bulk.as_ref().filter(|bulk| bulk.at == at) {
            return bulk.lock(version, indexed);
        }
        let core = self.core(at)?;
        match core.kind {
            RecordKind::VersionLocked if core.version == Some(version) => {
                stamped(&core, indexed)?;
                Ok(core.lock)
            }
            RecordKind::LocksChanged => {
                let record = self.inner.record(self.partition, at);
                let (_, opened) = record.map_err(|error| error.to_string())?;
                let Event::LocksChanged(changed) = opened.particulars.event else {
                    return Err(format!("record {at} is not what its core says"));
                };
                let bulk = Bulk {
                    at,
                    core: opened.core,
                    locks: changed.locks.into_iter().collect(),
                };
                self.bulk.insert(bulk).lock(version, indexed)
            }
            _ => Err(format!("record {at} gave it no lock")),
        }
    }

    /// The core alone: it stays when particulars are erased, and says all that a lock needs.
    fn core(&self, at: Sequence) -> Result<Core, String> {
        let records = self.inner.engine.journal(self.partition, at, 1);
        let records = records.map_err(|error| error.to_string())?;
        let record = records
            .first()
            .filter(|record| record.position.sequence == at)
            .ok_or_else(|| format!("record {at} is missing"))?;
        open_core(record.kind, &record.core).map_err(|error| error.to_string())
    }
}

/// The last record of a partition that damage took from the journal before the index had it.
pub(crate) fn read_lost(
    inner: &Inner,
    partition: PartitionId,
) -> Result<Option<Sequence>, StoreError> {
    let Some(entry) = inner.get(partition, &families::lost())? else {
        return Ok(None);
    };
    // Unreadable: as if it were the newest.
    let last = entry.value.as_ref().try_into();
    Ok(Some(Sequence(last.map_or(u64::MAX, u64::from_be_bytes))))
}

fn stamped(core: &Core, indexed: &LockEntry) -> Result<(), String> {
    if core.hybrid == indexed.stamp {
        Ok(())
    } else {
        Err("the index has the lock of another moment".to_owned())
    }
}

impl Bulk {
    fn lock(&self, version: VersionId, indexed: &LockEntry) -> Result<Lock, String> {
        stamped(&self.core, indexed)?;
        self.locks
            .get(&version)
            .cloned()
            .ok_or_else(|| "the record that the index names does not list it".to_owned())
    }
}

/// What HEAD and GET show: the index alone is asked. Not for verdicts.
pub(crate) fn shown(
    inner: &Inner,
    partition: PartitionId,
    version: VersionId,
) -> Result<Lock, StoreError> {
    let Some(entry) = inner.get(partition, &families::lock(version))? else {
        return Ok(Lock::default());
    };
    Ok(LockEntry::decode(&entry.value)?.lock)
}
