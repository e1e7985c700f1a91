//! The FORMAT file: a few lines of text with a checksum, written once when a journal is made.

use std::fmt::Write as _;

use azekura_model::position::{Incarnation, RegionName};

use super::bytes::crc32c;
use super::{FORMAT_VERSION, JournalFormat, SEGMENT_HEADER_BYTES};

/// Name of the file in the journal directory.
pub(crate) const FILE_NAME: &str = "FORMAT";

/// Why a FORMAT file was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadFormat {
    /// Another version than this release knows.
    Unknown(String),
    /// Not readable.
    Unreadable(String),
}

pub(crate) fn encode(format: &JournalFormat) -> String {
    let mut text = format!(
        "azekura-journal {FORMAT_VERSION}\nregion {}\nincarnation {}\nlog-limit {}\nextent-cap {}\nhead-key {}\n",
        format.region,
        format.incarnation,
        format.log_limit,
        format.extent_cap,
        hex(&format.head_key),
    );
    let crc = crc32c(text.as_bytes());
    // Writing to a String cannot fail.
    if writeln!(text, "crc32c {crc:08x}").is_err() {
        tracing::error!("formatting to memory failed");
    }
    text
}

pub(crate) fn decode(text: &[u8]) -> Result<JournalFormat, BadFormat> {
    let bad = |why: &str| BadFormat::Unreadable(why.to_owned());
    let text = std::str::from_utf8(text).map_err(|_| bad("it is not text"))?;
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix("azekura-journal ") {
        None => return Err(bad("its first line is not that of a journal")),
        Some("1") => {}
        Some(version) => return Err(BadFormat::Unknown(version.to_owned())),
    }
    let (body, crc) = text
        .trim_end_matches('\n')
        .rsplit_once('\n')
        .and_then(|(body, last)| Some((body, last.strip_prefix("crc32c ")?)))
        .ok_or_else(|| bad("its checksum is missing"))?;
    if format!("{:08x}", crc32c(format!("{body}\n").as_bytes())) != crc {
        return Err(bad("its checksum is wrong"));
    }
    let field = |name: &str| {
        body.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .ok_or_else(|| BadFormat::Unreadable(format!("{name} is missing")))
    };
    let number = |name: &str| {
        field(name)?
            .parse::<u64>()
            .map_err(|_| bad("a number is not one"))
    };
    let log_limit = number("log-limit")?;
    if log_limit <= SEGMENT_HEADER_BYTES {
        return Err(bad("log-limit leaves no log area"));
    }
    Ok(JournalFormat {
        region: RegionName::parse(field("region")?)
            .map_err(|error| BadFormat::Unreadable(error.to_string()))?,
        incarnation: Incarnation(
            unhex(field("incarnation")?).ok_or_else(|| bad("incarnation is not hex"))?,
        ),
        log_limit,
        extent_cap: number("extent-cap")?,
        head_key: unhex(field("head-key")?).ok_or_else(|| bad("head-key is not hex"))?,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    for (index, slot) in out.iter_mut().enumerate() {
        let at = index.checked_mul(2)?;
        *slot = u8::from_str_radix(text.get(at..at.checked_add(2)?)?, 16).ok()?;
    }
    Some(out)
}
