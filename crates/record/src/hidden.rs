//! Record kind 18: a version is no longer shown by S3. Its record and bytes stay.

use crate::summary::Summary;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// DELETE with a version id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionHidden {
    /// Key.
    pub key: String,
    /// The version, as the index shall show it from now on (`hidden` set, `at` given).
    pub target: Summary,
    /// What becomes current, when the current entry changes.
    pub current: CurrentChange,
    /// Governance retention was bypassed.
    pub bypassed: bool,
}

/// How the current entry of the key changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CurrentChange {
    /// It stays.
    Stays,
    /// The key shows nothing any more.
    Cleared,
    /// An older version shows again (`at` given).
    Becomes(Summary),
}

impl EventFields for VersionHidden {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put(9, &self.target)
            .put(10, &self.current)
            .put_some(11, self.bypassed.then_some(&true));
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: input.take(8)?,
            target: input.take(9)?,
            current: input.take(10)?,
            bypassed: match input.take_some(11)? {
                Some(false) => return Err(DecodeError::malformed("a bypass that was none")),
                bypassed => bypassed.is_some(),
            },
        })
    }
}

/// `[0]` stays, `[1]` cleared, `[2, summary]` becomes.
impl Value for CurrentChange {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Stays => out.array(1).put(&0_u16),
            Self::Cleared => out.array(1).put(&1_u16),
            Self::Becomes(summary) => out.array(2).put(&2_u16).put(summary),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items = input.array()?;
        match (input.get::<u16>()?, items) {
            (0, 1) => Ok(Self::Stays),
            (1, 1) => Ok(Self::Cleared),
            (2, 2) => input.get().map(Self::Becomes),
            (0..=2, _) => Err(DecodeError::malformed("a change of the wrong length")),
            (other, _) => Err(DecodeError::Newer(format!(
                "change {other} of the current entry"
            ))),
        }
    }
}
