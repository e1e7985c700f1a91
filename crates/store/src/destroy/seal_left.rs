//! What the keys of an ended bucket still seal in its own partition, from the first record on.
//!
//! Order matters: a later record may have deleted from the index what an earlier one put. Erased from
//! the first on, a release done before the next is recorded, the records that are left never put
//! anything that a record which is gone would have deleted. Within one release any subset may be
//! erased: until all of it is, the release record takes every entry out that one of its records put.

use std::collections::BTreeSet;

use azekura_engine::seam::{Key, Part};
use azekura_model::position::{PartitionId, Sequence};

use super::every::{every, whole};
use super::judge::is_left;
use super::{Kept, stays};
use crate::entry::BucketEntry;
use crate::inner::Inner;
use crate::projector::{Happened, mutations};

/// Records in one release.
const RECORDS_MAX: usize = 1000;
/// Entries of the index in one release, about.
const ENTRIES_MAX: usize = 10_000;

/// What one release takes.
pub(super) struct Chunk {
    pub(super) records: Vec<Sequence>,
    pub(super) last: Sequence,
    /// Entries that the records put and nothing else stands for.
    pub(super) entries: Vec<(u16, Vec<u8>)>,
}

/// The next records from `from` on; `None` = there are no more.
pub(super) fn next(
    inner: &Inner,
    bucket: &BucketEntry,
    from: Sequence,
) -> Result<Option<Chunk>, Kept> {
    let partition = bucket.partition();
    let mut records = Vec::new();
    let mut put = BTreeSet::new();
    every(inner, partition, from, |record, core| {
        let goes = core.epoch > 0 || is_left(core.kind);
        if !goes || record.particulars == Part::Erased {
            return Ok(true);
        }
        if core.bucket != Some(bucket.uuid()) {
            return stays(format!(
                "partition {partition} holds another bucket's record"
            ));
        }
        let at = record.position.sequence;
        put.extend(put_by(inner, partition, at)?);
        records.push(at);
        Ok(records.len() < RECORDS_MAX && put.len() < ENTRIES_MAX)
    })?;
    let Some(last) = records.last().copied() else {
        return Ok(None);
    };
    let set = records.iter().copied().collect();
    Ok(Some(Chunk {
        entries: entries(inner, partition, put, &set)?,
        records,
        last,
    }))
}

/// Entries that a record put into the index.
pub(super) fn put_by(
    inner: &Inner,
    partition: PartitionId,
    at: Sequence,
) -> Result<Vec<(u8, Vec<u8>)>, Kept> {
    let opened = whole(inner, partition, at)?;
    let mutations = mutations(Happened {
        partition,
        core: &opened.core,
        event: &opened.particulars.event,
    });
    let Ok(mutations) = mutations else {
        return stays(format!(
            "record {at} of partition {partition} lacks something"
        ));
    };
    let keys = mutations.puts.into_iter();
    Ok(keys
        .map(|(key, _)| (key.family.0, key.bytes.to_vec()))
        .collect())
}

/// Of the entries that `records` put, those that no other record put again: they are gone already, or
/// stand as one of `records` wrote them.
pub(super) fn entries(
    inner: &Inner,
    partition: PartitionId,
    put: BTreeSet<(u8, Vec<u8>)>,
    records: &BTreeSet<Sequence>,
) -> Result<Vec<(u16, Vec<u8>)>, Kept> {
    let mut entries = Vec::new();
    for (family, bytes) in put {
        let key = Key {
            family: azekura_engine::seam::Family(family),
            bytes: bytes.clone().into(),
        };
        let found = inner.get(partition, &key)?;
        if found.is_none_or(|entry| records.contains(&entry.sequence)) {
            entries.push((u16::from(family), bytes));
        }
    }
    Ok(entries)
}
