//! When the disk fills: a straight line through what was stored.

use crate::calendar::{CivilDate, DAY_MS};
use crate::time::ComplianceTime;

/// Days that a forecast looks back on.
pub const FORECAST_DAYS: i64 = 28;

/// Bytes stored on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredOn {
    /// The day in Japan.
    pub day: CivilDate,
    /// Bytes.
    pub bytes: u64,
}

/// When the disk fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// Mean of the days looked at.
    pub bytes_per_day: u64,
    /// Days looked at.
    pub days: i64,
    /// The day on which the usable bytes are used up; `None` when nothing grows, or not before 9999.
    pub full_on: Option<CivilDate>,
}

/// The mean of the last 28 whole days before `today`, or of as many as there are since the first
/// upload; today itself only when there is no other. The line goes on like that: it knows nothing of
/// what expires, and of no season.
#[must_use]
pub fn forecast(stored: &[StoredOn], today: CivilDate, usable_bytes: u64) -> Forecast {
    let ago = |day: CivilDate| {
        let ms = today.begins().0.saturating_sub(day.begins().0);
        ms.div_euclid(DAY_MS)
    };
    let first = stored.iter().map(|on| ago(on.day)).max().unwrap_or(0);
    let days = first.clamp(0, FORECAST_DAYS);
    let counted = |on: &&StoredOn| match days {
        0 => on.day == today,
        days => (1..=days).contains(&ago(on.day)),
    };
    let bytes = stored
        .iter()
        .filter(counted)
        .fold(0_u64, |sum, on| sum.saturating_add(on.bytes));
    let days = days.max(1);
    let per_day = bytes / u64::try_from(days).unwrap_or(1);
    let full_on = usable_bytes
        .checked_div(per_day)
        .and_then(|left| i64::try_from(left).ok())
        .and_then(|left| {
            let ms = left.checked_mul(DAY_MS)?.checked_add(today.begins().0)?;
            CivilDate::in_japan(ComplianceTime(ms)).ok()
        });
    Forecast {
        bytes_per_day: per_day,
        days,
        full_on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: &str, bytes: u64) -> StoredOn {
        StoredOn {
            day: CivilDate::parse(day).unwrap(),
            bytes,
        }
    }

    fn at(stored: &[StoredOn], usable: u64) -> Forecast {
        forecast(stored, CivilDate::parse("2026-11-23").unwrap(), usable)
    }

    #[test]
    fn a_steady_hospital_fills_on_a_day() {
        let stored: Vec<StoredOn> = (1..=22)
            .map(|day| on(&format!("2026-11-{day:02}"), 100))
            .collect();
        let forecast = at(&stored, 1000);
        assert_eq!((forecast.bytes_per_day, forecast.days), (100, 22));
        assert_eq!(forecast.full_on, CivilDate::parse("2026-12-03").ok());
    }

    #[test]
    fn days_without_uploads_count_and_old_ones_do_not() {
        let stored = [on("2020-01-01", 1 << 40), on("2026-11-20", 2800)];
        let forecast = at(&stored, 1000);
        assert_eq!((forecast.bytes_per_day, forecast.days), (100, 28));
    }

    #[test]
    fn nothing_grows_and_the_first_day() {
        assert_eq!(at(&[], 1000).full_on, None);
        let first = at(&[on("2026-11-23", 500)], 1000);
        assert_eq!((first.bytes_per_day, first.days), (500, 1));
        assert_eq!(first.full_on, CivilDate::parse("2026-11-25").ok());
        assert_eq!(at(&[on("2026-11-22", 1)], u64::MAX).full_on, None);
    }
}
