//! `credentials.json`: the root access key of a vault that is used on loopback.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the file in the vault directory.
pub const CREDENTIALS_FILE: &str = "credentials.json";

/// Content of `credentials.json`.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredCredentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Region to sign for.
    pub region: String,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Not read or not written.
    #[error("{path:?}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not what was written.
    #[error(
        "{path:?} is damaged ({reason}): restore it, or move it away and set AZEKURA_ROOT_ACCESS_KEY_ID and AZEKURA_ROOT_SECRET_ACCESS_KEY"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Others can read it.
    #[error("{path:?} can be read by others: run chmod 600 on it, and consider the key known")]
    Open {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the file; `None` when there is none.
///
/// # Errors
/// See [`CredentialsError`].
pub fn read(data_dir: &Path) -> Result<Option<StoredCredentials>, CredentialsError> {
    let path = data_dir.join(CREDENTIALS_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(CredentialsError::Io { path, source }),
    };
    let mode = std::fs::metadata(&path).map(|meta| meta.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        return Err(CredentialsError::Open { path });
    }
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| CredentialsError::Damaged {
            path,
            reason: error.to_string(),
        })
}

/// Writes the file for the first time, durable and readable by its owner only.
///
/// # Errors
/// [`CredentialsError::Io`], also when the file is there already.
pub fn create(data_dir: &Path, credentials: &StoredCredentials) -> Result<(), CredentialsError> {
    let path = data_dir.join(CREDENTIALS_FILE);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(&serde_json::to_vec_pretty(credentials)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::File::open(data_dir)?.sync_all()
    };
    write().map_err(|source| CredentialsError::Io {
        path: path.clone(),
        source,
    })
}
