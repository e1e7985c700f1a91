//! AWS Signature Version 4 with the signature in the `Authorization` header: one signer, one
//! verifier. Presigned URLs and chunked bodies do not exist on the admin API.
//!
//! Reference: AWS IAM user guide, "Create a signed AWS API request".

mod canonical;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

pub use sign::{SignError, TextSignature, sign, sign_s3};
pub use verify::{AcceptedScopes, Identified, Refused, identify, verify};

/// Service name in the scope of every signature of the admin API.
pub const SERVICE: &str = "azekura";
/// Service name in the scope of signatures of S3.
pub const SERVICE_S3: &str = "s3";
/// Name of the algorithm.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Header with the time of signing, `YYYYMMDDTHHMMSSZ`.
pub const DATE_HEADER: &str = "x-amz-date";
/// Header with the SHA-256 of the body, hexadecimal.
pub const CONTENT_SHA256_HEADER: &str = "x-amz-content-sha256";
/// How far the time of signing may lie from the server's wall clock, in seconds.
pub const WINDOW_SECONDS: i64 = 300;

/// An access key.
#[derive(Clone)]
pub struct Credentials {
    /// Access key id.
    pub key_id: String,
    /// Secret access key.
    pub secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret never reaches a log.
        f.debug_struct("Credentials")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a body, as the header and the canonical request hold it.
#[must_use]
pub fn sha256_hex(body: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body))
}

/// Percent-encodes one component of a target: all but unreserved characters.
#[must_use]
pub fn encode_component(text: &str) -> String {
    canonical::encode(text.as_bytes(), b"")
}
