//! Tags on the wire.

use azekura_model::tag::{BadTags, TagSet, Tagged};
use s3s::dto;
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::errors;
use crate::guard::request::parse_query;

/// Reads `x-amz-tagging` (`a=b&c=d`).
pub(crate) fn of_header(text: &str) -> S3Result<TagSet> {
    let pairs = parse_query(text)
        .ok_or_else(|| S3Error::with_message(S3ErrorCode::InvalidTag, "the tags are not UTF-8"))?;
    TagSet::parse(Tagged::Object, pairs).map_err(from_bad)
}

/// Reads a `TagSet` document.
pub(crate) fn of_set(on: Tagged, set: Vec<dto::Tag>) -> S3Result<TagSet> {
    let pairs = set
        .into_iter()
        .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
        .collect();
    TagSet::parse(on, pairs).map_err(from_bad)
}

/// Writes a `TagSet` document.
pub(crate) fn to_set(pairs: Vec<(String, String)>) -> Vec<dto::Tag> {
    let tag = |(key, value)| dto::Tag {
        key: Some(key),
        value: Some(value),
    };
    pairs.into_iter().map(tag).collect()
}

fn from_bad(bad: BadTags) -> S3Error {
    let message = bad.to_string();
    match bad {
        BadTags::TooMany { .. } => errors::answer("BadRequest", 400, message),
        _ => S3Error::with_message(S3ErrorCode::InvalidTag, message),
    }
}
