//! Signing, for the client.

use aws_lc_rs::hmac;
use http::{HeaderName, HeaderValue, Request, header};
use time::OffsetDateTime;
use time::macros::format_description;

use super::canonical::{Canonical, Scope, signing_key};
use super::{ALGORITHM, CONTENT_SHA256_HEADER, Credentials, DATE_HEADER, sha256_hex};

/// Why a request could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The time lies outside what the format holds.
    #[error("the clock shows a time that cannot be signed: {0} s since 1970")]
    Time(i64),
    /// The target has no host.
    #[error("the request has no host")]
    NoHost,
    /// A value does not fit into a header.
    #[error("the access key id does not fit into a header")]
    BadHeader,
}

/// Adds host, date, body hash and signature to a request whose target is an absolute URI.
///
/// `unix_seconds` is the wall time of signing.
///
/// # Errors
/// See [`SignError`].
pub fn sign<B: AsRef<[u8]>>(
    request: &mut Request<B>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    unix_seconds: i64,
) -> Result<(), SignError> {
    let date_time = date_time(unix_seconds)?;
    let authority = request.uri().authority().ok_or(SignError::NoHost)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| SignError::NoHost)?;
    let body_sha256 = sha256_hex(request.body().as_ref());
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| SignError::BadHeader);
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(HeaderName::from_static(DATE_HEADER), value(&date_time)?);
    headers.insert(
        HeaderName::from_static(CONTENT_SHA256_HEADER),
        value(&body_sha256)?,
    );
    let signed = ["host", CONTENT_SHA256_HEADER, DATE_HEADER];
    let scope = Scope {
        day: date_time.get(..8).unwrap_or_default(),
        region,
        service,
    };
    let to_sign = Canonical {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        signed: &signed,
        body_sha256: &body_sha256,
    }
    .string_to_sign(&date_time, &scope);
    let signature = hmac::sign(
        &signing_key(&credentials.secret, &scope),
        to_sign.as_bytes(),
    );
    let authorization = value(&format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
        credentials.key_id,
        scope.text(),
        signed.join(";"),
        hex::encode(signature)
    ))?;
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, authorization);
    Ok(())
}

/// `YYYYMMDDTHHMMSSZ`.
fn date_time(unix_seconds: i64) -> Result<String, SignError> {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|at| {
            at.format(format_description!(
                "[year][month][day]T[hour][minute][second]Z"
            ))
            .ok()
        })
        .ok_or(SignError::Time(unix_seconds))
}
