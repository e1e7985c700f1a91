//! Records of every kind, cores, summaries and settings: the first byte of a case says which, the rest
//! is decoded.

use std::fs;
use std::path::Path;

use azekura_record::commitment::{commit_encoded, disclose};
use azekura_record::configured::StoredSetting;
use azekura_record::core::{Core, IGNORABLE_KIND_FROM, RecordKind};
use azekura_record::error::DecodeError;
use azekura_record::fields::{self, IGNORABLE_FROM};
use azekura_record::particulars::Particulars;
use azekura_record::summary::Summary;

use crate::target::Target;

const CORE: u8 = 0;
const SUMMARY: u8 = 254;
const SETTING: u8 = 255;

/// Decodes what a disk may return.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records;

impl Target for Records {
    /// The frozen bytes of format v1.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/record/testdata");
        let mut files: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        files.sort_by_key(fs::DirEntry::file_name);
        let mut seeds = Vec::new();
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            // The second line of particulars is their commitment.
            let bytes = text.lines().next().and_then(|line| hex::decode(line).ok());
            let kind = match name.as_str() {
                "summary.hex" => SUMMARY,
                name if name.starts_with("core") => CORE,
                name => name
                    .get(..2)
                    .and_then(|number| number.parse().ok())
                    .unwrap_or(1),
            };
            seeds.push([vec![kind], bytes.unwrap_or_default()].concat());
        }
        seeds
    }

    fn dictionary(&self) -> &'static [&'static str] {
        // CBOR heads: empty and endless containers, huge lengths, tags, simple values.
        &[
            "\u{0}",
            "@",
            "`",
            "\u{18}\u{18}",
            "\u{19}\u{0}\u{10}",
            "\u{1a}\u{0}\u{1}\u{0}\u{0}",
            "ABCDEFG",
            "/%",
            "\u{7f}",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let Some((which, bytes)) = input.split_first() else {
            return Ok("empty".to_owned());
        };
        match *which {
            SUMMARY => again("summary", bytes, Summary::decode(bytes), Summary::encode),
            SETTING => again(
                "setting",
                bytes,
                StoredSetting::decode(bytes),
                StoredSetting::encode,
            ),
            CORE => again("core", bytes, Core::decode(bytes), Core::encode),
            number => {
                let kind = RecordKind::ALL
                    .into_iter()
                    .find(|kind| kind.number() == u16::from(number))
                    .or_else(|| {
                        RecordKind::ALL
                            .get(usize::from(number) % RecordKind::ALL.len())
                            .copied()
                    });
                let kind = kind.ok_or("no kinds")?;
                commitment(kind, bytes)?;
                again(
                    &format!("{kind:?}"),
                    bytes,
                    Particulars::decode(kind, bytes),
                    Particulars::encode,
                )
            }
        }
    }
}

/// What was decoded encodes to the same bytes, ignorable fields apart, and what was refused says why.
fn again<T: PartialEq + std::fmt::Debug>(
    what: &str,
    bytes: &[u8],
    decoded: Result<T, DecodeError>,
    encode: impl Fn(&T) -> Vec<u8>,
) -> Result<String, String> {
    let value = match decoded {
        Ok(value) => value,
        Err(error) => return Ok(format!("{what}: {}", sort(&error))),
    };
    let ignorable =
        fields::split(bytes).is_ok_and(|all| all.iter().any(|f| f.number >= IGNORABLE_FROM));
    if ignorable {
        return Ok(format!("{what}: with ignorable fields"));
    }
    if encode(&value) != bytes {
        return Err(format!(
            "{what}: encodes to other bytes than it was read from: {value:?}"
        ));
    }
    Ok(format!("{what}: read"))
}

fn sort(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::NotCanonical { what, .. } => what,
        DecodeError::Newer(_) => "newer",
        DecodeError::TooLong { .. } => "too long",
        _ => "malformed",
    }
}

/// Both ways to the commitment agree, and each disclosed field is proven by it.
fn commitment(kind: RecordKind, bytes: &[u8]) -> Result<(), String> {
    debug_assert!(kind.number() < IGNORABLE_KIND_FROM);
    let Ok(particulars) = Particulars::decode(kind, bytes) else {
        return commit_encoded(bytes).map_or(Ok(()), |_| Ok(()));
    };
    let root = commit_encoded(bytes)
        .map_err(|error| format!("read, and cannot be committed to: {error}"))?;
    let all =
        fields::split(bytes).map_err(|error| format!("read, and cannot be split: {error}"))?;
    if all.iter().any(|field| field.number >= IGNORABLE_FROM) {
        return Ok(());
    }
    if particulars.encode_and_commit().1 != root {
        return Err("two commitments to one record".to_owned());
    }
    let unproven = all.iter().find(|field| {
        disclose(&particulars, field.number).is_some_and(|proof| !proof.verify(&root))
    });
    unproven.map_or(Ok(()), |field| {
        Err(format!("field {} is not proven", field.number))
    })
}
