//! The key of an old epoch of a bucket that lives is destroyed after the last release of what it seals,
//! wherever the process ends meanwhile; whatever is left under it keeps it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;

use azekura_engine::seam::{Engine, Part, StoredRecord};
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::condition::Conditions;
use azekura_model::ident::BucketUuid;
use azekura_model::lock::LockAsked;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::core::{Core, RecordKind};
use azekura_store::body::Claims;
use azekura_store::certificate::CertificateAsk;
use azekura_store::families::{self, CONFIGURATION};
use azekura_store::keys::Keys;
use azekura_store::object::{Attributes, Which};
use azekura_store::seal::record::open_record;
use azekura_store::store::Store;
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PART_BYTES_MIN, PutPart};
use common::ending::{Ending, Ends, Hurt};
use common::used_up::{B, DAY, K, core_of, hide_under_governance, kinds, retire, use_up};
use common::{
    Vault, assert_rebuild_equals, body, bucket_name, by, key, parts, put_request, writer,
};

async fn rotate(store: &Store) -> u32 {
    let by = by(Action::AdminWrite);
    store.rotate_epoch(&by, &bucket_name(B)).await.unwrap()
}

fn records(engine: &dyn Engine, at: PartitionId) -> Vec<StoredRecord> {
    let heads = engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == at).unwrap().1;
    let limit = usize::try_from(head.0).unwrap().max(1);
    engine.journal(at, Sequence(1), limit).unwrap()
}

/// The records that an epoch seals, as they are now.
fn under(engine: &dyn Engine, at: PartitionId, epoch: u32) -> Vec<StoredRecord> {
    let all = records(engine, at).into_iter();
    all.filter(|record| Core::decode(&record.core).unwrap().epoch == epoch)
        .filter(|record| matches!(record.particulars, Part::Present(_)))
        .collect()
}

fn opening(keys: &Keys, copies: &[StoredRecord]) -> usize {
    let opens =
        |copy: &&StoredRecord| open_record(keys, copy.kind, &copy.core, &copy.particulars).is_ok();
    copies.iter().filter(opens).count()
}

/// A bucket with one of everything under epoch 1, out of sight, and a version under epoch 2.
async fn rotated() -> (Vault, BucketUuid, PartitionId, Vec<StoredRecord>) {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    let copies = under(&*vault.engine, own, 1);
    assert!(copies.len() > 8);
    assert_eq!(rotate(&vault.store).await, 2);
    vault.put(B, "lives", "under the second").await;
    (vault, bucket, own, copies)
}

/// The same when all of epoch 1 was released before the rotation, so that the next pass destroys its key.
async fn released() -> (Vault, BucketUuid, PartitionId, Vec<StoredRecord>) {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    let copies = under(&*vault.engine, own, 1);
    vault.run(32 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (0, 0));
    rotate(&vault.store).await;
    vault.put(B, "lives", "under the second").await;
    vault.store.tick().await.unwrap();
    (vault, bucket, own, copies)
}

/// The key of an epoch is gone from index, journal and memory, and the bucket lives.
async fn assert_gone(vault: &Vault, bucket: BucketUuid, own: PartitionId, what: &str) {
    assert_eq!(under(&*vault.engine, own, 1).len(), 0, "{what}");
    let (keys, _) = vault.learnt();
    assert!(keys.bucket_key(bucket, 1).is_err(), "{what}");
    assert!(keys.bucket_key(bucket, 2).is_ok(), "{what}");
    let epoch = families::epoch(bucket, 1);
    let wrapped = vault.engine.get(CONFIGURATION, &epoch).unwrap();
    assert!(wrapped.is_none(), "{what}");
    let holders = kinds(&*vault.engine, bucket, CONFIGURATION, false);
    assert!(!holders.contains(&RecordKind::BucketCreated), "{what}");
    assert!(holders.contains(&RecordKind::EpochOpened), "{what}");
    assert_rebuild_equals(&vault.engine);
    let lives = vault.get_text(B, "lives").await;
    assert_eq!(lives.unwrap(), "under the second", "{what}");
    let bucket = vault.store.bucket(&bucket_name(B)).unwrap();
    assert_eq!(
        (bucket.versioning, bucket.history_days),
        (Versioning::Enabled, 31)
    );
}

fn assert_there(vault: &Vault, bucket: BucketUuid, what: &str) {
    let (keys, _) = vault.learnt();
    assert!(keys.bucket_key(bucket, 1).is_ok(), "{what}");
    let holders = kinds(&*vault.engine, bucket, CONFIGURATION, false);
    assert!(holders.contains(&RecordKind::BucketCreated), "{what}");
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn the_key_of_a_used_up_epoch_is_destroyed_and_copies_open_no_more() {
    let (vault, bucket, own, copies) = rotated().await;
    vault.run(10 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "history");
    vault.run(22 * DAY);
    let (keys, clock) = vault.learnt();
    assert_eq!(opening(&keys, &copies), copies.len());
    let store = Store::new(parts(vault.engine.clone(), clock, Arc::clone(&keys)));
    let report = store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (1, 0));
    assert!(keys.bucket_key(bucket, 1).is_err(), "wiped in memory");
    assert_eq!(opening(&keys, &copies), 0);
    assert_gone(&vault, bucket, own, "first pass").await;
    // A pass with nothing to do writes nothing.
    store.keep().await.unwrap();
    let before = vault.engine.status().heads;
    let report = store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (0, 0));
    assert_eq!(vault.engine.status().heads, before);
    vault.store.tick().await.unwrap();
    let next = vault.restarted().await;
    assert_gone(&next, bucket, own, "restarted").await;
    let certificate = next
        .store
        .certificate(
            &by(Action::AdminRead),
            &bucket_name(B),
            CertificateAsk::default(),
        )
        .unwrap();
    assert!(certificate.key_destroyed.is_none());
    let [old] = certificate.epochs_destroyed.as_slice() else {
        panic!("{:?}", certificate.epochs_destroyed)
    };
    assert_eq!(old.epoch, 1);
    assert!(old.key.erased.unwrap().sequence > old.key.decided.sequence);
    assert_later_epochs_and_the_bucket_go(&next, bucket, own).await;
}

/// The second epoch goes like the first, and then the bucket with what is left of its keys.
async fn assert_later_epochs_and_the_bucket_go(
    vault: &Vault,
    bucket: BucketUuid,
    own: PartitionId,
) {
    assert_eq!(rotate(&vault.store).await, 3);
    let version = vault.put(B, K, "under the third").await.version;
    let sight = Which::Version(current(vault, "lives").await);
    vault.delete(B, "lives", sight).await.unwrap();
    vault.run(32 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (1, 0));
    assert_eq!(under(&*vault.engine, own, 2).len(), 0);
    let (keys, _) = vault.learnt();
    assert!(keys.bucket_key(bucket, 2).is_err());
    assert_eq!(vault.get_text(B, K).await.unwrap(), "under the third");
    vault.delete(B, K, Which::Version(version)).await.unwrap();
    retire(&vault.store).await;
    vault.run(32 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (1, 0));
    for at in [own, CONFIGURATION] {
        assert_eq!(kinds(&*vault.engine, bucket, at, true), []);
    }
    let left = kinds(&*vault.engine, bucket, CONFIGURATION, false);
    assert_eq!(left, [RecordKind::EpochDestroyed, RecordKind::Freed]);
    let name = vault
        .engine
        .get(CONFIGURATION, &families::bucket(B))
        .unwrap();
    assert!(name.is_none());
    assert_rebuild_equals(&vault.engine);
}

async fn current(vault: &Vault, object: &str) -> azekura_model::ident::VersionId {
    let request = azekura_store::object::GetRequest {
        key: key(object),
        which: Which::Current,
        conditions: Conditions::default(),
        range: None,
        part: None,
    };
    let by = by(Action::GetObject);
    let got = vault.store.get(&by, &bucket_name(B), request).await;
    got.unwrap().info.version
}

#[tokio::test]
async fn the_next_pass_goes_on_wherever_the_process_ended() {
    let place: [fn(usize) -> Ends; 3] = [Ends::AtCommit, Ends::BeforeErasing, Ends::AfterErasing];
    for place in place {
        for number in 0.. {
            let ends = place(number);
            let what = format!("{ends:?}");
            let (vault, bucket, own, copies) = released().await;
            let (keys, clock) = vault.learnt();
            let ending = Ending::new(vault.engine.clone(), ends);
            let store = Store::new(parts(ending.clone(), clock, keys));
            let _ended = store.keep().await;
            assert_rebuild_equals(&vault.engine);
            let next = vault.restarted().await;
            assert_rebuild_equals(&next.engine);
            let report = next.store.keep().await.unwrap();
            assert_eq!(report.failed, 0, "{what}");
            assert_gone(&next, bucket, own, &what).await;
            let (keys, _) = next.learnt();
            assert_eq!(opening(&keys, &copies), 0, "{what}");
            if !ending.is_gone() {
                assert!(number > 0, "{what}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_bucket_that_is_retired_in_the_middle_is_destroyed_as_a_whole() {
    for number in 0.. {
        let (vault, bucket, own, _) = released().await;
        let (keys, clock) = vault.learnt();
        let ending = Ending::new(vault.engine.clone(), Ends::AtCommit(number));
        let store = Store::new(parts(ending.clone(), clock, keys));
        let _ended = store.keep().await;
        let next = vault.restarted().await;
        let lives = Which::Version(current(&next, "lives").await);
        next.delete(B, "lives", lives).await.unwrap();
        retire(&next.store).await;
        next.run(32 * DAY);
        let report = next.store.keep().await.unwrap();
        assert_eq!(report.failed, 0, "{number}");
        for at in [own, CONFIGURATION] {
            assert_eq!(kinds(&*next.engine, bucket, at, true), [], "{number}");
        }
        let (keys, _) = next.learnt();
        assert!(keys.newest_epoch(bucket).is_err(), "{number}");
        assert_rebuild_equals(&next.engine);
        if !ending.is_gone() {
            break;
        }
    }
}

/// What keeps the key of epoch 1 for `days` after the rotation, and not for ever.
#[tokio::test]
async fn whatever_is_left_under_it_keeps_the_key() {
    // A version that a lock keeps in hidden history.
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    hide_under_governance(&vault.store).await;
    rotate(&vault.store).await;
    vault.put(B, "lives", "under the second").await;
    vault.run(40 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "locked");
    vault.run(32 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 1);
    assert_gone(&vault, bucket, own, "the lock ended").await;
}

#[tokio::test]
async fn a_hold_keeps_it_until_it_is_taken_off_under_the_newer_epoch() {
    let (vault, bucket, own) = with_one().await;
    let name = bucket_name(B);
    let made = vault.put(B, "held", "content").await.version;
    let object = key("held");
    let which = Which::Version(made);
    vault
        .store
        .put_hold(&writer(), &name, (&object, which), true)
        .await
        .unwrap();
    rotate(&vault.store).await;
    vault.put(B, "lives", "under the second").await;
    vault.delete(B, "held", Which::Current).await.unwrap();
    vault.run(80 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "held");
    let got = vault.get(B, "held", which).await.unwrap();
    assert_eq!(got, b"content");
    vault
        .store
        .put_hold(&writer(), &name, (&object, which), false)
        .await
        .unwrap();
    vault.delete(B, "held", which).await.unwrap();
    vault.run(32 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 1);
    assert_gone(&vault, bucket, own, "taken off").await;
}

/// A bucket with object lock whose one version is gone from sight.
async fn with_one() -> (Vault, BucketUuid, PartitionId) {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    (vault, bucket, own)
}

#[tokio::test]
async fn what_lives_under_it_keeps_it() {
    let (vault, bucket, own) = with_one().await;
    let old = vault.put(B, "old", "under the first").await.version;
    rotate(&vault.store).await;
    vault.put(B, "lives", "under the second").await;
    vault.run(80 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "a version");
    assert_eq!(vault.get_text(B, "old").await.unwrap(), "under the first");
    // A marker under the second epoch, and the version in hidden history.
    vault.delete(B, "old", Which::Current).await.unwrap();
    vault.delete(B, "old", Which::Version(old)).await.unwrap();
    vault.run(20 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "in history");
    vault.run(12 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 1);
    assert_gone(&vault, bucket, own, "released").await;
}

#[tokio::test]
async fn a_null_version_that_covers_an_older_one_keeps_it() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let bucket = vault.store.bucket(&bucket_name(B)).unwrap();
    vault.put(B, K, "first").await;
    vault.put(B, K, "covers it").await;
    rotate(&vault.store).await;
    vault.put(B, K, "under the second").await;
    vault.run(20 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket.uuid, "history");
    vault.run(11 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!(
        (report.released, report.keys_destroyed, report.failed),
        (2, 1, 0)
    );
    assert_eq!(under(&*vault.engine, bucket.partition, 1).len(), 0);
    assert_eq!(vault.get_text(B, K).await.unwrap(), "under the second");
    vault.store.tick().await.unwrap();
    let next = vault.restarted().await;
    assert_rebuild_equals(&next.engine);
    assert_eq!(next.get_text(B, K).await.unwrap(), "under the second");
}

#[tokio::test]
async fn an_upload_that_was_begun_before_keeps_it_also_when_it_is_complete() {
    let (vault, bucket, _) = with_one().await;
    let name = bucket_name(B);
    let request = CreateUpload {
        lock: LockAsked::default(),
        key: key("lives"),
        attributes: Attributes::default(),
        checksum: None,
    };
    let by = writer();
    let upload = vault.store.create_upload(&by, &name, request).await;
    let upload = upload.unwrap().id;
    let mut done = Vec::new();
    let bytes = vec![7_u8; usize::try_from(PART_BYTES_MIN).unwrap()];
    for number in 1..=2 {
        let part = PutPart {
            key: key("lives"),
            upload,
            number,
            claims: Claims::default(),
            body: body(bytes.clone()),
        };
        let stored = vault.store.put_part(&by, &name, part).await.unwrap();
        done.push(CompletedPart {
            number,
            etag: hex::encode(stored.md5),
            checksum: None,
        });
        if number == 1 {
            rotate(&vault.store).await;
        }
        vault.run(40 * DAY);
        assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
        assert_there(&vault, bucket, "an open upload");
    }
    let complete = CompleteUpload {
        key: key("lives"),
        upload,
        parts: done,
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    };
    vault
        .store
        .complete_upload(&by, &name, complete)
        .await
        .unwrap();
    vault.run(40 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "a version of an old upload");
    vault.store.tick().await.unwrap();
    let next = vault.restarted().await;
    let got = next.get(B, "lives", Which::Current).await.unwrap();
    assert!(got == [bytes.clone(), bytes].concat());
    let version = current(&next, "lives").await;
    next.delete(B, "lives", Which::Version(version))
        .await
        .unwrap();
    next.run(32 * DAY);
    assert_eq!(next.store.keep().await.unwrap().keys_destroyed, 1);
    assert_rebuild_equals(&next.engine);
}

/// A store over the vault's engine that a test can hurt and hold up.
fn over(vault: &Vault) -> (Store, Arc<Ending>, Arc<Keys>) {
    let (keys, clock) = vault.learnt();
    let ending = Ending::new(vault.engine.clone(), Ends::Never);
    let store = Store::new(parts(ending.clone(), clock, Arc::clone(&keys)));
    (store, ending, keys)
}

#[tokio::test]
async fn damage_keeps_it() {
    let (vault, bucket, own, _) = released().await;
    let (store, ending, _) = over(&vault);
    let engine: &dyn Engine = &*vault.engine;
    let mut hurts = vec![Hurt::Reported];
    for (partition, kind) in [
        (own, RecordKind::Version),
        (own, RecordKind::BlobIntent),
        (own, RecordKind::VersionLocked),
        (own, RecordKind::LocksChanged),
        (CONFIGURATION, RecordKind::BucketCreated),
        (CONFIGURATION, RecordKind::BucketConfigured),
    ] {
        let (at, _) = core_of(engine, partition, bucket, kind);
        hurts.extend([
            Hurt::Missing(partition, at),
            Hurt::Particulars(partition, at),
        ]);
    }
    for hurt in hurts {
        ending.hurt(Some(hurt));
        let _failed = store.keep().await;
        assert_there(&vault, bucket, &format!("{hurt:?}"));
    }
    ending.hurt(None);
    store.keep().await.unwrap();
    assert_gone(&vault, bucket, own, "whole again").await;
}

/// A writer that sealed under the old epoch and commits after its key is destroyed seals again.
#[tokio::test]
async fn a_late_writer_seals_again_under_the_newer_epoch() {
    for kind in [
        RecordKind::Version,
        RecordKind::DeleteMarker,
        RecordKind::UploadStarted,
    ] {
        let (vault, bucket, own) = with_one().await;
        vault.run(32 * DAY);
        let (store, ending, keys) = over(&vault);
        ending.park(kind);
        let late = store.clone();
        let write = tokio::spawn(async move {
            let (by, name) = (writer(), bucket_name(B));
            match kind {
                RecordKind::Version => {
                    let request = put_request("late", "sealed twice");
                    late.put(&by, &name, request).await.map(drop)
                }
                RecordKind::DeleteMarker => {
                    let object = key("late");
                    late.delete(&by, &name, &object, Which::Current)
                        .await
                        .map(drop)
                }
                _ => {
                    let request = CreateUpload {
                        lock: LockAsked::default(),
                        key: key("late"),
                        attributes: Attributes::default(),
                        checksum: None,
                    };
                    late.create_upload(&by, &name, request).await.map(drop)
                }
            }
        });
        ending.until_parked().await;
        rotate(&store).await;
        store
            .put(
                &writer(),
                &bucket_name(B),
                put_request("lives", "under the second"),
            )
            .await
            .unwrap();
        let report = store.keep().await.unwrap();
        assert_eq!((report.keys_destroyed, report.failed), (1, 0), "{kind:?}");
        assert!(keys.bucket_key(bucket, 1).is_err());
        ending.go_on();
        write.await.unwrap().unwrap();
        assert!(keys.bucket_key(bucket, 1).is_err(), "{kind:?}");
        let (_, core) = core_of(&*vault.engine, own, bucket, kind);
        assert_eq!(core.epoch, 2, "{kind:?}");
        vault.store.tick().await.unwrap();
        let next = vault.restarted().await;
        if kind == RecordKind::Version {
            assert_eq!(next.get_text(B, "late").await.unwrap(), "sealed twice");
        }
        assert_gone(&next, bucket, own, "restarted").await;
    }
}

/// One that commits before the epoch ends keeps the key.
#[tokio::test]
async fn a_writer_that_comes_just_in_time_keeps_the_key() {
    let (vault, bucket, _) = with_one().await;
    vault.run(32 * DAY);
    let (store, ending, _) = over(&vault);
    ending.park(RecordKind::Version);
    let late = store.clone();
    let write = tokio::spawn(async move {
        let request = put_request("late", "sealed once");
        late.put(&writer(), &bucket_name(B), request)
            .await
            .map(drop)
    });
    ending.until_parked().await;
    rotate(&store).await;
    // Held up again where the epoch would end: the writer comes between judgement and end.
    ending.park(RecordKind::EpochDestroyed);
    let keeper = store.clone();
    let pass = tokio::spawn(async move { keeper.keep().await });
    ending.until_parked().await;
    ending.go_on();
    ending.go_on();
    write.await.unwrap().unwrap();
    let report = pass.await.unwrap().unwrap();
    let (_, core) = core_of(
        &*vault.engine,
        vault.store.bucket(&bucket_name(B)).unwrap().partition,
        bucket,
        RecordKind::Version,
    );
    // Which of the two came first is not said; the key goes only if the writer sealed again.
    assert_eq!(report.keys_destroyed, u64::from(core.epoch == 2));
    let (keys, _) = vault.learnt();
    assert_eq!(keys.bucket_key(bucket, 1).is_ok(), core.epoch == 1);
    let next = vault.restarted().await;
    assert_eq!(next.get_text(B, "late").await.unwrap(), "sealed once");
    assert_rebuild_equals(&next.engine);
}

#[tokio::test]
async fn the_newest_epoch_is_never_destroyed() {
    let (vault, bucket, own) = with_one().await;
    vault.run(80 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    assert_there(&vault, bucket, "the only one");
    rotate(&vault.store).await;
    rotate(&vault.store).await;
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (2, 0));
    vault.run(80 * DAY);
    assert_eq!(vault.store.keep().await.unwrap().keys_destroyed, 0);
    vault.put(B, "lives", "under the third").await;
    vault.store.tick().await.unwrap();
    let next = vault.restarted().await;
    assert_eq!(next.get_text(B, "lives").await.unwrap(), "under the third");
    assert_eq!(under(&*next.engine, own, 3).len(), 1);
    assert_rebuild_equals(&next.engine);
}
