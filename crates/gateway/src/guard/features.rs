//! A closed world of `x-amz-*` headers: what this release would ignore, it refuses by name. A lock,
//! a key or a grant that silently does nothing is worse than an error.

use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use super::refusal::Refusal;

/// Headers that are read, or that ask for nothing.
const KNOWN: &[&str] = &[
    // Where they are read: see `acl`.
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-bucket-object-lock-token",
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
    "x-amz-confirm-remove-self-bucket-access",
    "x-amz-date",
    "x-amz-decoded-content-length",
    // Judged with the bucket (`auth::gate`).
    "x-amz-expected-bucket-owner",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-max-parts",
    "x-amz-metadata-directive",
    "x-amz-mp-object-size",
    "x-amz-object-attributes",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-optional-object-attributes",
    "x-amz-part-number-marker",
    "x-amz-request-payer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-source-expected-bucket-owner",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-trailer",
    "x-amz-user-agent",
    "x-amz-website-redirect-location",
];

/// Headers of which some values ask for nothing beyond what is done anyway.
const KNOWN_VALUES: &[(&str, &[&str], Otherwise)] = &[
    (
        "x-amz-bucket-object-lock-enabled",
        &["true", "True", "false", "False"],
        not_boolean,
    ),
    (
        "x-amz-object-ownership",
        &[
            "BucketOwnerEnforced",
            "BucketOwnerPreferred",
            "ObjectWriter",
        ],
        not_built,
    ),
    ("x-amz-server-side-encryption", &["AES256"], encryption),
    (
        "x-amz-server-side-encryption-bucket-key-enabled",
        &["false"],
        not_built,
    ),
    ("x-amz-storage-class", &["STANDARD"], storage_class),
    // Of transitions, and there are none.
    (
        "x-amz-transition-default-minimum-object-size",
        &["all_storage_classes_128K"],
        not_built,
    ),
];

/// The refusal of a header's value, by its name and that value.
type Otherwise = fn(&str, &str) -> Refusal;

/// Refuses to be asked for encryption where nothing is stored (S3 API reference, GetObject and
/// HeadObject: such a request gets 400).
pub(crate) fn check_read(parts: &Parts) -> Result<(), Refusal> {
    let reads = parts.method == Method::GET || parts.method == Method::HEAD;
    if reads && parts.headers.contains_key("x-amz-server-side-encryption") {
        return Err(Refusal::invalid_argument(
            "x-amz-server-side-encryption is not applicable to a request that stores nothing",
        ));
    }
    Ok(())
}

/// Refuses the first header that is not known.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    for (name, value) in headers {
        let name = name.as_str();
        if !name.starts_with("x-amz-") || name.starts_with("x-amz-meta-") || KNOWN.contains(&name) {
            continue;
        }
        let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
        match KNOWN_VALUES.iter().find(|(known, _, _)| *known == name) {
            Some((_, values, _)) if values.contains(&text) => {}
            Some((_, _, otherwise)) => return Err(otherwise(name, text)),
            None => return Err(unknown(name)),
        }
    }
    Ok(())
}

fn unknown(name: &str) -> Refusal {
    let encryption = "x-amz-server-side-encryption-";
    if name.contains("server-side-encryption-customer-") {
        return Refusal::not_implemented(format!(
            "{name}: keys of customers (SSE-C) are not built; every object is sealed with AES-256 \
             without them"
        ));
    }
    if name.starts_with(encryption) {
        return Refusal::not_implemented(format!(
            "{name}: a key management service (SSE-KMS) is not built; every object is sealed with \
             AES-256 without it"
        ));
    }
    Refusal::not_implemented(format!("{name} is not built yet"))
}

fn not_built(name: &str, value: &str) -> Refusal {
    Refusal::not_implemented(format!("{name}: {value} is not built yet"))
}

fn not_boolean(name: &str, value: &str) -> Refusal {
    Refusal::invalid_argument(format!("{name} is true or false, not '{value}'"))
}

fn encryption(name: &str, value: &str) -> Refusal {
    if value.starts_with("aws:kms") {
        return Refusal::not_implemented(format!(
            "{name}: {value} is not built; every object is sealed with AES-256 (AES256)"
        ));
    }
    Refusal::invalid_argument("The encryption method specified is not supported")
}

fn storage_class(_: &str, value: &str) -> Refusal {
    let code = "InvalidStorageClass";
    let message =
        format!("The storage class you specified is not valid: {value}; there is STANDARD");
    Refusal::new(code, StatusCode::BAD_REQUEST, message)
}
