//! The hospital as a whole: patients, days, changes.

use time::{Date, Month};

use crate::dicom::Images;
use crate::item::{Change, Class, HospitalItem};
use crate::moment::later;
use crate::people::Patient;
use crate::scale::Scale;
use crate::ssmix2::Messages;
use crate::visits::Visits;
use crate::{claims, database, ecg, fhir, pdf, prescription};

/// Files of a class on a day at full scale; those of claims and databases do not go by scale.
fn full(class: Class) -> u64 {
    match class {
        Class::SsMix2 => 25_000,
        Class::Document => 2_500,
        Class::Ct => 22_500,
        Class::Mr => 7_000,
        Class::XRay => 320,
        Class::Ultrasound => 1_000,
        Class::Angiography => 30,
        Class::Endoscopy => 2_000,
        Class::Ecg => 250,
        Class::Fhir => 500,
        Class::Prescription => 400,
        Class::Uke | Class::Database => 0,
    }
}

/// A hospital of 400 beds that does not exist. Two of the same seed and scales are the same, byte
/// by byte, on every machine.
#[derive(Clone, Debug)]
pub struct Hospital {
    seed: u64,
    scale: Scale,
    image_scale: Scale,
}

impl Hospital {
    /// From a seed; `scale` is the share of patients and files that are made.
    #[must_use]
    pub fn new(seed: u64, scale: Scale) -> Self {
        Self {
            seed,
            scale,
            image_scale: Scale::ONE,
        }
    }

    /// The same hospital with images of a share of their rows, where full sizes would be too much.
    /// More than 1 counts as 1.
    #[must_use]
    pub fn with_image_scale(mut self, image_scale: Scale) -> Self {
        self.image_scale = image_scale.at_most_one();
        self
    }

    /// Everybody whom the hospital knows.
    pub fn patients(&self) -> impl Iterator<Item = Patient> + '_ {
        let visits = self.visits(epoch());
        (0..visits.population()).map(move |number| visits.patient(number))
    }

    /// How many files [`Hospital::items`] makes.
    #[must_use]
    pub fn count(&self, day: Date, classes: &[Class]) -> u64 {
        classes
            .iter()
            .map(|class| self.class_count(day, *class))
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

    fn class_count(&self, day: Date, class: Class) -> u64 {
        match class {
            Class::SsMix2 => self.messages(day).count(),
            Class::Uke => claims::count(day),
            Class::Database => database::COUNT,
            _ => self.scale.of(full(class)),
        }
    }

    fn class_items(
        &self,
        day: Date,
        class: Class,
    ) -> Box<dyn Iterator<Item = HospitalItem> + Send> {
        let (seed, visits) = (self.seed, self.visits(day));
        let count = self.class_count(day, class);
        match class {
            Class::SsMix2 => Box::new(self.messages(day).items()),
            Class::Document => Box::new(
                (0..count).map(move |number| pdf::item(seed, (day, number, count), &visits, 0)),
            ),
            Class::Ecg => {
                Box::new((0..count).map(move |number| ecg::item(seed, day, &visits, number, count)))
            }
            Class::Fhir => Box::new(
                (0..count).map(move |number| fhir::item(seed, day, &visits, number, count)),
            ),
            Class::Prescription => Box::new(
                (0..count).map(move |number| prescription::item(seed, day, &visits, number, count)),
            ),
            Class::Uke => Box::new(claims::items(seed, day, &visits).into_iter()),
            Class::Database => Box::new(database::items(seed, day, &visits).into_iter()),
            Class::Ct
            | Class::Mr
            | Class::XRay
            | Class::Ultrasound
            | Class::Angiography
            | Class::Endoscopy => {
                let images = Images {
                    seed,
                    day,
                    visits,
                    class,
                    count,
                    image_scale: self.image_scale,
                };
                Box::new(images.items())
            }
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
        if classes.contains(&Class::Document) {
            let count = self.class_count(before, Class::Document);
            let visits = self.visits(before);
            for number in (0..count).filter(|number| number % 33 == 7) {
                let item = pdf::item(self.seed, (before, number, count), &visits, 1);
                changes.push(Change::Put(item));
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
            total: self.scale.of(full(Class::SsMix2)),
        }
    }
}

/// The day by which ages are drawn, so that patients are the same on every day.
fn epoch() -> Date {
    Date::from_calendar_date(2026, Month::July, 1).unwrap_or(Date::MIN)
}
