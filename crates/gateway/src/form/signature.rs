//! Signature Version 4 of a form: over its policy (AWS S3 API, "Calculating a signature" of POST
//! uploads).

use aws_lc_rs::hmac;
use azekura_model::time::WallTime;
use time::PrimitiveDateTime;
use time::macros::format_description;
use zeroize::Zeroizing;

use super::fields::Fields;
use crate::guard::{self, Refusal};

/// How long a signing key is good, in milliseconds (AWS: seven days).
const LIFE_MS: i64 = 7 * 24 * 3600 * 1000;
/// How far the clock of a client may be ahead, in milliseconds.
const SKEW_MS: i64 = 15 * 60 * 1000;
/// Fields of which any says that the form is signed with Version 4.
const VERSION_4: [&str; 4] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-signature",
];

/// A signature, not yet verified, and what it is over.
pub(super) struct Claimed<'a> {
    pub(super) key_id: String,
    pub(super) policy: &'a str,
    date: &'a str,
    region: &'a str,
    at: WallTime,
    signature: &'a str,
}

/// Finds the signature of a form; `None` where there is no trace of one, nor of a policy.
///
/// # Errors
/// `InvalidRequest` for Version 2; what is missing or malformed.
pub(super) fn claimed<'a>(
    fields: &'a Fields,
    regions: &[String],
) -> Result<Option<Claimed<'a>>, Refusal> {
    if fields.get("awsaccesskeyid").is_some() || fields.get("signature").is_some() {
        return Err(Refusal::version_4_only());
    }
    if fields.get("x-amz-security-token").is_some() {
        return Err(Refusal::invalid_token());
    }
    let signed = VERSION_4.iter().any(|name| fields.get(name).is_some());
    if !signed && fields.get("policy").is_none() {
        return Ok(None);
    }
    fields.required("key")?;
    let policy = fields.required("policy")?;
    if fields.required("x-amz-algorithm")? != guard::ALGORITHM {
        return Err(Refusal::version_4_only());
    }
    let credential = fields.required("x-amz-credential")?;
    let date_field = fields.required("x-amz-date")?;
    let signature = fields.required("x-amz-signature")?;
    guard::check_scope(credential, regions)?;
    let mut scope = credential.rsplitn(5, '/').skip(2);
    let (region, date, key_id) = (
        scope.next().unwrap_or_default(),
        scope.next().unwrap_or_default(),
        scope.next().unwrap_or_default(),
    );
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let at = PrimitiveDateTime::parse(date_field, format).map_err(|_| {
        Refusal::invalid_argument("X-Amz-Date must be formatted via ISO8601 Basic format")
    })?;
    if !date_field.starts_with(date) {
        return Err(Refusal::malformed_query(
            "Invalid credential date. This date is not the same as X-Amz-Date.",
        ));
    }
    Ok(Some(Claimed {
        key_id: key_id.to_owned(),
        policy,
        date,
        region,
        at: WallTime(at.assume_utc().unix_timestamp().saturating_mul(1000)),
        signature,
    }))
}

/// A signature of the future, or of a signing key that is no longer good.
///
/// # Errors
/// `RequestTimeTooSkewed`, or `AccessDenied`.
pub(super) fn check_time(claimed: &Claimed<'_>, now: WallTime) -> Result<(), Refusal> {
    if claimed.at.0 > now.0.saturating_add(SKEW_MS) {
        return Err(Refusal::too_skewed());
    }
    if claimed.at.0.saturating_add(LIFE_MS) < now.0 {
        return Err(Refusal::access_denied(
            "Invalid according to Policy: the signature is older than seven days; sign the form \
             again",
        ));
    }
    Ok(())
}

/// Verifies the signature in constant time.
///
/// # Errors
/// `SignatureDoesNotMatch`.
pub(super) fn verify(claimed: &Claimed<'_>, secret: &str) -> Result<(), Refusal> {
    let first = Zeroizing::new(format!("AWS4{secret}"));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, first.as_bytes());
    for text in [claimed.date, claimed.region, "s3", "aws4_request"] {
        let next = hmac::sign(&key, text.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, next.as_ref());
    }
    let signature = hex::decode(claimed.signature).unwrap_or_default();
    hmac::verify(&key, claimed.policy.as_bytes(), &signature).map_err(|_| Refusal::bad_signature())
}
