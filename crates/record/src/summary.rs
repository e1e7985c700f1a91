//! What the index keeps of a version: enough for listings, without opening its record.

use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType, ETag};
use azekura_model::ident::VersionId;
use azekura_model::position::Sequence;
use azekura_model::time::WallTime;

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
