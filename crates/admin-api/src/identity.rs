//! Tenants, users, groups, policies and access keys: operations, types on the wire, and their client.

mod types;

use async_trait::async_trait;
use http::Method;

pub use types::{
    AdminAsked, GroupDetail, GroupList, KeyAsked, KeyChange, KeyDetail, KeyList, KeyMade,
    LoginAsked, NameQuery, PolicyDetail, PolicyList, RemovedIdentity, SessionMade, TenantAsked,
    TenantAudit, TenantChange, TenantDetail, TenantList, TenantMade, TotpMade, UserChange,
    UserDetail, UserList,
};

use crate::client::{Client, target};
use crate::error::ApiError;
use crate::paths;

/// What may be asked about who is known. Every method answers [`ApiError`] when refused.
#[async_trait]
pub trait IdentityApi: Send + Sync {
    /// All tenants for the operator of the vault; the own one for everybody else.
    async fn tenants(&self) -> Result<TenantList, ApiError>;

    /// Makes a tenant with its first people.
    async fn create_tenant(&self, asked: &TenantAsked) -> Result<TenantMade, ApiError>;

    /// Changes what holds for a tenant.
    async fn change_tenant(&self, change: &TenantChange) -> Result<TenantDetail, ApiError>;

    /// Deletes a tenant that keeps nothing, by its name or id.
    async fn delete_tenant(&self, tenant: &str) -> Result<RemovedIdentity, ApiError>;

    /// Users of the own tenant.
    async fn users(&self) -> Result<UserList, ApiError>;

    /// Makes or changes a user.
    async fn change_user(&self, change: &UserChange) -> Result<UserDetail, ApiError>;

    /// Takes a user away who owns nothing.
    async fn remove_user(&self, name: &str) -> Result<RemovedIdentity, ApiError>;

    /// Groups of the own tenant.
    async fn groups(&self) -> Result<GroupList, ApiError>;

    /// Makes or changes a group.
    async fn put_group(&self, group: &GroupDetail) -> Result<GroupDetail, ApiError>;

    /// Takes a group away that has no members.
    async fn remove_group(&self, name: &str) -> Result<RemovedIdentity, ApiError>;

    /// Policies of the own tenant.
    async fn policies(&self) -> Result<PolicyList, ApiError>;

    /// Makes or changes a policy.
    async fn put_policy(&self, policy: &PolicyDetail) -> Result<PolicyDetail, ApiError>;

    /// Takes a policy away that nobody has.
    async fn remove_policy(&self, name: &str) -> Result<RemovedIdentity, ApiError>;

    /// Access keys of the own tenant.
    async fn keys(&self) -> Result<KeyList, ApiError>;

    /// Makes an access key.
    async fn create_key(&self, asked: &KeyAsked) -> Result<KeyMade, ApiError>;

    /// Disables or enables an access key.
    async fn change_key(&self, change: &KeyChange) -> Result<KeyDetail, ApiError>;

    /// Takes an access key away for ever.
    async fn remove_key(&self, id: &str) -> Result<RemovedIdentity, ApiError>;

    /// A key for some hours, for a person who has a one-time password.
    async fn log_in(&self, asked: &LoginAsked) -> Result<SessionMade, ApiError>;

    /// Gives the owner of the key a secret for one-time passwords, if there is none yet.
    async fn enrol_totp(&self) -> Result<TotpMade, ApiError>;
}

impl Client {
    async fn remove(&self, route: &str, name: &str) -> Result<RemovedIdentity, ApiError> {
        let route = target(route, "", &[("name", Some(name))]);
        self.call(Method::DELETE, &route).await
    }
}

#[async_trait]
impl IdentityApi for Client {
    async fn tenants(&self) -> Result<TenantList, ApiError> {
        self.call(Method::GET, paths::TENANTS).await
    }

    async fn create_tenant(&self, asked: &TenantAsked) -> Result<TenantMade, ApiError> {
        self.call_json(Method::POST, paths::TENANTS, asked).await
    }

    async fn change_tenant(&self, change: &TenantChange) -> Result<TenantDetail, ApiError> {
        self.call_json(Method::PUT, paths::TENANTS, change).await
    }

    async fn delete_tenant(&self, tenant: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(paths::TENANTS, tenant).await
    }

    async fn users(&self) -> Result<UserList, ApiError> {
        self.call(Method::GET, paths::USERS).await
    }

    async fn change_user(&self, change: &UserChange) -> Result<UserDetail, ApiError> {
        self.call_json(Method::PUT, paths::USERS, change).await
    }

    async fn remove_user(&self, name: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(paths::USERS, name).await
    }

    async fn groups(&self) -> Result<GroupList, ApiError> {
        self.call(Method::GET, paths::GROUPS).await
    }

    async fn put_group(&self, group: &GroupDetail) -> Result<GroupDetail, ApiError> {
        self.call_json(Method::PUT, paths::GROUPS, group).await
    }

    async fn remove_group(&self, name: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(paths::GROUPS, name).await
    }

    async fn policies(&self) -> Result<PolicyList, ApiError> {
        self.call(Method::GET, paths::POLICIES).await
    }

    async fn put_policy(&self, policy: &PolicyDetail) -> Result<PolicyDetail, ApiError> {
        self.call_json(Method::PUT, paths::POLICIES, policy).await
    }

    async fn remove_policy(&self, name: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(paths::POLICIES, name).await
    }

    async fn keys(&self) -> Result<KeyList, ApiError> {
        self.call(Method::GET, paths::KEYS).await
    }

    async fn create_key(&self, asked: &KeyAsked) -> Result<KeyMade, ApiError> {
        self.call_json(Method::POST, paths::KEYS, asked).await
    }

    async fn change_key(&self, change: &KeyChange) -> Result<KeyDetail, ApiError> {
        self.call_json(Method::PUT, paths::KEYS, change).await
    }

    async fn remove_key(&self, id: &str) -> Result<RemovedIdentity, ApiError> {
        self.remove(paths::KEYS, id).await
    }

    async fn log_in(&self, asked: &LoginAsked) -> Result<SessionMade, ApiError> {
        self.call_json(Method::POST, paths::LOGIN, asked).await
    }

    async fn enrol_totp(&self) -> Result<TotpMade, ApiError> {
        self.call(Method::POST, paths::TOTP).await
    }
}
