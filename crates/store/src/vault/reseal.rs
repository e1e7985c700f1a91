//! Sealing a keyring by something else. The file is replaced whole: at every moment, and after a
//! crash at every step, the vault has a keyring that opens. `docs/formats/keyring.md` has the steps.

use std::fs;
use std::io;

use zeroize::Zeroizing;

use super::files::{self, Access};
use super::format::{self, VaultFormat};
use super::keyring::{self, Keyring, Protector};
use super::passphrase::Passphrase;
use super::{Places, VaultError};
use crate::entropy::{Entropy, SystemEntropy};
use crate::seal::cipher::SecretKey;

/// What shall open the keyring.
#[derive(Clone, Copy, Debug)]
pub enum NewProtector<'a> {
    /// This passphrase.
    Passphrase(&'a Passphrase),
    /// A generated secret in `keyring.secret`.
    SecretFile,
}

impl NewProtector<'_> {
    /// What it is called in the keyring.
    #[must_use]
    pub fn protector(&self) -> Protector {
        match self {
            Self::Passphrase(_) => Protector::Passphrase,
            Self::SecretFile => Protector::SecretFile,
        }
    }
}

/// Seals the keyring by something else. Its keys stay, so that nothing is written anew, copies of
/// the old file still open with the old secret, and escrow shares stay valid.
///
/// # Errors
/// As for opening the keyring; [`VaultError::Io`]; [`VaultError::Keyring`] from a secret file to
/// another one.
pub fn reseal(
    places: &Places,
    passphrase: Option<&Passphrase>,
    sealing: NewProtector<'_>,
) -> Result<(), VaultError> {
    let format = format::read(places)?;
    let _held = files::hold(&places.data_dir)?;
    let was = keyring::protector_of(places)?;
    if was == Protector::SecretFile && sealing.protector() == was {
        return Err(VaultError::Keyring(
            "it is sealed by keyring.secret already; a new secret beside it would protect it no \
             better: give a passphrase with --new-passphrase-file"
                .to_owned(),
        ));
    }
    let keyring = keyring::open(places, &format, passphrase)?;
    write(places, &format, &keyring, sealing, &SystemEntropy)
}

/// Writes a keyring, over the present one where there is one.
///
/// # Errors
/// [`VaultError`].
pub(super) fn write(
    places: &Places,
    format: &VaultFormat,
    keyring: &Keyring,
    sealing: NewProtector<'_>,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    write_until(places, format, keyring, sealing, entropy, &mut |_| Ok(()))
}

/// How far a sealing is; tests break off here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// `keyring.secret` is there, where one is needed. A keyring sealed by a passphrase ignores it.
    Secret,
    /// The new keyring is durable under another name, and was opened from there.
    Staged,
    /// It has its name.
    Renamed,
    /// A secret that opens nothing any more is gone.
    Cleared,
}

fn write_until(
    places: &Places,
    format: &VaultFormat,
    keyring: &Keyring,
    sealing: NewProtector<'_>,
    entropy: &dyn Entropy,
    after: &mut dyn FnMut(Step) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let path = places.keyring_file();
    let text = match sealing {
        NewProtector::Passphrase(new) => {
            keyring.seal(entropy, format.vault, Protector::Passphrase, new.expose())?
        }
        NewProtector::SecretFile => {
            let secret = SecretKey::random(entropy)?;
            let secret = Zeroizing::new(hex::encode(secret.expose()));
            let line = Zeroizing::new(format!("{}\n", *secret));
            // The present keyring needs no secret file: this one is new, or of a broken-off try.
            files::replace(&places.secret_file(), line.as_bytes(), Access::Owner)?;
            after(Step::Secret)?;
            keyring.seal(
                entropy,
                format.vault,
                Protector::SecretFile,
                secret.as_bytes(),
            )?
        }
    };
    let staged = files::stage(&path, text.as_bytes(), Access::Owner)?;
    let passphrase = match sealing {
        NewProtector::Passphrase(new) => Some(new),
        NewProtector::SecretFile => None,
    };
    let read_back = keyring::open_file(&staged, places, format, passphrase)?;
    if read_back.secret() != keyring.secret() {
        return Err(VaultError::Damaged {
            path: staged,
            why: "it differs from what was written; the present keyring stays".to_owned(),
        });
    }
    after(Step::Staged)?;
    files::rename(&staged, &path)?;
    after(Step::Renamed)?;
    if sealing.protector() == Protector::Passphrase {
        remove(places)?;
    }
    after(Step::Cleared)
}

fn remove(places: &Places) -> Result<(), VaultError> {
    let path = places.secret_file();
    match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(VaultError::io("remove", &path, &error)),
        Ok(()) => files::sync_parent(&path).map_err(|error| VaultError::io("sync", &path, &error)),
    }
}

#[cfg(test)]
mod tests;
