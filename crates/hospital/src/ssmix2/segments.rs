//! Segments that many messages share.

use crate::moment::{Moment, compact};
use crate::people::{Doctor, INSTITUTION, Patient};
use crate::ssmix2::message::Message;

/// Who comes, to whom, when; whether the patient has a bed.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) patient: Patient,
    pub(crate) doctor: Doctor,
    /// Number of the bed of an inpatient.
    pub(crate) bed: Option<u64>,
}

/// XCN: id, name, name type.
pub(crate) fn xcn(doctor: &Doctor) -> String {
    format!(
        "{}^{}^{}^^^^^^^L^^^^^I",
        doctor.id, doctor.name.family, doctor.name.given
    )
}

/// CWE or CE of a local table.
pub(crate) fn coded(code: &str, name: &str, system: &str) -> String {
    format!("{code}^{name}^{system}")
}

impl Message {
    /// EVN: when it was recorded.
    pub(crate) fn evn(self, at: Moment, doctor: &Doctor) -> Self {
        let second = at.second();
        self.segment(
            "EVN",
            &[
                (2, &second),
                (5, &xcn(doctor)),
                (6, &second),
                (7, INSTITUTION),
            ],
        )
    }

    /// PID: the name in kanji (I) and kana (P), and where the patient would live.
    pub(crate) fn pid(self, patient: &Patient) -> Self {
        let name = &patient.name;
        let names = format!(
            "{}^{}^^^^^L^I~{}^{}^^^^^L^P",
            name.family, name.given, name.family_kana, name.given_kana
        );
        self.segment(
            "PID",
            &[
                (1, "0001"),
                (3, &format!("{}^^^^PI", patient.id)),
                (5, &names),
                (7, &compact(patient.born)),
                (8, patient.sex.letter()),
                (11, &format!("^^^^000-0000^JPN^H^{}", patient.address)),
                (13, "^PRN^PH^^^^^^^^^000-0000-0000"),
            ],
        )
    }

    /// PV1: class, bed, doctor, department.
    pub(crate) fn pv1(self, visit: &Visit) -> Self {
        let (class, place) = match visit.bed {
            Some(bed) => (
                "I",
                format!(
                    "W{:02}^{:03}^{:02}^^^N",
                    bed / 40 + 1,
                    bed / 4 + 1,
                    bed % 4 + 1
                ),
            ),
            None => ("O", format!("{}^^^^^C", visit.doctor.department)),
        };
        self.segment(
            "PV1",
            &[
                (1, "0001"),
                (2, class),
                (3, &place),
                (7, &xcn(&visit.doctor)),
                (10, visit.doctor.department),
            ],
        )
    }

    /// ORC of an order; `control` is ORC-1.
    pub(crate) fn orc(self, control: &str, order: &str, at: Moment, visit: &Visit) -> Self {
        let doctor = &visit.doctor;
        self.segment(
            "ORC",
            &[
                (1, control),
                (2, order),
                (3, order),
                (9, &at.second()),
                (12, &xcn(doctor)),
                (
                    17,
                    &coded(doctor.department, doctor.department_name, "99DEP"),
                ),
            ],
        )
    }

    /// OBR: what is asked for.
    pub(crate) fn obr(self, order: &str, what: &str, at: Moment, result_status: &str) -> Self {
        let second = at.second();
        self.segment(
            "OBR",
            &[
                (1, "0001"),
                (2, order),
                (3, order),
                (4, what),
                (7, &second),
                (22, &second),
                (25, result_status),
            ],
        )
    }
}
