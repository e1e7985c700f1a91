//! Headers that a presigned URL carries in its query. Some SDKs move `x-amz-*` headers there when
//! they presign; the signature covers them there, and they mean what they mean as headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::credentials::QUERY_FIELDS;
use super::refusal::Refusal;
use super::request::View;

/// The headers that stand in the query of a presigned URL.
pub(crate) fn hoisted(view: &View<'_>, presigned: bool) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in &view.query {
        let lower = name.to_ascii_lowercase();
        if !lower.starts_with("x-amz-") || QUERY_FIELDS.contains(&name.as_str()) {
            continue;
        }
        if !presigned {
            return Err(Refusal::invalid_argument(format!(
                "{name} stands in the query of a request that is not presigned"
            )));
        }
        let (Ok(key), Ok(value)) = (
            HeaderName::from_bytes(lower.as_bytes()),
            HeaderValue::from_str(value),
        ) else {
            return Err(Refusal::invalid_argument(format!(
                "the query parameter {name} cannot stand as a header"
            )));
        };
        if view.header_present(&lower) || headers.insert(key, value).is_some() {
            return Err(Refusal::invalid_argument(format!(
                "{name} is given more than once"
            )));
        }
    }
    Ok(headers)
}
