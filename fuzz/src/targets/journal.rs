//! A journal with bytes changed: the frozen vault of format v1. A case is a list of changes, each a
//! line `OFFSET HEX`, or `cut OFFSET`; bytes that are no such line are laid over the file at an offset
//! that they choose.

use std::path::Path;
use std::sync::Arc;

use azekura_engine::disk::faulty::{Faults, FaultyDisk};
use azekura_engine::disk::{Disk, create_dir_durably, write_new_file};
use azekura_engine::journal::scan::{Depth, Item, Scanner};

use crate::target::Target;

const VAULT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testdata/format/v1/vault/journal"
);
const HOME: &str = "/vault/journal";

/// Scans a damaged journal.
#[derive(Debug, Default)]
pub struct Journal {
    format: Vec<u8>,
    segment: Vec<u8>,
    /// Envelopes of the sound journal.
    sound: Vec<Vec<u8>>,
}

impl Target for Journal {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "",
            "4096 00",
            "4100 ff\n4208 01",
            "cut 5000",
            "cut 4096",
            "0 00",
            "8192 415a4731",
            "9000 41",
            "cut 0",
            "12 02",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "cut ", "4096 ", "\n", "415a4731", "415a5231", "ffffffff", "00000000", "40", "\n4112 ",
            "\n8192 ", "\n12288 ",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        if self.segment.is_empty() {
            self.load()?;
        }
        let mut segment = self.segment.clone();
        for line in input.split(|byte| *byte == b'\n') {
            apply(&mut segment, line);
        }
        let changed = segment != self.segment;
        let length = segment.len();
        let (records, findings, torn) = match self.scan(segment) {
            Ok(found) => found,
            Err(error) => {
                return Ok(format!(
                    "refused: {}",
                    error.chars().take(30).collect::<String>()
                ));
            }
        };
        if let Some(strange) = records.iter().find(|record| !self.sound.contains(record)) {
            return Err(format!(
                "a record that nobody wrote: {}",
                hex::encode(strange)
            ));
        }
        let whole = records.len() == self.sound.len();
        if !changed && (!whole || findings > 0) {
            return Err("damage in the frozen vault".to_owned());
        }
        // A journal that ends between two groups is a journal; heads kept elsewhere tell that it was longer.
        let shortened = self.sound.starts_with(&records) && length < self.segment.len();
        if !whole && findings == 0 && !torn && !shortened {
            return Err(format!(
                "{} of {} records, and nothing is reported",
                records.len(),
                self.sound.len()
            ));
        }
        Ok(format!(
            "whole {whole}, findings {}, torn {torn}",
            findings.min(3)
        ))
    }
}

/// Envelopes, number of findings, whether the tail is torn.
type Scanned = (Vec<Vec<u8>>, usize, bool);

impl Journal {
    fn load(&mut self) -> Result<(), String> {
        let read = |name: &str| {
            std::fs::read(Path::new(VAULT).join(name)).map_err(|error| error.to_string())
        };
        self.format = read("FORMAT")?;
        self.segment = read("00000000.seg")?;
        // Room that was allocated and never written.
        let content = self
            .segment
            .iter()
            .rposition(|byte| *byte != 0)
            .unwrap_or(0);
        self.segment
            .truncate(content.saturating_add(1).next_multiple_of(4096));
        self.sound = self.scan(self.segment.clone())?.0;
        match self.sound.is_empty() {
            true => Err("the frozen vault has no records".to_owned()),
            false => Ok(()),
        }
    }

    fn scan(&self, segment: Vec<u8>) -> Result<Scanned, String> {
        let disk = FaultyDisk::new(Faults::default());
        let home = Path::new(HOME);
        let disk: Arc<dyn Disk> = Arc::new(disk);
        create_dir_durably(&*disk, home).map_err(|error| error.to_string())?;
        for (name, bytes) in [("FORMAT", &self.format), ("00000000.seg", &segment)] {
            write_new_file(&*disk, &home.join(name), bytes).map_err(|error| error.to_string())?;
        }
        let depth = Depth {
            extents: false,
            signatures: true,
        };
        let mut scanner = Scanner::open(disk, home, depth).map_err(|error| error.to_string())?;
        let (mut records, mut findings) = (Vec::new(), 0_usize);
        // No journal of so many bytes has more items: a scan that goes on does not end.
        for item in scanner.by_ref().take(segment.len()) {
            match item.map_err(|error| error.to_string())? {
                Item::Record(record) => records.push(record.record.envelope.to_vec()),
                Item::Finding(_) => findings = findings.saturating_add(1),
                Item::Group(group) if group.signature == Some(false) => {
                    findings = findings.saturating_add(1)
                }
                Item::Group(_) => {}
            }
        }
        Ok((records, findings, scanner.torn_tail().is_some()))
    }
}

fn apply(segment: &mut Vec<u8>, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    let (first, rest) = text.split_once(' ').unwrap_or((&text, ""));
    if let ("cut", Ok(length)) = (first, rest.parse()) {
        segment.truncate(length);
        return;
    }
    let Some(offset) = first.parse::<usize>().ok().or_else(|| {
        let (head, _) = line.split_first_chunk::<3>()?;
        Some(
            head.iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    }) else {
        return;
    };
    let bytes = hex::decode(rest).unwrap_or_else(|_| line.to_vec());
    let place = offset.checked_rem(segment.len()).unwrap_or(0);
    segment
        .iter_mut()
        .skip(place)
        .zip(bytes)
        .for_each(|(to, from)| *to = from);
}
