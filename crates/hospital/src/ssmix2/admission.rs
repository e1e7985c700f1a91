//! ADT messages: who the patient is, comings and goings, allergies.

use crate::catalog::ALLERGENS;
use crate::moment::Moment;
use crate::random::Draw;
use crate::ssmix2::message::Message;
use crate::ssmix2::segments::{Visit, coded};

/// Any ADT message whose body is EVN, PID, PV1: the trigger tells what happened.
pub(crate) fn event(kind: &str, at: Moment, control: &str, visit: &Visit) -> Message {
    Message::new(kind, at, control)
        .evn(at, &visit.doctor)
        .pid(&visit.patient)
        .pv1(visit)
}

/// ADT-00: the patient's data, with insurance (IN1) and body (OBX).
pub(crate) fn demographics(at: Moment, control: &str, visit: &Visit, draw: &mut Draw) -> Message {
    let height = 1400 + draw.below(420);
    let weight = 400 + draw.below(450);
    let body = [
        ("9N001", "身長", height, "cm"),
        ("9N006", "体重", weight, "kg"),
    ];
    let mut message = event("ADT^A08^ADT_A01", at, control, visit);
    for (number, (code, name, value, unit)) in (1..).zip(body) {
        message = message.segment(
            "OBX",
            &[
                (1, &number.to_string()),
                (2, "NM"),
                (3, &coded(code, name, "99OBS")),
                (5, &format!("{}.{}", value / 10, value % 10)),
                (6, &format!("{unit}^{unit}^ISO+")),
                (11, "F"),
            ],
        );
    }
    message.segment(
        "IN1",
        &[
            (1, "0001"),
            (2, "C0^国民健康保険^JHSD0001"),
            (3, "99999999"),
            (10, &visit.patient.insured),
        ],
    )
}

/// ADT-61: what the patient cannot bear.
pub(crate) fn allergies(at: Moment, control: &str, visit: &Visit, draw: &mut Draw) -> Message {
    let mut message = Message::new("ADT^A60^ADT_A60", at, control)
        .evn(at, &visit.doctor)
        .pid(&visit.patient)
        .pv1(visit);
    for number in 1..=draw.between(1, 3) {
        let (kind, code, name) = draw.pick(&ALLERGENS);
        message = message.segment(
            "IAM",
            &[
                (1, &number.to_string()),
                (2, &format!("{kind}^^HL70127")),
                (3, &coded(code, name, "99ALG")),
                (4, "U^^HL70128"),
                (6, "A^^HL70323"),
            ],
        );
    }
    message
}
