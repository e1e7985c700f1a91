//! The engine on local disks: all partitions on one journal, one group commit for all of them.
//!
//! - `submit` judges guards and queues commits (the caller's thread),
//! - `committer` numbers them, writes and syncs groups (its own thread),
//! - `publisher` shows durable groups to readers and answers their callers (its own thread),
//! - `open` replays or rebuilds the index and recovers the tail.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use bytes::Bytes;
use parking_lot::Mutex;

use crate::blob::BlobStore;
use crate::disk::real::RealDisk;
use crate::disk::{Disk, DiskLock};
use crate::index::fjall::FjallSource;
use crate::index::{self, Index, ViewSource};
use crate::journal::JournalFormat;
use crate::journal::layout::SegmentFiles;
use crate::poison::{OnPoison, Poison};
use crate::seam::{
    BlobWriter, Commit, CommitError, Committed, Counters, Engine, Entry, Freed, Key, ReadError,
    Scan, ScanPage, Status, StoredRecord,
};
use crate::space::SpaceGauge;

mod committer;
mod covered;
mod open;
mod publisher;
mod read;
mod recent;
mod recover;
mod release;
mod replay;
mod submit;
mod wear;

pub use open::{NewVault, OpenError, Progress, Rebuilt};

/// Payloads of at least this many bytes are written by their writers into extents.
const EXTENT_FROM_BYTES: usize = 64 * 1024;

/// Where an embedded engine lives and how it behaves.
#[derive(Clone)]
pub struct Options {
    /// The disks.
    pub disk: Arc<dyn Disk>,
    /// Directory of the journal.
    pub journal_dir: PathBuf,
    /// Directory of the index: watched for space.
    pub index_dir: PathBuf,
    /// Directories of blobs; at least one.
    pub blob_dirs: Vec<PathBuf>,
    /// The index.
    pub index: Arc<dyn ViewSource>,
    /// Bounds of the index's overlay.
    pub index_limits: index::OverlayLimits,
    /// Bytes that must stay free on each disk; `None` = 2 GiB or 5 % of the disk, the smaller.
    pub space_floor: Option<u64>,
    /// Called once when a write failed; the process should then end with a non-zero exit code.
    pub on_poison: Option<OnPoison>,
}

impl Options {
    /// An engine on the disks of this machine; `index_cache_bytes` bounds the index's cache.
    #[must_use]
    pub fn new(
        journal_dir: PathBuf,
        index_dir: PathBuf,
        blob_dirs: Vec<PathBuf>,
        index_cache_bytes: u64,
    ) -> Self {
        let source = FjallSource {
            dir: index_dir.clone(),
            cache_bytes: index_cache_bytes,
        };
        Self {
            disk: Arc::new(RealDisk),
            journal_dir,
            index_dir,
            blob_dirs,
            index: Arc::new(source),
            index_limits: index::OverlayLimits::default(),
            space_floor: None,
            on_poison: None,
        }
    }
}

/// What the parts of an open engine share.
struct Shared {
    format: JournalFormat,
    files: Arc<SegmentFiles>,
    index: Index,
    poison: Arc<Poison>,
    space: Arc<SpaceGauge>,
    queue: committer::Queue,
    partitions: submit::Partitions,
    recent: Mutex<recent::Recent>,
    extents: Arc<crate::journal::writer::Extents>,
    heads: committer::DurableHeads,
    counters: committer::AtomicCounters,
    /// Findings since start.
    damage: Mutex<Vec<String>>,
    erasure: release::Erasure,
}

/// The embedded engine.
pub struct Embedded {
    shared: Arc<Shared>,
    blobs: BlobStore,
    committer: Mutex<Option<JoinHandle<()>>>,
    /// Dropped last: one process per directory.
    lock: Mutex<Option<DiskLock>>,
}

#[async_trait]
impl Engine for Embedded {
    async fn commit(
        &self,
        partition: PartitionId,
        commit: Commit,
    ) -> Result<Committed, CommitError> {
        submit::commit(&self.shared, partition, commit).await
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.shared.index.get(partition, key)
    }

    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        self.shared.index.scan(partition, scan)
    }

    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        read::journal(&self.shared, partition, from, limit)
    }

    fn payload(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        from: u64,
        until: u64,
    ) -> Result<Bytes, ReadError> {
        read::payload(&self.shared, partition, sequence, from, until)
    }

    fn create_blob(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.shared.queue.check_open()?;
        self.blobs.create(blob)
    }

    fn read_blob(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        self.blobs.files().read(blob, from, until)
    }

    fn list_blobs(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        self.blobs.files().list()
    }

    fn sweep_blob(&self, proof: SweepProof) -> Result<(), CommitError> {
        self.shared.queue.check_open()?;
        let fence = proof.fence();
        let ours = fence.region == self.shared.format.region
            && fence.incarnation == self.shared.format.incarnation;
        let durable = self.shared.heads.last(fence.partition);
        if !ours || durable.is_none_or(|last| last < fence.sequence) {
            return Err(CommitError::Malformed(
                "the fence of the sweep is not a durable record of this vault".to_owned(),
            ));
        }
        self.blobs.remove(proof.blob())
    }

    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError> {
        release::release(&self.shared, &self.blobs, proof)
    }

    fn status(&self) -> Status {
        let shared = &self.shared;
        Status {
            region: shared.format.region.clone(),
            incarnation: shared.format.incarnation,
            poisoned: shared.poison.message().map(str::to_owned),
            heads: shared.heads.all(),
            journal_bytes: shared.files.taken().unwrap_or_default(),
            space: shared.space.space(),
            unindexed_commits: shared.index.unindexed(),
            counters: Counters {
                groups: shared.counters.groups(),
                records: shared.counters.records(),
                syncs: shared.counters.syncs(),
            },
            damage: shared.damage.lock().clone(),
        }
    }

    fn close(&self) -> Result<(), CommitError> {
        self.shared.queue.close();
        // What is being erased is finished first: another process may open these files next.
        let _finished = self.shared.erasure.alone();
        if let Some(committer) = self.committer.lock().take() {
            if committer.join().is_err() {
                return Err(self.shared.poison.set("committing", &"its thread panicked"));
            }
            let closed = self.shared.index.close();
            self.lock.lock().take();
            closed.map_err(|error| self.shared.poison.set("closing the index", &error))?;
        }
        self.shared.poison.check()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(%error, "the engine was dropped and did not close well");
        }
    }
}
