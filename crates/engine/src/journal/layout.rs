//! The files of a journal directory.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;

use super::segment::{SegmentHeader, file_name, parse_file_name};
use super::{JournalFormat, packed};
use crate::disk::{self, Access, Disk, DiskFile};

/// Opens, lists and creates segment files. Open files are kept: sealed segments do not change
/// their names.
pub(crate) struct SegmentFiles {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    open: RwLock<BTreeMap<u32, Arc<dyn DiskFile>>>,
}

/// Ends the name of a segment that is being packed.
const PACKING_SUFFIX: &str = ".packing";

/// Most segment files kept open; beyond that the lowest numbers are closed.
const OPEN_FILES_MAX: usize = 256;

impl SegmentFiles {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        Self {
            disk,
            dir,
            open: RwLock::new(BTreeMap::new()),
        }
    }

    /// Numbers and lengths in bytes of the segments present, ascending.
    pub(crate) fn list(&self) -> io::Result<Vec<(u32, u64)>> {
        let mut found = Vec::new();
        for entry in self.disk.list(&self.dir)? {
            if let Some(number) = parse_file_name(&entry.name) {
                found.push((number, entry.bytes));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Bytes that all segments take on the disk.
    pub(crate) fn taken(&self) -> io::Result<u64> {
        let entries = self.disk.list(&self.dir)?.into_iter();
        let segments = entries.filter(|entry| parse_file_name(&entry.name).is_some());
        Ok(segments.map(|entry| entry.taken).sum())
    }

    pub(crate) fn path(&self, segment: u32) -> PathBuf {
        self.dir.join(file_name(segment))
    }

    /// A segment, unpacked where it is packed.
    pub(crate) fn file(&self, segment: u32) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = self.open.read().get(&segment) {
            return Ok(Arc::clone(file));
        }
        // Under the lock, so that a file which is being replaced is never kept.
        let mut open = self.open.write();
        if let Some(file) = open.get(&segment) {
            return Ok(Arc::clone(file));
        }
        let file = self.disk.open(&self.path(segment))?;
        let file = packed::unpacked(file, segment)?;
        keep(&mut open, segment, &file);
        Ok(file)
    }

    /// Length in bytes of a segment, unpacked where it is packed.
    pub(crate) fn length(&self, segment: u32) -> io::Result<u64> {
        self.file(segment)?.length()
    }

    /// Creates the file into which a segment is packed; what an unfinished packing left is gone.
    pub(crate) fn begin_packing(&self, segment: u32) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.packing_path(segment);
        match self.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.disk.create(&path, Access::Cached),
        }
    }

    /// Puts a packed file, synced, in the place of its segment. Whoever has the old one open reads
    /// the same bytes.
    pub(crate) fn finish_packing(&self, segment: u32, packed: Arc<dyn DiskFile>) -> io::Result<()> {
        let mut open = self.open.write();
        self.disk
            .rename(&self.packing_path(segment), &self.path(segment))?;
        self.disk.sync_dir(&self.dir)?;
        keep(&mut open, segment, &packed);
        Ok(())
    }

    /// Removes what packings left that a crash interrupted.
    pub(crate) fn remove_unfinished_packings(&self) -> io::Result<()> {
        for entry in self.disk.list(&self.dir)? {
            if entry.name.ends_with(PACKING_SUFFIX) {
                self.disk.remove(&self.dir.join(&entry.name))?;
            }
        }
        Ok(())
    }

    fn packing_path(&self, segment: u32) -> PathBuf {
        let mut name = file_name(segment);
        name.push_str(PACKING_SUFFIX);
        self.dir.join(name)
    }

    /// Creates a segment: header and name are durable when this returns.
    pub(crate) fn create(
        &self,
        header: &SegmentHeader,
        format: &JournalFormat,
    ) -> io::Result<Arc<dyn DiskFile>> {
        let file = self
            .disk
            .create(&self.path(header.segment), Access::Cached)?;
        file.write_at(&header.encode(format), 0)?;
        file.sync_data()?;
        self.disk.sync_dir(&self.dir)?;
        keep(&mut self.open.write(), header.segment, &file);
        Ok(file)
    }

    /// Removes a segment whose creation never finished.
    pub(crate) fn remove_unfinished(&self, segment: u32) -> io::Result<()> {
        self.open.write().remove(&segment);
        self.disk.remove(&self.path(segment))?;
        self.disk.sync_dir(&self.dir)
    }

    /// Saves bytes that recovery is about to cut; returns the file's name. A name that exists is
    /// never written over.
    pub(crate) fn save_cut(&self, segment: u32, offset: u64, bytes: &[u8]) -> io::Result<String> {
        for attempt in 0u32.. {
            let suffix = if attempt == 0 {
                String::new()
            } else {
                format!("-{attempt}")
            };
            let name = format!("cut-{segment:08x}-{offset}{suffix}.bin");
            match disk::write_new_file(&*self.disk, &self.dir.join(&name), bytes) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(name),
            }
        }
        Err(io::Error::other("no free name for the cut bytes"))
    }
}

/// Keeps a file open, and not too many.
fn keep(open: &mut BTreeMap<u32, Arc<dyn DiskFile>>, segment: u32, file: &Arc<dyn DiskFile>) {
    open.insert(segment, Arc::clone(file));
    if open.len() > OPEN_FILES_MAX {
        open.pop_first();
    }
}
