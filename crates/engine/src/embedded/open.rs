//! Making, opening and rebuilding.

use std::io;
use std::sync::Arc;

use azekura_model::position::{Incarnation, RegionName};
use parking_lot::Mutex;

use super::{Embedded, Options, Shared, committer, recover, replay};
use crate::blob::BlobStore;
use crate::disk::{self, DiskLock};
use crate::index::IndexError;
use crate::journal::layout::SegmentFiles;
use crate::journal::scan::{self, ScanError};
use crate::journal::writer::{LogWriter, Start};
use crate::journal::{JournalFormat, format_file, segment};
use crate::poison::Poison;
use crate::seam::{CommitError, Project, ProjectError, ReadError, SignHead};
use crate::space::SpaceGauge;

const LOCK_FILE: &str = "LOCK";

/// Sizes and names that a new vault gets for life.
#[derive(Clone, Debug)]
pub struct NewVault {
    /// Its region.
    pub region: RegionName,
    /// Its life.
    pub incarnation: Incarnation,
    /// Bytes of each segment given to header and log area, a multiple of 4096.
    pub log_limit: u64,
    /// Bytes of larger payloads after which a segment is sealed.
    pub extent_cap: u64,
}

impl NewVault {
    /// With the usual sizes: 64 MiB of log and 1 GiB of extents a segment.
    #[must_use]
    pub fn new(region: RegionName, incarnation: Incarnation) -> Self {
        Self {
            region,
            incarnation,
            log_limit: 64 << 20,
            extent_cap: 1 << 30,
        }
    }
}

/// How far a replay or rebuild has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Records projected.
    pub records: u64,
    /// Bytes of log read.
    pub bytes: u64,
    /// Bytes of log to read, about.
    pub total_bytes: u64,
}

/// Outcome of a rebuild.
#[derive(Clone, Debug, Default)]
pub struct Rebuilt {
    /// Records projected.
    pub records: u64,
    /// What could not be read.
    pub damage: Vec<String>,
}

/// Why a vault could not be made, opened or rebuilt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is a vault already.
    #[error("{0} holds a journal already")]
    Exists(String),
    /// Another process has it.
    #[error("another azekura process has this vault: {0}")]
    Locked(String),
    /// The journal cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The disk failed.
    #[error("the disk failed while opening: {0}")]
    Io(#[from] io::Error),
    /// The index failed; its message says whether to rebuild.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A record of a later release.
    #[error("cannot open: {0}")]
    Newer(ProjectError),
    /// The index knows of segments that are not there.
    #[error(
        "the index contains records up to {indexed}, but the journal ends in segment {last}: put the \
         missing segment files back, or rebuild the index to go on without them"
    )]
    SegmentsMissing {
        /// Where the index ends.
        indexed: String,
        /// Last segment present.
        last: String,
    },
    /// The signing key is not the vault's.
    #[error("the signing key does not belong to this journal: its FORMAT file names another")]
    WrongKey,
    /// Sizes that cannot work.
    #[error("log limit of {0} bytes: it must be a multiple of 4096 and at least 8192")]
    BadSize(u64),
}

impl From<CommitError> for OpenError {
    fn from(error: CommitError) -> Self {
        Self::Io(io::Error::other(error.to_string()))
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        Self::Io(io::Error::other(error.to_string()))
    }
}

impl Embedded {
    /// Makes a new vault: directories and the FORMAT file. Open it next.
    ///
    /// # Errors
    /// [`OpenError::Exists`] when there is one.
    pub fn create(
        options: &Options,
        new: &NewVault,
        signer: &dyn SignHead,
    ) -> Result<(), OpenError> {
        if new.log_limit < 8192 || !new.log_limit.is_multiple_of(4096) {
            return Err(OpenError::BadSize(new.log_limit));
        }
        let disk = &*options.disk;
        let dirs = [&options.journal_dir, &options.index_dir];
        for dir in dirs.into_iter().chain(&options.blob_dirs) {
            disk::create_dir_durably(disk, dir)?;
        }
        let path = options.journal_dir.join(format_file::FILE_NAME);
        let format = JournalFormat {
            region: new.region.clone(),
            incarnation: new.incarnation,
            log_limit: new.log_limit,
            extent_cap: new.extent_cap,
            head_key: signer.public_key(),
        };
        // A creation that lost power may leave a torn file and nothing else: begin again.
        let unfinished = matches!(
            scan::read_format(disk, &options.journal_dir),
            Err(ScanError::Unreadable { .. })
        );
        let listed = disk.list(&options.journal_dir)?;
        if unfinished
            && listed
                .iter()
                .any(|entry| entry.name == format_file::FILE_NAME)
            && !listed
                .iter()
                .any(|entry| segment::parse_file_name(&entry.name).is_some())
        {
            disk.remove(&path)?;
        }
        match disk::write_new_file(disk, &path, format_file::encode(&format).as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(OpenError::Exists(options.journal_dir.display().to_string()))
            }
            other => Ok(other?),
        }
    }

    /// Opens a vault: recovers the tail, replays what the index lacks or rebuilds it, and starts
    /// to take commits. `progress` is called now and then.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        options: Options,
        signer: Arc<dyn SignHead>,
        project: &dyn Project,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, OpenError> {
        let (format, files, lock) = claim(&options)?;
        if format.head_key != signer.public_key() {
            return Err(OpenError::WrongKey);
        }
        let poison = Arc::new(Poison::new(options.on_poison.clone()));
        let (index, mut replayed) =
            replay::open_index(&options, &files, &format, project, progress)?;
        let (heads, start_after) = replayed.chains.heads();
        let start = Start {
            place: replayed.end.place,
            next_group: replayed.end.next_group,
            previous_head: replayed.end.previous_head,
            heads,
            start_after,
        };
        files.remove_unfinished_packings()?;
        recover::secure(&files, &replayed.end)?;
        let mut log = LogWriter::new(Arc::clone(&files), format.clone(), signer, start)?;
        let recovered = recover::cut(&files, &mut log, &replayed.end)?;
        replay::republish(&index, recovered, &log, project, &mut replayed)?;
        let damage = replayed.damage.texts();
        if let Some(first) = damage.first() {
            tracing::error!(findings = damage.len(), first, "the journal is damaged");
        }
        let mut places = vec![options.journal_dir.clone(), options.index_dir.clone()];
        places.extend(options.blob_dirs.iter().cloned());
        let disk = Arc::clone(&options.disk);
        let space = Arc::new(SpaceGauge::new(disk, places, options.space_floor));
        let blobs = BlobStore::new(
            Arc::clone(&options.disk),
            options.blob_dirs.clone(),
            Arc::clone(&poison),
            Arc::clone(&space),
        );
        let shared = Arc::new(Shared {
            format,
            files,
            index,
            poison,
            space,
            queue: committer::Queue::default(),
            partitions: super::submit::Partitions::default(),
            recent: Mutex::new(replayed.recent),
            extents: log.extents(),
            heads: committer::DurableHeads::new(log.heads().clone()),
            counters: committer::AtomicCounters::default(),
            damage: Mutex::new(damage),
            erasure: super::release::Erasure::new(log.place().segment),
        });
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || committer::run(&shared, log)
            })?;
        let (committer, lock) = (Mutex::new(Some(thread)), Mutex::new(Some(lock)));
        Ok(Self {
            shared,
            blobs,
            committer,
            lock,
        })
    }

    /// Replaces the index by one derived from the whole journal, and closes it. The journal is only
    /// read; a torn tail is left to the next open.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn rebuild_index(
        options: &Options,
        project: &dyn Project,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Rebuilt, OpenError> {
        let (format, files, _lock) = claim(options)?;
        let (index, replayed) = replay::rebuild(options, &files, &format, project, progress)?;
        index.close()?;
        Ok(Rebuilt {
            records: replayed.records,
            damage: replayed.damage.texts(),
        })
    }
}

/// Reads the format and takes the lock.
fn claim(options: &Options) -> Result<(JournalFormat, Arc<SegmentFiles>, DiskLock), OpenError> {
    let format = scan::read_format(&*options.disk, &options.journal_dir)?;
    let place = options.journal_dir.join(LOCK_FILE);
    let lock = options
        .disk
        .lock(&place)?
        .ok_or_else(|| OpenError::Locked(place.display().to_string()))?;
    let disk = Arc::clone(&options.disk);
    let files = Arc::new(SegmentFiles::new(disk, options.journal_dir.clone()));
    Ok((format, files, lock))
}
