//! Locks, when records that gave them cannot be read and the index is derived anew: what is not
//! known is locked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_engine::disk::real::RealDisk;
use azekura_engine::journal::scan::{Depth, Item, Scanner};
use azekura_engine::seam::{Part, Project};
use azekura_model::condition::DeleteConditions;
use azekura_model::ident::VersionId;
use azekura_model::lock::{LockRefused, LockRequest, Retention, RetentionMode};
use azekura_model::position::RegionName;
use azekura_model::time::ComplianceTime;
use azekura_record::core::RecordKind;
use azekura_store::clock::{Clock, Ticker};
use azekura_store::error::StoreError;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::Which;
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store};
use azekura_store::vault::{InitOptions, OpenOptions, Places, init, open, rebuild_index};
use common::{bucket_name, key, put_request, writer};

const B: &str = "records";
const K: &str = "診療/記録";

struct Vault {
    store: Store,
    clock: Arc<Clock>,
    _ticker: Ticker,
}

async fn opened(dir: &Path) -> Vault {
    let options = OpenOptions::new(Places::in_dir(dir), None);
    let vault = open(
        &options,
        |keys, clock| Box::new(Projector::new(keys, clock)),
        &mut |_| {},
    )
    .unwrap();
    let store = Store::new(Parts {
        engine: vault.engine,
        keys: vault.keys,
        clock: Arc::clone(&vault.clock),
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    });
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    Vault {
        store,
        clock: vault.clock,
        _ticker: vault.ticker,
    }
}

async fn made(dir: &Path) -> Vault {
    init(&InitOptions {
        places: Places::in_dir(dir),
        region: RegionName::parse("local").unwrap(),
        passphrase: None,
    })
    .unwrap();
    let vault = opened(dir).await;
    let made = vault
        .store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await;
    made.unwrap();
    vault
}

impl Vault {
    async fn put(&self) -> VersionId {
        let request = put_request(K, "content");
        let put = self.store.put(&writer(), &bucket_name(B), request).await;
        put.unwrap().version
    }

    async fn delete(&self, version: VersionId) -> Result<(), StoreError> {
        let (by, bucket, object) = (writer(), bucket_name(B), key(K));
        let (which, always) = (Which::Version(version), DeleteConditions::default());
        let deleted = self
            .store
            .delete_if(&by, &bucket, (&object, which), &always, None);
        deleted.await.map(drop)
    }

    async fn hold(&self, version: VersionId) {
        let (bucket, object) = (bucket_name(B), key(K));
        let target = (&object, Which::Version(version));
        let held = self.store.put_hold(&writer(), &bucket, target, true).await;
        held.unwrap();
    }

    fn kept(&self, days: i64) -> Retention {
        Retention {
            mode: RetentionMode::Compliance,
            until: ComplianceTime(self.clock.compliance().0 + days * 86_400_000),
        }
    }
}

fn segment(dir: &Path) -> PathBuf {
    dir.join("journal/00000000.seg")
}

/// What of a record is spoiled.
#[derive(Clone, Copy)]
enum Spoil {
    Particulars,
    Everything,
}

/// Spoils the last record of a kind, and takes the index away.
fn spoil(dir: &Path, kind: RecordKind, what: Spoil) {
    let depth = Depth {
        extents: false,
        signatures: false,
    };
    let scanner = Scanner::open(Arc::new(RealDisk), &dir.join("journal"), depth).unwrap();
    let record = scanner
        .filter_map(|item| match item.unwrap() {
            Item::Record(record) if record.record.kind == kind.number() => Some(record),
            _ => None,
        })
        .last()
        .unwrap();
    let sought = match (what, &record.record.particulars) {
        (Spoil::Particulars, Part::Present(particulars)) => particulars.clone(),
        _ => record.record.core.clone(),
    };
    let mut bytes = std::fs::read(segment(dir)).unwrap();
    let at = bytes
        .windows(sought.len())
        .position(|window| window == &sought[..])
        .unwrap();
    bytes[at + sought.len() / 2] ^= 1;
    std::fs::write(segment(dir), bytes).unwrap();
    std::fs::remove_dir_all(dir.join("index")).unwrap();
    std::fs::create_dir(dir.join("index")).unwrap();
}

fn refused(outcome: Result<(), StoreError>) -> LockRefused {
    match outcome {
        Err(StoreError::Locked(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_outlives_the_particulars_of_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    let vault = made(&dir).await;
    let version = vault.put().await;
    vault.hold(version).await;
    vault.store.engine().close().unwrap();
    drop(vault);
    spoil(&dir, RecordKind::VersionLocked, Spoil::Particulars);
    // At once, and when nothing is replayed any more.
    for _ in 0..2 {
        let vault = opened(&dir).await;
        refused(vault.delete(version).await);
        vault.store.engine().close().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_of_a_lost_bulk_record_are_unknown_and_later_ones_known() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    let vault = made(&dir).await;
    let version = vault.put().await;
    let all = LockSelection::Prefix {
        prefix: String::new(),
        all_versions: true,
    };
    let request = LockRequest::Hold(true);
    let (by, bucket) = (writer(), bucket_name(B));
    let changed = vault
        .store
        .change_locks(&by, &bucket, &all, &request, |_| {});
    assert_eq!(changed.await.unwrap().changed, 1);
    vault.store.engine().close().unwrap();
    drop(vault);
    spoil(&dir, RecordKind::LocksChanged, Spoil::Particulars);
    let vault = opened(&dir).await;
    let unknown = refused(vault.delete(version).await);
    assert!(matches!(unknown, LockRefused::Unknown(_)), "{unknown:?}");
    let later = vault.put().await;
    vault.delete(later).await.unwrap();
    vault.store.engine().close().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_records_are_missing_locks_are_unknown() {
    for (more, offline) in [(false, false), (true, false), (false, true)] {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("vault");
        let vault = made(&dir).await;
        let version = vault.put().await;
        let (bucket, object) = (bucket_name(B), key(K));
        let target = (&object, Which::Version(version));
        // Not the last record of the journal in either case: that one could be a torn write.
        for days in [1, 10] {
            let kept = Some(vault.kept(days));
            let (store, by) = (&vault.store, writer());
            let put = store.put_retention(&by, &bucket, target, kept, None);
            put.await.unwrap();
        }
        if more {
            vault.put().await;
        } else {
            let other = bucket_name("other");
            let by = writer();
            vault.store.create_bucket(&by, &other).await.unwrap();
        }
        vault.store.engine().close().unwrap();
        drop(vault);
        spoil(&dir, RecordKind::VersionLocked, Spoil::Everything);
        if offline {
            let options = OpenOptions::new(Places::in_dir(&dir), None);
            let projector: fn(_, _) -> Box<dyn Project> =
                |keys, clock| Box::new(Projector::new(keys, clock));
            rebuild_index(&options, projector, &mut |_| {}).unwrap();
        }
        for _ in 0..2 {
            let vault = opened(&dir).await;
            let unknown = refused(vault.delete(version).await);
            assert!(matches!(unknown, LockRefused::Unknown(_)), "{unknown:?}");
            let later = vault.put().await;
            vault.delete(later).await.unwrap();
            vault.store.engine().close().unwrap();
        }
    }
}
