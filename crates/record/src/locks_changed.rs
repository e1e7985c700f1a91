//! Record kind 26: many versions of one bucket have other locks. One record of many amendments, for
//! changes of whole prefixes.

use azekura_model::ident::VersionId;
use azekura_model::lock::Lock;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// Most versions of one record.
pub const LOCKS_CHANGED_MAX: usize = 1000;

/// The locks of these versions are now these. Holds no object key, and is never erased while one of
/// its versions is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocksChanged {
    /// Why: the request, as a word.
    pub reason: String,
    /// Governance was bypassed for some of them.
    pub bypassed: bool,
    /// Versions, each once, and their whole new lock states.
    pub locks: Vec<(VersionId, Lock)>,
}

impl EventFields for LocksChanged {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.reason)
            .put(9, &self.bypassed)
            .put(10, &self.locks);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            reason: input.take(8)?,
            bypassed: input.take(9)?,
            locks: input.take(10)?,
        })
    }
}
