//! Quotas of tenants: what is kept is counted whole, and refused before it is committed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod common;

use azekura_engine::seam::Engine as _;
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::ident::TenantId;
use azekura_model::identity::{Identity, IdentityName, TenantSettings};
use azekura_store::error::StoreError;
use azekura_store::identity::NewTenant;
use azekura_store::object::{PutOutcome, Which};
use azekura_store::volume::OverQuota;
use common::{Vault, bucket_name, by, if_match, put_request, writer};

const B: &str = "bucket";
const DAY_MS: i64 = 86_400_000;

fn first(vault: &Vault) -> TenantId {
    vault.store.tenants().first().unwrap().id
}

async fn limit(vault: &Vault, bytes: Option<u64>, versions: Option<u64>) {
    let settings = TenantSettings {
        quota_bytes: bytes,
        quota_versions: versions,
        ..TenantSettings::default()
    };
    let set = |_| Ok(Identity::Settings(settings));
    let (by, tenant) = (by(Action::Operate), first(vault));
    let set = vault
        .store
        .set_identity(&by, tenant, IdentityName::Settings, set);
    set.await.unwrap();
}

async fn put(vault: &Vault, object: &str, content: &str) -> Result<PutOutcome, StoreError> {
    let request = put_request(object, content.to_owned());
    let bucket = bucket_name(B);
    vault.store.put(&writer(), &bucket, request).await
}

fn over(unit: &'static str, most: u64, used: u64) -> Result<PutOutcome, StoreError> {
    Err(OverQuota { unit, most, used }.into())
}

#[tokio::test]
async fn what_is_hidden_counts_until_it_is_released_also_after_a_restart() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    vault.put(B, "k", "0123456789").await;
    limit(&vault, Some(25), None).await;
    let second = put(&vault, "k", "0123456789").await.unwrap();
    assert_eq!(put(&vault, "k", "012345").await, over("bytes", 25, 20));
    assert_eq!(
        vault.get_text(B, "k").await.as_deref(),
        Some("0123456789"),
        "nothing of what was refused is stored"
    );
    // Deleting for ever only hides.
    let which = Which::Version(second.version);
    vault.delete(B, "k", which).await.unwrap();
    assert_eq!(put(&vault, "k", "012345").await, over("bytes", 25, 20));
    let vault = vault.restarted().await;
    assert_eq!(put(&vault, "k", "012345").await, over("bytes", 25, 20));
    vault.run(31 * DAY_MS);
    assert_eq!(vault.store.keep().await.unwrap().released, 1);
    put(&vault, "k", "012345").await.unwrap();
    let usage = vault.store.usage(first(&vault)).await.unwrap();
    let kept = &usage.buckets.first().unwrap().all;
    assert_eq!((kept.versions, kept.bytes), (2, 16));
    let vault = vault.restarted().await;
    let full = put(&vault, "k", "0123456789").await;
    assert_eq!(full, over("bytes", 25, 16), "counted again to the same");
}

#[tokio::test]
async fn what_was_not_committed_is_given_back() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    limit(&vault, Some(20), Some(2)).await;
    vault.put(B, "k", "0123456789").await;
    let bucket = bucket_name(B);
    for _ in 0..3 {
        let mut request = put_request("k", "0123456789".to_owned());
        request.conditions = if_match("\"00000000000000000000000000000000\"");
        let refused = vault.store.put(&writer(), &bucket, request).await;
        assert!(matches!(refused, Err(StoreError::Condition(_))));
    }
    put(&vault, "k2", "0123456789").await.unwrap();
    assert_eq!(put(&vault, "k3", "").await, over("versions", 2, 2));
    // A delete marker takes nothing and is never refused.
    vault.delete(B, "k", Which::Current).await.unwrap();
    limit(&vault, None, None).await;
    put(&vault, "k3", "").await.unwrap();
    limit(&vault, None, Some(3)).await;
    assert_eq!(put(&vault, "k4", "").await, over("versions", 3, 3));
}

#[tokio::test]
async fn concurrent_writers_never_go_over() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    limit(&vault, Some(100), None).await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let store = vault.store.clone();
        writers.spawn(async move {
            let request = put_request(&format!("k{number}"), "0123456789".to_owned());
            store.put(&writer(), &bucket_name(B), request).await
        });
    }
    let outcomes = writers.join_all().await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(stored, 10);
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(_) | Err(StoreError::OverQuota(_))));
    }
    let usage = vault.store.usage(first(&vault)).await.unwrap();
    assert_eq!(usage.buckets.first().unwrap().all.bytes, 100);
}

#[tokio::test]
async fn the_quota_of_one_tenant_is_no_other_tenants() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let settings = TenantSettings {
        quota_bytes: Some(1),
        ..TenantSettings::default()
    };
    let new = NewTenant {
        sealed: false,
        name: "東病院".to_owned(),
        dual_control: false,
        settings,
        users: Vec::new(),
    };
    let operator = by(Action::Operate);
    let other = vault.store.create_tenant(&operator, new).await.unwrap();
    put(&vault, "k", "0123456789").await.unwrap();
    assert!(vault.store.usage(other).await.unwrap().buckets.is_empty());
}

#[tokio::test]
async fn byte_hours_follow_what_is_kept() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    vault.put(B, "k", "0123456789").await;
    let vault = vault.restarted().await;
    let start = vault.now();
    vault.run(3_600_000);
    vault.put(B, "k2", "01234").await;
    vault.run(7_200_000);
    let usage = vault.store.usage(first(&vault)).await.unwrap();
    assert!(usage.since <= start);
    let kept = usage.buckets.first().unwrap().byte_ms / 3_600_000;
    assert_eq!(kept, 10 + 15 * 2);
    assert!(vault.engine.status().damage.is_empty());
}
