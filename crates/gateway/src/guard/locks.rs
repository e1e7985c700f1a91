//! Headers of object lock stand only where they are read: on a request that stores an object. Where
//! they would be ignored, somebody would believe in a lock that is not there.

use http::Method;

use super::refusal::Refusal;
use super::request::View;

/// Sub-resources of an object with which a PUT stores no object of its own.
const NO_OBJECT: [&str; 6] = [
    "acl",
    "legal-hold",
    "partNumber",
    "retention",
    "tagging",
    "uploadId",
];

/// Refuses a lock that nothing would keep.
pub(crate) fn check(view: &View<'_>) -> Result<(), Refusal> {
    let mut names = view.headers().keys().map(http::HeaderName::as_str);
    let Some(name) = names.find(|name| name.starts_with("x-amz-object-lock-")) else {
        return Ok(());
    };
    let stores = match *view.method() {
        Method::PUT => !NO_OBJECT.iter().any(|sub| view.has(sub)),
        Method::POST => view.has("uploads"),
        _ => false,
    };
    if stores && view.names_object() {
        return Ok(());
    }
    Err(Refusal::invalid_argument(format!(
        "{name} is read with PutObject, CopyObject and CreateMultipartUpload; a version that is \
         there is locked with PutObjectRetention or PutObjectLegalHold"
    )))
}
