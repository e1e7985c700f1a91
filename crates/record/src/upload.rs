//! Record kinds 21 and 23: a multipart upload begins, or is given up. Its completion is a
//! [`crate::version::Version`].

use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType};
use azekura_model::ident::UploadId;

/// A multipart upload begins. It is the intent of all its parts' blobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadStarted {
    /// Upload id.
    pub upload: UploadId,
    /// Key.
    pub key: String,
    /// From which each part's data key is derived.
    pub upload_key: [u8; 32],
    /// System headers of the version to be.
    pub headers: Vec<(String, String)>,
    /// User metadata of the version to be.
    pub metadata: Vec<(String, String)>,
    /// Tags of the version to be.
    pub tags: Vec<(String, String)>,
    /// Checksum asked for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// A multipart upload is given up; its parts may be swept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadAborted {
    /// Upload id.
    pub upload: UploadId,
    /// Key.
    pub key: String,
}
