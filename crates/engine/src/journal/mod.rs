//! The journal on disk, format 1: layout, reading, recovery. `docs/formats/journal.md` has the
//! byte maps; this module is their only implementation.
//!
//! A journal is a directory of segments. A segment holds commit groups one after another in its
//! *log area* and larger payloads in its *extent area*. A group is written by one write and made
//! durable by one sync before the next is begun, so that at most the last group of a journal can
//! be torn; anything wrong before it is damage.

use azekura_model::position::{Incarnation, RegionName};

pub(crate) mod bytes;
pub(crate) mod format_file;
pub(crate) mod frame;
pub(crate) mod group;
pub(crate) mod head;
pub(crate) mod layout;
pub(crate) mod pack;
pub(crate) mod packed;
pub mod scan;
pub(crate) mod segment;
pub(crate) mod writer;

#[cfg(test)]
mod tests;

/// Version of the journal's format that this release writes.
pub const FORMAT_VERSION: u32 = 1;

/// Bytes of a segment header; the log area starts after it.
pub const SEGMENT_HEADER_BYTES: u64 = 4096;

/// Everything in the log area starts at a multiple of this.
pub const ALIGNMENT: usize = 16;

/// What stays the same during the life of a journal directory; kept in its FORMAT file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFormat {
    /// Region of every position written here.
    pub region: RegionName,
    /// Life of the vault.
    pub incarnation: Incarnation,
    /// Offset in each segment at which the log area ends and the extent area begins, in bytes.
    pub log_limit: u64,
    /// Bytes of the extent area beyond which a segment is sealed.
    pub extent_cap: u64,
    /// Public key (Ed25519) of the signatures on heads.
    pub head_key: [u8; 32],
}

/// A place in the log area: the end of a group, or its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Place {
    /// Number of the segment.
    pub segment: u32,
    /// Offset in its file, in bytes.
    pub offset: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "segment {:08x} offset {}", self.segment, self.offset)
    }
}

/// The next multiple of [`ALIGNMENT`].
pub(crate) fn aligned(length: usize) -> usize {
    length.saturating_add(ALIGNMENT - 1) & !(ALIGNMENT - 1)
}
