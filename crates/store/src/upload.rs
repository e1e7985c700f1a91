//! Multipart uploads: what is asked and what is answered.

use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use azekura_model::condition::Conditions;
use azekura_model::ident::UploadId;
use azekura_model::lock::LockAsked;
use azekura_model::name::ObjectKey;
use azekura_model::time::WallTime;

use crate::body::{Body, Claims};
use crate::object::Attributes;

/// Smallest length of any part but the last, in bytes (S3: 5 MiB).
pub const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// Greatest length of a plain PUT or a part, in bytes (S3: 5 GiB).
pub const PUT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Greatest part number.
pub const PART_NUMBER_MAX: u32 = 10_000;

/// Begins an upload.
#[derive(Clone, Debug)]
pub struct CreateUpload {
    /// Key.
    pub key: ObjectKey,
    /// Headers, metadata, tags of the version to be.
    pub attributes: Attributes,
    /// What the lock headers ask for the version to be.
    pub lock: LockAsked,
    /// Checksum asked for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// An upload under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Key.
    pub key: ObjectKey,
    /// Upload id.
    pub id: UploadId,
    /// Checksum asked for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// When it began.
    pub started: WallTime,
}

/// Stores one part.
pub struct PutPart {
    /// Key.
    pub key: ObjectKey,
    /// Upload.
    pub upload: UploadId,
    /// Part number, 1 to [`PART_NUMBER_MAX`].
    pub number: u32,
    /// What the client claims.
    pub claims: Claims,
    /// Content.
    pub body: Body,
}

/// A stored part, durable when this is returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPart {
    /// Part number.
    pub number: u32,
    /// MD5: its ETag.
    pub md5: [u8; 16],
    /// Length in bytes.
    pub bytes: u64,
    /// Checksum kept.
    pub checksum: Option<Checksum>,
    /// When it was stored.
    pub modified: WallTime,
}

/// A part as named at completion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompletedPart {
    /// Part number.
    pub number: u32,
    /// ETag as the client gave it, without quotes.
    pub etag: String,
    /// Checksum as the client gave it.
    pub checksum: Option<Checksum>,
}

/// Completes an upload.
#[derive(Clone, Debug)]
pub struct CompleteUpload {
    /// Key.
    pub key: ObjectKey,
    /// Upload.
    pub upload: UploadId,
    /// Parts in ascending order.
    pub parts: Vec<CompletedPart>,
    /// Checksum of the whole object as the client gave it.
    pub checksum: Option<Checksum>,
    /// `x-amz-mp-object-size`.
    pub bytes: Option<u64>,
    /// `If-Match`, `If-None-Match`.
    pub conditions: Conditions,
}
