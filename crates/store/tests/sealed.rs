//! Contents that only the institution's passphrase opens.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_engine::seam::Engine as _;
use azekura_model::access::{Action, ActionSet, Ask, Authorized, Grant, Resource, authorize};
use azekura_model::ident::{TenantId, UploadId};
use azekura_model::identity::TenantSettings;
use azekura_model::requester::Requester;
use azekura_store::body::Claims;
use azekura_store::error::StoreError;
use azekura_store::identity::NewTenant;
use azekura_store::listing::ListRequest;
use azekura_store::object::{Attributes, Which};
use azekura_store::tenant_seal::{SealRefused, SealState};
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PutPart, StoredPart};
use azekura_store::vault::passphrase::Passphrase;
use common::{Vault, body, bucket_name, key, put_request};

const B: &str = "charts";
const FIRST: &str = "correct horse battery staple";
const OTHER: &str = "another four random words";

fn by(tenant: Option<TenantId>, action: Action) -> Authorized {
    let requester = Requester {
        principal: "山田".to_owned(),
        key_id: "KEY".to_owned(),
        ..Requester::default()
    };
    let grant = Grant {
        tenant,
        user: tenant.map(|_| "山田".to_owned()),
        ..Grant::of_key(requester, [action].into_iter().collect::<ActionSet>())
    };
    let resource = tenant.map_or(Resource::Vault, Resource::Tenant);
    authorize(&grant, &Ask::plain(action, &resource, tenant)).unwrap()
}

fn words(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

async fn hospital(vault: &Vault, dual_control: bool) -> TenantId {
    let new = NewTenant {
        name: "東病院".to_owned(),
        dual_control,
        sealed: true,
        settings: TenantSettings::default(),
        users: Vec::new(),
    };
    let operator = by(None, Action::Operate);
    let tenant = vault.store.create_tenant(&operator, new).await.unwrap();
    let maker = by(Some(tenant), Action::CreateBucket);
    vault
        .store
        .create_bucket(&maker, &bucket_name(B))
        .await
        .unwrap();
    tenant
}

async fn set(
    vault: &Vault,
    tenant: TenantId,
    present: Option<&str>,
    new: &str,
) -> Result<(), StoreError> {
    let by = by(Some(tenant), Action::ManageIdentities);
    let store = &vault.store;
    store
        .set_tenant_passphrase(&by, tenant, present.map(words), words(new))
        .await
}

async fn unlock(vault: &Vault, tenant: TenantId, passphrase: &str) -> Result<(), StoreError> {
    let by = by(Some(tenant), Action::ManageIdentities);
    let store = &vault.store;
    store.unlock_tenant(&by, tenant, words(passphrase)).await
}

fn lock(vault: &Vault, tenant: TenantId) {
    let by = by(Some(tenant), Action::ManageIdentities);
    vault.store.lock_tenant(&by, tenant).unwrap();
}

async fn begin(vault: &Vault) -> Result<UploadId, StoreError> {
    let request = CreateUpload {
        lock: azekura_model::lock::LockAsked::default(),
        key: key("big"),
        attributes: Attributes::default(),
        checksum: None,
    };
    let by = common::writer();
    let made = vault
        .store
        .create_upload(&by, &bucket_name(B), request)
        .await?;
    Ok(made.id)
}

async fn part(
    vault: &Vault,
    upload: UploadId,
    number: u32,
    bytes: Vec<u8>,
) -> Result<StoredPart, StoreError> {
    let request = PutPart {
        key: key("big"),
        upload,
        number,
        claims: Claims::default(),
        body: body(bytes),
    };
    vault
        .store
        .put_part(&common::writer(), &bucket_name(B), request)
        .await
}

fn naming(upload: UploadId, parts: &[StoredPart]) -> CompleteUpload {
    CompleteUpload {
        key: key("big"),
        upload,
        parts: parts
            .iter()
            .map(|part| CompletedPart {
                number: part.number,
                etag: hex::encode(part.md5),
                checksum: None,
            })
            .collect(),
        checksum: None,
        bytes: None,
        conditions: azekura_model::condition::Conditions::default(),
    }
}

async fn put(vault: &Vault, object: &str, content: Vec<u8>) -> Result<(), StoreError> {
    let request = put_request(object, content);
    let stored = vault
        .store
        .put(&common::writer(), &bucket_name(B), request)
        .await;
    stored.map(drop)
}

/// One of each kind: inline, blob, parts of both kinds.
async fn filled(vault: &Vault) -> Vec<(&'static str, Vec<u8>)> {
    let (small, large) = (vec![1; 5000], vec![2; 3_000_000]);
    put(vault, "small", small.clone()).await.unwrap();
    put(vault, "large", large.clone()).await.unwrap();
    put(vault, "empty", Vec::new()).await.unwrap();
    let upload = begin(vault).await.unwrap();
    let (one, two) = (vec![3; 6 << 20], vec![4; 700]);
    let parts = [
        part(vault, upload, 1, one.clone()).await.unwrap(),
        part(vault, upload, 2, two.clone()).await.unwrap(),
    ];
    let named = naming(upload, &parts);
    let by = common::writer();
    vault
        .store
        .complete_upload(&by, &bucket_name(B), named)
        .await
        .unwrap();
    vec![
        ("small", small),
        ("large", large),
        ("big", [one, two].concat()),
    ]
}

async fn assert_reads(vault: &Vault, all: &[(&str, Vec<u8>)]) {
    for (object, content) in all {
        let read = vault.get(B, object, Which::Current).await;
        assert!(read.as_ref() == Ok(content), "{object}: {:?}", read.err());
    }
}

async fn assert_locked(vault: &Vault, all: &[(&str, Vec<u8>)]) {
    for (object, _) in all {
        let read = vault.get(B, object, Which::Current).await;
        assert_eq!(read, Err(StoreError::TenantLocked), "{object}");
    }
}

#[tokio::test]
async fn nothing_is_stored_before_the_first_passphrase() {
    let vault = Vault::new().await;
    let tenant = hospital(&vault, false).await;
    assert_eq!(vault.store.seal_state(tenant), Ok(SealState::NoPassphrase));
    assert_eq!(
        put(&vault, "a", vec![1]).await,
        Err(StoreError::TenantLocked)
    );
    assert_eq!(
        unlock(&vault, tenant, FIRST).await,
        Err(StoreError::Seal(SealRefused::NotSet))
    );
    set(&vault, tenant, None, FIRST).await.unwrap();
    assert_eq!(vault.store.seal_state(tenant), Ok(SealState::Unlocked));
    put(&vault, "a", vec![1]).await.unwrap();
    // The first one is set once.
    assert_eq!(
        set(&vault, tenant, None, OTHER).await,
        Err(StoreError::Seal(SealRefused::PresentNeeded))
    );
    let first = vault.store.first_tenant().unwrap();
    assert_eq!(vault.store.seal_state(first), Ok(SealState::Open));
    assert_eq!(
        set(&vault, first, None, FIRST).await,
        Err(StoreError::Seal(SealRefused::NotSealed))
    );
}

#[tokio::test]
async fn a_new_process_with_root_and_directory_opens_no_content_until_it_is_unlocked() {
    let vault = Vault::new().await;
    let tenant = hospital(&vault, false).await;
    set(&vault, tenant, None, FIRST).await.unwrap();
    let all = filled(&vault).await;
    assert_reads(&vault, &all).await;

    let vault = vault.restarted().await;
    assert_eq!(vault.store.seal_state(tenant), Ok(SealState::Locked));
    assert_locked(&vault, &all).await;
    let listed = vault.store.list(
        &bucket_name(B),
        &ListRequest {
            max: 10,
            ..ListRequest::default()
        },
    );
    let names: Vec<String> = listed
        .unwrap()
        .objects
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(names, ["big", "empty", "large", "small"]);
    assert_eq!(
        unlock(&vault, tenant, OTHER).await,
        Err(StoreError::Seal(SealRefused::WrongPassphrase))
    );
    assert_locked(&vault, &all).await;
    unlock(&vault, tenant, FIRST).await.unwrap();
    assert_reads(&vault, &all).await;
    common::assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_locked_tenant_stores_nothing_and_an_upload_goes_on_after_the_unlock() {
    let vault = Vault::new().await;
    let tenant = hospital(&vault, false).await;
    set(&vault, tenant, None, FIRST).await.unwrap();
    let upload = begin(&vault).await.unwrap();
    let one = part(&vault, upload, 1, vec![7; 6 << 20]).await.unwrap();
    lock(&vault, tenant);
    let before = vault.engine.status().heads;
    assert_eq!(
        put(&vault, "a", vec![1; 10]).await,
        Err(StoreError::TenantLocked)
    );
    assert_eq!(
        put(&vault, "b", vec![1; 2_000_000]).await,
        Err(StoreError::TenantLocked)
    );
    assert_eq!(begin(&vault).await, Err(StoreError::TenantLocked));
    let refused = part(&vault, upload, 2, vec![1]).await;
    assert_eq!(refused, Err(StoreError::TenantLocked));
    let by = common::writer();
    let named = || naming(upload, std::slice::from_ref(&one));
    let refused = vault
        .store
        .complete_upload(&by, &bucket_name(B), named())
        .await;
    assert_eq!(refused.map(drop), Err(StoreError::TenantLocked));
    assert_eq!(vault.engine.status().heads, before, "something was stored");

    unlock(&vault, tenant, FIRST).await.unwrap();
    let two = part(&vault, upload, 2, vec![8; 9]).await.unwrap();
    let named = naming(upload, &[one, two]);
    vault
        .store
        .complete_upload(&by, &bucket_name(B), named)
        .await
        .unwrap();
    let read = vault.get(B, "big", Which::Current).await.unwrap();
    assert_eq!(read, [vec![7; 6 << 20], vec![8; 9]].concat());
}

#[tokio::test]
async fn another_passphrase_and_another_epoch_leave_contents_readable() {
    let vault = Vault::new().await;
    let tenant = hospital(&vault, false).await;
    set(&vault, tenant, None, FIRST).await.unwrap();
    let all = filled(&vault).await;
    let rotator = common::by(Action::PutObject);
    vault
        .store
        .rotate_epoch(&rotator, &bucket_name(B))
        .await
        .unwrap();
    assert_eq!(
        set(&vault, tenant, Some(OTHER), OTHER).await,
        Err(StoreError::Seal(SealRefused::WrongPassphrase))
    );
    set(&vault, tenant, Some(FIRST), OTHER).await.unwrap();
    let vault = vault.restarted().await;
    assert_eq!(
        unlock(&vault, tenant, FIRST).await,
        Err(StoreError::Seal(SealRefused::WrongPassphrase))
    );
    assert_locked(&vault, &all).await;
    unlock(&vault, tenant, OTHER).await.unwrap();
    assert_reads(&vault, &all).await;
    common::assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn another_passphrase_needs_two_people_where_the_tenant_says_so() {
    let vault = Vault::new().await;
    let tenant = hospital(&vault, true).await;
    set(&vault, tenant, None, FIRST).await.unwrap();
    let refused = set(&vault, tenant, Some(FIRST), OTHER).await;
    assert!(
        matches!(refused, Err(StoreError::ApprovalNeeded(_))),
        "{refused:?}"
    );
    let vault = vault.restarted().await;
    unlock(&vault, tenant, FIRST).await.unwrap();
}

#[tokio::test]
async fn five_tries_a_minute() {
    let vault = Vault::new().await;
    let tenant = hospital(&vault, false).await;
    set(&vault, tenant, None, FIRST).await.unwrap();
    lock(&vault, tenant);
    for _ in 0..5 {
        let wrong = unlock(&vault, tenant, OTHER).await;
        assert_eq!(wrong, Err(StoreError::Seal(SealRefused::WrongPassphrase)));
    }
    let refused = unlock(&vault, tenant, FIRST).await;
    assert_eq!(refused, Err(StoreError::Seal(SealRefused::TooManyTries)));
    vault.run(61_000);
    unlock(&vault, tenant, FIRST).await.unwrap();
}
