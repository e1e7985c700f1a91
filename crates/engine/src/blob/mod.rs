//! Blobs: large payloads in files of their own, written around the page cache.
//!
//! `<blob dir>/<2 hex digits>/<BlobId>.blob`; the digits are the low byte of the CRC32C of the
//! identity, since identities that begin with a time would all fall into one directory.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use azekura_model::release::BlobId;
use bytes::Bytes;
use parking_lot::Mutex;

use crate::disk::{self, Access, Disk, DiskFile};
use crate::journal::bytes::{HeaderReader, HeaderWriter, crc32c, length};
use crate::poison::Poison;
use crate::seam::{BlobWriter, CommitClass, CommitError, ReadError};
use crate::space::SpaceGauge;

mod writer;

const MAGIC: [u8; 4] = *b"AZB1";
const FORMAT: u32 = 1;
pub(crate) const HEADER_BYTES: usize = 64;
const SUFFIX: &str = ".blob";

/// The blobs of an engine, spread over its blob directories.
pub(crate) struct BlobStore {
    disk: Arc<dyn Disk>,
    dirs: Vec<PathBuf>,
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
        Self { disk, dirs, poison, space, known: Mutex::default() }
    }

    /// Places where a blob can be, the one for new blobs first.
    fn paths(&self, blob: BlobId) -> Vec<PathBuf> {
        let hash = crc32c(&[blob.intent, blob.attempt].concat());
        let sub = format!("{:02x}", hash & 0xff);
        let name = format!("{blob}{SUFFIX}");
        let first = length(hash >> 8).checked_rem(self.dirs.len()).unwrap_or(0);
        let (before, after) = self.dirs.split_at(first);
        after.iter().chain(before).map(|dir| dir.join(&sub).join(&name)).collect()
    }

    pub(crate) fn create(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.poison.check()?;
        self.space.admit(CommitClass::Data, HEADER_BYTES as u64)?;
        let paths = self.paths(blob);
        let exists = || CommitError::Malformed(format!("blob {blob} exists already"));
        if paths.iter().skip(1).any(|path| self.disk.open(path).is_ok()) {
            return Err(exists());
        }
        let Some((path, dir)) = paths.first().and_then(|path| Some((path, path.parent()?))) else {
            return Err(CommitError::Malformed("no blob directory is configured".to_owned()));
        };
        self.ensure_dir(dir)?;
        let file = match self.disk.create(path, Access::Direct) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists()),
            other => self.poison.guard("creating a blob file", other)?,
        };
        Ok(Box::new(writer::FileWriter::new(
            file,
            Arc::clone(&self.disk),
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
        let made = self
            .disk
            .create_dir(dir)
            .and_then(|()| dir.parent().map_or(Ok(()), |parent| self.disk.sync_dir(parent)));
        self.poison.guard("creating a blob directory", made)?;
        self.known.lock().insert(dir.to_path_buf());
        Ok(())
    }

    fn open(&self, blob: BlobId) -> Result<Arc<dyn DiskFile>, ReadError> {
        for path in self.paths(blob) {
            match self.disk.open(&path) {
                Ok(file) => return Ok(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(ReadError::Io(error.to_string())),
            }
        }
        Err(ReadError::NotFound(format!("blob {blob}")))
    }

    pub(crate) fn read(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        let file = self.open(blob)?;
        let io_error = |error: io::Error| ReadError::Io(format!("blob {blob}: {error}"));
        let head = disk::read_range(&*file, 0, HEADER_BYTES).map_err(io_error)?;
        if parse_header(&head) != Some(blob) {
            return Err(ReadError::Damaged(format!("the header of blob {blob}")));
        }
        let stored = file.len().map_err(io_error)?.saturating_sub(HEADER_BYTES as u64);
        let until = until.min(stored);
        let want = length(until.saturating_sub(from));
        let at = from.saturating_add(HEADER_BYTES as u64);
        disk::read_range(&*file, at, want).map(Bytes::from).map_err(io_error)
    }

    pub(crate) fn list(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        let io_error = |error: io::Error| ReadError::Io(format!("listing blobs: {error}"));
        let mut blobs = Vec::new();
        for dir in &self.dirs {
            for sub in self.disk.list(dir).map_err(io_error)?.iter().filter(|sub| sub.is_dir) {
                for entry in self.disk.list(&dir.join(&sub.name)).map_err(io_error)? {
                    if let Some(blob) = entry.name.strip_suffix(SUFFIX).and_then(parse_name) {
                        blobs.push((blob, entry.bytes.saturating_sub(HEADER_BYTES as u64)));
                    }
                }
            }
        }
        blobs.sort_unstable();
        Ok(blobs)
    }

    /// Removes the file of a blob whose sweep was proved. Absent = already removed.
    pub(crate) fn remove(&self, blob: BlobId) -> Result<(), CommitError> {
        self.poison.check()?;
        for path in self.paths(blob) {
            match self.disk.remove(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(self.poison.set("removing a blob", &error)),
            }
            if let Some(dir) = path.parent() {
                self.poison.guard("syncing a blob directory", self.disk.sync_dir(dir))?;
            }
        }
        Ok(())
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
    Some(BlobId { intent: fields.array()?, attempt: fields.array()? })
}

fn parse_name(name: &str) -> Option<BlobId> {
    let (intent, attempt) = name.split_once('-')?;
    Some(BlobId { intent: unhex(intent)?, attempt: unhex(attempt)? })
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let clean = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (text.len() == 32 && clean)
        .then(|| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes))
        .flatten()
}
