//! [`IdentityApi`] over the store, for one verified caller.

mod audit;
mod convert;
pub(crate) mod routes;
pub(crate) mod seal;

use async_trait::async_trait;
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::identity::{
    GroupDetail, GroupList, IdentityApi, KeyAsked, KeyChange, KeyDetail, KeyList, KeyMade,
    LoginAsked, PolicyDetail, PolicyList, RemovedIdentity, SessionMade, TenantAsked, TenantChange,
    TenantDetail, TenantList, TenantMade, TotpMade, UserChange, UserDetail, UserList,
};
use azekura_gateway::auth::Credential;
use azekura_model::access::{Action, Authorized, Preset};
use azekura_model::ident::TenantId;
use azekura_model::identity::{
    AccessKey, Group, Identity, IdentityName, NamedPolicy, TenantSettings, User, UserKind,
};
use azekura_store::entropy::{Entropy as _, SystemEntropy};
use azekura_store::error::StoreError;
use azekura_store::identity::{NewTenant, TenantView};
use zeroize::Zeroizing;

use super::convert::api_error;
use super::operations::Operator;
use crate::keys;
use crate::sessions::{NotLoggedIn, SESSION_SECONDS};
use crate::totp;
use convert::invalid;

fn failed(error: StoreError) -> ApiError {
    api_error(&error)
}

fn internal(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(Code::Internal, error.to_string())
}

impl Operator {
    /// The tenant of the caller.
    fn home(&self) -> Result<std::sync::Arc<TenantView>, ApiError> {
        let id = self
            .tenant()
            .ok_or_else(|| internal("a key without a tenant"))?;
        self.running().store.tenant(id).map_err(failed)
    }

    fn reads(&self) -> Result<std::sync::Arc<TenantView>, ApiError> {
        self.may(Action::ReadIdentities)?;
        self.home()
    }

    fn manages(&self) -> Result<(Authorized, TenantId), ApiError> {
        let by = self.may(Action::ManageIdentities)?;
        Ok((by, self.home()?.id))
    }

    async fn set(
        &self,
        name: IdentityName,
        edit: impl FnOnce(Option<Identity>) -> Result<Identity, ApiError> + Send,
    ) -> Result<Identity, ApiError> {
        let (by, tenant) = self.manages()?;
        let mut refused = None;
        let set = self
            .running()
            .store
            .set_identity(&by, tenant, name, |before| {
                edit(before).map_err(|error| {
                    let text = error.message.clone();
                    refused = Some(error);
                    StoreError::InvalidArgument(text)
                })
            });
        let set = set.await;
        match refused {
            Some(error) => Err(error),
            None => set.map_err(failed),
        }
    }

    async fn remove(&self, name: IdentityName, text: &str) -> Result<RemovedIdentity, ApiError> {
        let (by, tenant) = self.manages()?;
        let removed = self
            .running()
            .store
            .remove_identity(&by, tenant, name)
            .await;
        removed.map_err(failed)?;
        Ok(RemovedIdentity {
            removed: text.to_owned(),
        })
    }

    fn key_detail(&self, key: &AccessKey) -> KeyDetail {
        let store = &self.running().store;
        let state = match store.access_key(&key.id) {
            Ok(Some(_)) => "works".to_owned(),
            Ok(None) => "its secret cannot be opened".to_owned(),
            Err(why) => why.to_string(),
        };
        convert::key(key, store.last_use(&key.id), state)
    }

    /// The person behind the key that asks.
    fn person(&self) -> Result<(TenantId, User), ApiError> {
        let view = self.home()?;
        let user = self.user().and_then(|name| view.users.get(name)).cloned();
        let user = user.filter(|user| user.kind == UserKind::Person);
        let user = user.ok_or_else(|| invalid("this key does not belong to a person"))?;
        Ok((view.id, user))
    }
}

fn first_admin(asked: &azekura_admin_api::identity::AdminAsked) -> Result<User, ApiError> {
    let registered = azekura_model::time::HybridTime::default();
    let key = asked.signing_key.as_deref();
    let keys = key
        .map(|text| convert::signing_key(text, registered))
        .transpose()?;
    Ok(User {
        preset: Some(Preset::Admin),
        approver: true,
        signing_keys: keys.into_iter().collect(),
        ..convert::new_user(&asked.name, UserKind::Person)
    })
}

#[async_trait]
impl IdentityApi for Operator {
    async fn tenants(&self) -> Result<TenantList, ApiError> {
        if self.may(Action::Operate).is_ok() {
            let all = self.running().store.tenants();
            let tenants = all.iter().map(|view| self.tenant_detail(view.id));
            return Ok(TenantList {
                tenants: tenants.collect::<Result<_, _>>()?,
            });
        }
        let own = self.tenant_detail(self.reads()?.id)?;
        Ok(TenantList { tenants: vec![own] })
    }

    async fn create_tenant(&self, asked: &TenantAsked) -> Result<TenantMade, ApiError> {
        let by = self.may(Action::Operate)?;
        let dual_control = convert::dual_control(&asked.dual_control)?;
        let users: Vec<User> = asked
            .admins
            .iter()
            .map(first_admin)
            .collect::<Result<_, _>>()?;
        let signers = users
            .iter()
            .filter(|user| !user.signing_keys.is_empty())
            .count();
        if dual_control && signers < 2 {
            tracing::warn!(
                tenant = asked.name,
                "two people are required, and fewer than two can sign: what weakens waits longer"
            );
        }
        let settings = TenantSettings {
            quota_bytes: asked.quota_bytes.filter(|most| *most > 0),
            quota_versions: asked.quota_versions.filter(|most| *most > 0),
            totp_required: asked.one_time_passwords.unwrap_or(true),
            ..TenantSettings::default()
        };
        let owners: Vec<String> = users.iter().map(|user| user.name.clone()).collect();
        let new = NewTenant {
            name: asked.name.clone(),
            dual_control,
            sealed: asked.sealed,
            settings,
            users,
        };
        let store = &self.running().store;
        let id = store.create_tenant(&by, new).await.map_err(failed)?;
        let mut keys = Vec::new();
        for user in owners {
            let asked = KeyAsked {
                label: "first key".to_owned(),
                ..KeyAsked::default()
            };
            let made = store.create_access_key(&by, id, convert::new_key(&asked, &user)?);
            let (key, secret) = made.await.map_err(failed)?;
            keys.push(made_key(&key, &secret));
        }
        Ok(TenantMade {
            id: id.to_string(),
            name: asked.name.clone(),
            dual_control: asked.dual_control.clone(),
            contents: seal::state_text(store.seal_state(id).map_err(failed)?).to_owned(),
            keys,
        })
    }

    async fn change_tenant(&self, change: &TenantChange) -> Result<TenantDetail, ApiError> {
        let operates = self.may(Action::Operate).is_ok();
        let own = self.home()?.id;
        let id = match &change.tenant {
            None => own,
            Some(text) => TenantId::parse(text).ok_or_else(|| invalid("not the id of a tenant"))?,
        };
        let quotas = change.quota_bytes.is_some() || change.quota_versions.is_some();
        let rules = change.one_time_passwords.is_some() || change.unused_days.is_some();
        // Quotas are the operator's business; how people log in is the institution's own.
        let audit = change.audit_mode.is_some()
            || change.audit_keep_days.is_some()
            || change.audit_budget_bytes.is_some();
        if audit && id == own && !quotas && !rules {
            return self.change_audit(id, change).await;
        }
        let by = match (quotas, rules) {
            _ if audit => {
                return Err(ApiError::new(
                    Code::AccessDenied,
                    "how its audit is kept is set by the tenant itself, and by itself",
                ));
            }
            (true, false) => self.may(Action::Operate)?,
            (false, _) if id == own => self.may(Action::ManageIdentities)?,
            _ => {
                return Err(ApiError::new(
                    Code::AccessDenied,
                    "quotas are set by the operator of the vault, log-in rules by the tenant itself, one at a time",
                ));
            }
        };
        debug_assert!(operates || !quotas, "quotas need the operator");
        let store = &self.running().store;
        let set = store.set_identity(&by, id, IdentityName::Settings, |before| {
            let mut settings = match before {
                Some(Identity::Settings(settings)) => settings,
                _ => TenantSettings::default(),
            };
            if let Some(most) = change.quota_bytes {
                settings.quota_bytes = Some(most).filter(|most| *most > 0);
            }
            if let Some(most) = change.quota_versions {
                settings.quota_versions = Some(most).filter(|most| *most > 0);
            }
            settings.totp_required = change.one_time_passwords.unwrap_or(settings.totp_required);
            if let Some(days) = change.unused_days {
                settings.unused_days = Some(days).filter(|days| *days > 0);
            }
            Ok(Identity::Settings(settings))
        });
        set.await.map_err(failed)?;
        self.tenant_detail(id)
    }

    async fn delete_tenant(&self, tenant: &str) -> Result<RemovedIdentity, ApiError> {
        let by = self.may(Action::Operate)?;
        let store = &self.running().store;
        let named = |view: &std::sync::Arc<TenantView>| {
            !view.deleted && (view.name == tenant || view.id.to_string() == tenant)
        };
        let found = store.tenants().into_iter().find(named);
        let found =
            found.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such tenant"))?;
        store.delete_tenant(&by, found.id).await.map_err(failed)?;
        tracing::warn!(tenant = found.name, "a tenant is deleted");
        Ok(RemovedIdentity {
            removed: found.name.clone(),
        })
    }

    async fn users(&self) -> Result<UserList, ApiError> {
        let view = self.reads()?;
        Ok(UserList {
            users: view.users.values().map(convert::user).collect(),
        })
    }

    async fn change_user(&self, change: &UserChange) -> Result<UserDetail, ApiError> {
        let times = (self.now(), self.running().clock.hybrid());
        let name = IdentityName::User(change.name.clone());
        let set = self.set(name, |before| {
            let before = match before {
                Some(Identity::User(user)) => Some(user),
                _ => None,
            };
            convert::changed(before, change, times).map(Identity::User)
        });
        match set.await? {
            Identity::User(user) => {
                let by = &self.grant().requester.principal;
                if let Some(tenant) = self.tenant() {
                    self.running().limited_accounts.set(tenant, &user, by);
                }
                Ok(convert::user(&user))
            }
            _ => Err(internal("not a user")),
        }
    }

    async fn remove_user(&self, name: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(IdentityName::User(name.to_owned()), name).await
    }

    async fn groups(&self) -> Result<GroupList, ApiError> {
        let view = self.reads()?;
        Ok(GroupList {
            groups: view.groups.values().map(convert::group).collect(),
        })
    }

    async fn put_group(&self, group: &GroupDetail) -> Result<GroupDetail, ApiError> {
        let preset = group.preset.as_deref().map(convert::preset).transpose()?;
        let new = Group {
            name: group.name.clone(),
            preset: preset.flatten(),
            policies: group.policies.clone(),
        };
        let name = IdentityName::Group(group.name.clone());
        self.set(name, |_| Ok(Identity::Group(new))).await?;
        Ok(group.clone())
    }

    async fn remove_group(&self, name: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(IdentityName::Group(name.to_owned()), name)
            .await
    }

    async fn policies(&self) -> Result<PolicyList, ApiError> {
        let view = self.reads()?;
        Ok(PolicyList {
            policies: view.policies.values().map(convert::policy).collect(),
        })
    }

    async fn put_policy(&self, policy: &PolicyDetail) -> Result<PolicyDetail, ApiError> {
        let new = NamedPolicy {
            name: policy.name.clone(),
            text: policy.document.clone(),
        };
        let name = IdentityName::Policy(policy.name.clone());
        self.set(name, |_| Ok(Identity::Policy(new))).await?;
        Ok(policy.clone())
    }

    async fn remove_policy(&self, name: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(IdentityName::Policy(name.to_owned()), name)
            .await
    }

    async fn keys(&self) -> Result<KeyList, ApiError> {
        let view = self.reads()?;
        Ok(KeyList {
            keys: view.keys.values().map(|key| self.key_detail(key)).collect(),
        })
    }

    async fn create_key(&self, asked: &KeyAsked) -> Result<KeyMade, ApiError> {
        let (by, tenant) = self.manages()?;
        let user = asked.user.clone().unwrap_or_else(|| asked.label.clone());
        let new = convert::new_key(asked, &user)?;
        if asked.user.is_none() && !self.home()?.users.contains_key(&user) {
            let system = convert::new_user(&user, UserKind::System);
            let name = IdentityName::User(user);
            self.set(name, |_| Ok(Identity::User(system))).await?;
        }
        let made = self
            .running()
            .store
            .create_access_key(&by, tenant, new)
            .await;
        let (key, secret) = made.map_err(failed)?;
        Ok(made_key(&key, &secret))
    }

    async fn change_key(&self, change: &KeyChange) -> Result<KeyDetail, ApiError> {
        let wall = self.running().clock.wall();
        let name = IdentityName::Key(change.access_key_id.clone());
        let set = self.set(name, |before| match before {
            Some(Identity::Key(mut key)) => {
                key.disabled = change.disabled;
                if !change.disabled {
                    // What was not used for too long starts anew.
                    key.created = wall;
                }
                Ok(Identity::Key(key))
            }
            _ => Err(ApiError::new(Code::NotFound, "there is no such access key")),
        });
        match set.await? {
            Identity::Key(key) => Ok(self.key_detail(&key)),
            _ => Err(internal("not a key")),
        }
    }

    async fn remove_key(&self, id: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(IdentityName::Key(id.to_owned()), id).await
    }

    async fn log_in(&self, asked: &LoginAsked) -> Result<SessionMade, ApiError> {
        let (tenant, user) = self.person()?;
        let store = &self.running().store;
        let secret = store.totp_secret(tenant, &user.name).map_err(failed)?;
        let secret = secret.ok_or_else(|| {
            invalid("no secret for one-time passwords yet").hint("Run `azekura totp enrol` first.")
        })?;
        let now = self.running().unix_seconds();
        let step = totp::step_of(&secret, &asked.code, now);
        let person = (tenant, user.name.clone());
        let sessions = &self.running().sessions;
        sessions.judge(&person, step, now).map_err(not_logged_in)?;
        let id = format!(
            "AZS{}",
            keys::random_text(17).map_err(internal)?.to_uppercase()
        );
        let secret = Zeroizing::new(keys::random_text(40).map_err(internal)?);
        let mut grant = self.grant().clone();
        let by_key = std::mem::replace(&mut grant.requester.key_id, id.clone());
        let credential = Credential {
            secret: secret.clone(),
            grant,
            limits: azekura_gateway::throttle::KeyLimits::default(),
        };
        sessions.open(credential, by_key, now);
        tracing::info!(person = user.name, "logged in");
        Ok(SessionMade {
            access_key_id: id,
            secret_access_key: secret.to_string(),
            seconds: u64::try_from(SESSION_SECONDS).unwrap_or(0),
        })
    }

    async fn enrol_totp(&self) -> Result<TotpMade, ApiError> {
        let (tenant, user) = self.person()?;
        if user.totp.is_some() {
            return Err(ApiError::new(Code::Conflict, "there is a secret already").hint(
                "Whoever lost it is disabled and made anew by an administrator, with another name.",
            ));
        }
        let secret = Zeroizing::new(SystemEntropy.bytes32().map_err(internal)?);
        let secret = Zeroizing::new(secret.iter().take(20).copied().collect::<Vec<u8>>());
        let by = self.may(Action::AdminRead)?;
        let store = &self.running().store;
        let enrolled = store.enrol_totp(&by, tenant, &user.name, &secret).await;
        enrolled.map_err(failed)?;
        let text = totp::base32(&secret);
        let name = azekura_admin_api::sigv4::encode_component(&user.name);
        let uri = format!("otpauth://totp/Azekura:{name}?secret={text}&issuer=Azekura");
        Ok(TotpMade { secret: text, uri })
    }
}

fn made_key(key: &AccessKey, secret: &Zeroizing<String>) -> KeyMade {
    KeyMade {
        access_key_id: key.id.clone(),
        secret_access_key: secret.to_string(),
        user: key.user.clone(),
        label: key.label.clone(),
    }
}

fn not_logged_in(why: NotLoggedIn) -> ApiError {
    match why {
        NotLoggedIn::Wrong => ApiError::new(
            Code::NotAuthenticated,
            "the one-time password is wrong, or was used already",
        )
        .hint("Wait for the next one; set the clock of the telephone."),
        NotLoggedIn::Locked { seconds } => ApiError::new(
            Code::AccessDenied,
            format!("too many wrong one-time passwords: try again in {seconds} s"),
        ),
    }
}
