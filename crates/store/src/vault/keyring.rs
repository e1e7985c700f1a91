//! The keyring: the root key and the signing key, sealed by a passphrase or by a generated secret.
//! `docs/formats/keyring.md` describes the file.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use aws_lc_rs::pbkdf2;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use azekura_engine::seam::SignHead;
use azekura_model::time::WallTime;
use zeroize::Zeroizing;

use super::files::{self, Access};
use super::format::{VaultFormat, rfc3339};
use super::passphrase::Passphrase;
use super::text::Text;
use super::{Places, VaultError};
use crate::entropy::Entropy;
use crate::seal::cipher::{self, KEY_BYTES, SecretKey};

const TITLE: &str = "azekura keyring";
const KDF: &str = "pbkdf2-hmac-sha-256";
/// Rounds of the key derivation for new keyrings (see `docs/decisions/0020`); few in unit tests,
/// which seal often and keep nothing.
const ITERATIONS: u32 = if cfg!(test) { 1000 } else { 600_000 };
/// More than any keyring has; keeps a damaged file from stalling the start.
const ITERATIONS_MAX: u32 = 100_000_000;
const BYTES_MAX: u64 = 64 * 1024;
const SECRET_BYTES: u64 = 1024;

/// What opens a keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protector {
    /// A passphrase that people keep.
    Passphrase,
    /// The generated file `keyring.secret` beside it: guards against nothing but a keyring that is
    /// copied alone.
    SecretFile,
}

impl Protector {
    /// As written in the keyring.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::SecretFile => "secret-file",
        }
    }
}

/// An open keyring.
pub struct Keyring {
    /// The root key.
    pub root: SecretKey,
    signing_seed: SecretKey,
}

impl Keyring {
    /// Draws new keys.
    pub(super) fn generate(entropy: &dyn Entropy) -> Result<Self, VaultError> {
        Ok(Self {
            root: SecretKey::random(entropy)?,
            signing_seed: SecretKey::random(entropy)?,
        })
    }

    /// Signs the heads of commit groups.
    ///
    /// # Errors
    /// [`VaultError::Keyring`] when the key is not usable.
    pub fn signer(&self) -> Result<HeadSigner, VaultError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(self.signing_seed.expose());
        pair.map(HeadSigner)
            .map_err(|_| VaultError::Keyring("its signing key is not usable".to_owned()))
    }

    /// Both keys, as they are sealed and shared: root key, signing seed.
    pub(super) fn secret(&self) -> Zeroizing<Vec<u8>> {
        let keys = [*self.root.expose(), *self.signing_seed.expose()];
        let keys = Zeroizing::new(keys);
        Zeroizing::new(keys.concat())
    }

    /// The keys out of [`Keyring::secret`].
    pub(super) fn from_secret(secret: &[u8]) -> Option<Self> {
        let (root, seed) = secret.split_at_checked(KEY_BYTES)?;
        Some(Self {
            root: SecretKey::from_slice(root)?,
            signing_seed: SecretKey::from_slice(seed)?,
        })
    }

    /// The file's text, sealed by `secret`.
    pub(super) fn seal(
        &self,
        entropy: &dyn Entropy,
        vault: [u8; 16],
        protector: Protector,
        secret: &[u8],
    ) -> Result<String, VaultError> {
        let salt = entropy.bytes32()?;
        let text = Text::new(TITLE)
            .line("vault", hex::encode(vault))
            .line("protector", protector.as_str())
            .line("kdf", KDF)
            .line("iterations", ITERATIONS)
            .line("salt", hex::encode(salt))
            .line("cipher", "aes-256-gcm");
        let plain = self.secret();
        let mut sealed = Vec::new();
        let key = stretch(secret, &salt, ITERATIONS)?;
        cipher::seal_once(key, text.as_bytes(), &plain, &mut sealed)
            .map_err(|_| VaultError::Keyring("sealing failed".to_owned()))?;
        Ok(text.line("sealed", hex::encode(sealed)).finish())
    }
}

fn stretch(secret: &[u8], salt: &[u8; 32], iterations: u32) -> Result<SecretKey, VaultError> {
    let rounds = NonZeroU32::new(iterations).filter(|rounds| rounds.get() <= ITERATIONS_MAX);
    let rounds = rounds.ok_or_else(|| VaultError::Keyring(format!("{iterations} iterations")))?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, secret, &mut *key);
    Ok(SecretKey::new(*key))
}

/// Writes a new keyring, and its secret when no passphrase is given.
pub(super) fn create(
    places: &Places,
    entropy: &dyn Entropy,
    vault: [u8; 16],
    passphrase: Option<&Passphrase>,
) -> Result<(Keyring, Protector), VaultError> {
    let keyring = Keyring::generate(entropy)?;
    let (text, protector) = match passphrase {
        Some(passphrase) => {
            let protector = Protector::Passphrase;
            let text = keyring.seal(entropy, vault, protector, passphrase.expose())?;
            (text, protector)
        }
        None => {
            let secret = SecretKey::random(entropy)?;
            let secret = Zeroizing::new(hex::encode(secret.expose()));
            let line = Zeroizing::new(format!("{}\n", *secret));
            files::write_new(&places.secret_file(), line.as_bytes(), Access::Owner)?;
            let protector = Protector::SecretFile;
            let text = keyring.seal(entropy, vault, protector, secret.as_bytes())?;
            (text, protector)
        }
    };
    files::write_new(&places.keyring_file(), text.as_bytes(), Access::Owner)?;
    Ok((keyring, protector))
}

/// Opens the keyring of a vault.
///
/// # Errors
/// [`VaultError::Passphrase`] when none was given and one is needed, or it is the wrong one;
/// [`VaultError::Damaged`], [`VaultError::Newer`], [`VaultError::Keyring`], [`VaultError::Io`].
pub fn open(
    places: &Places,
    format: &VaultFormat,
    passphrase: Option<&Passphrase>,
) -> Result<Keyring, VaultError> {
    open_file(&places.keyring_file(), places, format, passphrase)
}

/// As [`open`], of a keyring under another name.
pub(super) fn open_file(
    path: &Path,
    places: &Places,
    format: &VaultFormat,
    passphrase: Option<&Passphrase>,
) -> Result<Keyring, VaultError> {
    let text = read(path)?;
    let bad = |error| VaultError::bad_text(path.to_path_buf(), error);
    if text.get_hex("vault").map_err(bad)? != format.vault {
        return Err(VaultError::Keyring(format!(
            "{} belongs to another vault",
            path.display()
        )));
    }
    let generated;
    let secret: &[u8] = match protector(&text).map_err(bad)? {
        Protector::Passphrase => passphrase
            .map(Passphrase::expose)
            .ok_or_else(|| VaultError::Passphrase(NO_PASSPHRASE.to_owned()))?,
        Protector::SecretFile => {
            generated = Zeroizing::new(files::read(&places.secret_file(), SECRET_BYTES)?);
            generated.trim_ascii_end()
        }
    };
    let iterations = text.get("iterations").map_err(bad)?.parse().unwrap_or(0);
    let salt = text.get_hex("salt").map_err(bad)?;
    let sealed: [u8; 2 * KEY_BYTES + cipher::TAG_BYTES] = text.get_hex("sealed").map_err(bad)?;
    let key = stretch(secret, &salt, iterations)?;
    let plain = cipher::open_once(key, text.before("sealed"), &sealed)
        .map_err(|_| VaultError::Passphrase(wrong_secret(&text)))?;
    Keyring::from_secret(&plain)
        .ok_or_else(|| VaultError::Keyring("it has the wrong length".to_owned()))
}

/// What the vault's keyring is sealed by.
pub(super) fn protector_of(places: &Places) -> Result<Protector, VaultError> {
    let path = places.keyring_file();
    protector(&read(&path)?).map_err(|error| VaultError::bad_text(path, error))
}

const NO_PASSPHRASE: &str = "the keyring is sealed by a passphrase and none was given: set \
     AZEKURA_PASSPHRASE_FILE or AZEKURA_PASSPHRASE, or pass the systemd credential \
     azekura-passphrase";

fn wrong_secret(text: &Text) -> String {
    match protector(text) {
        Ok(Protector::SecretFile) => {
            "keyring.secret does not open the keyring: put back the copy that belongs to it, or \
             restore the keyring from escrow shares (`azekura vault escrow restore`)"
        }
        _ => "the passphrase does not open the keyring",
    }
    .to_owned()
}

fn read(path: &Path) -> Result<Text, VaultError> {
    let bytes = files::read(path, BYTES_MAX)?;
    Text::parse(TITLE, &bytes).map_err(|bad| VaultError::bad_text(path.to_path_buf(), bad))
}

fn protector(text: &Text) -> Result<Protector, super::text::BadText> {
    match text.get("protector")? {
        "passphrase" => Ok(Protector::Passphrase),
        "secret-file" => Ok(Protector::SecretFile),
        other => Err(super::text::BadText::Newer(format!("protector {other}"))),
    }
}

/// Copies the keyring to `to` (and its secret, if it has one, to `to` with `.secret` added), reads
/// the copies back, and notes in the vault that this keyring was exported. Returns the files
/// written.
///
/// # Errors
/// [`VaultError::Io`], also when a file is there already; [`VaultError::Damaged`].
pub fn export(places: &Places, to: &Path, now: WallTime) -> Result<Vec<PathBuf>, VaultError> {
    let path = places.keyring_file();
    let bytes = files::read(&path, BYTES_MAX)?;
    let text = Text::parse(TITLE, &bytes).map_err(|bad| VaultError::bad_text(path.clone(), bad))?;
    let mut written = vec![copy(&bytes, to)?];
    if protector(&text) == Ok(Protector::SecretFile) {
        let secret = Zeroizing::new(files::read(&places.secret_file(), SECRET_BYTES)?);
        let mut name = to.as_os_str().to_owned();
        name.push(".secret");
        written.push(copy(&secret, Path::new(&name))?);
    }
    let note = format!("{} {}\n", fingerprint(&bytes), rfc3339(now));
    files::replace(&places.exported_file(), note.as_bytes(), Access::All)?;
    Ok(written)
}

fn copy(bytes: &[u8], to: &Path) -> Result<PathBuf, VaultError> {
    files::write_new(to, bytes, Access::Owner)?;
    if files::read(to, BYTES_MAX)? == bytes {
        Ok(to.to_path_buf())
    } else {
        Err(VaultError::Damaged {
            path: to.to_path_buf(),
            why: "the copy differs from what was written".to_owned(),
        })
    }
}

/// Whether the present keyring was ever exported.
#[must_use]
pub fn exported(places: &Places) -> bool {
    let Ok(keyring) = files::read(&places.keyring_file(), BYTES_MAX) else {
        return false;
    };
    files::read(&places.exported_file(), BYTES_MAX)
        .is_ok_and(|note| note.starts_with(fingerprint(&keyring).as_bytes()))
}

fn fingerprint(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Signs heads with the keyring's Ed25519 key.
pub struct HeadSigner(Ed25519KeyPair);

impl SignHead for HeadSigner {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature = self.0.sign(message);
        let mut bytes = [0; 64];
        bytes
            .iter_mut()
            .zip(signature.as_ref())
            .for_each(|(to, from)| *to = *from);
        bytes
    }

    fn public_key(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(self.0.public_key().as_ref())
            .for_each(|(to, from)| *to = *from);
        bytes
    }
}
