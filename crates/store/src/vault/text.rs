//! The line format that the vault's `FORMAT` file and the keyring share: a title, lines of
//! `name value`, and a CRC-32C of all lines before it.

use crc_fast::CrcAlgorithm;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BadText {
    /// The title is another one.
    OtherTitle,
    /// The format number is one of a newer release.
    Newer(String),
    /// The checksum is missing or wrong, or a line is missing.
    Damaged(String),
}

/// A text read or being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(String);

impl Text {
    /// Starts a text of format 1.
    pub(super) fn new(title: &str) -> Self {
        Self(format!("{title}\nformat 1\n"))
    }

    /// Adds a line.
    pub(super) fn line(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let line = format!("{name} {value}\n");
        self.0.push_str(&line);
        self
    }

    /// The lines so far.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The whole file, checksum included.
    pub(super) fn finish(self) -> String {
        let crc = checksum(self.as_bytes());
        self.line("crc32c", crc).0
    }

    /// Checks title, format and checksum.
    pub(super) fn parse(title: &str, bytes: &[u8]) -> Result<Self, BadText> {
        let damaged = |why: &str| BadText::Damaged(why.to_owned());
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
        let rest = text.strip_prefix(title).and_then(|r| r.strip_prefix('\n'));
        let rest = rest.ok_or(BadText::OtherTitle)?;
        let (format, _) = rest.split_once('\n').unwrap_or((rest, ""));
        match format.strip_prefix("format ") {
            Some("1") => {}
            Some(other) if other.bytes().all(|b| b.is_ascii_digit()) && !other.is_empty() => {
                return Err(BadText::Newer(other.to_owned()));
            }
            _ => return Err(damaged("its second line is not its format")),
        }
        let end = text.rfind("crc32c ").filter(|_| text.ends_with('\n'));
        let (body, last) = end
            .and_then(|at| text.split_at_checked(at))
            .ok_or_else(|| damaged("its checksum is missing"))?;
        if last.trim_end() != format!("crc32c {}", checksum(body.as_bytes())) {
            return Err(damaged("its checksum is wrong"));
        }
        Ok(Self(body.to_owned()))
    }

    /// The value of a line.
    pub(super) fn get(&self, name: &str) -> Result<&str, BadText> {
        self.0
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .ok_or_else(|| BadText::Damaged(format!("its line {name:?} is missing")))
    }

    /// The value of a line in hexadecimal, of exactly `N` bytes.
    pub(super) fn get_hex<const N: usize>(&self, name: &str) -> Result<[u8; N], BadText> {
        let mut bytes = [0; N];
        hex::decode_to_slice(self.get(name)?, &mut bytes)
            .map_err(|_| BadText::Damaged(format!("its line {name:?} is not {N} bytes")))?;
        Ok(bytes)
    }

    /// The lines before the line `name`.
    pub(super) fn before(&self, name: &str) -> &[u8] {
        let at = self.0.find(&format!("\n{name} ")).map(|at| at + 1);
        at.and_then(|at| self.0.as_bytes().get(..at))
            .unwrap_or_default()
    }
}

fn checksum(bytes: &[u8]) -> String {
    let crc = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes);
    format!("{crc:08x}")
}
