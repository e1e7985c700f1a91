//! Escrow: the keyring as n shares, any k of which restore it, and fewer tell nothing
//! (Shamir, GF(256)). Works on files alone, also while a server has the vault open.
//!
//! What is shared is the root key, the seed of the signing key, and a digest of both with the
//! vault's identity and the split's: Shamir by itself gives *some* secret for any shares.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;
use azekura_engine::disk::real::RealDisk;
use azekura_engine::journal::scan::{Depth, Item, Scanner, read_format};
use azekura_engine::seam::SignHead as _;
use azekura_model::time::WallTime;
use azekura_record::core::RecordKind;
use rand_core::{TryCryptoRng, TryRng};
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use super::files::{self, Access};
use super::format::{self, VaultFormat};
use super::keyring::{self, Keyring};
use super::passphrase::Passphrase;
use super::reseal::{self, NewProtector};
use super::{Places, VaultError};
use crate::clock::{SystemTimeSource, TimeSource as _};
use crate::entropy::{Entropy, EntropyFailed, SystemEntropy};
use crate::keys::Keys;
use crate::seal::record::open_record;

mod error;
mod share;
mod sheet;
mod words;

pub use error::EscrowError;
pub use share::{CODE_PREFIX, Share, WORDS, check_words, typed_words};

/// Most shares of a split.
pub const SHARES_MAX: u8 = 32;
const DAY_MS: i64 = 86_400_000;

/// How many shares, and how many of them restore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quorum {
    shares: u8,
    threshold: u8,
}

impl Quorum {
    /// # Errors
    /// [`EscrowError::Quorum`] when one share would be enough, or all together too few.
    pub fn new(shares: u8, threshold: u8) -> Result<Self, EscrowError> {
        if threshold >= 2 && threshold <= shares && shares <= SHARES_MAX {
            Ok(Self { shares, threshold })
        } else {
            Err(EscrowError::Quorum { shares, threshold })
        }
    }
}

/// What a split wrote.
#[derive(Clone, Debug)]
pub struct Split {
    /// The split.
    pub set: [u8; 4],
    /// Sheets and drawings of QR codes, in order.
    pub files: Vec<PathBuf>,
}

/// What a drill found.
#[derive(Clone, Debug)]
pub struct Drilled {
    /// The vault that the shares open.
    pub vault: String,
    /// Numbers of the shares that were proved.
    pub numbers: Vec<u8>,
    /// How many are needed.
    pub threshold: u8,
    /// How many were made.
    pub shares: u8,
    /// Whether a record of the vault was opened with the key; `false` in a vault that has none.
    pub opened_a_record: bool,
    /// Whether the keyring is in its place.
    pub keyring_present: bool,
}

/// Splits the keyring and writes a sheet `share-N.txt` and a drawing `share-N.svg` for each share
/// into `dir`, readable by the owner alone. Nothing is written when one of them exists.
///
/// # Errors
/// [`VaultError`] as for opening the keyring; [`VaultError::Io`].
pub fn split(
    places: &Places,
    passphrase: Option<&Passphrase>,
    quorum: Quorum,
    dir: &Path,
) -> Result<Split, VaultError> {
    let format = format::read(places)?;
    let keyring = keyring::open(places, &format, passphrase)?;
    let now = SystemTimeSource.wall();
    let shares = share_out(&SystemEntropy, &format, &keyring, quorum, now)?;
    let named: Vec<_> = shares
        .iter()
        .map(|share| {
            let name = |ending: &str| dir.join(format!("share-{}.{ending}", share.number));
            (share, name("txt"), name("svg"))
        })
        .collect();
    for (_, sheet, drawing) in &named {
        if let Some(there) = [sheet, drawing].into_iter().find(|path| path.exists()) {
            return Err(EscrowError::Exists(there.clone()).into());
        }
    }
    files::make_dir(dir)?;
    let mut written = Vec::new();
    for (share, sheet, drawing) in named {
        let text = sheet::text(&format, share)?;
        files::write_new(&sheet, text.as_bytes(), Access::Owner)?;
        let svg = sheet::svg(share)?;
        files::write_new(&drawing, svg.as_bytes(), Access::Owner)?;
        written.extend([sheet, drawing]);
    }
    let set = shares.first().map(|share| share.set).unwrap_or_default();
    Ok(Split {
        set,
        files: written,
    })
}

/// Proves that shares open this vault: each of them, with a record of the vault where there is one.
/// Writes nothing.
///
/// # Errors
/// [`EscrowError`] in [`VaultError::Escrow`].
pub fn drill(places: &Places, shares: &[Share]) -> Result<Drilled, VaultError> {
    let format = format::read(places)?;
    let keyring = rebuild(&format, shares)?;
    let opened_a_record = prove(places, &keyring)?;
    let first = shares.first().ok_or(EscrowError::NoShare)?;
    let mut numbers: Vec<u8> = shares.iter().map(|share| share.number).collect();
    numbers.sort_unstable();
    Ok(Drilled {
        vault: format.vault_id(),
        numbers,
        threshold: first.threshold,
        shares: first.shares,
        opened_a_record,
        keyring_present: places.keyring_file().exists(),
    })
}

/// Writes the keyring anew from shares, sealed by `sealing`. Refuses while there is a keyring.
///
/// # Errors
/// [`EscrowError`] in [`VaultError::Escrow`]; [`VaultError::Io`].
pub fn restore(
    places: &Places,
    shares: &[Share],
    sealing: NewProtector<'_>,
) -> Result<(), VaultError> {
    let format = format::read(places)?;
    let _held = files::hold(&places.data_dir)?;
    let path = places.keyring_file();
    if path.exists() {
        return Err(EscrowError::KeyringThere(path).into());
    }
    let keyring = rebuild(&format, shares)?;
    prove(places, &keyring)?;
    reseal::write(places, &format, &keyring, sealing, &SystemEntropy)
}

/// Makes the shares, and rebuilds the keyring from them before anything relies on them.
fn share_out(
    entropy: &dyn Entropy,
    format: &VaultFormat,
    keyring: &Keyring,
    quorum: Quorum,
    now: WallTime,
) -> Result<Vec<Share>, VaultError> {
    let mut set = [0; 4];
    entropy.fill(&mut set)?;
    let Quorum { shares, threshold } = quorum;
    let mut secret = keyring.secret();
    let proof = proof(format, set, quorum, &secret);
    secret.extend_from_slice(&proof);
    let mut source = Source {
        entropy,
        failed: false,
    };
    let (k, n) = (usize::from(threshold), usize::from(shares));
    let points = Gf256::split_bytes(k, n, &*secret, &mut source);
    if source.failed {
        return Err(EntropyFailed.into());
    }
    let points = points.map_err(|error| EscrowError::Library(error.to_string()))?;
    let made: Vec<Share> = points
        .into_iter()
        .filter_map(|point| {
            let point = Zeroizing::new(point);
            let (number, secret) = point.split_first()?;
            Some(Share {
                vault: vault_prefix(format),
                set,
                threshold,
                shares,
                number: *number,
                day: u16::try_from(now.0.div_euclid(DAY_MS)).unwrap_or(u16::MAX),
                secret: Zeroizing::new(secret.to_vec()),
            })
        })
        .collect();
    let again = rebuild(format, &made)?;
    if made.len() == n && again.secret() == keyring.secret() {
        Ok(made)
    } else {
        Err(EscrowError::Library("the shares do not give the keyring back".to_owned()).into())
    }
}

fn vault_prefix(format: &VaultFormat) -> [u8; 8] {
    format.vault.first_chunk::<8>().copied().unwrap_or_default()
}

/// What tells right keys from the nonsense that wrong shares give, and binds them to the vault.
fn proof(
    format: &VaultFormat,
    set: [u8; 4],
    quorum: Quorum,
    keys: &[u8],
) -> [u8; share::DIGEST_BYTES] {
    let mut digest = digest::Context::new(&digest::SHA256);
    digest.update(b"azekura escrow v1");
    digest.update(&format.vault);
    digest.update(&set);
    digest.update(&[quorum.threshold, quorum.shares]);
    digest.update(keys);
    let digest = digest.finish();
    let first = digest.as_ref().first_chunk();
    first.copied().unwrap_or_default()
}

/// Puts shares together: they are of this vault and of one split, there are enough, and each one
/// given, not the first k alone, leads to the same keys.
fn rebuild(format: &VaultFormat, shares: &[Share]) -> Result<Keyring, EscrowError> {
    let quorum = fit(format, shares)?;
    let needed = usize::from(quorum.threshold);
    let mut keys = None;
    for start in 0..=shares.len().saturating_sub(needed) {
        let window = shares.iter().skip(start).take(needed);
        let points: Zeroizing<Vec<Vec<u8>>> = Zeroizing::new(
            window
                .map(|share| {
                    let mut point = Vec::with_capacity(1 + share.secret.len());
                    point.push(share.number);
                    point.extend_from_slice(&share.secret);
                    point
                })
                .collect(),
        );
        let secret = Gf256::combine_bytes(&*points).map(Zeroizing::new);
        let secret = secret.map_err(|error| EscrowError::Library(error.to_string()))?;
        let (found, given) = secret.split_at_checked(64).ok_or(EscrowError::Altered)?;
        let first = shares.first().ok_or(EscrowError::NoShare)?;
        if proof(format, first.set, quorum, found) != given {
            return Err(EscrowError::Altered);
        }
        keys = Keyring::from_secret(found);
    }
    keys.ok_or(EscrowError::Altered)
}

/// Whether shares belong to this vault and together, and are enough.
fn fit(format: &VaultFormat, shares: &[Share]) -> Result<Quorum, EscrowError> {
    let first = shares.first().ok_or(EscrowError::NoShare)?;
    if let Some(other) = shares.iter().find(|s| s.vault != vault_prefix(format)) {
        return Err(EscrowError::OtherVault {
            number: other.number,
            of: hex::encode(other.vault),
            vault: format.vault_id(),
        });
    }
    let of = |share: &Share| (share.set, share.threshold, share.shares);
    if let Some(other) = shares.iter().find(|share| of(share) != of(first)) {
        return Err(EscrowError::OtherSplit {
            numbers: [first.number, other.number],
            sets: [hex::encode(first.set), hex::encode(other.set)],
        });
    }
    let mut numbers: Vec<u8> = shares.iter().map(|share| share.number).collect();
    numbers.sort_unstable();
    if let Some([number, _]) = numbers.array_windows().find(|[a, b]| a == b) {
        return Err(EscrowError::Twice(*number));
    }
    if shares.len() < usize::from(first.threshold) {
        return Err(EscrowError::TooFew {
            numbers,
            threshold: first.threshold,
            shares: first.shares,
        });
    }
    Quorum::new(first.shares, first.threshold)
}

/// Whether the keys are those of the vault on the disk: its journal names the signing key, and its
/// first sealed record opens. Tells whether there was such a record.
fn prove(places: &Places, keyring: &Keyring) -> Result<bool, VaultError> {
    let journal = places.journal();
    let expected = read_format(&RealDisk, &journal)?.head_key;
    if keyring.signer()?.public_key() != expected {
        return Err(EscrowError::OtherKeys.into());
    }
    let depth = Depth {
        extents: false,
        signatures: false,
    };
    let keys = Keys::new(keyring.root.clone(), SystemEntropy::shared());
    let sealed_by_root = [RecordKind::TenantCreated, RecordKind::ClockTick];
    for item in Scanner::open(Arc::new(RealDisk), &journal, depth)? {
        let Item::Record(record) = item? else {
            continue;
        };
        let record = &record.record;
        if sealed_by_root
            .iter()
            .any(|kind| kind.number() == record.kind)
        {
            open_record(&keys, record.kind, &record.core, &record.particulars)
                .map_err(|_| EscrowError::OtherKeys)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Our randomness as the sharing library takes it. The library's has no word for failing, so a
/// failure is remembered, and nothing made with it is used.
struct Source<'a> {
    entropy: &'a dyn Entropy,
    failed: bool,
}

impl Source<'_> {
    fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.failed |= self.entropy.fill(&mut bytes).is_err();
        bytes
    }
}

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.draw()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.draw()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.failed |= self.entropy.fill(bytes).is_err();
        Ok(())
    }
}

impl TryCryptoRng for Source<'_> {}

#[cfg(test)]
mod tests;
