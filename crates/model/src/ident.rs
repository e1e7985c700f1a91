//! Identities that the vault gives: tenants, buckets, versions, uploads.

use std::fmt;

/// Digits of base32hex (RFC 4648 §7) in lower case: text order equals byte order.
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// Characters of 16 bytes in base32hex without padding.
const TEXT_CHARS: usize = 26;

/// Sixteen bytes as 26 characters of lower-case base32hex; order-preserving.
#[must_use]
pub fn to_text(bytes: &[u8; 16]) -> String {
    let number = u128::from_be_bytes(*bytes);
    (0..TEXT_CHARS)
        .map(|i| {
            // 26 characters hold 130 bits: the value is shifted left by 2.
            let shift = 125_i32 - 5 * i32::try_from(i).unwrap_or(0);
            let digit = if shift >= 2 {
                number >> (shift - 2)
            } else {
                number << (2 - shift)
            };
            let index = usize::try_from(digit & 31).unwrap_or(0);
            char::from(DIGITS.get(index).copied().unwrap_or(b'0'))
        })
        .collect()
}

/// Reads what [`to_text`] wrote; `None` for anything else.
#[must_use]
pub fn from_text(text: &str) -> Option<[u8; 16]> {
    if text.len() != TEXT_CHARS {
        return None;
    }
    let mut number: u128 = 0;
    for (i, byte) in text.bytes().enumerate() {
        let digit = u128::try_from(DIGITS.iter().position(|d| *d == byte)?).ok()?;
        if i + 1 == TEXT_CHARS {
            if digit & 3 != 0 {
                return None;
            }
            number = (number << 3) | (digit >> 2);
        } else {
            number = (number << 5) | digit;
        }
    }
    Some(number.to_be_bytes())
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Reads the text form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                from_text(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_text(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), to_text(&self.0))
            }
        }
    };
}

identity!(
    /// A tenant: one institution.
    TenantId
);
identity!(
    /// A bucket for all time; its name may be reused after it is retired, this never.
    BucketUuid
);
identity!(
    /// A version of an object: time-ordered, unique across regions. Bytes: hybrid time (8, big
    /// endian), region tag (4), process nonce (4).
    VersionId
);
identity!(
    /// A multipart upload.
    UploadId
);
identity!(
    /// A request for what needs two people.
    RequestId
);
identity!(
    /// Identity of a sealed payload: of the version, or of the attempt at a part. Bound into every
    /// sealed frame.
    PayloadId
);

impl VersionId {
    /// The hybrid time inside.
    #[must_use]
    pub fn hybrid_time(&self) -> crate::time::HybridTime {
        let mut eight = [0; 8];
        eight
            .iter_mut()
            .zip(self.0.iter())
            .for_each(|(to, from)| *to = *from);
        crate::time::HybridTime::from_packed(u64::from_be_bytes(eight))
    }
}

impl From<VersionId> for PayloadId {
    fn from(version: VersionId) -> Self {
        Self(version.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_keeps_order() {
        let mut previous = String::new();
        for i in 0..2000_u128 {
            let bytes = (i * 0x0123_4567_89ab_cdef_0123_4567_89ab).to_be_bytes();
            let text = to_text(&bytes);
            assert_eq!(text.len(), 26);
            assert!(previous < text);
            assert_eq!(from_text(&text), Some(bytes));
            previous = text;
        }
        assert_eq!(from_text(&to_text(&[255; 16])), Some([255; 16]));
        assert_eq!(from_text("null"), None);
        assert_eq!(from_text("0000000000000000000000000v"), None);
    }
}
