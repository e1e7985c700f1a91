//! What the index adds to a check: names of versions whose records are gone, and whether the index
//! agrees with the journal.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use azekura_engine::index::fjall::FjallSource;
use azekura_engine::index::{View, ViewSource as _};
use azekura_model::position::{PartitionId, Sequence};

use super::super::Places;
use crate::families;

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
    let scanned = snapshot.scan(
        partition,
        families::HISTORY,
        (&[], None),
        &mut |key, entry| {
            let at = azekura_record::summary::Summary::decode(&entry.value)
                .ok()
                .and_then(|summary| summary.at)
                .unwrap_or(entry.sequence);
            if wanted.binary_search(&at).is_ok()
                && let Some((object, version)) = families::split_history(&key)
            {
                found.insert(at, (object, version.to_string()));
            }
            ControlFlow::Continue(())
        },
    );
    if scanned.is_err() {
        tracing::warn!("the index could not be read to its end");
    }
    found
}
