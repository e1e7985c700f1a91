//! Record kind 16: a version of an object.

use azekura_model::checksum::{Checksum, ETag};
use azekura_model::ident::{PayloadId, UploadId};
use azekura_model::position::Sequence;
use azekura_model::release::BlobId;

/// A version of an object and all that S3 shows of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// Key.
    pub key: String,
    /// Shown to S3 as version `null`.
    pub null: bool,
    /// An even newer version was already current when this one was committed.
    pub superseded: bool,
    /// SHA-256 of the content.
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
        data_key: [u8; 32],
    },
    /// One blob.
    Blob {
        /// The blob.
        blob: BlobId,
        /// Data key, used once.
        data_key: [u8; 32],
    },
    /// Parts of a multipart upload, in order.
    Parts {
        /// From which each part's data key is derived.
        upload_key: [u8; 32],
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
    /// MD5 of its content.
    pub md5: [u8; 16],
    /// Checksum of its content, if one was kept.
    pub checksum: Option<Checksum>,
    /// Record of the same partition whose inline payload it is; `None` = a blob.
    pub inline_at: Option<Sequence>,
}
