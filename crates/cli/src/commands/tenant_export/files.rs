//! The directory of an export: files by hash, each whole or not there, and notes of what is complete.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use azekura_admin_api::api::Content;
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::damage;
use crate::exit::{CommandError, Exit};

const NOTES: &str = "complete.jsonl";
const MANIFEST: &str = "manifest.jsonl";
const MANIFEST_PART: &str = "manifest.jsonl.part";
const MANIFEST_HASH: &str = "manifest.sha256";

/// A file that is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

#[derive(Serialize, Deserialize)]
struct Note {
    file: String,
    #[serde(flatten)]
    stored: Stored,
}

/// The directory.
pub(super) struct Place<'a> {
    dir: &'a Path,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of a version. Nothing of its key is in it.
pub(super) fn name(bucket: &str, version: &str) -> String {
    let mut context = Context::new(&SHA256);
    context.update(bucket.as_bytes());
    context.update(b"\n");
    context.update(version.as_bytes());
    let hash = hex(context.finish().as_ref());
    let folder: String = hash.chars().take(2).collect();
    format!("content/{folder}/{hash}")
}

/// Calls `each` with every whole line of a file of JSON lines.
pub(super) fn each_line<T: DeserializeOwned>(
    path: &Path,
    mut each: impl FnMut(T) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    for line in BufReader::new(File::open(path)?).lines() {
        let line = serde_json::from_str(&line?).map_err(|error| {
            CommandError::new(Exit::Damage, format!("{}: {error}", path.display()))
        })?;
        each(line)?;
    }
    Ok(())
}

impl<'a> Place<'a> {
    pub(super) fn make(dir: &'a Path) -> Result<Self, CommandError> {
        fs::create_dir_all(dir.join("content"))?;
        Ok(Self { dir })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    pub(super) fn manifest_part(&self) -> PathBuf {
        self.path(MANIFEST_PART)
    }

    /// What earlier runs completed. A last line that was cut off counts for nothing.
    pub(super) fn known(&self) -> Result<BTreeMap<String, Stored>, CommandError> {
        let text = match fs::read_to_string(self.path(NOTES)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error.into()),
        };
        let notes = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Ok(notes.map(|note: Note| (note.file, note.stored)).collect())
    }

    /// Length of a file that is there.
    pub(super) fn bytes(&self, file: &str) -> Option<u64> {
        fs::metadata(self.path(file)).ok().map(|found| found.len())
    }

    /// Writes a file whole: under another name, durable, then renamed.
    pub(super) async fn write(
        &self,
        file: &str,
        mut content: Content,
    ) -> Result<Stored, CommandError> {
        let path = self.path(file);
        let part = path.with_extension("part");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = File::create(&part)?;
        let mut context = Context::new(&SHA256);
        let mut bytes = 0_u64;
        while let Some(chunk) = content.stream.next().await {
            let chunk = chunk.map_err(damage)?;
            out.write_all(&chunk)?;
            context.update(&chunk);
            bytes = bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
        out.sync_all()?;
        fs::rename(&part, &path)?;
        let sha256 = hex(context.finish().as_ref());
        Ok(Stored { bytes, sha256 })
    }

    /// Notes that a file is complete.
    pub(super) fn note(&self, file: &str, stored: &Stored) -> Result<(), CommandError> {
        let note = Note {
            file: file.to_owned(),
            stored: stored.clone(),
        };
        // A line that was cut off is ended first by the newline.
        let text = serde_json::to_string(&note)
            .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))?;
        let mut notes = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path(NOTES))?;
        notes.write_all(format!("\n{text}\n").as_bytes())?;
        Ok(())
    }

    /// Takes a file away that is not what was written.
    pub(super) fn forget(&self, file: &str) {
        // What cannot be taken away has the wrong hash at the next verification, too.
        drop(fs::remove_file(self.path(file)));
    }

    /// SHA-256 of a file.
    pub(super) fn hash(&self, file: &str) -> Result<String, CommandError> {
        let mut read = match File::open(self.path(file)) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(error.into()),
        };
        let mut context = Context::new(&SHA256);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let got = read.read(&mut buffer)?;
            if got == 0 {
                return Ok(hex(context.finish().as_ref()));
            }
            context.update(buffer.get(..got).unwrap_or_default());
        }
    }

    /// Gives the manifest its name, and its hash beside it.
    pub(super) fn finish(&self, part: &Path) -> Result<String, CommandError> {
        let hash = self.hash(MANIFEST_PART)?;
        fs::rename(part, self.path(MANIFEST))?;
        fs::write(self.path(MANIFEST_HASH), format!("{hash}  {MANIFEST}\n"))?;
        File::open(self.dir)?.sync_all()?;
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures::stream;

    fn content(text: &'static str) -> Content {
        Content {
            bytes: Some(0),
            stream: Box::pin(stream::iter([Ok(Bytes::from(text))])),
        }
    }

    #[test]
    fn names_hold_nothing_of_what_the_server_says() {
        let evil = name("../../etc", "../passwd");
        assert!(evil.starts_with("content/") && !evil.contains(".."));
        assert_eq!(evil.len(), "content/ab/".len() + 64);
        assert_ne!(name("a", "b"), name("a", "c"));
    }

    #[tokio::test]
    async fn what_is_complete_is_known_to_the_next_run() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::make(dir.path()).unwrap();
        let file = name("b", "v");
        let stored = place.write(&file, content("text")).await.unwrap();
        assert_eq!(stored.bytes, 4);
        assert_eq!(place.hash(&file).unwrap(), stored.sha256);
        fs::write(dir.path().join(NOTES), "{\"file\":\"cut").unwrap();
        place.note(&file, &stored).unwrap();
        let known = Place::make(dir.path()).unwrap().known().unwrap();
        assert_eq!(known.get(&file), Some(&stored));
        assert_eq!(known.len(), 1);
        fs::write(dir.path().join(&file), "tex!").unwrap();
        assert_ne!(place.hash(&file).unwrap(), stored.sha256);
        place.forget(&file);
        assert_eq!(place.bytes(&file), None);
    }
}
