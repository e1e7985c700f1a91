//! The vault: the directory, its keyring, and how it is made and opened.
//!
//! ```text
//! DIR/FORMAT           what the vault is; written last, so its presence means complete
//! DIR/keyring          root key and signing key, sealed
//! DIR/keyring.secret   only when no passphrase was given: what opens the keyring
//! DIR/keyring.exported when and which keyring was exported
//! DIR/decoder/         the format documents and the independent reader
//! DIR/journal/ index/ blobs/   unless placed elsewhere
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_engine::OnPoison;
use azekura_engine::embedded::{Embedded, NewVault, OpenError, Options, Progress, Rebuilt};
use azekura_engine::seam::{Engine, Project};
use azekura_model::position::{Incarnation, RegionName, Sequence};
use azekura_model::time::{ComplianceTime, HybridTime};

use crate::clock::{Clock, SystemTimeSource, Ticker, TimeSource};
use crate::entropy::{Entropy, EntropyFailed, SystemEntropy};
use crate::ids::Ids;
use crate::keys::Keys;
use crate::seal::record::open_core;

pub mod check;
mod decoder;
pub mod dump;
pub mod escrow;
mod files;
pub mod format;
pub mod keyring;
mod offline;
pub mod passphrase;
pub mod reseal;
mod sheet;
mod text;

use format::VaultFormat;
use keyring::Keyring;
use passphrase::Passphrase;

/// Bytes of index cache unless configured.
pub const INDEX_CACHE_BYTES: u64 = 128 << 20;
/// How many records at the end of each partition are looked at for the last times.
const CLOCK_RECORDS: u64 = 128;

/// Why a vault could not be made, opened or read. Each message says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is none.
    #[error("{} holds no vault: make one with `azekura vault init`", .0.display())]
    NotAVault(PathBuf),
    /// There is one already.
    #[error("{} holds a vault already; it was left untouched", .0.display())]
    Exists(PathBuf),
    /// An earlier attempt to make one broke off.
    #[error(
        "{} holds a vault that was not made completely ({found} is there, FORMAT is not): if it \
         never held data, remove the directory and make the vault again; otherwise put FORMAT back",
        dir.display()
    )]
    HalfMade {
        /// The directory.
        dir: PathBuf,
        /// What is there.
        found: String,
    },
    /// Another process has it open.
    #[error("another azekura process has this vault open ({0}): stop it first")]
    Locked(String),
    /// A file of a newer release.
    #[error(
        "{}: format {version} is newer than this release knows: use the release that wrote it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Version found.
        version: String,
    },
    /// A file is not what was written.
    #[error("{} is damaged: {why}. Put back a copy of it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No passphrase, a bad one, or the wrong one.
    #[error("{0}")]
    Passphrase(String),
    /// The keyring cannot be used.
    #[error("the keyring cannot be used: {0}")]
    Keyring(String),
    /// Shares that are not enough, do not fit, or are not of this vault.
    #[error(transparent)]
    Escrow(#[from] escrow::EscrowError),
    /// The engine did not open.
    #[error("{0}")]
    Engine(String),
    /// The operating system refused.
    #[error("cannot {what} {}: {why}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
}

impl VaultError {
    fn io(what: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            what,
            path: path.to_path_buf(),
            why: error.to_string(),
        }
    }

    fn bad_text(path: PathBuf, bad: text::BadText) -> Self {
        match bad {
            text::BadText::Newer(version) => Self::Newer { path, version },
            text::BadText::OtherTitle => Self::Damaged {
                path,
                why: "it does not begin as it should".to_owned(),
            },
            text::BadText::Damaged(why) => Self::Damaged { path, why },
        }
    }
}

impl From<OpenError> for VaultError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Locked(place) => Self::Locked(place),
            other => Self::Engine(other.to_string()),
        }
    }
}

/// Where a vault's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The vault directory.
    pub data_dir: PathBuf,
    /// Elsewhere than `journal/` in it.
    pub journal_dir: Option<PathBuf>,
    /// Elsewhere than `index/` in it.
    pub index_dir: Option<PathBuf>,
    /// Elsewhere than `blobs/` in it, on one or more disks.
    pub blob_dirs: Vec<PathBuf>,
}

impl Places {
    /// Everything in one directory.
    #[must_use]
    pub fn in_dir(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            journal_dir: None,
            index_dir: None,
            blob_dirs: Vec::new(),
        }
    }

    /// Directory of the journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        let given = self.journal_dir.clone();
        given.unwrap_or_else(|| self.data_dir.join("journal"))
    }

    /// Directory of the index.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        let given = self.index_dir.clone();
        given.unwrap_or_else(|| self.data_dir.join("index"))
    }

    /// Directories of blobs, at least one.
    #[must_use]
    pub fn blobs(&self) -> Vec<PathBuf> {
        if self.blob_dirs.is_empty() {
            vec![self.data_dir.join("blobs")]
        } else {
            self.blob_dirs.clone()
        }
    }

    fn format_file(&self) -> PathBuf {
        self.data_dir.join(format::FILE_NAME)
    }

    fn keyring_file(&self) -> PathBuf {
        self.data_dir.join("keyring")
    }

    fn secret_file(&self) -> PathBuf {
        self.data_dir.join("keyring.secret")
    }

    fn exported_file(&self) -> PathBuf {
        self.data_dir.join("keyring.exported")
    }
}

/// Whether there is a complete vault.
#[must_use]
pub fn exists(places: &Places) -> bool {
    places.format_file().exists()
}

/// How to make a vault.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Where.
    pub places: Places,
    /// Its region.
    pub region: RegionName,
    /// What seals the keyring; `None` = a generated secret in a file beside it.
    pub passphrase: Option<Passphrase>,
}

/// A vault that was just made.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// What it is.
    pub format: VaultFormat,
    /// The recovery sheet, in Japanese and English, to be printed and kept.
    pub sheet: String,
}

/// Makes a vault: directories, keyring, journal, decoder, and `FORMAT` last.
///
/// # Errors
/// [`VaultError::Exists`], [`VaultError::HalfMade`], or what the disk says.
pub fn init(options: &InitOptions) -> Result<Initialised, VaultError> {
    let places = &options.places;
    if exists(places) {
        return Err(VaultError::Exists(places.data_dir.clone()));
    }
    let leftovers = [
        places.secret_file(),
        places.keyring_file(),
        places.journal().join("FORMAT"),
    ];
    if let Some(found) = leftovers.iter().find(|path| path.exists()) {
        return Err(VaultError::HalfMade {
            dir: places.data_dir.clone(),
            found: found.display().to_string(),
        });
    }
    let entropy = SystemEntropy;
    let format = VaultFormat {
        vault: entropy.id16()?,
        region: options.region.clone(),
        incarnation: Incarnation(entropy.id16()?),
        created: SystemTimeSource.wall(),
    };
    files::make_dir(&places.data_dir)?;
    let passphrase = options.passphrase.as_ref();
    let (keyring, protector) = keyring::create(places, &entropy, format.vault, passphrase)?;
    let new = NewVault::new(format.region.clone(), format.incarnation);
    Embedded::create(&engine_options(places, 0), &new, &keyring.signer()?)?;
    decoder::write(&places.data_dir.join("decoder"))?;
    files::write_new(
        &places.format_file(),
        format.encode().as_bytes(),
        files::Access::All,
    )?;
    let sheet = sheet::text(places, &format, protector);
    Ok(Initialised { format, sheet })
}

fn engine_options(places: &Places, index_cache_bytes: u64) -> Options {
    Options::new(
        places.journal(),
        places.index(),
        places.blobs(),
        index_cache_bytes,
    )
}

/// How to open a vault.
#[derive(Clone)]
pub struct OpenOptions {
    /// Where it is.
    pub places: Places,
    /// What opens the keyring, if it is sealed by a passphrase.
    pub passphrase: Option<Passphrase>,
    /// Bound of the index's cache in bytes.
    pub index_cache_bytes: u64,
    /// Bytes that must stay free on each disk; `None` = the engine's default.
    pub space_floor: Option<u64>,
    /// Called once when a write failed; the process should then end.
    pub on_poison: Option<OnPoison>,
}

impl OpenOptions {
    /// With the usual sizes.
    #[must_use]
    pub fn new(places: Places, passphrase: Option<Passphrase>) -> Self {
        Self {
            places,
            passphrase,
            index_cache_bytes: INDEX_CACHE_BYTES,
            space_floor: None,
            on_poison: None,
        }
    }
}

/// An open vault: what the store is built on. One process at a time has it.
pub struct OpenVault {
    /// What it is.
    pub format: VaultFormat,
    /// Its engine.
    pub engine: Arc<dyn Engine>,
    /// Its keys.
    pub keys: Arc<Keys>,
    /// Its clock.
    pub clock: Arc<Clock>,
    /// Its identities.
    pub ids: Arc<Ids>,
    /// Its randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Credits running time while it lives.
    pub ticker: Ticker,
}

/// Makes the projector that learns keys and derives the index.
pub trait MakeProjector: FnOnce(Arc<Keys>, Arc<Clock>) -> Box<dyn Project> {}
impl<F: FnOnce(Arc<Keys>, Arc<Clock>) -> Box<dyn Project>> MakeProjector for F {}

/// The keys, the clock and the projector of a vault, before its engine opens.
struct Unlocked {
    format: VaultFormat,
    keyring: Keyring,
    keys: Arc<Keys>,
    clock: Arc<Clock>,
    entropy: Arc<dyn Entropy>,
    engine: Options,
}

fn unlock(options: &OpenOptions) -> Result<Unlocked, VaultError> {
    let format = format::read(&options.places)?;
    let keyring = keyring::open(&options.places, &format, options.passphrase.as_ref())?;
    let entropy = SystemEntropy::shared();
    let keys = Arc::new(Keys::new(keyring.root.clone(), Arc::clone(&entropy)));
    let start = ComplianceTime(format.created.0);
    let clock = Arc::new(Clock::new(Arc::new(SystemTimeSource), start));
    let mut engine = engine_options(&options.places, options.index_cache_bytes);
    engine.space_floor = options.space_floor;
    engine.on_poison.clone_from(&options.on_poison);
    Ok(Unlocked {
        format,
        keyring,
        keys,
        clock,
        entropy,
        engine,
    })
}

/// Opens a vault: keyring, engine (which replays what the index lacks), keys and clock. Blocks.
///
/// # Errors
/// [`VaultError`].
pub fn open(
    options: &OpenOptions,
    projector: impl MakeProjector,
    progress: &mut dyn FnMut(Progress),
) -> Result<OpenVault, VaultError> {
    let unlocked = unlock(options)?;
    let project = projector(Arc::clone(&unlocked.keys), Arc::clone(&unlocked.clock));
    let signer = Arc::new(unlocked.keyring.signer()?);
    let engine = Embedded::open(unlocked.engine, signer, &*project, progress)?;
    let status = engine.status();
    let format = unlocked.format;
    if status.region != format.region || status.incarnation != format.incarnation {
        return Err(VaultError::Engine(format!(
            "the journal belongs to region {}, incarnation {}, the vault to region {}, incarnation \
             {}: check the journal directory",
            status.region, status.incarnation, format.region, format.incarnation
        )));
    }
    wind(&engine, &unlocked.clock);
    if status.heads.iter().all(|(_, last, _)| last.0 == 0) {
        // Nothing was ever judged by the clock: it starts now, not at the making of the vault.
        let wall = unlocked.clock.wall();
        let now = ComplianceTime(wall.0);
        unlocked.clock.observe(HybridTime::default(), wall, now);
    }
    // What this release writes, this release's decoder reads.
    decoder::renew(&options.places.data_dir.join("decoder"))?;
    let ids = Ids::new(
        &format.region,
        format.incarnation,
        Arc::clone(&unlocked.clock),
        Arc::clone(&unlocked.entropy),
    )?;
    let ticker = Ticker::start(Arc::clone(&unlocked.clock))
        .map_err(|error| VaultError::Engine(format!("no thread for the clock: {error}")))?;
    Ok(OpenVault {
        format,
        engine: Arc::new(engine),
        keys: unlocked.keys,
        clock: unlocked.clock,
        ids: Arc::new(ids),
        entropy: unlocked.entropy,
        ticker,
    })
}

/// Moves the clock to the last times that each partition's journal holds. Commits that ran at the
/// same time may stand in another order than their hybrid times, so the last records are all seen.
fn wind(engine: &Embedded, clock: &Clock) {
    for (partition, last, _) in engine.status().heads {
        let mut next = last.0.saturating_sub(CLOCK_RECORDS).max(1);
        while next <= last.0 {
            let limit = usize::try_from(last.0.saturating_sub(next)).unwrap_or(usize::MAX);
            let page = engine.journal(partition, Sequence(next), limit.saturating_add(1));
            // An unreadable record is passed over: its neighbours tell the time as well.
            let page = page.unwrap_or_default();
            for record in &page {
                if let Ok(core) = open_core(record.kind, &record.core) {
                    clock.observe(core.hybrid, core.wall, core.compliance);
                }
            }
            let seen = page
                .last()
                .map_or(next, |record| record.position.sequence.0);
            next = seen.max(next).saturating_add(1);
        }
    }
}

/// Replaces the index by one derived from the whole journal. Blocks.
///
/// # Errors
/// [`VaultError`].
pub fn rebuild_index(
    options: &OpenOptions,
    projector: impl MakeProjector,
    progress: &mut dyn FnMut(Progress),
) -> Result<Rebuilt, VaultError> {
    let unlocked = unlock(options)?;
    let project = projector(Arc::clone(&unlocked.keys), Arc::clone(&unlocked.clock));
    Ok(Embedded::rebuild_index(
        &unlocked.engine,
        &*project,
        progress,
    )?)
}

/// Copies the keyring out of the vault; see [`keyring::export`].
///
/// # Errors
/// As [`keyring::export`].
pub fn export_keyring(places: &Places, to: &Path) -> Result<Vec<PathBuf>, VaultError> {
    keyring::export(places, to, SystemTimeSource.wall())
}

/// Whether the present keyring was ever exported.
#[must_use]
pub fn keyring_exported(places: &Places) -> bool {
    keyring::exported(places)
}

#[cfg(test)]
mod tests;
