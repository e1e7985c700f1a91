//! Tenants by name.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;
use azekura_record::particulars::Event;
use azekura_record::tenant::TenantCreated;

use crate::bucket::read;
use crate::entry::{self, TenantEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Draft, Inner, Refused};
use crate::keys::Contents;

/// The tenant of this name, for keys of the configuration: made where there is none. Called at start,
/// before anything is served, so nobody makes it at the same time.
pub(crate) async fn ensure(inner: &Inner, name: &str) -> Result<TenantId, StoreError> {
    let mut all = read::tenants(inner)?.into_iter();
    if let Some((id, _)) = all.find(|(_, tenant)| tenant.name == name) {
        return Ok(id);
    }
    let tenant = inner.ids.tenant()?;
    let event = Event::TenantCreated(TenantCreated {
        name: name.to_owned(),
        wrapped_key: inner.keys.new_tenant(tenant, Contents::Open)?,
        dual_control: false,
        sealed: false,
    });
    let draft = Draft::of_tenant(inner, tenant, event);
    let guards = vec![Guard::Absent(families::tenant(tenant))];
    let by = Requester::vault("configuration");
    inner
        .append(&by, CONFIGURATION, CommitClass::Essential, guards, draft)
        .await
        .map_err(Refused::unexpected)?;
    crate::identity::load(inner)?;
    Ok(tenant)
}

/// The name of a tenant.
pub(crate) fn name(inner: &Inner, id: TenantId) -> Result<Option<String>, StoreError> {
    let Some(entry) = inner.get(CONFIGURATION, &families::tenant(id))? else {
        return Ok(None);
    };
    let tenant: TenantEntry = entry::decode(&entry.value)?;
    Ok(Some(tenant.name))
}
