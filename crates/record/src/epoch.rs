//! Record kinds 2 and 8: a key epoch of a bucket opens, and its key is destroyed.

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// A fresh bucket key; later versions are sealed under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochOpened {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// The bucket key, wrapped by the tenant key.
    pub wrapped_key: Vec<u8>,
}

/// The bucket key of an epoch is destroyed: everything that was sealed under it is released. Durable
/// before the records that hold the wrapped key are erased; the payload lists them
/// ([`crate::released::ReleaseList`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochDestroyed {
    /// Number of the epoch.
    pub epoch: u32,
}

impl EventFields for EpochDestroyed {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.epoch);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            epoch: input.take(8)?,
        })
    }
}

impl EventFields for EpochOpened {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.epoch).put(9, &self.wrapped_key);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            epoch: input.take(8)?,
            wrapped_key: input.take(9)?,
        })
    }
}
