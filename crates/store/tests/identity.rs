//! The directory under two people: nobody gets alone a key that speaks in the name of somebody else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_model::access::{
    Action, ActionSet, Ask, Authorized, Grant, Preset, Resource, authorize,
};
use azekura_model::governed::DualControl;
use azekura_model::ident::TenantId;
use azekura_model::identity::{
    Identity, IdentityName, KeyQuota, SigningKey, TenantSettings, User, UserKind,
};
use azekura_model::requester::Requester;
use azekura_model::time::HybridTime;
use azekura_store::error::StoreError;
use azekura_store::identity::{NewKey, NewTenant};
use common::{Vault, policy};

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
        ..Grant::of_key(requester, [action].into_iter().collect::<ActionSet>())
    };
    let resource = tenant.map_or(Resource::Vault, Resource::Tenant);
    authorize(&grant, &Ask::plain(action, &resource, tenant)).unwrap()
}

fn user(name: &str, kind: UserKind, preset: Option<Preset>) -> User {
    let admin = preset == Some(Preset::Admin);
    let key = SigningKey {
        public: name.as_bytes().to_vec(),
        comment: String::new(),
        registered: HybridTime::default(),
        frozen: false,
    };
    User {
        name: name.to_owned(),
        kind,
        preset,
        groups: Vec::new(),
        policies: Vec::new(),
        approver: admin,
        signing_keys: Some(key).filter(|_| admin).into_iter().collect(),
        disabled: false,
        time_box: None,
        totp: None,
    }
}

fn key_of(user: &str, preset: Option<Preset>) -> NewKey {
    NewKey {
        label: "key".to_owned(),
        user: user.to_owned(),
        preset,
        policy: None,
        expires_days: None,
        unused_days: None,
        source_cidrs: Vec::new(),
        certificate: None,
        limits: KeyQuota::default(),
    }
}

async fn hospital(vault: &Vault, dual_control: bool) -> TenantId {
    let new = NewTenant {
        sealed: false,
        name: "東病院".to_owned(),
        dual_control,
        settings: TenantSettings::default(),
        users: vec![
            user("山田", UserKind::Person, Some(Preset::Admin)),
            user("鈴木", UserKind::Person, Some(Preset::Admin)),
            user("田中", UserKind::Person, Some(Preset::RestoreOnly)),
            user("pacs", UserKind::System, None),
        ],
    };
    let operator = by(None, "root", Action::Operate);
    let tenant = vault.store.create_tenant(&operator, new).await.unwrap();
    // A new tenant gets its first keys from the operator.
    let first = vault
        .store
        .create_access_key(&operator, tenant, key_of("鈴木", None));
    first.await.unwrap();
    tenant
}

fn waits<T>(result: Result<T, StoreError>) -> bool {
    match result {
        Ok(_) => false,
        Err(StoreError::ApprovalNeeded(_)) => true,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn nobody_gets_alone_a_key_in_the_name_of_somebody_who_matters() {
    let vault = Vault::made(|engine| engine, policy(), DualControl::Off).await;
    for dual_control in [true, false] {
        let vault = if dual_control {
            &vault
        } else {
            &Vault::made(|engine| engine, policy(), DualControl::Off).await
        };
        let tenant = hospital(vault, dual_control).await;
        let yamada = by(Some(tenant), "山田", Action::ManageIdentities);
        for (owner, preset, two_people) in [
            ("鈴木", None, true),
            ("鈴木", Some(Preset::Auditor), true),
            ("鈴木", Some(Preset::Backup), true),
            ("山田", None, false),
            ("田中", None, false),
            ("pacs", Some(Preset::IngestOnly), false),
            ("pacs", Some(Preset::Admin), true),
        ] {
            let made = vault
                .store
                .create_access_key(&yamada, tenant, key_of(owner, preset));
            let asked = two_people && dual_control;
            assert_eq!(waits(made.await), asked, "{owner} {preset:?}");
        }
    }
}

#[tokio::test]
async fn who_matters_does_not_come_back_alone() {
    let vault = Vault::made(|engine| engine, policy(), DualControl::Off).await;
    let tenant = hospital(&vault, true).await;
    let store = &vault.store;
    let yamada = by(Some(tenant), "山田", Action::ManageIdentities);
    let id = store
        .tenant(tenant)
        .unwrap()
        .keys
        .keys()
        .next()
        .unwrap()
        .clone();
    for (disabled, two_people) in [(true, false), (false, true)] {
        let name = IdentityName::Key(id.clone());
        let set = store.set_identity(&yamada, tenant, name, |before| match before {
            Some(Identity::Key(mut key)) => {
                key.disabled = disabled;
                Ok(Identity::Key(key))
            }
            _ => panic!("no key"),
        });
        assert_eq!(waits(set.await), two_people, "disabled = {disabled}");
    }
}
