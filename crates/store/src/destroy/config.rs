//! The records of a bucket in the configuration: those that hold its wrapped keys, and those that the
//! keys seal.

use std::collections::BTreeSet;

use azekura_engine::seam::{Guard, Key, Part, Scan, StoredRecord};
use azekura_model::position::Sequence;
use azekura_record::core::{Core, RecordKind};
use azekura_record::epoch::KeysGo;
use azekura_record::particulars::Event;
use bytes::Bytes;

use super::every::{every, whole};
use super::seal_left::{entries, put_by};
use super::{Kept, append, is_released, listing, newest_epoch, release, stays};
use crate::entry::{self, BucketEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION, DUE, RELEASES};
use crate::inner::{Inner, unchanged};
use crate::intent::Owner;
use crate::release::finish;
use crate::released::Uncovered;
use crate::slot::after;

/// Records in one release.
const RECORDS_MAX: usize = 1000;

/// What the configuration holds of a bucket before anything of it is erased.
pub(super) struct Held {
    /// Records that hold a wrapped key, each of another epoch, and those that say the bucket anew.
    pub(super) keys: BTreeSet<Sequence>,
    /// Records that go with the keys.
    pub(super) sealed: BTreeSet<Sequence>,
}

/// Whether the particulars of a kind hold a wrapped key of a bucket.
pub(super) fn holds_key(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::BucketCreated | RecordKind::EpochOpened)
}

/// Kinds in the configuration that go with the keys of a bucket. Earlier releases sealed them under
/// these, later ones under the tenant's.
pub(super) fn is_sealed(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::BucketChanged | RecordKind::BucketConfigured | RecordKind::BucketRetired
    )
}

/// Everything is there and whole: every epoch that was ever opened, but those that were destroyed
/// before, and nothing of an unknown kind.
pub(super) fn held(inner: &Inner, bucket: &BucketEntry) -> Result<Held, Kept> {
    let uuid = bucket.uuid();
    let (newest, _) = newest_epoch(inner, bucket)?;
    let mut found = Found::default();
    every(inner, CONFIGURATION, Sequence(1), |record, core| {
        if core.bucket == Some(uuid) {
            found.take(inner, bucket, record, core)?;
        }
        Ok(true)
    })?;
    if let Some(at) = found.uncovered.first() {
        return stays(format!(
            "record {at} of the configuration is erased and no release says so"
        ));
    }
    if found.erased > found.destroyed.len() {
        return stays("more keys are erased than were destroyed");
    }
    found.opened.extend(found.destroyed);
    if found.opened != (1..=newest).collect() {
        return stays("a record of one of its epochs is not there");
    }
    Ok(Held {
        keys: found.keys,
        sealed: found.sealed,
    })
}

/// What the records of a bucket in the configuration say.
#[derive(Default)]
struct Found {
    keys: BTreeSet<Sequence>,
    sealed: BTreeSet<Sequence>,
    /// Epochs whose keys are there.
    opened: BTreeSet<u32>,
    /// Old epochs that were destroyed.
    destroyed: BTreeSet<u32>,
    /// Number of records that held a key and are erased.
    erased: usize,
    uncovered: Uncovered,
}

impl Found {
    fn take(
        &mut self,
        inner: &Inner,
        bucket: &BucketEntry,
        record: &StoredRecord,
        core: &Core,
    ) -> Result<(), Kept> {
        let at = record.position.sequence;
        self.uncovered.take(record, || {
            let payload = inner.engine.payload(CONFIGURATION, at, 0, u64::MAX);
            payload.ok()
        });
        let is_erased = record.particulars == Part::Erased;
        match core.kind {
            kind if holds_key(kind) && core.epoch == 0 && core.tenant == bucket.tenant() => {
                if is_erased {
                    self.erased = self.erased.saturating_add(1);
                    return Ok(());
                }
                let epoch = epoch_of(inner, bucket, at)?;
                if !self.opened.insert(epoch) {
                    return stays(format!("epoch {epoch} was opened twice"));
                }
                self.keys.insert(at);
            }
            kind if is_sealed(kind) => {
                whole(inner, CONFIGURATION, at)?;
                self.sealed.insert(at);
            }
            RecordKind::EpochDestroyed => {
                if let Event::EpochDestroyed(event) =
                    whole(inner, CONFIGURATION, at)?.particulars.event
                    && matches!(event.goes, KeysGo::One(_))
                {
                    self.destroyed.insert(event.epoch);
                    // It has the bucket's name.
                    self.keys.insert(at);
                }
            }
            RecordKind::Released if is_erased => {}
            RecordKind::Freed => whole(inner, CONFIGURATION, at).map(drop)?,
            kind => {
                return stays(format!(
                    "record {at} of the configuration ({kind:?}) is not known"
                ));
            }
        }
        Ok(())
    }
}

/// The epoch whose key a record of the configuration holds.
pub(super) fn epoch_of(inner: &Inner, bucket: &BucketEntry, at: Sequence) -> Result<u32, Kept> {
    match whole(inner, CONFIGURATION, at)?.particulars.event {
        Event::BucketCreated(made) if made.partition == bucket.partition() => Ok(1),
        Event::EpochOpened(opened) => Ok(opened.epoch),
        _ => stays(format!(
            "record {at} of the configuration contradicts its entry"
        )),
    }
}

/// Steps 5 to 7; what was done before is not done again.
pub(super) async fn release_keys(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    let owner = Owner {
        partition: CONFIGURATION,
        ..Owner::from(bucket)
    };
    if !is_released(inner, bucket)? {
        record_release(inner, bucket).await?;
    }
    let mut of_keys = None;
    for at in unfinished(inner, owner)? {
        if lists_keys(inner, at)? {
            of_keys = Some(at);
        } else {
            finish::finish_again(inner, owner, at).await?;
        }
    }
    release_sealed(inner, bucket, owner).await?;
    match of_keys {
        // The one look after which there is no way back: see `last_look`.
        Some(at) => Ok(finish::finish_again(inner, owner, at).await?),
        None => Ok(()),
    }
}

/// Step 5. The record takes out of the index whatever a record of the bucket put there: the name, the
/// settings, the wrapped keys. What stays known of the bucket a later record has put again.
async fn record_release(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let held = held(inner, bucket)?;
    let all: BTreeSet<_> = held.keys.union(&held.sealed).copied().collect();
    let mut put = BTreeSet::new();
    for at in &all {
        put.extend(put_by(inner, CONFIGURATION, *at)?);
    }
    let mut guards = vec![Guard::Equals(families::destroyed(uuid), entry::present())];
    for (family, bytes) in &put {
        let key = Key {
            family: azekura_engine::seam::Family(*family),
            bytes: Bytes::copy_from_slice(bytes),
        };
        let found = inner.get(CONFIGURATION, &key)?.map(|entry| entry.value);
        guards.push(unchanged(key, found));
    }
    let gone = entries(inner, CONFIGURATION, put, &all)?;
    let records: Vec<_> = held.keys.into_iter().collect();
    let (event, list) = listing(&records, gone);
    append(inner, bucket, CONFIGURATION, guards, event, Some(&list)).await?;
    Ok(())
}

/// Step 6. These releases take nothing out of the index: that of the keys does.
async fn release_sealed(inner: &Inner, bucket: &BucketEntry, owner: Owner) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    loop {
        let mut records = Vec::new();
        every(inner, CONFIGURATION, Sequence(1), |record, core| {
            let sealed = is_sealed(core.kind) || core.epoch > 0;
            if core.bucket == Some(uuid) && sealed && record.particulars != Part::Erased {
                records.push(record.position.sequence);
            }
            Ok(records.len() < RECORDS_MAX)
        })?;
        if records.is_empty() {
            return Ok(());
        }
        let guards = vec![Guard::Equals(families::destroyed(uuid), entry::present())];
        release(inner, bucket, owner, guards, &records, Vec::new()).await?;
    }
}

/// Whether a release of the configuration lists records that hold keys.
pub(crate) fn lists_keys(inner: &Inner, at: Sequence) -> Result<bool, StoreError> {
    let list = finish::list_at(inner, CONFIGURATION, at)?;
    for listed in list.erase {
        if holds_key(finish::core_at(inner, CONFIGURATION, listed)?.0.kind) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Releases of the bucket in the configuration that are not finished.
pub(super) fn unfinished(inner: &Inner, owner: Owner) -> Result<Vec<Sequence>, Kept> {
    let mut from = Bytes::from_static(RELEASES);
    let mut found = Vec::new();
    loop {
        let scan = Scan {
            family: DUE,
            from,
            until: families::after_prefix(RELEASES),
            limit: 1000,
        };
        let page = inner.scan(CONFIGURATION, &scan)?;
        for (_, entry) in &page.entries {
            let (core, _) = finish::core_at(inner, CONFIGURATION, entry.sequence)?;
            if core.bucket == Some(owner.bucket) {
                found.push(entry.sequence);
            }
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(found),
        }
    }
}
