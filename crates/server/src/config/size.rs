//! Sizes as people write them.

use serde::Deserialize;

use super::ConfigError;

/// Units and their bytes. Powers of 1024 carry an `i`, powers of 1000 do not.
const UNITS: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

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
        parse(text).ok_or_else(|| ConfigError::Size {
            key,
            value: text.clone(),
        })
    }
}

fn parse(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS
        .iter()
        .find_map(|(name, bytes)| Some((lower.strip_suffix(name)?, *bytes)));
    let (number, bytes) = unit.unwrap_or((lower.as_str(), 1));
    number.trim_end().parse::<u64>().ok()?.checked_mul(bytes)
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
