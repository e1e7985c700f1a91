//! Settings that weaken only after a wait (cooling-off): what strengthens acts at once, what weakens is
//! shown as pending, acts after the wait by compliance time, and can be taken back until then.

use std::time::Duration;

use crate::time::ComplianceTime;

/// A value and what may replace it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cooling<T> {
    in_force: T,
    pending: Option<Pending<T>>,
}

/// A value that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pending<T> {
    /// What was asked for.
    pub value: T,
    /// From when on it counts.
    pub acts_at: ComplianceTime,
}

/// A value whose changes may weaken.
pub trait Governed: Clone + PartialEq {
    /// Whether replacing `self` by `new` takes no protection away.
    fn keeps_at_least(&self, new: &Self) -> bool;

    /// What protects as well as both `self` and `new`: counts while `new` waits, so that the half of a
    /// change that strengthens acts at once.
    #[must_use]
    fn stricter(&self, new: &Self) -> Self;
}

impl<T: Governed> Cooling<T> {
    /// A value with nothing pending.
    #[must_use]
    pub fn settled(in_force: T) -> Self {
        Self {
            in_force,
            pending: None,
        }
    }

    /// As read back from a record.
    #[must_use]
    pub fn stored(in_force: T, pending: Option<Pending<T>>) -> Self {
        Self { in_force, pending }
    }

    /// What counts at `now`.
    #[must_use]
    pub fn in_force(&self, now: ComplianceTime) -> &T {
        match &self.pending {
            Some(pending) if pending.acts_at <= now => &pending.value,
            _ => &self.in_force,
        }
    }

    /// What waits at `now`.
    #[must_use]
    pub fn pending(&self, now: ComplianceTime) -> Option<&Pending<T>> {
        self.pending
            .as_ref()
            .filter(|pending| now < pending.acts_at)
    }

    /// What was asked for last, whether it counts already or waits.
    #[must_use]
    pub fn asked(&self) -> &T {
        self.pending
            .as_ref()
            .map_or(&self.in_force, |pending| &pending.value)
    }

    /// Both halves as they are to be stored: what counted when they were written, and what waits.
    #[must_use]
    pub fn parts(&self) -> (&T, Option<&Pending<T>>) {
        (&self.in_force, self.pending.as_ref())
    }

    /// The state after `value` was asked for at `now`. What waited before is replaced by it: asking for
    /// what is in force takes a pending change back at once. Asking again for what already waits does
    /// not begin the wait anew.
    #[must_use]
    pub fn ask(&self, value: T, now: ComplianceTime, wait: Duration) -> Self {
        let before = self.in_force(now);
        if before.keeps_at_least(&value) {
            return Self::settled(value);
        }
        if self
            .pending(now)
            .is_some_and(|pending| pending.value == value)
        {
            return self.clone();
        }
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self {
            in_force: before.stricter(&value),
            pending: Some(Pending {
                value,
                acts_at: ComplianceTime(now.0.saturating_add(wait)),
            }),
        }
    }
}

/// Days for which what S3 no longer shows stays in hidden history: more protects more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HistoryDays(pub u32);

impl HistoryDays {
    /// Most days: a hundred years.
    pub const MAX: Self = Self(36_500);

    /// Whether what was hidden at `hidden` has left history at `now`.
    #[must_use]
    pub fn over(self, hidden: ComplianceTime, now: ComplianceTime) -> bool {
        self.until(hidden) <= now
    }

    /// When what was hidden at `hidden` leaves history.
    #[must_use]
    pub fn until(self, hidden: ComplianceTime) -> ComplianceTime {
        let days = i64::from(self.0).saturating_mul(crate::lifecycle::DAY_MS);
        ComplianceTime(hidden.0.saturating_add(days))
    }
}

impl Governed for HistoryDays {
    fn keeps_at_least(&self, new: &Self) -> bool {
        new >= self
    }

    fn stricter(&self, new: &Self) -> Self {
        *self.max(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn weakening_waits_and_strengthening_does_not() {
        let start = Cooling::settled(HistoryDays(30));
        let now = ComplianceTime(1_000);
        let lowered = start.ask(HistoryDays(7), now, HOUR);
        assert_eq!(lowered.in_force(now), &HistoryDays(30));
        assert_eq!(lowered.asked(), &HistoryDays(7));
        let acts = ComplianceTime(1_000 + 3_600_000);
        assert_eq!(lowered.pending(now).unwrap().acts_at, acts);
        assert_eq!(lowered.in_force(acts), &HistoryDays(7));
        assert_eq!(lowered.pending(acts), None);
        let raised = lowered.ask(HistoryDays(90), now, HOUR);
        assert_eq!(raised, Cooling::settled(HistoryDays(90)));
    }

    #[test]
    fn asking_for_what_is_in_force_takes_the_pending_change_back() {
        let start = Cooling::settled(HistoryDays(30));
        let lowered = start.ask(HistoryDays(7), ComplianceTime(0), HOUR);
        let back = lowered.ask(HistoryDays(30), ComplianceTime(5), HOUR);
        assert_eq!(back, start);
    }

    #[test]
    fn asking_again_does_not_begin_the_wait_anew() {
        let start = Cooling::settled(HistoryDays(30));
        let once = start.ask(HistoryDays(7), ComplianceTime(0), HOUR);
        let twice = once.ask(HistoryDays(7), ComplianceTime(5_000), HOUR);
        assert_eq!(once, twice);
        // Another weakening begins its own wait.
        let other = once.ask(HistoryDays(6), ComplianceTime(5_000), HOUR);
        assert_eq!(
            other.pending(ComplianceTime(5_000)).unwrap().acts_at,
            ComplianceTime(3_605_000)
        );
    }
}
