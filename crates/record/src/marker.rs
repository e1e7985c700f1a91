//! Record kind 17: a delete marker.

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// The key shows nothing from now on; everything under it stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeleteMarker {
    /// Key.
    pub key: String,
    /// Shown to S3 as version `null`.
    pub null: bool,
    /// An even newer version was already current when this one was committed.
    pub superseded: bool,
}

impl EventFields for DeleteMarker {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put(9, &self.null)
            .put(10, &self.superseded);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: input.take(8)?,
            null: input.take(9)?,
            superseded: input.take(10)?,
        })
    }
}
