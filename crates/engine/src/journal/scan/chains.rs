//! What a reader of the journal knows of each partition's chain while it goes along.

use std::collections::BTreeMap;

use azekura_model::position::{PartitionId, Sequence};

use crate::envelope;

/// Fewest bytes that one record takes in the log: bounds how many a damaged stretch can hide.
const RECORD_BYTES_MIN: u64 = 128;

#[derive(Clone, Copy, Debug)]
struct Known {
    sequence: u64,
    /// `None` after a gap, until a head tells.
    chain: Option<[u8; 32]>,
    last_chain: [u8; 32],
    /// Value of `hidden` when `sequence` was surely the last.
    settled: u64,
}

/// How a record continues its partition's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continues {
    /// Directly; this is the chain hash after it.
    Next([u8; 32]),
    /// Already covered by the heads that the scan was given.
    Before,
    /// Records are missing before it: these sequences, `from..until`.
    AfterGap(u64, u64),
}

/// Chains of all partitions met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chains {
    known: BTreeMap<PartitionId, Known>,
    /// Records that unreadable stretches may have held without a later head telling.
    hidden: u64,
}

impl Chains {
    pub(crate) fn from_heads(heads: &[(PartitionId, Sequence, [u8; 32])]) -> Self {
        let known = heads
            .iter()
            .map(|(partition, sequence, chain)| (*partition, Known::exact(sequence.0, *chain, 0)))
            .collect();
        Self { known, hidden: 0 }
    }

    /// Takes note of a record.
    pub(super) fn record(
        &mut self,
        partition: PartitionId,
        sequence: Sequence,
        envelope: &[u8],
    ) -> Continues {
        let hidden = self.hidden;
        let start = Known::exact(0, envelope::CHAIN_START, hidden);
        let known = self.known.entry(partition).or_insert(start);
        if sequence.0 <= known.sequence {
            return Continues::Before;
        }
        let expected = known.sequence.saturating_add(1);
        let continues = match known.chain {
            Some(before) if sequence.0 == expected => {
                Continues::Next(envelope::chain(&before, &envelope::leaf(envelope)))
            }
            _ => Continues::AfterGap(expected, sequence.0),
        };
        known.sequence = sequence.0;
        known.settled = hidden;
        known.chain = match continues {
            Continues::Next(chain) => Some(chain),
            Continues::Before | Continues::AfterGap(..) => None,
        };
        if let Some(chain) = known.chain {
            known.last_chain = chain;
        }
        continues
    }

    /// Takes note of a group's head; says whether it contradicts the records read.
    pub(super) fn head(
        &mut self,
        partition: PartitionId,
        sequence: Sequence,
        chain: [u8; 32],
    ) -> Result<(), String> {
        let hidden = self.hidden;
        match self.known.get_mut(&partition) {
            Some(known) if known.sequence > sequence.0 => Ok(()),
            Some(known) if known.sequence == sequence.0 => {
                let contradicts = known.chain.is_some_and(|read| read != chain);
                *known = Known::exact(sequence.0, chain, hidden);
                if contradicts {
                    return Err(format!(
                        "the chain of partition {partition} at {sequence} is not what the head signed"
                    ));
                }
                Ok(())
            }
            earlier => {
                let from = earlier.map_or(1, |known| known.sequence.saturating_add(1));
                self.known
                    .insert(partition, Known::exact(sequence.0, chain, hidden));
                Err(format!(
                    "records {from} to {sequence} of partition {partition} are unreadable"
                ))
            }
        }
    }

    /// Takes note of bytes in which records may have been lost unseen.
    pub(super) fn unreadable(&mut self, bytes: u64) {
        self.hidden = self
            .hidden
            .saturating_add(bytes / RECORD_BYTES_MIN)
            .saturating_add(1);
    }

    /// Heads to go on from, and the sequence after which a partition not listed must start.
    /// Where damage hid how far a partition had come, its sequence is moved past all that can
    /// have been there, so that no position is ever given twice.
    pub(crate) fn heads(&self) -> (Vec<(PartitionId, Sequence, [u8; 32])>, u64) {
        let heads = self
            .known
            .iter()
            .map(|(partition, known)| {
                let skipped = self.hidden.saturating_sub(known.settled);
                let sequence = Sequence(known.sequence.saturating_add(skipped));
                (
                    *partition,
                    sequence,
                    known.chain.unwrap_or(known.last_chain),
                )
            })
            .collect();
        (heads, self.hidden)
    }

    /// Chain hash from which a partition goes on.
    pub(super) fn working(&self, partition: PartitionId) -> [u8; 32] {
        let known = self.known.get(&partition);
        known.map_or(envelope::CHAIN_START, |known| {
            known.chain.unwrap_or(known.last_chain)
        })
    }
}

impl Known {
    fn exact(sequence: u64, chain: [u8; 32], settled: u64) -> Self {
        Self {
            sequence,
            chain: Some(chain),
            last_chain: chain,
            settled,
        }
    }
}
