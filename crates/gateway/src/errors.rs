//! From what the store says to what S3 says. [`table`] names every error that can be answered;
//! here stands which cause leads to which of them.

pub(crate) mod document;
mod row;
mod table;

use azekura_model::condition::ConditionFailed;
use azekura_model::lock::LockRefused;
use azekura_store::body::BodyError;
use azekura_store::error::StoreError;
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::auth::Credential;
use crate::faults::Fault;
use crate::guard::Refusal;
use crate::throttle::RetryAfter;

/// S3 code and HTTP status of an error of the store.
fn row(error: &StoreError) -> (&'static str, u16) {
    match error {
        StoreError::NoSuchBucket => ("NoSuchBucket", 404),
        StoreError::BucketAlreadyOwnedByYou => ("BucketAlreadyOwnedByYou", 409),
        StoreError::NoSuchIdentity => ("InternalError", 500),
        StoreError::BucketAlreadyExists => ("BucketAlreadyExists", 409),
        StoreError::BucketNotEmpty => ("BucketNotEmpty", 409),
        StoreError::NoSuchKey { .. } => ("NoSuchKey", 404),
        StoreError::NoSuchVersion => ("NoSuchVersion", 404),
        StoreError::IsDeleteMarker { .. } => ("MethodNotAllowed", 405),
        StoreError::NoSuchUpload => ("NoSuchUpload", 404),
        StoreError::InvalidPart { .. } => ("InvalidPart", 400),
        StoreError::InvalidPartNumber { .. } => ("InvalidPartNumber", 416),
        StoreError::InvalidPartOrder => ("InvalidPartOrder", 400),
        StoreError::PartTooSmall { .. } => ("EntityTooSmall", 400),
        StoreError::TooLarge { .. } => ("EntityTooLarge", 400),
        StoreError::BadDigest | StoreError::BadChecksum { .. } => ("BadDigest", 400),
        StoreError::MalformedTrailer => ("MalformedTrailerError", 400),
        StoreError::Body(body) => body_row(body),
        StoreError::Range(_) => ("InvalidRange", 416),
        StoreError::Condition(ConditionFailed::NotModified) => ("NotModified", 304),
        StoreError::Condition(ConditionFailed::PreconditionFailed) => ("PreconditionFailed", 412),
        StoreError::Condition(ConditionFailed::NoSuchKey) => ("NoSuchKey", 404),
        StoreError::Conflict => ("ConditionalRequestConflict", 409),
        StoreError::InvalidArgument(_) => ("InvalidArgument", 400),
        StoreError::Busy => ("SlowDown", 503),
        StoreError::InvalidRequest(_) => ("InvalidRequest", 400),
        StoreError::NoSpace(_) => ("InsufficientStorage", 507),
        StoreError::Stopped(_) => ("ServiceUnavailable", 503),
        StoreError::NotPlaced(_) | StoreError::OverLimit(_) | StoreError::ApprovalNeeded(_) => {
            ("AccessDenied", 403)
        }
        StoreError::OverQuota(_) => ("QuotaExceeded", 403),
        StoreError::Locked(refused) => lock_row(refused),
        StoreError::BucketWithoutLock => ("InvalidRequest", 400),
        StoreError::InvalidBucketState(_) => ("InvalidBucketState", 409),
        StoreError::ClockLead(_) | StoreError::TenantLocked => ("ServiceUnavailable", 503),
        // Bytes that are not what was written are never served, and never called missing.
        _ => ("InternalError", 500),
    }
}

/// What a lock refuses: a date that cannot be is a wrong argument, all else is denied.
fn lock_row(refused: &LockRefused) -> (&'static str, u16) {
    match refused {
        LockRefused::NotInFuture { .. } | LockRefused::TooFar { .. } => ("InvalidArgument", 400),
        LockRefused::NothingToExtend => ("InvalidRequest", 400),
        _ => ("AccessDenied", 403),
    }
}

/// The words of AWS for what a lock refuses. Until when and by which rule is not told: that takes
/// the right to read the retention. `azekura explain` tells it.
fn lock_words(refused: &LockRefused) -> String {
    match refused {
        LockRefused::NotInFuture { .. } => "The retain until date must be in the future!",
        LockRefused::TooFar { .. } => "The retain until date is after the year 9999.",
        LockRefused::NothingToExtend => "There is no retention that could be extended.",
        _ => "Access Denied because object protected by object lock.",
    }
    .to_owned()
}

fn body_row(error: &BodyError) -> (&'static str, u16) {
    match error {
        BodyError::Incomplete => ("IncompleteBody", 400),
        BodyError::BadSignature => ("SignatureDoesNotMatch", 403),
        BodyError::BadSha256 => ("XAmzContentSHA256Mismatch", 400),
        BodyError::Malformed(_) => ("InvalidChunkSizeError", 400),
        BodyError::Busy => ("SlowDown", 503),
        BodyError::Source(_) => ("InternalError", 500),
    }
}

/// An answer of the given code and status.
pub(crate) fn answer(code: &'static str, status: u16, message: String) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, message);
    if let Ok(status) = StatusCode::from_u16(status) {
        error.set_status_code(status);
    }
    error
}

/// The status that goes with a code.
pub(crate) fn status_of(code: &str) -> u16 {
    table::row_of(code).map_or(400, |row| row.status)
}

/// An error of the store as S3 tells it. What went wrong inside is logged; whoever asked gets the
/// words of [`StoreError`].
pub(crate) fn from_store(error: StoreError) -> S3Error {
    let (code, status) = row(&error);
    // Clock skew has an alarm of its own, which does not come with every request.
    let said = matches!(
        error,
        StoreError::Busy | StoreError::ClockLead(_) | StoreError::TenantLocked
    );
    if status >= 500 && !said {
        tracing::error!(%error, code, "the store failed");
    }
    let message = words(&error, code);
    let mut answer = answer(code, status, message);
    let headers = headers_of(&error);
    if !headers.is_empty() {
        answer.set_headers(headers);
    }
    answer
}

/// The words of an answer: what the store says where it says more than the code, else those that
/// clients know.
fn words(error: &StoreError, code: &str) -> String {
    let own = match error {
        StoreError::InvalidPart { .. }
        | StoreError::PartTooSmall { .. }
        | StoreError::TooLarge { .. }
        | StoreError::BadChecksum { .. }
        | StoreError::Body(BodyError::Malformed(_))
        | StoreError::InvalidArgument(_)
        | StoreError::InvalidRequest(_)
        | StoreError::ApprovalNeeded(_)
        | StoreError::NoSpace(_)
        | StoreError::Damaged(_)
        | StoreError::Erased(_)
        | StoreError::OverLimit(_)
        | StoreError::OverQuota(_)
        | StoreError::InvalidBucketState(_)
        | StoreError::BucketWithoutLock
        | StoreError::ClockLead(_)
        | StoreError::TenantLocked
        | StoreError::NotPlaced(_) => return error.to_string(),
        StoreError::Locked(refused) => return lock_words(refused),
        other => other,
    };
    table::row_of(code).map_or_else(|| own.to_string(), |row| row.message.to_owned())
}

/// Headers that go with an error.
fn headers_of(error: &StoreError) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let (marker, null) = match error {
        StoreError::NoSuchKey { marker, null } => (*marker, *null),
        StoreError::IsDeleteMarker { version } => {
            headers.insert("allow", HeaderValue::from_static("DELETE"));
            (Some(*version), false)
        }
        _ => (None, false),
    };
    if let Some(version) = marker {
        headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
        let version = if null {
            "null".to_owned()
        } else {
            version.to_string()
        };
        if let Ok(version) = HeaderValue::from_str(&version) {
            headers.insert("x-amz-version-id", version);
        }
    }
    if let StoreError::Range(unsatisfiable) = error
        && let Ok(value) = HeaderValue::from_str(&format!("bytes */{}", unsatisfiable.bytes))
    {
        headers.insert("content-range", value);
    }
    headers
}

/// A fault of a body as S3 tells it.
pub(crate) fn from_fault(fault: &Fault) -> S3Error {
    let (code, status) = match fault {
        Fault::Refused(refusal) => return from_refusal(refusal.clone()),
        Fault::Body(body) => body_row(body),
        Fault::BadDigest | Fault::BadChecksum(_) => ("BadDigest", 400),
    };
    answer(code, status, fault.to_string())
}

/// `SlowDown`: an access key asks for more than its limits allow.
pub(crate) fn slow_down(after: RetryAfter) -> S3Error {
    let mut error = answer(
        "SlowDown",
        503,
        "Please reduce your request rate: this access key has reached its limit".to_owned(),
    );
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", HeaderValue::from(after.seconds));
    error.set_headers(headers);
    error
}

/// A refusal of the guard as S3 tells it.
pub(crate) fn from_refusal(refusal: Refusal) -> S3Error {
    answer(refusal.code, refusal.status.as_u16(), refusal.message)
}

/// What a key is worth, or `InvalidAccessKeyId`.
pub(crate) fn known_key(credential: Option<Credential>) -> S3Result<Credential> {
    credential.ok_or_else(|| {
        S3Error::with_message(
            S3ErrorCode::InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records.",
        )
    })
}

/// `InvalidArgument`.
pub(crate) fn invalid_argument(message: &str) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidArgument, message.to_owned())
}

/// `InvalidRequest`.
pub(crate) fn invalid_request(message: &str) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidRequest, message.to_owned())
}

/// A version without retention or without hold was asked for it (decision 0150).
pub(crate) fn no_lock_of_object() -> S3Error {
    answer(
        "NoSuchObjectLockConfiguration",
        404,
        "The specified object does not have a ObjectLock configuration".to_owned(),
    )
}

/// `NotImplemented`, by name.
pub(crate) fn not_built(what: &str) -> S3Error {
    let message = format!("{what} is not built yet");
    S3Error::with_message(S3ErrorCode::NotImplemented, message)
}

#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
