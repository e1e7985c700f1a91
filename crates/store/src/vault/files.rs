//! Small files of the vault directory, written so that they survive a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::VaultError;

/// Who may read a new file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    /// The owner alone (0600).
    Owner,
    /// As the umask allows (0644).
    All,
}

/// Writes a new file and makes it and its name durable. A file that exists is an error.
pub(super) fn write_new(path: &Path, bytes: &[u8], access: Access) -> Result<(), VaultError> {
    let mode = match access {
        Access::Owner => 0o600,
        Access::All => 0o644,
    };
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        sync_parent(path)
    };
    write().map_err(|error| VaultError::io("write", path, &error))
}

/// Writes or replaces a file: the old or the new one is there after a crash.
pub(super) fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<(), VaultError> {
    let new = stage(path, bytes, access)?;
    rename(&new, path)
}

/// Writes what shall replace a file under another name in the same directory, durably.
pub(super) fn stage(path: &Path, bytes: &[u8], access: Access) -> Result<PathBuf, VaultError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(VaultError::io("replace", &new, &error));
        }
        _ => {}
    }
    write_new(&new, bytes, access)?;
    Ok(new)
}

/// Gives a staged file its name, durably.
pub(super) fn rename(new: &Path, path: &Path) -> Result<(), VaultError> {
    fs::rename(new, path)
        .and_then(|()| sync_parent(path))
        .map_err(|error| VaultError::io("replace", path, &error))
}

/// Keeps other commands off the keyring while it lives. A server does not take it: it reads the
/// keyring once, at its start.
pub(super) fn hold(dir: &Path) -> Result<File, VaultError> {
    let file = File::open(dir).map_err(|error| VaultError::io("open", dir, &error))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(VaultError::Locked(dir.display().to_string())),
        Err(error) => Err(VaultError::io("lock", dir, &error.into())),
    }
}

/// Reads at most `limit` bytes of a file; more is an error.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, VaultError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
            return Err(io::Error::other(format!("longer than {limit} bytes")));
        }
        Ok(bytes)
    };
    read().map_err(|error| VaultError::io("read", path, &error))
}

/// Makes a directory and its missing parents, readable by the owner alone, and durable.
pub(super) fn make_dir(dir: &Path) -> Result<(), VaultError> {
    let make = || -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)?;
        sync_parent(dir)
    };
    make().map_err(|error| VaultError::io("make", dir, &error))
}

pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
