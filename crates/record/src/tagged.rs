//! Record kind 24: a version has other tags. Its content, ETag and Last-Modified stay.
//!
//! An amendment: it changes what is said of a version that is there already, and the last one of its
//! kind counts. The version's own record is never rewritten.

use azekura_model::position::Sequence;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// New tags of the version that the core names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionTagged {
    /// Key.
    pub key: String,
    /// The whole new set, ordered by name; empty = no tags any more.
    pub tags: Vec<(String, String)>,
    /// The tagging before this one, in the same partition, so that an erasure finds them all.
    pub previous: Option<Sequence>,
}

impl EventFields for VersionTagged {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put(9, &self.tags)
            .put_some(10, self.previous.as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: input.take(8)?,
            tags: input.take(9)?,
            previous: input.take_some(10)?,
        })
    }
}
