//! Parts that a release was zeroing when it was interrupted: half zeros, until it is done again.
//!
//! A replay that met such a part would take its record for damaged. So at the first damaged part it
//! looks ahead, once, for the release records of the rest of the journal.

use std::collections::BTreeSet;
use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};

use super::open::OpenError;
use crate::journal::layout::SegmentFiles;
use crate::journal::scan::{Chains, Depth, Item, ScannedRecord, Scanner};
use crate::journal::{JournalFormat, Place};
use crate::seam::{Part, Project};

/// What the release records of a journal cover, read when it is first needed.
pub(super) struct Covered<'a> {
    files: &'a Arc<SegmentFiles>,
    format: &'a JournalFormat,
    known: Option<BTreeSet<(PartitionId, Sequence)>>,
}

impl<'a> Covered<'a> {
    pub(super) fn new(files: &'a Arc<SegmentFiles>, format: &'a JournalFormat) -> Self {
        Self {
            files,
            format,
            known: None,
        }
    }

    /// Takes the half-erased particulars of a record for erased, which they are going to be.
    pub(super) fn settle(
        &mut self,
        record: &mut ScannedRecord,
        project: &dyn Project,
    ) -> Result<(), OpenError> {
        if record.record.particulars != Part::Damaged {
            return Ok(());
        }
        let position = &record.record.position;
        let at = (position.partition, position.sequence);
        let known = match self.known.take() {
            Some(known) => known,
            None => self.look_ahead(record.locator.segment, project)?,
        };
        if known.contains(&at) {
            record.record.particulars = Part::Erased;
        }
        self.known = Some(known);
        Ok(())
    }

    /// Everything that a release record from this segment on covers, itself included.
    fn look_ahead(
        &self,
        segment: u32,
        project: &dyn Project,
    ) -> Result<BTreeSet<(PartitionId, Sequence)>, OpenError> {
        let depth = Depth {
            extents: false,
            signatures: false,
        };
        let (files, format) = (Arc::clone(self.files), self.format.clone());
        let (chains, settled) = (Chains::default(), Place::default());
        let mut scanner = Scanner::start(files, format, depth, segment, chains, settled)?;
        let mut covered = BTreeSet::new();
        while let Some(item) = scanner.next() {
            let Item::Record(record) = item? else {
                continue;
            };
            let payload = || scanner.read_payload(&record).ok();
            if let Some(listed) = project.erases(&record.record, &payload) {
                let position = &record.record.position;
                covered.insert((position.partition, position.sequence));
                let listed = listed.into_iter();
                covered.extend(listed.map(|sequence| (position.partition, sequence)));
            }
        }
        Ok(covered)
    }
}
