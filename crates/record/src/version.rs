//! Record kind 16: a version of an object.

use azekura_model::checksum::{Checksum, ETag};
use azekura_model::ident::{PayloadId, UploadId};
use azekura_model::position::Sequence;
use azekura_model::release::BlobId;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;
use crate::stored_key::{SealedKeyTag, StoredKey};

/// A version of an object and all that S3 shows of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// Key.
    pub key: String,
    /// Shown to S3 as version `null`.
    pub null: bool,
    /// An even newer version was already current when this one was committed.
    pub superseded: bool,
    /// SHA-256 of the content; 32 zero bytes for parts, which carry one each.
    pub sha256: [u8; 32],
    /// ETag.
    pub etag: ETag,
    /// S3 checksums.
    pub checksums: Vec<Checksum>,
    /// System headers as given (`content-type`, `cache-control`, …), lower case, ordered.
    pub headers: Vec<(String, String)>,
    /// User metadata without `x-amz-meta-`, lower case, ordered.
    pub metadata: Vec<(String, String)>,
    /// Tags, ordered.
    pub tags: Vec<(String, String)>,
    /// Where the content lies.
    pub payload: Payload,
    /// The multipart upload that this version completes.
    pub upload: Option<UploadId>,
}

/// Where the content of a version lies, and the keys to open it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// No bytes.
    Empty,
    /// Inline payload of this very record.
    Inline {
        /// Data key, used once.
        data_key: StoredKey,
    },
    /// One blob.
    Blob {
        /// The blob.
        blob: BlobId,
        /// Data key, used once.
        data_key: StoredKey,
    },
    /// Parts of a multipart upload, in order.
    Parts {
        /// From which each part's data key is derived.
        upload_key: StoredKey,
        /// The parts.
        parts: Vec<PartRef>,
    },
}

/// One part of a completed multipart upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartRef {
    /// Part number, 1 to 10,000.
    pub number: u32,
    /// Identity of the attempt: names the blob, derives the key.
    pub attempt: PayloadId,
    /// Length of its content in bytes.
    pub content_bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// MD5 of its content.
    pub md5: [u8; 16],
    /// Checksum of its content, if one was kept.
    pub checksum: Option<Checksum>,
    /// Record of the same partition whose inline payload it is; `None` = a blob.
    pub inline_at: Option<Sequence>,
}

impl EventFields for Version {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put(9, &self.null)
            .put(10, &self.superseded)
            .put(11, &self.sha256)
            .put(12, &self.etag)
            .put(13, &self.checksums)
            .put(14, &self.headers)
            .put(15, &self.metadata)
            .put(16, &self.tags)
            .put(17, &self.payload.place())
            .put_some(18, self.payload.key().map(StoredKey::bytes))
            .put_some(19, self.upload.as_ref())
            .put_some(20, self.payload.key().and_then(StoredKey::tag).as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        let mut version = Self {
            key: input.take(8)?,
            null: input.take(9)?,
            superseded: input.take(10)?,
            sha256: input.take(11)?,
            etag: input.take(12)?,
            checksums: input.take(13)?,
            headers: input.take(14)?,
            metadata: input.take(15)?,
            tags: input.take(16)?,
            payload: Payload::join(input.take(17)?, input.take_some(18)?)?,
            upload: input.take_some(19)?,
        };
        if let Some(tag) = input.take_some(20)? {
            version.payload.seal(tag)?;
        }
        Ok(version)
    }
}

/// A payload without its key: the key is a field of its own, so that the place can be disclosed
/// without it.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    Empty,
    Inline,
    Blob(BlobId),
    Parts(Vec<PartRef>),
}

impl Payload {
    /// The data key, or the upload key that data keys are derived from.
    #[must_use]
    pub fn key(&self) -> Option<&StoredKey> {
        match self {
            Self::Empty => None,
            Self::Inline { data_key } | Self::Blob { data_key, .. } => Some(data_key),
            Self::Parts { upload_key, .. } => Some(upload_key),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Empty => Place::Empty,
            Self::Inline { .. } => Place::Inline,
            Self::Blob { blob, .. } => Place::Blob(*blob),
            Self::Parts { parts, .. } => Place::Parts(parts.clone()),
        }
    }

    /// Says that the key is wrapped: its tag is read after the fields between.
    fn seal(&mut self, tag: SealedKeyTag) -> Result<(), DecodeError> {
        let key = match self {
            Self::Empty => return Err(DecodeError::malformed("a sealed key for no payload")),
            Self::Inline { data_key } | Self::Blob { data_key, .. } => data_key,
            Self::Parts { upload_key, .. } => upload_key,
        };
        *key = StoredKey::join(*key.bytes(), Some(tag));
        Ok(())
    }

    fn join(place: Place, key: Option<[u8; 32]>) -> Result<Self, DecodeError> {
        let key = key.map(StoredKey::Open);
        match (place, key) {
            (Place::Empty, None) => Ok(Self::Empty),
            (Place::Inline, Some(data_key)) => Ok(Self::Inline { data_key }),
            (Place::Blob(blob), Some(data_key)) => Ok(Self::Blob { blob, data_key }),
            (Place::Parts(parts), Some(upload_key)) => Ok(Self::Parts { upload_key, parts }),
            (Place::Empty, Some(_)) => Err(DecodeError::malformed("a key for no payload")),
            (_, None) => Err(DecodeError::malformed("a payload without a key")),
        }
    }
}

/// `[0]` empty, `[1]` inline, `[2, blob]` a blob, `[3, [part, …]]` parts.
impl Value for Place {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Empty => out.array(1).put(&0_u16),
            Self::Inline => out.array(1).put(&1_u16),
            Self::Blob(blob) => out.array(2).put(&2_u16).put(blob),
            Self::Parts(parts) => out.array(2).put(&3_u16).put(parts),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items = input.array()?;
        match (input.get::<u16>()?, items) {
            (0, 1) => Ok(Self::Empty),
            (1, 1) => Ok(Self::Inline),
            (2, 2) => input.get().map(Self::Blob),
            (3, 2) => input.get().map(Self::Parts),
            (0..=3, _) => Err(DecodeError::malformed("a place of the wrong length")),
            (other, _) => Err(DecodeError::Newer(format!("payload place {other}"))),
        }
    }
}

impl Value for PartRef {
    fn write(&self, out: &mut Writer) {
        out.array(7)
            .put(&self.number)
            .put(&self.attempt)
            .put(&self.content_bytes)
            .put(&self.sha256)
            .put(&self.md5)
            .put(&self.checksum)
            .put(&self.inline_at);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(7, "part")?;
        Ok(Self {
            number: input.get()?,
            attempt: input.get()?,
            content_bytes: input.get()?,
            sha256: input.get()?,
            md5: input.get()?,
            checksum: input.get()?,
            inline_at: input.get()?,
        })
    }
}
