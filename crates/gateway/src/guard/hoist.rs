//! Headers that a presigned URL carries in its query. Some SDKs move `x-amz-*` headers there when
//! they presign; the signature covers them there, and they mean what they mean as headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::credentials::QUERY_FIELDS;
use super::refusal::Refusal;
use super::request::View;

/// Checksums of empty content in base64. Whoever presigns holds no content yet, so that the AWS SDK
/// for JavaScript (since 3.729.0) puts the CRC32 of nothing into every presigned `PutObject`. Such a
/// value says nothing of what will be sent. AWS reads no checksum at all from a presigned query
/// (S3 User Guide, "Uploading objects with presigned URLs"); here any other value is held to.
const CHECKSUMS_OF_NOTHING: [(&str, &str); 5] = [
    ("x-amz-checksum-crc32", "AAAAAA=="),
    ("x-amz-checksum-crc32c", "AAAAAA=="),
    ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
    ("x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
    (
        "x-amz-checksum-sha256",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ),
];

/// The headers that stand in the query of a presigned URL.
pub(crate) fn hoisted(view: &View<'_>, presigned: bool) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in &view.query {
        let lower = name.to_ascii_lowercase();
        if !lower.starts_with("x-amz-") || QUERY_FIELDS.contains(&name.as_str()) {
            continue;
        }
        if !presigned {
            return Err(Refusal::invalid_argument(format!(
                "{name} stands in the query of a request that is not presigned"
            )));
        }
        if CHECKSUMS_OF_NOTHING.contains(&(lower.as_str(), value.as_str())) {
            continue;
        }
        let (Ok(key), Ok(value)) = (
            HeaderName::from_bytes(lower.as_bytes()),
            HeaderValue::from_str(value),
        ) else {
            return Err(Refusal::invalid_argument(format!(
                "the query parameter {name} cannot stand as a header"
            )));
        };
        if view.header_present(&lower) || headers.insert(key, value).is_some() {
            return Err(Refusal::invalid_argument(format!(
                "{name} is given more than once"
            )));
        }
    }
    Ok(headers)
}
