//! Content on its way in and out.

use std::pin::Pin;

use azekura_model::checksum::{Checksum, ChecksumAlgorithm};
use bytes::Bytes;
use futures::Stream;

/// Content arriving or leaving, in chunks of any size.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send + Sync>>;

/// Why content stopped arriving.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Fewer bytes than declared, or the connection ended.
    #[error("the body ended before all declared bytes arrived")]
    Incomplete,
    /// A chunk's signature, or the hash of the whole payload, differs from what was signed.
    #[error("the content does not match the signature")]
    BadSignature,
    /// `x-amz-content-sha256` differs from the content.
    #[error("the x-amz-content-sha256 you gave does not match what arrived")]
    BadSha256,
    /// The framing of an aws-chunked body is broken.
    #[error("the chunked body is malformed: {0}")]
    Malformed(String),
    /// Memory to hold more of it is short; nothing is wrong with it.
    #[error("the server is busy: try again in a few seconds")]
    Busy,
    /// The content of a stored object could not be read.
    #[error("{0}")]
    Source(String),
}

/// Reads the trailing checksum once the body has ended; `None` = it did not arrive.
pub type ReadTrailer = Box<dyn FnOnce() -> Option<Checksum> + Send + Sync>;

/// What the client claims of its content; all are verified against the bytes before anything is
/// committed.
#[derive(Default)]
pub struct Claims {
    /// Declared length in bytes, after decoding of chunks.
    pub bytes: Option<u64>,
    /// `Content-MD5`.
    pub md5: Option<[u8; 16]>,
    /// `x-amz-checksum-*`.
    pub checksums: Vec<Checksum>,
    /// `x-amz-trailer`: the algorithm, and how to read its value at the end.
    pub trailer: Option<(ChecksumAlgorithm, ReadTrailer)>,
    /// Algorithm to compute although no value is claimed (`x-amz-checksum-algorithm`).
    pub compute: Option<ChecksumAlgorithm>,
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
