//! Lock records and index entries that are truncated, flipped, missing, stale or newer: the verdict
//! is *locked*, or the vault does not open. Nothing ever reads as unlocked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{
    BlobWriter, Commit, CommitClass, CommitError, CommitId, Committed, Engine, Entry, Freed, Key,
    Mutations, NewRecord, Part, ReadError, Scan, ScanPage, Status, StoredRecord,
};
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::Configured;
use azekura_model::condition::{Conditions, DeleteConditions};
use azekura_model::ident::{UploadId, VersionId};
use azekura_model::lock::{
    Bypass, LockAsked, LockRefused, LockRequest, LockState, Retention, RetentionMode,
};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use azekura_model::time::ComplianceTime;
use azekura_record::core::RecordKind;
use azekura_record::summary::Summary;
use azekura_store::body::Claims;
use azekura_store::error::StoreError;
use azekura_store::families;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::{Attributes, PutOutcome, Which};
use azekura_store::store::Store;
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PutPart};
use bytes::Bytes;
use common::{Vault, bucket_name, by, disk, key, put_request, writer};

const B: &str = "locked-bucket";
const K: &str = "a";
const HOUR: i64 = 3_600_000;

/// What a fault makes of the lock entry of a version.
type OfEntry = Box<dyn Fn(Option<Entry>) -> Result<Option<Entry>, ReadError> + Send>;
/// What a fault makes of a record.
type OfRecord = Box<dyn Fn(StoredRecord) -> Result<Option<StoredRecord>, ReadError> + Send>;

#[derive(Default)]
enum Fault {
    #[default]
    None,
    Entry(OfEntry),
    Record(Sequence, OfRecord),
    /// No commit to this partition.
    Commit(PartitionId),
}

/// An engine whose answers can be falsified.
struct Tampered {
    under: Arc<MemoryEngine>,
    fault: Mutex<Fault>,
}

#[async_trait]
impl Engine for Tampered {
    async fn commit(&self, on: PartitionId, commit: Commit) -> Result<Committed, CommitError> {
        if matches!(&*self.fault.lock().unwrap(), Fault::Commit(to) if *to == on) {
            return Err(CommitError::Closed);
        }
        self.under.commit(on, commit).await
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        let entry = self.under.get(partition, key)?;
        match &*self.fault.lock().unwrap() {
            Fault::Entry(fault) if families::split_lock(&key.bytes).is_some() => fault(entry),
            _ => Ok(entry),
        }
    }

    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        self.under.scan(partition, scan)
    }

    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let mut out = Vec::new();
        for record in self.under.journal(partition, from, limit)? {
            match &*self.fault.lock().unwrap() {
                Fault::Record(at, fault)
                    if record.position.sequence == *at && partition.0 > 1000 =>
                {
                    out.extend(fault(record)?);
                }
                _ => out.push(record),
            }
        }
        Ok(out)
    }

    fn payload(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        from: u64,
        until: u64,
    ) -> Result<Bytes, ReadError> {
        self.under.payload(partition, sequence, from, until)
    }

    fn create_blob(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.under.create_blob(blob)
    }

    fn read_blob(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        self.under.read_blob(blob, from, until)
    }

    fn list_blobs(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        self.under.list_blobs()
    }

    fn sweep_blob(&self, proof: SweepProof) -> Result<(), CommitError> {
        self.under.sweep_blob(proof)
    }

    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError> {
        self.under.release(proof)
    }

    fn status(&self) -> Status {
        self.under.status()
    }

    fn close(&self) -> Result<(), CommitError> {
        self.under.close()
    }
}

/// A version whose own record has a lock that is over, while a later record keeps it.
struct Scene {
    vault: Vault,
    engine: Arc<Tampered>,
    version: VersionId,
    partition: PartitionId,
    /// Its own record, and the one that extended it.
    own: Sequence,
    given: Sequence,
    /// The index entry before the extension.
    older: Entry,
}

fn kept(now: ComplianceTime, ms: i64) -> Retention {
    Retention {
        mode: RetentionMode::Governance,
        until: ComplianceTime(now.0 + ms),
    }
}

async fn put_plain(store: &Store, object: &str) -> VersionId {
    let request = put_request(object, "content");
    let put = store.put(&writer(), &bucket_name(B), request).await;
    put.unwrap().version
}

async fn put_locked(store: &Store, retention: Retention) -> VersionId {
    let mut request = put_request(K, "content");
    request.lock = LockAsked {
        retention: Some(retention),
        hold: None,
    };
    let put = store.put(&writer(), &bucket_name(B), request).await;
    put.unwrap().version
}

async fn extend(store: &Store, version: VersionId, until: ComplianceTime, bulk: bool) {
    let (bucket, object) = (bucket_name(B), key(K));
    if bulk {
        let all = LockSelection::Listed(vec![(object, Which::Version(version))]);
        let request = LockRequest::Extend(until);
        let report = store
            .change_locks(&writer(), &bucket, &all, &request, |_| {})
            .await;
        assert_eq!(report.unwrap().changed, 1);
        return;
    }
    let retention = Retention {
        mode: RetentionMode::Compliance,
        until,
    };
    let by = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
    store
        .put_retention(
            &writer(),
            &bucket,
            (&object, Which::Version(version)),
            Some(retention),
            by.as_ref(),
        )
        .await
        .unwrap();
}

async fn scene(bulk: bool) -> Scene {
    let mut engine = None;
    let vault = Vault::over(|under| {
        let tampered = Arc::new(Tampered {
            under,
            fault: Mutex::default(),
        });
        engine = Some(Arc::clone(&tampered));
        tampered
    })
    .await;
    let store = &vault.store;
    store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await
        .unwrap();
    let partition = store.bucket(&bucket_name(B)).unwrap().partition;
    let version = put_locked(store, kept(vault.now(), HOUR)).await;
    let entry = |engine: &MemoryEngine| {
        let entry = engine.get(partition, &families::lock(version));
        entry.unwrap().unwrap()
    };
    let older = entry(&vault.engine);
    let until = ComplianceTime(vault.now().0 + 3 * HOUR);
    extend(store, version, until, bulk).await;
    let given = entry(&vault.engine).sequence;
    vault.run(2 * HOUR);
    Scene {
        own: older.sequence,
        engine: engine.unwrap(),
        vault,
        version,
        partition,
        given,
        older,
    }
}

impl Scene {
    fn record(&self, at: Sequence) -> StoredRecord {
        let records = self.vault.engine.journal(self.partition, at, 1);
        records.unwrap().remove(0)
    }

    /// Nothing opens the version, whatever is claimed.
    async fn assert_locked(&self, fault: Fault, what: &str) {
        *self.engine.fault.lock().unwrap() = fault;
        let store = &self.vault.store;
        let (bucket, object, always) = (bucket_name(B), key(K), DeleteConditions::default());
        let object = (&object, Which::Version(self.version));
        // COMPLIANCE is shut to a bypass; what became GOVERNANCE by bulk is asked without.
        let deleted = store
            .delete_if(&writer(), &bucket, object, &always, None)
            .await;
        assert!(
            matches!(deleted, Err(StoreError::Locked(_))),
            "{what}: {deleted:?}"
        );
        let (_, state) = store
            .lock_state(&writer(), &bucket, object.0, object.1)
            .unwrap();
        let held = store
            .put_hold(&writer(), &bucket, object, true)
            .await
            .map(|_| ());
        match state {
            LockState::Unknown(_) => {
                assert!(
                    matches!(held, Err(StoreError::Locked(LockRefused::Unknown(_)))),
                    "{what}: {held:?}"
                );
            }
            LockState::Known(lock) => {
                assert!(lock.keeps(self.vault.now()), "{what}: {lock:?}");
                store
                    .put_hold(&writer(), &bucket, object, false)
                    .await
                    .unwrap();
                panic!("{what}: read as {lock:?}");
            }
        }
        *self.engine.fault.lock().unwrap() = Fault::None;
    }
}

fn entry_fault(bytes: Bytes, at: Sequence) -> Fault {
    let entry = Entry {
        value: bytes,
        sequence: at,
    };
    Fault::Entry(Box::new(move |_| Ok(Some(entry.clone()))))
}

#[tokio::test]
async fn an_index_entry_that_is_not_what_the_record_says() {
    for bulk in [false, true] {
        let scene = scene(bulk).await;
        let lost = Fault::Entry(Box::new(|_| Ok(None)));
        scene.assert_locked(lost, "entry gone").await;
        let failed = Fault::Entry(Box::new(|_| Err(ReadError::Damaged("a block".to_owned()))));
        scene.assert_locked(failed, "entry unreadable").await;
        let entry = scene
            .vault
            .engine
            .get(scene.partition, &families::lock(scene.version))
            .unwrap()
            .unwrap();
        for length in 0..entry.value.len() {
            let fault = entry_fault(entry.value.slice(..length), scene.given);
            scene.assert_locked(fault, "entry truncated").await;
        }
        for bit in 0..entry.value.len() * 8 {
            let mut bytes = entry.value.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let fault = entry_fault(Bytes::from(bytes), scene.given);
            scene.assert_locked(fault, "entry flipped").await;
        }
        // The older lock, said to be given by the newer record; and the newer by the older.
        let stale = entry_fault(scene.older.value.clone(), scene.given);
        scene.assert_locked(stale, "older entry").await;
        let early = entry_fault(entry.value.clone(), scene.own);
        scene
            .assert_locked(early, "newer entry of the older record")
            .await;
        let beyond = entry_fault(entry.value.clone(), Sequence(9999));
        scene.assert_locked(beyond, "entry of no record").await;
    }
}

/// Puts this history entry of the scene's version into the index, beside what the journal says.
async fn falsify_history(scene: &Scene, change: impl Fn(&mut Summary)) {
    let entry = families::history(K, scene.version);
    let there = scene.vault.engine.get(scene.partition, &entry).unwrap();
    let mut summary = Summary::decode(&there.unwrap().value).unwrap();
    summary.at = Some(scene.own);
    change(&mut summary);
    let commit = Commit {
        id: CommitId([0x33; 16]),
        class: CommitClass::Essential,
        guards: Vec::new(),
        mutations: Mutations {
            puts: vec![(entry, Bytes::from(summary.encode()))],
            deletes: Vec::new(),
        },
        record: NewRecord {
            kind: RecordKind::VersionHidden.number(),
            core: scene.record(scene.own).core,
            particulars: Bytes::new(),
            payload: Bytes::new(),
        },
    };
    let committed = scene.vault.engine.commit(scene.partition, commit).await;
    committed.unwrap();
}

#[tokio::test]
async fn a_locked_version_that_the_index_calls_a_marker_stays() {
    let scene = scene(false).await;
    falsify_history(&scene, |summary| summary.marker = true).await;
    let (bucket, object, always) = (bucket_name(B), key(K), DeleteConditions::default());
    let target = (&object, Which::Version(scene.version));
    let store = &scene.vault.store;
    let deleted = store
        .delete_if(&writer(), &bucket, target, &always, None)
        .await;
    assert!(matches!(deleted, Err(StoreError::Locked(_))), "{deleted:?}");
}

#[tokio::test]
async fn a_lock_that_cannot_be_shown_costs_no_reading() {
    let scene = scene(false).await;
    let garbage = entry_fault(Bytes::from_static(b"garbage"), scene.given);
    *scene.engine.fault.lock().unwrap() = garbage;
    let which = Which::Version(scene.version);
    assert_eq!(scene.vault.get(B, K, which).await.unwrap(), b"content");
    let (store, bucket, object) = (&scene.vault.store, bucket_name(B), key(K));
    let info = store.head(&writer(), &bucket, &object, which).await;
    assert_eq!(info.unwrap().lock, None);
    let shown = store.retention(&writer(), &bucket, &object, which);
    assert!(shown.is_err());
}

async fn begin_upload(store: &Store) -> UploadId {
    let create = CreateUpload {
        key: key("upload"),
        attributes: Attributes::default(),
        lock: LockAsked::default(),
        checksum: None,
    };
    let upload = store
        .create_upload(&writer(), &bucket_name(B), create)
        .await;
    upload.unwrap().id
}

async fn end_upload(store: &Store, upload: UploadId) -> PutOutcome {
    let part = PutPart {
        key: key("upload"),
        upload,
        number: 1,
        claims: Claims::default(),
        body: common::body("part"),
    };
    let part = store.put_part(&writer(), &bucket_name(B), part).await;
    let complete = CompleteUpload {
        key: key("upload"),
        upload,
        parts: vec![CompletedPart {
            number: 1,
            etag: hex::encode(part.unwrap().md5),
            checksum: None,
        }],
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    };
    let completed = store
        .complete_upload(&writer(), &bucket_name(B), complete)
        .await;
    completed.unwrap()
}

/// Enabling writes two records; a crash or an error may come between them.
#[tokio::test]
async fn half_enabled_lock_holds_versioning_and_is_finished_by_asking_again() {
    let mut engine = None;
    let vault = Vault::over(|under| {
        let tampered = Arc::new(Tampered {
            under,
            fault: Mutex::default(),
        });
        engine = Some(Arc::clone(&tampered));
        tampered
    })
    .await;
    let (engine, store, bucket) = (engine.unwrap(), &vault.store, bucket_name(B));
    store.create_bucket(&writer(), &bucket).await.unwrap();
    let begun = begin_upload(store).await;
    let enabled = Versioning::Enabled;
    store
        .put_versioning(&writer(), &bucket, enabled)
        .await
        .unwrap();
    *engine.fault.lock().unwrap() = Fault::Commit(families::CONFIGURATION);
    let half = store.put_object_lock(&writer(), &bucket, None).await;
    assert!(half.is_err());
    *engine.fault.lock().unwrap() = Fault::None;
    let stands = store.object_lock(&bucket).unwrap();
    assert_eq!(stands, Configured::Never);
    let suspended = Versioning::Suspended;
    let refused = store.put_versioning(&writer(), &bucket, suspended).await;
    assert!(matches!(refused, Err(StoreError::InvalidBucketState(_))));
    let now = vault.now();
    let mut request = put_request(K, "content");
    request.lock.retention = Some(kept(now, HOUR));
    let refused = store.put(&writer(), &bucket, request).await;
    assert_eq!(refused.unwrap_err(), StoreError::BucketWithoutLock);
    store
        .put_object_lock(&writer(), &bucket, None)
        .await
        .unwrap();
    put_locked(store, kept(now, HOUR)).await;
    // An upload that began without versioning ends as a version with an id of its own.
    let completed = end_upload(store, begun).await;
    assert!(!completed.null);
}

fn core_fault(at: Sequence, core: Vec<u8>) -> Fault {
    let core = Bytes::from(core);
    Fault::Record(
        at,
        Box::new(move |record| {
            Ok(Some(StoredRecord {
                core: core.clone(),
                ..record
            }))
        }),
    )
}

#[tokio::test]
async fn a_record_that_cannot_be_read_or_is_newer() {
    for bulk in [false, true] {
        let scene = scene(bulk).await;
        for at in [scene.own, scene.given] {
            let record = scene.record(at);
            let gone = Fault::Record(at, Box::new(|_| Ok(None)));
            scene.assert_locked(gone, "record missing").await;
            let damaged = |_| Err(ReadError::Damaged("a frame".to_owned()));
            let damaged = Fault::Record(at, Box::new(damaged));
            scene.assert_locked(damaged, "record damaged").await;
            for length in 0..record.core.len() {
                let fault = core_fault(at, record.core[..length].to_vec());
                scene.assert_locked(fault, "core truncated").await;
            }
            // A critical field of a newer release: its map has one entry more.
            let mut newer = record.core.to_vec();
            newer[0] += 1;
            newer.extend([0x11, 1]);
            scene
                .assert_locked(core_fault(at, newer), "newer core")
                .await;
            let kind = Fault::Record(
                at,
                Box::new(|record| {
                    Ok(Some(StoredRecord {
                        kind: 999,
                        ..record
                    }))
                }),
            );
            scene.assert_locked(kind, "newer kind").await;
            let other = scene.record(Sequence(1)).core.to_vec();
            scene
                .assert_locked(core_fault(at, other), "another record")
                .await;
        }
    }
}

#[tokio::test]
async fn particulars_of_many_locks_that_are_damaged_or_erased() {
    let scene = scene(true).await;
    for part in [
        Part::Damaged,
        Part::Erased,
        Part::Present(Bytes::from_static(&[1; 90])),
    ] {
        let fault = Fault::Record(
            scene.given,
            Box::new(move |record| {
                Ok(Some(StoredRecord {
                    particulars: part.clone(),
                    ..record
                }))
            }),
        );
        scene.assert_locked(fault, "particulars").await;
    }
}

#[tokio::test]
async fn erased_particulars_of_a_version_leave_its_lock_readable() {
    let scene = scene(false).await;
    let erase = |record: StoredRecord| {
        Ok(Some(StoredRecord {
            particulars: Part::Erased,
            ..record
        }))
    };
    *scene.engine.fault.lock().unwrap() = Fault::Record(scene.own, Box::new(erase));
    let which = Which::Version(scene.version);
    let (_, state) = scene
        .vault
        .store
        .lock_state(&writer(), &bucket_name(B), &key(K), which)
        .unwrap();
    assert!(matches!(state, LockState::Known(_)), "{state:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn close(store: Store, ticker: azekura_store::clock::Ticker) {
    store.engine().close().unwrap();
    drop((store, ticker));
}

/// A vault on disk with a version that a later record locks, closed; `between` sees it before that
/// record.
async fn on_disk(dir: &Path, between: impl FnOnce()) -> (VersionId, Bytes) {
    disk::make(dir);
    let (store, ticker) = disk::opened(dir).await;
    store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await
        .unwrap();
    let now = store.clock_report().compliance;
    let version = put_plain(&store, K).await;
    close(store, ticker);
    between();
    let (store, ticker) = disk::opened(dir).await;
    let partition = store.bucket(&bucket_name(B)).unwrap().partition;
    let until = ComplianceTime(now.0 + 24 * HOUR);
    extend_on_disk(&store, version, until).await;
    let entry = store.engine().get(partition, &families::lock(version));
    let at = entry.unwrap().unwrap().sequence;
    let record = store.engine().journal(partition, at, 1).unwrap().remove(0);
    // A later group, which says that the one before was durable.
    put_plain(&store, "b").await;
    close(store, ticker);
    (version, record.envelope)
}

async fn extend_on_disk(store: &Store, version: VersionId, until: ComplianceTime) {
    let retention = Retention {
        mode: RetentionMode::Compliance,
        until,
    };
    let object = key(K);
    let object = (&object, Which::Version(version));
    let by = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
    store
        .put_retention(
            &writer(),
            &bucket_name(B),
            object,
            Some(retention),
            by.as_ref(),
        )
        .await
        .unwrap();
}

async fn delete(store: &Store, version: VersionId) -> Result<(), StoreError> {
    let (object, always) = (key(K), DeleteConditions::default());
    let object = (&object, Which::Version(version));
    let by = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
    store
        .delete_if(&writer(), &bucket_name(B), object, &always, by.as_ref())
        .await
        .map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_index_knows_the_newer_lock() {
    let place = tempfile::tempdir().unwrap();
    let (dir, older) = (place.path().join("vault"), place.path().join("older"));
    let index = dir.join("index");
    let (version, _) = on_disk(&dir, || copy(&index, &older)).await;
    std::fs::remove_dir_all(&index).unwrap();
    copy(&older, &index);
    let (store, ticker) = disk::opened(&dir).await;
    let deleted = delete(&store, version).await;
    assert!(
        matches!(
            deleted,
            Err(StoreError::Locked(LockRefused::Compliance { .. }))
        ),
        "{deleted:?}"
    );
    close(store, ticker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_of_a_lock_record_on_disk_opens_nothing() {
    let place = tempfile::tempdir().unwrap();
    let sound = place.path().join("vault");
    let (version, envelope) = on_disk(&sound, || {}).await;
    let segment = walk(&sound)
        .into_iter()
        .find(|path| find(&std::fs::read(path).unwrap(), &envelope).is_some())
        .expect("a segment holds the record");
    let name = segment.strip_prefix(&sound).unwrap().to_path_buf();
    let place_of = find(&std::fs::read(&segment).unwrap(), &envelope).unwrap();
    let (mut refused, mut locked) = (0, 0);
    for (i, lost_index) in [(3, false), (40, false), (90, false), (3, true), (90, true)] {
        let dir = place.path().join(format!("flipped-{i}-{lost_index}"));
        copy(&sound, &dir);
        let path = dir.join(&name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[place_of + i] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        if lost_index {
            std::fs::remove_dir_all(dir.join("index")).unwrap();
        }
        match disk::try_open(&dir).await {
            Err(_) => refused += 1,
            Ok((store, ticker)) => {
                let deleted = delete(&store, version).await;
                assert!(deleted.is_err(), "byte {i}, index lost: {lost_index}");
                locked += 1;
                drop((store, ticker));
            }
        }
    }
    assert_eq!(refused + locked, 5);
}

fn walk(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            out.extend(walk(&entry.path()));
        } else {
            out.push(entry.path());
        }
    }
    out
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
