//! Reading blob files, with or without an engine.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use azekura_model::release::BlobId;
use bytes::Bytes;

use super::{HEADER_BYTES, SUFFIX, parse_header, parse_name};
use crate::disk::{self, Disk, DiskFile};
use crate::journal::bytes::{crc32c, length};
use crate::seam::ReadError;

/// The blobs in some blob directories. Reads only.
pub struct BlobFiles {
    pub(super) disk: Arc<dyn Disk>,
    dirs: Vec<PathBuf>,
}

impl BlobFiles {
    /// The blobs of these directories, in the order in which the vault was configured.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, dirs: Vec<PathBuf>) -> Self {
        Self { disk, dirs }
    }

    /// Places where a blob can be, the one for new blobs first.
    pub(super) fn paths(&self, blob: BlobId) -> Vec<PathBuf> {
        let hash = crc32c(&[blob.intent, blob.attempt].concat());
        let sub = format!("{:02x}", hash & 0xff);
        let name = format!("{blob}{SUFFIX}");
        let first = length(hash >> 8).checked_rem(self.dirs.len()).unwrap_or(0);
        let (before, after) = self.dirs.split_at(first);
        after
            .iter()
            .chain(before)
            .map(|dir| dir.join(&sub).join(&name))
            .collect()
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

    /// Bytes `from..until` of a blob as stored; short only at its end.
    ///
    /// # Errors
    /// [`ReadError`]; damaged when its header is not its own.
    pub fn read(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        let file = self.open(blob)?;
        let io_error = |error: io::Error| ReadError::Io(format!("blob {blob}: {error}"));
        let head = disk::read_range(&*file, 0, HEADER_BYTES).map_err(io_error)?;
        if parse_header(&head) != Some(blob) {
            return Err(ReadError::Damaged(format!("the header of blob {blob}")));
        }
        let stored = file
            .length()
            .map_err(io_error)?
            .saturating_sub(HEADER_BYTES as u64);
        let until = until.min(stored);
        let want = length(until.saturating_sub(from));
        let at = from.saturating_add(HEADER_BYTES as u64);
        disk::read_range(&*file, at, want)
            .map(Bytes::from)
            .map_err(io_error)
    }

    /// All blobs with their lengths in bytes, unfinished ones included.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn list(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        let io_error = |error: io::Error| ReadError::Io(format!("listing blobs: {error}"));
        let mut blobs = Vec::new();
        for dir in &self.dirs {
            for sub in self
                .disk
                .list(dir)
                .map_err(io_error)?
                .iter()
                .filter(|sub| sub.is_dir)
            {
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
}
