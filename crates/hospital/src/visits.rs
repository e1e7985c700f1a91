//! Who is there on a day: outpatients anew each day, inpatients for twelve days in their beds.

use time::Date;

use crate::moment::ordinal;
use crate::people::{Doctor, Patient};
use crate::random::Draw;
use crate::scale::Scale;
use crate::ssmix2::Visit;

/// Days of a stay (ALOS 12).
const STAY: u64 = 12;
/// Outpatients of a day at full scale.
const OUTPATIENTS: u64 = 800;
/// Beds in use at full scale.
const INPATIENTS: u64 = 320;
/// Patients whom the hospital knows, at full scale.
const POPULATION: u64 = 60_000;

/// The visits of a day.
#[derive(Clone, Debug)]
pub(crate) struct Visits {
    pub(crate) seed: u64,
    pub(crate) scale: Scale,
    pub(crate) day: Date,
    /// For ages.
    pub(crate) epoch: Date,
}

impl Visits {
    pub(crate) fn patient(&self, number: u64) -> Patient {
        Patient::new(self.seed, number, self.epoch)
    }

    pub(crate) fn population(&self) -> u64 {
        self.scale.of(POPULATION).max(50)
    }

    fn outpatients(&self) -> u64 {
        self.scale.of(OUTPATIENTS)
    }

    fn inpatients(&self) -> u64 {
        self.scale.of(INPATIENTS)
    }

    /// The `number`th outpatient; round again after the last.
    pub(crate) fn outpatient(&self, number: u64) -> Visit {
        let number = number % self.outpatients();
        let mut draw = Draw::new(self.seed, "outpatient", &[ordinal(self.day), number]);
        Visit {
            patient: self.patient(draw.below(self.population())),
            doctor: Doctor::new(self.seed, draw.next()),
            bed: None,
        }
    }

    /// Who lies in the `number`th bed; round again after the last.
    pub(crate) fn inpatient(&self, number: u64) -> Visit {
        let bed = number % self.inpatients();
        let stay = (ordinal(self.day) + bed) / STAY;
        let mut draw = Draw::new(self.seed, "stay", &[bed, stay]);
        Visit {
            patient: self.patient(draw.below(self.population())),
            doctor: Doctor::new(self.seed, draw.next()),
            bed: Some(bed),
        }
    }

    /// Somebody whom the hospital knows, whether there or not.
    pub(crate) fn known(&self, drawn: u64) -> Visit {
        Visit {
            patient: self.patient(drawn % self.population()),
            doctor: Doctor::new(self.seed, drawn),
            bed: None,
        }
    }

    /// The `number`th of those whose stay begins.
    pub(crate) fn admitted(&self, number: u64) -> Visit {
        let first = (STAY - ordinal(self.day) % STAY) % STAY;
        self.inpatient(first + number * STAY)
    }

    /// The `number`th of those whose stay ends.
    pub(crate) fn discharged(&self, number: u64) -> Visit {
        let first = (2 * STAY - 1 - ordinal(self.day) % STAY) % STAY;
        self.inpatient(first + number * STAY)
    }

    /// All outpatients, then all inpatients, and round again.
    pub(crate) fn anyone(&self, number: u64) -> Visit {
        let all = self.outpatients() + self.inpatients();
        let number = number % all;
        match number.checked_sub(self.outpatients()) {
            Some(bed) => self.inpatient(bed),
            None => self.outpatient(number),
        }
    }
}
