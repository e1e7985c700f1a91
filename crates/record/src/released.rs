//! Record kinds 27, 28 and 30: a version is released, its parts are freed, what a key shows is said
//! anew. Why there are three, and which records a release erases: `docs/internals/erasure.md`.

use azekura_model::ident::{UploadId, VersionId};
use azekura_model::position::Sequence;
use azekura_model::release::BlobId;
use azekura_model::time::{ComplianceTime, HybridTime};

use crate::cbor::{Reader, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;
use crate::summary::Summary;

/// A version, marker or ended upload is released: judged, and durable before anything is erased.
/// These particulars serve to take its names out of the index, and are erased last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Released {
    /// Key.
    pub key: String,
    /// The version or marker; `None` = an upload that made no version.
    pub version: Option<VersionId>,
    /// Multipart upload that made the version, or that was aborted.
    pub upload: Option<UploadId>,
    /// Numbers of the parts of that upload that the index still names.
    pub parts: Vec<u32>,
    /// Hybrid times of the upload's own records, by which the index knows them.
    pub upload_records: Vec<HybridTime>,
    /// No other version of the key is left: what the index says of the key goes too.
    pub last: bool,
    /// `Some` = not a version is released but what the keys of a retired bucket still seal, or those
    /// keys themselves, so that they are destroyed. Sealed under the tenant's key. Entries of the index
    /// that go: family and key.
    pub entries: Option<Vec<(u16, Vec<u8>)>>,
}

/// What a release record allows to be erased: its payload, not sealed, numbers only. So an outsider
/// can hold every erased record against the release that allowed it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReleaseList {
    /// Records of the same partition whose particulars and payloads are erased, ascending.
    pub erase: Vec<Sequence>,
    /// Blobs that are removed.
    pub blobs: Vec<BlobId>,
}

/// What a release record listed is erased, and was read back. Kept for ever; names nothing but numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionFreed {
    /// The release record.
    pub released: Sequence,
    /// Hybrid time of the release record: names its entry among unfinished releases.
    pub released_hybrid: HybridTime,
    /// Record of the version, marker or upload itself.
    pub made: Sequence,
    /// Record that took it out of S3's sight; `None` = a newer `null` version did, or it was an upload.
    pub hidden: Option<Sequence>,
    /// When that happened.
    pub hidden_at: ComplianceTime,
    /// Who took it out of S3's sight.
    pub hidden_by: String,
    /// The disposal that asked for it.
    pub disposal: Option<[u8; 16]>,
    /// Bytes of particulars that were zeroed.
    pub particulars_bytes: u64,
    /// Bytes of payloads that were zeroed and freed.
    pub payload_bytes: u64,
    /// Blobs removed.
    pub blobs: Vec<BlobId>,
    /// Bytes of those blobs.
    pub blob_bytes: u64,
    /// Every part was read back and found erased, every blob gone.
    pub verified: bool,
}

/// What a key shows, said anew: the records that said it before are about to be erased while other
/// versions of the key stay. Without this a rebuilt index would show something else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotRestated {
    /// Key.
    pub key: String,
    /// What is current, with the stamp of its entry.
    pub current: Option<(Summary, Option<HybridTime>)>,
    /// Why nothing is current.
    pub vacated: Option<(Summary, Option<HybridTime>)>,
    /// Last change that left what is current as it was.
    pub stamp: Option<HybridTime>,
    /// The record of this kind before, of the same key.
    pub previous: Option<Sequence>,
}

impl EventFields for Released {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put_some(9, self.version.as_ref())
            .put_some(10, self.upload.as_ref())
            .put(11, &self.parts)
            .put(12, &self.upload_records)
            .put(13, &self.last)
            .put_some(14, self.entries.as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: input.take(8)?,
            version: input.take_some(9)?,
            upload: input.take_some(10)?,
            parts: input.take(11)?,
            upload_records: input.take(12)?,
            last: input.take(13)?,
            entries: input.take_some(14)?,
        })
    }
}

impl EventFields for VersionFreed {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.released)
            .put(9, &self.released_hybrid)
            .put(10, &self.made)
            .put_some(11, self.hidden.as_ref())
            .put(12, &self.hidden_at)
            .put(13, &self.hidden_by)
            .put_some(14, self.disposal.as_ref())
            .put(15, &self.particulars_bytes)
            .put(16, &self.payload_bytes)
            .put(17, &self.blobs)
            .put(18, &self.blob_bytes)
            .put(19, &self.verified);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            released: input.take(8)?,
            released_hybrid: input.take(9)?,
            made: input.take(10)?,
            hidden: input.take_some(11)?,
            hidden_at: input.take(12)?,
            hidden_by: input.take(13)?,
            disposal: input.take_some(14)?,
            particulars_bytes: input.take(15)?,
            payload_bytes: input.take(16)?,
            blobs: input.take(17)?,
            blob_bytes: input.take(18)?,
            verified: input.take(19)?,
        })
    }
}

impl EventFields for SlotRestated {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put_some(9, self.current.as_ref())
            .put_some(10, self.vacated.as_ref())
            .put_some(11, self.stamp.as_ref())
            .put_some(12, self.previous.as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: input.take(8)?,
            current: input.take_some(9)?,
            vacated: input.take_some(10)?,
            stamp: input.take_some(11)?,
            previous: input.take_some(12)?,
        })
    }
}

impl ReleaseList {
    /// Deterministic CBOR: `[[sequence, …], [[intent, attempt], …]]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.array(2).put(&self.erase).put(&self.blobs);
        out.into_bytes()
    }

    /// Reads the payload of a release record.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that [`encode`](Self::encode) does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::over_item(bytes)?;
        input.array_of(2, "a release list")?;
        let list = Self {
            erase: input.get()?,
            blobs: input.get()?,
        };
        input.end()?;
        Ok(list)
    }
}
