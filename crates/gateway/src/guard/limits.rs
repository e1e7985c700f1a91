//! Sizes beyond which nothing is parsed.

use azekura_model::cors::CORS_DOCUMENT_BYTES_MAX;
use http::Method;

use super::refusal::Refusal;
use super::request::View;

/// Longest document that is read as a policy. Its own limit is lower, and is told in its own words.
const POLICY_DOCUMENT_BYTES_MAX: u64 = 64 * 1024;

/// Greatest sizes of a request. The defaults keep every request that AWS accepts from its SDKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Names and values of all headers, in bytes.
    pub header_bytes: usize,
    /// Number of headers.
    pub headers: usize,
    /// Path and query in bytes.
    pub uri_bytes: usize,
    /// An XML document in bytes.
    pub document_bytes: u64,
    /// The document of DeleteObjects in bytes.
    pub delete_document_bytes: u64,
    /// The document of CompleteMultipartUpload (10,000 parts) in bytes.
    pub complete_document_bytes: u64,
    /// One signed chunk of an upload in bytes: it is held in memory until its signature is checked.
    pub signed_chunk_bytes: u64,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            header_bytes: 16 * 1024,
            headers: 128,
            uri_bytes: 16 * 1024,
            document_bytes: 1024 * 1024,
            delete_document_bytes: 2 * 1024 * 1024,
            complete_document_bytes: 4 * 1024 * 1024,
            signed_chunk_bytes: 16 * 1024 * 1024,
        }
    }
}

impl RequestLimits {
    /// The greatest document of all, in bytes.
    pub(crate) fn any_document_bytes(&self) -> u64 {
        self.document_bytes
            .max(self.delete_document_bytes)
            .max(self.complete_document_bytes)
    }

    /// Greatest length in bytes of the document of this request.
    pub(crate) fn document(&self, view: &View<'_>) -> u64 {
        let post = view.method() == Method::POST;
        if view.has("cors") {
            return self.document_bytes.min(CORS_DOCUMENT_BYTES_MAX);
        }
        if view.has("policy") {
            return self.document_bytes.min(POLICY_DOCUMENT_BYTES_MAX);
        }
        if post && view.has("delete") {
            self.delete_document_bytes
        } else if post && view.has("uploadId") {
            self.complete_document_bytes
        } else {
            self.document_bytes
        }
    }

    /// Checks what is known before the query is decoded.
    pub(crate) fn check_head(&self, parts: &http::request::Parts) -> Result<(), Refusal> {
        let uri = parts.uri.path_and_query().map_or(0, |p| p.as_str().len());
        if uri > self.uri_bytes {
            return Err(Refusal::uri_too_long(self.uri_bytes));
        }
        let count = parts.headers.len();
        if count > self.headers {
            let limit = self.headers;
            return Err(Refusal::headers_too_large(format!(
                "the request has {count} headers; at most {limit} are read"
            )));
        }
        let bytes = parts.headers.iter().fold(0_usize, |sum, (name, value)| {
            sum.saturating_add(name.as_str().len())
                .saturating_add(value.len())
        });
        if bytes > self.header_bytes {
            let limit = self.header_bytes;
            return Err(Refusal::headers_too_large(format!(
                "the headers have {bytes} bytes; at most {limit} are read"
            )));
        }
        Ok(())
    }
}

/// A document declares its length, and it is within the limit.
pub(crate) fn check_document(view: &View<'_>, limits: &RequestLimits) -> Result<u64, Refusal> {
    let Some(text) = view.header("content-length") else {
        if view.header_present("transfer-encoding") {
            return Err(Refusal::length_required());
        }
        return Ok(0);
    };
    let bytes: u64 = text
        .parse()
        .map_err(|_| Refusal::invalid_request("Content-Length is not a number"))?;
    let limit = limits.document(view);
    if bytes > limit {
        return Err(Refusal::too_large(format!(
            "the document has {bytes} bytes; this request may have {limit}"
        )));
    }
    Ok(bytes)
}
