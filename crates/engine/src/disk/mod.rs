//! The door to local disks. Everything the embedded engine does to files goes through [`Disk`], so
//! that tests can make it fail, run out of space and lose power ([`faulty`]).
//!
//! A write is durable only after [`DiskFile::sync_data`], a name only after [`Disk::sync_dir`] on
//! its directory.

use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub mod faulty;
pub mod real;

/// Unit in which file systems give out and take back space, in bytes.
pub const BLOCK_BYTES: u64 = 4096;

/// How the bytes of a new file are going to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Through the page cache.
    Cached,
    /// Around the page cache where the file system allows it; see [`DiskFile::alignment`].
    Direct,
}

/// Space of the file system under a directory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSpace {
    /// Available to this process.
    pub free: u64,
    /// Size of the file system.
    pub total: u64,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Name without its directory.
    pub name: String,
    /// Whether it is a directory itself.
    pub is_dir: bool,
    /// Length in bytes; 0 for directories.
    pub bytes: u64,
    /// Bytes that it takes on the disk; 0 for directories.
    pub taken: u64,
}

/// Local files. Implementations are shared between threads.
pub trait Disk: Send + Sync + 'static {
    /// Creates a file that must not exist, for reading and writing.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn create(&self, path: &Path, access: Access) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading and writing; for reading alone when it is not writable.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Names in a directory, in bytewise order; empty when the directory does not exist.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>>;

    /// Creates a directory, whose parent must exist; `false` when it existed already.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn create_dir(&self, path: &Path) -> io::Result<bool>;

    /// Makes the names of a directory durable.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Gives a file another name in its directory; a file that has that name is replaced. Readers
    /// of the replaced file that have it open go on reading it.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes the name of a file.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Space of the file system under a directory.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn space(&self, dir: &Path) -> io::Result<DiskSpace>;

    /// Takes an exclusive lock on a file (created when missing); held until the value is dropped.
    /// `None` when another holds it.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn lock(&self, path: &Path) -> io::Result<Option<DiskLock>>;
}

/// Holds a lock while it lives.
pub struct DiskLock(#[expect(dead_code, reason = "kept for its drop")] Box<dyn Any + Send + Sync>);

impl DiskLock {
    /// Wraps what releases the lock when dropped.
    #[must_use]
    pub fn new(holder: Box<dyn Any + Send + Sync>) -> Self {
        Self(holder)
    }
}

/// An open file with positional reads and writes.
pub trait DiskFile: Send + Sync + 'static {
    /// Reads at an offset; may be short; 0 at the end.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all bytes at an offset.
    ///
    /// # Errors
    /// As the operating system gives them; some of the bytes may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes contents and length durable (`fdatasync`).
    ///
    /// # Errors
    /// As the operating system gives them; what is durable is then unknown.
    fn sync_data(&self) -> io::Result<()>;

    /// Sets the length in bytes.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn truncate(&self, bytes: u64) -> io::Result<()>;

    /// Length in bytes.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn length(&self) -> io::Result<u64>;

    /// Gives the space of a range of zeros back to the file system, as far as it spans whole blocks.
    /// The range still reads as zeros. Where the file system cannot, nothing happens.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn punch(&self, offset: u64, bytes: u64) -> io::Result<()>;

    /// Bytes that a packed segment holds of what stands before an offset; `None` when the file is
    /// not packed.
    fn packed_before(&self, _offset: u64) -> Option<u64> {
        None
    }

    /// Bytes that the file takes on the disk.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn allocated(&self) -> io::Result<u64>;

    /// Bytes to which offset, length and memory of a write must be aligned: 1 unless direct.
    fn alignment(&self) -> usize {
        1
    }
}

/// Reads until the buffer is full or the file ends; returns the bytes read.
///
/// # Errors
/// As the disk gives them.
pub fn read_full(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads `length` bytes at an offset, fewer at the end of the file.
///
/// # Errors
/// As the disk gives them.
pub fn read_range(file: &dyn DiskFile, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; length];
    let filled = read_full(file, &mut buffer, offset)?;
    buffer.truncate(filled);
    Ok(buffer)
}

/// Creates a directory and its missing parents, each durable in its own parent.
///
/// # Errors
/// As the disk gives them.
pub fn create_dir_durably(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    let ancestors: Vec<&Path> = dir
        .ancestors()
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    for path in ancestors.iter().rev() {
        let Some(parent) = path.parent() else {
            continue;
        };
        // The last name may be left over from a creation that never became durable.
        if disk.create_dir(path)? || *path == dir {
            let here = parent.as_os_str().is_empty();
            disk.sync_dir(if here { Path::new(".") } else { parent })?;
        }
    }
    disk.sync_dir(dir)
}

/// Writes a whole new file and makes it and its name durable.
///
/// # Errors
/// As the disk gives them.
pub fn write_new_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = disk.create(path, Access::Cached)?;
    file.write_at(bytes, 0)?;
    file.sync_data()?;
    match path.parent() {
        Some(parent) => disk.sync_dir(parent),
        None => Ok(()),
    }
}
