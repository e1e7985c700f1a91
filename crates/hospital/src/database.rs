//! Backups of a database of this hospital: a dump as SQL text, and data files of 8 KiB pages.

use std::io::{self, Write};

use time::Date;

use crate::catalog::ANALYTES;
use crate::item::{Class, HospitalItem};
use crate::moment::{compact, dashed};
use crate::people::Patient;
use crate::random::Draw;
use crate::streamed::Streamed;
use crate::visits::Visits;

/// Rows of laboratory results in the dump, at full scale.
const ROWS: u64 = 10_000_000;
/// Pages of the data file, at full scale.
const PAGES: u64 = 131_072;
/// Bytes of a page.
const PAGE: usize = 8_192;

/// Files of a day.
pub(crate) const COUNT: u64 = 2;

/// The dump and the data file.
pub(crate) fn items(seed: u64, day: Date, visits: &Visits) -> Vec<HospitalItem> {
    let dump = Dump {
        day,
        visits: visits.clone(),
        rows: visits.scale.of(ROWS),
        seed,
    };
    let pages = Pages {
        seed,
        count: visits.scale.of(PAGES),
    };
    let folder = format!("database/{}", compact(day));
    vec![
        HospitalItem::new(
            Class::Database,
            format!("{folder}/ehr.sql"),
            Streamed::new(move |out| dump.write(out)),
        ),
        HospitalItem::new(Class::Database, format!("{folder}/base/16384.1"), pages),
    ]
}

struct Dump {
    seed: u64,
    day: Date,
    visits: Visits,
    rows: u64,
}

impl Dump {
    /// Text as a PostgreSQL dump has it, of the synthetic tables.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\n\n")?;
        out.write_all(
            b"CREATE TABLE public.patient (\n    id character(10) NOT NULL,\n    name text,\n    kana text,\n    sex character(1),\n    born date,\n    address text\n);\n\nCREATE TABLE public.result (\n    id bigint NOT NULL,\n    patient character(10),\n    day date,\n    code text,\n    name text,\n    value text,\n    unit text\n);\n\n",
        )?;
        out.write_all(b"COPY public.patient (id, name, kana, sex, born, address) FROM stdin;\n")?;
        for number in 0..self.visits.population() {
            out.write_all(row(&self.visits.patient(number)).as_bytes())?;
        }
        out.write_all(
            b"\\.\n\nCOPY public.result (id, patient, day, code, name, value, unit) FROM stdin;\n",
        )?;
        let mut draw = Draw::new(self.seed, "dump", &[]);
        let day = dashed(self.day);
        for id in 1..=self.rows {
            let patient = Patient::id_of(draw.below(self.visits.population()));
            let analyte = draw.pick(&ANALYTES);
            let value = analyte.format(draw.between(analyte.low, analyte.high));
            let (code, name, unit) = (analyte.code, analyte.name, analyte.unit);
            writeln!(
                out,
                "{id}\t{patient}\t{day}\t{code}\t{name}\t{value}\t{unit}"
            )?;
        }
        out.write_all(b"\\.\n\n--\n-- PostgreSQL database dump complete\n--\n")
    }
}

fn row(patient: &Patient) -> String {
    let name = &patient.name;
    format!(
        "{}\t{} {}\t{} {}\t{}\t{}\t{}\n",
        patient.id,
        name.family,
        name.given,
        name.family_kana,
        name.given_kana,
        patient.sex.letter(),
        dashed(patient.born),
        patient.address
    )
}

/// Pages of which the first half is noise and the rest zeros, with a number in front.
struct Pages {
    seed: u64,
    count: u64,
}

impl crate::item::Content for Pages {
    fn size(&self) -> u64 {
        self.count * u64::try_from(PAGE).unwrap_or(0)
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for number in 0..self.count {
            let mut draw = Draw::new(self.seed, "page", &[number]);
            let mut page = Vec::with_capacity(PAGE);
            page.extend_from_slice(&number.to_le_bytes());
            while page.len() < PAGE / 2 {
                page.extend_from_slice(&draw.next().to_le_bytes());
            }
            page.resize(PAGE, 0);
            out.write_all(&page)?;
        }
        Ok(())
    }
}
