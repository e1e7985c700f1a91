//! The one door across crashes: whatever was durable when a process ended is finished by the next, and
//! nothing else is erased. And locks against the keeper, at the same time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{
    BlobWriter, Commit, CommitError, Committed, Engine, Entry, Freed, Key, Part, ReadError, Scan,
    ScanPage, Status, StoredRecord,
};
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::ident::VersionId;
use azekura_model::lifecycle::{
    LifecycleFilter, LifecycleRule, LifecycleRules, NoncurrentExpiration,
};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use azekura_record::core::RecordKind;
use azekura_store::object::Which;
use azekura_store::store::Store;
use bytes::Bytes;
use common::{Vault, assert_rebuild_equals, bucket_name, by, key, parts, writer};

const B: &str = "images";
const K: &str = "検査/患者-0001.dcm";
const DAY: i64 = 86_400_000;

/// Where the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    /// Before the commit with this number, from 0, of those that the keeper makes.
    AtCommit(usize),
    /// The release record is durable, and nothing is erased.
    BeforeErasing,
    /// Everything is erased, and nobody has said so.
    AfterErasing,
}

/// An engine whose process ends at a place: from then on everything that would write fails.
struct Ending {
    engine: Arc<MemoryEngine>,
    ends: Ends,
    commits: AtomicUsize,
    ended: AtomicUsize,
}

impl Ending {
    fn gone(&self) -> CommitError {
        self.ended.store(1, Ordering::SeqCst);
        CommitError::Poisoned("the process ended".to_owned())
    }

    fn is_gone(&self) -> bool {
        self.ended.load(Ordering::SeqCst) == 1
    }
}

#[async_trait]
impl Engine for Ending {
    async fn commit(
        &self,
        partition: PartitionId,
        commit: Commit,
    ) -> Result<Committed, CommitError> {
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
        self.engine.journal(partition, from, limit)
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
        self.engine.sweep_blob(proof)
    }

    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError> {
        match self.ends {
            _ if self.is_gone() => Err(self.gone()),
            Ends::BeforeErasing => Err(self.gone()),
            Ends::AfterErasing => {
                self.engine.release(proof)?;
                Err(self.gone())
            }
            Ends::AtCommit(_) => self.engine.release(proof),
        }
    }

    fn status(&self) -> Status {
        self.engine.status()
    }

    fn close(&self) -> Result<(), CommitError> {
        self.engine.close()
    }
}

/// A vault with a hidden version under another one, a large one, and a key that is gone whole.
async fn prepared() -> (Vault, VersionId) {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let stays = vault.put(B, K, "stays").await.version;
    let hidden = vault.put(B, K, "goes").await;
    let large = vault.put(B, "検査/large", &"x".repeat(3 << 20)).await;
    for (object, version) in [(K, hidden.version), ("検査/large", large.version)] {
        vault
            .delete(B, object, Which::Version(version))
            .await
            .unwrap();
    }
    vault.run(31 * DAY);
    // Written down, so that the next process knows it.
    vault.store.tick().await.unwrap();
    (vault, stays)
}

fn records(vault: &Vault, kind: RecordKind) -> usize {
    let heads = vault.engine.status().heads;
    let all = heads.iter().flat_map(|(partition, last, _)| {
        let limit = usize::try_from(last.0).unwrap().max(1);
        vault
            .engine
            .journal(*partition, Sequence(1), limit)
            .unwrap()
    });
    all.filter(|record| record.kind == kind.number()).count()
}

#[tokio::test]
async fn the_next_start_finishes_what_a_process_left_at_any_place() {
    let places = (0..8)
        .map(Ends::AtCommit)
        .chain([Ends::BeforeErasing, Ends::AfterErasing]);
    for ends in places {
        let (vault, stays) = prepared().await;
        let ending = Arc::new(Ending {
            engine: Arc::clone(&vault.engine),
            ends,
            commits: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        });
        let (keys, clock) = vault.learnt();
        let store = Store::new(parts(ending.clone(), clock, keys));
        let _ended = store.keep_bucket(&bucket_name(B)).await;
        let durable = records(&vault, RecordKind::Released);
        let next = vault.restarted().await;
        // Every durable release is finished at the start already, each once.
        assert_eq!(records(&next, RecordKind::Freed), durable, "{ends:?}");
        assert_rebuild_equals(&next.engine);
        let report = next.store.keep_bucket(&bucket_name(B)).await.unwrap();
        assert_eq!(report.failed, 0, "{ends:?}");
        assert_eq!(durable + report.released as usize, 2, "{ends:?}");
        assert_eq!(records(&next, RecordKind::Freed), 2, "{ends:?}");
        assert_eq!(next.engine.list_blobs().unwrap(), [], "{ends:?}");
        assert_rebuild_equals(&next.engine);
        let left = next.get(B, K, Which::Version(stays)).await.unwrap();
        assert_eq!(left, b"stays", "{ends:?}");
        assert_eq!(next.get_text(B, K).await.unwrap(), "stays", "{ends:?}");
    }
}

#[tokio::test]
async fn nothing_is_erased_before_its_release_is_durable() {
    let (vault, _) = prepared().await;
    let erased = |vault: &Vault| {
        let heads = vault.engine.status().heads;
        let all = heads.iter().flat_map(|(partition, last, _)| {
            let limit = usize::try_from(last.0).unwrap().max(1);
            vault
                .engine
                .journal(*partition, Sequence(1), limit)
                .unwrap()
        });
        all.filter(|record| record.particulars == Part::Erased)
            .count()
    };
    let ending = Arc::new(Ending {
        engine: Arc::clone(&vault.engine),
        ends: Ends::AtCommit(0),
        commits: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
    });
    let (keys, clock) = vault.learnt();
    let store = Store::new(parts(ending, clock, keys));
    assert!(store.keep_bucket(&bucket_name(B)).await.is_err());
    assert_eq!(erased(&vault), 0);
}

/// Holds and the keeper at the same time, over and over: who comes first wins, and no version is both
/// held and hidden.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hold_that_was_acknowledged_is_never_run_over() {
    const VERSIONS: usize = 60;
    let vault = Vault::new().await;
    let name = bucket_name(B);
    vault
        .store
        .create_bucket_locked(&writer(), &name)
        .await
        .unwrap();
    let rule = LifecycleRule {
        id: "noncurrent".to_owned(),
        enabled: true,
        filter: LifecycleFilter::default(),
        legacy_prefix: false,
        expiration: None,
        noncurrent: Some(NoncurrentExpiration {
            days: 1,
            newer_versions: None,
        }),
        abort_multipart_days: None,
    };
    let rules = LifecycleRules::new(vec![rule]).unwrap();
    vault
        .store
        .put_lifecycle(&writer(), &name, rules)
        .await
        .unwrap();
    let mut versions = Vec::new();
    for _ in 0..VERSIONS {
        versions.push(vault.put(B, K, "content").await.version);
    }
    vault.run(5 * DAY);
    let store = vault.store.clone();
    let bucket = name.clone();
    let keeper = tokio::spawn(async move { store.keep_bucket(&bucket).await.unwrap() });
    let mut held = Vec::new();
    for version in versions.iter().copied() {
        let which = Which::Version(version);
        let put = vault
            .store
            .put_hold(&writer(), &name, (&key(K), which), true)
            .await;
        if put.is_ok() {
            held.push(version);
        }
    }
    let report = keeper.await.unwrap();
    assert_eq!(report.failed, 0);
    assert!(!held.is_empty());
    let history = vault
        .store
        .history(&by(Action::GetObject), &name, &key(K))
        .unwrap();
    for version in &held {
        let found = history.iter().find(|past| past.summary.version == *version);
        assert!(
            !found.unwrap().summary.hidden,
            "{version} is held and hidden"
        );
    }
    let hidden = history.iter().filter(|past| past.summary.hidden).count();
    assert_eq!(hidden + held.len(), VERSIONS);
    vault.run(60 * DAY);
    vault.store.keep_bucket(&name).await.unwrap();
    for version in held {
        let content = vault.get(B, K, Which::Version(version)).await.unwrap();
        assert_eq!(content, b"content");
    }
    assert_rebuild_equals(&vault.engine);
}
