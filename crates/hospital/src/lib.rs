//! A synthetic hospital: the files that a Japanese acute hospital of 400 beds stores in a day, made
//! from a seed. Nobody in it exists.
//!
//! [`Hospital`] gives [`HospitalItem`]s: key, class, exact size, and the bytes on demand. Sizes and numbers
//! are a model, not a measurement (`docs/operating/testdata.md`).

mod catalog;
mod hospital;
mod item;
mod moment;
mod names;
mod people;
mod random;
mod scale;
mod ssmix2;
mod visits;

pub use hospital::Hospital;
pub use item::{Change, Class, HospitalItem, NotAClass};
pub use moment::{NotADay, parse_day};
pub use names::PersonName;
pub use people::{INSTITUTION, PATIENT_ID_PREFIX, Patient, Sex};
pub use scale::{NotAScale, Scale};
pub use time::Date;
