//! The keys of a retired bucket of which nothing is left are destroyed, wherever the process ends
//! meanwhile; and a copy of a sealed record opens no more.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;

use azekura_engine::seam::{Engine, StoredRecord};
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::ident::BucketUuid;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::core::{Core, RecordKind};
use azekura_store::certificate::{CertificateAsk, CertifiedRelease};
use azekura_store::families::{self, CONFIGURATION};
use azekura_store::keys::Keys;
use azekura_store::seal::record::open_record;
use azekura_store::store::Store;
use common::ending::{Ending, Ends};
use common::used_up::{B, DAY, K, kinds, use_up, used_up};
use common::{Vault, assert_rebuild_equals, bucket_name, by, live, parts, writer};

/// All records of a partition.
fn records(engine: &dyn Engine, at: PartitionId) -> Vec<StoredRecord> {
    let heads = engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == at).unwrap().1;
    let limit = usize::try_from(head.0).unwrap().max(1);
    engine.journal(at, Sequence(1), limit).unwrap()
}

fn opens(keys: &Keys, record: &StoredRecord) -> bool {
    open_record(keys, record.kind, &record.core, &record.particulars).is_ok()
}

/// Everything of the bucket that names something or holds a key is gone, from the journal and from
/// the index, and what stays is said once for ever.
fn assert_destroyed(vault: &Vault, bucket: BucketUuid, partition: PartitionId, what: &str) {
    let engine: &dyn Engine = &*vault.engine;
    for at in [partition, CONFIGURATION] {
        assert_eq!(kinds(engine, bucket, at, true), [], "{what}");
    }
    let left = kinds(engine, bucket, partition, false);
    let expected = [
        RecordKind::EpochDestroyed,
        RecordKind::Freed,
        RecordKind::DisposalRequested,
    ];
    assert_eq!(left, expected, "{what}");
    let left = kinds(engine, bucket, CONFIGURATION, false);
    assert_eq!(
        left,
        [RecordKind::EpochDestroyed, RecordKind::Freed],
        "{what}"
    );
    let left: Vec<_> = live(&vault.engine)
        .into_keys()
        .filter(|(at, ..)| *at == partition)
        .map(|(_, family, key)| {
            (
                family,
                String::from_utf8_lossy(&key).chars().take(6).collect(),
            )
        })
        .filter(|(family, _): &(u8, String)| *family != 7)
        .collect();
    let expected = [(4, "closed".to_owned()), (4, "ended".to_owned())];
    assert_eq!(left, expected, "{what}");
    let of_bucket: Vec<_> = live(&vault.engine)
        .into_keys()
        .filter(|(at, ..)| *at == CONFIGURATION)
        .map(|(_, _, key)| String::from_utf8_lossy(&key).into_owned())
        .filter(|key| key.contains(&bucket.to_string()) || key == &format!("bucket/{B}"))
        .collect();
    let expected = ["bucket-uuid", "destroyed", "retired"].map(|key| format!("{key}/{bucket}"));
    assert_eq!(of_bucket, expected, "{what}");
    let (keys, _) = vault.learnt();
    assert!(keys.newest_epoch(bucket).is_err(), "{what}");
    assert_rebuild_equals(&vault.engine);
}

/// Every record that the bucket's keys seal, and those that hold them, as they are now.
fn copies(vault: &Vault, bucket: BucketUuid, partition: PartitionId) -> Vec<StoredRecord> {
    let all = [partition, CONFIGURATION].map(|at| records(&*vault.engine, at));
    let of_bucket = |record: &StoredRecord| {
        let core = Core::decode(&record.core).unwrap();
        core.bucket == Some(bucket) && core.epoch > 0
    };
    all.into_iter().flatten().filter(of_bucket).collect()
}

#[tokio::test]
async fn the_keys_of_a_used_up_bucket_are_destroyed_and_copies_open_no_more() {
    let (vault, bucket, partition) = used_up(false).await;
    let copies = copies(&vault, bucket, partition);
    let (keys, clock) = vault.learnt();
    assert!(copies.len() > 8 && copies.iter().all(|copy| opens(&keys, copy)));
    vault.run(32 * DAY);
    // A process that knows the keys, so that it must forget them.
    let store = Store::new(parts(vault.engine.clone(), clock, Arc::clone(&keys)));
    vault.store.tick().await.unwrap();
    let next = vault.restarted().await;
    drop(store);
    let report = next.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (1, 0));
    assert_destroyed(&next, bucket, partition, "first pass");
    let (keys, _) = next.learnt();
    assert!(!copies.iter().any(|copy| opens(&keys, copy)));
    // Nothing more is ever written of it.
    let before = next.engine.status().heads;
    let report = next.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (0, 0));
    assert_eq!(next.engine.status().heads, before);
    let again = next.restarted().await;
    assert_destroyed(&again, bucket, partition, "restarted");
    assert_certified(&again, bucket);
}

/// The certificate is found by the bucket's UUID, for its name is gone, and says what was done.
fn assert_certified(vault: &Vault, bucket: BucketUuid) {
    let of = |name: &str| {
        let ask = CertificateAsk::default();
        vault
            .store
            .certificate(&by(Action::AdminRead), &bucket_name(name), ask)
    };
    assert!(of(B).is_err());
    let certificate = of(&bucket.to_string()).unwrap();
    assert_eq!(certificate.entries.len(), 4);
    let freed = |entry: &CertifiedRelease| entry.freed.as_ref().unwrap().1.verified;
    assert!(certificate.entries.iter().all(freed));
    let key = certificate.key_destroyed.unwrap();
    assert_eq!(key.epochs, 1);
    assert!(key.erased.unwrap().sequence > key.decided.sequence);
}

#[tokio::test]
async fn a_process_that_destroys_keys_forgets_them() {
    let (vault, bucket, partition) = used_up(false).await;
    vault.run(32 * DAY);
    let (keys, clock) = vault.learnt();
    let store = Store::new(parts(vault.engine.clone(), clock, Arc::clone(&keys)));
    assert!(keys.newest_epoch(bucket).is_ok());
    store.keep().await.unwrap();
    assert!(keys.newest_epoch(bucket).is_err());
    assert_destroyed(&vault, bucket, partition, "one process");
}

/// One pass of a keeper whose process ends at a place. Whether it came there.
async fn ended_pass(vault: &Vault, ends: Ends) -> bool {
    let (keys, clock) = vault.learnt();
    let ending = Ending::new(vault.engine.clone(), ends);
    let store = Store::new(parts(ending.clone(), clock, keys));
    let _ended = store.keep().await;
    ending.is_gone()
}

#[tokio::test]
async fn the_next_start_goes_on_wherever_the_process_ended() {
    let place: [fn(usize) -> Ends; 3] = [Ends::AtCommit, Ends::BeforeErasing, Ends::AfterErasing];
    for place in place {
        for number in 0.. {
            let ends = place(number);
            let what = format!("{ends:?}");
            let (vault, bucket, partition) = used_up(false).await;
            vault.run(31 * DAY - 10_000);
            // Versions are released; `release_crash.rs` ends those.
            vault.store.keep().await.unwrap();
            vault.run(DAY);
            vault.store.tick().await.unwrap();
            let ended = ended_pass(&vault, ends).await;
            assert_rebuild_equals(&vault.engine);
            let next = vault.restarted().await;
            assert_rebuild_equals(&next.engine);
            // Once begun, it is ended by the start.
            let ended_key = next.engine.get(partition, &families::ended()).unwrap();
            let begun = ended_key.is_some();
            let report = next.store.keep().await.unwrap();
            assert_eq!(report.failed, 0, "{what}");
            assert_eq!(report.keys_destroyed, u64::from(!begun), "{what}");
            assert_destroyed(&next, bucket, partition, &what);
            if !ended {
                assert!(number > 1, "{what}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn thousands_of_records_go_in_several_releases_in_order() {
    let vault = Vault::new().await;
    let (bucket, partition) = use_up(&vault.store).await;
    let name = bucket_name(B);
    let request = common::put_request("held", "content");
    let made = vault.store.put(&writer(), &name, request).await.unwrap();
    let object = common::key("held");
    let which = azekura_store::object::Which::Version(made.version);
    for number in 0..1200 {
        let on = number % 2 == 0;
        vault
            .store
            .put_hold(&writer(), &name, (&object, which), on)
            .await
            .unwrap();
    }
    vault.delete(B, "held", which).await.unwrap();
    common::used_up::retire(&vault.store).await;
    vault.run(32 * DAY);
    vault.store.tick().await.unwrap();
    // Five versions and uploads, then the first thousand of what is left.
    for ends in [Ends::AfterErasing(5), Ends::BeforeErasing(0)] {
        assert!(ended_pass(&vault, ends).await);
        assert_rebuild_equals(&vault.engine);
    }
    let next = vault.restarted().await;
    assert_destroyed(&next, bucket, partition, "in several releases");
}

#[tokio::test]
async fn a_bucket_of_the_same_name_is_untouched() {
    for before in [false, true] {
        let (vault, bucket, partition) = used_up(false).await;
        if before {
            let name = bucket_name(B);
            vault.store.create_bucket(&writer(), &name).await.unwrap();
            vault.put(B, K, "new").await;
        }
        vault.run(32 * DAY);
        vault.store.tick().await.unwrap();
        // The release of the keys is recorded, and they are not erased yet.
        assert!(ended_pass(&vault, Ends::BeforeErasing(5)).await);
        if !before {
            let (keys, clock) = vault.learnt();
            let store = Store::new(parts(vault.engine.clone(), clock, keys));
            store
                .create_bucket(&writer(), &bucket_name(B))
                .await
                .unwrap();
        }
        assert_rebuild_equals(&vault.engine);
        let next = vault.restarted().await;
        if !before {
            next.put(B, K, "new").await;
        }
        assert_eq!(next.get_text(B, K).await.unwrap(), "new");
        assert_rebuild_equals(&next.engine);
        let report = next.store.keep().await.unwrap();
        assert_eq!(report.failed, 0);
        assert_eq!(kinds(&*next.engine, bucket, partition, true), []);
        assert_eq!(kinds(&*next.engine, bucket, CONFIGURATION, true), []);
        let again = next.restarted().await;
        assert_eq!(again.get_text(B, K).await.unwrap(), "new");
        assert_eq!(again.store.list_buckets(&writer()).unwrap().len(), 1);
    }
}

#[tokio::test]
async fn other_buckets_are_untouched() {
    let (vault, bucket, partition) = used_up(false).await;
    let name = bucket_name("other");
    vault.store.create_bucket(&writer(), &name).await.unwrap();
    vault
        .store
        .put_versioning(&writer(), &name, Versioning::Enabled)
        .await
        .unwrap();
    vault.put("other", K, "stays").await;
    let other = vault.store.bucket(&name).unwrap();
    let own = records(&*vault.engine, other.partition);
    vault.run(32 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (1, 0));
    let after = records(&*vault.engine, other.partition);
    for (before, after) in own.iter().zip(&after) {
        assert_eq!(before.particulars, after.particulars);
    }
    let next = vault.restarted().await;
    assert_eq!(next.get_text("other", K).await.unwrap(), "stays");
    assert!(kinds(&*next.engine, bucket, partition, true).is_empty());
}
