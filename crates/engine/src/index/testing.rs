//! Random histories for the tests of the index.

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use super::{DurableCommit, Locator};
use crate::seam::{Family, Key, Mutations};

/// A commit in short: partition, then keys with their new value or none.
pub(super) type Step = (u64, Vec<((u8, u8), Option<u8>)>);

/// Few partitions, families and keys, so that histories collide.
pub(super) fn history(steps: usize) -> impl Strategy<Value = Vec<Step>> {
    let change = (
        (0_u8..8, 1_u8..12),
        proptest::option::weighted(0.7, any::<u8>()),
    );
    vec((partitions(), vec(change, 0..5)), 1..steps)
}

pub(super) fn partitions() -> impl Strategy<Value = u64> {
    proptest::sample::select(vec![0, 1, 2, u64::MAX])
}

pub(super) fn key(family: u8, n: u8) -> Key {
    // Keys that are prefixes of each other, and one of the highest byte.
    let mut bytes = vec![b'k'; usize::from(n % 4)];
    bytes.push(if n == 11 { 0xff } else { n });
    Key {
        family: Family(family),
        bytes: Bytes::from(bytes),
    }
}

/// Makes commits of a history; sequences from 1 in each partition.
pub(super) fn commits(history: &[Step]) -> Vec<DurableCommit> {
    let mut last = std::collections::BTreeMap::<u64, u64>::new();
    let step = |(offset, (partition, changes)): (u64, &Step)| {
        let sequence = last.entry(*partition).or_default();
        *sequence += 1;
        let mut mutations = Mutations::default();
        let unique: std::collections::BTreeMap<_, _> = changes.iter().copied().collect();
        for ((family, n), value) in unique {
            match value {
                Some(v) => mutations
                    .puts
                    .push((key(family, n), Bytes::from(vec![v; 3]))),
                None => mutations.deletes.push(key(family, n)),
            }
        }
        DurableCommit {
            partition: PartitionId(*partition),
            sequence: Sequence(*sequence),
            chain: [u8::try_from(*sequence % 251).unwrap(); 32],
            locator: Locator {
                segment: 1,
                offset: offset * 100,
                bytes: 100,
            },
            mutations,
        }
    };
    (0_u64..).zip(history).map(step).collect()
}
