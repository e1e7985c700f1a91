//! 電子処方箋: a CSV in Shift_JIS, in Base64 within XML, with room for a signature as XAdES has it. The
//! signature is drawn bytes: it verifies nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::SHIFT_JIS;
use time::Date;

use crate::catalog::ORAL;
use crate::item::{Class, HospitalItem};
use crate::moment::{Moment, compact, ordinal};
use crate::people::{INSTITUTION, Sex};
use crate::random::Draw;
use crate::ssmix2::Visit;
use crate::visits::Visits;

/// Bytes that stand for signature, certificate and time stamp.
const SIGNATURE: usize = 6_000;

/// The `number`th of `count` on a day.
pub(crate) fn item(seed: u64, day: Date, visits: &Visits, number: u64, count: u64) -> HospitalItem {
    let visit = visits.outpatient(number);
    let at = Moment::spread(day, (9, 18), number, count);
    let mut draw = Draw::new(seed, "prescription", &[ordinal(day), number]);
    let csv = csv(&visit, day, &mut draw);
    let id = format!("{}{number:06}", at.milliseconds());
    let content = STANDARD.encode(SHIFT_JIS.encode(&csv).0);
    let drawn: Vec<u8> = std::iter::repeat_with(|| draw.next().to_le_bytes())
        .take(SIGNATURE / 8)
        .flatten()
        .collect();
    let signature = STANDARD.encode(drawn);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document id=\"Document\">\n<Prescription id=\"PrescriptionDocument\">\n<PrescriptionManagement id=\"{id}\"/>\n<PrescriptionDocument>{content}</PrescriptionDocument>\n</Prescription>\n<PrescriptionSign>{signature}</PrescriptionSign>\n</Document>\n"
    );
    let key = format!(
        "prescriptions/{}/{}_{id}.xml",
        compact(day),
        visit.patient.id
    );
    HospitalItem::whole(Class::Prescription, key, xml.into_bytes())
}

/// Records by number, as the JAHIS format has them.
fn csv(visit: &Visit, day: Date, draw: &mut Draw) -> String {
    let (patient, doctor) = (&visit.patient, &visit.doctor);
    let sex = if patient.sex == Sex::Male { 1 } else { 2 };
    let mut lines = vec![
        "SJ1".to_owned(),
        format!("1,1,{INSTITUTION},99,合成病院"),
        "2,000-0000,架空県想定市見本町1-1".to_owned(),
        "3,000-0000-0000,,".to_owned(),
        format!("4,,{},{}", doctor.department, doctor.department_name),
        format!("5,,{} {}", doctor.name.family, doctor.name.given),
        format!(
            "11,{},{} {},{} {}",
            patient.id,
            patient.name.family,
            patient.name.given,
            patient.name.family_kana,
            patient.name.given_kana
        ),
        format!("12,{sex}"),
        format!("13,{}", compact(patient.born)),
        format!("22,99999999\r\n23,,{},1", patient.insured),
        format!("51,{}", compact(day)),
    ];
    for number in 1..=draw.between(1, 6) {
        let (code, name, usage) = draw.pick(&ORAL);
        lines.push(format!("101,{number},1,,{}", draw.between(7, 60)));
        lines.push(format!("111,{number},1,,{usage},"));
        lines.push(format!(
            "201,{number},1,1,9,{code},{name},{},1,錠",
            draw.between(1, 3)
        ));
    }
    lines.join("\r\n") + "\r\n"
}
