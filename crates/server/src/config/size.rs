//! Sizes as people write them.

use azekura_model::size::parse_size;
use serde::Deserialize;

use super::ConfigError;

/// A number of bytes, or text such as `2GiB`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SizeValue {
    /// Bytes.
    Bytes(u64),
    /// A whole number with or without a unit.
    Text(String),
}

impl SizeValue {
    /// The number of bytes. `key` is named when it is none.
    ///
    /// # Errors
    /// [`ConfigError::Size`].
    pub fn bytes(&self, key: &'static str) -> Result<u64, ConfigError> {
        let text = match self {
            Self::Bytes(bytes) => return Ok(*bytes),
            Self::Text(text) => text,
        };
        parse_size(text).ok_or_else(|| ConfigError::Size {
            key,
            value: text.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigError, SizeValue};

    #[test]
    fn sizes_with_and_without_units() {
        let bytes = |text: &str| SizeValue::Text(text.to_owned()).bytes("space_floor");
        assert_eq!(bytes("4096"), Ok(4_096));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert_eq!(bytes("512 mib"), Ok(512 << 20));
        assert_eq!(bytes("3MB"), Ok(3_000_000));
        assert_eq!(bytes("7B"), Ok(7));
        for wrong in ["", "GiB", "-1", "1.5GiB", "2 giga", "99999999TiB"] {
            assert!(matches!(bytes(wrong), Err(ConfigError::Size { .. })));
        }
    }
}
