use azekura_model::condition::{ConditionFailed, Conditions};
use azekura_store::error::StoreError;
use azekura_store::object::ObjectInfo;
use s3s::dto::{HeadObjectInput, HeadObjectOutput};
use s3s::{S3Request, S3Response, S3Result};

use super::get_object::{part_number, show_expiry, show_lock, shown_checksum, wants_checksums};
use super::{Answer, Context, signed};
use crate::auth::Caller;
use crate::convert::{conditions, headers, names, times};
use crate::errors;

pub(crate) async fn head_object(
    cx: &Context,
    request: S3Request<HeadObjectInput>,
) -> Answer<HeadObjectOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let conditions = Conditions {
        if_match: conditions::etag(input.if_match),
        if_none_match: conditions::etag(input.if_none_match),
        if_modified_since: input.if_modified_since.map(times::wall),
        if_unmodified_since: input.if_unmodified_since.map(times::wall),
    };
    let part = part_number(input.part_number)?;
    let info = cx
        .store
        .head(caller.authorized(), &bucket, &key, which)
        .await
        .map_err(|error| caller.error(error))?;
    let versioning = cx.versioning(&bucket)?;
    if let Err(failed) = conditions.judge_read(&info.etag, info.modified) {
        let mut error = errors::from_store(StoreError::Condition(failed));
        if failed == ConditionFailed::NotModified {
            error.set_headers(headers::validators(&info, versioning));
        }
        return Err(error);
    }
    let range = match (input.range, part) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            let message = "Cannot specify both Range header and partNumber query parameter";
            return Err(errors::invalid_request(message));
        }
        (Some(range), None) => {
            let range = conditions::range(range).resolve(info.bytes);
            Some(range.map_err(|error| errors::from_store(error.into()))?)
        }
        (None, Some(number)) => Some(range_of_part(&info, number)?),
    };
    let ranged = part.is_none() && range.is_some();
    let checksum = wants_checksums(input.checksum_mode.as_ref())
        .then(|| shown_checksum(&info, ranged, part))
        .flatten();
    let length = range
        .as_ref()
        .map_or(info.bytes, |range| range.end - range.start);
    let output = HeadObjectOutput {
        content_length: Some(signed(length)),
        parts_count: part
            .filter(|_| !info.parts.is_empty())
            .and_then(|_| i32::try_from(info.parts.len()).ok()),
        ..HeadObjectOutput::default()
    };
    let mut answer = headers::of_object(&info, versioning, checksum);
    show_lock(&mut answer, &info, &caller);
    show_expiry(cx, &mut answer, &bucket, (which, &info));
    let mut response = S3Response::with_headers(output, answer);
    if let Some(range) = range.filter(|range| !range.is_empty()) {
        headers::of_range(&mut response.headers, &range, info.bytes);
    }
    Ok(response)
}

/// The bytes of a part; a plain upload has one part.
fn range_of_part(info: &ObjectInfo, number: u32) -> S3Result<std::ops::Range<u64>> {
    let part = info.part(number);
    let none = || errors::from_store(StoreError::InvalidPartNumber { number });
    Ok(part.ok_or_else(none)?.0)
}
