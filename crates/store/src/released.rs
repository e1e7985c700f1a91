//! What release records cover: parts that are erased, or half erased by a release that a crash
//! interrupted, are no damage.

use std::collections::BTreeSet;

use azekura_engine::seam::{Part, StoredRecord};
use azekura_model::position::Sequence;
use azekura_record::core::RecordKind;
use azekura_record::released::ReleaseList;
use bytes::Bytes;

/// What a record lists, if it is a release record whose list is readable. `payload` reads its
/// payload.
pub(crate) fn listed(kind: u16, payload: impl FnOnce() -> Option<Bytes>) -> Option<ReleaseList> {
    if kind != RecordKind::Released.number() {
        return None;
    }
    let payload = payload()?;
    match ReleaseList::decode(&payload) {
        Ok(list) => Some(list),
        Err(error) => {
            tracing::error!(%error, "the list of a release record is unreadable");
            None
        }
    }
}

/// Records of a partition, taken in order, that are not whole and that no release covers yet.
#[derive(Default)]
pub(crate) struct Uncovered(BTreeSet<Sequence>);

impl Uncovered {
    /// Takes note of the next record. `payload` reads its payload.
    pub(crate) fn take(&mut self, record: &StoredRecord, payload: impl FnOnce() -> Option<Bytes>) {
        let sequence = record.position.sequence;
        if !matches!(record.particulars, Part::Present(_)) {
            self.0.insert(sequence);
        }
        if let Some(list) = listed(record.kind, payload) {
            self.0.remove(&sequence);
            for covered in &list.erase {
                self.0.remove(covered);
            }
        }
    }

    /// The first record that nothing covers.
    pub(crate) fn first(&self) -> Option<Sequence> {
        self.0.first().copied()
    }
}
