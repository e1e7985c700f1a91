//! Why stored bytes are not a record of this release.

/// Why bytes could not be decoded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not deterministic CBOR (RFC 8949 §4.2.1) as this format uses it.
    #[error("not deterministic CBOR at byte {at}: {what}")]
    NotCanonical {
        /// Offset in bytes.
        at: usize,
        /// The rule broken.
        what: &'static str,
    },
    /// Deterministic CBOR, and not the shape that the format asks for.
    #[error("malformed record: {0}")]
    Malformed(String),
    /// Critical content that this release does not know. What it names must be treated as locked.
    #[error("written by a newer release: {0}")]
    Newer(String),
    /// Longer than the format allows.
    #[error("{bytes} bytes are over the limit of {limit}")]
    TooLong {
        /// Length found.
        bytes: usize,
        /// Length allowed.
        limit: usize,
    },
}

impl DecodeError {
    /// Whether a newer release wrote the bytes, as opposed to damage.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Newer(_))
    }

    pub(crate) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(what.into())
    }
}
