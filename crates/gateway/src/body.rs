//! Content between `s3s` and the store.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use azekura_model::checksum::ChecksumAlgorithm;
use azekura_store::body::{Body, BodyError, Claims, ReadTrailer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::Stream;
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, StdError};

use crate::convert::checksums;
use crate::errors;
use crate::faults::{Fault, Faults};
use crate::form::Unmeasured;

/// A request body, held to its declared length.
struct Incoming {
    inner: StreamingBlob,
    /// Bytes that must still come; `None` where the length shows only at the end.
    left: Option<u64>,
    faults: Faults,
    ended: bool,
}

impl Incoming {
    fn read(&mut self, item: Option<Result<Bytes, StdError>>) -> Option<Result<Bytes, BodyError>> {
        let bytes = match item {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => return Some(Err(self.judge(&error))),
            None if self.left.unwrap_or_default() == 0 => return None,
            None => return Some(Err(BodyError::Incomplete)),
        };
        let Some(left) = self.left else {
            return Some(Ok(bytes));
        };
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match left.checked_sub(length) {
            Some(left) => {
                self.left = Some(left);
                Some(Ok(bytes))
            }
            None => Some(Err(BodyError::Malformed(
                "more content than was declared".to_owned(),
            ))),
        }
    }

    /// What a failed stream means. `s3s` names its reasons in text only; the tests of this crate
    /// hold that text.
    fn judge(&self, error: &StdError) -> BodyError {
        if let Some(Fault::Body(fault)) = self.faults.first() {
            return fault;
        }
        let text = error.to_string();
        let has = |what: &str| text.contains(what);
        if has("SignatureMismatch") {
            BodyError::BadSignature
        } else if has("Sha256Mismatch") {
            BodyError::BadSha256
        } else if has("FormatError") || has("TooLarge") || has("TooMany") || has("LengthMismatch") {
            BodyError::Malformed(text)
        } else {
            BodyError::Incomplete
        }
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = ready!(Pin::new(&mut self.inner).poll_next(cx));
        let read = self.read(item);
        self.ended = !matches!(read, Some(Ok(_)));
        Poll::Ready(read)
    }
}

/// The content of a request, and what is claimed of it.
///
/// # Errors
/// `MissingContentLength`, or a malformed digest or checksum.
pub(crate) fn incoming<T>(
    request: &S3Request<T>,
    blob: Option<StreamingBlob>,
    length: Option<i64>,
) -> S3Result<(Body, Claims)> {
    let length = length
        .and_then(|bytes| u64::try_from(bytes).ok())
        .or_else(|| decoded_length(request));
    let measured = request.extensions.get::<Unmeasured>().is_none();
    if measured && length.is_none() {
        return Err(S3Error::new(S3ErrorCode::MissingContentLength));
    }
    let headers = &request.headers;
    let value = |name: &str| {
        let value = headers.get(name)?;
        std::str::from_utf8(value.as_bytes()).ok()
    };
    let md5 = value("content-md5").map(read_md5).transpose()?;
    let checksums = checksums::claimed(headers).map_err(|bad| errors::from_refusal(bad.into()))?;
    let trailer = trailer(request, value("x-amz-trailer"))?;
    if trailer.is_some() && !checksums.is_empty() {
        let message = "Expecting a single x-amz-checksum- header or trailer";
        return Err(errors::invalid_request(message));
    }
    let named = value("x-amz-sdk-checksum-algorithm").or(value("x-amz-checksum-algorithm"));
    let compute = named.map(read_algorithm).transpose()?;
    let faults = request.extensions.get::<Faults>().cloned();
    let body = Incoming {
        inner: blob.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty())),
        left: length,
        faults: faults.unwrap_or_default(),
        ended: false,
    };
    let claims = Claims {
        bytes: length,
        md5,
        checksums,
        trailer,
        compute,
    };
    Ok((Box::pin(body), claims))
}

/// Length of content that comes in chunks of both kinds, `Transfer-Encoding: chunked` around
/// `aws-chunked`: such a request has no `Content-Length` (S3 API reference, "Signature calculations:
/// transferring payload in multiple chunks"). The guard saw to it that the header stands only where
/// `aws-chunked` is decoded.
fn decoded_length<T>(request: &S3Request<T>) -> Option<u64> {
    let value = request.headers.get("x-amz-decoded-content-length")?;
    value.to_str().ok()?.parse().ok()
}

fn read_md5(text: &str) -> S3Result<[u8; 16]> {
    let value = STANDARD.decode(text).ok();
    value.and_then(|v| v.try_into().ok()).ok_or_else(|| {
        let message = "The Content-MD5 you specified was invalid.";
        S3Error::with_message(S3ErrorCode::InvalidDigest, message)
    })
}

/// The algorithm of a header, or an error that names what is known.
pub(crate) fn read_algorithm(name: &str) -> S3Result<ChecksumAlgorithm> {
    checksums::algorithm(name).ok_or_else(|| {
        errors::invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid \
             types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        )
    })
}

fn trailer<T>(
    request: &S3Request<T>,
    name: Option<&str>,
) -> S3Result<Option<(ChecksumAlgorithm, ReadTrailer)>> {
    let Some(name) = name else {
        return Ok(None);
    };
    let algorithm = checksums::of_header(name)
        .ok_or_else(|| errors::invalid_request("the value of x-amz-trailer is not a checksum"))?;
    let trailing = request.trailing_headers.clone();
    let read: ReadTrailer = Box::new(move || {
        let read = |headers: &http::HeaderMap| {
            let value = headers.get(checksums::header_name(algorithm))?;
            let text = value.to_str().ok()?;
            checksums::parse(algorithm, text).filter(|checksum| checksum.parts.is_none())
        };
        trailing?.read(read).flatten()
    });
    Ok(Some((algorithm, read)))
}

/// Content for an answer, of known length.
struct Outgoing {
    inner: Body,
    left: u64,
}

impl Stream for Outgoing {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.inner.as_mut().poll_next(cx));
        Poll::Ready(item.map(|item| match item {
            Ok(bytes) => {
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.left = self.left.saturating_sub(length);
                Ok(bytes)
            }
            Err(error) => {
                tracing::error!(%error, "an answer broke off");
                Err(StdError::from(error))
            }
        }))
    }
}

impl ByteStream for Outgoing {
    fn remaining_length(&self) -> RemainingLength {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        RemainingLength::new_exact(left)
    }
}

/// Content of the store as the body of an answer of `bytes` bytes.
pub(crate) fn outgoing(body: Body, bytes: u64) -> StreamingBlob {
    StreamingBlob::new(Outgoing {
        inner: body,
        left: bytes,
    })
}
