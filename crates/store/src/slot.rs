//! The slot of a key: what is current, or why nothing is, as read at one moment; the guards that
//! hold a commit to that moment; and the order of a new version among those already there.
//!
//! Every commit that changes what a key shows is guarded by the slot as its maker read it, so it is
//! judged race-free. No slot value ever comes back once it has changed ([`Slotted`] is stamped), so
//! *equal* means *nothing happened*. Changes that leave the slot as it is (hiding an older version,
//! storing one that is already out of date) write the key's stamp instead, and guard it.

use azekura_engine::seam::{Guard, Scan};
use azekura_model::checksum::ETag;
use azekura_model::ident::VersionId;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::time::HybridTime;
use azekura_record::summary::Summary;
use bytes::Bytes;

use crate::entry::{self, Slotted};
use crate::error::StoreError;
use crate::families::{self, HISTORY};
use crate::inner::{Inner, unchanged};
use crate::visibility::Rule;

/// One entry of *current* or *vacated* as read.
#[derive(Clone, Debug)]
struct Read {
    raw: Bytes,
    slotted: Slotted,
    sequence: Sequence,
}

/// What a key shows, as read at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    object: String,
    current: Option<Read>,
    /// Read only when nothing is current.
    vacated: Option<Read>,
}

/// Where a new version stands among those already there.
#[derive(Debug)]
pub(crate) struct Order {
    /// Something newer is shown, or replaces it: it joins the history only.
    pub(crate) superseded: bool,
    /// Must hold at commit, beside the slot's guards.
    pub(crate) guards: Vec<Guard>,
}

fn read(
    inner: &Inner,
    partition: PartitionId,
    key: &azekura_engine::seam::Key,
) -> Result<Option<Read>, StoreError> {
    let Some(entry) = inner.get(partition, key)? else {
        return Ok(None);
    };
    Ok(Some(Read {
        slotted: Slotted::decode(&entry.value)?,
        raw: entry.value,
        sequence: entry.sequence,
    }))
}

/// Reads the slot of a key.
pub(crate) fn read_slot(
    inner: &Inner,
    partition: PartitionId,
    object: &str,
) -> Result<Slot, StoreError> {
    let current = read(inner, partition, &families::current(object))?;
    let vacated = match current {
        Some(_) => None,
        None => read(inner, partition, &families::vacated(object))?,
    };
    Ok(Slot {
        object: object.to_owned(),
        current,
        vacated,
    })
}

impl Slot {
    /// The version that S3 shows (never a marker) and the sequence of its record.
    pub(crate) fn current(&self) -> Option<(&Summary, Sequence)> {
        self.current.as_ref().map(located)
    }

    /// The delete marker that is current, if one is.
    pub(crate) fn marker(&self) -> Option<&Summary> {
        self.vacated
            .as_ref()
            .map(|read| &read.slotted.summary)
            .filter(|summary| summary.marker && !summary.hidden)
    }

    /// ETag of the current version.
    pub(crate) fn etag(&self) -> Option<&ETag> {
        self.current().map(|(summary, _)| &summary.etag)
    }

    /// The error of a read that finds nothing.
    pub(crate) fn nothing(&self) -> StoreError {
        let marker = self.marker();
        StoreError::NoSuchKey {
            marker: marker.map(|summary| summary.version),
            null: marker.is_some_and(|summary| summary.null),
        }
    }

    fn changed(&self) -> Option<HybridTime> {
        self.current
            .as_ref()
            .or(self.vacated.as_ref())
            .map(|read| read.slotted.changed())
    }

    /// Hold exactly while the slot is as it was read.
    pub(crate) fn guards(&self) -> Vec<Guard> {
        let current = unchanged(
            families::current(&self.object),
            self.current.as_ref().map(|read| read.raw.clone()),
        );
        if self.current.is_some() {
            return vec![current];
        }
        let vacated = unchanged(
            families::vacated(&self.object),
            self.vacated.as_ref().map(|read| read.raw.clone()),
        );
        vec![current, vacated]
    }

    /// Where a new version stands. Nearly always its time is after everything that happened under
    /// the key, and nothing more is read.
    pub(crate) fn order(
        &self,
        inner: &Inner,
        partition: PartitionId,
        version: VersionId,
        null: bool,
    ) -> Result<Order, StoreError> {
        if self
            .changed()
            .is_none_or(|changed| changed < version.hybrid_time())
        {
            return Ok(Order {
                superseded: false,
                guards: Vec::new(),
            });
        }
        let stamp = stamp_guard(inner, partition, &self.object)?;
        let mut rule = Rule::default();
        let mut shown = false;
        for_each_version(
            inner,
            partition,
            &self.object,
            Some(version),
            |summary, _, _| {
                shown = rule.shows(summary);
                !shown
            },
        )?;
        Ok(Order {
            superseded: shown || (null && rule.null_seen()),
            guards: vec![stamp],
        })
    }
}

fn located(read: &Read) -> (&Summary, Sequence) {
    let summary = &read.slotted.summary;
    (summary, summary.at.unwrap_or(read.sequence))
}

/// Holds while nothing that spares the slot happens under the key.
pub(crate) fn stamp_guard(
    inner: &Inner,
    partition: PartitionId,
    object: &str,
) -> Result<Guard, StoreError> {
    let key = families::stamp(object);
    let read = inner.get(partition, &key)?.map(|entry| entry.value);
    Ok(unchanged(key, read))
}

/// Visits the versions of a key, newest first, down to `until` (exclusive), with their raw values
/// and the sequences of their records, while `visit` says so.
pub(crate) fn for_each_version(
    inner: &Inner,
    partition: PartitionId,
    object: &str,
    until: Option<VersionId>,
    mut visit: impl FnMut(&Summary, &Bytes, Sequence) -> bool,
) -> Result<(), StoreError> {
    let prefix = families::history_prefix(object);
    let until = match until {
        Some(version) => Some(families::history(object, version).bytes),
        None => families::after_prefix(&prefix),
    };
    let mut from = Bytes::from(prefix);
    let mut limit = 8;
    loop {
        let scan = Scan {
            family: HISTORY,
            from: from.clone(),
            until: until.clone(),
            limit,
        };
        let page = inner.scan(partition, &scan)?;
        for (_, entry) in &page.entries {
            let summary = entry::summary(&entry.value)?;
            let at = summary.at.unwrap_or(entry.sequence);
            if !visit(&summary, &entry.value, at) {
                return Ok(());
            }
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(()),
        }
        limit = 1000;
    }
}

/// The smallest key above `key`: keys hold no byte below [`families::END`].
pub(crate) fn after(key: &[u8]) -> Bytes {
    let mut next = key.to_vec();
    next.push(families::END);
    Bytes::from(next)
}
