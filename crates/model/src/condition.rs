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

/// What a conditional deletion may compare with: the version or delete marker that is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeleteTarget {
    /// ETag; `None` for a delete marker.
    pub etag: Option<ETag>,
    /// Last-Modified.
    pub modified: WallTime,
    /// Length of the content in bytes.
    pub bytes: u64,
}

/// Conditions of one deletion (AWS API reference, DeleteObject and ObjectIdentifier); all absent =
/// unconditional.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeleteConditions {
    /// `If-Match`, or `ETag` in a list.
    pub if_match: Option<ETagCondition>,
    /// `x-amz-if-match-last-modified-time`, or `LastModifiedTime` in a list.
    pub modified: Option<WallTime>,
    /// `x-amz-if-match-size`, or `Size` in a list: length in bytes.
    pub bytes: Option<u64>,
}

impl DeleteConditions {
    /// Judges a deletion of what is there. Nothing there satisfies every condition: deleting it
    /// succeeds anyway. Times are compared in whole seconds, as HTTP dates carry no more.
    ///
    /// # Errors
    /// [`ConditionFailed::PreconditionFailed`].
    pub fn judge(&self, target: Option<&DeleteTarget>) -> Result<(), ConditionFailed> {
        let Some(target) = target else {
            return Ok(());
        };
        let etag = match (&self.if_match, &target.etag) {
            (None | Some(ETagCondition::Any), _) => true,
            (Some(condition), Some(etag)) => condition.names(etag),
            (Some(_), None) => false,
        };
        let second = |time: WallTime| time.0.div_euclid(1000);
        let modified = self
            .modified
            .is_none_or(|time| second(time) == second(target.modified));
        let bytes = self.bytes.is_none_or(|bytes| bytes == target.bytes);
        if etag && modified && bytes {
            Ok(())
        } else {
            Err(ConditionFailed::PreconditionFailed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_is_judged_by_what_is_there() {
        let etag = ETag {
            md5: [1; 16],
            parts: None,
        };
        let version = DeleteTarget {
            etag: Some(etag),
            modified: WallTime(5_400),
            bytes: 3,
        };
        let marker = DeleteTarget {
            etag: None,
            ..version
        };
        let of = |text: &str| DeleteConditions {
            if_match: Some(ETagCondition::OneOf(vec![text.to_owned()])),
            ..DeleteConditions::default()
        };
        let right = of(&etag.to_string());
        assert_eq!(right.judge(Some(&version)), Ok(()));
        assert!(of("other").judge(Some(&version)).is_err());
        assert!(right.judge(Some(&marker)).is_err());
        assert_eq!(of("other").judge(None), Ok(()));
        let any = DeleteConditions {
            if_match: Some(ETagCondition::Any),
            ..DeleteConditions::default()
        };
        assert_eq!(any.judge(Some(&marker)), Ok(()));
        let at = |time, bytes| DeleteConditions {
            if_match: None,
            modified: Some(WallTime(time)),
            bytes: Some(bytes),
        };
        assert_eq!(at(5_000, 3).judge(Some(&version)), Ok(()));
        assert!(at(6_000, 3).judge(Some(&version)).is_err());
        assert!(at(5_999, 4).judge(Some(&version)).is_err());
    }
}
