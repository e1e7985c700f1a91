//! Resting electrocardiograms: twelve leads, ten seconds, 500 per second, 16 bits, in the manner of
//! MFER (ISO 22077-1): tag, length, value. It has MFER's frame and not every tag that a reader wants.

use time::Date;

use crate::item::{Class, HospitalItem};
use crate::moment::{Moment, compact, ordinal};
use crate::random::Draw;
use crate::visits::Visits;

const LEADS: u8 = 12;
const SAMPLES: u64 = 5_000;

/// The `number`th of `count` on a day.
pub(crate) fn item(seed: u64, day: Date, visits: &Visits, number: u64, count: u64) -> HospitalItem {
    let visit = visits.anyone(number * 3 + 1);
    let at = Moment::spread(day, (9, 17), number, count);
    let mut draw = Draw::new(seed, "ecg", &[ordinal(day), number]);
    let mut bytes = Vec::with_capacity(122_000);
    tag(&mut bytes, 0x40, b"MFR Standard 12 leads ECG       ");
    tag(&mut bytes, 0x01, &[1]);
    tag(&mut bytes, 0x08, &[1]);
    tag(&mut bytes, 0x05, &[LEADS]);
    tag(&mut bytes, 0x82, visit.patient.id.as_bytes());
    tag(&mut bytes, 0x85, at.second().as_bytes());
    let beat = draw.between(380, 520);
    let length = u32::from(LEADS) * 10_000;
    bytes.extend_from_slice(&[0x1e, 0x84]);
    bytes.extend_from_slice(&length.to_be_bytes());
    for lead in 0..u64::from(LEADS) {
        for sample in 0..SAMPLES {
            let height = wave(sample % beat) * (4 + lead) / 8 + draw.below(12);
            let value = i16::try_from(height).unwrap_or(i16::MAX);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
    let id = &visit.patient.id;
    let key = format!("ecg/{}/{id}_{}.mwf", compact(day), at.milliseconds());
    HospitalItem::whole(Class::Ecg, key, bytes)
}

fn tag(bytes: &mut Vec<u8>, tag: u8, value: &[u8]) {
    bytes.push(tag);
    bytes.push(u8::try_from(value.len()).unwrap_or(0));
    bytes.extend_from_slice(value);
}

/// P wave, QRS and T wave as triangles, in microvolts.
fn wave(at: u64) -> u64 {
    let triangle = |middle: u64, width: u64, height: u64| {
        let off = at.abs_diff(middle);
        height * width.saturating_sub(off) / width
    };
    triangle(60, 25, 150) + triangle(120, 12, 1_200) + triangle(230, 50, 300)
}
