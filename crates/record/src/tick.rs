//! Record kind 7: the compliance clock writes itself down.
//!
//! The core carries compliance time and what the wall clock showed, as every core does. The
//! particulars are the ledger of catch-up; they name nobody. The record belongs to no tenant (sixteen
//! zero bytes) and is sealed under the root key.

use azekura_model::time::ComplianceTime;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// The ledger of catch-up without evidence, and what this start was credited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClockTick {
    /// Up to when `saved_ms` is counted.
    pub counted: ComplianceTime,
    /// Milliseconds that could be caught up without evidence then.
    pub saved_ms: u64,
    /// Milliseconds ever caught up without evidence.
    pub spent_ms: u64,
    /// Milliseconds of downtime credited just before this record; 0 = it is an ordinary tick.
    pub caught_up_ms: u64,
    /// Whether evidence of time carried them.
    pub by_evidence: bool,
}

impl EventFields for ClockTick {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.counted)
            .put(9, &self.saved_ms)
            .put(10, &self.spent_ms)
            .put(11, &self.caught_up_ms)
            .put(12, &self.by_evidence);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            counted: input.take(8)?,
            saved_ms: input.take(9)?,
            spent_ms: input.take(10)?,
            caught_up_ms: input.take(11)?,
            by_evidence: input.take(12)?,
        })
    }
}
