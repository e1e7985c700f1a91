//! Record kinds 21 and 23: a multipart upload begins, or is given up. Its completion is a
//! [`crate::version::Version`].

use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType};
use azekura_model::ident::UploadId;
use azekura_model::lock::Retention;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;
use crate::stored_key::StoredKey;

/// A multipart upload begins. It is the intent of all its parts' blobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadStarted {
    /// Upload id.
    pub upload: UploadId,
    /// Key.
    pub key: String,
    /// From which each part's data key is derived.
    pub upload_key: StoredKey,
    /// System headers of the version to be.
    pub headers: Vec<(String, String)>,
    /// User metadata of the version to be.
    pub metadata: Vec<(String, String)>,
    /// Tags of the version to be.
    pub tags: Vec<(String, String)>,
    /// Checksum asked for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// Retention asked for the version to be.
    pub retention: Option<Retention>,
    /// Legal hold asked for the version to be.
    pub hold: Option<bool>,
}

/// A multipart upload is given up; its parts may be swept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadAborted {
    /// Upload id.
    pub upload: UploadId,
    /// Key.
    pub key: String,
}

impl EventFields for UploadStarted {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.upload)
            .put(9, &self.key)
            .put(10, self.upload_key.bytes())
            .put(11, &self.headers)
            .put(12, &self.metadata)
            .put(13, &self.tags)
            .put_some(14, self.checksum.as_ref())
            .put_some(15, self.retention.as_ref())
            .put_some(16, self.hold.as_ref())
            .put_some(17, self.upload_key.tag().as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        let mut started = Self {
            upload: input.take(8)?,
            key: input.take(9)?,
            upload_key: StoredKey::Open(input.take(10)?),
            headers: input.take(11)?,
            metadata: input.take(12)?,
            tags: input.take(13)?,
            checksum: input.take_some(14)?,
            retention: input.take_some(15)?,
            hold: input.take_some(16)?,
        };
        let tag = input.take_some(17)?;
        started.upload_key = StoredKey::join(*started.upload_key.bytes(), tag);
        Ok(started)
    }
}

impl EventFields for UploadAborted {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.upload).put(9, &self.key);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            upload: input.take(8)?,
            key: input.take(9)?,
        })
    }
}
