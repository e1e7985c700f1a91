//! Three times: what people's clocks showed, what orders versions, and what expiry is judged by.

/// What the host's wall clock showed: milliseconds since 1970-01-01T00:00Z. May be wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct WallTime(pub i64);

/// Compliance time: milliseconds since 1970-01-01T00:00Z on the clock by which alone locks expire.
/// Never ahead of real time by more than its lead bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ComplianceTime(pub i64);

/// Hybrid logical time: 48 bits of wall milliseconds and 16 bits of counter; strictly increasing
/// in a vault, across restarts too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct HybridTime(u64);

impl HybridTime {
    /// From its packed form: milliseconds in the upper 48 bits, counter in the lower 16.
    #[must_use]
    pub const fn from_packed(packed: u64) -> Self {
        Self(packed)
    }

    /// Packed form; order is kept.
    #[must_use]
    pub const fn packed(self) -> u64 {
        self.0
    }

    /// The wall milliseconds inside.
    #[must_use]
    pub fn wall(self) -> WallTime {
        WallTime(i64::try_from(self.0 >> 16).unwrap_or(i64::MAX))
    }

    /// The smallest time that is after `self` and not before `wall`.
    #[must_use]
    pub fn advance(self, wall: WallTime) -> Self {
        let ms = u64::try_from(wall.0).unwrap_or(0).min((1 << 48) - 1);
        Self(self.0.saturating_add(1).max(ms << 16))
    }
}
