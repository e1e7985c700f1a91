//! Object tags (AWS S3 user guide, "Categorizing your storage using tags").

use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::errors;
use crate::guard::request::parse_query;

const TAGS_MAX: usize = 10;
const NAME_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// Reads `x-amz-tagging` (`a=b&c=d`), ordered by name.
pub(crate) fn parse(text: &str) -> S3Result<Vec<(String, String)>> {
    let bad = |message: &'static str| S3Error::with_message(S3ErrorCode::InvalidTag, message);
    let mut tags = parse_query(text).ok_or_else(|| bad("the tags are not UTF-8"))?;
    tags.sort();
    if tags.len() > TAGS_MAX {
        let message = "Object tags cannot be greater than 10".to_owned();
        return Err(errors::answer("BadRequest", 400, message));
    }
    let repeated = tags
        .iter()
        .zip(tags.iter().skip(1))
        .any(|(a, b)| a.0 == b.0);
    if repeated {
        return Err(bad("Cannot provide multiple Tags with the same key"));
    }
    for (name, value) in &tags {
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(bad("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > VALUE_CHARS_MAX {
            return Err(bad("The TagValue you have provided is invalid"));
        }
    }
    Ok(tags)
}
