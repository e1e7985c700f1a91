//! Making, opening and rebuilding.

use std::io;
use std::sync::Arc;

use azekura_model::position::{Incarnation, RegionName};
use parking_lot::Mutex;

use super::recent::Recent;
use super::recover::{self, Recovered};
use super::{Embedded, Options, Shared, committer};
use crate::blob::BlobStore;
use crate::disk::{self, DiskLock};
use crate::index::load::Loader;
use crate::index::{DurableCommit, Index, IndexError, Locator, Watermark};
use crate::journal::layout::SegmentFiles;
use crate::journal::scan::{
    self, Chains, Depth, Item, JournalEnd, ScanError, ScannedRecord, Scanner,
};
use crate::journal::writer::{LogWriter, Start};
use crate::journal::{JournalFormat, Place, format_file};
use crate::poison::Poison;
use crate::seam::{
    CommitError, Entry, Family, Mutations, Project, ProjectError, ReadError, ReadView, SignHead,
};
use crate::space::SpaceGauge;

/// Opening reads extents only of what no mark covers; signatures are for `check`.
const OPENING: Depth = Depth { extents: false, signatures: false };
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
        Self { region, incarnation, log_limit: 64 << 20, extent_cap: 1 << 30 }
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

/// An index before a rebuild.
struct EmptyView;

impl ReadView for EmptyView {
    fn entries(
        &self,
        _: azekura_model::position::PartitionId,
        _: Family,
    ) -> Result<Vec<(bytes::Bytes, Entry)>, ReadError> {
        Ok(Vec::new())
    }
}

/// Where projected commits go.
enum Sink<'a> {
    Index(&'a Index),
    Loader(Loader),
}

/// What a pass over the journal left.
struct Replayed {
    end: JournalEnd,
    chains: Chains,
    recent: Recent,
    damage: Vec<String>,
    records: u64,
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
        let (index, mut replayed) = open_index(&options, &files, &format, project, progress)?;
        let (heads, start_after) = replayed.chains.heads();
        let start = Start {
            place: replayed.end.place,
            next_group: replayed.end.next_group,
            previous_head: replayed.end.previous_head,
            heads,
            start_after,
        };
        recover::secure(&files, &replayed.end, &mut replayed.damage)?;
        let mut log = LogWriter::new(Arc::clone(&files), format.clone(), signer, start)?;
        let recovered = recover::cut(&files, &mut log, &replayed.end)?;
        republish(&index, recovered, &log, project, &mut replayed)?;
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
            damage: Mutex::new(replayed.damage),
        });
        let thread = std::thread::Builder::new().name("committer".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || committer::run(&shared, log)
        })?;
        let (committer, lock) = (Mutex::new(Some(thread)), Mutex::new(Some(lock)));
        Ok(Self { shared, blobs, committer, lock })
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
        let (index, replayed) = rebuild(options, &files, &format, project, progress)?;
        index.close()?;
        Ok(Rebuilt { records: replayed.records, damage: replayed.damage })
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

fn open_index(
    options: &Options,
    files: &Arc<SegmentFiles>,
    format: &JournalFormat,
    project: &dyn Project,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Index, Replayed), OpenError> {
    let view = match options.index.open() {
        Ok(view) => view,
        Err(IndexError::Unusable(why)) => {
            tracing::warn!(why, "the index is rebuilt from the journal");
            return rebuild(options, files, format, project, progress);
        }
        Err(error) => return Err(error.into()),
    };
    let watermark = view.watermark()?;
    let last = files.list()?.last().map(|(number, _)| *number);
    if watermark == Watermark::default() {
        if last.is_some() {
            drop(view);
            return rebuild(options, files, format, project, progress);
        }
    } else if last.is_none_or(|last| last < watermark.segment) {
        return Err(OpenError::SegmentsMissing {
            indexed: format!("segment {:08x}", watermark.segment),
            last: last.map_or_else(|| "none".to_owned(), |last| format!("{last:08x}")),
        });
    }
    let index = Index::open(view, options.index_limits)?;
    project.begin(&index).map_err(OpenError::Newer)?;
    let settled = Place { segment: watermark.segment, offset: watermark.offset };
    // Two segments, so that recent commits are recognised whatever the index already has.
    let from = settled.segment.min(last.unwrap_or(0).saturating_sub(1));
    let chains = Chains::from_heads(&index.heads());
    let scanner =
        Scanner::start(Arc::clone(files), format.clone(), OPENING, from, chains, settled)?;
    let total = total_bytes(files, from)?;
    let (replayed, _) = replay(scanner, settled, Sink::Index(&index), project, total, progress)?;
    Ok((index, replayed))
}

fn rebuild(
    options: &Options,
    files: &Arc<SegmentFiles>,
    format: &JournalFormat,
    project: &dyn Project,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Index, Replayed), OpenError> {
    let loader = options.index.rebuild()?;
    project.begin(&EmptyView).map_err(OpenError::Newer)?;
    let start = Place::default();
    let scanner =
        Scanner::start(Arc::clone(files), format.clone(), OPENING, 0, Chains::default(), start)?;
    let total = total_bytes(files, 0)?;
    let (replayed, sink) = replay(scanner, start, Sink::Loader(loader), project, total, progress)?;
    let Sink::Loader(loader) = sink else {
        return Err(IndexError::Failed("the rebuilt index was lost".to_owned()).into());
    };
    let place = replayed.end.place;
    let view = loader.finish(Watermark { segment: place.segment, offset: place.offset })?;
    Ok((Index::open(view, options.index_limits)?, replayed))
}

fn total_bytes(files: &SegmentFiles, from: u32) -> io::Result<u64> {
    let segments = files.list()?;
    Ok(segments.iter().filter(|(number, _)| *number >= from).map(|(_, bytes)| *bytes).sum())
}

/// Reads the journal to its end; what stands at or after `settled` goes into the sink.
fn replay<'a>(
    mut scanner: Scanner,
    settled: Place,
    mut sink: Sink<'a>,
    project: &dyn Project,
    total_bytes: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Replayed, Sink<'a>), OpenError> {
    let mut recent = Recent::default();
    let mut damage = Vec::new();
    let mut state = Progress { total_bytes, ..Progress::default() };
    let mut group: Vec<DurableCommit> = Vec::new();
    let mut group_at = settled;
    while let Some(item) = scanner.next() {
        match item? {
            Item::Group(found) => {
                sink.publish(&mut group, found.place)?;
                group_at = found.place;
                state.bytes = state.bytes.saturating_add(found.bytes);
                progress(state);
            }
            Item::Finding(found) => damage.push(found.to_string()),
            Item::Record(record) => {
                let position = &record.record.position;
                recent.remember(position.partition, record.record.commit, position.sequence);
                let place =
                    Place { segment: record.locator.segment, offset: record.locator.offset };
                if place >= settled {
                    state.records = state.records.saturating_add(1);
                    group.push(durable(&record, project, &mut damage)?);
                }
            }
        }
    }
    let place = scanner.place();
    sink.publish(&mut group, if place > group_at { place } else { group_at })?;
    progress(state);
    let (end, chains) = scanner.into_end();
    Ok((Replayed { end, chains, recent, damage, records: state.records }, sink))
}

impl Sink<'_> {
    /// Hands on the commits that stand before a place.
    fn publish(&mut self, group: &mut Vec<DurableCommit>, end: Place) -> Result<(), OpenError> {
        if group.is_empty() {
            return Ok(());
        }
        let commits = std::mem::take(group);
        match self {
            Self::Index(index) => {
                let watermark = Watermark { segment: end.segment, offset: end.offset };
                index.publish(commits, watermark)?;
            }
            Self::Loader(loader) => {
                for commit in &commits {
                    loader.push(commit)?;
                }
            }
        }
        Ok(())
    }
}

fn durable(
    record: &ScannedRecord,
    project: &dyn Project,
    damage: &mut Vec<String>,
) -> Result<DurableCommit, OpenError> {
    let position = &record.record.position;
    let mutations = match project.project(&record.record) {
        Ok(mutations) => mutations,
        Err(ProjectError::Unreadable(why)) => {
            damage.push(format!(
                "record {} of partition {} cannot be read, what it named is missing from the view: {why}",
                position.sequence, position.partition
            ));
            Mutations::default()
        }
        Err(newer) => return Err(OpenError::Newer(newer)),
    };
    Ok(DurableCommit {
        partition: position.partition,
        sequence: position.sequence,
        chain: record.working_chain,
        locator: record.locator,
        mutations,
    })
}

/// Shows the records that recovery wrote again.
fn republish(
    index: &Index,
    recovered: Recovered,
    log: &LogWriter,
    project: &dyn Project,
    replayed: &mut Replayed,
) -> Result<(), OpenError> {
    let mut commits = Vec::new();
    for (partition, sequence, chain) in replayed.chains.moved() {
        // Stands for what damage hid: reading it answers that it is lost.
        let place = replayed.end.place;
        let locator = Locator { segment: place.segment, offset: place.offset, bytes: 0 };
        let mutations = Mutations::default();
        commits.push(DurableCommit { partition, sequence, chain, locator, mutations });
    }
    for record in &recovered.records {
        let position = &record.record.position;
        replayed.recent.remember(position.partition, record.record.commit, position.sequence);
        commits.push(durable(record, project, &mut replayed.damage)?);
    }
    if !commits.is_empty() {
        let place = log.place();
        index.publish(commits, Watermark { segment: place.segment, offset: place.offset })?;
    }
    Ok(())
}
