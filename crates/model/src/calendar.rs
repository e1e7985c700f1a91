//! Days of the calendar, for periods that laws count in years.
//!
//! Dates are those of Japan (UTC+9, no summer time): 完結の日 is a date there, not a moment.
//! A period of n years from a date ends with the same date n years later, at 24:00 in Japan; from
//! 29 February it ends on 28 February where that year has no 29th, still at 24:00. Civil Code
//! articles 140 and 143 end a period at most one day earlier, so what is kept by this rule is never
//! freed before the law's day.

use std::fmt;

use crate::time::ComplianceTime;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Japan is this far ahead of UTC, in milliseconds.
const JAPAN_MS: i64 = 9 * 3_600_000;
/// Last year that can be written (RFC 3339 has four digits).
const YEAR_MAX: i64 = 9999;

/// A date of the Gregorian calendar in Japan, from 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CivilDate {
    year: i64,
    month: i64,
    day: i64,
}

/// Not a date, or one outside 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a date is written YYYY-MM-DD, from 1970-01-01 to 9999-12-31")]
pub struct BadDate;

impl CivilDate {
    /// A date that exists.
    ///
    /// # Errors
    /// [`BadDate`].
    pub fn new(year: i64, month: i64, day: i64) -> Result<Self, BadDate> {
        let exists = (1970..=YEAR_MAX).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        exists.then_some(Self { year, month, day }).ok_or(BadDate)
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`BadDate`].
    pub fn parse(text: &str) -> Result<Self, BadDate> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(BadDate);
        }
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range).ok_or(BadDate)?;
            digits.parse::<i64>().map_err(|_| BadDate)
        };
        Self::new(number(0..4)?, number(5..7)?, number(8..10)?)
    }

    /// The date in Japan at a moment.
    ///
    /// # Errors
    /// [`BadDate`] outside 1970 to 9999.
    pub fn in_japan(at: ComplianceTime) -> Result<Self, BadDate> {
        let local = at.0.checked_add(JAPAN_MS).ok_or(BadDate)?;
        from_days(local.div_euclid(DAY_MS))
    }

    /// The moment at which the day begins in Japan.
    #[must_use]
    pub fn begins(self) -> ComplianceTime {
        ComplianceTime(self.days().saturating_mul(DAY_MS).saturating_sub(JAPAN_MS))
    }

    /// The moment at which the day is over in Japan (24:00).
    #[must_use]
    pub fn ends(self) -> ComplianceTime {
        ComplianceTime(self.begins().0.saturating_add(DAY_MS))
    }

    /// The same date `years` later; 28 February for a 29th that the year does not have.
    ///
    /// # Errors
    /// [`BadDate`] after 9999.
    pub fn years_later(self, years: u32) -> Result<Self, BadDate> {
        let year = self.year.saturating_add(i64::from(years));
        let day = self.day.min(days_of_month(year, self.month));
        Self::new(year, self.month, day)
    }

    /// Days since 1970-01-01.
    fn days(self) -> i64 {
        // Years begin in March, so that the leap day is the last of its year.
        let year = if self.month <= 2 {
            self.year - 1
        } else {
            self.year
        };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = (self.month + 9) % 12;
        let of_year = (153 * month + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

fn from_days(days: i64) -> Result<CivilDate, BadDate> {
    let days = days.checked_add(719_468).ok_or(BadDate)?;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    CivilDate::new(year, month, day)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        let first = date("1970-01-01").days();
        assert_eq!(first, 0);
        let mut before = date("1970-01-01");
        for days in 1..146_097 {
            let next = from_days(days).unwrap();
            assert_eq!(next.days(), days);
            assert!(next > before);
            before = next;
        }
        assert_eq!(date("2000-02-29").days(), 11_016);
    }

    #[test]
    fn a_date_is_the_one_in_japan() {
        let evening = ComplianceTime(1_767_193_199_999);
        assert_eq!(CivilDate::in_japan(evening).unwrap(), date("2025-12-31"));
        let midnight = ComplianceTime(evening.0 + 1);
        assert_eq!(CivilDate::in_japan(midnight).unwrap(), date("2026-01-01"));
        assert_eq!(date("2026-01-01").begins(), midnight);
        assert_eq!(date("2025-12-31").ends(), midnight);
    }

    #[test]
    fn years_end_on_the_same_date() {
        assert_eq!(date("2026-04-01").years_later(5), Ok(date("2031-04-01")));
        assert_eq!(date("2024-02-29").years_later(5), Ok(date("2029-02-28")));
        assert_eq!(date("2024-02-29").years_later(4), Ok(date("2028-02-29")));
        assert_eq!(date("9990-01-01").years_later(10), Err(BadDate));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in [
            "",
            "2026-2-01",
            "2026-02-30",
            "2026-13-01",
            "1969-12-31",
            "2026/01/01",
            "+026-01-01",
            "2026-01-01T",
            "２０２６-01-01",
        ] {
            assert_eq!(CivilDate::parse(bad), Err(BadDate), "{bad}");
        }
    }
}
