//! What is born locked must be what was sent: nobody could replace it.

use azekura_model::bucket_config::Configured;
use azekura_model::lock::{LockAsked, ObjectLock};
use azekura_store::body::Claims;
use s3s::S3Result;

use super::Context;
use crate::errors;

/// Content that is under a lock from the start, by headers or by the bucket's default, comes with a
/// checksum that the client made: `Content-MD5`, `x-amz-checksum-*` or a trailer (S3 API reference,
/// PutObject and UploadPart). The SHA-256 of the signature does not count, as with AWS.
///
/// # Errors
/// `InvalidRequest`.
pub(super) fn require(
    cx: &Context,
    bucket: &str,
    asked: &LockAsked,
    claims: &Claims,
    what: &str,
) -> S3Result<()> {
    if claims.md5.is_some() || !claims.checksums.is_empty() || claims.trailer.is_some() {
        return Ok(());
    }
    let by_default = || -> S3Result<bool> {
        let lock: Configured<ObjectLock> = cx.setting(bucket)?;
        Ok(lock.set().is_some_and(|lock| lock.default.is_some()))
    };
    if asked.is_empty() && !by_default()? {
        return Ok(());
    }
    Err(errors::invalid_request(&format!(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for {what} requests with Object \
         Lock parameters"
    )))
}
