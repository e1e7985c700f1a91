//! The hospital as a whole: patients, days, changes.

use time::{Date, Month};

use crate::item::{Change, Class, HospitalItem};
use crate::moment::later;
use crate::people::Patient;
use crate::scale::Scale;
use crate::ssmix2::Messages;
use crate::visits::{POPULATION, Visits};

/// SS-MIX2 messages of a day at full scale.
const MESSAGES: u64 = 25_000;

/// A hospital of 400 beds that does not exist. Two of the same seed and scales are the same, byte
/// by byte, on every machine.
#[derive(Clone, Debug)]
pub struct Hospital {
    seed: u64,
    scale: Scale,
}

impl Hospital {
    /// From a seed; `scale` is the share of patients and files that are made.
    #[must_use]
    pub fn new(seed: u64, scale: Scale) -> Self {
        Self { seed, scale }
    }

    /// Everybody whom the hospital knows.
    pub fn patients(&self) -> impl Iterator<Item = Patient> + '_ {
        let count = self.scale.of(POPULATION).max(50);
        (0..count).map(|number| Patient::new(self.seed, number, epoch()))
    }

    /// How many files [`Hospital::items`] makes.
    #[must_use]
    pub fn count(&self, day: Date, classes: &[Class]) -> u64 {
        classes
            .iter()
            .map(|class| match class {
                Class::SsMix2 => self.messages(day).count(),
            })
            .sum()
    }

    /// The files that a day brings, class by class; each is made when it is asked for.
    pub fn items(
        &self,
        day: Date,
        classes: &[Class],
    ) -> impl Iterator<Item = HospitalItem> + use<> {
        let mut classes = classes.to_vec();
        classes.sort_unstable();
        classes.dedup();
        let hospital = self.clone();
        classes
            .into_iter()
            .flat_map(move |class| hospital.class_items(day, class))
    }

    fn class_items(
        &self,
        day: Date,
        class: Class,
    ) -> Box<dyn Iterator<Item = HospitalItem> + Send> {
        match class {
            Class::SsMix2 => Box::new(self.messages(day).items()),
        }
    }

    /// What a day does to the files of the day before, apart from bringing new ones.
    pub fn changes(&self, day: Date, classes: &[Class]) -> impl Iterator<Item = Change> + use<> {
        let mut changes = Vec::new();
        let before = later(day, -1);
        if classes.contains(&Class::SsMix2) {
            for (old, superseded, new) in self.messages(before).corrected() {
                changes.push(Change::Put(superseded));
                changes.push(Change::Delete(old.key().to_owned()));
                changes.push(Change::Put(new));
            }
        }
        changes.into_iter()
    }

    fn visits(&self, day: Date) -> Visits {
        Visits {
            seed: self.seed,
            scale: self.scale,
            day,
            epoch: epoch(),
        }
    }

    fn messages(&self, day: Date) -> Messages {
        Messages {
            seed: self.seed,
            day,
            visits: self.visits(day),
            total: self.scale.of(MESSAGES),
        }
    }
}

/// The day by which ages are drawn, so that patients are the same on every day.
fn epoch() -> Date {
    Date::from_calendar_date(2026, Month::July, 1).unwrap_or(Date::MIN)
}
