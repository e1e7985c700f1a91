//! How many bytes each access key has locked, or locked for longer, on the present compliance day of
//! Japan.
//!
//! Only keys with a limit are counted, so the ledger has as many rows as the configuration has such
//! keys. Bytes are booked before the commit and given back when nothing was committed. A restart
//! forgets nothing: at the start the records of the day are read again ([`Ledger::recount`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_engine::seam::Engine;
use azekura_model::calendar::CivilDate;
use azekura_model::lock::{Lock, Retention};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::requester::Requester;
use azekura_model::retention_limits::{KeyLockLimits, OverLimit};
use azekura_model::time::ComplianceTime;
use azekura_record::core::RecordKind;
use parking_lot::Mutex;

use crate::error::StoreError;
use crate::inner::Inner;
use crate::retention::initial::key_limits;
use crate::seal::record::{open_core, open_record};

/// Records read at a time.
const RECORDS_AT_A_TIME: u64 = 512;

/// Bytes locked today, by key.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Day>>);

#[derive(Default)]
struct Day {
    date: Option<CivilDate>,
    bytes: BTreeMap<String, u64>,
}

/// Bytes booked; given back when dropped before [`Booked::keep`].
#[must_use]
pub(crate) struct Booked {
    ledger: Ledger,
    key: Option<(CivilDate, String, u64)>,
}

impl Booked {
    /// The commit is durable.
    pub(crate) fn keep(mut self) {
        self.key = None;
    }
}

impl Drop for Booked {
    fn drop(&mut self) {
        let Some((date, key, bytes)) = self.key.take() else {
            return;
        };
        let mut day = self.ledger.0.lock();
        if day.date == Some(date)
            && let Some(booked) = day.bytes.get_mut(&key)
        {
            *booked = booked.saturating_sub(bytes);
        }
    }
}

/// Whether a new lock keeps a version longer than the old one did: what counts against a key.
pub(crate) fn locks_more(before: &Lock, after: &Lock) -> bool {
    let until = |lock: &Lock| lock.retention.map(|retention: Retention| retention.until);
    until(after) > until(before) || (after.event.is_some() && before.event.is_none())
}

/// Books what a new version locks.
pub(crate) fn book_new(
    inner: &Inner,
    by: &Requester,
    lock: &Lock,
    bytes: u64,
) -> Result<Booked, StoreError> {
    book_change(inner, by, (&Lock::default(), lock), bytes)
}

/// Books what a version's new lock keeps for longer.
pub(crate) fn book_change(
    inner: &Inner,
    by: &Requester,
    (before, after): (&Lock, &Lock),
    bytes: u64,
) -> Result<Booked, StoreError> {
    let bytes = if locks_more(before, after) { bytes } else { 0 };
    let now = inner.clock.compliance();
    inner
        .ledger
        .book(&key_limits(inner, by), &by.key_id, bytes, now)
}

impl Ledger {
    /// Books bytes that a key is about to lock.
    pub(crate) fn book(
        &self,
        limits: &KeyLockLimits,
        key: &str,
        bytes: u64,
        now: ComplianceTime,
    ) -> Result<Booked, StoreError> {
        let none = || Booked {
            ledger: self.clone(),
            key: None,
        };
        let Some(most) = limits.bytes_per_day else {
            return Ok(none());
        };
        let date = CivilDate::in_japan(now)
            .map_err(|error| StoreError::Internal(format!("compliance time: {error}")))?;
        let mut day = self.0.lock();
        if day.date.is_none_or(|of| of < date) {
            *day = Day {
                date: Some(date),
                bytes: BTreeMap::new(),
            };
        }
        let used = day.bytes.get(key).copied().unwrap_or(0);
        let after = used.saturating_add(bytes);
        if after > most && bytes > 0 {
            return Err(OverLimit::KeyBytes { bytes: most, used }.into());
        }
        day.bytes.insert(key.to_owned(), after);
        drop(day);
        Ok(Booked {
            ledger: self.clone(),
            key: Some((date, key.to_owned(), bytes)),
        })
    }

    /// Counts again what the records of the day say, in every partition of a bucket.
    pub(crate) fn recount(&self, inner: &Inner) -> Result<(), StoreError> {
        let configured = inner.policy.lock_limits.values();
        let limited = configured
            .map(|limits| limits.bytes_per_day)
            .chain(inner.directory.locked_bytes_limits())
            .any(|limit| limit.is_some());
        if !limited {
            return Ok(());
        }
        let date = CivilDate::in_japan(inner.clock.compliance())
            .map_err(|error| StoreError::Internal(format!("compliance time: {error}")))?;
        let mut bytes = BTreeMap::new();
        for (partition, head, _) in &inner.engine.status().heads {
            let of_bucket = partition.0 > crate::families::RESERVED_PARTITIONS
                && !crate::families::is_audit(*partition);
            if of_bucket {
                count_partition(inner, *partition, *head, date.begins(), &mut bytes)?;
            }
        }
        *self.0.lock() = Day {
            date: Some(date),
            bytes,
        };
        Ok(())
    }
}

/// Walks back from the head to the first record of the day.
fn count_partition(
    inner: &Inner,
    partition: PartitionId,
    head: Sequence,
    begins: ComplianceTime,
    bytes: &mut BTreeMap<String, u64>,
) -> Result<(), StoreError> {
    let engine: &dyn Engine = &*inner.engine;
    let mut next = head.0.saturating_add(1);
    while next > 1 {
        let from = next.saturating_sub(RECORDS_AT_A_TIME).max(1);
        let most = usize::try_from(next.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut earlier = false;
        for record in engine.journal(partition, Sequence(from), most)? {
            let Ok(core) = open_core(record.kind, &record.core) else {
                continue;
            };
            if core.compliance < begins {
                earlier = true;
                continue;
            }
            let counts = match core.kind {
                RecordKind::Version | RecordKind::VersionLocked => {
                    core.lock.retention.is_some() || core.lock.event.is_some()
                }
                RecordKind::LocksChanged => true,
                _ => false,
            };
            if !counts {
                continue;
            }
            let opened = open_record(&inner.keys, record.kind, &record.core, &record.particulars);
            if let Ok(opened) = opened {
                let sum = bytes
                    .entry(opened.particulars.requester.key_id)
                    .or_insert(0);
                *sum = sum.saturating_add(core.content_bytes);
            }
        }
        if earlier {
            return Ok(());
        }
        next = from;
    }
    Ok(())
}
