//! Object lock of a bucket: its default retention and the probation of a COMPLIANCE default.

use crate::calendar::{CivilDate, DAY_MS};
use crate::lock::{RETAIN_UNTIL_MAX, Retention, RetentionMode};
use crate::time::ComplianceTime;

/// Longest default period in days (AWS S3 API reference, DefaultRetention; the ceiling as AWS
/// documents it for `s3:object-lock-remaining-retention-days`).
const DAYS_MAX: u32 = 36_500;
/// Longest default period in years.
const YEARS_MAX: u32 = 100;

/// A length of retention as S3 states it. Only [`Period::days`] and [`Period::years`] make one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Period(Length);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Length {
    Days(u32),
    Years(u32),
}

impl Period {
    /// Days of 24 hours.
    ///
    /// # Errors
    /// [`BadPeriod`] for 0 and for more than 36,500.
    pub fn days(days: u32) -> Result<Self, BadPeriod> {
        check(days, DAYS_MAX).map(|()| Self(Length::Days(days)))
    }

    /// Calendar years: until the same date and time of day in Japan. From 29 February until 1 March
    /// where there is no 29 February, so that a year is never cut short; never past the year 9999.
    ///
    /// # Errors
    /// [`BadPeriod`] for 0 and for more than 100.
    pub fn years(years: u32) -> Result<Self, BadPeriod> {
        check(years, YEARS_MAX).map(|()| Self(Length::Years(years)))
    }

    /// The number of days, if it is stated in days.
    #[must_use]
    pub fn in_days(self) -> Option<u32> {
        match self.0 {
            Length::Days(days) => Some(days),
            Length::Years(_) => None,
        }
    }

    /// The number of years, if it is stated in years.
    #[must_use]
    pub fn in_years(self) -> Option<u32> {
        match self.0 {
            Length::Years(years) => Some(years),
            Length::Days(_) => None,
        }
    }

    /// The end of a period that begins at `start`.
    #[must_use]
    pub fn after(self, start: ComplianceTime) -> ComplianceTime {
        match self.0 {
            Length::Days(days) => {
                let ms = i64::from(days).saturating_mul(DAY_MS);
                ComplianceTime(start.0.saturating_add(ms))
            }
            Length::Years(years) => years_after(start, years),
        }
    }
}

fn check(number: u32, max: u32) -> Result<(), BadPeriod> {
    match number {
        0 => Err(BadPeriod::NotPositive),
        number if number > max => Err(BadPeriod::TooLong { max }),
        _ => Ok(()),
    }
}

/// The same date in Japan that many years later, at the same time of day.
fn years_after(start: ComplianceTime, years: u32) -> ComplianceTime {
    let end = || {
        let date = CivilDate::in_japan(start).ok()?;
        let later = date.years_later(years).ok()?;
        let in_day = start.0.saturating_sub(date.begins().0);
        // A 29 February that the year does not have is 1 March: no year is cut short.
        let day = if same_day(date, later) {
            later.begins()
        } else {
            later.ends()
        };
        Some(ComplianceTime(day.0.saturating_add(in_day)))
    };
    end().unwrap_or(RETAIN_UNTIL_MAX)
}

/// Whether both are the same day of the same month: both are written YYYY-MM-DD.
fn same_day(a: CivilDate, b: CivilDate) -> bool {
    let month_and_day = |date: CivilDate| date.to_string().split_off(4);
    month_and_day(a) == month_and_day(b)
}

/// A period that S3 refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPeriod {
    /// Zero or negative.
    #[error("a default retention period must be a positive number of days or years")]
    NotPositive,
    /// Too long.
    #[error("a default retention period must not be longer than {max}")]
    TooLong {
        /// The largest number allowed.
        max: u32,
    },
}

/// Retention that a bucket gives new versions. It is stored on each version when that is made, and
/// a later change touches only later versions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DefaultRetention {
    /// Mode.
    pub mode: RetentionMode,
    /// How long.
    pub period: Period,
}

impl DefaultRetention {
    /// The retention of a version that is kept from `start` on.
    #[must_use]
    pub fn from(self, start: ComplianceTime) -> Retention {
        Retention {
            mode: self.mode,
            until: self.period.after(start),
        }
    }
}

/// A new COMPLIANCE default on trial: until it ends, new versions are under GOVERNANCE.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Probation {
    /// When it ends.
    pub ends: ComplianceTime,
}

/// Object lock of a bucket. Its presence means that lock is enabled; it is never cleared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ObjectLock {
    /// Retention of new versions that ask for none.
    pub default: Option<DefaultRetention>,
    /// Trial of the default.
    pub probation: Option<Probation>,
}
