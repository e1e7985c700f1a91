//! Dates and times of day as the formats write them. All are local (+09:00).

use time::{Date, Duration, Month};

/// A millisecond of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) date: Date,
    /// Since midnight, below 86,400,000.
    pub(crate) millisecond: u64,
}

impl Moment {
    /// The `number`th of `count` events that spread over the day from `from` to `to` o'clock. Two
    /// numbers have two moments as long as there are fewer events than milliseconds.
    pub(crate) fn spread(date: Date, hours: (u64, u64), number: u64, count: u64) -> Self {
        let span = (hours.1.saturating_sub(hours.0)) * 3_600_000;
        let millisecond = hours.0 * 3_600_000 + span * number / count.max(1) + 123;
        Self { date, millisecond }
    }

    /// The same time on another day.
    pub(crate) fn days_later(self, days: i64) -> Self {
        Self {
            date: later(self.date, days),
            ..self
        }
    }

    /// `HHMMSS`.
    pub(crate) fn time(self) -> String {
        let seconds = self.millisecond / 1000;
        format!(
            "{:02}{:02}{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// `YYYYMMDDHHMMSS`.
    pub(crate) fn second(self) -> String {
        format!("{}{}", compact(self.date), self.time())
    }

    /// `YYYY-MM-DDTHH:MM:SS+09:00`, as FHIR writes instants.
    pub(crate) fn instant(self) -> String {
        let seconds = self.millisecond / 1000;
        format!(
            "{}T{:02}:{:02}:{:02}+09:00",
            dashed(self.date),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// `YYYYMMDDHHMMSSFFF`, as SS-MIX2 names files.
    pub(crate) fn milliseconds(self) -> String {
        format!("{}{:03}", self.second(), self.millisecond % 1000)
    }
}

/// So many days later, or earlier; the same day where the calendar ends.
pub(crate) fn later(date: Date, days: i64) -> Date {
    date.checked_add(Duration::days(days)).unwrap_or(date)
}

/// `YYYYMMDD`.
pub(crate) fn compact(date: Date) -> String {
    format!(
        "{:04}{:02}{:02}",
        date.year(),
        date.month() as u8,
        date.day()
    )
}

/// `YYYY-MM-DD`.
pub(crate) fn dashed(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        date.month() as u8,
        date.day()
    )
}

/// A number for a day, for seeds.
pub(crate) fn ordinal(date: Date) -> u64 {
    u64::try_from(date.to_julian_day()).unwrap_or(0)
}

/// Why a text is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no day: write it as 2026-07-01, from 1990 to 2099")]
pub struct NotADay(String);

/// The day that a text names: `YYYY-MM-DD`, from 1990 to 2099.
///
/// # Errors
/// [`NotADay`] for any other text, and for days that are not in the calendar.
pub fn parse_day(text: &str) -> Result<Date, NotADay> {
    let mut parts = text.splitn(3, '-');
    let mut part = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.parse::<u16>().ok()
    };
    let day = part(4).zip(part(2)).zip(part(2));
    day.and_then(|((year, month), day)| {
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let day = u8::try_from(day).ok()?;
        let known = (1990..=2099).contains(&year);
        Date::from_calendar_date(i32::from(year), month, day)
            .ok()
            .filter(|_| known)
    })
    .ok_or_else(|| NotADay(text.to_owned()))
}
