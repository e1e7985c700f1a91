//! Operations on the passphrase that seals a tenant's contents. Who may call them is the caller's own
//! tenant's administrator: the caller judges that.

use azekura_model::access::Authorized;
use azekura_model::ident::TenantId;

use super::Store;
use crate::error::StoreError;
use crate::tenant_seal::{self, SealState};
use crate::vault::passphrase::Passphrase;

impl Store {
    /// Whether the contents of a tenant are sealed, and open.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn seal_state(&self, tenant: TenantId) -> Result<SealState, StoreError> {
        tenant_seal::state(&self.inner, tenant)
    }

    /// Takes the content key of a tenant into use until the next lock or start.
    ///
    /// # Errors
    /// [`StoreError::Seal`].
    pub async fn unlock_tenant(
        &self,
        _by: &Authorized,
        tenant: TenantId,
        passphrase: Passphrase,
    ) -> Result<(), StoreError> {
        tenant_seal::unlock(&self.inner, tenant, passphrase).await
    }

    /// Forgets the content key of a tenant. What streams already goes on.
    ///
    /// # Errors
    /// [`StoreError::Seal`].
    pub fn lock_tenant(&self, _by: &Authorized, tenant: TenantId) -> Result<(), StoreError> {
        tenant_seal::lock(&self.inner, tenant)
    }

    /// Sets the first passphrase of a tenant, or another one in the place of `present`. Unlocks.
    ///
    /// # Errors
    /// [`StoreError::Seal`]; that two people are needed for another one.
    pub async fn set_tenant_passphrase(
        &self,
        by: &Authorized,
        tenant: TenantId,
        present: Option<Passphrase>,
        new: Passphrase,
    ) -> Result<(), StoreError> {
        tenant_seal::set_passphrase(&self.inner, by, tenant, present, new).await
    }
}
