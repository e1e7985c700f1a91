//! Puts, reads and deletions on the engine in memory: races on one key, bucket deletion, sweeps.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;

use azekura_engine::seam::{Commit, CommitClass, CommitId, Engine, Key, Mutations, NewRecord};
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::condition::{ConditionFailed, Conditions};
use azekura_model::range::ByteRange;
use azekura_store::error::StoreError;
use azekura_store::families::UPLOADS;
use azekura_store::object::{GetRequest, Which};
use bytes::Bytes;
use common::{
    Vault, assert_rebuild_equals, broken_body, bucket_name, by, if_match, if_none_match_any, key,
    put_request, read_all, writer,
};

const B: &str = "bucket";

#[tokio::test]
async fn what_was_put_is_read_back_after_a_restart() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let large: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    for (object, content) in [
        ("empty", vec![]),
        ("small", vec![7; 70_000]),
        ("large", large),
    ] {
        let request = put_request(object, content.clone());
        let bucket = bucket_name(B);
        let outcome = vault.store.put(&writer(), &bucket, request).await.unwrap();
        assert!(outcome.null);
        let vault = vault.restarted().await;
        assert_eq!(vault.get(B, object, Which::Current).await.unwrap(), content);
        let info = vault
            .store
            .head(
                &by(Action::GetObject),
                &bucket,
                &key(object),
                Which::Current,
            )
            .await
            .unwrap();
        assert_eq!(info.bytes, content.len() as u64);
        assert_eq!(info.etag, outcome.etag);
        if content.len() > 100 {
            let request = GetRequest {
                key: key(object),
                which: Which::Current,
                conditions: Conditions::default(),
                range: Some(ByteRange::From {
                    first: 65_530,
                    last: Some(65_600),
                }),
                part: None,
            };
            let got = vault
                .store
                .get(&by(Action::GetObject), &bucket, request)
                .await
                .unwrap();
            assert_eq!(got.range, 65_530..65_601);
            assert_eq!(read_all(got.body).await.unwrap(), content[65_530..65_601]);
        }
    }
    assert_eq!(vault.store.unknown_blobs().unwrap(), vec![]);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_conditional_creations_exactly_one_wins() {
    for versioning in [Versioning::Unversioned, Versioning::Enabled] {
        let vault = Arc::new(Vault::with_bucket(B, versioning).await);
        let tasks: Vec<_> = (0..32)
            .map(|i| {
                let vault = Arc::clone(&vault);
                tokio::spawn(async move {
                    let mut request = put_request("one", format!("{i}"));
                    request.conditions = if_none_match_any();
                    let bucket = bucket_name(B);
                    vault.store.put(&writer(), &bucket, request).await
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => won += 1,
                Err(
                    StoreError::Condition(ConditionFailed::PreconditionFailed)
                    | StoreError::Conflict,
                ) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 1);
        assert_rebuild_equals(&vault.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn increments_under_if_match_are_never_lost() {
    let vault = Arc::new(Vault::with_bucket(B, Versioning::Enabled).await);
    vault.put(B, "counter", "0").await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let vault = Arc::clone(&vault);
            tokio::spawn(async move {
                let bucket = bucket_name(B);
                let mut done = 0;
                while done < 10 {
                    let request = GetRequest {
                        key: key("counter"),
                        which: Which::Current,
                        conditions: Conditions::default(),
                        range: None,
                        part: None,
                    };
                    let reader = by(Action::GetObject);
                    let got = vault.store.get(&reader, &bucket, request).await.unwrap();
                    let etag = got.info.etag.to_string();
                    let text = String::from_utf8(read_all(got.body).await.unwrap()).unwrap();
                    let next = text.parse::<u32>().unwrap() + 1;
                    let mut request = put_request("counter", next.to_string());
                    request.conditions = if_match(&etag);
                    match vault.store.put(&writer(), &bucket, request).await {
                        Ok(_) => done += 1,
                        Err(StoreError::Conflict | StoreError::Condition(_)) => {
                            tokio::task::yield_now().await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(vault.get_text(B, "counter").await.unwrap(), "80");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn puts_deletes_and_hidings_of_one_key_leave_one_truth() {
    for versioning in [
        Versioning::Unversioned,
        Versioning::Enabled,
        Versioning::Suspended,
    ] {
        let vault = Arc::new(Vault::with_bucket(B, versioning).await);
        let tasks: Vec<_> = (0..6)
            .map(|task| {
                let vault = Arc::clone(&vault);
                tokio::spawn(async move {
                    for i in 0..30 {
                        let made = vault.put(B, "k", &format!("{task} {i}")).await;
                        let which = match (i + task) % 4 {
                            0 => Which::Version(made.version),
                            1 => Which::Null,
                            2 => Which::Current,
                            _ => continue,
                        };
                        vault.delete(B, "k", which).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        // What is current by the index is what the visibility rule derives from the history.
        let history = vault
            .store
            .history(&writer(), &bucket_name(B), &key("k"))
            .unwrap();
        assert!(history.len() >= 180);
        let newest = history.iter().find(|entry| entry.shown);
        let head = vault
            .store
            .head(&writer(), &bucket_name(B), &key("k"), Which::Current)
            .await;
        match newest {
            Some(entry) if !entry.summary.marker => {
                assert_eq!(head.unwrap().version, entry.summary.version);
            }
            Some(entry) => assert_eq!(
                head.unwrap_err(),
                StoreError::NoSuchKey {
                    marker: Some(entry.summary.version),
                    null: entry.summary.null
                }
            ),
            None => assert_eq!(
                head.unwrap_err(),
                StoreError::NoSuchKey {
                    marker: None,
                    null: false
                }
            ),
        }
        assert_rebuild_equals(&vault.engine);
    }
}

#[tokio::test]
async fn a_bucket_is_retired_only_when_it_shows_nothing_and_its_name_is_free_at_once() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let bucket = bucket_name(B);
    let first = vault.store.bucket(&bucket).unwrap();
    assert_eq!(
        vault.store.create_bucket(&writer(), &bucket).await,
        Err(StoreError::BucketAlreadyOwnedByYou)
    );
    let made = vault.put(B, "a", "1").await;
    let delete = async |which| vault.delete(B, "a", which).await.unwrap();
    let refused = Err(StoreError::BucketNotEmpty);
    assert_eq!(vault.store.delete_bucket(&writer(), &bucket).await, refused);
    let marker = delete(Which::Current).await;
    assert_eq!(vault.store.delete_bucket(&writer(), &bucket).await, refused);
    delete(Which::Version(made.version)).await;
    assert_eq!(vault.store.delete_bucket(&writer(), &bucket).await, refused);
    delete(Which::Version(marker.version.unwrap())).await;
    assert_eq!(vault.store.delete_bucket(&writer(), &bucket).await, Ok(()));
    assert_eq!(vault.store.bucket(&bucket), Err(StoreError::NoSuchBucket));
    let second = vault.store.create_bucket(&writer(), &bucket).await.unwrap();
    assert_ne!(first.uuid, second.uuid);
    assert_ne!(first.partition, second.partition);
    assert_eq!(vault.get_text(B, "a").await, None);
    assert_eq!(vault.store.info().unwrap().retired_buckets, 1);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_put_that_races_with_the_deletion_of_its_bucket_is_refused_or_kept() {
    for round in 0..40 {
        let vault = Arc::new(Vault::with_bucket(B, Versioning::Unversioned).await);
        let putting = {
            let vault = Arc::clone(&vault);
            tokio::spawn(async move {
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                let request = put_request("k", "v");
                vault.store.put(&writer(), &bucket_name(B), request).await
            })
        };
        let deleted = vault.store.delete_bucket(&writer(), &bucket_name(B)).await;
        match putting.await.unwrap() {
            Ok(_) => {
                assert_eq!(deleted, Err(StoreError::BucketNotEmpty));
                assert_eq!(vault.get_text(B, "k").await.as_deref(), Some("v"));
                vault.put(B, "k2", "the bucket is open again").await;
            }
            Err(StoreError::NoSuchBucket | StoreError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_bucket_whose_deletion_fails_at_its_uploads_is_open_again() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let bucket = bucket_name(B);
    let key = Key {
        family: UPLOADS,
        bytes: Bytes::from_static(b"u?"),
    };
    let unreadable = Commit {
        id: CommitId([1; 16]),
        class: CommitClass::Data,
        guards: Vec::new(),
        mutations: Mutations {
            puts: vec![(key, Bytes::from_static(b"?"))],
            deletes: Vec::new(),
        },
        record: NewRecord {
            kind: 0,
            core: Bytes::new(),
            particulars: Bytes::new(),
            payload: Bytes::new(),
        },
    };
    let partition = vault.store.bucket(&bucket).unwrap().partition;
    vault.engine.commit(partition, unreadable).await.unwrap();
    let deleted = vault.store.delete_bucket(&writer(), &bucket).await;
    assert!(matches!(deleted, Err(StoreError::Internal(_))));
    vault.put(B, "a", "1").await;
    assert_eq!(vault.get_text(B, "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_broken_put_leaves_nothing_visible_and_no_blob() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let bucket = bucket_name(B);
    for bytes in [10, 3_000_000] {
        let mut request = put_request("k", "");
        request.body = broken_body(vec![1; bytes]);
        let outcome = vault.store.put(&writer(), &bucket, request).await;
        assert!(matches!(outcome, Err(StoreError::Body(_))));
    }
    assert_eq!(vault.get_text(B, "k").await, None);
    // The sweep runs in the background: a later process does it in any case.
    let vault = vault.restarted().await;
    assert_eq!(vault.engine.list_blobs().unwrap(), vec![]);
    assert_eq!(vault.store.unknown_blobs().unwrap(), vec![]);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn versioning_is_never_taken_back() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let (by, bucket) = (writer(), bucket_name(B));
    let change = vault
        .store
        .put_versioning(&by, &bucket, Versioning::Unversioned);
    assert!(matches!(change.await, Err(StoreError::InvalidArgument(_))));
}

#[tokio::test]
async fn an_upload_begun_before_versioning_was_enabled_replaces_nothing() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    vault.put(B, "k", "kept").await;
    let (arrive, arriving) = futures::channel::mpsc::unbounded();
    let mut request = put_request("k", "");
    request.body = Box::pin(arriving);
    let store = vault.store.clone();
    let putting = tokio::spawn(async move { store.put(&writer(), &bucket_name(B), request).await });
    tokio::task::yield_now().await;
    vault
        .store
        .put_versioning(&writer(), &bucket_name(B), Versioning::Enabled)
        .await
        .unwrap();
    arrive
        .unbounded_send(Ok(Bytes::from_static(b"new")))
        .unwrap();
    drop(arrive);
    assert!(!putting.await.unwrap().unwrap().null);
    assert_eq!(vault.get(B, "k", Which::Null).await.unwrap(), b"kept");
    assert_eq!(vault.get_text(B, "k").await.as_deref(), Some("new"));
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn of_two_uploads_that_overlap_the_one_acknowledged_last_is_current() {
    const LONG: usize = 1_500_000;
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let (arrive, arriving) = futures::channel::mpsc::unbounded();
    let mut request = put_request("k", "");
    request.body = Box::pin(arriving);
    let half = || Ok(Bytes::from(vec![b'1'; LONG]));
    arrive.unbounded_send(half()).unwrap();
    let store = vault.store.clone();
    let putting = tokio::spawn(async move { store.put(&writer(), &bucket_name(B), request).await });
    while !arrive.is_empty() {
        tokio::task::yield_now().await;
    }
    vault.put(B, "k", &"2".repeat(LONG)).await;
    arrive.unbounded_send(half()).unwrap();
    drop(arrive);
    putting.await.unwrap().unwrap();
    let got = vault.get(B, "k", Which::Current).await.unwrap();
    assert_eq!(got, vec![b'1'; 2 * LONG]);
    assert_rebuild_equals(&vault.engine);
}
