//! The vault carries its own decoder: the documents of its format and an independent reader.

use std::path::Path;

use super::VaultError;
use super::files::{self, Access};

/// Name and contents of each file.
const FILES: &[(&str, &str)] = &[
    (
        "journal.md",
        include_str!("../../../../docs/formats/journal.md"),
    ),
    (
        "records.md",
        include_str!("../../../../docs/formats/records.md"),
    ),
    (
        "records.cddl",
        include_str!("../../../../docs/formats/records.cddl"),
    ),
    (
        "keyring.md",
        include_str!("../../../../docs/formats/keyring.md"),
    ),
    (
        "azekura_reader.py",
        include_str!("../../../../tools/reader/azekura_reader.py"),
    ),
];

/// Replaces the files that are not this release's.
pub(super) fn renew(dir: &Path) -> Result<(), VaultError> {
    files::make_dir(dir)?;
    for (name, contents) in FILES {
        let path = dir.join(name);
        let same = std::fs::read(&path).is_ok_and(|found| found == contents.as_bytes());
        if !same {
            files::replace(&path, contents.as_bytes(), Access::All)?;
        }
    }
    Ok(())
}

/// Writes the files into `dir`, replacing older ones.
pub(super) fn write(dir: &Path) -> Result<(), VaultError> {
    files::make_dir(dir)?;
    for (name, contents) in FILES {
        files::replace(&dir.join(name), contents.as_bytes(), Access::All)?;
    }
    Ok(())
}
