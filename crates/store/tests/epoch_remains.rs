//! What is still sealed under the key of a retired bucket when everything in it was released, and what the
//! index still says of it. The key of an epoch may be destroyed only when exactly this goes too
//! (`docs/internals/erasure.md`): a kind of record or of entry that is new here must be added there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeSet;

use azekura_engine::seam::{Engine, Part};
use azekura_model::access::Action;
use azekura_model::condition::DeleteConditions;
use azekura_model::cooling::HistoryDays;
use azekura_model::ident::BucketUuid;
use azekura_model::lock::{Bypass, LockAsked, LockRequest, Retention, RetentionMode};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::tag::{TagSet, Tagged};
use azekura_model::time::ComplianceTime;
use azekura_record::core::{Core, RecordKind};
use azekura_store::body::Claims;
use azekura_store::disposal::DisposalAsk;
use azekura_store::families::CONFIGURATION;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::{Attributes, Which};
use azekura_store::upload::{CreateUpload, PutPart};
use common::{Vault, assert_rebuild_equals, body, bucket_name, by, key, live, put_request, writer};

const B: &str = "images";
const K: &str = "検査/患者-0001.dcm";
const DAY: i64 = 86_400_000;

/// Kinds of the records of a bucket whose particulars are there. `under_key`: those that only the key of
/// an epoch of the bucket opens.
fn kinds(vault: &Vault, bucket: BucketUuid, at: PartitionId, under_key: bool) -> Vec<RecordKind> {
    let heads = vault.engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == at).unwrap().1;
    let limit = usize::try_from(head.0).unwrap().max(1);
    let all = vault.engine.journal(at, Sequence(1), limit).unwrap();
    let present = all
        .iter()
        .filter(|record| matches!(record.particulars, Part::Present(_)));
    let cores = present.map(|record| Core::decode(&record.core).unwrap());
    let found: BTreeSet<_> = cores
        .filter(|core| core.bucket == Some(bucket) && (core.epoch > 0) == under_key)
        .map(|core| core.kind)
        .collect();
    found.into_iter().collect()
}

/// Families and first bytes of the index entries of a bucket's own partition.
fn entries(vault: &Vault, at: PartitionId) -> BTreeSet<(u8, String)> {
    let live = live(&vault.engine);
    let own = live.keys().filter(|(partition, ..)| *partition == at);
    own.map(|(_, family, key)| {
        let whole = *family == azekura_store::families::CONFIG.0;
        let shown = if whole { key.len() } else { 1 };
        let text = String::from_utf8_lossy(key.get(..shown).unwrap());
        (*family, text.into_owned())
    })
    .collect()
}

async fn upload_and_abort(vault: &Vault) {
    let name = bucket_name(B);
    let request = CreateUpload {
        lock: LockAsked::default(),
        key: key(K),
        attributes: Attributes::default(),
        checksum: None,
    };
    let upload = vault.store.create_upload(&writer(), &name, request).await;
    let upload = upload.unwrap().id;
    let request = PutPart {
        key: key(K),
        upload,
        number: 1,
        claims: Claims::default(),
        body: body(vec![7_u8; 6 << 20]),
    };
    vault
        .store
        .put_part(&writer(), &name, request)
        .await
        .unwrap();
    vault
        .store
        .abort_upload(&writer(), &name, &key(K), upload)
        .await
        .unwrap();
}

/// A version under GOVERNANCE for 60 days, hidden by a bypass.
async fn hide_under_governance(vault: &Vault) {
    let mut request = put_request("locked", "content");
    request.lock.retention = Some(Retention {
        mode: RetentionMode::Governance,
        until: ComplianceTime(vault.now().0 + 60 * DAY),
    });
    let (by_writer, name, object) = (writer(), bucket_name(B), key("locked"));
    let made = vault.store.put(&by_writer, &name, request).await.unwrap();
    let which = Which::Version(made.version);
    let bypass = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
    let always = DeleteConditions::default();
    vault
        .store
        .delete_if(
            &by_writer,
            &name,
            (&object, which),
            &always,
            bypass.as_ref(),
        )
        .await
        .unwrap();
}

/// A bucket with object lock; in it versions, a marker, tags, a hold that was taken off, an upload, blobs.
/// All are gone from S3's sight, and `held` is one more version that a bypassed lock keeps for 60 days.
async fn used_up(held: bool) -> (Vault, BucketUuid, PartitionId) {
    let vault = Vault::new().await;
    let (by, name, object) = (writer(), bucket_name(B), key(K));
    let made = vault.store.create_bucket_locked(&by, &name).await.unwrap();
    let days = HistoryDays(31);
    vault
        .store
        .put_history_days(&by, &name, days)
        .await
        .unwrap();
    let version = vault.put(B, K, "content").await.version;
    let which = Which::Version(version);
    let large = vault.put(B, "検査/large", &"x".repeat(3 << 20)).await;
    let large = Which::Version(large.version);
    let tags = vec![("診療科".to_owned(), "放射線".to_owned())];
    let tags = TagSet::parse(Tagged::Object, tags).unwrap();
    vault
        .store
        .put_tags(&by, &name, &key(K), which, tags)
        .await
        .unwrap();
    let all = LockSelection::Prefix {
        prefix: String::new(),
        all_versions: true,
    };
    // One version takes the hold on by itself and loses it with all others, and the other way round.
    let one = |on| vault.store.put_hold(&by, &name, (&object, which), on);
    one(true).await.unwrap();
    for on in [false, true] {
        vault
            .store
            .change_locks(&by, &name, &all, &LockRequest::Hold(on), |_| {})
            .await
            .unwrap();
    }
    one(false).await.unwrap();
    vault
        .store
        .change_locks(&by, &name, &all, &LockRequest::Hold(false), |_| {})
        .await
        .unwrap();
    upload_and_abort(&vault).await;
    let ask = DisposalAsk {
        prefix: "検査/".to_owned(),
        class: None,
        before: None,
        reason: "満了".to_owned(),
    };
    vault.run(1000);
    vault.store.request_disposal(&by, &name, ask).await.unwrap();
    vault.delete(B, K, which).await.unwrap();
    vault.delete(B, "検査/large", large).await.unwrap();
    let marker = vault.delete(B, "marker", Which::Current).await.unwrap();
    let marker = Which::Version(marker.version.unwrap());
    vault.delete(B, "marker", marker).await.unwrap();
    if held {
        hide_under_governance(&vault).await;
    }
    vault.store.delete_bucket(&by, &name).await.unwrap();
    (vault, made.uuid, made.partition)
}

#[tokio::test]
async fn what_the_key_of_a_used_up_bucket_still_seals_is_known() {
    let (vault, bucket, partition) = used_up(false).await;
    vault.run(32 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.released, report.failed), (4, 0));
    assert_rebuild_equals(&vault.engine);
    // Nothing that names an object or holds a data key.
    let own = kinds(&vault, bucket, partition, true);
    assert_eq!(
        own,
        [
            RecordKind::BucketRetired,
            RecordKind::BucketConfigured,
            RecordKind::BlobIntent,
            RecordKind::IntentWithdrawn,
            RecordKind::VersionLocked,
            RecordKind::LocksChanged,
            RecordKind::LifecycleRan,
        ]
    );
    let outlive = kinds(&vault, bucket, partition, false);
    assert_eq!(outlive, [RecordKind::Freed, RecordKind::DisposalRequested]);
    let configuration = kinds(&vault, bucket, CONFIGURATION, true);
    assert_eq!(
        configuration,
        [
            RecordKind::BucketChanged,
            RecordKind::BucketRetired,
            RecordKind::BucketConfigured,
        ]
    );
    let holder = kinds(&vault, bucket, CONFIGURATION, false);
    assert_eq!(holder, [RecordKind::BucketCreated]);
    let left = [(3, "f"), (4, "closed"), (4, "locks"), (7, "c"), (7, "d")];
    let left = left.map(|(family, text)| (family, text.to_owned()));
    assert_eq!(entries(&vault, partition), BTreeSet::from(left));
    assert_eq!(vault.engine.list_blobs().unwrap(), []);
}

#[tokio::test]
async fn a_locked_hidden_version_keeps_its_record_in_a_retired_bucket() {
    let (vault, bucket, partition) = used_up(true).await;
    for (days, released, there) in [(32, 4, true), (30, 1, false)] {
        vault.run(days * DAY);
        let report = vault.store.keep().await.unwrap();
        assert_eq!((report.released, report.failed), (released, 0));
        let sealed = kinds(&vault, bucket, partition, true);
        assert_eq!(sealed.contains(&RecordKind::Version), there);
        let again = vault.restarted().await;
        assert_rebuild_equals(&again.engine);
    }
}
