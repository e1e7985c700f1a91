//! Orders and what was carried out: diseases, meals, drugs, examinations.

use crate::catalog::{DISEASES, Drug, ENDOSCOPY, INJECTED, ORAL, PANELS, PHYSIOLOGY, RADIOLOGY};
use crate::moment::{Moment, compact};
use crate::random::Draw;
use crate::ssmix2::message::Message;
use crate::ssmix2::segments::{Visit, coded, xcn};

/// What every message is made from.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    /// MSH-9.
    pub(crate) kind: &'a str,
    pub(crate) at: Moment,
    /// MSH-10.
    pub(crate) control: &'a str,
    pub(crate) visit: &'a Visit,
    /// Order number, fifteen digits.
    pub(crate) order: &'a str,
}

impl Event<'_> {
    fn start(&self) -> Message {
        Message::new(self.kind, self.at, self.control)
            .pid(&self.visit.patient)
            .pv1(self.visit)
    }
}

/// PPR-01: the diseases (a local event of the Japanese profile, with its segments ZPR and ZPD).
pub(crate) fn diseases(event: &Event<'_>, draw: &mut Draw) -> Message {
    let mut message = Message::new(event.kind, event.at, event.control).pid(&event.visit.patient);
    for number in 1..=draw.between(1, 4) {
        let (code, name) = draw.pick(&DISEASES);
        let since = event
            .at
            .days_later(-i64::try_from(draw.below(900)).unwrap_or(0));
        message = message
            .segment(
                "ZPR",
                &[(1, &number.to_string()), (2, &xcn(&event.visit.doctor))],
            )
            .segment(
                "PRB",
                &[
                    (1, "AD"),
                    (2, &event.at.second()),
                    (3, &coded(code, name, "I10C")),
                    (4, &format!("{}{number:02}", event.order)),
                    (7, &compact(since.date)),
                    (13, "1^主病名^99PRI"),
                ],
            )
            .segment("ZPD", &[(1, "N")]);
    }
    message
}

/// OMD: meals of a day.
pub(crate) fn meals(event: &Event<'_>, draw: &mut Draw) -> Message {
    let diet = draw.pick(&[
        ("T01", "常食"),
        ("T02", "全粥食"),
        ("T03", "減塩食"),
        ("T04", "糖尿病食"),
    ]);
    let code = coded(diet.0, diet.1, "99DIE");
    event
        .start()
        .orc("NW", event.order, event.at, event.visit)
        .segment("TQ1", &[(1, "1"), (7, &event.at.second())])
        .segment(
            "ODS",
            &[(1, "D"), (2, "^朝^99MEA~^昼^99MEA~^夕^99MEA"), (3, &code)],
        )
}

fn drugs<'a>(mouth: bool) -> &'a [Drug] {
    if mouth { &ORAL } else { &INJECTED }
}

fn route(mouth: bool) -> &'static str {
    if mouth {
        "PO^口^HL70162"
    } else {
        "IV^静脈内^HL70162"
    }
}

/// OMP-01 (by mouth) and OMP-02 (injections): RDE^O11.
pub(crate) fn prescription(event: &Event<'_>, mouth: bool, draw: &mut Draw) -> Message {
    let mut message = event.start();
    for number in 1..=draw.between(1, 4) {
        let (code, name, usage) = draw.pick(drugs(mouth));
        let amount = draw.between(1, 3).to_string();
        let days = draw.pick(&["7", "14", "28", "30"]);
        message = message
            .orc(
                "NW",
                &format!("{}_{number:02}", event.order),
                event.at,
                event.visit,
            )
            .segment(
                "RXE",
                &[
                    (2, &coded(code, name, "99DRG")),
                    (3, &amount),
                    (5, "TAB^錠^MR9P"),
                    (7, &coded("U01", usage, "99USE")),
                    (10, days),
                    (11, "TAB^錠^MR9P"),
                    (15, event.order),
                ],
            )
            .segment(
                "TQ1",
                &[
                    (1, "1"),
                    (3, &coded("U01", usage, "99USE")),
                    (7, &event.at.second()),
                ],
            )
            .segment("RXR", &[(1, route(mouth))]);
    }
    message
}

/// OMP-11 and OMP-12: what was given, RAS^O17.
pub(crate) fn administration(event: &Event<'_>, mouth: bool, draw: &mut Draw) -> Message {
    let mut message = event.start();
    for number in 1..=draw.between(1, 3) {
        let (code, name, _) = draw.pick(drugs(mouth));
        let second = event.at.second();
        message = message
            .orc(
                "OK",
                &format!("{}_{number:02}", event.order),
                event.at,
                event.visit,
            )
            .segment(
                "RXA",
                &[
                    (1, "0"),
                    (2, &number.to_string()),
                    (3, &second),
                    (4, &second),
                    (5, &coded(code, name, "99DRG")),
                    (6, &draw.between(1, 3).to_string()),
                    (7, "TAB^錠^MR9P"),
                    (10, &xcn(&event.visit.doctor)),
                    (20, "CP"),
                ],
            )
            .segment("RXR", &[(1, route(mouth))]);
    }
    message
}

/// OML-01: laboratory tests asked for, OML^O33: one panel a specimen.
pub(crate) fn laboratory_order(event: &Event<'_>, draw: &mut Draw) -> Message {
    let mut message = event.start();
    let panels = usize::try_from(draw.between(1, 3)).unwrap_or(1);
    for (number, (specimen, panel)) in (1..).zip(PANELS).take(panels) {
        message = message
            .segment(
                "SPM",
                &[
                    (1, &number.to_string()),
                    (2, &format!("{}{number:02}", event.order)),
                    (4, specimen),
                    (17, &event.at.second()),
                ],
            )
            .orc("NW", event.order, event.at, event.visit)
            .segment("TQ1", &[(1, "1"), (7, &event.at.second())])
            .obr(event.order, panel, event.at, "");
    }
    message
}

/// Which department does it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Examination {
    Radiology,
    Endoscopy,
    Physiology,
}

impl Examination {
    fn draw(self, draw: &mut Draw) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Radiology => draw.pick(&RADIOLOGY),
            Self::Endoscopy => draw.pick(&ENDOSCOPY),
            Self::Physiology => draw.pick(&PHYSIOLOGY),
        }
    }
}

/// OMG-01, -02, -03: an examination asked for, OMG^O19.
pub(crate) fn examination(event: &Event<'_>, which: Examination, draw: &mut Draw) -> Message {
    let (code, name, _) = which.draw(draw);
    event
        .start()
        .orc("NW", event.order, event.at, event.visit)
        .segment("TQ1", &[(1, "1"), (7, &event.at.second())])
        .obr(event.order, &coded(code, name, "99EXM"), event.at, "")
}

/// OMG-11, -12: an examination carried out, OMI^Z23 (the Japanese profile's event).
pub(crate) fn examined(event: &Event<'_>, which: Examination, draw: &mut Draw) -> Message {
    let (code, name, modality) = which.draw(draw);
    let images = draw.between(1, 400).to_string();
    event
        .start()
        .orc("OK", event.order, event.at, event.visit)
        .segment("TQ1", &[(1, "1"), (7, &event.at.second())])
        .obr(event.order, &coded(code, name, "99EXM"), event.at, "F")
        .segment(
            "OBX",
            &[
                (1, "1"),
                (2, "NM"),
                (3, &coded("N001", "撮影枚数", "99OBS")),
                (5, &images),
                (11, "F"),
            ],
        )
        .segment("ZE1", &[(1, "1"), (2, modality)])
}
