//! Verifying, for the server.
//!
//! Two steps, because the secret is looked up between them: [`identify`] reads who claims to
//! sign and judges all that needs no secret; [`verify`] judges the signature itself.

use aws_lc_rs::hmac;
use http::{HeaderMap, Request, header};
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::canonical::{Canonical, Scope, signing_key};
use super::{ALGORITHM, CONTENT_SHA256_HEADER, DATE_HEADER, WINDOW_SECONDS, sha256_hex};

/// What a server accepts.
#[derive(Clone, Debug)]
pub struct AcceptedScopes {
    /// Regions accepted in the scope.
    pub regions: Vec<String>,
    /// Service in the scope.
    pub service: String,
}

/// Why a request is refused. Answers do not tell an unknown key from a wrong signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No `Authorization` header.
    #[error("the request is not signed")]
    Unsigned,
    /// Not a header that this version of the signature knows, or it is there twice.
    #[error("the Authorization header is malformed; it must be AWS4-HMAC-SHA256")]
    Malformed,
    /// Another day, region, service or term.
    #[error("the signature is for another day, region or service")]
    Scope,
    /// Too old or from the future.
    #[error("the time of signing is more than 5 minutes from the server's clock")]
    Time,
    /// A header that must be signed is not.
    #[error("host, x-amz-content-sha256 and every other x-amz- header must be signed")]
    UnsignedHeader,
    /// The body is not the one that was signed.
    #[error("x-amz-content-sha256 does not match the body")]
    Body,
    /// Unknown key or wrong signature.
    #[error("the access key is unknown or the signature does not match")]
    Signature,
}

/// Who claims to sign, and what the signature is bound to.
#[derive(Clone, Debug)]
pub struct Identified {
    /// Access key id, not yet proven.
    pub key_id: String,
    day: String,
    region: String,
    service: String,
    signed: Vec<String>,
    signature: Vec<u8>,
    date_time: String,
    body_sha256: String,
}

/// Reads the claim of a request and judges time, scope and coverage. `unix_seconds` is the
/// server's wall time.
///
/// # Errors
/// See [`Refused`].
pub fn identify<B>(
    request: &Request<B>,
    policy: &AcceptedScopes,
    unix_seconds: i64,
) -> Result<Identified, Refused> {
    let headers = request.headers();
    let authorization = match single(headers, header::AUTHORIZATION.as_str()) {
        Ok(None) => return Err(Refused::Unsigned),
        Ok(Some(text)) => text,
        Err(refused) => return Err(refused),
    };
    let claim = parse_authorization(authorization).ok_or(Refused::Malformed)?;
    let date_time = single(headers, DATE_HEADER)?.ok_or(Refused::UnsignedHeader)?;
    let body_sha256 = single(headers, CONTENT_SHA256_HEADER)?.ok_or(Refused::UnsignedHeader)?;
    single(headers, header::HOST.as_str())?.ok_or(Refused::UnsignedHeader)?;
    let signed_at = parse_date_time(date_time).ok_or(Refused::Malformed)?;
    if signed_at.abs_diff(unix_seconds) > WINDOW_SECONDS.unsigned_abs() {
        return Err(Refused::Time);
    }
    let bound_to_us = date_time.starts_with(&claim.day)
        && claim.service == policy.service
        && policy.regions.contains(&claim.region);
    if !bound_to_us {
        return Err(Refused::Scope);
    }
    let covers = |name: &str| claim.signed.iter().any(|signed| signed == name);
    let all_covered = covers("host")
        && headers
            .keys()
            .map(http::HeaderName::as_str)
            .filter(|name| name.starts_with("x-amz-"))
            .all(covers);
    if !all_covered {
        return Err(Refused::UnsignedHeader);
    }
    Ok(Identified {
        key_id: claim.key_id,
        day: claim.day,
        region: claim.region,
        service: claim.service,
        signed: claim.signed,
        signature: claim.signature,
        date_time: date_time.to_owned(),
        body_sha256: body_sha256.to_owned(),
    })
}

/// Judges body and signature with the secret of `claim.key_id`.
///
/// # Errors
/// [`Refused::Body`], [`Refused::Signature`].
pub fn verify<B: AsRef<[u8]>>(
    request: &Request<B>,
    claim: &Identified,
    secret: &str,
) -> Result<(), Refused> {
    let signed: Vec<&str> = claim.signed.iter().map(String::as_str).collect();
    let scope = Scope {
        day: &claim.day,
        region: &claim.region,
        service: &claim.service,
    };
    let to_sign = Canonical {
        method: request.method().as_str(),
        path: request.uri().path(),
        path_once: false,
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        signed: &signed,
        body_sha256: &claim.body_sha256,
    }
    .string_to_sign(&claim.date_time, &scope);
    // Constant time.
    hmac::verify(
        &signing_key(secret, &scope),
        to_sign.as_bytes(),
        &claim.signature,
    )
    .map_err(|_| Refused::Signature)?;
    if sha256_hex(request.body().as_ref()) == claim.body_sha256 {
        Ok(())
    } else {
        Err(Refused::Body)
    }
}

struct Claim {
    key_id: String,
    day: String,
    region: String,
    service: String,
    signed: Vec<String>,
    signature: Vec<u8>,
}

/// The one value of a header; twice is refused, since two readers might choose differently.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refused::Malformed),
        (Some(_), Some(_)) => Err(Refused::Malformed),
    }
}

fn parse_authorization(text: &str) -> Option<Claim> {
    let fields = text.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
    let (mut credential, mut signed, mut signature) = (None, None, None);
    for field in fields.split(',') {
        let (name, value) = field.trim().split_once('=')?;
        let slot = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed,
            "Signature" => &mut signature,
            _ => return None,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    // From the end: a key id may hold a slash, the scope never does.
    let mut scope = credential?.rsplitn(5, '/');
    let (term, service, region, day, key_id) = (
        scope.next()?,
        scope.next()?,
        scope.next()?,
        scope.next()?,
        scope.next()?,
    );
    let signed: Vec<String> = signed?.split(';').map(str::to_owned).collect();
    let ordered = signed.is_sorted_by(|a, b| a < b);
    let lower = signed
        .iter()
        .all(|name| !name.is_empty() && !name.bytes().any(|b| b.is_ascii_uppercase()));
    (term == "aws4_request" && ordered && lower && day.len() == 8).then_some(Claim {
        key_id: key_id.to_owned(),
        day: day.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        signed,
        signature: hex::decode(signature?).ok()?,
    })
}

fn parse_date_time(text: &str) -> Option<i64> {
    PrimitiveDateTime::parse(
        text,
        format_description!("[year][month][day]T[hour][minute][second]Z"),
    )
    .ok()
    .map(|at| at.assume_utc().unix_timestamp())
}
