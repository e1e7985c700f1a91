//! The guard's answer to what it does not let through.

use http::StatusCode;

/// Why a request goes no further: an S3 error code, its HTTP status and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// S3 error code.
    pub code: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// What is wrong and what to do.
    pub message: String,
    /// Region that a signature must name, where it named another: clients learn it from here.
    pub region: Option<String>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            region: None,
        }
    }

    /// With the region that a signature must name.
    pub(crate) fn in_region(self, region: &str) -> Self {
        let region = Some(region.to_owned());
        Self { region, ..self }
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new("AccessDenied", StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequest", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new("InvalidArgument", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn malformed_header(message: impl Into<String>) -> Self {
        let code = "AuthorizationHeaderMalformed";
        Self::new(code, StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn malformed_query(message: impl Into<String>) -> Self {
        let code = "AuthorizationQueryParametersError";
        Self::new(code, StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_implemented(message: impl Into<String>) -> Self {
        Self::new("NotImplemented", StatusCode::NOT_IMPLEMENTED, message)
    }

    pub(crate) fn method_not_allowed(message: impl Into<String>) -> Self {
        Self::new("MethodNotAllowed", StatusCode::METHOD_NOT_ALLOWED, message)
    }

    pub(crate) fn version_4_only() -> Self {
        Self::invalid_request(
            "The authorization mechanism you have provided is not supported. Please use \
             AWS4-HMAC-SHA256.",
        )
    }

    pub(crate) fn bad_signature() -> Self {
        let message = "The request signature we calculated does not match the signature you \
                       provided. Check your key and signing method.";
        Self::new("SignatureDoesNotMatch", StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn too_skewed() -> Self {
        let message = "The difference between the request time and the current time is too large.";
        Self::new("RequestTimeTooSkewed", StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn malformed_form() -> Self {
        let message = "The body of your POST request is not well-formed multipart/form-data.";
        Self::new("MalformedPOSTRequest", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn form_too_large() -> Self {
        let code = "MaxPostPreDataLengthExceeded";
        let message = "Your POST request fields preceding the upload file were too large.";
        Self::new(code, StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn invalid_policy(message: impl Into<String>) -> Self {
        Self::new("InvalidPolicyDocument", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn incomplete_body() -> Self {
        let message =
            "You did not provide the number of bytes specified by the Content-Length HTTP header.";
        Self::new("IncompleteBody", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn entity_too_large(most: u64) -> Self {
        let message =
            format!("Your proposed upload exceeds the maximum allowed size: at most {most} bytes");
        Self::new("EntityTooLarge", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn entity_too_small(least: u64) -> Self {
        let message = format!(
            "Your proposed upload is smaller than the minimum allowed size: at least {least} bytes"
        );
        Self::new("EntityTooSmall", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn bad_digest(message: impl Into<String>) -> Self {
        Self::new("BadDigest", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn invalid_digest() -> Self {
        let message = "the Content-MD5 you specified is not valid";
        Self::new("InvalidDigest", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn invalid_token() -> Self {
        let message = "session tokens are not issued here: sign with a permanent key";
        Self::new("InvalidToken", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        let code = "MaxMessageLengthExceeded";
        Self::new(code, StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn headers_too_large(message: impl Into<String>) -> Self {
        let code = "RequestHeaderSectionTooLarge";
        Self::new(code, StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn length_required() -> Self {
        let message = "you must provide the Content-Length header";
        Self::new("MissingContentLength", StatusCode::LENGTH_REQUIRED, message)
    }

    pub(crate) fn malformed_trailer() -> Self {
        let message = "The request contained trailing data that was not well-formed or did not \
                       conform to our published schema.";
        Self::new("MalformedTrailerError", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn invalid_uri(why: &str) -> Self {
        let message = format!("Couldn't parse the specified URI: {why}");
        Self::new("InvalidURI", StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn uri_too_long(limit: usize) -> Self {
        let message = format!("the request line has more than {limit} bytes");
        Self::new("InvalidURI", StatusCode::BAD_REQUEST, message)
    }
}
