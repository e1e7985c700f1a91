//! The keeper and the one door: what leaves history is erased whole, what a lock keeps stays, and a
//! rebuilt index is the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_engine::seam::{Engine, Part};
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::cooling::HistoryDays;
use azekura_model::ident::UploadId;
use azekura_model::lifecycle::{
    Expiration, LifecycleFilter, LifecycleRule, LifecycleRules, NoncurrentExpiration,
};
use azekura_model::lock::{LockAsked, Retention, RetentionMode};
use azekura_model::position::Sequence;
use azekura_model::tag::{TagSet, Tagged};
use azekura_model::time::ComplianceTime;
use azekura_store::body::Claims;
use azekura_store::disposal::DisposalAsk;
use azekura_store::error::StoreError;
use azekura_store::keeper::KeeperReport;
use azekura_store::object::{Attributes, Which};
use azekura_store::projector::Projector;
use azekura_store::seal::record::open_record;
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PutPart, StoredPart};
use common::{
    Vault, assert_rebuild_equals, body, bucket_name, by, fresh_keys, key, live, put_request,
    replay, writer,
};

const B: &str = "images";
const K: &str = "検査/患者-0001.dcm";
const OTHER: &str = "検査/患者-0002.dcm";
const DAY: i64 = 86_400_000;

async fn keep(vault: &Vault) -> KeeperReport {
    let report = vault.store.keep_bucket(&bucket_name(B)).await.unwrap();
    assert_eq!(report.failed, 0, "{report:?}");
    assert_rebuild_equals(&vault.engine);
    report
}

/// No index entry and no readable record names the key.
fn assert_forgotten(vault: &Vault, object: &str) {
    let text = object.as_bytes();
    for ((_, family, bytes), _) in live(&vault.engine) {
        let found = bytes.windows(text.len()).any(|window| window == text);
        assert!(!found, "family {family} of the index names {object}");
    }
    let keys = fresh_keys();
    let projector = Projector::new(
        std::sync::Arc::clone(&keys),
        std::sync::Arc::new(azekura_store::clock::Clock::new(
            std::sync::Arc::clone(&vault.time) as _,
            ComplianceTime(0),
        )),
    );
    replay(&vault.engine, &projector);
    for (partition, last, _) in vault.engine.status().heads {
        let limit = usize::try_from(last.0).unwrap().max(1);
        for record in vault.engine.journal(partition, Sequence(1), limit).unwrap() {
            if record.particulars == Part::Erased {
                continue;
            }
            let opened = open_record(&keys, record.kind, &record.core, &record.particulars);
            let event = format!("{:?}", opened.unwrap().particulars.event);
            assert!(!event.contains(object), "a record names {object}: {event}");
        }
    }
}

fn rule(id: &str) -> LifecycleRule {
    LifecycleRule {
        id: id.to_owned(),
        enabled: true,
        filter: LifecycleFilter::default(),
        legacy_prefix: false,
        expiration: None,
        noncurrent: None,
        abort_multipart_days: None,
    }
}

/// Rules in force: the cooling-off is over.
async fn rules(vault: &Vault, list: Vec<LifecycleRule>) {
    let rules = LifecycleRules::new(list).unwrap();
    vault
        .store
        .put_lifecycle(&writer(), &bucket_name(B), rules)
        .await
        .unwrap();
    vault.run(3 * DAY);
}

#[tokio::test]
async fn a_hidden_version_stays_for_its_history_and_is_then_erased_whole() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let gone = vault.put(B, K, "first").await;
    vault.put(B, OTHER, "stays").await;
    vault
        .delete(B, K, Which::Version(gone.version))
        .await
        .unwrap();
    vault.run(30 * DAY - 60_000);
    assert_eq!(keep(&vault).await.released, 0);
    vault.run(2 * 60_000);
    let report = keep(&vault).await;
    assert_eq!(report.released, 1);
    assert!(report.released_bytes > 0);
    assert_forgotten(&vault, K);
    assert_eq!(vault.get_text(B, OTHER).await.unwrap(), "stays");
    assert_eq!(keep(&vault).await.released, 0);
    let again = vault.restarted().await;
    assert_eq!(again.get_text(B, OTHER).await.unwrap(), "stays");
    assert_eq!(again.get_text(B, K).await, None);
}

#[tokio::test]
async fn tags_markers_and_older_versions_leave_no_name_behind() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let one = vault.put(B, K, "one").await;
    for value in ["a", "b", "c"] {
        let tags = TagSet::parse(
            Tagged::Object,
            vec![("診療科".to_owned(), value.to_owned())],
        );
        vault
            .store
            .put_tags(
                &writer(),
                &bucket_name(B),
                &key(K),
                Which::Current,
                tags.unwrap(),
            )
            .await
            .unwrap();
    }
    let two = vault.put(B, K, "two").await;
    let marker = vault.delete(B, K, Which::Current).await.unwrap();
    // Hiding the newest makes the one before current again.
    vault
        .delete(B, K, Which::Version(marker.version.unwrap()))
        .await
        .unwrap();
    vault
        .delete(B, K, Which::Version(two.version))
        .await
        .unwrap();
    vault.run(31 * DAY);
    assert_eq!(keep(&vault).await.released, 2);
    assert_eq!(vault.get_text(B, K).await.unwrap(), "one");
    let again = vault.restarted().await;
    assert_eq!(again.get_text(B, K).await.unwrap(), "one");
    vault
        .delete(B, K, Which::Version(one.version))
        .await
        .unwrap();
    vault.run(31 * DAY);
    assert_eq!(keep(&vault).await.released, 1);
    assert_forgotten(&vault, K);
}

#[tokio::test]
async fn what_a_newer_null_version_replaced_is_released() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    for content in ["one", "two", "three"] {
        vault.put(B, K, content).await;
        vault.run(DAY);
    }
    vault.run(29 * DAY);
    // The first was replaced 31 days ago, the second 30.
    assert_eq!(keep(&vault).await.released, 2);
    assert_eq!(vault.get_text(B, K).await.unwrap(), "three");
    vault.delete(B, K, Which::Current).await.unwrap();
    vault.run(31 * DAY);
    assert_eq!(keep(&vault).await.released, 1);
    assert_forgotten(&vault, K);
}

async fn upload(vault: &Vault) -> UploadId {
    let request = CreateUpload {
        lock: LockAsked::default(),
        key: key(K),
        attributes: Attributes::default(),
        checksum: None,
    };
    let upload = vault
        .store
        .create_upload(&writer(), &bucket_name(B), request)
        .await;
    upload.unwrap().id
}

async fn part(vault: &Vault, upload: UploadId, number: u32, bytes: usize) -> StoredPart {
    let request = PutPart {
        key: key(K),
        upload,
        number,
        claims: Claims::default(),
        body: body(vec![7_u8; bytes]),
    };
    vault
        .store
        .put_part(&writer(), &bucket_name(B), request)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_record_of_an_upload_goes_with_its_version() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let id = upload(&vault).await;
    part(&vault, id, 1, 6 << 20).await;
    // Replaces the first, and a part that is never named.
    let first = part(&vault, id, 1, 5 << 20).await;
    let last = part(&vault, id, 2, 1000).await;
    part(&vault, id, 3, 2000).await;
    let parts = [first, last].map(|part| CompletedPart {
        number: part.number,
        etag: hex::encode(part.md5),
        checksum: part.checksum,
    });
    let request = CompleteUpload {
        key: key(K),
        upload: id,
        parts: parts.into(),
        checksum: None,
        bytes: None,
        conditions: azekura_model::condition::Conditions::default(),
    };
    let made = vault
        .store
        .complete_upload(&writer(), &bucket_name(B), request)
        .await
        .unwrap();
    let aborted = upload(&vault).await;
    part(&vault, aborted, 1, 3000).await;
    vault
        .store
        .abort_upload(&writer(), &bucket_name(B), &key(K), aborted)
        .await
        .unwrap();
    vault
        .delete(B, K, Which::Version(made.version))
        .await
        .unwrap();
    assert!(!vault.engine.list_blobs().unwrap().is_empty());
    vault.run(31 * DAY);
    assert_eq!(keep(&vault).await.released, 2);
    assert_eq!(vault.engine.list_blobs().unwrap(), []);
    assert_forgotten(&vault, K);
    let again = vault.restarted().await;
    assert_eq!(again.engine.list_blobs().unwrap(), []);
}

#[tokio::test]
async fn rules_hide_and_history_releases() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let mut all = rule("all");
    all.expiration = Some(Expiration::Days(10));
    all.noncurrent = Some(NoncurrentExpiration {
        days: 5,
        newer_versions: Some(1),
    });
    all.abort_multipart_days = Some(2);
    rules(&vault, vec![all]).await;
    for content in ["one", "two", "three"] {
        vault.put(B, K, content).await;
    }
    let open = upload(&vault).await;
    part(&vault, open, 1, 100).await;
    vault.run(4 * DAY);
    let early = keep(&vault).await;
    assert_eq!((early.removed, early.expired, early.aborted), (0, 0, 1));
    vault.run(3 * DAY);
    // Two noncurrent ones, one is kept.
    assert_eq!(keep(&vault).await.removed, 1);
    vault.run(5 * DAY);
    let expired = keep(&vault).await;
    assert_eq!(expired.expired, 1);
    assert_eq!(vault.get_text(B, K).await, None);
    // A marker on top pushed one more out, and later the last: then the marker stands alone.
    vault.run(7 * DAY);
    keep(&vault).await;
    vault.run(12 * DAY);
    keep(&vault).await;
    vault.run(40 * DAY);
    keep(&vault).await;
    let listed = vault
        .store
        .history(&by(Action::GetObject), &bucket_name(B), &key(K));
    let left = listed.unwrap();
    // The newest noncurrent version is kept by the rule, under the marker.
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|version| version.shown));
}

#[tokio::test]
async fn a_rule_waits_for_its_cooling_off_and_can_be_taken_back() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    vault.put(B, K, "content").await;
    vault.run(9 * DAY);
    let mut all = rule("all");
    all.expiration = Some(Expiration::Days(1));
    let new = LifecycleRules::new(vec![all]).unwrap();
    let writer = writer();
    let name = bucket_name(B);
    let put = |rules| vault.store.put_lifecycle(&writer, &name, rules);
    put(new.clone()).await.unwrap();
    assert_eq!(keep(&vault).await.expired, 0);
    let state = vault.store.lifecycle(&name).unwrap();
    assert_eq!(state.asked(), &new);
    assert!(state.pending(vault.now()).is_some());
    put(LifecycleRules::default()).await.unwrap();
    vault.run(4 * DAY);
    assert_eq!(keep(&vault).await.expired, 0);
    put(new).await.unwrap();
    vault.run(3 * DAY);
    assert_eq!(keep(&vault).await.expired, 1);
}

#[tokio::test]
async fn fewer_days_of_history_count_after_the_cooling_off() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    vault.put(B, K, "content").await;
    vault.delete(B, K, Which::Current).await.unwrap();
    let writer = writer();
    let name = bucket_name(B);
    let days = |days| {
        vault
            .store
            .put_history_days(&writer, &name, HistoryDays(days))
    };
    days(1).await.unwrap();
    vault.run(2 * DAY);
    assert_eq!(keep(&vault).await.released, 0);
    vault.run(DAY);
    assert_eq!(keep(&vault).await.released, 1);
    days(400).await.unwrap();
    assert_eq!(vault.store.bucket(&name).unwrap().history_days, 400);
    assert!(matches!(
        days(36_501).await,
        Err(StoreError::InvalidArgument(_))
    ));
    // Other settings do not lose what waits.
    days(2).await.unwrap();
    vault
        .store
        .put_versioning(&writer, &name, Versioning::Enabled)
        .await
        .unwrap();
    assert_eq!(vault.store.bucket(&name).unwrap().history_days, 400);
    vault.run(3 * DAY);
    assert_eq!(vault.store.bucket(&name).unwrap().history_days, 2);
}

#[tokio::test]
async fn a_lock_wins_over_rules_and_disposals_until_it_ends() {
    let vault = Vault::new().await;
    let name = bucket_name(B);
    vault
        .store
        .create_bucket_locked(&writer(), &name)
        .await
        .unwrap();
    let until = ComplianceTime(vault.now().0 + 50 * DAY);
    let mut request = put_request(K, "kept");
    request.lock.retention = Some(Retention {
        mode: RetentionMode::Governance,
        until,
    });
    vault.store.put(&writer(), &name, request).await.unwrap();
    vault.put(B, K, "newer").await;
    let mut all = rule("all");
    all.noncurrent = Some(NoncurrentExpiration {
        days: 1,
        newer_versions: None,
    });
    rules(&vault, vec![all]).await;
    let ask = DisposalAsk {
        prefix: "検査/".to_owned(),
        class: None,
        before: None,
        reason: "保存期間の満了".to_owned(),
    };
    vault
        .store
        .request_disposal(&writer(), &name, ask)
        .await
        .unwrap();
    let kept = keep(&vault).await;
    assert_eq!((kept.removed, kept.locked), (0, 1));
    vault.run(4 * DAY);
    let disposed = keep(&vault).await;
    assert_eq!((disposed.disposed, disposed.locked), (1, 1));
    // The disposal took the newer one; the locked one is current again, and no longer noncurrent.
    assert_eq!(vault.get_text(B, K).await.unwrap(), "kept");
    vault.run(60 * DAY);
    assert_eq!(keep(&vault).await.released, 1);
    assert_eq!(vault.get_text(B, K).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_disposal_undeletes_nothing() {
    let vault = Vault::new().await;
    let name = bucket_name(B);
    vault
        .store
        .create_bucket_locked(&writer(), &name)
        .await
        .unwrap();
    let mut request = put_request(K, "kept");
    request.lock.hold = Some(true);
    vault.store.put(&writer(), &name, request).await.unwrap();
    vault.delete(B, K, Which::Current).await.unwrap();
    vault.delete(B, OTHER, Which::Current).await.unwrap();
    vault.run(1000);
    let ask = DisposalAsk {
        prefix: String::new(),
        class: None,
        before: None,
        reason: "保存期間の満了".to_owned(),
    };
    vault
        .store
        .request_disposal(&writer(), &name, ask)
        .await
        .unwrap();
    vault.run(4 * DAY);
    let report = keep(&vault).await;
    assert_eq!((report.disposed, report.locked), (1, 1));
    assert_eq!(vault.get_text(B, K).await, None);
}

#[tokio::test]
async fn more_days_of_history_hold_back_a_pass_under_way() {
    const VERSIONS: usize = 200;
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    for number in 0..VERSIONS {
        let object = format!("{K}/{number}");
        let made = vault.put(B, &object, "x").await;
        vault
            .delete(B, &object, Which::Version(made.version))
            .await
            .unwrap();
    }
    vault.run(31 * DAY);
    let name = bucket_name(B);
    let released = || {
        let mut count = 0;
        for (partition, last, _) in vault.engine.status().heads {
            let limit = usize::try_from(last.0).unwrap().max(1);
            let records = vault.engine.journal(partition, Sequence(1), limit).unwrap();
            let is = |record: &&azekura_engine::seam::StoredRecord| record.kind == 27;
            count += records.iter().filter(is).count();
        }
        count
    };
    let raise = async {
        while released() == 0 {
            tokio::task::yield_now().await;
        }
        let days = HistoryDays(400);
        let by = writer();
        let put = vault.store.put_history_days(&by, &name, days);
        put.await.unwrap();
        released()
    };
    let (report, at_once) = tokio::join!(vault.store.keep_bucket(&name), raise);
    assert_eq!(report.unwrap().failed, 0);
    assert!(at_once < VERSIONS, "the pass was over too soon");
    assert_eq!(released(), at_once);
}

#[tokio::test]
async fn a_disposal_can_be_taken_back_and_needs_a_reason() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let writer = writer();
    let name = bucket_name(B);
    vault.put(B, K, "content").await;
    let ask = |reason: &str| DisposalAsk {
        prefix: String::new(),
        class: None,
        before: None,
        reason: reason.to_owned(),
    };
    let refused = vault.store.request_disposal(&writer, &name, ask(" ")).await;
    assert!(matches!(refused, Err(StoreError::InvalidArgument(_))));
    vault.run(1000);
    let job = vault
        .store
        .request_disposal(&writer, &name, ask("満了"))
        .await
        .unwrap();
    assert_eq!(
        vault.store.disposals(&name).unwrap(),
        std::slice::from_ref(&job)
    );
    let cancel = || vault.store.cancel_disposal(&writer, &name, job.id);
    cancel().await.unwrap();
    assert!(cancel().await.is_err());
    vault.run(4 * DAY);
    assert_eq!(keep(&vault).await.disposed, 0);
    assert_eq!(vault.get_text(B, K).await.unwrap(), "content");
}

#[tokio::test]
async fn a_retired_bucket_is_released_too() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let made = vault.put(B, K, "content").await;
    vault
        .delete(B, K, Which::Version(made.version))
        .await
        .unwrap();
    vault
        .store
        .delete_bucket(&writer(), &bucket_name(B))
        .await
        .unwrap();
    vault.run(31 * DAY);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.released, report.failed), (1, 0));
    assert_rebuild_equals(&vault.engine);
    assert_forgotten(&vault, K);
    assert_eq!(vault.store.kept().released, 1);
}

#[tokio::test]
async fn a_pass_with_nothing_due_reads_next_to_nothing() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let mut all = rule("all");
    all.expiration = Some(Expiration::Days(300));
    all.noncurrent = Some(NoncurrentExpiration {
        days: 300,
        newer_versions: None,
    });
    rules(&vault, vec![all]).await;
    for number in 0..2000 {
        vault.put(B, &format!("k/{number}"), "x").await;
    }
    vault.run(DAY);
    keep(&vault).await;
    // One record each: the first that is too young, and the tasks' own.
    let second = keep(&vault).await;
    assert!(second.records_read < 20, "{second:?}");
}
