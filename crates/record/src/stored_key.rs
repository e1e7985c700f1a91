//! Data keys and upload keys as particulars hold them.

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

/// The one scheme of wrapping.
const SCHEME: u16 = 1;

/// The key of a payload, or of an upload, as it is stored.
///
/// The bytes stand in the field that they always had. The tag stands in a critical field of its own, so
/// that a release that does not know sealed tenants says so, and does not take the bytes for the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredKey {
    /// The key itself: whoever opens the particulars has it.
    Open([u8; 32]),
    /// Wrapped under the content key of a sealed tenant.
    Sealed {
        /// The key, encrypted.
        text: [u8; 32],
        /// Its authentication tag.
        tag: [u8; 16],
    },
}

/// What the critical field *sealed key* holds: `[1, tag]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SealedKeyTag([u8; 16]);

impl StoredKey {
    /// What stands in the field of the key.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        match self {
            Self::Open(bytes) | Self::Sealed { text: bytes, .. } => bytes,
        }
    }

    /// What stands in the field beside it.
    pub(crate) fn tag(&self) -> Option<SealedKeyTag> {
        match self {
            Self::Open(_) => None,
            Self::Sealed { tag, .. } => Some(SealedKeyTag(*tag)),
        }
    }

    /// Both fields together.
    pub(crate) fn join(bytes: [u8; 32], tag: Option<SealedKeyTag>) -> Self {
        match tag {
            None => Self::Open(bytes),
            Some(SealedKeyTag(tag)) => Self::Sealed { text: bytes, tag },
        }
    }
}

impl Value for SealedKeyTag {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&SCHEME).put(&self.0);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "sealed key")?;
        match input.get::<u16>()? {
            SCHEME => input.get().map(Self),
            other => Err(DecodeError::Newer(format!("sealed key scheme {other}"))),
        }
    }
}
