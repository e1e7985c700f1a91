//! Writes one blob file through an aligned buffer.

use std::path::PathBuf;
use std::sync::Arc;

use super::HEADER_BYTES;
use crate::disk::{Disk, DiskFile};
use crate::poison::Poison;
use crate::seam::{BLOB_BUFFER_BYTES, BlobWriter, CommitClass, CommitError};
use crate::space::SpaceGauge;

/// Memory at an aligned address: a slice of a longer vector.
struct AlignedBuffer {
    memory: Vec<u8>,
    start: usize,
    filled: usize,
}

impl AlignedBuffer {
    fn new(alignment: usize) -> Self {
        let memory = vec![0; BLOB_BUFFER_BYTES.saturating_add(alignment)];
        let start = memory.as_ptr().align_offset(alignment);
        Self {
            memory,
            start,
            filled: 0,
        }
    }

    /// Copies as much as fits; returns what did not.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = BLOB_BUFFER_BYTES.saturating_sub(self.filled);
        let (now, later) = bytes.split_at(bytes.len().min(room));
        let from = self.start.saturating_add(self.filled);
        if let Some(slot) = self.memory.get_mut(from..from.saturating_add(now.len())) {
            slot.copy_from_slice(now);
        }
        self.filled = self.filled.saturating_add(now.len());
        later
    }

    fn is_full(&self) -> bool {
        self.filled == BLOB_BUFFER_BYTES
    }

    /// Fills up with zeros to a multiple of `alignment`.
    fn pad(&mut self, alignment: usize) {
        let until = self.filled.next_multiple_of(alignment);
        let from = self.start.saturating_add(self.filled);
        if let Some(slot) = self.memory.get_mut(from..self.start.saturating_add(until)) {
            slot.fill(0);
        }
        self.filled = until;
    }

    fn bytes(&self) -> &[u8] {
        self.memory
            .get(self.start..self.start.saturating_add(self.filled))
            .unwrap_or_default()
    }
}

pub(super) struct FileWriter {
    file: Arc<dyn DiskFile>,
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    poison: Arc<Poison>,
    space: Arc<SpaceGauge>,
    buffer: AlignedBuffer,
    /// Bytes of the file already written.
    written: u64,
    /// Bytes of the blob taken.
    taken: u64,
}

impl FileWriter {
    pub(super) fn new(
        file: Arc<dyn DiskFile>,
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        poison: Arc<Poison>,
        space: Arc<SpaceGauge>,
        header: &[u8; HEADER_BYTES],
    ) -> Self {
        let mut buffer = AlignedBuffer::new(file.alignment());
        buffer.fill(header);
        Self {
            file,
            disk,
            dir,
            poison,
            space,
            buffer,
            written: 0,
            taken: 0,
        }
    }

    fn flush(&mut self) -> Result<(), CommitError> {
        self.poison.check()?;
        let bytes = self.buffer.bytes();
        let _reserved = self.space.admit(CommitClass::Data, bytes.len() as u64)?;
        self.poison
            .guard("writing a blob", self.file.write_at(bytes, self.written))?;
        self.written = self.written.saturating_add(bytes.len() as u64);
        self.buffer.filled = 0;
        Ok(())
    }
}

impl BlobWriter for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), CommitError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.buffer.is_full() {
                self.flush()?;
            }
            rest = self.buffer.fill(rest);
        }
        self.taken = self.taken.saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, CommitError> {
        let exact = self.taken.saturating_add(HEADER_BYTES as u64);
        self.buffer.pad(self.file.alignment());
        self.flush()?;
        if self.written != exact {
            self.poison
                .guard("cutting a blob to size", self.file.truncate(exact))?;
        }
        self.poison.guard("syncing a blob", self.file.sync_data())?;
        self.poison
            .guard("syncing a blob directory", self.disk.sync_dir(&self.dir))?;
        Ok(self.taken)
    }
}
