//! The files: read, judged, and looked at for changes.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsFiles;

/// Why files cannot be used for TLS. Each says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// Cannot be read.
    #[error("cannot read {path:?}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A private key that others can read.
    #[error("{path:?} can be read by others: run chmod 600 on it, and consider the key known")]
    OpenKey {
        /// The file.
        path: PathBuf,
    },
    /// Not PEM, or PEM of something else.
    #[error("{path:?} holds no {what}: {reason}. It must be PEM, with -----BEGIN lines")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not belong together, or cannot be used.
    #[error(
        "certificate {certificate:?} and key {key:?} cannot be used together: {reason}. They must be made together, the server's own certificate first in the file"
    )]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why.
        reason: String,
    },
    /// The certificate's time is over.
    #[error("certificate {path:?} has expired: issue a new one")]
    Expired {
        /// The file.
        path: PathBuf,
    },
    /// One CA for two tenants: a certificate would not say whose it is.
    #[error(
        "{path:?} holds a CA that another entry of client_cas holds as well: each tenant needs a CA of its own"
    )]
    SharedCa {
        /// The later file.
        path: PathBuf,
    },
    /// The parts do not make a configuration.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFault> {
    std::fs::read(path).map_err(|error| TlsFault::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// All certificates of a file; at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let fault = |reason: String| TlsFault::Content {
        path: path.to_owned(),
        what: "certificate",
        reason,
    };
    let pem = read(path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let all = all.map_err(|error| fault(error.to_string()))?;
    if all.is_empty() {
        return Err(fault("nothing found".to_owned()));
    }
    Ok(all)
}

/// The private key of a file that nobody but its owner can read.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFault> {
    let pem = read(path)?;
    let mode = std::fs::metadata(path).map(|meta| meta.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        return Err(TlsFault::OpenKey {
            path: path.to_owned(),
        });
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| TlsFault::Content {
        path: path.to_owned(),
        what: "private key",
        reason: error.to_string(),
    })
}

/// What changes when a file is written, replaced, linked elsewhere, or opened to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The stamps of all files; `None` for one that is not there.
pub(super) fn stamps(files: &TlsFiles) -> Vec<Option<Stamp>> {
    let cas = files.client_cas.iter().map(|ca| &ca.file);
    let all = [&files.certificate, &files.key].into_iter().chain(cas);
    all.map(|path| {
        let meta = std::fs::metadata(path).ok()?;
        Some(Stamp {
            inode: meta.ino(),
            bytes: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    })
    .collect()
}

/// What the last look saw: stamps of files that are in use, or nothing usable.
#[derive(Debug)]
pub(super) struct Seen(Option<Vec<Option<Stamp>>>);

impl Seen {
    /// Files with these stamps are in use.
    pub(super) fn good(stamps: Vec<Option<Stamp>>) -> Self {
        Self(Some(stamps))
    }

    /// What is there cannot be used.
    pub(super) fn bad() -> Self {
        Self(None)
    }

    /// Whether the files are those in use.
    pub(super) fn is_good(&self, stamps: &[Option<Stamp>]) -> bool {
        self.0.as_deref() == Some(stamps)
    }
}
