//! Byte ranges (RFC 9110 §14), one range only as in S3.

/// A range as asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteRange {
    /// `bytes=first-` or `bytes=first-last` (inclusive).
    From {
        /// First byte.
        first: u64,
        /// Last byte, inclusive; `None` = to the end.
        last: Option<u64>,
    },
    /// `bytes=-length`: the last bytes.
    Suffix {
        /// How many.
        length: u64,
    },
}

/// The range lies outside the content (HTTP 416).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the requested range lies outside the {bytes} bytes of the object")]
pub struct Unsatisfiable {
    /// Length of the content.
    pub bytes: u64,
}

impl ByteRange {
    /// The half-open range of bytes inside content of `bytes` bytes.
    ///
    /// # Errors
    /// [`Unsatisfiable`] when nothing of it lies inside.
    pub fn resolve(self, bytes: u64) -> Result<std::ops::Range<u64>, Unsatisfiable> {
        let range = match self {
            Self::From { first, last } => {
                let until = last.map_or(bytes, |last| last.saturating_add(1).min(bytes));
                first..until
            }
            Self::Suffix { length } => bytes.saturating_sub(length)..bytes,
        };
        if range.is_empty() {
            Err(Unsatisfiable { bytes })
        } else {
            Ok(range)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_as_rfc_9110_says() {
        let from = |first, last| ByteRange::From { first, last };
        assert_eq!(from(0, None).resolve(10), Ok(0..10));
        assert_eq!(from(3, Some(5)).resolve(10), Ok(3..6));
        assert_eq!(from(3, Some(99)).resolve(10), Ok(3..10));
        assert_eq!(from(10, None).resolve(10), Err(Unsatisfiable { bytes: 10 }));
        assert_eq!(
            from(5, Some(4)).resolve(10),
            Err(Unsatisfiable { bytes: 10 })
        );
        assert_eq!(ByteRange::Suffix { length: 4 }.resolve(10), Ok(6..10));
        assert_eq!(ByteRange::Suffix { length: 40 }.resolve(10), Ok(0..10));
        assert!(ByteRange::Suffix { length: 0 }.resolve(10).is_err());
        assert!(from(0, None).resolve(0).is_err());
    }
}
