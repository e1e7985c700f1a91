//! The proofs that allow bytes to be freed (invariant 3: one door to erasure).
//!
//! The only proof that exists so far frees a blob that *no* version ever named: an upload that was
//! abandoned. Releasing the payload of a version needs the lock rules and has its own proof beside
//! this one.

use std::fmt;

use crate::position::Position;

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
