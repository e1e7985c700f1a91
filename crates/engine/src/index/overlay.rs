//! What is durable and not yet in the view.
//!
//! Every publication has a ticket. A slot keeps the newest value of its key and the ticket that
//! wrote it, and leaves once the view holds everything up to that ticket: a key that was written
//! again meanwhile keeps its slot.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::ops::Bound;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::{DurableCommit, Locator};
use crate::seam::{Entry, Family, Key, Scan};

/// Number of a publication, from 1.
pub(super) type Ticket = u64;

struct Slot {
    ticket: Ticket,
    /// `None` = deleted.
    entry: Option<Entry>,
}

/// Entries, deletions and locators of unapplied commits.
#[derive(Default)]
pub(super) struct Overlay {
    families: BTreeMap<(PartitionId, Family), BTreeMap<Bytes, Slot>>,
    locators: BTreeMap<(PartitionId, Sequence), Locator>,
}

impl Overlay {
    /// Adds a commit; those of one partition in their order.
    pub(super) fn add(&mut self, commit: &DurableCommit, ticket: Ticket) {
        let mutations = &commit.mutations;
        for (key, value) in &mutations.puts {
            let entry = Entry {
                value: value.clone(),
                sequence: commit.sequence,
            };
            self.set(
                commit.partition,
                key,
                Slot {
                    ticket,
                    entry: Some(entry),
                },
            );
        }
        for key in &mutations.deletes {
            self.set(
                commit.partition,
                key,
                Slot {
                    ticket,
                    entry: None,
                },
            );
        }
        self.locators
            .insert((commit.partition, commit.sequence), commit.locator);
    }

    fn set(&mut self, partition: PartitionId, key: &Key, slot: Slot) {
        let family = self.families.entry((partition, key.family)).or_default();
        family.insert(key.bytes.clone(), slot);
    }

    /// Drops what a commit left here, now that the view holds everything up to `applied`.
    pub(super) fn retire(&mut self, commit: &DurableCommit, applied: Ticket) {
        let mutations = &commit.mutations;
        for key in mutations
            .puts
            .iter()
            .map(|(key, _)| key)
            .chain(&mutations.deletes)
        {
            self.unset(commit.partition, key, applied);
        }
        self.locators.remove(&(commit.partition, commit.sequence));
    }

    fn unset(&mut self, partition: PartitionId, key: &Key, applied: Ticket) {
        let Place::Occupied(mut family) = self.families.entry((partition, key.family)) else {
            return;
        };
        let slots = family.get_mut();
        if slots
            .get(&key.bytes)
            .is_some_and(|slot| slot.ticket <= applied)
        {
            slots.remove(&key.bytes);
        }
        if slots.is_empty() {
            family.remove();
        }
    }

    /// What the overlay says of a key: nothing, deleted, or its value.
    pub(super) fn get(&self, partition: PartitionId, key: &Key) -> Option<Option<Entry>> {
        let slots = self.families.get(&(partition, key.family))?;
        slots.get(&key.bytes).map(|slot| slot.entry.clone())
    }

    /// The slots inside a range, in order, up to the first `puts` values: a page of that many
    /// entries needs no slot beyond.
    pub(super) fn range(
        &self,
        partition: PartitionId,
        scan: &Scan,
        puts: usize,
    ) -> Vec<(Bytes, Option<Entry>)> {
        let Some(slots) = self.families.get(&(partition, scan.family)) else {
            return Vec::new();
        };
        let from = Bound::Included(&scan.from[..]);
        let until = scan
            .until
            .as_deref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let mut left = puts;
        let mut out = Vec::new();
        for (key, slot) in slots.range::<[u8], _>((from, until)) {
            out.push((key.clone(), slot.entry.clone()));
            left = left.saturating_sub(usize::from(slot.entry.is_some()));
            if left == 0 {
                break;
            }
        }
        out
    }

    /// Locators of a partition from a sequence on, in order, at most `limit`.
    pub(super) fn locators(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Vec<(Sequence, Locator)> {
        let range = (partition, from)..=(partition, Sequence(u64::MAX));
        let found = self.locators.range(range).take(limit);
        found
            .map(|((_, sequence), locator)| (*sequence, *locator))
            .collect()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.families.is_empty() && self.locators.is_empty()
    }
}
