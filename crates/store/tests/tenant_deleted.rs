//! A tenant is deleted when it keeps nothing and two people agreed; then nobody of it gets in, its name
//! stays taken, and its audit is kept for its period.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "common/approvers.rs"]
mod approvers;
mod common;

use std::sync::Arc;

use approvers::SigningKey;
use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::Engine as _;
use azekura_model::access::{
    Action, ActionSet, Ask, Authorized, Grant, Preset, Resource, authorize,
};
use azekura_model::audit::{AuditEntry, AuditMode, AuditPolicy, AuthMethod};
use azekura_model::governed::{DualControl, Held, PermittedBy};
use azekura_model::ident::TenantId;
use azekura_model::identity::{
    Identity, IdentityName, KeyQuota, SigningKey as Registered, TenantSettings, User, UserKind,
};
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::time::HybridTime;
use azekura_record::core::RecordKind;
use azekura_store::audit::{AuditOptions, Auditor, audit_partition};
use azekura_store::error::StoreError;
use azekura_store::families::CONFIGURATION;
use azekura_store::identity::{NewKey, NewTenant};
use azekura_store::seal::record::open_record;
use azekura_store::store::Store;
use common::ending::{Ending, Ends};
use common::{Vault, assert_rebuild_equals, bucket_name, key, policy, put_request};

const DAY: i64 = 86_400_000;
const B: &str = "east-images";
const NAME: &str = "東病院";

/// Somebody of a tenant; none for the operator of the vault.
fn by(tenant: Option<TenantId>, name: &str, action: Action) -> Authorized {
    let requester = Requester {
        principal: name.to_owned(),
        key_id: format!("KEY-{name}"),
        ..Requester::default()
    };
    let grant = Grant {
        tenant,
        user: tenant.map(|_| name.to_owned()),
        ..Grant::of_key(requester, std::iter::once(action).collect::<ActionSet>())
    };
    let resource = tenant.map_or(Resource::Vault, Resource::Tenant);
    authorize(&grant, &Ask::plain(action, &resource, tenant)).unwrap()
}

fn operator() -> Authorized {
    by(None, "root", Action::Operate)
}

fn new_tenant(name: &str, dual_control: bool) -> NewTenant {
    let key = Registered {
        public: SigningKey::new(1).public(),
        comment: String::new(),
        registered: HybridTime::default(),
        frozen: false,
    };
    let user = User {
        name: "鈴木".to_owned(),
        kind: UserKind::Person,
        preset: Some(Preset::Admin),
        groups: Vec::new(),
        policies: Vec::new(),
        approver: true,
        signing_keys: vec![key],
        disabled: false,
        time_box: None,
        totp: None,
    };
    NewTenant {
        sealed: false,
        name: name.to_owned(),
        dual_control,
        settings: TenantSettings::default(),
        users: vec![user],
    }
}

fn new_key() -> NewKey {
    NewKey {
        label: "first".to_owned(),
        user: "鈴木".to_owned(),
        preset: None,
        policy: None,
        expires_days: None,
        unused_days: None,
        source_cidrs: Vec::new(),
        certificate: None,
        limits: KeyQuota::default(),
    }
}

async fn make(store: &Store, dual_control: bool) -> (TenantId, String) {
    let by = operator();
    let tenant = store.create_tenant(&by, new_tenant(NAME, dual_control));
    let tenant = tenant.await.unwrap();
    let key = store.create_access_key(&by, tenant, new_key());
    (tenant, key.await.unwrap().0.id)
}

fn keeps(result: Result<(), StoreError>) -> String {
    match result {
        Err(StoreError::InvalidRequest(why)) => why,
        other => panic!("{other:?}"),
    }
}

async fn vault() -> Vault {
    Vault::made(|engine| engine, policy(), DualControl::Off).await
}

/// How the deletion was allowed, by its record.
fn permitted(vault: &Vault) -> Option<PermittedBy> {
    let (keys, _) = vault.learnt();
    let records = vault.engine.journal(CONFIGURATION, Sequence(1), 10_000);
    let records = records.unwrap().into_iter();
    let mut of = records.filter(|record| record.kind == RecordKind::TenantDeleted.number());
    let record = of.next().unwrap();
    assert!(of.next().is_none());
    let opened = open_record(&keys, record.kind, &record.core, &record.particulars);
    opened.unwrap().particulars.permitted
}

#[tokio::test]
async fn a_tenant_that_keeps_anything_stays() {
    let vault = vault().await;
    let store = &vault.store;
    let (tenant, _) = make(store, false).await;
    let first = store.first_tenant().unwrap();
    keeps(store.delete_tenant(&operator(), first).await);
    let unknown = store.delete_tenant(&operator(), TenantId([9; 16])).await;
    assert_eq!(unknown, Err(StoreError::NoSuchIdentity));

    let own = by(Some(tenant), "鈴木", Action::CreateBucket);
    let name = bucket_name(B);
    store.create_bucket(&own, &name).await.unwrap();
    let writes = Authorized::internal("test", Action::PutObject);
    let request = put_request("k", "content");
    store.put(&writes, &name, request).await.unwrap();
    let why = keeps(store.delete_tenant(&operator(), tenant).await);
    assert!(
        why.starts_with("the tenant has 1 buckets, and 0 deleted"),
        "{why}"
    );
    vault.run(10_000);
    let which = azekura_store::object::Which::Current;
    let gone = store.delete(&writes, &name, &key("k"), which).await;
    gone.unwrap();
    store.delete_bucket(&own, &name).await.unwrap();
    // Its history runs, then its keys go.
    for days in [0, 29] {
        vault.run(days * DAY);
        store.keep().await.unwrap();
        let why = keeps(store.delete_tenant(&operator(), tenant).await);
        assert!(
            why.starts_with("the tenant has 0 buckets, and 1 deleted"),
            "{why}"
        );
    }
    vault.run(3 * DAY);
    store.keep().await.unwrap();
    store.keep().await.unwrap();
    store.delete_tenant(&operator(), tenant).await.unwrap();
    assert_eq!(permitted(&vault), Some(PermittedBy::DualControlOff));
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn the_operator_asks_and_a_person_of_the_tenant_signs() {
    let vault = vault().await;
    let store = &vault.store;
    let (tenant, access_key) = make(store, true).await;
    let asked = store.delete_tenant(&operator(), tenant).await;
    let Err(StoreError::ApprovalNeeded(needed)) = asked else {
        panic!("{asked:?}");
    };
    let id = needed.request;
    assert_eq!(needed.held, Held::NotApproved { request: id });
    let reads = Authorized::internal("test", Action::AdminRead);
    let request = store.request(&reads, id).unwrap();
    assert!(
        request.text.contains("operation: delete-tenant"),
        "{}",
        request.text
    );
    assert!(request.text.contains(NAME));
    let approves = by(Some(tenant), "鈴木", Action::AdminRead);
    let signed = SigningKey::new(1).sign(&request);
    store.approve_request(&approves, id, &signed).await.unwrap();
    let early = store.delete_tenant(&operator(), tenant).await;
    assert!(matches!(early, Err(StoreError::ApprovalNeeded(_))));
    assert!(store.access_key(&access_key).unwrap().is_some());
    vault.run(3 * DAY);
    // A bucket that was made meanwhile keeps the tenant, and the request stands.
    let own = by(Some(tenant), "鈴木", Action::CreateBucket);
    store.delete_tenant(&operator(), tenant).await.unwrap();
    let Some(PermittedBy::TwoPeople { request, approver }) = permitted(&vault) else {
        panic!("{:?}", permitted(&vault));
    };
    assert_eq!((request, approver.as_str()), (id, "鈴木"));

    let restarted = vault.restarted().await;
    for store in [store, &restarted.store] {
        assert!(store.is_tenant_deleted(tenant));
        assert!(store.access_key(&access_key).unwrap().is_none());
        let made = store.create_bucket(&own, &bucket_name(B)).await;
        assert_eq!(made.err(), Some(StoreError::NoSuchIdentity));
        let again = store.delete_tenant(&operator(), tenant).await;
        assert_eq!(again, Err(StoreError::NoSuchIdentity));
        let more = store
            .create_access_key(&operator(), tenant, new_key())
            .await;
        assert_eq!(more.err(), Some(StoreError::NoSuchIdentity));
        let by = operator();
        let same = store.create_tenant(&by, new_tenant(NAME, true));
        assert!(matches!(same.await, Err(StoreError::InvalidRequest(_))));
    }
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_bucket_that_is_being_made_is_seen() {
    let mut ending = None;
    let over = |engine: Arc<MemoryEngine>| {
        let over = Ending::new(engine, Ends::Never);
        ending = Some(Arc::clone(&over));
        over
    };
    let vault = Vault::made(over, policy(), DualControl::Off).await;
    let ending = ending.unwrap();
    let (tenant, _) = make(&vault.store, false).await;
    ending.park(RecordKind::BucketCreated);
    let making = vault.store.clone();
    let made = tokio::spawn(async move {
        let own = by(Some(tenant), "鈴木", Action::CreateBucket);
        making.create_bucket(&own, &bucket_name(B)).await.map(drop)
    });
    ending.until_parked().await;
    let deleting = vault.store.clone();
    let deleted = tokio::spawn(async move { deleting.delete_tenant(&operator(), tenant).await });
    tokio::task::yield_now().await;
    assert!(!deleted.is_finished(), "it waits for who is before it");
    ending.go_on();
    made.await.unwrap().unwrap();
    keeps(deleted.await.unwrap());
    assert!(!vault.store.is_tenant_deleted(tenant));
}

#[tokio::test]
async fn the_audit_of_a_deleted_tenant_stays_readable_on_disk() {
    let vault = vault().await;
    let (tenant, _) = make(&vault.store, false).await;
    let audit = AuditPolicy {
        mode: AuditMode::Strict,
        ..AuditPolicy::default()
    };
    let own = by(Some(tenant), "鈴木", Action::ManageIdentities);
    let set = vault
        .store
        .set_identity(&own, tenant, IdentityName::Audit, |_| {
            Ok(Identity::Audit(audit))
        });
    set.await.unwrap();
    let options = AuditOptions {
        policies: vault.store.audit_policies(),
        ..AuditOptions::default()
    };
    let auditor = Auditor::start(&vault.store, options);
    let entry = AuditEntry {
        auth: AuthMethod::Header,
        status: 200,
        ..AuditEntry::default()
    };
    auditor.record(Some(tenant), entry).await.unwrap();
    auditor.close().await.unwrap();
    vault
        .store
        .delete_tenant(&operator(), tenant)
        .await
        .unwrap();
    let restarted = vault.restarted().await;
    assert_eq!(restarted.store.audit_policy(tenant), audit);
    assert_eq!(restarted.store.keep().await.unwrap().audit_batches, 0);
    let (keys, _) = restarted.learnt();
    let records = restarted
        .engine
        .journal(audit_partition(tenant), Sequence(1), 10)
        .unwrap();
    let record = records.first().unwrap();
    open_record(&keys, record.kind, &record.core, &record.particulars).unwrap();
}
