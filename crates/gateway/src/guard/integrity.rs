//! Documents that must come with a checksum (AWS S3 API model, `requestChecksumRequired`): a flipped
//! bit in one of them deletes, keeps or frees something else than was meant. What is claimed is
//! verified with the document.

use http::Method;

use super::refusal::Refusal;
use super::request::View;
use crate::convert::checksums;

/// Refuses a document that must have a checksum and has none.
pub(crate) fn check(view: &View<'_>) -> Result<(), Refusal> {
    let put = view.method() == Method::PUT;
    let object = view.names_object();
    let required = match *view.method() {
        Method::POST => !object && view.has("delete"),
        _ if !put => false,
        _ if object => view.has("retention") || view.has("legal-hold"),
        _ => view.has("object-lock") || view.has("lifecycle"),
    };
    let claimed = |name: &http::HeaderName| {
        name == "content-md5" || checksums::of_header(name.as_str()).is_some()
    };
    if !required || view.headers().keys().any(claimed) {
        return Ok(());
    }
    Err(Refusal::invalid_request(
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    ))
}
