//! A release record that lists what is not its own, or what is lost, erases nothing else and does not
//! keep the vault from starting.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;

use azekura_engine::seam::{Commit, CommitClass, CommitId, Engine, Mutations, Part};
use azekura_model::bucket::Versioning;
use azekura_model::ident::VersionId;
use azekura_model::lock::LockAsked;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::requester::Requester;
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::{Event, Particulars};
use azekura_record::released::{ReleaseList, Released};
use azekura_store::body::Claims;
use azekura_store::clock::Clock;
use azekura_store::families;
use azekura_store::object::{Attributes, Which};
use azekura_store::projector::Projector;
use azekura_store::seal::record::{open_core, seal_record};
use azekura_store::upload::{CreateUpload, PutPart};
use bytes::Bytes;
use common::{Vault, body, bucket_name, fresh_keys, key, replay, writer};

const B: &str = "records";
const K: &str = "診療/記録";

/// The record that made a version.
fn made(vault: &Vault, version: VersionId) -> (PartitionId, Sequence, Core) {
    let all = of_kind(vault, RecordKind::Version);
    let found = all
        .into_iter()
        .find(|(.., core)| core.version == Some(version));
    found.unwrap_or_else(|| panic!("{version} has no record"))
}

/// All records of a kind.
fn of_kind(vault: &Vault, kind: RecordKind) -> Vec<(PartitionId, Sequence, Core)> {
    let mut found = Vec::new();
    for (partition, last, _) in vault.engine.status().heads {
        let limit = usize::try_from(last.0).unwrap().max(1);
        for record in vault.engine.journal(partition, Sequence(1), limit).unwrap() {
            let core = open_core(record.kind, &record.core).unwrap();
            if core.kind == kind {
                found.push((partition, record.position.sequence, core));
            }
        }
    }
    found
}

/// Commits a release of a version that was never there, which lists these records.
async fn released(vault: &Vault, like: &Core, partition: PartitionId, erase: Vec<Sequence>) {
    let blobs = Vec::new();
    releases(vault, like, partition, ReleaseList { erase, blobs }).await;
}

async fn releases(vault: &Vault, like: &Core, partition: PartitionId, list: ReleaseList) {
    let keys = fresh_keys();
    let time = Arc::clone(&vault.time) as _;
    let clock = Arc::new(Clock::new(time, ComplianceTime(0)));
    replay(&vault.engine, &Projector::new(Arc::clone(&keys), clock));
    let particulars = Particulars {
        salt_seed: [1; 32],
        requester: Requester::vault("keeper"),
        permitted: None,
        event: Event::Released(Released {
            key: "他".to_owned(),
            version: Some(VersionId([0x11; 16])),
            upload: None,
            parts: Vec::new(),
            upload_records: Vec::new(),
            last: false,
            entries: None,
        }),
    };
    let core = Core {
        kind: RecordKind::Released,
        version: Some(VersionId([0x11; 16])),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: azekura_model::lock::Lock::default(),
        ..like.clone()
    };
    let mut record = seal_record(&keys, core, &particulars).unwrap().record;
    record.payload = Bytes::from(list.encode());
    let due = families::due_release(like.hybrid);
    let mutations = Mutations {
        puts: vec![(due, Bytes::from_static(&[1]))],
        deletes: Vec::new(),
    };
    let commit = Commit {
        id: CommitId(commit_id(like)),
        class: CommitClass::Essential,
        guards: Vec::new(),
        mutations,
        record,
    };
    vault.engine.commit(partition, commit).await.unwrap();
}

/// One commit a release.
fn commit_id(like: &Core) -> [u8; 16] {
    u128::from(like.hybrid.packed()).to_be_bytes()
}

#[tokio::test]
async fn a_release_that_lists_the_record_of_another_version_erases_nothing() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let version = vault.put(B, K, "content").await.version;
    let (partition, at, core) = made(&vault, version);
    released(&vault, &core, partition, vec![at]).await;
    // The vault starts, the keeper goes on, and both leave it where it is.
    vault.store.start().await.unwrap();
    let report = vault.store.keep_bucket(&bucket_name(B)).await.unwrap();
    assert_eq!((report.finished, report.failed), (0, 1));
    assert_eq!(vault.get_text(B, K).await.unwrap(), "content");
}

#[tokio::test]
async fn a_release_that_lists_a_record_with_a_lock_erases_nothing() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let (bucket, object) = (bucket_name(B), key(K));
    let locked = vault.store.put_object_lock(&writer(), &bucket, None).await;
    locked.unwrap();
    let version = vault.put(B, K, "content").await.version;
    let target = (&object, Which::Version(version));
    let held = vault.store.put_hold(&writer(), &bucket, target, true).await;
    held.unwrap();
    let (partition, at, core) = made(&vault, version);
    released(&vault, &core, partition, vec![at.next()]).await;
    vault.store.start().await.unwrap();
    let report = vault.store.keep_bucket(&bucket).await.unwrap();
    assert_eq!((report.finished, report.failed), (0, 1));
    vault
        .delete(B, K, Which::Version(version))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_release_that_lists_the_blob_of_another_version_removes_nothing() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let large = "x".repeat(3 << 20);
    let version = vault.put(B, K, &large).await.version;
    let (partition, _, core) = made(&vault, version);
    let blobs: Vec<_> = vault.engine.list_blobs().unwrap();
    let list = ReleaseList {
        erase: Vec::new(),
        blobs: vec![blobs[0].0],
    };
    releases(&vault, &core, partition, list).await;
    vault.store.start().await.unwrap();
    let report = vault.store.keep_bucket(&bucket_name(B)).await.unwrap();
    assert_eq!((report.finished, report.failed), (0, 1));
    assert_eq!(vault.get_text(B, K).await.unwrap(), large);
}

#[tokio::test]
async fn a_release_that_lists_the_record_of_another_upload_erases_nothing() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let (by, name) = (writer(), bucket_name(B));
    let request = CreateUpload {
        lock: LockAsked::default(),
        key: key(K),
        attributes: Attributes::default(),
        checksum: None,
    };
    let upload = vault.store.create_upload(&by, &name, request).await;
    let upload = upload.unwrap().id;
    let part = PutPart {
        key: key(K),
        upload,
        number: 1,
        claims: Claims::default(),
        body: body("part"),
    };
    vault.store.put_part(&by, &name, part).await.unwrap();
    for kind in [RecordKind::UploadStarted, RecordKind::PartStored] {
        let (partition, at, core) = of_kind(&vault, kind).remove(0);
        let core = Core {
            // Two releases are two entries.
            hybrid: HybridTime::from_packed(core.hybrid.packed() + 1000),
            ..core
        };
        released(&vault, &core, partition, vec![at]).await;
    }
    vault.store.start().await.unwrap();
    let report = vault.store.keep_bucket(&name).await.unwrap();
    assert_eq!((report.finished, report.failed), (0, 2));
    for kind in [RecordKind::UploadStarted, RecordKind::PartStored] {
        let (partition, at, _) = of_kind(&vault, kind).remove(0);
        let record = vault.engine.journal(partition, at, 1).unwrap().remove(0);
        assert!(matches!(record.particulars, Part::Present(_)), "{kind:?}");
    }
}
