//! The operating system's files.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{Access, BLOCK_BYTES, DirEntry, Disk, DiskFile, DiskLock, DiskSpace};

/// What Linux asks of direct writes on every common device; larger than any sector in use.
const DIRECT_ALIGNMENT: usize = 4096;

/// The disks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        if access == Access::Direct {
            let flags = rustix::fs::OFlags::DIRECT.bits().cast_signed();
            match options.clone().custom_flags(flags).open(path) {
                Ok(file) => {
                    return Ok(Arc::new(RealFile {
                        file,
                        alignment: DIRECT_ALIGNMENT,
                    }));
                }
                // Some file systems (older tmpfs, some FUSE) refuse the flag; the name may have
                // been created before they noticed.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    options.create_new(false).create(true);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Arc::new(RealFile {
            file: options.open(path)?,
            alignment: 1,
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                File::open(path)?
            }
            other => other?,
        };
        Ok(Arc::new(RealFile { file, alignment: 1 }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let listing = match fs::read_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry?;
            let metadata = entry.metadata()?;
            // Names that are not text are not ours.
            if let Ok(name) = entry.file_name().into_string() {
                let is_dir = metadata.is_dir();
                let bytes = if is_dir { 0 } else { metadata.len() };
                let taken = if is_dir { 0 } else { taken(&metadata) };
                entries.push(DirEntry {
                    name,
                    is_dir,
                    bytes,
                    taken,
                });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        match fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(_) if path.is_dir() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn space(&self, dir: &Path) -> io::Result<DiskSpace> {
        let stat = rustix::fs::statvfs(dir)?;
        Ok(DiskSpace {
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<DiskLock>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(DiskLock::new(Box::new(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Bytes on the disk; `st_blocks` counts units of 512 bytes whatever the file system's are (stat(2)).
fn taken(metadata: &fs::Metadata) -> u64 {
    metadata.blocks().saturating_mul(512)
}

struct RealFile {
    file: File,
    alignment: usize,
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn punch(&self, offset: u64, bytes: u64) -> io::Result<()> {
        let from = offset.next_multiple_of(BLOCK_BYTES);
        let end = offset.saturating_add(bytes);
        let until = end.saturating_sub(end % BLOCK_BYTES);
        if from >= until {
            return Ok(());
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match rustix::fs::fallocate(&self.file, flags, from, until.saturating_sub(from)) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }

    fn allocated(&self) -> io::Result<u64> {
        Ok(taken(&self.file.metadata()?))
    }

    fn alignment(&self) -> usize {
        self.alignment
    }
}
