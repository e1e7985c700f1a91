//! Record kinds 19 and 20: a blob is announced, an announcement is withdrawn.

use azekura_model::release::BlobId;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// Durable before the blob's file is created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobIntent {
    /// The blob.
    pub blob: BlobId,
}

/// The fence: every later commit that would name the blob fails its guard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntentWithdrawn {
    /// The blob.
    pub blob: BlobId,
}

impl EventFields for BlobIntent {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.blob);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            blob: input.take(8)?,
        })
    }
}

impl EventFields for IntentWithdrawn {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.blob);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            blob: input.take(8)?,
        })
    }
}
