//! Object lock: put, change, hide, delete, across restarts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::Configured;
use azekura_model::condition::DeleteConditions;
use azekura_model::ident::VersionId;
use azekura_model::lock::{
    Bypass, DefaultRetention, Lock, LockAsked, LockRefused, LockState, ObjectLock, Period,
    Retention, RetentionMode,
};
use azekura_model::time::ComplianceTime;
use azekura_store::error::StoreError;
use azekura_store::object::Which;
use common::{Vault, assert_rebuild_equals, bucket_name, by, key, put_request, writer};

const B: &str = "locked-bucket";
const K: &str = "診療/記録";
const HOUR: i64 = 3_600_000;
const GOVERNANCE: RetentionMode = RetentionMode::Governance;
const COMPLIANCE: RetentionMode = RetentionMode::Compliance;

async fn locked_bucket() -> Vault {
    let vault = Vault::new().await;
    vault
        .store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await
        .unwrap();
    vault
}

fn bypass() -> Bypass {
    Bypass::claimed(&by(Action::BypassGovernanceRetention), true).unwrap()
}

fn kept(vault: &Vault, mode: RetentionMode, ms: i64) -> Retention {
    Retention {
        mode,
        until: ComplianceTime(vault.now().0 + ms),
    }
}

async fn try_put(vault: &Vault, lock: LockAsked) -> Result<VersionId, StoreError> {
    let mut request = put_request(K, "content");
    request.lock = lock;
    let outcome = vault.store.put(&writer(), &bucket_name(B), request).await?;
    Ok(outcome.version)
}

async fn put(vault: &Vault, lock: LockAsked) -> VersionId {
    try_put(vault, lock).await.unwrap()
}

fn retained(retention: Retention) -> LockAsked {
    LockAsked {
        retention: Some(retention),
        hold: None,
    }
}

async fn delete(
    vault: &Vault,
    version: VersionId,
    bypass: Option<&Bypass>,
) -> Result<(), StoreError> {
    let (object, always) = (key(K), DeleteConditions::default());
    let which = Which::Version(version);
    vault
        .store
        .delete_if(
            &writer(),
            &bucket_name(B),
            (&object, which),
            &always,
            bypass,
        )
        .await
        .map(|_| ())
}

async fn retain(
    vault: &Vault,
    version: VersionId,
    retention: Option<Retention>,
    bypass: Option<&Bypass>,
) -> Result<(), StoreError> {
    let object = key(K);
    let object = (&object, Which::Version(version));
    vault
        .store
        .put_retention(&writer(), &bucket_name(B), object, retention, bypass)
        .await
        .map(|_| ())
}

async fn hold(vault: &Vault, version: VersionId, on: bool) {
    let object = key(K);
    let object = (&object, Which::Version(version));
    vault
        .store
        .put_hold(&writer(), &bucket_name(B), object, on)
        .await
        .unwrap();
}

fn state(vault: &Vault, version: VersionId) -> LockState {
    let which = Which::Version(version);
    let (found, state) = vault
        .store
        .lock_state(&writer(), &bucket_name(B), &key(K), which)
        .unwrap();
    assert_eq!(found, version);
    state
}

fn lock(vault: &Vault, version: VersionId) -> Lock {
    match state(vault, version) {
        LockState::Known(lock) => lock,
        LockState::Unknown(why) => panic!("{why}"),
    }
}

async fn default(vault: &Vault, default: Option<DefaultRetention>) {
    vault
        .store
        .put_object_lock(&writer(), &bucket_name(B), default)
        .await
        .unwrap();
}

fn days(mode: RetentionMode, days: u32) -> Option<DefaultRetention> {
    Some(DefaultRetention {
        mode,
        period: Period::days(days).unwrap(),
    })
}

#[tokio::test]
async fn a_locked_version_outlives_everything_until_its_date() {
    let mut vault = locked_bucket().await;
    let retention = kept(&vault, COMPLIANCE, HOUR);
    let version = put(&vault, retained(retention)).await;
    let refused = StoreError::Locked(LockRefused::Compliance {
        until: retention.until,
    });
    for round in 0..3 {
        let deleted = delete(&vault, version, Some(&bypass())).await;
        assert_eq!(deleted.unwrap_err(), refused, "round {round}");
        vault = vault.restarted().await;
    }
    // A DELETE without a version hides, and never fails for a lock.
    let outcome = vault.delete(B, K, Which::Current).await.unwrap();
    assert!(outcome.marker);
    delete(&vault, outcome.version.unwrap(), None)
        .await
        .unwrap();
    assert_eq!(vault.get_text(B, K).await.as_deref(), Some("content"));
    vault.run(HOUR + 1000);
    delete(&vault, version, None).await.unwrap();
    assert_eq!(vault.get_text(B, K).await, None);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn changes_of_a_lock_leave_the_version_as_it_is() {
    let vault = locked_bucket().await;
    let version = put(&vault, LockAsked::default()).await;
    let head = async || {
        let which = Which::Version(version);
        let (bucket, object) = (bucket_name(B), key(K));
        let info = vault.store.head(&writer(), &bucket, &object, which).await;
        info.unwrap()
    };
    let mut expected = head().await;
    assert_eq!(expected.lock, Some(Lock::default()));
    vault.run(5000);
    let retention = kept(&vault, GOVERNANCE, HOUR);
    retain(&vault, version, Some(retention), None)
        .await
        .unwrap();
    hold(&vault, version, true).await;
    hold(&vault, version, false).await;
    expected.lock = Some(Lock {
        retention: Some(retention),
        hold: Some(false),
        ..Lock::default()
    });
    assert_eq!(head().await, expected);
    assert_eq!(Some(lock(&vault, version)), expected.lock);
    let shorter = kept(&vault, GOVERNANCE, HOUR / 2);
    assert!(retain(&vault, version, Some(shorter), None).await.is_err());
    retain(&vault, version, Some(shorter), Some(&bypass()))
        .await
        .unwrap();
    assert_eq!(lock(&vault, version).retention, Some(shorter));
    assert!(delete(&vault, version, None).await.is_err());
    delete(&vault, version, Some(&bypass())).await.unwrap();
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_hold_alone_keeps_a_version_whose_retention_is_over() {
    let vault = locked_bucket().await;
    let asked = LockAsked {
        retention: Some(kept(&vault, GOVERNANCE, 1000)),
        hold: Some(true),
    };
    let version = put(&vault, asked).await;
    vault.run(2000);
    for by in [None, Some(&bypass())] {
        let deleted = delete(&vault, version, by).await;
        assert_eq!(deleted, Err(StoreError::Locked(LockRefused::Hold)));
    }
    hold(&vault, version, false).await;
    delete(&vault, version, None).await.unwrap();
}

#[tokio::test]
async fn the_default_is_stored_at_the_commit_and_headers_beat_it() {
    let vault = locked_bucket().await;
    default(&vault, days(COMPLIANCE, 2)).await;
    let first = put(&vault, LockAsked::default()).await;
    let expected = kept(&vault, COMPLIANCE, 2 * 24 * HOUR);
    default(&vault, days(GOVERNANCE, 1)).await;
    let asked = kept(&vault, GOVERNANCE, 1000);
    let second = put(&vault, retained(asked)).await;
    default(&vault, None).await;
    let third = put(&vault, LockAsked::default()).await;
    assert_eq!(lock(&vault, first).retention, Some(expected));
    assert_eq!(lock(&vault, second).retention, Some(asked));
    assert_eq!(lock(&vault, third), Lock::default());
    let stands = vault.store.object_lock(&bucket_name(B)).unwrap();
    assert_eq!(stands, Configured::Set(ObjectLock::default()));
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn dates_that_cannot_be_store_nothing() {
    let vault = locked_bucket().await;
    let past = kept(&vault, COMPLIANCE, 0);
    let refused = try_put(&vault, retained(past)).await;
    let now = vault.now();
    let expected = StoreError::Locked(LockRefused::NotInFuture { now });
    assert_eq!(refused.unwrap_err(), expected);
    assert_eq!(vault.get_text(B, K).await, None);
}

#[tokio::test]
async fn a_bucket_without_lock_takes_no_lock() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let asked = retained(kept(&vault, GOVERNANCE, HOUR));
    let refused = try_put(&vault, asked).await;
    assert_eq!(refused, Err(StoreError::BucketWithoutLock));
    let version = put(&vault, LockAsked::default()).await;
    let refused = retain(&vault, version, asked.retention, None).await;
    assert_eq!(refused, Err(StoreError::BucketWithoutLock));
    let which = Which::Version(version);
    let shown = vault
        .store
        .retention(&writer(), &bucket_name(B), &key(K), which);
    assert_eq!(shown, Err(StoreError::BucketWithoutLock));
    let info = vault
        .store
        .head(&writer(), &bucket_name(B), &key(K), which)
        .await;
    assert_eq!(info.unwrap().lock, None);
}

#[tokio::test]
async fn lock_needs_versioning_and_holds_it() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let null = vault.put(B, K, "before").await;
    assert!(null.null);
    let (bucket, none) = (bucket_name(B), None);
    let refused = vault.store.put_object_lock(&writer(), &bucket, none).await;
    assert!(matches!(refused, Err(StoreError::InvalidBucketState(_))));
    for versioning in [Versioning::Suspended, Versioning::Enabled] {
        vault
            .store
            .put_versioning(&writer(), &bucket, versioning)
            .await
            .unwrap();
    }
    vault
        .store
        .put_object_lock(&writer(), &bucket, none)
        .await
        .unwrap();
    let suspended = Versioning::Suspended;
    let refused = vault
        .store
        .put_versioning(&writer(), &bucket, suspended)
        .await;
    assert!(matches!(refused, Err(StoreError::InvalidBucketState(_))));
    // A `null` version from before can be locked, and no new one replaces it.
    let object = key(K);
    let retention = kept(&vault, COMPLIANCE, HOUR);
    vault
        .store
        .put_retention(
            &writer(),
            &bucket,
            (&object, Which::Null),
            Some(retention),
            None,
        )
        .await
        .unwrap();
    assert!(!vault.put(B, K, "after").await.null);
    let refused = vault.delete(B, K, Which::Null).await;
    assert!(matches!(refused, Err(StoreError::Locked(_))));
    assert_eq!(vault.get(B, K, Which::Null).await.unwrap(), b"before");
}

#[tokio::test]
async fn a_bypassed_version_keeps_its_bytes_and_not_the_bucket() {
    let vault = locked_bucket().await;
    let retention = kept(&vault, GOVERNANCE, HOUR);
    let version = put(&vault, retained(retention)).await;
    let bucket = bucket_name(B);
    let refused = vault.store.delete_bucket(&writer(), &bucket).await;
    assert_eq!(refused, Err(StoreError::BucketNotEmpty));
    delete(&vault, version, Some(&bypass())).await.unwrap();
    vault.store.delete_bucket(&writer(), &bucket).await.unwrap();
}

#[tokio::test]
async fn the_setting_has_one_way_in_and_none_out() {
    let vault = locked_bucket().await;
    let bucket = bucket_name(B);
    let store = &vault.store;
    let set = store
        .configure_bucket(&writer(), &bucket, ObjectLock::default())
        .await;
    assert!(matches!(set, Err(StoreError::InvalidBucketState(_))));
    let cleared = store
        .clear_bucket_setting::<ObjectLock>(&writer(), &bucket)
        .await;
    assert!(matches!(cleared, Err(StoreError::InvalidBucketState(_))));
}
