//! Record kind 32: a record of another region, held verbatim under a position of this one.
//!
//! Nothing writes it yet; the shape is fixed so that format v1 can hold what regions will exchange.

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// Another region's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// The origin's envelope: its position and core, as hashed there.
    pub envelope: Vec<u8>,
    /// The origin's sealed particulars, as stored there; empty where only cores cross.
    pub particulars: Vec<u8>,
}

impl EventFields for Imported {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.envelope).put(9, &self.particulars);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            envelope: input.take(8)?,
            particulars: input.take(9)?,
        })
    }
}
