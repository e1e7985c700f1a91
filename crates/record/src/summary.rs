//! What the index keeps of a version: enough for listings, without opening its record.

use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType, ETag};
use azekura_model::ident::VersionId;
use azekura_model::position::Sequence;
use azekura_model::time::WallTime;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

/// Value of the index families *current* and *history*. Encoded as deterministic CBOR.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Version id.
    pub version: VersionId,
    /// Shown as `null`.
    pub null: bool,
    /// A delete marker.
    pub marker: bool,
    /// No longer shown by S3; hybrid time is in the hiding record.
    pub hidden: bool,
    /// Length of the content in bytes.
    pub content_bytes: u64,
    /// ETag; zero for markers.
    pub etag: ETag,
    /// Last-Modified.
    pub modified: WallTime,
    /// Checksum kind that listings name.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// Sequence of the version's own record; `None` = the record that wrote this entry.
    pub at: Option<Sequence>,
}

const NULL: u16 = 1;
const MARKER: u16 = 2;
const HIDDEN: u16 = 4;

/// Longest encoding in bytes.
pub const SUMMARY_BYTES_MAX: usize = 96;

impl Summary {
    /// The index value: about 60 bytes, 74 at most, never empty.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.put(self);
        out.into_bytes()
    }

    /// Reads an index value.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that [`encode`](Self::encode) does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > SUMMARY_BYTES_MAX {
            return Err(DecodeError::TooLong {
                bytes: bytes.len(),
                limit: SUMMARY_BYTES_MAX,
            });
        }
        Reader::over_item(bytes)?.get()
    }

    fn flags(&self) -> u16 {
        let flag = |set, flag| if set { flag } else { 0 };
        flag(self.null, NULL) | flag(self.marker, MARKER) | flag(self.hidden, HIDDEN)
    }
}

impl Value for Summary {
    fn write(&self, out: &mut Writer) {
        out.array(7)
            .put(&self.version)
            .put(&self.flags())
            .put(&self.content_bytes)
            .put(&self.etag)
            .put(&self.modified)
            .put(&self.checksum)
            .put(&self.at);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(7, "summary")?;
        let version = input.get()?;
        let flags = input.get::<u16>()?;
        if flags & !(NULL | MARKER | HIDDEN) != 0 {
            return Err(DecodeError::Newer(format!("summary flags {flags:#x}")));
        }
        Ok(Self {
            version,
            null: flags & NULL != 0,
            marker: flags & MARKER != 0,
            hidden: flags & HIDDEN != 0,
            content_bytes: input.get()?,
            etag: input.get()?,
            modified: input.get()?,
            checksum: input.get()?,
            at: input.get()?,
        })
    }
}
