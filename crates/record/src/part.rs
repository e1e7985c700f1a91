//! Record kind 22: a part of a multipart upload is stored.

use azekura_model::checksum::Checksum;
use azekura_model::ident::{PayloadId, UploadId};

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// A part. The last one committed under a number counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartStored {
    /// Upload id.
    pub upload: UploadId,
    /// Key.
    pub key: String,
    /// Part number, 1 to 10,000.
    pub number: u32,
    /// Identity of this attempt: names the blob, derives the data key.
    pub attempt: PayloadId,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// MD5 of the content: its ETag.
    pub md5: [u8; 16],
    /// S3 checksum, if one was kept.
    pub checksum: Option<Checksum>,
    /// The content is this record's inline payload; else a blob.
    pub inline: bool,
}

impl EventFields for PartStored {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.upload)
            .put(9, &self.key)
            .put(10, &self.number)
            .put(11, &self.attempt)
            .put(12, &self.sha256)
            .put(13, &self.md5)
            .put_some(14, self.checksum.as_ref())
            .put(15, &self.inline);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            upload: input.take(8)?,
            key: input.take(9)?,
            number: input.take(10)?,
            attempt: input.take(11)?,
            sha256: input.take(12)?,
            md5: input.take(13)?,
            checksum: input.take_some(14)?,
            inline: input.take(15)?,
        })
    }
}
