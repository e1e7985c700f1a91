//! Whether anything of a retired bucket is still kept. Judged by the records, each of them, and not by
//! the state of a lock: whatever a lock or history keeps still has its record.

use std::collections::BTreeSet;

use azekura_engine::seam::{Family, Part, ReadError, Scan, StoredRecord};
use azekura_model::ident::VersionId;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::core::{Core, RecordKind};
use azekura_record::epoch::KeysGo;
use azekura_record::particulars::Event;
use bytes::Bytes;

use super::every::{every, whole};
use super::{Kept, config, newest_epoch, stays};
use crate::bucket::read;
use crate::entry::BucketEntry;
use crate::families::{
    self, BLOBS, CONFIG, CONFIGURATION, DUE, ENDED_EPOCHS, RESERVED_PARTITIONS, split_blob,
};
use crate::inner::Inner;
use crate::lock_state::read_lost;
use crate::released::Uncovered;
use crate::slot::after;

/// Judges a bucket. `begun` = its partition is closed for ever, and part of it may be erased.
pub(super) fn judge(inner: &Inner, bucket: &BucketEntry, begun: bool) -> Result<(), Kept> {
    let partition = bucket.partition();
    let retired = families::retired(bucket.uuid());
    let Some(retired) = inner.get(CONFIGURATION, &retired)? else {
        return stays("it is not retired");
    };
    if !begun {
        retired_long_ago(inner, bucket, retired.sequence)?;
    }
    if inner.get(partition, &families::closed())?.is_none() {
        return stays("its partition is open");
    }
    if partition.0 <= RESERVED_PARTITIONS {
        return stays("its partition is not a bucket's");
    }
    no_damage(inner, partition)?;
    index(inner, partition, begun)?;
    own_records(inner, bucket, begun)?;
    config::held(inner, bucket)?;
    elsewhere(inner, bucket)
}

/// No damage is known anywhere, and none took records of the bucket.
pub(super) fn no_damage(inner: &Inner, partition: PartitionId) -> Result<(), Kept> {
    if let Some(found) = inner.engine.status().damage.into_iter().next() {
        return stays(format!("damage: {found}"));
    }
    for lost in [partition, CONFIGURATION] {
        if read_lost(inner, lost)?.is_some() {
            return stays(format!("records of partition {lost} were lost to damage"));
        }
    }
    Ok(())
}

/// The settings of a bucket, its name and who retired it stay as long as its history would.
fn retired_long_ago(inner: &Inner, bucket: &BucketEntry, retired: Sequence) -> Result<(), Kept> {
    let core = inner.core(CONFIGURATION, retired)?;
    if core.kind != RecordKind::BucketRetired || core.bucket != Some(bucket.uuid()) {
        return stays("its retirement is not what the index says");
    }
    let now = inner.clock.compliance();
    let settings = read::settings(inner, bucket.uuid())?;
    let until = settings.history().in_force(now).until(core.compliance);
    if until > now {
        return stays("it was retired not long ago");
    }
    Ok(())
}

/// Nothing is left in the index of the bucket's partition but what the end takes away, or what stays.
fn index(inner: &Inner, partition: PartitionId, begun: bool) -> Result<(), Kept> {
    for family in (0..Family::COUNT).map(Family) {
        let mut from = Bytes::new();
        loop {
            let scan = Scan {
                family,
                from,
                until: None,
                limit: 1000,
            };
            let page = inner.scan(partition, &scan)?;
            for (key, _) in &page.entries {
                entry(inner, family, key, begun)?;
            }
            match page.entries.last() {
                Some((key, _)) if page.more => from = after(key),
                _ => break,
            }
        }
    }
    Ok(())
}

fn entry(inner: &Inner, family: Family, key: &[u8], begun: bool) -> Result<(), Kept> {
    let first = key.first().copied().unwrap_or_default();
    match (family, first) {
        (BLOBS, b'f') => {
            let Some(blob) = split_blob(key) else {
                return stays("an entry of a blob cannot be read");
            };
            match inner.engine.read_blob(blob, 0, 1) {
                Err(ReadError::NotFound(_)) => Ok(()),
                _ => stays(format!("blob {blob} is still there")),
            }
        }
        // Cursors of the keeper, what it looks at again, disposal jobs.
        (DUE, b'c' | b'a' | b'd') => Ok(()),
        (CONFIG, _) if key == b"closed" || key == b"locks" => Ok(()),
        (CONFIG, _) if key.starts_with(ENDED_EPOCHS) => Ok(()),
        (CONFIG, _) if begun && key == b"ended" => Ok(()),
        _ => stays(format!(
            "its index has an entry of family {}, {first:#04x}",
            family.0
        )),
    }
}

/// What the records of the bucket's partition say.
#[derive(Default)]
struct Own {
    versions: BTreeSet<VersionId>,
    released_versions: BTreeSet<VersionId>,
    releases: BTreeSet<Sequence>,
    freed: BTreeSet<Sequence>,
    uncovered: Uncovered,
}

fn own_records(inner: &Inner, bucket: &BucketEntry, begun: bool) -> Result<(), Kept> {
    let partition = bucket.partition();
    let mut own = Own::default();
    every(inner, partition, Sequence(1), |record, core| {
        if core.bucket != Some(bucket.uuid()) || core.tenant != bucket.tenant() {
            return stays("its partition holds a record of another bucket");
        }
        own.take(inner, record, core, begun).map(|()| true)
    })?;
    if let Some(at) = own.uncovered.first() {
        return stays(format!("record {at} is erased and no release says so"));
    }
    if !own.versions.is_subset(&own.released_versions) {
        return stays("a version has no release");
    }
    if own.releases != own.freed {
        return stays("a release is not finished, or what it erased was not all read back");
    }
    Ok(())
}

impl Own {
    fn take(
        &mut self,
        inner: &Inner,
        record: &StoredRecord,
        core: &Core,
        begun: bool,
    ) -> Result<(), Kept> {
        let at = &record.position;
        self.uncovered.take(record, || {
            let payload = inner.engine.payload(at.partition, at.sequence, 0, u64::MAX);
            payload.ok()
        });
        let here = format!("record {} ({:?})", at.sequence, core.kind);
        match core.kind {
            RecordKind::Version
            | RecordKind::DeleteMarker
            | RecordKind::VersionHidden
            | RecordKind::VersionTagged
            | RecordKind::AclChanged
            | RecordKind::SlotRestated
            | RecordKind::UploadStarted
            | RecordKind::PartStored
            | RecordKind::UploadAborted => {
                if !is_erased(inner, record) {
                    return stays(format!("{here} is not released"));
                }
                if matches!(core.kind, RecordKind::Version | RecordKind::DeleteMarker) {
                    let Some(version) = core.version else {
                        return stays(format!("{here} names no version"));
                    };
                    self.versions.insert(version);
                }
                Ok(())
            }
            RecordKind::Released => {
                let of_keys = core.epoch == 0;
                if (of_keys && !begun) || record.particulars != Part::Erased {
                    return stays(format!("{here} is not finished"));
                }
                self.releases.insert(at.sequence);
                self.released_versions.extend(core.version);
                Ok(())
            }
            RecordKind::Freed => {
                let opened = whole(inner, at.partition, at.sequence)?;
                match opened.particulars.event {
                    Event::Freed(freed) if freed.verified => {
                        self.freed.insert(freed.released);
                        Ok(())
                    }
                    _ => stays(format!("{here} says that damage hid something")),
                }
            }
            RecordKind::DisposalRequested => whole(inner, at.partition, at.sequence).map(drop),
            RecordKind::EpochDestroyed if core.epoch == 0 => {
                match whole(inner, at.partition, at.sequence)?.particulars.event {
                    Event::EpochDestroyed(event) if begun || event.goes == KeysGo::One(None) => {
                        Ok(())
                    }
                    _ => stays(format!("{here} does not belong there")),
                }
            }
            kind if is_left(kind) => {
                if begun && record.particulars == Part::Erased {
                    return Ok(());
                }
                // It is known what it put into the index.
                whole(inner, at.partition, at.sequence).map(drop)
            }
            _ => stays(format!("{here} does not belong there")),
        }
    }
}

/// Kinds in a bucket's partition that name nothing, hold no key and are released with the bucket's keys.
pub(super) fn is_left(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::BucketRetired
            | RecordKind::BucketChanged
            | RecordKind::BucketConfigured
            | RecordKind::BlobIntent
            | RecordKind::IntentWithdrawn
            | RecordKind::VersionLocked
            | RecordKind::LocksChanged
            | RecordKind::LifecycleRan
    )
}

pub(super) fn is_erased(inner: &Inner, record: &StoredRecord) -> bool {
    let at = &record.position;
    let payload = record.payload_bytes == 0
        || matches!(
            inner.engine.payload(at.partition, at.sequence, 0, 1),
            Err(ReadError::Erased(_))
        );
    record.particulars == Part::Erased && payload
}

/// No other partition of the vault's own holds anything that the bucket's keys seal. Those of other
/// buckets hold their own records alone ([`Inner::append`] sees to it).
pub(super) fn elsewhere(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    for (partition, ..) in inner.engine.status().heads {
        if partition == CONFIGURATION || partition.0 > RESERVED_PARTITIONS {
            continue;
        }
        every(inner, partition, Sequence(1), |record, core| {
            if core.bucket == Some(bucket.uuid()) && core.epoch > 0 {
                let at = record.position.sequence;
                return stays(format!(
                    "record {at} of partition {partition} is under its key"
                ));
            }
            Ok(true)
        })?;
    }
    newest_epoch(inner, bucket).map(drop)
}
