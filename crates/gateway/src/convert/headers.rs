//! The headers of GET and HEAD.

use azekura_model::bucket::Versioning;
use azekura_model::checksum::Checksum;
use azekura_store::object::ObjectInfo;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use s3s::dto::{self, Timestamp, TimestampFormat};

use super::{attributes, checksums, encoding, names, times};

/// Content-Type of an object that was given none.
const DEFAULT_TYPE: &str = "binary/octet-stream";

/// Sets a header; a value that cannot stand in a header is left out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// An HTTP date.
pub(crate) fn http_date(timestamp: &Timestamp) -> String {
    let mut text = Vec::new();
    match timestamp.format(TimestampFormat::HttpDate, &mut text) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// What identifies a version: ETag, Last-Modified, version id.
pub(crate) fn validators(info: &ObjectInfo, versioning: Versioning) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::ETAG, &format!("\"{}\"", info.etag));
    let modified = http_date(&times::timestamp(info.modified));
    set(&mut headers, header::LAST_MODIFIED, &modified);
    if let Some(version) = names::shown_version(versioning, info.version, info.null) {
        let name = HeaderName::from_static("x-amz-version-id");
        set(&mut headers, name, &version);
    }
    headers
}

/// All that GET and HEAD say of a version, but its length. The checksum is that of what follows: of
/// the whole or of one part.
pub(crate) fn of_object(
    info: &ObjectInfo,
    versioning: Versioning,
    checksum: Option<&Checksum>,
) -> HeaderMap {
    let mut headers = validators(info, versioning);
    set(&mut headers, header::ACCEPT_RANGES, "bytes");
    set(&mut headers, header::CONTENT_TYPE, DEFAULT_TYPE);
    for (name, value) in &info.attributes.headers {
        let name = match name.as_str() {
            attributes::REDIRECT => attributes::REDIRECT_HEADER,
            name => name,
        };
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            set(&mut headers, name, value);
        }
    }
    for (name, value) in &info.attributes.metadata {
        let name = format!("x-amz-meta-{name}");
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            set(&mut headers, name, &encoding::header_text(value));
        }
    }
    let tags = info.attributes.tags.len();
    if tags > 0 {
        let name = HeaderName::from_static("x-amz-tagging-count");
        headers.insert(name, HeaderValue::from(tags));
    }
    // Everything is sealed with AES-256-GCM; this is the name that S3 has for it.
    headers.insert(
        HeaderName::from_static("x-amz-server-side-encryption"),
        HeaderValue::from_static(dto::ServerSideEncryption::AES256),
    );
    if let Some(checksum) = checksum {
        let name = HeaderName::from_static(checksums::header_name(checksum.algorithm));
        set(&mut headers, name, &checksums::text(checksum));
        let name = HeaderName::from_static("x-amz-checksum-type");
        let kind = info.checksums.first().map_or(checksum.kind, |c| c.kind);
        set(&mut headers, name, checksums::kind_name(kind));
    }
    headers
}

/// Says which part of the content follows. The service makes the status 206 of it.
pub(crate) fn of_range(headers: &mut HeaderMap, range: &std::ops::Range<u64>, bytes: u64) {
    let last = range.end.saturating_sub(1);
    let text = format!("bytes {}-{last}/{bytes}", range.start);
    set(headers, header::CONTENT_RANGE, &text);
}
