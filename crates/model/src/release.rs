//! The proofs that allow bytes to be freed (invariant 3: one door to erasure).
//!
//! - [`SweepProof`] frees a blob that *no* version ever named: an upload that was abandoned.
//! - [`ReleaseProof`] erases the parts of records, and blobs that a version named. It stands on a
//!   durable release record: one that was judged and committed first, with what was judged as its
//!   guards.

mod judge;

pub use judge::{NotReleased, ReleaseCase, release};

use std::fmt;

use crate::position::{PartitionId, Position, Sequence};

/// Identity of a payload kept in a file of its own: the intent that announced it and the attempt
/// that wrote it. A plain upload has one attempt, a multipart upload one an attempt at a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    /// Identity of the intent record that announced the blob.
    pub intent: [u8; 16],
    /// Identity of the attempt under that intent.
    pub attempt: [u8; 16],
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.intent.iter().try_for_each(|b| write!(f, "{b:02x}"))?;
        f.write_str("-")?;
        self.attempt.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

/// What the index says of a blob's intent at the moment of judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentState {
    /// Announced, and its writer may still commit a version that names the blob.
    Open,
    /// Fenced: a durable record withdrew the intent, so every later commit that would name the
    /// blob fails its guard.
    Fenced {
        /// Position of the record that withdrew the intent.
        fence: Position,
    },
    /// A committed version or part names the blob.
    Named,
    /// No readable intent.
    Unknown,
}

/// Proof that a blob is named by nothing and never can be. Only [`sweep`] makes one.
#[derive(Clone, Debug)]
pub struct SweepProof {
    blob: BlobId,
    fence: Position,
}

impl SweepProof {
    /// The blob that may be removed.
    #[must_use]
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// The record that withdrew its intent.
    #[must_use]
    pub fn fence(&self) -> &Position {
        &self.fence
    }
}

/// Why a blob is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Kept {
    /// Its upload may still finish.
    #[error("its upload may still finish: withdraw the intent first")]
    Open,
    /// Something names it.
    #[error("a committed record names it")]
    Named,
    /// Unknown means locked (invariant 4).
    #[error("no readable intent record names it; it is kept and reported")]
    Unknown,
}

/// Judges whether an unnamed blob may be swept.
///
/// # Errors
/// [`Kept`] says why not.
pub fn sweep(blob: BlobId, intent: &IntentState) -> Result<SweepProof, Kept> {
    match intent {
        IntentState::Fenced { fence } => Ok(SweepProof {
            blob,
            fence: fence.clone(),
        }),
        IntentState::Open => Err(Kept::Open),
        IntentState::Named => Err(Kept::Named),
        IntentState::Unknown => Err(Kept::Unknown),
    }
}

/// What may be erased of one partition, as judged, before the release record is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releasable {
    partition: PartitionId,
    erase: Vec<Sequence>,
    blobs: Vec<BlobId>,
}

impl Releasable {
    /// Partition of the records, and of the release record to come.
    #[must_use]
    pub fn partition(&self) -> PartitionId {
        self.partition
    }

    /// Records whose particulars and payloads are to be erased.
    #[must_use]
    pub fn erase(&self) -> &[Sequence] {
        &self.erase
    }

    /// Blobs to be removed.
    #[must_use]
    pub fn blobs(&self) -> &[BlobId] {
        &self.blobs
    }

    /// The proof, once the release record that lists exactly this is durable at `record`.
    ///
    /// # Errors
    /// [`Misplaced`] when the record cannot be the one that lists this.
    pub fn recorded(self, record: Position) -> Result<ReleaseProof, Misplaced> {
        if record.partition != self.partition {
            return Err(Misplaced::Partition {
                record: record.partition,
                judged: self.partition,
            });
        }
        resume(record, self.erase, self.blobs)
    }
}

/// Proof that a durable release record allows parts of records to be erased and blobs to be
/// removed. Only [`Releasable::recorded`] and [`resume`] make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseProof {
    record: Position,
    erase: Vec<Sequence>,
    blobs: Vec<BlobId>,
}

impl ReleaseProof {
    /// The release record. Its own particulars are erased last.
    #[must_use]
    pub fn record(&self) -> &Position {
        &self.record
    }

    /// Partition of all records concerned.
    #[must_use]
    pub fn partition(&self) -> PartitionId {
        self.record.partition
    }

    /// Records whose particulars and payloads are erased; ascending, each once, all before the
    /// release record.
    #[must_use]
    pub fn erase(&self) -> &[Sequence] {
        &self.erase
    }

    /// Blobs that are removed; ascending, each once.
    #[must_use]
    pub fn blobs(&self) -> &[BlobId] {
        &self.blobs
    }
}

/// A release record that cannot allow what it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// The release record stands in another partition than what was judged.
    #[error("the release record is in partition {record}, what was judged in {judged}")]
    Partition {
        /// Partition of the release record.
        record: PartitionId,
        /// Partition that was judged.
        judged: PartitionId,
    },
    /// It lists a record that is not before it.
    #[error("release record {record} lists record {listed}, which does not stand before it")]
    NotBefore {
        /// The release record.
        record: Sequence,
        /// What it lists.
        listed: Sequence,
    },
}

/// The proof again from what a durable release record lists, after a crash or a failed try. The
/// engine refuses it unless the record is durable in its own journal.
///
/// # Errors
/// [`Misplaced`] when the list names the record itself or what came after it.
pub fn resume(
    record: Position,
    mut erase: Vec<Sequence>,
    mut blobs: Vec<BlobId>,
) -> Result<ReleaseProof, Misplaced> {
    erase.sort_unstable();
    erase.dedup();
    blobs.sort_unstable();
    blobs.dedup();
    let outside = |listed: &&Sequence| listed.0 == 0 || **listed >= record.sequence;
    if let Some(listed) = erase.iter().find(outside) {
        return Err(Misplaced::NotBefore {
            record: record.sequence,
            listed: *listed,
        });
    }
    Ok(ReleaseProof {
        record,
        erase,
        blobs,
    })
}
