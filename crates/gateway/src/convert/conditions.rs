//! Conditional requests.

use azekura_model::condition::{Conditions, DeleteConditions, ETagCondition};
use azekura_model::range::ByteRange;
use s3s::{S3Result, dto};

use super::times;
use crate::errors;

/// `If-Match` and its like.
pub(crate) fn etag(condition: Option<dto::ETagCondition>) -> Option<ETagCondition> {
    condition.map(|condition| match condition {
        dto::ETagCondition::Any => ETagCondition::Any,
        dto::ETagCondition::ETag(etag) => ETagCondition::OneOf(vec![etag.into_value()]),
    })
}

/// Conditions of a write.
pub(crate) fn of_write(
    if_match: Option<dto::ETagCondition>,
    if_none_match: Option<dto::ETagCondition>,
) -> Conditions {
    Conditions {
        if_match: etag(if_match),
        if_none_match: etag(if_none_match),
        ..Conditions::default()
    }
}

/// A range.
pub(crate) fn range(range: dto::Range) -> ByteRange {
    match range {
        dto::Range::Int { first, last } => ByteRange::From { first, last },
        dto::Range::Suffix { length } => ByteRange::Suffix { length },
    }
}

/// Conditions of a deletion.
///
/// # Errors
/// `InvalidArgument` for a size below 0.
pub(crate) fn of_delete(
    if_match: Option<dto::ETagCondition>,
    modified: Option<dto::Timestamp>,
    bytes: Option<i64>,
) -> S3Result<DeleteConditions> {
    let bytes = bytes.map(u64::try_from).transpose();
    Ok(DeleteConditions {
        if_match: etag(if_match),
        modified: modified.map(times::wall),
        bytes: bytes.map_err(|_| errors::invalid_argument("a size is not below 0"))?,
    })
}
