//! Conditional requests (RFC 9110 §13, and S3's conditional writes).

use crate::checksum::ETag;
use crate::time::WallTime;

/// `If-Match` or `If-None-Match`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ETagCondition {
    /// `*`: any version.
    Any,
    /// One of these, as text without quotes.
    OneOf(Vec<String>),
}

impl ETagCondition {
    /// Whether `etag` is among those named.
    #[must_use]
    pub fn names(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(list) => list.iter().any(|text| *text == etag.to_string()),
        }
    }
}

/// Conditions of one request; all absent = unconditional.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    /// `If-Match`.
    pub if_match: Option<ETagCondition>,
    /// `If-None-Match`.
    pub if_none_match: Option<ETagCondition>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<WallTime>,
    /// `If-Unmodified-Since`.
    pub if_unmodified_since: Option<WallTime>,
}

/// What a failed condition means to the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConditionFailed {
    /// HTTP 304.
    #[error("not modified")]
    NotModified,
    /// HTTP 412.
    #[error("a precondition of the request does not hold")]
    PreconditionFailed,
    /// HTTP 404: `If-Match` on a key that does not exist.
    #[error("the key does not exist")]
    NoSuchKey,
}

impl Conditions {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Judges a read of an existing version, in the order of RFC 9110 §13.2.2. Times are compared
    /// in whole seconds, as HTTP dates carry no more.
    ///
    /// # Errors
    /// [`ConditionFailed::NotModified`] or [`ConditionFailed::PreconditionFailed`].
    pub fn judge_read(&self, etag: &ETag, modified: WallTime) -> Result<(), ConditionFailed> {
        let after = |since: WallTime| modified.0.div_euclid(1000) > since.0.div_euclid(1000);
        match &self.if_match {
            Some(condition) if !condition.names(etag) => {
                return Err(ConditionFailed::PreconditionFailed);
            }
            Some(_) => {}
            None if self.if_unmodified_since.is_some_and(after) => {
                return Err(ConditionFailed::PreconditionFailed);
            }
            None => {}
        }
        match &self.if_none_match {
            Some(condition) if condition.names(etag) => Err(ConditionFailed::NotModified),
            Some(_) => Ok(()),
            None if self.if_modified_since.is_some_and(|since| !after(since)) => {
                Err(ConditionFailed::NotModified)
            }
            None => Ok(()),
        }
    }

    /// Judges a write against the version that is current now (`None`: none, or a delete marker).
    ///
    /// # Errors
    /// [`ConditionFailed::PreconditionFailed`], or [`ConditionFailed::NoSuchKey`] for `If-Match`
    /// on nothing.
    pub fn judge_write(&self, current: Option<&ETag>) -> Result<(), ConditionFailed> {
        match (&self.if_match, current) {
            (Some(_), None) => return Err(ConditionFailed::NoSuchKey),
            (Some(condition), Some(etag)) if !condition.names(etag) => {
                return Err(ConditionFailed::PreconditionFailed);
            }
            _ => {}
        }
        match (&self.if_none_match, current) {
            (Some(condition), Some(etag)) if condition.names(etag) => {
                Err(ConditionFailed::PreconditionFailed)
            }
            _ => Ok(()),
        }
    }
}
