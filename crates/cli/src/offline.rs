//! The vault directory of an offline command, and what its failures mean.

use std::path::Path;

use azekura_store::projector::Projector;
use azekura_store::vault::passphrase::{self, Passphrase};
use azekura_store::vault::{OpenOptions, Places, VaultError};

use crate::args::Offline;
use crate::exit::{CommandError, Exit};

/// Where the files are.
pub(crate) fn places(offline: &Offline) -> Places {
    Places {
        data_dir: offline.data_dir.clone(),
        journal_dir: offline.journal_dir.clone(),
        index_dir: offline.index_dir.clone(),
        blob_dirs: offline.blob_dirs.clone(),
    }
}

/// The passphrase that flags and environment name.
pub(crate) fn passphrase(offline: &Offline) -> Result<Option<Passphrase>, CommandError> {
    Ok(passphrase::find(offline.passphrase_file.as_deref())?)
}

/// Everything that opening needs.
pub(crate) fn options(offline: &Offline) -> Result<OpenOptions, CommandError> {
    Ok(OpenOptions::new(places(offline), passphrase(offline)?))
}

/// What derives the index.
pub(crate) fn projector(
    keys: std::sync::Arc<azekura_store::keys::Keys>,
    clock: std::sync::Arc<azekura_store::clock::Clock>,
) -> Box<dyn azekura_engine::seam::Project> {
    Box::new(Projector::new(keys, clock))
}

/// Refuses to overwrite.
pub(crate) fn must_not_exist(path: &Path) -> Result<(), CommandError> {
    if path.exists() {
        return Err(
            CommandError::new(Exit::Refused, format!("{} exists already", path.display()))
                .hint("An existing file is never overwritten: name another."),
        );
    }
    Ok(())
}

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        let exit = match &error {
            VaultError::NotAVault(_) => Exit::NotFound,
            VaultError::Damaged { .. } => Exit::Damage,
            VaultError::Io { .. } => Exit::Io,
            VaultError::Engine(_) | VaultError::Entropy(_) => Exit::Failure,
            _ => Exit::Refused,
        };
        Self::new(exit, error.to_string())
    }
}
