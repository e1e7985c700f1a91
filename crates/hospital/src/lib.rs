//! A synthetic hospital: the files that a Japanese acute hospital of 400 beds stores in a day, made
//! from a seed. Nobody in it exists.
//!
//! [`Hospital`] gives [`HospitalItem`]s: key, class, exact size, and the bytes on demand. Sizes and numbers
//! are a model, not a measurement (`docs/operating/testdata.md`).

mod catalog;
mod claims;
mod database;
mod dicom;
mod ecg;
mod fhir;
mod hospital;
mod item;
mod json;
mod moment;
mod names;
mod pdf;
mod people;
mod prescription;
mod random;
mod scale;
mod ssmix2;
mod streamed;
mod visits;

pub use hospital::Hospital;
pub use item::{Change, Class, HospitalItem, NotAClass};
pub use moment::{NotADay, parse_day};
pub use names::PersonName;
pub use people::{INSTITUTION, PATIENT_ID_PREFIX, Patient, Sex};
pub use scale::{NotAScale, Scale};
pub use time::Date;
