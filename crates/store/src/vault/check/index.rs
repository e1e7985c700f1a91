//! What the index adds to a check: names of versions whose records are gone, and whether the index
//! agrees with the journal.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use azekura_engine::index::btree::BTreeView;
use azekura_engine::index::fjall::FjallSource;
use azekura_engine::index::{DurableCommit, View, ViewSource as _, Watermark};
use azekura_engine::journal::scan::ScannedRecord;
use azekura_engine::seam::Part;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::core::Core;

use super::super::Places;
use crate::families;
use crate::projector::{Happened, erased_mutations, mutations};
use crate::seal::record::Opened;

const CACHE_BYTES: u64 = 32 << 20;

/// Opens the index where there is one; an unusable one is a finding, as it can be rebuilt.
pub(super) fn open(places: &Places) -> Result<Option<Arc<dyn View>>, String> {
    let dir = places.index();
    let used = std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some());
    if !used {
        return Ok(None);
    }
    let cache_bytes = CACHE_BYTES;
    FjallSource { dir, cache_bytes }
        .open()
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Last sequence of each partition that the index knows.
pub(super) fn heads(view: &dyn View) -> Vec<(PartitionId, Sequence)> {
    let heads = view.heads().unwrap_or_default();
    heads
        .into_iter()
        .map(|(partition, sequence, _)| (partition, sequence))
        .collect()
}

/// Key and version of the records with these sequences, as the index has them.
pub(super) fn names(
    view: &dyn View,
    partition: PartitionId,
    wanted: &[Sequence],
) -> BTreeMap<Sequence, (String, String)> {
    let mut found = BTreeMap::new();
    let Ok(snapshot) = view.snapshot() else {
        return found;
    };
    // A lock entry has no key of an object: the history tells it.
    let mut locks = BTreeMap::new();
    let amended = snapshot.scan(
        partition,
        families::AMENDMENTS,
        (&[], None),
        &mut |key, entry| {
            if wanted.binary_search(&entry.sequence).is_ok() {
                if let Some(version) = families::split_lock(key) {
                    locks.insert(version, entry.sequence);
                } else if let Some((object, version)) = families::split_amendment(key) {
                    found.insert(entry.sequence, (object, version.to_string()));
                }
            }
            ControlFlow::Continue(())
        },
    );
    let scanned = snapshot.scan(
        partition,
        families::HISTORY,
        (&[], None),
        &mut |key, entry| {
            let at = azekura_record::summary::Summary::decode(&entry.value)
                .ok()
                .and_then(|summary| summary.at)
                .unwrap_or(entry.sequence);
            let wanted = wanted.binary_search(&at).is_ok();
            if (wanted || !locks.is_empty())
                && let Some((object, version)) = families::split_history(key)
            {
                if let Some(lock) = locks.get(&version) {
                    found.insert(*lock, (object.clone(), version.to_string()));
                }
                if wanted {
                    found.insert(at, (object, version.to_string()));
                }
            }
            ControlFlow::Continue(())
        },
    );
    if scanned.is_err() || amended.is_err() {
        tracing::warn!("the index could not be read to its end");
    }
    found
}

/// The index as the journal gives it, in memory, up to where the index on disk ends.
pub(super) struct Projection {
    view: BTreeView,
    until: Watermark,
    /// A record could not be projected, so that no comparison can be made.
    gap: bool,
}

impl Projection {
    /// To be compared with `indexed`.
    pub(super) fn new(indexed: &dyn View) -> Result<Self, String> {
        let until = indexed.watermark().map_err(|error| error.to_string())?;
        Ok(Self {
            view: BTreeView::default(),
            until,
            gap: false,
        })
    }

    /// Takes the next record; `None` when it did not open, erased or not.
    pub(super) fn take(&mut self, record: &ScannedRecord, opened: Option<&Opened>) {
        let (locator, position) = (record.locator, &record.record.position);
        if (locator.segment, locator.offset) >= (self.until.segment, self.until.offset) {
            return;
        }
        let projected = match opened {
            Some(opened) => mutations(Happened {
                partition: position.partition,
                core: &opened.core,
                event: &opened.particulars.event,
            })
            .ok(),
            None if record.record.particulars == Part::Erased => {
                let core = Core::decode(&record.record.core).ok();
                core.map(|core| erased_mutations(&core))
            }
            None => None,
        };
        let (Some(mutations), Some(chain)) = (projected, record.chain) else {
            self.gap = true;
            return;
        };
        let commit = DurableCommit {
            partition: position.partition,
            sequence: position.sequence,
            chain,
            locator,
            mutations,
        };
        self.gap |= self.view.apply(&[commit], self.until).is_err();
    }

    /// What to report; `None` = the same content, or damage elsewhere forbids to judge.
    pub(super) fn compare(&self, indexed: &dyn View) -> Option<String> {
        if self.gap {
            return None;
        }
        match (indexed.digest(), self.view.digest()) {
            (Ok(there), Ok(here)) if there == here => None,
            (Ok(_), Ok(_)) => Some(
                "the index differs from the journal: rebuild it with `azekura vault rebuild-index`"
                    .to_owned(),
            ),
            (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
        }
    }
}
