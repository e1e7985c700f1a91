//! Blobs: large payloads in files of their own, written around the page cache.
//!
//! `<blob dir>/<2 hex digits>/<BlobId>.blob`; the digits are the low byte of the CRC32C of the
//! identity, since identities that begin with a time would all fall into one directory.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use azekura_model::release::BlobId;
use parking_lot::Mutex;

use crate::disk::{Access, Disk};
use crate::journal::bytes::{HeaderReader, HeaderWriter};
use crate::poison::Poison;
use crate::seam::{BlobWriter, CommitClass, CommitError};
use crate::space::SpaceGauge;

mod files;
mod writer;

pub use files::BlobFiles;

const MAGIC: [u8; 4] = *b"AZB1";
const FORMAT: u32 = 1;
pub(crate) const HEADER_BYTES: usize = 64;
const SUFFIX: &str = ".blob";

/// The blobs of an engine, spread over its blob directories.
pub(crate) struct BlobStore {
    files: BlobFiles,
    poison: Arc<Poison>,
    space: Arc<SpaceGauge>,
    /// Sub-directories known to exist durably.
    known: Mutex<BTreeSet<PathBuf>>,
}

impl BlobStore {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dirs: Vec<PathBuf>,
        poison: Arc<Poison>,
        space: Arc<SpaceGauge>,
    ) -> Self {
        Self {
            files: BlobFiles::new(disk, dirs),
            poison,
            space,
            known: Mutex::default(),
        }
    }

    pub(crate) fn files(&self) -> &BlobFiles {
        &self.files
    }

    pub(crate) fn create(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.poison.check()?;
        self.space.admit(CommitClass::Data, HEADER_BYTES as u64)?;
        let paths = self.files.paths(blob);
        let exists = || CommitError::Malformed(format!("blob {blob} exists already"));
        if paths
            .iter()
            .skip(1)
            .any(|path| self.files.disk.open(path).is_ok())
        {
            return Err(exists());
        }
        let Some((path, dir)) = paths.first().and_then(|path| Some((path, path.parent()?))) else {
            return Err(CommitError::Malformed(
                "no blob directory is configured".to_owned(),
            ));
        };
        self.ensure_dir(dir)?;
        let file = match self.files.disk.create(path, Access::Direct) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists()),
            other => self.poison.guard("creating a blob file", other)?,
        };
        Ok(Box::new(writer::FileWriter::new(
            file,
            Arc::clone(&self.files.disk),
            dir.to_path_buf(),
            Arc::clone(&self.poison),
            Arc::clone(&self.space),
            &header(blob),
        )))
    }

    fn ensure_dir(&self, dir: &std::path::Path) -> Result<(), CommitError> {
        if self.known.lock().contains(dir) {
            return Ok(());
        }
        let made = self.files.disk.create_dir(dir).and_then(|_| {
            dir.parent()
                .map_or(Ok(()), |parent| self.files.disk.sync_dir(parent))
        });
        self.poison.guard("creating a blob directory", made)?;
        self.known.lock().insert(dir.to_path_buf());
        Ok(())
    }

    /// Removes the file of a blob whose sweep was proved. Absent = already removed.
    pub(crate) fn remove(&self, blob: BlobId) -> Result<(), CommitError> {
        self.poison.check()?;
        for path in self.files.paths(blob) {
            if self.unlink(&path)?.is_some()
                && let Some(dir) = path.parent()
            {
                self.poison
                    .guard("syncing a blob directory", self.files.disk.sync_dir(dir))?;
            }
        }
        Ok(())
    }

    /// Removes the file of a blob whose release was proved; returns the bytes of the blob if it was
    /// still there. Not durable until [`Self::sync_removed`].
    pub(crate) fn release(&self, blob: BlobId) -> Result<u64, CommitError> {
        self.poison.check()?;
        let mut bytes = 0_u64;
        for path in self.files.paths(blob) {
            bytes = bytes.saturating_add(self.unlink(&path)?.unwrap_or(0));
        }
        Ok(bytes)
    }

    /// Makes the removal of blobs durable, whoever removed them.
    pub(crate) fn sync_removed<'a>(
        &self,
        blobs: impl Iterator<Item = &'a BlobId>,
    ) -> Result<(), CommitError> {
        let paths = blobs.flat_map(|blob| self.files.paths(*blob));
        let dirs: BTreeSet<PathBuf> = paths
            .filter_map(|path| Some(path.parent()?.to_path_buf()))
            .collect();
        for dir in dirs {
            match self.files.disk.sync_dir(&dir) {
                // Nothing was ever in it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                synced => self.poison.guard("syncing a blob directory", synced)?,
            }
        }
        Ok(())
    }

    /// Removes a file; returns the bytes of its blob, `None` when there was none.
    fn unlink(&self, path: &std::path::Path) -> Result<Option<u64>, CommitError> {
        let disk = &self.files.disk;
        let length = match disk.open(path).and_then(|file| file.length()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            length => length.unwrap_or(0),
        };
        self.poison.guard("removing a blob", disk.remove(path))?;
        Ok(Some(length.saturating_sub(HEADER_BYTES as u64)))
    }
}

fn header(blob: BlobId) -> [u8; HEADER_BYTES] {
    HeaderWriter::<HEADER_BYTES>::new(MAGIC)
        .u32(FORMAT)
        .u32(0)
        .put(&blob.intent)
        .put(&blob.attempt)
        .finish()
}

fn parse_header(bytes: &[u8]) -> Option<BlobId> {
    let mut fields = HeaderReader::checked(bytes, HEADER_BYTES, MAGIC)?;
    if fields.u32()? != FORMAT {
        return None;
    }
    let _reserved = fields.u32()?;
    Some(BlobId {
        intent: fields.array()?,
        attempt: fields.array()?,
    })
}

fn parse_name(name: &str) -> Option<BlobId> {
    let (intent, attempt) = name.split_once('-')?;
    Some(BlobId {
        intent: unhex(intent)?,
        attempt: unhex(attempt)?,
    })
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let clean = text
        .bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (text.len() == 32 && clean)
        .then(|| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes))
        .flatten()
}
