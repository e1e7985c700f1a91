//! Key epochs open while writes go on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeSet;

use azekura_engine::seam::Engine as _;
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::condition::Conditions;
use azekura_model::lock::LockAsked;
use azekura_model::position::Sequence;
use azekura_store::body::Claims;
use azekura_store::error::StoreError;
use azekura_store::object::{Attributes, Which};
use azekura_store::seal::record::open_core;
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PART_BYTES_MIN, PutPart};
use common::{Vault, assert_rebuild_equals, body, bucket_name, by, key, writer};

const B: &str = "bucket";

async fn rotate(vault: &Vault) -> Result<u32, StoreError> {
    vault
        .store
        .rotate_epoch(&by(Action::AdminWrite), &bucket_name(B))
        .await
}

/// The epochs that records of the bucket name; not 0, of those under the tenant's key.
fn epochs_in_use(vault: &Vault) -> BTreeSet<u32> {
    let bucket = vault.store.bucket(&bucket_name(B)).unwrap();
    let records = vault
        .engine
        .journal(bucket.partition, Sequence(1), 10_000)
        .unwrap();
    records
        .iter()
        .map(|record| open_core(record.kind, &record.core).unwrap().epoch)
        .filter(|epoch| *epoch > 0)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_go_on_while_keys_rotate() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let write = |writer: usize| {
        let vault = &vault;
        async move {
            for n in 0..40 {
                let text = format!("{writer}-{n}");
                vault.put(B, &text, &text).await;
                tokio::task::yield_now().await;
            }
        }
    };
    let turn = || async {
        let mut opened = Vec::new();
        for _ in 0..6 {
            opened.push(rotate(&vault).await.unwrap());
            tokio::task::yield_now().await;
        }
        opened
    };
    let (_, _, _, _, one, two) =
        tokio::join!(write(0), write(1), write(2), write(3), turn(), turn());
    let opened: BTreeSet<u32> = one.into_iter().chain(two).collect();
    assert_eq!(
        opened,
        (2..=13).collect(),
        "each rotation has its own epoch"
    );
    assert_eq!(vault.store.bucket(&bucket_name(B)).unwrap().epoch, 13);
    vault.put(B, "last", "last").await;
    let used = epochs_in_use(&vault);
    assert!(used.len() >= 3 && used.contains(&13), "{used:?}");
    assert_rebuild_equals(&vault.engine);
    let again = vault.restarted().await;
    for vault in [&vault, &again] {
        for writer in 0..4 {
            for n in 0..40 {
                let text = format!("{writer}-{n}");
                assert_eq!(vault.get_text(B, &text).await, Some(text));
            }
        }
    }
    again.put(B, "later", "later").await;
    assert_eq!(rotate(&again).await.unwrap(), 14);
}

#[tokio::test]
async fn an_upload_that_was_begun_before_completes_and_is_read() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let bucket = bucket_name(B);
    let request = CreateUpload {
        lock: LockAsked::default(),
        key: key("large"),
        attributes: Attributes::default(),
        checksum: None,
    };
    let by = writer();
    let upload = vault.store.create_upload(&by, &bucket, request).await;
    let upload = upload.unwrap().id;
    let mut parts = Vec::new();
    let mut expected = Vec::new();
    for number in 1..=3_u32 {
        let bytes = vec![u8::try_from(number).unwrap(); usize::try_from(PART_BYTES_MIN).unwrap()];
        expected.extend_from_slice(&bytes);
        let part = PutPart {
            key: key("large"),
            upload,
            number,
            claims: Claims::default(),
            body: body(bytes),
        };
        let stored = vault.store.put_part(&by, &bucket, part).await.unwrap();
        parts.push(CompletedPart {
            number,
            etag: hex::encode(stored.md5),
            checksum: None,
        });
        assert_eq!(rotate(&vault).await.unwrap(), number + 1);
    }
    let vault = vault.restarted().await;
    let complete = CompleteUpload {
        key: key("large"),
        upload,
        parts,
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    };
    let done = vault.store.complete_upload(&by, &bucket, complete);
    done.await.unwrap();
    assert!(vault.get(B, "large", Which::Current).await.unwrap() == expected);
    let vault = vault.restarted().await;
    assert!(vault.get(B, "large", Which::Current).await.unwrap() == expected);
    assert_eq!(epochs_in_use(&vault), (1..=4).collect());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_gets_no_key() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    vault
        .store
        .delete_bucket(&by(Action::DeleteBucket), &bucket_name(B))
        .await
        .unwrap();
    assert!(matches!(
        rotate(&vault).await,
        Err(StoreError::NoSuchBucket)
    ));
}
