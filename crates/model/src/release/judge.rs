//! The judging that lets a version, a marker or the remains of an upload be erased.

use crate::cooling::HistoryDays;
use crate::lock::{Allowed, LockRefused, LockRequest, LockState, judge};
use crate::position::{PartitionId, Sequence};
use crate::release::{BlobId, Releasable};
use crate::time::ComplianceTime;

/// All that decides whether something may be released, as read at one moment. The release record is
/// guarded by what was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReleaseCase {
    /// Partition of the records.
    pub partition: PartitionId,
    /// When S3 ceased to show it; `None` = S3 shows it.
    pub hidden: Option<ComplianceTime>,
    /// How long history keeps it.
    pub history: HistoryDays,
    /// Its lock. Markers and uploads never have one: known and empty.
    pub lock: LockState,
    /// S3 would show another version again if this one were gone: an older `null` version that it
    /// replaced is still kept.
    pub covers: bool,
    /// A pin of the vault on a moment of the past holds it.
    pub pinned: bool,
    /// Why the history of the partition is not known to be whole; `None` = it is.
    pub gap: Option<String>,
    /// Every record that names it or holds its key.
    pub erase: Vec<Sequence>,
    /// Its blobs.
    pub blobs: Vec<BlobId>,
}

/// Why something stays.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotReleased {
    /// S3 shows it.
    #[error("S3 shows it")]
    Shown,
    /// Its time in hidden history is not over.
    #[error("hidden history keeps it")]
    History {
        /// Over at this time.
        until: ComplianceTime,
    },
    /// A lock keeps it.
    #[error(transparent)]
    Locked(#[from] LockRefused),
    /// Another version would show again.
    #[error("an older version that it replaced is still kept, and would show again")]
    Covers,
    /// A pin holds it.
    #[error("a pin holds it")]
    Pinned,
    /// The history of the partition is not whole: what is not known is locked.
    #[error("the history of its partition is not whole: {0}")]
    Gap(String),
}

/// Judges whether something may be released. Nothing else makes a [`Releasable`], and nothing but a
/// [`Releasable`] whose release record is durable makes a [`super::ReleaseProof`].
///
/// # Errors
/// [`NotReleased`] says what keeps it.
pub fn release(case: ReleaseCase, now: ComplianceTime) -> Result<Releasable, NotReleased> {
    let hidden = case.hidden.ok_or(NotReleased::Shown)?;
    let _unlocked = match judge(&case.lock, LockRequest::Release, None, now)? {
        Allowed::Release(unlocked) => unlocked,
        Allowed::Hide(_) | Allowed::Becomes(_) => {
            let why = "the judge answered another question".to_owned();
            return Err(NotReleased::Locked(LockRefused::Unknown(why)));
        }
    };
    if !case.history.over(hidden, now) {
        let until = case.history.until(hidden);
        return Err(NotReleased::History { until });
    }
    if case.pinned {
        return Err(NotReleased::Pinned);
    }
    if case.covers {
        return Err(NotReleased::Covers);
    }
    if let Some(gap) = case.gap {
        return Err(NotReleased::Gap(gap));
    }
    Ok(Releasable {
        partition: case.partition,
        erase: case.erase,
        blobs: case.blobs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Lock, Retention, RetentionMode};

    const DAY: i64 = crate::lifecycle::DAY_MS;

    fn case() -> ReleaseCase {
        ReleaseCase {
            partition: PartitionId(1001),
            hidden: Some(ComplianceTime(0)),
            history: HistoryDays(30),
            lock: LockState::Known(Lock::default()),
            covers: false,
            pinned: false,
            gap: None,
            erase: vec![Sequence(1)],
            blobs: Vec::new(),
        }
    }

    #[test]
    fn what_left_history_unlocked_is_released_and_not_a_moment_before() {
        let over = ComplianceTime(30 * DAY);
        assert!(release(case(), over).is_ok());
        assert_eq!(
            release(case(), ComplianceTime(30 * DAY - 1)).unwrap_err(),
            NotReleased::History { until: over }
        );
    }

    #[test]
    fn each_keeper_keeps() {
        let now = ComplianceTime(100 * DAY);
        let refused = |case| release(case, now).unwrap_err();
        let shown = ReleaseCase {
            hidden: None,
            ..case()
        };
        assert_eq!(refused(shown), NotReleased::Shown);
        let held = ReleaseCase {
            lock: LockState::Known(Lock {
                hold: Some(true),
                ..Lock::default()
            }),
            ..case()
        };
        assert_eq!(refused(held), NotReleased::Locked(LockRefused::Hold));
        let until = ComplianceTime(101 * DAY);
        for mode in [RetentionMode::Governance, RetentionMode::Compliance] {
            let retained = ReleaseCase {
                lock: LockState::Known(Lock {
                    retention: Some(Retention { mode, until }),
                    ..Lock::default()
                }),
                ..case()
            };
            assert!(matches!(refused(retained), NotReleased::Locked(_)));
        }
        let unknown = ReleaseCase {
            lock: LockState::Unknown("unreadable".to_owned()),
            ..case()
        };
        assert!(matches!(refused(unknown), NotReleased::Locked(_)));
        let covers = ReleaseCase {
            covers: true,
            ..case()
        };
        assert_eq!(refused(covers), NotReleased::Covers);
        let pinned = ReleaseCase {
            pinned: true,
            ..case()
        };
        assert_eq!(refused(pinned), NotReleased::Pinned);
        let gap = ReleaseCase {
            gap: Some("record 3".to_owned()),
            ..case()
        };
        assert_eq!(refused(gap), NotReleased::Gap("record 3".to_owned()));
    }
}
