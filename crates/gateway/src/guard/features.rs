//! A closed world of `x-amz-*` headers: what this release would ignore, it refuses by name. A lock,
//! a key or a grant that silently does nothing is worse than an error.

use http::HeaderMap;

use super::refusal::Refusal;

/// Headers that are read, or that ask for nothing.
const KNOWN: [&str; 27] = [
    "x-amz-bypass-governance-retention",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-mode",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-copy-source-range",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-metadata-directive",
    "x-amz-mp-object-size",
    "x-amz-optional-object-attributes",
    "x-amz-request-payer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// Headers of which some values ask for nothing beyond what is done anyway.
const KNOWN_VALUES: [(&str, &[&str]); 5] = [
    ("x-amz-acl", &["private", "bucket-owner-full-control"]),
    ("x-amz-bucket-object-lock-enabled", &["false"]),
    (
        "x-amz-object-ownership",
        &[
            "BucketOwnerEnforced",
            "BucketOwnerPreferred",
            "ObjectWriter",
        ],
    ),
    ("x-amz-server-side-encryption", &["AES256"]),
    ("x-amz-storage-class", &["STANDARD"]),
];

/// Refuses the first header that is not known.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    for (name, value) in headers {
        let name = name.as_str();
        if !name.starts_with("x-amz-") || name.starts_with("x-amz-meta-") || KNOWN.contains(&name) {
            continue;
        }
        match KNOWN_VALUES.iter().find(|(known, _)| *known == name) {
            Some((_, values)) if values.iter().any(|v| v.as_bytes() == value.as_bytes()) => {}
            Some((_, values)) => {
                let values = values.join(", ");
                return Err(Refusal::not_implemented(format!(
                    "{name} is built for these values only: {values}"
                )));
            }
            None => return Err(Refusal::not_implemented(format!("{name} is not built yet"))),
        }
    }
    Ok(())
}
