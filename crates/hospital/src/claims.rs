//! UKE: claims of a month, one file a payer and kind, CSV in Shift_JIS with CRLF. Codes of acts and
//! drugs are local numbers that begin with 99; the layout follows the record tables for 電子レセプト
//! as far as archives care: it is not for submission.

use std::io::{self, Write};

use encoding_rs::SHIFT_JIS;
use time::Date;

use crate::catalog::{DISEASES, ORAL};
use crate::item::{Class, HospitalItem};
use crate::moment::{compact, later};
use crate::people::{INSTITUTION, Sex};
use crate::random::Draw;
use crate::streamed::Streamed;
use crate::visits::Visits;

/// Receipts of a month at full scale: outpatients (11,500) and inpatients (1,000).
const RECEIPTS: [(&str, &str, u64); 2] = [
    ("RECEIPTC.UKE", "1112", 11_500),
    ("RECEIPTD.UKE", "1111", 1_000),
];
/// Payers and their shares in percent: 社保, 国保, 後期高齢者.
const PAYERS: [(&str, &str, u64); 3] = [("shaho", "1", 35), ("kokuho", "2", 35), ("koki", "2", 30)];

/// Files that a day brings: those of the month before on its first day, else none.
pub(crate) fn count(day: Date) -> u64 {
    if day.day() == 1 { 6 } else { 0 }
}

/// The files.
pub(crate) fn items(seed: u64, day: Date, visits: &Visits) -> Vec<HospitalItem> {
    if count(day) == 0 {
        return Vec::new();
    }
    let month = compact(later(day, -1));
    let month = month.get(..6).unwrap_or_default();
    let mut items = Vec::new();
    for (payer, examiner, percent) in PAYERS {
        for (name, kind, receipts) in RECEIPTS {
            let claims = Claims {
                seed,
                visits: visits.clone(),
                month: month.to_owned(),
                examiner,
                kind,
                receipts: visits.scale.of(receipts * percent / 100),
                purpose: format!("claim {payer} {name}"),
            };
            let key = format!("uke/{month}/{payer}/{name}");
            let content = Streamed::new(move |out| claims.write(out));
            items.push(HospitalItem::new(Class::Uke, key, content));
        }
    }
    items
}

/// One file.
struct Claims {
    seed: u64,
    visits: Visits,
    /// `YYYYMM`.
    month: String,
    /// 審査支払機関.
    examiner: &'static str,
    /// レセプト種別.
    kind: &'static str,
    receipts: u64,
    purpose: String,
}

impl Claims {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        line(
            out,
            &format!(
                "IR,{},99,1,{},,合成病院,{},00,000-0000-0000",
                self.examiner,
                INSTITUTION.get(3..).unwrap_or_default(),
                self.month
            ),
        )?;
        let mut points = 0;
        for number in 1..=self.receipts {
            points += self.receipt(number, out)?;
        }
        line(out, &format!("GO,{},{points},99", self.receipts))
    }

    /// One receipt, 3–10 KB; returns its points.
    fn receipt(&self, number: u64, out: &mut dyn Write) -> io::Result<u64> {
        let mut draw = Draw::new(self.seed, &self.purpose, &[number]);
        let visit = self.visits.known(draw.next());
        let patient = &visit.patient;
        let sex = if patient.sex == Sex::Male { 1 } else { 2 };
        line(
            out,
            &format!(
                "RE,{number},{},{},{}　{},{sex},{},,,,,,,{},,,,,,,,,,,,{}　{}",
                self.kind,
                self.month,
                patient.name.family,
                patient.name.given,
                compact(patient.born),
                patient.id,
                patient.name.family_kana,
                patient.name.given_kana
            ),
        )?;
        let acts = draw.between(40, 150);
        let mut points = 0;
        let mut body = String::new();
        for _ in 0..draw.between(1, 6) {
            let (_, name) = draw.pick(&DISEASES);
            body.push_str(&format!("SY,0000999,{}01,1,,{name},,\r\n", self.month));
        }
        for number in 0..acts {
            let worth = draw.between(5, 600);
            points += worth;
            let code = format!("99{:07}", draw.below(10_000_000));
            let times = draw.between(1, 28);
            if number % 3 == 0 {
                let (_, name, usage) = draw.pick(&ORAL);
                body.push_str(&format!("IY,21,1,{code},{times},{worth},{times},,,\r\n"));
                body.push_str(&format!("CO,21,1,830000000,{name} {usage}\r\n"));
            } else {
                body.push_str(&format!("SI,60,1,{code},,{worth},{times},,,,,,\r\n"));
            }
        }
        line(
            out,
            &format!(
                "HO,99999999,,{},{},{points},,,,,,,",
                patient.insured,
                draw.between(1, 20)
            ),
        )?;
        out.write_all(&SHIFT_JIS.encode(&body).0)?;
        Ok(points)
    }
}

fn line(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(&SHIFT_JIS.encode(text).0)?;
    out.write_all(b"\r\n")
}
