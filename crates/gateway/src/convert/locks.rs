//! Object lock on the wire: headers of what is stored and shown, and the three documents.

use azekura_model::lock::{
    BadPeriod, DefaultRetention, Lock, LockAsked, ObjectLock, Period, Retention, RetentionMode,
};
use azekura_model::retention_class::ClassName;
use http::{HeaderMap, HeaderName};
use s3s::dto::{self, Timestamp, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::{headers, times};
use crate::errors;

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";
/// Ours: the retention classes of a version, divided by commas. SDKs pass over it.
const CLASSES: &str = "x-azekura-retention-class";

/// What the headers of a request that stores an object ask for.
///
/// # Errors
/// `InvalidArgument` for one of mode and date without the other, and for values that S3 does not know
/// (names are exact: `governance` is no mode).
pub(crate) fn asked(headers: &HeaderMap) -> S3Result<LockAsked> {
    let value = |name: &str| {
        let value = headers.get(name)?;
        Some(std::str::from_utf8(value.as_bytes()).unwrap_or_default())
    };
    let retention = match (value(MODE), value(UNTIL)) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some(Retention {
            mode: mode_of(mode)
                .ok_or_else(|| errors::invalid_argument("Unknown wormMode directive."))?,
            until: times::until(date(until)?),
        }),
        _ => {
            let message = format!("{UNTIL} and {MODE} must both be supplied");
            return Err(errors::invalid_argument(&message));
        }
    };
    let hold = value(HOLD).map(|status| {
        hold_of(status)
            .ok_or_else(|| errors::invalid_argument("Legal Hold must be either of 'ON' or 'OFF'"))
    });
    Ok(LockAsked {
        retention,
        hold: hold.transpose()?,
    })
}

fn date(text: &str) -> S3Result<Timestamp> {
    Timestamp::parse(TimestampFormat::DateTime, text).map_err(|_| {
        errors::invalid_argument(
            "The retain until date must be provided in ISO 8601 format, as 2030-01-31T00:00:00Z",
        )
    })
}

fn mode_of(name: &str) -> Option<RetentionMode> {
    match name {
        "GOVERNANCE" => Some(RetentionMode::Governance),
        "COMPLIANCE" => Some(RetentionMode::Compliance),
        _ => None,
    }
}

fn mode_name(mode: RetentionMode) -> &'static str {
    match mode {
        RetentionMode::Governance => "GOVERNANCE",
        RetentionMode::Compliance => "COMPLIANCE",
    }
}

fn hold_of(status: &str) -> Option<bool> {
    match status {
        "ON" => Some(true),
        "OFF" => Some(false),
        _ => None,
    }
}

fn hold_name(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

/// Adds what GET and HEAD show of a lock: of retention to those who may read it, of a hold to those
/// who may read that. A hold that was never set has no header (S3 API reference, HeadObject).
pub(crate) fn show(answer: &mut HeaderMap, lock: &Lock, retention: bool, hold: bool) {
    if let Some(kept) = lock.retention.filter(|_| retention) {
        let mode = mode_name(kept.mode);
        headers::set(answer, HeaderName::from_static(MODE), mode);
        let until = date_text(&times::of_compliance(kept.until));
        headers::set(answer, HeaderName::from_static(UNTIL), &until);
    }
    if retention && !lock.classes.is_empty() {
        let names: Vec<_> = lock.classes.iter().map(ClassName::as_str).collect();
        headers::set(answer, HeaderName::from_static(CLASSES), &names.join(", "));
    }
    if let Some(on) = lock.hold.filter(|_| hold) {
        headers::set(answer, HeaderName::from_static(HOLD), hold_name(on));
    }
}

/// A date as the documents have it: ISO 8601 with milliseconds.
fn date_text(timestamp: &Timestamp) -> String {
    let mut text = Vec::new();
    match timestamp.format(TimestampFormat::DateTime, &mut text) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

fn malformed() -> S3Error {
    let message = "The XML you provided was not well-formed or did not validate against our \
                   published schema";
    S3Error::with_message(S3ErrorCode::MalformedXML, message)
}

/// `<Retention>`: mode and date, or neither, which takes the retention away.
///
/// # Errors
/// `MalformedXML`.
pub(crate) fn retention_of(
    document: Option<dto::ObjectLockRetention>,
) -> S3Result<Option<Retention>> {
    let document = document.ok_or_else(malformed)?;
    match (document.mode, document.retain_until_date) {
        (None, None) => Ok(None),
        (Some(mode), Some(until)) => Ok(Some(Retention {
            mode: mode_of(mode.as_str()).ok_or_else(malformed)?,
            until: times::until(until),
        })),
        _ => Err(malformed()),
    }
}

/// `<Retention>` of an answer.
pub(crate) fn retention_to_wire(retention: Retention) -> dto::ObjectLockRetention {
    dto::ObjectLockRetention {
        mode: Some(dto::ObjectLockRetentionMode::from_static(mode_name(
            retention.mode,
        ))),
        retain_until_date: Some(times::of_compliance(retention.until)),
    }
}

/// `<LegalHold>`.
///
/// # Errors
/// `MalformedXML`.
pub(crate) fn legal_hold_of(document: Option<dto::ObjectLockLegalHold>) -> S3Result<bool> {
    let status = document
        .and_then(|hold| hold.status)
        .ok_or_else(malformed)?;
    hold_of(status.as_str()).ok_or_else(malformed)
}

/// `<LegalHold>` of an answer.
pub(crate) fn legal_hold_to_wire(on: bool) -> dto::ObjectLockLegalHold {
    let status = dto::ObjectLockLegalHoldStatus::from_static(hold_name(on));
    dto::ObjectLockLegalHold {
        status: Some(status),
    }
}

/// `<ObjectLockConfiguration>`: the default retention, if it has one.
///
/// # Errors
/// `MalformedXML`; `InvalidRetentionPeriod` for a period below 1; `InvalidArgument` for one that is
/// too long (decision 0150).
pub(crate) fn configuration_of(
    document: Option<dto::ObjectLockConfiguration>,
) -> S3Result<Option<DefaultRetention>> {
    let document = document.ok_or_else(malformed)?;
    let enabled = document.object_lock_enabled.ok_or_else(malformed)?;
    if enabled.as_str() != "Enabled" {
        return Err(malformed());
    }
    let Some(rule) = document.rule else {
        return Ok(None);
    };
    let default = rule.default_retention.ok_or_else(malformed)?;
    let mode = default.mode.ok_or_else(malformed)?;
    let mode = mode_of(mode.as_str()).ok_or_else(malformed)?;
    // Below 0 is as wrong as 0, and both are told alike.
    let length = |number: i32| u32::try_from(number).unwrap_or(0);
    let period = match (default.days, default.years) {
        (Some(days), None) => Period::days(length(days)),
        (None, Some(years)) => Period::years(length(years)),
        _ => return Err(malformed()),
    };
    let period = period.map_err(|bad| match bad {
        BadPeriod::NotPositive => errors::answer(
            "InvalidRetentionPeriod",
            400,
            "Default retention period must be a positive integer value.".to_owned(),
        ),
        BadPeriod::TooLong { .. } => {
            errors::invalid_argument("Default retention period too large.")
        }
    })?;
    Ok(Some(DefaultRetention { mode, period }))
}

/// `<ObjectLockConfiguration>` of an answer.
pub(crate) fn configuration_to_wire(lock: &ObjectLock) -> dto::ObjectLockConfiguration {
    let number = |number: Option<u32>| number.and_then(|n| i32::try_from(n).ok());
    let rule = lock.default.map(|default| dto::ObjectLockRule {
        default_retention: Some(dto::DefaultRetention {
            days: number(default.period.in_days()),
            mode: Some(dto::ObjectLockRetentionMode::from_static(mode_name(
                default.mode,
            ))),
            years: number(default.period.in_years()),
        }),
    });
    let enabled = dto::ObjectLockEnabled::from_static(dto::ObjectLockEnabled::ENABLED);
    dto::ObjectLockConfiguration {
        object_lock_enabled: Some(enabled),
        rule,
    }
}

#[cfg(test)]
mod tests;
