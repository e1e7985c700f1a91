//! Results: laboratory and physiology.

use crate::catalog::{ANALYTES, PHYSIOLOGY};
use crate::random::Draw;
use crate::ssmix2::message::Message;
use crate::ssmix2::orders::Event;
use crate::ssmix2::segments::coded;

/// OML-11: OUL^R22 with one specimen and six to twenty-four tests. About one value in ten lies
/// outside its reference range and carries a flag (OBX-8).
pub(crate) fn laboratory(event: &Event<'_>, draw: &mut Draw) -> Message {
    let second = event.at.second();
    let mut message = Message::new(event.kind, event.at, event.control)
        .pid(&event.visit.patient)
        .pv1(event.visit)
        .segment(
            "SPM",
            &[
                (1, "1"),
                (2, event.order),
                (4, "BLD^血液^HL70487"),
                (17, &second),
                (18, &second),
            ],
        )
        .obr(event.order, "L000^血液検査^99LAB", event.at, "F")
        .orc("SC", event.order, event.at, event.visit);
    let tests = usize::try_from(draw.between(6, 24)).unwrap_or(6);
    for (number, analyte) in (1..).zip(ANALYTES.iter().take(tests)) {
        let width = analyte.high.saturating_sub(analyte.low);
        let (value, flag) = match draw.below(20) {
            0 => (analyte.high + 1 + draw.below(width), "H"),
            1 if analyte.low > 0 => (analyte.low - 1 - draw.below(analyte.low / 2), "L"),
            _ => (draw.between(analyte.low, analyte.high), "N"),
        };
        let range = format!(
            "{} - {}",
            analyte.format(analyte.low),
            analyte.format(analyte.high)
        );
        message = message.segment(
            "OBX",
            &[
                (1, &number.to_string()),
                (2, "NM"),
                (3, &coded(analyte.code, analyte.name, "99LAB")),
                (5, &analyte.format(value)),
                (6, &coded(analyte.unit, analyte.unit, "99UNI")),
                (7, &range),
                (8, flag),
                (11, "F"),
                (14, &second),
            ],
        );
    }
    message
}

/// OMG-13: a report of physiology, ORU^R01.
pub(crate) fn physiology(event: &Event<'_>, draw: &mut Draw) -> Message {
    let (code, name, _) = draw.pick(&PHYSIOLOGY);
    let finding = draw.pick(&[
        "異常所見なし。",
        "軽度の変化を認める。経過観察。",
        "前回と著変なし。",
    ]);
    Message::new(event.kind, event.at, event.control)
        .pid(&event.visit.patient)
        .pv1(event.visit)
        .orc("SC", event.order, event.at, event.visit)
        .obr(event.order, &coded(code, name, "99EXM"), event.at, "F")
        .segment(
            "OBX",
            &[
                (1, "1"),
                (2, "TX"),
                (3, &coded("F001", "所見", "99OBS")),
                (5, finding),
                (11, "F"),
            ],
        )
}
