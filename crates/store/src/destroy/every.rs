//! Every record of a partition, in order and without a gap, or none is believed.

use azekura_engine::seam::StoredRecord;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::core::Core;

use super::{Kept, stays};
use crate::inner::Inner;
use crate::seal::record::{Opened, open_core};

/// Records in one page of the journal.
const PAGE: usize = 256;

/// Visits the records from `from` to the head, until `visit` has enough of them (`false`).
pub(super) fn every(
    inner: &Inner,
    partition: PartitionId,
    from: Sequence,
    mut visit: impl FnMut(&StoredRecord, &Core) -> Result<bool, Kept>,
) -> Result<(), Kept> {
    let heads = inner.engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == partition);
    let Some((_, head, _)) = head else {
        return stays(format!("partition {partition} has no records"));
    };
    let mut next = from;
    while next <= *head {
        let page = match inner.engine.journal(partition, next, PAGE) {
            Ok(page) if !page.is_empty() => page,
            _ => return unreadable(partition, next),
        };
        for record in &page {
            if record.position.sequence != next {
                return unreadable(partition, next);
            }
            let Ok(core) = open_core(record.kind, &record.core) else {
                return unreadable(partition, next);
            };
            if !visit(record, &core)? {
                return Ok(());
            }
            next = next.next();
        }
    }
    Ok(())
}

/// A record whose particulars must be whole.
pub(super) fn whole(inner: &Inner, partition: PartitionId, at: Sequence) -> Result<Opened, Kept> {
    match inner.record(partition, at) {
        Ok((_, opened)) => Ok(opened),
        Err(_) => unreadable(partition, at),
    }
}

fn unreadable<T>(partition: PartitionId, at: Sequence) -> Result<T, Kept> {
    stays(format!(
        "record {at} of partition {partition} cannot be read"
    ))
}
