//! Recognition of commits that were already made (contract 4), bounded.

use std::collections::{BTreeMap, VecDeque};

use azekura_model::position::{PartitionId, Sequence};

use crate::seam::CommitId;

/// Commits remembered. An outcome can be asked for again while fewer than this many followed it;
/// after a start, while its record is in the last two segments.
const REMEMBERED: usize = 65_536;

/// The latest commits and where they stand.
#[derive(Default)]
pub(super) struct Recent {
    known: BTreeMap<(CommitId, PartitionId), Sequence>,
    order: VecDeque<(CommitId, PartitionId)>,
}

impl Recent {
    pub(super) fn find(&self, partition: PartitionId, commit: CommitId) -> Option<Sequence> {
        self.known.get(&(commit, partition)).copied()
    }

    pub(super) fn remember(
        &mut self,
        partition: PartitionId,
        commit: CommitId,
        sequence: Sequence,
    ) {
        let key = (commit, partition);
        if self.known.insert(key, sequence).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
