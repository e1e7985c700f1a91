//! System headers and metadata of an object.

use azekura_store::object::Attributes;
use http::HeaderMap;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::tags;
use crate::errors;

/// System headers that are kept, in order.
const KEPT: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
/// Name under which the redirect is kept.
pub(crate) const REDIRECT: &str = "website-redirect-location";
/// The header that gives and shows it.
pub(crate) const REDIRECT_HEADER: &str = "x-amz-website-redirect-location";
/// Longest redirect in bytes (AWS: 2 KB).
const REDIRECT_BYTES_MAX: usize = 2048;
/// Greatest size in bytes of the names and values of user metadata (AWS: 2 KB).
const METADATA_BYTES_MAX: usize = 2048;

/// Reads what is to be kept beside the content.
///
/// # Errors
/// `MetadataTooLarge`, or an invalid tag.
pub(crate) fn of_request(
    headers: &HeaderMap,
    metadata: Option<s3s::dto::Metadata>,
) -> S3Result<Attributes> {
    let kept = KEPT.into_iter().filter_map(|name| {
        let value = headers.get(name)?;
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        let text = match name {
            "content-encoding" => without_framing(text),
            _ => text.to_owned(),
        };
        (!text.is_empty()).then(|| (name.to_owned(), text))
    });
    let mut metadata: Vec<_> = metadata.unwrap_or_default().into_iter().collect();
    metadata.sort();
    let bytes: usize = metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
    if bytes > METADATA_BYTES_MAX {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(S3Error::with_message(
            S3ErrorCode::MetadataTooLarge,
            message,
        ));
    }
    let headers_kept = kept.chain(redirect(headers)?).collect();
    Ok(Attributes {
        headers: headers_kept,
        metadata,
        tags: of_tagging(headers)?,
        acl: None,
    })
}

/// Where a website sends the reader of this object. Websites are not served here; it is kept and
/// shown, and belongs to one object: a copy does not take it over.
///
/// # Errors
/// `InvalidRedirectLocation`.
pub(crate) fn redirect(headers: &HeaderMap) -> S3Result<Option<(String, String)>> {
    let Some(value) = headers.get(REDIRECT_HEADER) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
    let known = ["/", "http://", "https://"];
    if !known.iter().any(|start| text.starts_with(start)) || text.len() > REDIRECT_BYTES_MAX {
        let message = "The website redirect location must have a prefix of 'http://' or \
                       'https://' or '/'.";
        let code = "InvalidRedirectLocation";
        return Err(errors::answer(code, 400, message.to_owned()));
    }
    Ok(Some((REDIRECT.to_owned(), text.to_owned())))
}

/// The tags of `x-amz-tagging`.
pub(crate) fn of_tagging(headers: &HeaderMap) -> S3Result<Vec<(String, String)>> {
    match headers.get("x-amz-tagging") {
        Some(value) => {
            let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
            Ok(tags::of_header(text)?.into_pairs())
        }
        None => Ok(Vec::new()),
    }
}

/// `Content-Encoding` without `aws-chunked`, which belongs to the transfer; else as it was sent.
fn without_framing(text: &str) -> String {
    let framing = |coding: &&str| coding.trim().eq_ignore_ascii_case("aws-chunked");
    if !text.split(',').any(|coding| framing(&coding)) {
        return text.to_owned();
    }
    let kept = text.split(',').filter(|coding| !framing(coding));
    kept.map(str::trim).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::without_framing;

    #[test]
    fn a_content_encoding_is_kept_as_sent_but_for_the_framing() {
        assert_eq!(without_framing("deflate, gzip"), "deflate, gzip");
        assert_eq!(without_framing("gzip, aws-chunked"), "gzip");
        assert_eq!(without_framing("AWS-Chunked,gzip, br"), "gzip,br");
        assert_eq!(without_framing("aws-chunked"), "");
    }
}
