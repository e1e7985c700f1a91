//! The ordered view over the journal: rebuildable, unsynced, never the truth.
//!
//! # Invariants
//! - What [`Index::publish`] was given is visible to every later read, in journal order, deletions
//!   included, before the worker has written it to the view.
//! - A watermark is written in the same batch as the entries it covers, so the view always equals
//!   a prefix of the journal.
//! - The overlay is bounded; beyond the bound `publish` waits (back-pressure).

use azekura_model::position::{PartitionId, Sequence};

use crate::seam::Mutations;

/// Where a record's frame stands in the log area of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Locator {
    /// Number of the segment file.
    pub segment: u32,
    /// Offset of the record frame in bytes.
    pub offset: u64,
    /// Length of the whole frame in bytes, inline payload included.
    pub bytes: u32,
}

/// End of the last commit group that the view contains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Watermark {
    /// Number of the segment file.
    pub segment: u32,
    /// Offset of the first byte after the group.
    pub offset: u64,
}

/// A durable commit on its way into the view.
#[derive(Clone, Debug)]
pub struct DurableCommit {
    /// Its partition.
    pub partition: PartitionId,
    /// Its place in the partition's chain.
    pub sequence: Sequence,
    /// Chain hash after it.
    pub chain: [u8; 32],
    /// Where the record stands.
    pub locator: Locator,
    /// What changes.
    pub mutations: Mutations,
}
