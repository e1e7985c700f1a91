//! Operations on tenants, users, groups, policies and access keys.

use std::sync::Arc;

use azekura_model::access::Authorized;
use azekura_model::audit::AuditPolicy;
use azekura_model::ident::TenantId;
use azekura_model::identity::{AccessKey, Identity, IdentityName};
use zeroize::Zeroizing;

use super::Store;
use crate::audit::{AuditPolicies, InForce};
use crate::error::StoreError;
use crate::identity::change;
use crate::identity::delete;
use crate::identity::{KeyNotGood, KnownKey, NewKey, NewTenant, TenantView};
use crate::volume::{self, TenantUsage};

impl Store {
    /// An access key that works now. Says so to the directory, which remembers when keys were used.
    ///
    /// # Errors
    /// [`KeyNotGood`]; `Ok(None)` when no such key is known.
    pub fn access_key(&self, id: &str) -> Result<Option<Arc<KnownKey>>, KeyNotGood> {
        let directory = &self.inner.directory;
        let Some(known) = directory.key(id) else {
            return Ok(None);
        };
        let now = self.inner.clock.compliance();
        known.check(now, directory.last_use(&known))?;
        Ok(Some(known))
    }

    /// Says that a key signed something that verified.
    pub fn access_key_used(&self, id: &str) {
        let now = self.inner.clock.compliance();
        self.inner.directory.used(id, now);
    }

    /// Last day on which a key signed something, in days since 1970-01-01.
    #[must_use]
    pub fn last_use(&self, id: &str) -> Option<u32> {
        let directory = &self.inner.directory;
        directory.last_use(&*directory.key(id)?)
    }

    /// Writes down which keys were used. Call it now and then, and before a clean stop.
    ///
    /// # Errors
    /// [`StoreError::Stopped`].
    pub async fn note_key_uses(&self) -> Result<(), StoreError> {
        change::note_uses(&self.inner).await
    }

    /// All tenants.
    #[must_use]
    pub fn tenants(&self) -> Vec<Arc<TenantView>> {
        self.inner.directory.tenants()
    }

    /// A tenant with everything that its directory holds.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIdentity`].
    pub fn tenant(&self, id: TenantId) -> Result<Arc<TenantView>, StoreError> {
        let found = self.inner.directory.tenant(id);
        found.ok_or(StoreError::NoSuchIdentity)
    }

    /// Makes a tenant with its first people.
    ///
    /// # Errors
    /// [`StoreError::InvalidRequest`] when the name is taken, [`StoreError::InvalidArgument`].
    pub async fn create_tenant(
        &self,
        by: &Authorized,
        new: NewTenant,
    ) -> Result<TenantId, StoreError> {
        let tenant = change::create_tenant(&self.inner, by, new).await?;
        volume::count_limited(&self.inner).await?;
        Ok(tenant)
    }

    /// Deletes a tenant that keeps nothing: no bucket, and no deleted one of which something is kept.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIdentity`]; [`StoreError::InvalidRequest`] says what it keeps; that two people
    /// are needed.
    pub async fn delete_tenant(&self, by: &Authorized, tenant: TenantId) -> Result<(), StoreError> {
        delete::delete(&self.inner, by, tenant).await
    }

    /// Whether a tenant is deleted. One that nobody knows is not.
    #[must_use]
    pub fn is_tenant_deleted(&self, id: TenantId) -> bool {
        let found = self.inner.directory.tenant(id);
        found.is_some_and(|view| view.deleted)
    }

    /// Sets one thing of a directory, whole: what `edit` makes of what is there.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`]; what `edit` says; that two people are needed.
    pub async fn set_identity(
        &self,
        by: &Authorized,
        tenant: TenantId,
        name: IdentityName,
        edit: impl FnOnce(Option<Identity>) -> Result<Identity, StoreError> + Send,
    ) -> Result<Identity, StoreError> {
        let set = change::set(&self.inner, by, tenant, name, edit).await?;
        // A quota may be new.
        volume::count_limited(&self.inner).await?;
        Ok(set)
    }

    /// Takes one thing of a directory away.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIdentity`]; [`StoreError::InvalidRequest`] when something refers to it; that two
    /// people are needed.
    pub async fn remove_identity(
        &self,
        by: &Authorized,
        tenant: TenantId,
        name: IdentityName,
    ) -> Result<(), StoreError> {
        change::remove(&self.inner, by, tenant, name).await
    }

    /// The secret of a person's one-time passwords, if there is one.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIdentity`]; [`StoreError::Internal`] when it does not open.
    pub fn totp_secret(
        &self,
        tenant: TenantId,
        user: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        change::totp_secret(&self.inner, tenant, user)
    }

    /// Gives a person a secret for one-time passwords, once.
    ///
    /// # Errors
    /// [`StoreError::InvalidRequest`] when there is one already.
    pub async fn enrol_totp(
        &self,
        by: &Authorized,
        tenant: TenantId,
        user: &str,
        secret: &[u8],
    ) -> Result<(), StoreError> {
        change::enrol_totp(&self.inner, by, tenant, user, secret).await
    }

    /// Makes an access key. The secret is given this once and can never be read again.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`]; that two people are needed.
    pub async fn create_access_key(
        &self,
        by: &Authorized,
        tenant: TenantId,
        new: NewKey,
    ) -> Result<(AccessKey, Zeroizing<String>), StoreError> {
        change::create_key(&self.inner, by, tenant, new).await
    }

    /// How the audit of a tenant is kept now.
    #[must_use]
    pub fn audit_policy(&self, tenant: TenantId) -> AuditPolicy {
        self.inner.audit_policy(tenant)
    }

    /// Most bytes that the vault gives the audit of a tenant.
    #[must_use]
    pub fn audit_budget_max(&self) -> Option<u64> {
        self.inner.policy.audit.tenants.budget_bytes
    }

    /// How audits are kept, at each moment: for an auditor.
    #[must_use]
    pub fn audit_policies(&self) -> Arc<dyn AuditPolicies> {
        Arc::new(InForce(Arc::clone(&self.inner)))
    }

    /// What a tenant keeps, counted now, of all its buckets.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn usage(&self, tenant: TenantId) -> Result<TenantUsage, StoreError> {
        let inner = Arc::clone(&self.inner);
        let counted = tokio::task::spawn_blocking(move || volume::usage(&inner, tenant)).await;
        counted.map_err(|error| StoreError::Internal(format!("counting: {error}")))?
    }
}
