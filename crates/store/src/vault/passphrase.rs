//! Where the secret that opens the keyring comes from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{VaultError, files};

/// Fewest bytes of a passphrase.
pub const BYTES_MIN: usize = 12;
const BYTES_MAX: u64 = 4096;
/// Name of the systemd credential.
pub const CREDENTIAL: &str = "azekura-passphrase";

/// A passphrase; wiped when dropped, never shown.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Wraps a passphrase, without the line end that editors add to files.
    ///
    /// # Errors
    /// [`VaultError::Passphrase`] when it is shorter than [`BYTES_MIN`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new(bytes);
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        if bytes.len() < BYTES_MIN {
            return Err(VaultError::Passphrase(format!(
                "the passphrase has fewer than {BYTES_MIN} bytes: use at least four random words"
            )));
        }
        Ok(Self(bytes))
    }

    /// Reads it from a file.
    ///
    /// # Errors
    /// [`VaultError::Io`], and as [`Passphrase::new`].
    pub fn read(path: &Path) -> Result<Self, VaultError> {
        Self::new(files::read(path, BYTES_MAX)?)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Looks for the passphrase: `file`, `AZEKURA_PASSPHRASE_FILE`, `AZEKURA_PASSPHRASE`, and the
/// systemd credential `azekura-passphrase`, in this order. `None` = none of them is set.
///
/// # Errors
/// [`VaultError::Io`] when a named file cannot be read, [`VaultError::Passphrase`] when it is too
/// short.
pub fn find(file: Option<&Path>) -> Result<Option<Passphrase>, VaultError> {
    find_in(file, |name| std::env::var_os(name))
}

fn find_in(
    file: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<Passphrase>, VaultError> {
    let named = file
        .map(Path::to_path_buf)
        .or_else(|| variable("AZEKURA_PASSPHRASE_FILE").map(PathBuf::from));
    if let Some(path) = named {
        return Passphrase::read(&path).map(Some);
    }
    if let Some(text) = variable("AZEKURA_PASSPHRASE") {
        return Passphrase::new(text.into_encoded_bytes()).map(Some);
    }
    let credential =
        variable("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join(CREDENTIAL));
    match credential.filter(|path| path.exists()) {
        Some(path) => Passphrase::read(&path).map(Some),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: Option<&Path>, set: &[(&str, &str)]) -> Option<Vec<u8>> {
        let variable = |name: &str| {
            let mut all = set.iter();
            all.find(|(n, _)| *n == name)
                .map(|(_, v)| OsString::from(v))
        };
        let passphrase = find_in(file, variable).unwrap()?;
        Some(passphrase.expose().to_vec())
    }

    #[test]
    fn the_order_is_file_variables_credential() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p");
        std::fs::write(&file, "from the file it is\r\n").unwrap();
        std::fs::write(dir.path().join(CREDENTIAL), "from the credential").unwrap();
        let path = file.to_str().unwrap();
        let credentials = ("CREDENTIALS_DIRECTORY", dir.path().to_str().unwrap());
        let direct = ("AZEKURA_PASSPHRASE", "from the variable");
        assert_eq!(found(None, &[]), None);
        assert_eq!(found(None, &[credentials]).unwrap(), b"from the credential");
        assert_eq!(
            found(None, &[credentials, direct]).unwrap(),
            b"from the variable"
        );
        let named = ("AZEKURA_PASSPHRASE_FILE", path);
        assert_eq!(
            found(None, &[direct, named]).unwrap(),
            b"from the file it is"
        );
        assert_eq!(
            found(Some(&file), &[direct]).unwrap(),
            b"from the file it is"
        );
    }

    #[test]
    fn short_ones_are_refused() {
        assert!(Passphrase::new(b"short\n".to_vec()).is_err());
    }
}
