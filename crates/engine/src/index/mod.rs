//! The ordered view over the journal: rebuildable, unsynced, never the truth.
//!
//! # Invariants
//! - What [`Index::publish`] was given is visible to every later read, in journal order, deletions
//!   included, before the worker has written it to the view.
//! - A watermark is written in the same batch as the entries it covers, so the view always equals
//!   a prefix of the journal.
//! - The overlay is bounded; beyond the bound `publish` waits (back-pressure).
//! - A view that fails to write fails the index for good; the engine above poisons itself.

pub mod btree;
mod changes;
pub mod fjall;
pub mod load;
mod overlay;
mod service;
mod size;
#[cfg(test)]
mod testing;
mod view;

use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};

use load::Loader;

use crate::seam::{Mutations, ReadError};

pub use service::{Index, OverlayLimits};
pub use view::{Snapshot, View, Visit, Walk};

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

/// A partition's last sequence and the chain hash after it.
pub type Head = (PartitionId, Sequence, [u8; 32]);

/// Where a view comes from.
pub trait ViewSource: Send + Sync + 'static {
    /// Opens the view, or makes an empty one.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when it must be rebuilt.
    fn open(&self) -> Result<Arc<dyn View>, IndexError>;

    /// Replaces the view, whatever state it is in, by an empty one to be filled.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the disk fails.
    fn rebuild(&self) -> Result<Loader, IndexError>;
}

/// Why the index did not answer or did not take what it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The view on disk is of another format, unfinished or unreadable: rebuild it from the
    /// journal.
    #[error("the index must be rebuilt: {0}")]
    Unusable(String),
    /// Another process holds the view.
    #[error("another process uses the index in {0}")]
    Locked(String),
    /// The disk failed, or an earlier write did.
    #[error("the index failed: {0}")]
    Failed(String),
    /// The index was closed.
    #[error("the index is closed")]
    Closed,
}

impl From<IndexError> for ReadError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Unusable(_) => Self::Damaged(error.to_string()),
            _ => Self::Io(error.to_string()),
        }
    }
}
