//! Object lock: the state of a version, what may be asked of it, and the one function that decides.
//!
//! Source: AWS S3 user guide, "Locking objects with Object Lock". A lock belongs to a version, never
//! to a key. Retention, legal hold and event hold are independent: each alone keeps the version.
//! All times are compliance time ([`crate::time::ComplianceTime`]); no wall clock is ever compared.

mod birth;
mod default;
mod judge;

pub use birth::{LockAsked, birth};
pub use default::{BadPeriod, DefaultRetention, ObjectLock, Period, Probation};
pub use judge::{
    Allowed, Bypass, HidePermit, LockPermit, LockRefused, LockRequest, RETAIN_UNTIL_MAX, Unlocked,
    judge,
};

use crate::retention_class::ClassName;
use crate::time::ComplianceTime;

/// Retention mode of S3 Object Lock. The later one is the stronger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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
    /// Kept until then; at this very moment no longer.
    pub until: ComplianceTime,
}

impl Retention {
    /// The same mode, until the later of both times. Nothing here moves a date back.
    #[must_use]
    pub fn extend(self, until: ComplianceTime) -> Self {
        Self {
            until: self.until.max(until),
            ..self
        }
    }

    /// The stronger mode until the later date: what keeps at least as much as both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            mode: self.mode.max(other.mode),
            until: self.until.max(other.until),
        }
    }

    /// Whether it still keeps the version.
    #[must_use]
    pub fn active(self, now: ComplianceTime) -> bool {
        now < self.until
    }
}

/// Kept until an event (the completion of care) is posted, and never released before `floor`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EventHold {
    /// The retention class that waits for the event.
    pub class: ClassName,
    /// What the event starts never ends before.
    pub floor: ComplianceTime,
}

/// Lock state of a version.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Lock {
    /// Retention, if any.
    pub retention: Option<Retention>,
    /// Legal hold: `None` = never set, which HEAD shows by leaving the header out.
    pub hold: Option<bool>,
    /// An event that is awaited. The version is kept until it is posted.
    pub event: Option<EventHold>,
    /// Made by a bucket's COMPLIANCE default under probation: shows GOVERNANCE, and is upgraded
    /// from this time on unless the default was withdrawn.
    pub probation: Option<ComplianceTime>,
    /// Retention classes assigned, in the order of assignment.
    pub classes: Vec<ClassName>,
}

impl Lock {
    /// Whether nothing was ever set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Retention that still counts.
    #[must_use]
    pub fn retained(&self, now: ComplianceTime) -> Option<Retention> {
        self.retention.filter(|retention| retention.active(now))
    }

    /// Whether anything keeps the version.
    #[must_use]
    pub fn keeps(&self, now: ComplianceTime) -> bool {
        self.hold == Some(true) || self.event.is_some() || self.retained(now).is_some()
    }
}

/// What is known of a version's lock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LockState {
    /// Read and proved.
    Known(Lock),
    /// Unreadable, missing or contradictory: locked (invariant 4). Says what was found.
    Unknown(String),
}

#[cfg(test)]
mod tests;
