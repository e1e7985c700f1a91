//! Record kind 22: a part of a multipart upload is stored.

use azekura_model::checksum::Checksum;
use azekura_model::ident::{PayloadId, UploadId};

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
