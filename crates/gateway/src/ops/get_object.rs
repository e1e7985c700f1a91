use azekura_model::access::Action;
use azekura_model::checksum::Checksum;
use azekura_model::condition::{ConditionFailed, Conditions};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_store::error::StoreError;
use azekura_store::object::{GetRequest, ObjectInfo, Which};
use http::{HeaderMap, HeaderName};
use s3s::dto::{ChecksumMode, GetObjectInput, GetObjectOutput};
use s3s::{S3Error, S3Request, S3Response, S3Result};

use super::expiration::{self, Current};
use super::{Answer, Context, signed};
use crate::auth::Caller;
use crate::body;
use crate::convert::{conditions, headers, locks, names, times};
use crate::errors;

pub(crate) async fn get_object(
    cx: &Context,
    request: S3Request<GetObjectInput>,
) -> Answer<GetObjectOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let asked = GetRequest {
        key: names::key(&input.key)?,
        which: names::which(input.version_id.as_deref())?,
        conditions: Conditions {
            if_match: conditions::etag(input.if_match),
            if_none_match: conditions::etag(input.if_none_match),
            if_modified_since: input.if_modified_since.map(times::wall),
            if_unmodified_since: input.if_unmodified_since.map(times::wall),
        },
        range: input.range.map(conditions::range),
        part: part_number(input.part_number)?,
    };
    if asked.range.is_some() && asked.part.is_some() {
        return Err(errors::invalid_request(
            "Cannot specify both Range header and partNumber query parameter",
        ));
    }
    let (ranged, part) = (asked.range.is_some(), asked.part);
    let (key, which) = (asked.key.clone(), asked.which);
    let conditions = asked.conditions.clone();
    let got = match cx.store.get(caller.authorized(), &bucket, asked).await {
        Ok(got) => got,
        Err(StoreError::Condition(ConditionFailed::NotModified)) => {
            return Err(not_modified(cx, &caller, &bucket, (&key, which), &conditions).await);
        }
        Err(error) => return Err(caller.error(error)),
    };
    let versioning = cx.versioning(&bucket)?;
    let checksum = wants_checksums(input.checksum_mode.as_ref())
        .then(|| shown_checksum(&got.info, ranged, part))
        .flatten();
    let mut answer = headers::of_object(&got.info, versioning, checksum);
    show_lock(&mut answer, &got.info, &caller);
    show_expiry(cx, &mut answer, &bucket, (which, &got.info));
    let overrides = [
        ("cache-control", input.response_cache_control),
        ("content-disposition", input.response_content_disposition),
        ("content-encoding", input.response_content_encoding),
        ("content-language", input.response_content_language),
        ("content-type", input.response_content_type),
        (
            "expires",
            input.response_expires.as_ref().map(headers::http_date),
        ),
    ];
    for (name, value) in overrides {
        if let Some(value) = value {
            headers::set(&mut answer, HeaderName::from_static(name), &value);
        }
    }
    let bytes = got.range.end.saturating_sub(got.range.start);
    let mut output = GetObjectOutput {
        body: Some(body::outgoing(got.body, bytes)),
        content_length: Some(signed(bytes)),
        ..GetObjectOutput::default()
    };
    if input.part_number.is_some() && !got.info.parts.is_empty() {
        output.parts_count = i32::try_from(got.info.parts.len()).ok();
    }
    let mut response = S3Response::with_headers(output, answer);
    if (ranged || part.is_some()) && bytes > 0 {
        headers::of_range(&mut response.headers, &got.range, got.info.bytes);
    }
    Ok(response)
}

/// Adds the lock of a version, as far as the caller may know of it. Without the rights the object is
/// shown all the same, without these headers (S3 API reference, GetObject).
pub(crate) fn show_lock(answer: &mut HeaderMap, info: &ObjectInfo, caller: &Caller) {
    if let Some(lock) = &info.lock {
        let retention = caller.may(Action::GetObjectRetention).is_ok();
        let hold = caller.may(Action::GetObjectLegalHold).is_ok();
        locks::show(answer, lock, retention, hold);
        if retention && !lock.classes.is_empty() {
            let classes: Vec<&str> = lock.classes.iter().map(|class| class.as_str()).collect();
            let name = HeaderName::from_static("x-azekura-retention-class");
            headers::set(answer, name, &classes.join(","));
        }
    }
}

/// Adds when a lifecycle rule hides the current version.
pub(crate) fn show_expiry(
    cx: &Context,
    answer: &mut HeaderMap,
    bucket: &BucketName,
    (which, info): (Which, &ObjectInfo),
) {
    if which != Which::Current {
        return;
    }
    let current = Current {
        key: info.key.as_str(),
        tags: &info.attributes.tags,
        bytes: info.bytes,
        modified: info.modified,
    };
    if let Some(text) = expiration::header(cx, bucket, &current) {
        let name = HeaderName::from_static("x-amz-expiration");
        headers::set(answer, name, &text);
    }
}

/// `partNumber`.
pub(crate) fn part_number(asked: Option<i32>) -> S3Result<Option<u32>> {
    match asked {
        None => Ok(None),
        Some(number @ 1..=10_000) => Ok(u32::try_from(number).ok()),
        Some(_) => Err(errors::invalid_argument(
            "Part number must be an integer between 1 and 10000, inclusive",
        )),
    }
}

/// `x-amz-checksum-mode: ENABLED`.
pub(crate) fn wants_checksums(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

/// The checksum of the bytes that follow. That of the whole says nothing of a range.
pub(crate) fn shown_checksum(
    info: &ObjectInfo,
    ranged: bool,
    part: Option<u32>,
) -> Option<&Checksum> {
    match part {
        _ if ranged => None,
        None => info.checksums.first(),
        Some(number) => info.part(number)?.1,
    }
}

/// A 304 names the version that the client already has. What is there may have been replaced since the
/// conditions were judged: then nothing is named, or a cache would take what it has for the new one
/// (RFC 9111 §4.3.4).
async fn not_modified(
    cx: &Context,
    caller: &Caller,
    bucket: &BucketName,
    (key, which): (&ObjectKey, Which),
    conditions: &Conditions,
) -> S3Error {
    let not_modified = ConditionFailed::NotModified;
    let mut error = errors::from_store(StoreError::Condition(not_modified));
    let info = cx.store.head(caller.authorized(), bucket, key, which).await;
    if let (Ok(info), Ok(versioning)) = (info, cx.versioning(bucket))
        && conditions.judge_read(&info.etag, info.modified) == Err(not_modified)
    {
        error.set_headers(headers::validators(&info, versioning));
    }
    error
}

#[cfg(test)]
mod tests;
