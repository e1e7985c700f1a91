//! Patients and staff. Every number of theirs lies in a range that cannot belong to anybody.

use time::Date;

use crate::moment;
use crate::names::{self, PersonName};
use crate::random::Draw;

/// Every patient id begins so, and has ten digits.
pub const PATIENT_ID_PREFIX: &str = "99";
/// Number of the medical institution (ten digits): prefecture 99 does not exist; 01–47 do.
pub const INSTITUTION: &str = "9910000001";

const TOWNS: [&str; 8] = [
    "見本町",
    "例示町",
    "仮名町",
    "試験町",
    "架空台",
    "模擬が丘",
    "想定本町",
    "仮設通",
];
const DEPARTMENTS: [(&str, &str); 8] = [
    ("01", "内科"),
    ("02", "外科"),
    ("04", "整形外科"),
    ("05", "循環器内科"),
    ("09", "消化器内科"),
    ("13", "眼科"),
    ("18", "泌尿器科"),
    ("20", "小児科"),
];

/// Sex as in HL7 table 0001 and DICOM (0010,0040).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// F.
    Female,
    /// M.
    Male,
}

impl Sex {
    /// `F` or `M`.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
        }
    }
}

/// Somebody who does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// Position in the population, from 0.
    pub number: u64,
    /// 患者ID: ten digits that begin with [`PATIENT_ID_PREFIX`].
    pub id: String,
    /// Name.
    pub name: PersonName,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub born: Date,
    /// Address in a prefecture that is on no map.
    pub address: String,
    /// 被保険者番号: eight digits that begin with 99.
    pub insured: String,
}

impl Patient {
    /// The patient of a number. Nobody is older than 95 years at the epoch.
    pub(crate) fn new(seed: u64, number: u64, epoch: Date) -> Self {
        let mut draw = Draw::new(seed, "patient", &[number]);
        let woman = draw.chance(52);
        let name = names::draw(&mut draw, woman);
        // Hospitals' patients are old: the larger of two draws.
        let days = draw.below(35_000).max(draw.below(35_000));
        let born = moment::later(epoch, -i64::try_from(days).unwrap_or(0));
        let address = format!(
            "架空県想定市{}{}-{}-{}",
            draw.pick(&TOWNS),
            draw.between(1, 9),
            draw.between(1, 30),
            draw.between(1, 20)
        );
        Self {
            number,
            id: Self::id_of(number),
            name,
            sex: if woman { Sex::Female } else { Sex::Male },
            born,
            address,
            insured: format!("99{:06}", draw.below(1_000_000)),
        }
    }

    /// The id of the patient of a number. The factor is prime to 10^8: two of fewer than 10^8
    /// numbers never share an id.
    pub(crate) fn id_of(number: u64) -> String {
        let spread = (number % 100_000_000 * 38_196_601 + 12_345_678) % 100_000_000;
        format!("{PATIENT_ID_PREFIX}{spread:08}")
    }

    /// Age in whole years on a day.
    #[must_use]
    pub fn age(&self, day: Date) -> i32 {
        let before = (day.month() as u8, day.day()) < (self.born.month() as u8, self.born.day());
        day.year() - self.born.year() - i32::from(before)
    }
}

/// A doctor, with the department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doctor {
    pub(crate) id: String,
    pub(crate) name: PersonName,
    /// 診療科コード, two digits.
    pub(crate) department: &'static str,
    pub(crate) department_name: &'static str,
}

impl Doctor {
    /// One of the hospital's hundred doctors.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let number = number % 100;
        let mut draw = Draw::new(seed, "doctor", &[number]);
        let woman = draw.chance(25);
        let name = names::draw(&mut draw, woman);
        let (department, department_name) = draw.pick(&DEPARTMENTS);
        Self {
            id: format!("99{number:04}"),
            name,
            department,
            department_name,
        }
    }
}
