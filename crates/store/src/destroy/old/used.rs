//! Whether anything is left under the key of an old epoch. Judged by the records, each of them.

use std::collections::{BTreeMap, BTreeSet};

use azekura_engine::seam::{Part, Scan};
use azekura_model::ident::BucketUuid;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;

use super::super::config::{holds_key, is_sealed};
use super::super::every::{every, whole};
use super::super::judge::{elsewhere, is_erased, no_damage};
use super::super::{Kept, newest_epoch, stays};
use super::holder;
use crate::entry::BucketEntry;
use crate::error::StoreError;
use crate::families::{self, CONFIG, CONFIGURATION, RESERVED_PARTITIONS};
use crate::inner::Inner;
use crate::release::finish::list_at;
use crate::released::Uncovered;
use crate::slot::after;

/// Epochs in keys of the configuration that begin with `prefix`, and the records that put them.
pub(super) fn epochs_of(inner: &Inner, prefix: Vec<u8>) -> Result<BTreeMap<u32, Sequence>, Kept> {
    let until = families::after_prefix(&prefix);
    let mut found = BTreeMap::new();
    let mut from = bytes::Bytes::from(prefix);
    loop {
        let scan = Scan {
            family: CONFIG,
            from,
            until: until.clone(),
            limit: 1000,
        };
        let page = inner.scan(CONFIGURATION, &scan)?;
        for (key, entry) in &page.entries {
            let Some(number) = families::epoch_number(key) else {
                return stays("an entry of an epoch cannot be read");
            };
            found.insert(number, entry.sequence);
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(found),
        }
    }
}

/// Old epochs of which no record is to be seen in the bucket's partition. Cheap: a pass looks at one
/// record for each epoch that is in use, and reads the partition when that one is gone.
pub(super) fn unused(inner: &Inner, bucket: &BucketEntry) -> Result<BTreeSet<u32>, Kept> {
    let uuid = bucket.uuid();
    let (newest, _) = newest_epoch(inner, bucket)?;
    let open = epochs_of(inner, families::epochs(uuid))?;
    let mut unused: BTreeSet<u32> = open.into_keys().filter(|epoch| *epoch < newest).collect();
    let known = inner.epochs_used.lock().clone();
    let mut still = BTreeSet::new();
    for epoch in &unused {
        if let Some(at) = known.get(&(uuid, *epoch))
            && uses(inner, bucket.partition(), *at, *epoch)?
        {
            still.insert(*epoch);
        }
    }
    unused.retain(|epoch| !still.contains(epoch));
    if unused.is_empty() {
        return Ok(unused);
    }
    every(inner, bucket.partition(), Sequence(1), |record, core| {
        if record.particulars != Part::Erased && unused.remove(&core.epoch) {
            let mut used = inner.epochs_used.lock();
            used.insert((uuid, core.epoch), record.position.sequence);
        }
        Ok(!unused.is_empty())
    })?;
    Ok(unused)
}

fn uses(inner: &Inner, partition: PartitionId, at: Sequence, epoch: u32) -> Result<bool, Kept> {
    let records = inner.engine.journal(partition, at, 1)?;
    let record = records
        .first()
        .filter(|record| record.position.sequence == at);
    Ok(record.is_some_and(|record| {
        let core = Core::decode(&record.core);
        record.particulars != Part::Erased && core.is_ok_and(|core| core.epoch == epoch)
    }))
}

/// Judges one epoch: everything is read again, and whatever is unknown keeps the key.
pub(super) fn judge(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let partition = bucket.partition();
    let (newest, _) = newest_epoch(inner, bucket)?;
    let in_use = inner.keys.newest_epoch(uuid);
    if epoch >= newest || !in_use.is_ok_and(|in_use| in_use > epoch) {
        return stays("no newer epoch is in use");
    }
    if inner
        .get(CONFIGURATION, &families::retired(uuid))?
        .is_some()
    {
        return stays("its bucket is retired, and its keys go together");
    }
    if partition.0 <= RESERVED_PARTITIONS {
        return stays("its partition is not a bucket's");
    }
    no_damage(inner, partition)?;
    holder(inner, bucket, epoch)?;
    own_records(inner, bucket, epoch)?;
    configuration(inner, bucket, epoch)?;
    elsewhere(inner, bucket)
}

/// Every record of the bucket's partition: none under the epoch has anything left, whatever is erased a
/// release lists, and every release is finished and was read back.
fn own_records(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let partition = bucket.partition();
    let mut uncovered = Uncovered::default();
    let (mut releases, mut freed) = (BTreeSet::new(), BTreeSet::new());
    every(inner, partition, Sequence(1), |record, core| {
        let at = record.position.sequence;
        if core.bucket != Some(bucket.uuid()) || core.tenant != bucket.tenant() {
            return stays("its partition holds a record of another bucket");
        }
        if core.epoch == epoch && !is_erased(inner, record) && core.kind != RecordKind::Released {
            return stays(format!("record {at} ({:?}) is not released", core.kind));
        }
        uncovered.take(record, || {
            inner.engine.payload(partition, at, 0, u64::MAX).ok()
        });
        match core.kind {
            RecordKind::Released => {
                if record.particulars != Part::Erased {
                    return stays(format!("release {at} is not finished"));
                }
                releases.insert(at);
            }
            RecordKind::Freed => {
                if let Event::Freed(done) = whole(inner, partition, at)?.particulars.event
                    && done.verified
                {
                    freed.insert(done.released);
                }
            }
            _ => {}
        }
        Ok(true)
    })?;
    if let Some(at) = uncovered.first() {
        return stays(format!("record {at} is not whole and no release says so"));
    }
    if !releases.is_subset(&freed) {
        return stays("a release is not finished, or what it erased was not all read back");
    }
    Ok(())
}

/// Every record of the bucket in the configuration is known, and none is under the epoch.
fn configuration(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let mut uncovered = Uncovered::default();
    every(inner, CONFIGURATION, Sequence(1), |record, core| {
        let at = record.position.sequence;
        if core.bucket != Some(bucket.uuid()) {
            return Ok(true);
        }
        uncovered.take(record, || {
            inner.engine.payload(CONFIGURATION, at, 0, u64::MAX).ok()
        });
        let known = holds_key(core.kind)
            || is_sealed(core.kind)
            || matches!(
                core.kind,
                RecordKind::EpochDestroyed | RecordKind::Released | RecordKind::Freed
            );
        if !known || core.epoch == epoch {
            let kind = core.kind;
            return stays(format!("record {at} of the configuration ({kind:?}) stays"));
        }
        Ok(true)
    })?;
    match uncovered.first() {
        Some(at) => stays(format!(
            "record {at} of the configuration is not whole and no release says so"
        )),
        None => Ok(()),
    }
}

/// Nothing that the key of the epoch seals is left: not in the bucket's partition, not in the
/// configuration.
pub(super) fn nothing_left(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    for partition in [bucket.partition(), CONFIGURATION] {
        every(inner, partition, Sequence(1), |record, listed| {
            let under = listed.bucket == Some(bucket.uuid()) && listed.epoch == epoch;
            if under && record.particulars != Part::Erased {
                let at = record.position.sequence;
                return stays(format!(
                    "record {at} of partition {partition} is still under the key"
                ));
            }
            Ok(true)
        })?;
    }
    Ok(())
}

/// The *freed* records of keys of old epochs, by epoch. The records that hold the keys of a bucket stand
/// in the order of its epochs, and are told by it when they are erased.
pub(crate) fn freed_keys(
    inner: &Inner,
    bucket: BucketUuid,
) -> Result<BTreeMap<u32, Sequence>, StoreError> {
    let mut holders = BTreeMap::new();
    let mut found = BTreeMap::new();
    every(inner, CONFIGURATION, Sequence(1), |record, core| {
        let at = record.position.sequence;
        if core.bucket != Some(bucket) {
            return Ok(true);
        }
        if holds_key(core.kind) {
            let next = u32::try_from(holders.len()).unwrap_or(u32::MAX);
            holders.insert(at, next.saturating_add(1));
        }
        if core.kind == RecordKind::Freed
            && let Event::Freed(freed) = whole(inner, CONFIGURATION, at)?.particulars.event
            && freed.verified
            && let [holder] = list_at(inner, CONFIGURATION, freed.released)?
                .erase
                .as_slice()
            && let Some(epoch) = holders.get(holder)
        {
            found.insert(*epoch, at);
        }
        Ok(true)
    })
    .map_err(Kept::failed)?;
    Ok(found)
}
