//! Two people over the directory: who administers and who approves is itself decided by two.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "common/approvers.rs"]
mod approvers;
mod common;

use approvers::SigningKey;
use azekura_engine::seam::Engine as _;
use azekura_model::access::{
    Action, ActionSet, Ask, Authorized, Grant, Preset, Resource, authorize,
};
use azekura_model::audit::{AuditMode, AuditPolicy};
use azekura_model::governed::{DualControl, Held, NotApproved, PermittedBy};
use azekura_model::ident::{RequestId, TenantId};
use azekura_model::identity::{
    Identity, IdentityName, KeyQuota, SigningKey as Registered, TenantSettings, User, UserKind,
};
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::time::HybridTime;
use azekura_store::error::StoreError;
use azekura_store::families::IDENTITY;
use azekura_store::identity::{NewKey, NewTenant};
use azekura_store::seal::record::open_record;
use common::{Vault, assert_rebuild_equals, policy, writer};

const DAY: i64 = 86_400_000;

fn name_of(name: &str) -> String {
    name.to_owned()
}

/// A person of the tenant, allowed to do one thing.
fn person(name: &str, tenant: TenantId, action: Action) -> Authorized {
    let requester = Requester {
        principal: name.to_owned(),
        ..Requester::default()
    };
    let allowed = std::iter::once(action).collect::<ActionSet>();
    let grant = Grant {
        tenant: Some(tenant),
        user: Some(name_of(name)),
        ..Grant::of_key(requester, allowed)
    };
    let resource = Resource::Tenant(tenant);
    let ask = Ask::plain(action, &resource, Some(tenant));
    authorize(&grant, &ask).unwrap()
}

fn user(name: &str, preset: Option<Preset>, key: Option<&SigningKey>) -> User {
    User {
        name: name_of(name),
        kind: UserKind::Person,
        preset,
        groups: Vec::new(),
        policies: Vec::new(),
        approver: key.is_some(),
        // A caller that dates a key back is not believed.
        signing_keys: key
            .map(|key| registered(key, HybridTime::from_packed(1)))
            .into_iter()
            .collect(),
        disabled: false,
        time_box: None,
        totp: None,
    }
}

fn registered(key: &SigningKey, registered: HybridTime) -> Registered {
    Registered {
        public: key.public(),
        comment: String::new(),
        registered,
        frozen: false,
    }
}

struct Scene {
    vault: Vault,
    tenant: TenantId,
    suzuki: SigningKey,
}

async fn scene(dual: bool) -> Scene {
    let vault = Vault::made(|engine| engine, policy(), DualControl::Off).await;
    let suzuki = SigningKey::new(1);
    let new = NewTenant {
        sealed: false,
        name: "第二病院".to_owned(),
        dual_control: dual,
        settings: TenantSettings {
            quota_bytes: None,
            quota_versions: None,
            totp_required: true,
            unused_days: None,
        },
        users: vec![
            user("sato", Some(Preset::Admin), None),
            user("suzuki", None, Some(&suzuki)),
        ],
    };
    let tenant = vault.store.create_tenant(&writer(), new).await.unwrap();
    Scene {
        vault,
        tenant,
        suzuki,
    }
}

impl Scene {
    async fn put(&self, who: &str, new: User) -> Result<(), StoreError> {
        let name = IdentityName::User(new.name.clone());
        let by = person(who, self.tenant, Action::ManageIdentities);
        self.vault
            .store
            .set_identity(&by, self.tenant, name, |_| Ok(Identity::User(new)))
            .await
            .map(|_| ())
    }

    async fn key(&self, who: &str, preset: Preset, label: &str) -> Result<String, StoreError> {
        let new = NewKey {
            label: label.to_owned(),
            user: name_of("sato"),
            preset: Some(preset),
            policy: None,
            expires_days: Some(90),
            unused_days: None,
            source_cidrs: Vec::new(),
            certificate: None,
            limits: KeyQuota::default(),
        };
        let by = person(who, self.tenant, Action::ManageIdentities);
        let made = self
            .vault
            .store
            .create_access_key(&by, self.tenant, new)
            .await;
        made.map(|(key, _)| key.id)
    }

    async fn approve(&self, id: RequestId, key: &SigningKey) -> Result<(), StoreError> {
        let request = self.vault.store.request(&writer(), id).unwrap();
        let signed = key.sign(&request);
        let approved = self
            .vault
            .store
            .approve_request(&writer(), id, &signed)
            .await;
        approved.map(|_| ())
    }
}

fn needed<T: std::fmt::Debug>(result: Result<T, StoreError>) -> (RequestId, Held) {
    match result {
        Err(StoreError::ApprovalNeeded(needed)) => (needed.request, needed.held),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_administrator_takes_two() {
    let scene = scene(true).await;
    let tanaka = || user("tanaka", Some(Preset::Admin), None);
    let (id, held) = needed(scene.put("sato", tanaka()).await);
    assert_eq!(held, Held::NotApproved { request: id });
    // A person without rights of administration takes one.
    scene
        .put("sato", user("takahashi", None, None))
        .await
        .unwrap();
    scene.approve(id, &scene.suzuki).await.unwrap();
    needed(scene.put("sato", tanaka()).await);
    scene.vault.run(3 * DAY);
    scene.put("sato", tanaka()).await.unwrap();
    let view = scene.vault.store.tenant(scene.tenant).unwrap();
    assert!(view.users.contains_key(&name_of("tanaka")));
    assert_rebuild_equals(&scene.vault.engine);
}

#[tokio::test]
async fn a_key_that_administers_takes_two_and_the_same_call_is_the_same_request() {
    let scene = scene(true).await;
    let (id, _) = needed(scene.key("sato", Preset::Admin, "night").await);
    scene.vault.run(DAY);
    assert_eq!(
        needed(scene.key("sato", Preset::Admin, "night").await).0,
        id
    );
    assert_ne!(needed(scene.key("sato", Preset::Admin, "day").await).0, id);
    scene.key("sato", Preset::IngestOnly, "ct-1").await.unwrap();
    scene.approve(id, &scene.suzuki).await.unwrap();
    scene.vault.run(3 * DAY);
    scene.key("sato", Preset::Admin, "night").await.unwrap();
    // One signature, one key.
    assert_ne!(
        needed(scene.key("sato", Preset::Admin, "night").await).0,
        id
    );
}

#[tokio::test]
async fn nobody_makes_an_approver_for_a_request_that_stands() {
    let scene = scene(true).await;
    let mine = SigningKey::new(2);
    let (wanted, _) = needed(
        scene
            .put("sato", user("tanaka", Some(Preset::Admin), None))
            .await,
    );
    let puppet = || user("puppet", None, Some(&mine));
    let (id, _) = needed(scene.put("sato", puppet()).await);
    scene.approve(id, &scene.suzuki).await.unwrap();
    scene.vault.run(3 * DAY);
    scene.put("sato", puppet()).await.unwrap();
    let refused = scene.approve(wanted, &mine).await;
    assert_eq!(
        refused,
        Err(StoreError::NotApproved(NotApproved::KeyTooNew))
    );
    scene.approve(wanted, &scene.suzuki).await.unwrap();
}

#[tokio::test]
async fn the_second_person_is_not_taken_away_by_one() {
    let scene = scene(true).await;
    let (store, tenant) = (&scene.vault.store, scene.tenant);
    let by = person("sato", scene.tenant, Action::ManageIdentities);
    let name = || IdentityName::User(name_of("suzuki"));
    needed(store.remove_identity(&by, tenant, name()).await);
    needed(scene.put("sato", user("suzuki", None, None)).await);
    let disabled = User {
        disabled: true,
        ..user("suzuki", None, Some(&scene.suzuki))
    };
    needed(scene.put("sato", disabled).await);
    // Freezing the key is quick, and makes nobody alone.
    let mut frozen = user("suzuki", None, Some(&scene.suzuki));
    frozen
        .signing_keys
        .iter_mut()
        .for_each(|key| key.frozen = true);
    scene.put("sato", frozen).await.unwrap();
    let (id, held) = needed(
        scene
            .put("sato", user("tanaka", Some(Preset::Admin), None))
            .await,
    );
    assert_eq!(held, Held::NotApproved { request: id });
    let refused = scene.approve(id, &scene.suzuki).await;
    assert_eq!(refused, Err(StoreError::NotApproved(NotApproved::Frozen)));
}

#[tokio::test]
async fn without_dual_control_one_does_it_all() {
    let scene = scene(false).await;
    scene
        .put("sato", user("tanaka", Some(Preset::Admin), None))
        .await
        .unwrap();
    scene.key("sato", Preset::Admin, "night").await.unwrap();
    let by = person("sato", scene.tenant, Action::ManageIdentities);
    let name = IdentityName::User(name_of("suzuki"));
    scene
        .vault
        .store
        .remove_identity(&by, scene.tenant, name)
        .await
        .unwrap();
}

async fn audit(scene: &Scene, policy: AuditPolicy) -> Result<(), StoreError> {
    let by = person("sato", scene.tenant, Action::ManageIdentities);
    let set = scene
        .vault
        .store
        .set_identity(&by, scene.tenant, IdentityName::Audit, |_| {
            Ok(Identity::Audit(policy))
        });
    set.await.map(drop)
}

#[tokio::test]
async fn an_audit_keeps_less_with_two_people_only() {
    let scene = scene(true).await;
    let in_force = || scene.vault.store.audit_policy(scene.tenant);
    let policy = |mode, keep_days, budget_bytes| AuditPolicy {
        mode,
        keep_days,
        budget_bytes,
    };
    let strong = policy(AuditMode::Strict, 3653, Some(1 << 30));
    // A limit of space where there was none is less, too.
    needed(audit(&scene, strong).await);
    let strong = policy(AuditMode::Strict, 3653, None);
    audit(&scene, strong).await.unwrap();
    assert_eq!(in_force(), strong);
    for weak in [
        policy(AuditMode::Batched, 3653, None),
        policy(AuditMode::Strict, 3652, None),
        policy(AuditMode::Strict, 3653, Some(1)),
    ] {
        needed(audit(&scene, weak).await);
        assert_eq!(in_force(), strong);
    }
    let short = policy(AuditMode::Strict, 364, None);
    let refused = audit(&scene, short).await;
    assert!(matches!(refused, Err(StoreError::InvalidArgument(_))));
    let by = person("sato", scene.tenant, Action::ManageIdentities);
    let removed = scene
        .vault
        .store
        .remove_identity(&by, scene.tenant, IdentityName::Audit)
        .await;
    assert!(matches!(removed, Err(StoreError::InvalidRequest(_))));

    let weak = policy(AuditMode::Batched, 400, None);
    let (id, _) = needed(audit(&scene, weak).await);
    scene.approve(id, &scene.suzuki).await.unwrap();
    needed(audit(&scene, weak).await);
    scene.vault.run(3 * DAY);
    // Signed for these numbers, and no others.
    needed(audit(&scene, policy(AuditMode::Batched, 399, None)).await);
    audit(&scene, weak).await.unwrap();
    assert_eq!(in_force(), weak);
    assert_rebuild_equals(&scene.vault.engine);
    let restarted = scene.vault.restarted().await;
    assert_eq!(restarted.store.audit_policy(scene.tenant), weak);
}

#[tokio::test]
async fn without_dual_control_an_audit_keeps_less_at_once() {
    let scene = scene(false).await;
    let policy = AuditPolicy {
        keep_days: 365,
        ..AuditPolicy::default()
    };
    audit(&scene, policy).await.unwrap();
    assert_eq!(scene.vault.store.audit_policy(scene.tenant), policy);
    let (keys, _) = scene.vault.learnt();
    let records = scene.vault.engine.journal(IDENTITY, Sequence(1), 1000);
    let records = records.unwrap();
    let last = records.last().unwrap();
    let opened = open_record(&keys, last.kind, &last.core, &last.particulars).unwrap();
    assert_eq!(
        opened.particulars.permitted,
        Some(PermittedBy::DualControlOff)
    );
}
