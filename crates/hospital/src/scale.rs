//! How large a share of the hospital is made.

use std::str::FromStr;

/// A share: `1`, `1/100`, `3/2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    numerator: u64,
    denominator: u64,
}

/// Why a text is no [`Scale`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scale: write a whole number or a fraction, as 1 or 1/100, of at most 1000")]
pub struct NotAScale(String);

impl Scale {
    /// Everything.
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// The share `numerator / denominator`; `None` for zeros and above 1000.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let large = numerator > denominator.saturating_mul(1000);
        if numerator == 0 || denominator == 0 || denominator > 1_000_000_000 || large {
            return None;
        }
        Some(Self {
            numerator,
            denominator,
        })
    }

    /// This share, or everything where it is more than that.
    pub(crate) fn at_most_one(self) -> Self {
        if self.numerator > self.denominator {
            Self::ONE
        } else {
            self
        }
    }

    /// The share of a number, rounded to the nearest; at least 1 of what is not 0.
    #[must_use]
    pub fn of(self, number: u64) -> u64 {
        if number == 0 {
            return 0;
        }
        let exact = u128::from(number) * u128::from(self.numerator);
        let denominator = u128::from(self.denominator);
        let rounded = (exact + denominator / 2) / denominator;
        u64::try_from(rounded).unwrap_or(u64::MAX).max(1)
    }
}

impl FromStr for Scale {
    type Err = NotAScale;

    fn from_str(text: &str) -> Result<Self, NotAScale> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let number = |part: &str| part.trim().parse::<u64>().ok();
        number(numerator)
            .zip(number(denominator))
            .and_then(|(numerator, denominator)| Self::new(numerator, denominator))
            .ok_or_else(|| NotAScale(text.to_owned()))
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}
