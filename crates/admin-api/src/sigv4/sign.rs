//! Signing, for the client.

use aws_lc_rs::hmac;
use http::{HeaderName, HeaderValue, Request, header};
use time::OffsetDateTime;
use time::macros::format_description;

use super::canonical::{Canonical, Scope, signing_key};
use super::{ALGORITHM, CONTENT_SHA256_HEADER, Credentials, DATE_HEADER, SERVICE_S3, sha256_hex};

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
    let date_time = prepare(request, unix_seconds)?;
    let body_sha256 = sha256_hex(request.body().as_ref());
    request.headers_mut().insert(
        HeaderName::from_static(CONTENT_SHA256_HEADER),
        header_value(&body_sha256)?,
    );
    let signed = ["host", CONTENT_SHA256_HEADER, DATE_HEADER];
    let scope = Scope {
        day: date_time.get(..8).unwrap_or_default(),
        region,
        service,
    };
    finish(request, credentials, &scope, &date_time, &signed)
}

/// Signs a request for S3: all headers that it has are covered, and its path is encoded once. A value of `x-amz-content-sha256` that is there already stays, so that a
/// body can be sent in chunks or left unsigned (AWS S3 API reference, "Authenticating requests").
///
/// # Errors
/// See [`SignError`].
pub fn sign_s3<B: AsRef<[u8]>>(
    request: &mut Request<B>,
    credentials: &Credentials,
    region: &str,
    unix_seconds: i64,
) -> Result<(), SignError> {
    let date_time = prepare(request, unix_seconds)?;
    if !request.headers().contains_key(CONTENT_SHA256_HEADER) {
        let body_sha256 = sha256_hex(request.body().as_ref());
        request.headers_mut().insert(
            HeaderName::from_static(CONTENT_SHA256_HEADER),
            header_value(&body_sha256)?,
        );
    }
    let mut names: Vec<String> = request.headers().keys().map(ToString::to_string).collect();
    names.sort_unstable();
    let signed: Vec<&str> = names.iter().map(String::as_str).collect();
    let scope = Scope {
        day: date_time.get(..8).unwrap_or_default(),
        region,
        service: SERVICE_S3,
    };
    finish(request, credentials, &scope, &date_time, &signed)
}

/// A signature over a text, such as the policy of a form that is posted to S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSignature {
    /// `KEYID/YYYYMMDD/REGION/s3/aws4_request`.
    pub credential: String,
    /// `YYYYMMDDTHHMMSSZ`.
    pub date_time: String,
    secret: String,
    day: String,
    region: String,
}

impl TextSignature {
    /// Fixes key, region and time (wall time, seconds since 1970) before the text is written:
    /// a policy names them itself.
    ///
    /// # Errors
    /// See [`SignError`].
    pub fn begin(
        credentials: &Credentials,
        region: &str,
        unix_seconds: i64,
    ) -> Result<Self, SignError> {
        let date_time = date_time(unix_seconds)?;
        let day = date_time.get(..8).unwrap_or_default().to_owned();
        let scope = Scope {
            day: &day,
            region,
            service: SERVICE_S3,
        };
        Ok(Self {
            credential: format!("{}/{}", credentials.key_id, scope.text()),
            date_time,
            secret: credentials.secret.clone(),
            region: region.to_owned(),
            day,
        })
    }

    /// Signs the text, hexadecimal.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let scope = Scope {
            day: &self.day,
            region: &self.region,
            service: SERVICE_S3,
        };
        hex::encode(hmac::sign(
            &signing_key(&self.secret, &scope),
            text.as_bytes(),
        ))
    }
}

fn header_value(text: &str) -> Result<HeaderValue, SignError> {
    HeaderValue::from_str(text).map_err(|_| SignError::BadHeader)
}

/// Sets host and date; answers the date.
fn prepare<B>(request: &mut Request<B>, unix_seconds: i64) -> Result<String, SignError> {
    let date_time = date_time(unix_seconds)?;
    let authority = request.uri().authority().ok_or(SignError::NoHost)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| SignError::NoHost)?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(
        HeaderName::from_static(DATE_HEADER),
        header_value(&date_time)?,
    );
    Ok(date_time)
}

/// Signs what stands there and adds the header that says so.
fn finish<B>(
    request: &mut Request<B>,
    credentials: &Credentials,
    scope: &Scope<'_>,
    date_time: &str,
    signed: &[&str],
) -> Result<(), SignError> {
    let body_sha256 = request
        .headers()
        .get(CONTENT_SHA256_HEADER)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let to_sign = Canonical {
        method: request.method().as_str(),
        path: request.uri().path(),
        path_once: scope.service == SERVICE_S3,
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        signed,
        body_sha256,
    }
    .string_to_sign(date_time, scope);
    let signature = hmac::sign(&signing_key(&credentials.secret, scope), to_sign.as_bytes());
    let authorization = header_value(&format!(
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
