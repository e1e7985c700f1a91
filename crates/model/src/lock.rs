//! Lock state of a version, as every record core carries it.
//!
//! The rules (who may weaken what, and when) come with the lock engine; the shape is here so that
//! records of format v1 already hold it.

use crate::time::ComplianceTime;

/// Retention mode of S3 Object Lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RetentionMode {
    /// May be weakened by a governed path only.
    Governance,
    /// May only be extended.
    Compliance,
}

/// Mode and the compliance time up to which a version is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Retention {
    /// The mode.
    pub mode: RetentionMode,
    /// Kept until then.
    pub until: ComplianceTime,
}

/// Lock state: retention and legal hold are independent (facts L8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Lock {
    /// Retention, if any.
    pub retention: Option<Retention>,
    /// Legal hold: `None` = never set, which HEAD shows by leaving the header out.
    pub hold: Option<bool>,
}
