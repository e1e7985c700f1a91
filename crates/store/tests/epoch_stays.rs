//! What keeps the keys of a retired bucket: whatever is not released, not readable or not known; and
//! that nothing is written any more once they go.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;

use azekura_engine::seam::{Engine, Part, Status};
use azekura_model::bucket::Versioning;
use azekura_model::ident::BucketUuid;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::bucket::{BucketChanged, BucketRetired};
use azekura_record::core::RecordKind;
use azekura_record::particulars::Event;
use azekura_record::released::{ReleaseList, Released};
use azekura_store::families::{self, CONFIGURATION};
use azekura_store::keys::Keys;
use azekura_store::store::Store;
use bytes::Bytes;
use common::ending::{Ending, Ends, Hurt};
use common::used_up::{
    B, DAY, K, commit, core_of, hide_under_governance, kinds, open_epoch, retire, use_up, used_up,
};
use common::{Vault, assert_rebuild_equals, bucket_name, parts, put_request, writer};

/// A store over the vault's engine that a test can hurt and hold up; the keys are its own.
fn over(vault: &Vault) -> (Store, Arc<Ending>, Arc<Keys>) {
    let (keys, clock) = vault.learnt();
    let ending = Ending::new(vault.engine.clone(), Ends::Never);
    let store = Store::new(parts(ending.clone(), clock, Arc::clone(&keys)));
    (store, ending, keys)
}

/// The keys stay: nothing has begun, and what they seal is there and opens.
async fn assert_stays(
    vault: &Vault,
    store: &Store,
    bucket: BucketUuid,
    own: PartitionId,
    what: &str,
) {
    let report = store.keep().await.unwrap();
    assert_eq!(report.keys_destroyed, 0, "{what}");
    let ended = vault.engine.get(own, &families::ended()).unwrap();
    assert!(ended.is_none(), "{what}");
    let engine: &dyn Engine = &*vault.engine;
    let left = kinds(engine, bucket, own, false);
    assert!(left.contains(&RecordKind::BucketRetired), "{what}");
    let holder = kinds(engine, bucket, CONFIGURATION, false);
    assert!(holder.contains(&RecordKind::BucketCreated), "{what}");
    let (keys, _) = vault.learnt();
    assert!(keys.newest_epoch(bucket).is_ok(), "{what}");
}

async fn assert_goes(vault: &Vault, store: &Store, bucket: BucketUuid, own: PartitionId) {
    let report = store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (1, 0));
    for at in [own, CONFIGURATION] {
        assert_eq!(kinds(&*vault.engine, bucket, at, true), []);
    }
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn history_and_the_time_since_the_retirement_keep_them() {
    let (vault, bucket, own) = used_up(false).await;
    for (days, released) in [(10, 0), (20, 0), (1, 4)] {
        // The last time, versions are out of history and the bucket was retired too late.
        vault.run(days * DAY - if released > 0 { 10_000 } else { 0 });
        let before = vault.store.kept().released;
        let store = &vault.store;
        assert_stays(&vault, store, bucket, own, "history").await;
        assert_eq!(vault.store.kept().released - before, released);
    }
    vault.run(20_000);
    assert_goes(&vault, &vault.store, bucket, own).await;
}

#[tokio::test]
async fn a_locked_version_keeps_them() {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    hide_under_governance(&vault.store).await;
    retire(&vault.store).await;
    vault.run(40 * DAY);
    assert_stays(&vault, &vault.store, bucket, own, "locked").await;
    vault.store.tick().await.unwrap();
    let next = vault.restarted().await;
    assert_stays(&next, &next.store, bucket, own, "locked, restarted").await;
    next.run(19 * DAY);
    assert_stays(&next, &next.store, bucket, own, "locked still").await;
    next.run(2 * DAY);
    assert_goes(&next, &next.store, bucket, own).await;
}

#[tokio::test]
async fn damage_anywhere_and_whatever_cannot_be_read_keeps_them() {
    let (vault, bucket, own) = used_up(false).await;
    let other = bucket_name("other");
    vault.store.create_bucket(&writer(), &other).await.unwrap();
    vault.run(31 * DAY - 10_000);
    vault.store.keep().await.unwrap();
    vault.run(DAY);
    let (store, ending, _) = over(&vault);
    let engine: &dyn Engine = &*vault.engine;
    let mut hurts = vec![Hurt::Reported];
    for kind in [
        RecordKind::Version,
        RecordKind::Released,
        RecordKind::BlobIntent,
        RecordKind::VersionLocked,
        RecordKind::Freed,
    ] {
        let (at, _) = core_of(engine, own, bucket, kind);
        hurts.extend([Hurt::Missing(own, at), Hurt::Particulars(own, at)]);
    }
    for kind in [RecordKind::BucketCreated, RecordKind::BucketRetired] {
        let (at, _) = core_of(engine, CONFIGURATION, bucket, kind);
        hurts.extend([
            Hurt::Missing(CONFIGURATION, at),
            Hurt::Particulars(CONFIGURATION, at),
        ]);
    }
    // The last record of a partition can be missing, too.
    hurts.push(Hurt::Missing(own, head(&vault.engine.status(), own)));
    for hurt in hurts {
        ending.hurt(Some(hurt));
        let what = format!("{hurt:?}");
        assert_stays(&vault, &store, bucket, own, &what).await;
    }
    ending.hurt(None);
    assert_goes(&vault, &store, bucket, own).await;
}

fn head(status: &Status, of: PartitionId) -> Sequence {
    let found = status.heads.iter().find(|(at, ..)| *at == of);
    found.unwrap().1
}

#[tokio::test]
async fn what_is_lost_after_it_began_keeps_the_wrapped_keys() {
    let (vault, bucket, own) = used_up(false).await;
    vault.run(32 * DAY);
    vault.store.tick().await.unwrap();
    // What the keys seal in the bucket's partition is erased, and what they seal in the configuration
    // is about to be.
    let (keys, clock) = vault.learnt();
    let ending = Ending::new(vault.engine.clone(), Ends::BeforeErasing(5));
    let store = Store::new(parts(ending.clone(), clock, keys));
    store.keep().await.unwrap_err();
    let (store, ending, _) = over(&vault);
    let (at, _) = core_of(&*vault.engine, own, bucket, RecordKind::LifecycleRan);
    for hurt in [Hurt::Missing(own, at), Hurt::Particulars(own, at)] {
        ending.hurt(Some(hurt));
        store.keep().await.unwrap();
        let holder = kinds(&*vault.engine, bucket, CONFIGURATION, false);
        assert!(holder.contains(&RecordKind::BucketCreated), "{hurt:?}");
        assert_rebuild_equals(&vault.engine);
    }
    ending.hurt(None);
    assert_goes(&vault, &store, bucket, own).await;
}

#[tokio::test]
async fn a_closing_that_was_taken_back_goes_with_the_rest() {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    let (store, _, keys) = over(&vault);
    let (_, like) = core_of(&*vault.engine, own, bucket, RecordKind::BlobIntent);
    for event in [
        Event::BucketRetired(BucketRetired { name: B.to_owned() }),
        Event::BucketChanged(BucketChanged {
            name: B.to_owned(),
            versioning: Versioning::Enabled,
            history_days: 31,
            pending_history_days: None,
        }),
    ] {
        commit(&*vault.engine, &keys, own, &like, event, Bytes::new()).await;
    }
    retire(&store).await;
    vault.run(32 * DAY);
    assert_goes(&vault, &vault.store, bucket, own).await;
    let closed = vault.engine.get(own, &families::closed()).unwrap();
    assert!(closed.is_some());
}

#[tokio::test]
async fn every_epoch_must_be_known() {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    let (store, _, keys) = over(&vault);
    for _ in 0..2 {
        open_epoch(&*vault.engine, &keys, bucket).await;
    }
    retire(&store).await;
    vault.run(32 * DAY);
    let (store, ending, keys) = over(&vault);
    let (at, _) = core_of(
        &*vault.engine,
        CONFIGURATION,
        bucket,
        RecordKind::EpochOpened,
    );
    for hurt in [
        Hurt::Missing(CONFIGURATION, at),
        Hurt::Particulars(CONFIGURATION, at),
    ] {
        ending.hurt(Some(hurt));
        assert_stays(&vault, &store, bucket, own, &format!("{hurt:?}")).await;
    }
    ending.hurt(None);
    assert_goes(&vault, &store, bucket, own).await;
    assert!(keys.newest_epoch(bucket).is_err());
}

#[tokio::test]
async fn a_record_under_their_key_in_another_partition_keeps_them() {
    let (vault, bucket, own) = used_up(false).await;
    let (_, _, keys) = over(&vault);
    let (_, like) = core_of(&*vault.engine, own, bucket, RecordKind::BlobIntent);
    let event = Event::UploadAborted(azekura_record::upload::UploadAborted {
        upload: azekura_model::ident::UploadId([9; 16]),
        key: K.to_owned(),
    });
    let elsewhere = PartitionId(900);
    commit(&*vault.engine, &keys, elsewhere, &like, event, Bytes::new()).await;
    vault.run(32 * DAY);
    assert_stays(&vault, &vault.store, bucket, own, "elsewhere").await;
}

/// Commits a release of keys past the store, which lists a record of a bucket that lives.
#[tokio::test]
async fn a_release_of_keys_that_nobody_judged_erases_nothing() {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    vault.put(B, K, "lives").await;
    let (store, _, keys) = over(&vault);
    for (partition, kind) in [
        (own, RecordKind::VersionLocked),
        (own, RecordKind::Version),
        (CONFIGURATION, RecordKind::BucketCreated),
        (CONFIGURATION, RecordKind::BucketConfigured),
    ] {
        let (at, like) = core_of(&*vault.engine, partition, bucket, kind);
        let event = Event::Released(Released {
            key: String::new(),
            version: None,
            upload: None,
            parts: Vec::new(),
            upload_records: Vec::new(),
            last: false,
            entries: Some(Vec::new()),
        });
        let list = ReleaseList {
            erase: vec![at],
            blobs: Vec::new(),
        };
        let list = Bytes::from(list.encode());
        commit(&*vault.engine, &keys, partition, &like, event, list).await;
        store.start().await.unwrap();
        store.keep().await.unwrap();
        let record = vault.engine.journal(partition, at, 1).unwrap().remove(0);
        assert!(matches!(record.particulars, Part::Present(_)), "{kind:?}");
    }
    assert_eq!(vault.get_text(B, K).await.unwrap(), "lives");
}

/// A writer that was held up since before the closing comes when the keys are destroyed.
#[tokio::test]
async fn a_writer_that_was_held_up_comes_too_late() {
    for kind in [
        RecordKind::Version,
        RecordKind::BlobIntent,
        RecordKind::BucketChanged,
        RecordKind::BucketConfigured,
    ] {
        let vault = Vault::new().await;
        let (bucket, own) = use_up(&vault.store).await;
        let (store, ending, _) = over(&vault);
        ending.park(kind);
        let late = store.clone();
        let write = tokio::spawn(async move {
            let (by, name) = (writer(), bucket_name(B));
            match kind {
                RecordKind::BucketChanged => {
                    let days = azekura_model::cooling::HistoryDays(90);
                    late.put_history_days(&by, &name, days).await.map(drop)
                }
                RecordKind::BucketConfigured => {
                    let rules = azekura_model::lifecycle::LifecycleRules::default();
                    late.put_lifecycle(&by, &name, rules).await.map(drop)
                }
                _ => {
                    let content = "x".repeat(if kind == RecordKind::Version {
                        7
                    } else {
                        3 << 20
                    });
                    late.put(&by, &name, put_request("late", content))
                        .await
                        .map(drop)
                }
            }
        });
        ending.until_parked().await;
        retire(&vault.store).await;
        vault.run(32 * DAY);
        // Also when it comes between the steps.
        assert_goes(&vault, &vault.store, bucket, own).await;
        let heads = vault.engine.status().heads;
        ending.go_on();
        write.await.unwrap().unwrap_err();
        assert_eq!(vault.engine.status().heads, heads, "{kind:?}");
        assert_rebuild_equals(&vault.engine);
    }
}

/// An upload that broke off withdraws its intent late: until then the keys stay.
#[tokio::test]
async fn a_withdrawal_that_was_held_up_is_waited_for() {
    let vault = Vault::new().await;
    let (bucket, own) = use_up(&vault.store).await;
    let (store, ending, _) = over(&vault);
    ending.park(RecordKind::IntentWithdrawn);
    let mut request = put_request("broken", "");
    request.body = common::broken_body(vec![5_u8; 3 << 20]);
    let name = bucket_name(B);
    store.put(&writer(), &name, request).await.unwrap_err();
    ending.until_parked().await;
    retire(&vault.store).await;
    vault.run(32 * DAY);
    assert_stays(&vault, &vault.store, bucket, own, "an intent is open").await;
    ending.go_on();
    let open = families::blob_prefix(families::BlobState::Open, &[0; 16])[0];
    loop {
        let left = common::live(&vault.engine).into_keys();
        if left
            .filter(|(at, family, key)| *at == own && *family == 3 && key[0] == open)
            .count()
            == 0
        {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_goes(&vault, &vault.store, bucket, own).await;
}
