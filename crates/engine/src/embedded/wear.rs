//! When a sealed segment is packed: once half of the space that it takes is zeros.
//!
//! Zeros of whole blocks go back to the file system at once (`release`). Records smaller than a
//! block leave zeros that only packing gives back. Packing copies what is left, at most as much as
//! it wins, so that all packings together copy no more than was erased.
//!
//! Only the log area is measured: extents span many blocks, and what erasure leaves of theirs is
//! little. A segment is measured when something in it was erased for the first time since the
//! start; later erasures are added up.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::Shared;
use super::release::Stretch;
use crate::disk::BLOCK_BYTES;
use crate::journal::pack::{self, Contents, PackError};
use crate::seam::{CommitClass, CommitError};

/// Zeros for which a file is not written anew.
const WORN_BYTES_MIN: u64 = 16 * 1024;

/// Zeros in the segments, in blocks that are still taken.
#[derive(Debug)]
pub(super) struct Wear {
    /// In the log area of segments measured since the start, in bytes.
    worn: BTreeMap<u32, u64>,
    /// Segments of which something was erased, or may have been before the start, and that were
    /// not judged since.
    watched: BTreeSet<u32>,
}

impl Wear {
    /// `present` is the segment that was being written to when the engine stopped: erasures in it,
    /// or in the one before, may not have been judged.
    pub(super) fn new(present: u32) -> Self {
        Self {
            worn: BTreeMap::new(),
            watched: BTreeSet::from([present.saturating_sub(1), present]),
        }
    }

    /// Takes note of what was erased.
    pub(super) fn add(&mut self, log_limit: u64, stretches: &[Stretch]) {
        for Stretch { place, bytes } in stretches.iter().filter(|some| some.bytes > 0) {
            self.watched.insert(place.segment);
            // At most two blocks of a stretch are shared with others.
            let left = (*bytes).min(BLOCK_BYTES.saturating_mul(2));
            if place.offset < log_limit
                && let Some(worn) = self.worn.get_mut(&place.segment)
            {
                *worn = worn.saturating_add(left);
            }
        }
    }

    /// Packs the sealed segments that are worn out.
    pub(super) fn tidy(&mut self, shared: &Shared) -> Result<(), CommitError> {
        let present = shared.extents.segment();
        let sealed: Vec<u32> = self.watched.range(..present).copied().collect();
        for segment in sealed {
            match self.judge(shared, segment) {
                Ok(None) => {}
                Ok(Some(left)) => self.pack(shared, segment, left)?,
                // Nothing was written yet: whoever reads the segment is told the same.
                Err(error) => tracing::error!(segment, %error, "a worn segment cannot be read"),
            }
            self.watched.remove(&segment);
        }
        Ok(())
    }

    /// Bytes that packing would write, if it is worth it.
    fn judge(&mut self, shared: &Shared, segment: u32) -> io::Result<Option<u64>> {
        let file = shared.files.file(segment)?;
        let worn = match self.worn.get(&segment) {
            Some(worn) => *worn,
            None => {
                let contents = Contents::read(&*file, shared.format.log_limit)?;
                let held = file.packed_before(shared.format.log_limit);
                let worn = held
                    .unwrap_or(contents.block_bytes)
                    .saturating_sub(contents.run_bytes());
                self.worn.insert(segment, worn);
                worn
            }
        };
        let taken = file.allocated()?;
        let worth = worn >= WORN_BYTES_MIN && worn.saturating_mul(2) >= taken;
        Ok(worth.then(|| taken.saturating_sub(worn)))
    }

    fn pack(&mut self, shared: &Shared, segment: u32, left: u64) -> Result<(), CommitError> {
        let Ok(_reserved) = shared.space.admit(CommitClass::Essential, left) else {
            tracing::warn!(segment, left, "no space to pack a worn segment now");
            return Ok(());
        };
        // Payloads may still be on their way into extents of a segment that was just sealed.
        shared.extents.settle();
        self.worn.remove(&segment);
        match pack::pack(&shared.files, segment, shared.format.incarnation) {
            Ok(()) => Ok(()),
            Err(PackError::Disk(error)) => Err(shared.poison.set("packing a segment", &error)),
            // The segment stays as it was; whoever reads it is told the same.
            Err(error) => {
                tracing::error!(segment, %error, "a worn segment cannot be packed");
                Ok(())
            }
        }
    }
}
