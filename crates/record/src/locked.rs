//! Record kind 25: a version has another lock. Its content, ETag and Last-Modified stay.
//!
//! An amendment: the core names the version and carries its whole new lock state; the last such
//! record of a version counts. The particulars hold no object key, so that what keeps a version is
//! known as long as its core is.

use azekura_model::position::Sequence;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// The lock of the version that the core names is now that of the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionLocked {
    /// Why: the request, as a word (`retention`, `hold`, `extend`, `event` …).
    pub reason: String,
    /// Governance was bypassed.
    pub bypassed: bool,
    /// Record of the same partition whose lock state was judged; `None` = there was none.
    pub previous: Option<Sequence>,
}

impl EventFields for VersionLocked {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.reason)
            .put(9, &self.bypassed)
            .put_some(10, self.previous.as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            reason: input.take(8)?,
            bypassed: input.take(9)?,
            previous: input.take_some(10)?,
        })
    }
}
