//! Record kind 29: a disposal job is asked for, taken back, or has hidden what it was asked to.

use azekura_model::time::ComplianceTime;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// A disposal job, whole: readers never merge, the last record of an id counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisposalRequested {
    /// Identity of the job.
    pub id: [u8; 16],
    /// Keys that begin so; empty = the whole bucket.
    pub prefix: String,
    /// Only versions of this retention class.
    pub class: Option<String>,
    /// Only versions committed before.
    pub before: ComplianceTime,
    /// Why, in the words of who asked.
    pub reason: String,
    /// Who asked first.
    pub asked_by: String,
    /// When it was asked for.
    pub asked_at: ComplianceTime,
    /// From when on it acts.
    pub acts_at: ComplianceTime,
    /// Where it stands.
    pub stage: DisposalStage,
}

/// Where a disposal job stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisposalStage {
    /// Waits for its time.
    Requested,
    /// Taken back before it acted.
    Cancelled,
    /// Everything it may hide is hidden; the counts say what happened.
    Hidden {
        /// Versions hidden.
        versions: u64,
        /// Bytes of their contents.
        bytes: u64,
        /// Versions that a lock kept.
        locked: u64,
    },
}

impl DisposalRequested {
    /// The value of the index: deterministic CBOR, never empty.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.put(self);
        out.into_bytes()
    }

    /// Reads a value of the index.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that [`encode`](Self::encode) does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::over_item(bytes)?;
        let job = input.get()?;
        input.end()?;
        Ok(job)
    }
}

impl EventFields for DisposalRequested {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, self);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        input.take(8)
    }
}

/// `[id, prefix, class or null, before, reason, asked by, asked at, acts at, stage]`.
impl Value for DisposalRequested {
    fn write(&self, out: &mut Writer) {
        out.array(9)
            .put(&self.id)
            .put(&self.prefix)
            .put(&self.class)
            .put(&self.before)
            .put(&self.reason)
            .put(&self.asked_by)
            .put(&self.asked_at)
            .put(&self.acts_at)
            .put(&self.stage);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(9, "a disposal")?;
        Ok(Self {
            id: input.get()?,
            prefix: input.get()?,
            class: input.get()?,
            before: input.get()?,
            reason: input.get()?,
            asked_by: input.get()?,
            asked_at: input.get()?,
            acts_at: input.get()?,
            stage: input.get()?,
        })
    }
}

/// `[0]` requested, `[1]` cancelled, `[2, versions, bytes, locked]` hidden.
impl Value for DisposalStage {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Requested => out.array(1).put(&0_u16),
            Self::Cancelled => out.array(1).put(&1_u16),
            Self::Hidden {
                versions,
                bytes,
                locked,
            } => out
                .array(4)
                .put(&2_u16)
                .put(versions)
                .put(bytes)
                .put(locked),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items = input.array()?;
        match (input.get::<u16>()?, items) {
            (0, 1) => Ok(Self::Requested),
            (1, 1) => Ok(Self::Cancelled),
            (2, 4) => Ok(Self::Hidden {
                versions: input.get()?,
                bytes: input.get()?,
                locked: input.get()?,
            }),
            (0..=2, _) => Err(DecodeError::malformed("a stage of the wrong length")),
            (other, _) => Err(DecodeError::Newer(format!("disposal stage {other}"))),
        }
    }
}
