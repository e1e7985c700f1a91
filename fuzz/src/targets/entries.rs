//! Entries of the index. They are a view, so that any encoding of a value may be read; what was read
//! must be written and read again as the same.

use azekura_model::bucket::Versioning;
use azekura_model::cooling::{Cooling, HistoryDays};
use azekura_model::time::WallTime;
use azekura_store::entry::{
    self, BucketEntry, BucketSettings, DoneEntry, EpochEntry, PartEntry, Slotted, TenantEntry,
    UploadEntry,
};

use crate::target::Target;

/// Decodes values of the index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries;

/// Reads as `T`; what is read must come back.
macro_rules! view {
    ($type:ty, $bytes:expr) => {
        match entry::decode::<$type>($bytes) {
            Err(_) => Ok(concat!(stringify!($type), ": refused").to_owned()),
            Ok(value) => match entry::decode::<$type>(&entry::encode(&value)) {
                Ok(again) if again == value => Ok(concat!(stringify!($type), ": read").to_owned()),
                other => Err(format!("{value:?} came back as {other:?}")),
            },
        }
    };
}

impl Target for Entries {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let tenant = TenantEntry {
            name: "試験病院".to_owned(),
            wrapped_key: vec![1; 60],
            dual_control: true,
            sealed: false,
        };
        let history = Cooling::settled(HistoryDays(30));
        let upload = UploadEntry::new(WallTime(1_700_000_000_000), None);
        let summary = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../crates/record/testdata/summary.hex"
        ));
        let summary = hex::decode(summary.unwrap_or_default().trim()).unwrap_or_default();
        [
            (0, entry::encode(&tenant).to_vec()),
            (
                2,
                entry::encode(&BucketSettings::new(Versioning::Enabled, &history)).to_vec(),
            ),
            (4, entry::encode(&upload).to_vec()),
            (6, entry::encode(&DoneEntry::new("鍵/a", None)).to_vec()),
            (7, [&[0][..], &summary].concat()),
            (7, [&[1, 0, 0, 1, 2, 3, 4, 5, 6][..], &summary].concat()),
            (1, vec![0x84, 0x61, 0x61, 0x50]),
            (3, vec![0x82, 0x41, 0x00, 0x01]),
            (5, vec![0x88, 0x50]),
        ]
        .into_iter()
        .map(|(which, bytes)| [&[which][..], &bytes].concat())
        .collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "\u{0}",
            "@",
            "`",
            "\u{18}\u{18}",
            "P0123456789abcdef",
            "X\u{20}",
            "\u{7f}",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let Some((which, bytes)) = input.split_first() else {
            return Ok("empty".to_owned());
        };
        match which % 8 {
            0 => view!(TenantEntry, bytes),
            1 => view!(BucketEntry, bytes),
            2 => view!(BucketSettings, bytes),
            3 => view!(EpochEntry, bytes),
            4 => view!(UploadEntry, bytes),
            5 => view!(PartEntry, bytes),
            6 => view!(DoneEntry, bytes),
            _ => match Slotted::decode(bytes) {
                Err(_) => Ok("Slotted: refused".to_owned()),
                Ok(slot) if slot.encode() == bytes => Ok("Slotted: read".to_owned()),
                Ok(slot) => Err(format!("{slot:?} is written otherwise than it was read")),
            },
        }
    }
}
