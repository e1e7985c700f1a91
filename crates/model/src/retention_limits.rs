//! Limits on retention dates: of a bucket (floor, ceiling) and of an access key. They stop the
//! retention bomb (facts A7): locks that nobody can undo on more than anybody agreed to.
//!
//! All days are of 24 hours of compliance time.

use crate::calendar::DAY_MS;
use crate::cooling::Governed;
use crate::lock::Retention;
use crate::time::ComplianceTime;

/// Most days that a limit can say (facts L10).
pub const LIMIT_DAYS_MAX: u32 = 36_500;

/// Limits of a bucket on the retention dates of its versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RetentionLimits {
    floor_days: Option<u32>,
    ceiling_days: Option<u32>,
}

/// Limits that contradict each other or cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a floor and a ceiling are 1 to 36500 days, and the floor is not above the ceiling")]
pub struct BadLimits;

impl RetentionLimits {
    /// Limits: retention ends at the earliest `floor_days` after the version was made, and at the
    /// latest `ceiling_days` after the request that asks for it.
    ///
    /// # Errors
    /// [`BadLimits`].
    pub fn new(floor_days: Option<u32>, ceiling_days: Option<u32>) -> Result<Self, BadLimits> {
        let good = |days: Option<u32>| days.is_none_or(|days| (1..=LIMIT_DAYS_MAX).contains(&days));
        let crossed =
            matches!((floor_days, ceiling_days), (Some(floor), Some(most)) if floor > most);
        (good(floor_days) && good(ceiling_days) && !crossed)
            .then_some(Self {
                floor_days,
                ceiling_days,
            })
            .ok_or(BadLimits)
    }

    /// Shortest retention in days.
    #[must_use]
    pub fn floor_days(&self) -> Option<u32> {
        self.floor_days
    }

    /// Longest retention in days.
    #[must_use]
    pub fn ceiling_days(&self) -> Option<u32> {
        self.ceiling_days
    }

    /// The earliest end of retention of a version made at `made`.
    #[must_use]
    pub fn floor(&self, made: ComplianceTime) -> Option<ComplianceTime> {
        self.floor_days.map(|days| days_after(made, days))
    }

    /// A date that the bucket or a class gives, not before the floor.
    #[must_use]
    pub fn raised(&self, retention: Retention, made: ComplianceTime) -> Retention {
        match self.floor(made) {
            Some(floor) => retention.extend(floor),
            None => retention,
        }
    }
}

/// A higher floor takes nothing away, nor does a lower ceiling. When both change and the change
/// waits, the strengthening half counts at once unless the floor would pass the ceiling.
impl Governed for RetentionLimits {
    fn keeps_at_least(&self, new: &Self) -> bool {
        let ceiling = |limits: &Self| limits.ceiling_days.unwrap_or(u32::MAX);
        new.floor_days >= self.floor_days && ceiling(new) <= ceiling(self)
    }

    fn stricter(&self, new: &Self) -> Self {
        let ceiling = match (self.ceiling_days, new.ceiling_days) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self::new(self.floor_days.max(new.floor_days), ceiling).unwrap_or(*self)
    }
}

/// Limits of one access key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeyLockLimits {
    /// Longest retention that it may ask for, in days from the request.
    pub days_max: Option<u32>,
    /// Most bytes that it may lock, or lock for longer, in one compliance day of Japan.
    pub bytes_per_day: Option<u64>,
}

/// A request went over a limit. The message names it, for S3 clients (403 `AccessDenied`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OverLimit {
    /// Below the floor of the bucket.
    #[error(
        "retention limit: the floor of this bucket keeps a version at least {days} days from its upload"
    )]
    Floor {
        /// The floor.
        days: u32,
    },
    /// Above the ceiling of the bucket.
    #[error(
        "retention limit: the ceiling of this bucket is {days} days from now; an operator may raise it"
    )]
    Ceiling {
        /// The ceiling.
        days: u32,
    },
    /// Above the ceiling of the key.
    #[error("retention limit: this access key may lock for at most {days} days (lock_days_max)")]
    KeyDays {
        /// The ceiling.
        days: u32,
    },
    /// The bytes of the day are used up.
    #[error(
        "retention limit: this access key may lock {bytes} bytes a day (locked_bytes_per_day) and has locked {used}"
    )]
    KeyBytes {
        /// The limit.
        bytes: u64,
        /// Locked today.
        used: u64,
    },
}

/// Judges a retention that a request asks for. `before` is what stands; `made` is when the version
/// was made; `now` is compliance time.
///
/// # Errors
/// [`OverLimit`] names the limit.
pub fn judge_retention(
    bucket: &RetentionLimits,
    key: &KeyLockLimits,
    (before, asked): (Option<Retention>, Option<Retention>),
    (made, now): (ComplianceTime, ComplianceTime),
) -> Result<(), OverLimit> {
    if let (Some(days), Some(floor)) = (bucket.floor_days, bucket.floor(made)) {
        let short = match asked {
            Some(asked) => asked.until < floor,
            // Taking away what the floor still keeps.
            None => before.is_some() && now < floor,
        };
        if short {
            return Err(OverLimit::Floor { days });
        }
    }
    let Some(asked) = asked else {
        return Ok(());
    };
    if before.is_some_and(|before| asked.until <= before.until) {
        return Ok(());
    }
    let over = |days: Option<u32>| days.filter(|days| days_after(now, *days) < asked.until);
    if let Some(days) = over(bucket.ceiling_days) {
        return Err(OverLimit::Ceiling { days });
    }
    match over(key.days_max) {
        Some(days) => Err(OverLimit::KeyDays { days }),
        None => Ok(()),
    }
}

fn days_after(from: ComplianceTime, days: u32) -> ComplianceTime {
    ComplianceTime(
        from.0
            .saturating_add(i64::from(days).saturating_mul(DAY_MS)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::RetentionMode;

    fn days(days: i64) -> ComplianceTime {
        ComplianceTime(days * DAY_MS)
    }

    fn until(end: i64) -> Option<Retention> {
        Some(Retention {
            mode: RetentionMode::Compliance,
            until: days(end),
        })
    }

    #[test]
    fn dates_stay_between_floor_and_ceiling() {
        let limits = RetentionLimits::new(Some(10), Some(100)).unwrap();
        let key = KeyLockLimits::default();
        let judge = |before, asked, now| {
            judge_retention(&limits, &key, (before, asked), (days(0), days(now)))
        };
        assert_eq!(judge(None, until(9), 0), Err(OverLimit::Floor { days: 10 }));
        assert_eq!(judge(None, until(10), 0), Ok(()));
        assert_eq!(judge(None, until(100), 0), Ok(()));
        assert_eq!(
            judge(None, until(101), 0),
            Err(OverLimit::Ceiling { days: 100 })
        );
        assert_eq!(
            judge(until(101), until(101), 0),
            Ok(()),
            "it stands already"
        );
        assert_eq!(
            judge(until(50), None, 5),
            Err(OverLimit::Floor { days: 10 })
        );
        assert_eq!(judge(until(50), None, 10), Ok(()));
        assert_eq!(judge(None, None, 0), Ok(()), "nothing was asked");
    }

    #[test]
    fn a_key_has_a_ceiling_of_its_own_and_extension_counts() {
        let key = KeyLockLimits {
            days_max: Some(30),
            bytes_per_day: None,
        };
        let none = RetentionLimits::default();
        let judge =
            |before, asked| judge_retention(&none, &key, (before, asked), (days(0), days(0)));
        assert_eq!(judge(None, until(31)), Err(OverLimit::KeyDays { days: 30 }));
        assert_eq!(
            judge(until(5), until(31)),
            Err(OverLimit::KeyDays { days: 30 })
        );
        assert_eq!(judge(until(5), until(30)), Ok(()));
    }

    #[test]
    fn only_strengthening_acts_at_once() {
        let limits = |floor, ceiling| RetentionLimits::new(floor, ceiling).unwrap();
        let old = limits(Some(10), Some(100));
        assert!(old.keeps_at_least(&limits(Some(20), Some(50))));
        assert!(!old.keeps_at_least(&limits(Some(5), Some(100))));
        assert!(!old.keeps_at_least(&limits(Some(10), Some(200))));
        assert!(!old.keeps_at_least(&limits(Some(10), None)));
        assert!(!old.keeps_at_least(&limits(None, Some(100))));
        let both = old.stricter(&limits(Some(20), Some(200)));
        assert_eq!(both, limits(Some(20), Some(100)));
    }

    #[test]
    fn limits_that_cannot_be_are_refused() {
        assert_eq!(RetentionLimits::new(Some(2), Some(1)), Err(BadLimits));
        assert_eq!(RetentionLimits::new(Some(0), None), Err(BadLimits));
        assert_eq!(RetentionLimits::new(None, Some(36_501)), Err(BadLimits));
    }
}
