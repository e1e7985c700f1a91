//! Names that clients give: buckets and keys.

use std::fmt;

/// Longest object key in bytes (AWS S3 user guide, "Naming Amazon S3 objects").
pub const OBJECT_KEY_BYTES_MAX: usize = 1024;

/// A bucket name that keeps the S3 rules for general purpose buckets and stays clear of the names
/// under which the past can be read (`NAME.at-TIME`, `NAME.rp-POINT`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BucketName(String);

impl BucketName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// [`BadBucketName`] names the broken rule.
    pub fn parse(name: &str) -> Result<Self, BadBucketName> {
        let bytes = name.as_bytes();
        let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let allowed =
            |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !(3..=63).contains(&bytes.len()) {
            return Err(BadBucketName::Length);
        }
        if !bytes.iter().all(allowed) || !edge(bytes.first()) || !edge(bytes.last()) {
            return Err(BadBucketName::Characters);
        }
        if name.contains("..") || name.contains(".-") || name.contains("-.") {
            return Err(BadBucketName::Characters);
        }
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(BadBucketName::Address);
        }
        let last_label = name.rsplit('.').next().unwrap_or_default();
        let virtual_name =
            name.contains('.') && (last_label.starts_with("at-") || last_label.starts_with("rp-"));
        let reserved = name.starts_with("xn--")
            || name.starts_with("sthree-")
            || name.ends_with("-s3alias")
            || name.ends_with("--ol-s3");
        if virtual_name || reserved {
            return Err(BadBucketName::Reserved);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rule that a bucket name breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadBucketName {
    /// 3 to 63 characters.
    #[error("a bucket name has 3 to 63 characters")]
    Length,
    /// `a-z`, `0-9`, `-`, `.`; begins and ends with a letter or digit; labels likewise.
    #[error(
        "a bucket name has a-z, 0-9, '-' and '.', and each part begins and ends with a letter or digit"
    )]
    Characters,
    /// Looks like an IPv4 address.
    #[error("a bucket name must not look like an IP address")]
    Address,
    /// Ends in `.at-…` or `.rp-…`, under which the past is read, or is reserved by S3.
    #[error(
        "this bucket name is reserved: names ending in .at-… and .rp-… show the past of a bucket"
    )]
    Reserved,
}

/// A key: 1 to 1,024 bytes of UTF-8, any characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Checks and wraps a key.
    ///
    /// # Errors
    /// [`BadObjectKey`] when it is empty or too long.
    pub fn parse(key: &str) -> Result<Self, BadObjectKey> {
        match key.len() {
            0 => Err(BadObjectKey::Empty),
            1..=OBJECT_KEY_BYTES_MAX => Ok(Self(key.to_owned())),
            _ => Err(BadObjectKey::TooLong),
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rule that a key breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadObjectKey {
    /// No bytes.
    #[error("a key has at least one character")]
    Empty,
    /// More than 1,024 bytes.
    #[error("a key has at most 1,024 bytes of UTF-8")]
    TooLong,
}
