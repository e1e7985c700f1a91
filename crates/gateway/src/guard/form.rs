//! Form uploads (`POST` of `multipart/form-data` on a bucket; AWS S3 API, "POST Object"). Their
//! credentials stand in the body, past every other rule, so a request is either a form and nothing
//! else, or no form at all.

use http::Method;

use super::refusal::Refusal;
use super::request::View;

/// Longest boundary (RFC 2046 §5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;
/// Longest request: the largest object of one upload and a mebibyte around it.
const BODY_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 + 1024 * 1024;

/// A form upload, judged by its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormHead {
    /// Divides its fields.
    pub(crate) boundary: String,
}

/// Whether the request is a form upload, and if so whether its head is in order.
pub(crate) fn check(view: &View<'_>) -> Result<Option<FormHead>, Refusal> {
    let kind = view.header("content-type").unwrap_or_default();
    if view.method() != Method::POST || !is_form(kind) {
        return Ok(None);
    }
    if !view.query.is_empty() {
        return Err(Refusal::invalid_request(
            "a form upload takes no query parameters, and no other request takes a form",
        ));
    }
    if view.names_object() || !names_bucket(view) {
        return Err(Refusal::method_not_allowed(
            "The specified method is not allowed against this resource: a form is posted to the \
             bucket, its key stands in the field 'key'.",
        ));
    }
    if view.header_present("authorization") {
        return Err(Refusal::invalid_argument(
            "Only one auth mechanism allowed: a form carries its signature in its fields",
        ));
    }
    let unsigned = view.headers().keys().find(|name| {
        let name = name.as_str();
        name.starts_with("x-amz-") && name != "x-amz-user-agent"
    });
    if let Some(name) = unsigned {
        return Err(Refusal::access_denied(format!(
            "There were headers present in the request which were not signed: {name}; give it as \
             a field of the form"
        )));
    }
    if view
        .headers()
        .get_all("content-type")
        .iter()
        .nth(1)
        .is_some()
    {
        return Err(Refusal::invalid_request(
            "the header content-type must appear once",
        ));
    }
    check_length(view)?;
    let boundary = boundary(kind).ok_or_else(Refusal::malformed_form)?;
    Ok(Some(FormHead { boundary }))
}

fn is_form(kind: &str) -> bool {
    // `s3s` would take `multipart/form-data+xml` for a form too.
    let kind = kind.trim_start().to_ascii_lowercase();
    kind.starts_with("multipart/form-data")
}

fn names_bucket(view: &View<'_>) -> bool {
    view.parts
        .extensions
        .get::<super::request::HostStyle>()
        .is_some()
        || !view.parts.uri.path().trim_matches('/').is_empty()
}

fn check_length(view: &View<'_>) -> Result<(), Refusal> {
    let text = view
        .header("content-length")
        .ok_or_else(Refusal::length_required)?;
    match text.parse::<u64>() {
        Ok(bytes) if bytes <= BODY_BYTES_MAX => Ok(()),
        Ok(_) => Err(Refusal::entity_too_large(BODY_BYTES_MAX)),
        Err(_) => Err(Refusal::invalid_request("Content-Length is not a number")),
    }
}

/// The parameter `boundary`, as a token or quoted.
fn boundary(kind: &str) -> Option<String> {
    let mut found = kind.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then(|| value.trim().trim_matches('"').to_owned())
    });
    let boundary = found.next()?;
    let good = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len())
        && !boundary.ends_with(' ')
        && boundary
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b" '()+_,-./:=?".contains(&b));
    (good && found.next().is_none()).then_some(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_tokens_or_quoted() {
        let of = |kind| boundary(kind);
        assert_eq!(
            of("multipart/form-data; boundary=ab'c"),
            Some("ab'c".into())
        );
        assert_eq!(
            of("multipart/form-data; charset=utf-8; BOUNDARY=\"a b\""),
            Some("a b".into())
        );
        for kind in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=a\u{e9}",
        ] {
            assert_eq!(of(kind), None, "{kind}");
        }
        assert_eq!(of(&format!("x; boundary={}", "a".repeat(71))), None);
    }
}
