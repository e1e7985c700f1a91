//! Many tasks change, hold and delete the same version at once. The journal is the judge: read in
//! its order, no record may have been committed on a state of the lock that was no longer there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeMap;

use azekura_engine::seam::Engine;
use azekura_model::access::Action;
use azekura_model::condition::DeleteConditions;
use azekura_model::ident::VersionId;
use azekura_model::lock::{Bypass, Lock, LockAsked, LockRequest, Retention, RetentionMode};
use azekura_model::position::Sequence;
use azekura_model::time::ComplianceTime;
use azekura_record::core::RecordKind;
use azekura_store::error::StoreError;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::Which;
use azekura_store::seal::record::open_core;
use azekura_store::store::Store;
use common::{Vault, bucket_name, by, disk, key, put_request, writer};

const B: &str = "locked-bucket";
const K: &str = "a";
const HOUR: i64 = 3_600_000;
const TASKS: i64 = 8;
const TURNS: i64 = 12;

async fn put(store: &Store, mode: Option<RetentionMode>, now: ComplianceTime) -> VersionId {
    let mut request = put_request(K, "content");
    request.lock = LockAsked {
        retention: mode.map(|mode| Retention {
            mode,
            until: ComplianceTime(now.0 + HOUR),
        }),
        hold: None,
    };
    let outcome = store.put(&writer(), &bucket_name(B), request).await;
    outcome.unwrap().version
}

/// One task's turns at one version: what is refused is refused by a rule.
async fn turns(store: Store, version: VersionId, task: i64, now: ComplianceTime) -> u32 {
    let (bucket, object, by_) = (bucket_name(B), key(K), writer());
    let object = (&object, Which::Version(version));
    let mut deleted = 0;
    for turn in 0..TURNS {
        let until = ComplianceTime(now.0 + HOUR + 1000 * (turn * TASKS + task));
        let mode = RetentionMode::Governance;
        let bypass = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
        let done = match task % 5 {
            0 => {
                let extend = LockRequest::Extend(until);
                store
                    .change_lock(&by_, &bucket, object, extend)
                    .await
                    .map(|_| ())
            }
            1 => {
                let shorter = Some(Retention {
                    mode,
                    until: ComplianceTime(now.0 + HOUR / 2 + turn),
                });
                store
                    .put_retention(&by_, &bucket, object, shorter, bypass.as_ref())
                    .await
                    .map(|_| ())
            }
            2 => store
                .put_hold(&by_, &bucket, object, turn % 2 == 0)
                .await
                .map(|_| ()),
            3 => {
                let all = LockSelection::Prefix {
                    prefix: String::new(),
                    all_versions: true,
                };
                let hold = LockRequest::Hold(turn % 3 == 0);
                store
                    .change_locks(&by_, &bucket, &all, &hold, |_| {})
                    .await
                    .map(|_| ())
            }
            _ => {
                let always = DeleteConditions::default();
                let gone = store
                    .delete_if(&by_, &bucket, object, &always, bypass.as_ref())
                    .await;
                deleted += u32::from(gone.is_ok());
                gone.map(|_| ())
            }
        };
        match done {
            Ok(()) | Err(StoreError::Locked(_) | StoreError::NoSuchVersion) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::task::yield_now().await;
    }
    deleted
}

/// Reads the journal in order: no version is hidden while it is held or under COMPLIANCE, none is
/// changed after it was hidden, and no COMPLIANCE date moves back.
fn assert_serial(engine: &dyn Engine, store: &Store) -> usize {
    let partition = store.bucket(&bucket_name(B)).unwrap().partition;
    let mut locks: BTreeMap<VersionId, Option<Lock>> = BTreeMap::new();
    let mut hidden = 0;
    for record in engine.journal(partition, Sequence(1), 100_000).unwrap() {
        let core = open_core(record.kind, &record.core).unwrap();
        let Some(version) = core.version else {
            continue;
        };
        match core.kind {
            RecordKind::Version => {
                locks.insert(version, Some(core.lock));
            }
            RecordKind::VersionLocked => {
                let before = locks[&version]
                    .clone()
                    .expect("a hidden version was changed");
                if let Some(kept) = before.retained(core.compliance)
                    && kept.mode == RetentionMode::Compliance
                {
                    let after = core.lock.retention.unwrap();
                    assert_eq!(after.mode, kept.mode);
                    assert!(after.until >= kept.until);
                }
                locks.insert(version, Some(core.lock));
            }
            RecordKind::VersionHidden => {
                let before = locks[&version].clone().expect("a version was hidden twice");
                assert_ne!(before.hold, Some(true), "a held version was hidden");
                let kept = before.retained(core.compliance);
                let compliance = kept.is_some_and(|kept| kept.mode == RetentionMode::Compliance);
                assert!(!compliance, "a version under COMPLIANCE was hidden");
                locks.insert(version, None);
                hidden += 1;
            }
            _ => {}
        }
    }
    hidden
}

async fn contend(store: &Store, bulk: bool) {
    store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await
        .unwrap();
    let modes = [
        Some(RetentionMode::Compliance),
        Some(RetentionMode::Governance),
        None,
    ];
    let mut deletions = 0;
    for round in 0..30 {
        let now = store.clock_report().compliance;
        let mode = modes[round % 3];
        let version = put(store, mode, now).await;
        let tasks: Vec<_> = (0..TASKS)
            .filter(|task| bulk || task % 5 != 3)
            .map(|task| tokio::spawn(turns(store.clone(), version, task, now)))
            .collect();
        let mut answered = 0;
        for task in tasks {
            answered += task.await.unwrap();
        }
        if mode == Some(RetentionMode::Compliance) {
            assert_eq!(
                answered, 0,
                "a deletion of a locked version was answered with success"
            );
            let which = Which::Version(version);
            let kept = store.retention(&writer(), &bucket_name(B), &key(K), which);
            assert!(kept.unwrap().unwrap().until.0 >= now.0 + HOUR);
        }
        deletions += answered;
    }
    // Deleting what is gone succeeds too, so there are more answers than hidings.
    let hidden = if bulk {
        // The journal's order is checked without bulk: its locks are in sealed particulars.
        0
    } else {
        assert_serial(store.engine().as_ref(), store)
    };
    assert!(hidden <= deletions as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_engine_in_memory() {
    let vault = Vault::new().await;
    contend(&vault.store, false).await;
    let vault = Vault::new().await;
    contend(&vault.store, true).await;
    common::assert_rebuild_equals(&vault.engine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_embedded_engine() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    disk::make(&dir);
    let (store, ticker) = disk::opened(&dir).await;
    contend(&store, false).await;
    store.engine().close().unwrap();
    drop(ticker);
}
