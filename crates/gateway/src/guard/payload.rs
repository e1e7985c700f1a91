//! What `x-amz-content-sha256` says of the body, and whether that may be said here.

use super::credentials::Claimed;
use super::refusal::Refusal;
use super::request::View;

/// How the body is covered by the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Its SHA-256 is signed.
    Hashed,
    /// Not at all.
    Unsigned,
    /// In chunks, each signed, or followed by a signed trailer.
    SignedChunks,
    /// In chunks that are not signed, followed by a trailer. The request itself is signed.
    UnsignedChunks,
}

const TRAILERS: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// Reads and checks `x-amz-content-sha256` and the headers that go with it.
pub(crate) fn check(view: &View<'_>, claimed: Option<&Claimed>) -> Result<Payload, Refusal> {
    let value = view.header("x-amz-content-sha256");
    let presigned = claimed.is_some_and(|claimed| claimed.presigned);
    let (payload, trailer) = match value {
        None if presigned || claimed.is_none() => (Payload::Unsigned, false),
        // Nothing would verify it, and no signature would cover it.
        Some(other) if claimed.is_none() && other != "UNSIGNED-PAYLOAD" => {
            return Err(Refusal::access_denied(
                "anonymous access is not allowed with a signed payload: sign the request, or leave \
                 x-amz-content-sha256 out",
            ));
        }
        None => {
            return Err(Refusal::invalid_request(
                "Missing required header for this request: x-amz-content-sha256",
            ));
        }
        Some("UNSIGNED-PAYLOAD") => (Payload::Unsigned, false),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") => (Payload::SignedChunks, false),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") => (Payload::SignedChunks, true),
        Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => (Payload::UnsignedChunks, true),
        Some(hash) if is_sha256(hash) => (Payload::Hashed, false),
        Some(_) => {
            return Err(Refusal::invalid_argument(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING mode of \
                 AWS4-HMAC-SHA256, or a SHA-256 in 64 hexadecimal digits",
            ));
        }
    };
    let streaming = matches!(payload, Payload::SignedChunks | Payload::UnsignedChunks);
    if streaming {
        check_streaming(view, presigned)?;
    } else {
        refuse_stray_framing(view, payload)?;
    }
    check_trailer(view, trailer)?;
    Ok(payload)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A chunked body needs a signature in the header over the request, and content to carry.
fn check_streaming(view: &View<'_>, presigned: bool) -> Result<(), Refusal> {
    if presigned {
        return Err(Refusal::invalid_request(
            "a presigned URL cannot carry a streaming payload",
        ));
    }
    if !view.carries_content() {
        return Err(Refusal::invalid_request(
            "only the content of an object or part can be sent as a streaming payload",
        ));
    }
    let decoded = view.header("x-amz-decoded-content-length");
    let number = decoded.is_some_and(|text| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_ok()
    });
    match (decoded, number) {
        (None, _) => Err(Refusal::length_required()),
        (Some(_), false) => Err(Refusal::invalid_argument(
            "x-amz-decoded-content-length is not a number of bytes",
        )),
        (Some(_), true) => Ok(()),
    }
}

/// Chunk framing that nobody would decode must not be stored as content. Content whose own SHA-256 is
/// signed, and of which no decoded length is given, is not framed: `aws-chunked` is dropped, as by S3.
fn refuse_stray_framing(view: &View<'_>, payload: Payload) -> Result<(), Refusal> {
    let decoded = view.header_present("x-amz-decoded-content-length");
    if payload == Payload::Hashed && !decoded {
        return Ok(());
    }
    let chunked = view.header("content-encoding").is_some_and(|value| {
        value
            .split(',')
            .any(|coding| coding.trim().eq_ignore_ascii_case("aws-chunked"))
    });
    if chunked || decoded {
        return Err(Refusal::invalid_request(
            "aws-chunked needs a STREAMING value of x-amz-content-sha256",
        ));
    }
    Ok(())
}

/// A trailer is announced exactly where one is sent, and is a checksum.
fn check_trailer(view: &View<'_>, expected: bool) -> Result<(), Refusal> {
    match (view.header("x-amz-trailer"), expected) {
        (None, false) => Ok(()),
        (None, true) => Err(Refusal::invalid_request(
            "this streaming payload needs the header x-amz-trailer",
        )),
        (Some(_), false) => Err(Refusal::invalid_request(
            "x-amz-trailer needs a streaming payload with a trailer",
        )),
        (Some(name), true) if TRAILERS.iter().any(|t| t.eq_ignore_ascii_case(name)) => Ok(()),
        (Some(name), true) => Err(Refusal::invalid_request(format!(
            "the value of x-amz-trailer must be one checksum header, not '{name}'"
        ))),
    }
}
