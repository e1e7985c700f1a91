//! An engine whose process ends at a place.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azekura_engine::seam::{
    BlobWriter, Commit, CommitError, Committed, Engine, Entry, Freed, Key, Part, ReadError, Scan,
    ScanPage, Status, StoredRecord,
};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use azekura_record::core::RecordKind;
use bytes::Bytes;
use tokio::sync::Semaphore;

/// Where the process ends; numbers from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ends {
    /// Nowhere.
    Never,
    /// Before this commit.
    AtCommit(usize),
    /// Before this release erases anything; its record is durable.
    BeforeErasing(usize),
    /// After this release has erased everything, and nobody has said so.
    AfterErasing(usize),
}

/// From the place on, everything that would write fails.
pub(crate) struct Ending {
    engine: Arc<dyn Engine>,
    ends: Ends,
    commits: AtomicUsize,
    releases: AtomicUsize,
    ended: AtomicBool,
    held: Mutex<Option<ReleaseProof>>,
    hurt: Mutex<Option<Hurt>>,
    /// Kind of the commit that waits for [`Ending::go_on`].
    park: Mutex<Option<RecordKind>>,
    parked: Semaphore,
    go: Semaphore,
}

/// What damage shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hurt {
    /// The engine reports some, anywhere.
    Reported,
    /// A record is not there.
    Missing(PartitionId, Sequence),
    /// The particulars of a record are damaged.
    Particulars(PartitionId, Sequence),
}

impl Ending {
    pub(crate) fn new(engine: Arc<dyn Engine>, ends: Ends) -> Arc<Self> {
        Arc::new(Self {
            engine,
            ends,
            commits: AtomicUsize::new(0),
            releases: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            held: Mutex::new(None),
            hurt: Mutex::new(None),
            park: Mutex::new(None),
            parked: Semaphore::new(0),
            go: Semaphore::new(0),
        })
    }

    fn gone(&self) -> CommitError {
        self.ended.store(true, Ordering::SeqCst);
        CommitError::Poisoned("the process ended".to_owned())
    }

    /// Damage, from now on.
    pub(crate) fn hurt(&self, hurt: Option<Hurt>) {
        *self.hurt.lock().unwrap() = hurt;
    }

    /// The next commit of a kind waits.
    pub(crate) fn park(&self, kind: RecordKind) {
        *self.park.lock().unwrap() = Some(kind);
    }

    /// Until a commit waits.
    pub(crate) async fn until_parked(&self) {
        self.parked.acquire().await.unwrap().forget();
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.go.add_permits(1);
    }

    /// The release that it did not begin with.
    pub(crate) fn held(&self) -> Option<ReleaseProof> {
        self.held.lock().unwrap().clone()
    }

    /// Whether the process came to its end.
    pub(crate) fn is_gone(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Engine for Ending {
    async fn commit(
        &self,
        partition: PartitionId,
        commit: Commit,
    ) -> Result<Committed, CommitError> {
        let parks = {
            let mut park = self.park.lock().unwrap();
            let kind = commit.record.kind;
            park.take_if(|of| of.number() == kind).is_some()
        };
        if parks {
            self.parked.add_permits(1);
            self.go.acquire().await.unwrap().forget();
        }
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        if self.is_gone() || self.ends == Ends::AtCommit(number) {
            return Err(self.gone());
        }
        self.engine.commit(partition, commit).await
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.engine.get(partition, key)
    }

    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        self.engine.scan(partition, scan)
    }

    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let mut records = self.engine.journal(partition, from, limit)?;
        let hurt = *self.hurt.lock().unwrap();
        let is = |record: &StoredRecord, at| (partition, record.position.sequence) == at;
        match hurt {
            Some(Hurt::Missing(of, at)) => records.retain(|record| !is(record, (of, at))),
            Some(Hurt::Particulars(of, at)) => {
                for record in records.iter_mut().filter(|record| is(record, (of, at))) {
                    record.particulars = Part::Damaged;
                }
            }
            Some(Hurt::Reported) | None => {}
        }
        Ok(records)
    }

    fn payload(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        from: u64,
        until: u64,
    ) -> Result<Bytes, ReadError> {
        self.engine.payload(partition, sequence, from, until)
    }

    fn create_blob(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.engine.create_blob(blob)
    }

    fn read_blob(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        self.engine.read_blob(blob, from, until)
    }

    fn list_blobs(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        self.engine.list_blobs()
    }

    fn sweep_blob(&self, proof: SweepProof) -> Result<(), CommitError> {
        if self.is_gone() {
            return Err(self.gone());
        }
        self.engine.sweep_blob(proof)
    }

    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError> {
        let number = self.releases.fetch_add(1, Ordering::SeqCst);
        if !self.is_gone() && self.ends == Ends::BeforeErasing(number) {
            *self.held.lock().unwrap() = Some(proof.clone());
        }
        if self.is_gone() || self.ends == Ends::BeforeErasing(number) {
            return Err(self.gone());
        }
        let freed = self.engine.release(proof)?;
        if self.ends == Ends::AfterErasing(number) {
            return Err(self.gone());
        }
        Ok(freed)
    }

    fn status(&self) -> Status {
        let mut status = self.engine.status();
        if *self.hurt.lock().unwrap() == Some(Hurt::Reported) {
            status.damage.push("somewhere".to_owned());
        }
        status
    }

    fn close(&self) -> Result<(), CommitError> {
        self.engine.close()
    }
}
