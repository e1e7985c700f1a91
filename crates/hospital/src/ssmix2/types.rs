//! The data types of the standard storage, how often each comes, and which message it is.

use crate::moment::Moment;
use crate::random::Draw;
use crate::ssmix2::message::Message;
use crate::ssmix2::orders::{self, Event, Examination};
use crate::ssmix2::segments::Visit;
use crate::ssmix2::{admission, results};

/// Of whom messages of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Outpatient,
    Inpatient,
    Admitted,
    Discharged,
    Anyone,
}

/// A data type (データ種別).
#[derive(Debug)]
pub(crate) struct MessageType {
    /// As in paths: `OML-11`.
    pub(crate) code: &'static str,
    /// MSH-9: message, trigger, structure.
    kind: &'static str,
    pub(crate) who: Who,
    /// Between which hours of the day.
    pub(crate) hours: (u64, u64),
    /// How many of the 25,000 messages of a day.
    pub(crate) share: u64,
    /// Types of the same group share their order numbers; `None`: they have none.
    pub(crate) order_group: Option<u64>,
    /// Whether it lies under a day; else under `-`.
    pub(crate) dated: bool,
    /// Whether some are corrected on the next day.
    pub(crate) corrected: bool,
}

const fn about_patient(
    code: &'static str,
    kind: &'static str,
    who: Who,
    share: u64,
) -> MessageType {
    MessageType {
        code,
        kind,
        who,
        hours: (8, 18),
        share,
        order_group: None,
        dated: true,
        corrected: false,
    }
}

const fn ordered(
    code: &'static str,
    kind: &'static str,
    who: Who,
    share: u64,
    group: u64,
) -> MessageType {
    MessageType {
        order_group: Some(group),
        ..about_patient(code, kind, who, share)
    }
}

const fn undated(mut kind: MessageType) -> MessageType {
    kind.dated = false;
    kind
}

const fn corrected(mut kind: MessageType) -> MessageType {
    kind.corrected = true;
    kind
}

const fn at(mut kind: MessageType, hours: (u64, u64)) -> MessageType {
    kind.hours = hours;
    kind
}

/// All types that are made.
pub(crate) const TYPES: [MessageType; 26] = [
    undated(about_patient(
        "ADT-00",
        "ADT^A08^ADT_A01",
        Who::Anyone,
        1_120,
    )),
    about_patient("ADT-01", "ADT^A54^ADT_A54", Who::Inpatient, 40),
    at(
        about_patient("ADT-12", "ADT^A04^ADT_A01", Who::Outpatient, 800),
        (8, 12),
    ),
    about_patient("ADT-21", "ADT^A14^ADT_A05", Who::Admitted, 27),
    about_patient("ADT-22", "ADT^A01^ADT_A01", Who::Admitted, 27),
    about_patient("ADT-31", "ADT^A21^ADT_A21", Who::Inpatient, 12),
    about_patient("ADT-32", "ADT^A22^ADT_A21", Who::Inpatient, 12),
    about_patient("ADT-41", "ADT^A15^ADT_A15", Who::Inpatient, 10),
    about_patient("ADT-42", "ADT^A02^ADT_A02", Who::Inpatient, 10),
    about_patient("ADT-51", "ADT^A16^ADT_A16", Who::Discharged, 27),
    about_patient("ADT-52", "ADT^A03^ADT_A03", Who::Discharged, 27),
    undated(about_patient("ADT-61", "ADT^A60^ADT_A60", Who::Anyone, 120)),
    corrected(undated(ordered(
        "PPR-01",
        "PPR^ZD1^PPR_ZD1",
        Who::Anyone,
        1_400,
        1,
    ))),
    ordered("OMD", "OMD^O03^OMD_O03", Who::Inpatient, 960, 2),
    corrected(ordered("OMP-01", "RDE^O11^RDE_O11", Who::Anyone, 2_000, 11)),
    at(
        ordered("OMP-11", "RAS^O17^RAS_O17", Who::Inpatient, 4_200, 12),
        (6, 22),
    ),
    ordered("OMP-02", "RDE^O11^RDE_O11", Who::Inpatient, 1_900, 21),
    at(
        ordered("OMP-12", "RAS^O17^RAS_O17", Who::Inpatient, 4_600, 22),
        (0, 23),
    ),
    ordered("OML-01", "OML^O33^OML_O33", Who::Anyone, 1_500, 31),
    corrected(ordered("OML-11", "OUL^R22^OUL_R22", Who::Anyone, 4_000, 31)),
    ordered("OMG-01", "OMG^O19^OMG_O19", Who::Anyone, 750, 41),
    ordered("OMG-11", "OMI^Z23^OMI_Z23", Who::Anyone, 750, 41),
    ordered("OMG-02", "OMG^O19^OMG_O19", Who::Anyone, 64, 42),
    ordered("OMG-12", "OMI^Z23^OMI_Z23", Who::Anyone, 64, 42),
    ordered("OMG-03", "OMG^O19^OMG_O19", Who::Anyone, 290, 43),
    ordered("OMG-13", "ORU^R01^ORU_R01", Who::Anyone, 290, 43),
];

impl MessageType {
    /// Its place in the table: part of control ids.
    pub(crate) fn position(&self) -> usize {
        TYPES
            .iter()
            .position(|kind| kind.code == self.code)
            .unwrap_or(0)
    }

    /// The message of one event.
    pub(crate) fn message(
        &self,
        at: Moment,
        control: &str,
        visit: &Visit,
        order: &str,
        draw: &mut Draw,
    ) -> Message {
        let event = Event {
            kind: self.kind,
            at,
            control,
            visit,
            order,
        };
        match self.code {
            "ADT-00" => admission::demographics(at, control, visit, draw),
            "ADT-61" => admission::allergies(at, control, visit, draw),
            "PPR-01" => orders::diseases(&event, draw),
            "OMD" => orders::meals(&event, draw),
            "OMP-01" => orders::prescription(&event, true, draw),
            "OMP-02" => orders::prescription(&event, false, draw),
            "OMP-11" => orders::administration(&event, true, draw),
            "OMP-12" => orders::administration(&event, false, draw),
            "OML-01" => orders::laboratory_order(&event, draw),
            "OML-11" => results::laboratory(&event, draw),
            "OMG-01" => orders::examination(&event, Examination::Radiology, draw),
            "OMG-11" => orders::examined(&event, Examination::Radiology, draw),
            "OMG-02" => orders::examination(&event, Examination::Endoscopy, draw),
            "OMG-12" => orders::examined(&event, Examination::Endoscopy, draw),
            "OMG-03" => orders::examination(&event, Examination::Physiology, draw),
            "OMG-13" => results::physiology(&event, draw),
            _ => admission::event(self.kind, at, control, visit),
        }
    }
}
