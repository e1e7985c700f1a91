//! Records of requests that are damaged, missing or another's, and commits that fail: what cannot be
//! proved is not approved.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "common/approvers.rs"]
mod approvers;
mod common;

use std::sync::{Arc, Mutex};

use approvers::{EARLY, People, SigningKey, person};
use async_trait::async_trait;
use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{
    BlobWriter, Commit, CommitError, Committed, Engine, Entry, Freed, Key, Part, ReadError, Scan,
    ScanPage, Status, StoredRecord,
};
use azekura_model::access::Action;
use azekura_model::condition::DeleteConditions;
use azekura_model::governed::DualControl;
use azekura_model::ident::{RequestId, VersionId};
use azekura_model::lock::{Bypass, LockAsked, Retention, RetentionMode};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use azekura_model::time::ComplianceTime;
use azekura_store::error::StoreError;
use azekura_store::families::{self, IDENTITY};
use azekura_store::object::Which;
use bytes::Bytes;
use common::{Vault, bucket_name, key, policy, put_request, writer};

const B: &str = "charts";
const K: &str = "a";
const DAY: i64 = 86_400_000;

/// What a fault makes of a record of requests; `None` = it is missing.
type OfRecord = Box<dyn Fn(StoredRecord) -> Option<StoredRecord> + Send>;

#[derive(Default)]
struct Faults {
    record: Option<(Sequence, OfRecord)>,
    /// Entries of requests that the index shows in place of its own.
    entry: Option<(Bytes, Entry)>,
    no_commit_to: Option<PartitionId>,
    lost: Option<Sequence>,
}

struct Tampered {
    under: Arc<MemoryEngine>,
    faults: Mutex<Faults>,
}

#[async_trait]
impl Engine for Tampered {
    async fn commit(&self, on: PartitionId, commit: Commit) -> Result<Committed, CommitError> {
        if self.faults.lock().unwrap().no_commit_to == Some(on) {
            return Err(CommitError::Closed);
        }
        self.under.commit(on, commit).await
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        let faults = self.faults.lock().unwrap();
        if let (IDENTITY, Some(lost)) = (partition, faults.lost)
            && *key == families::lost()
        {
            let value = Bytes::copy_from_slice(&lost.0.to_be_bytes());
            let sequence = lost;
            return Ok(Some(Entry { value, sequence }));
        }
        self.under.get(partition, key)
    }

    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        let mut page = self.under.scan(partition, scan)?;
        if let (IDENTITY, Some((key, entry))) = (partition, &self.faults.lock().unwrap().entry) {
            for (_, found) in page.entries.iter_mut().filter(|(found, _)| found == key) {
                *found = entry.clone();
            }
        }
        Ok(page)
    }

    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let records = self.under.journal(partition, from, limit)?;
        let faults = self.faults.lock().unwrap();
        Ok(match (&faults.record, partition) {
            (Some((at, fault)), IDENTITY) => records
                .into_iter()
                .filter_map(|record| {
                    if record.position.sequence == *at {
                        fault(record)
                    } else {
                        Some(record)
                    }
                })
                .collect(),
            _ => records,
        })
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

/// A request that is approved and may act, and a second one that nobody approved.
struct Scene {
    vault: Vault,
    engine: Arc<Tampered>,
    version: VersionId,
    approved: RequestId,
}

async fn scene() -> Scene {
    let mut engine = None;
    let over = |under| {
        let tampered = Arc::new(Tampered {
            under,
            faults: Mutex::default(),
        });
        engine = Some(Arc::clone(&tampered));
        tampered
    };
    let vault = Vault::made(over, policy(), DualControl::Required).await;
    let name = bucket_name(B);
    let store = &vault.store;
    store.create_bucket_locked(&writer(), &name).await.unwrap();
    let mut request = put_request(K, "content");
    request.lock = LockAsked {
        retention: Some(Retention {
            mode: RetentionMode::Governance,
            until: ComplianceTime(vault.now().0 + 365 * DAY),
        }),
        hold: None,
    };
    let version = store.put(&writer(), &name, request).await.unwrap().version;
    let (people, suzuki) = (People::default(), SigningKey::new(1));
    people.add("suzuki", &suzuki, EARLY);
    store.set_approvers(Arc::new(people));
    let mut scene = Scene {
        vault,
        engine: engine.unwrap(),
        version,
        approved: RequestId([0; 16]),
    };
    let Err(StoreError::ApprovalNeeded(needed)) = scene.delete().await else {
        panic!("nobody was asked");
    };
    scene.approved = needed.request;
    let store = &scene.vault.store;
    let request = store.request(&writer(), needed.request).unwrap();
    let signed = suzuki.sign(&request);
    let approved = store.approve_request(&writer(), request.id, &signed).await;
    approved.unwrap();
    scene.vault.run(3 * DAY);
    scene
}

impl Scene {
    async fn delete(&self) -> Result<(), StoreError> {
        let by = person("sato", Action::DeleteObjectVersion);
        let bypass = Bypass::claimed(&person("sato", Action::BypassGovernanceRetention), true);
        let always = DeleteConditions::default();
        let target = (&key(K), Which::Version(self.version));
        self.vault
            .store
            .delete_if(&by, &bucket_name(B), target, &always, bypass.as_ref())
            .await
            .map(|_| ())
    }

    fn entry(&self) -> (Bytes, Entry) {
        let key = families::open_request(self.approved);
        let entry = self.vault.engine.get(IDENTITY, &key).unwrap().unwrap();
        (key.bytes, entry)
    }

    async fn assert_held(&self, faults: Faults, what: &str) {
        *self.engine.faults.lock().unwrap() = faults;
        let result = self.delete().await;
        *self.engine.faults.lock().unwrap() = Faults::default();
        match result {
            Err(StoreError::ApprovalNeeded(needed)) => {
                assert_ne!(needed.request, self.approved, "{what}");
            }
            Err(_) => {}
            Ok(()) => panic!("{what}: acted"),
        }
        let there = self.vault.get(B, K, Which::Version(self.version)).await;
        assert_eq!(there.unwrap(), b"content", "{what}");
    }
}

fn of_record(
    at: Sequence,
    fault: impl Fn(StoredRecord) -> Option<StoredRecord> + Send + 'static,
) -> Faults {
    Faults {
        record: Some((at, Box::new(fault))),
        ..Faults::default()
    }
}

fn flipped(bytes: &Bytes, bit: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    let at = bit / 8 % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    Bytes::from(bytes)
}

#[tokio::test]
async fn a_request_whose_record_is_damaged_is_not_approved() {
    let scene = scene().await;
    let at = scene.entry().1.sequence;
    scene.assert_held(of_record(at, |_| None), "missing").await;
    let erased = of_record(at, |record| {
        Some(StoredRecord {
            particulars: Part::Damaged,
            ..record
        })
    });
    scene.assert_held(erased, "particulars damaged").await;
    // The core of the record before, which only asked: the commitment says so.
    let before = Sequence(at.0 - 1);
    let other = scene
        .vault
        .engine
        .journal(IDENTITY, before, 1)
        .unwrap()
        .remove(0);
    let core = of_record(at, move |record| {
        let core = other.core.clone();
        Some(StoredRecord { core, ..record })
    });
    scene.assert_held(core, "core").await;
    for bit in (0..4096).step_by(101) {
        let particulars = of_record(at, move |record| {
            let Part::Present(bytes) = &record.particulars else {
                panic!("no particulars");
            };
            let particulars = Part::Present(flipped(bytes, bit));
            Some(StoredRecord {
                particulars,
                ..record
            })
        });
        scene.assert_held(particulars, "particulars").await;
    }
    scene.delete().await.unwrap();
}

#[tokio::test]
async fn a_record_that_was_lost_may_have_been_a_no() {
    let scene = scene().await;
    let after = Sequence(scene.entry().1.sequence.0 + 1);
    let lost = Faults {
        lost: Some(after),
        ..Faults::default()
    };
    scene.assert_held(lost, "lost").await;
}

#[tokio::test]
async fn an_index_that_names_another_record_approves_nothing() {
    let scene = scene().await;
    let (key, entry) = scene.entry();
    // The record before is that of the asking.
    for sequence in [entry.sequence.0 - 1, entry.sequence.0 + 1] {
        let other = Entry {
            sequence: Sequence(sequence),
            ..entry.clone()
        };
        let fault = Faults {
            entry: Some((key.clone(), other)),
            ..Faults::default()
        };
        *scene.engine.faults.lock().unwrap() = fault;
        assert!(scene.delete().await.is_err());
        *scene.engine.faults.lock().unwrap() = Faults::default();
    }
    scene.delete().await.unwrap();
}

#[tokio::test]
async fn a_request_is_used_up_before_the_deed() {
    let scene = scene().await;
    let bucket = scene.vault.store.bucket(&bucket_name(B)).unwrap().partition;
    // The request cannot be used up: nothing happens.
    let fault = Faults {
        no_commit_to: Some(IDENTITY),
        ..Faults::default()
    };
    scene.assert_held(fault, "not used up").await;
    // Used up, and the deed fails: the next call asks anew.
    let fault = Faults {
        no_commit_to: Some(bucket),
        ..Faults::default()
    };
    scene.assert_held(fault, "failed deed").await;
    scene.assert_held(Faults::default(), "asked again").await;
}
