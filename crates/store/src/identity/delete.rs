//! A tenant is deleted: nobody of it gets in any more, and its name is never given again.
//!
//! Only a tenant that keeps nothing: no bucket, and no deleted one whose history runs, or whose keys are
//! still needed for anything. So nothing locked, held or hidden ever depends on it. Its audit stays for its
//! period, and its key for what it seals (`docs/decisions/0292`).

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::governed::GovernedOperation;
use azekura_model::ident::TenantId;
use azekura_record::particulars::Event;
use azekura_record::tenant::TenantDeleted;

use super::load;
use crate::bucket::read;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed;
use crate::inner::{Draft, Inner, Refused};

/// Deletes a tenant that keeps nothing, once two people agreed where it needs them.
pub(crate) async fn delete(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
) -> Result<(), StoreError> {
    let refused = |what: String| Err(StoreError::InvalidRequest(what));
    if read::tenant(inner)? == tenant {
        return refused("the first institution of a vault stays: the vault runs in it".to_owned());
    }
    // From the look at its buckets to the record nobody makes one.
    let _buckets = inner.directory.buckets.write().await;
    let _alone = inner.directory.changing.lock().await;
    let name = alive(inner, tenant)?;
    let (living, kept) = buckets(inner, tenant)?;
    if living > 0 || kept > 0 {
        return refused(format!(
            "the tenant has {living} buckets, and {kept} deleted ones of which something is still kept: history \
             that runs, locks, or keys. Delete its buckets; the vault lets go of what is left when locks and \
             history end. Then ask again"
        ));
    }
    let operation = GovernedOperation::DeleteTenant {
        tenant,
        name: name.clone(),
    };
    let permit = governed::permit(inner, by.requester(), tenant, (&operation, None)).await?;
    let event = Event::TenantDeleted(TenantDeleted { name });
    let draft = Draft::of_tenant(inner, tenant, event);
    let guards = vec![Guard::Absent(families::tenant_deleted(tenant))];
    let by = (by.requester(), Some(&permit));
    let class = CommitClass::Essential;
    inner
        .append_marked(by, CONFIGURATION, class, guards, draft)
        .await
        .map_err(Refused::unexpected)?;
    load(inner)
}

/// Whether a tenant is deleted.
pub(crate) fn is_deleted(inner: &Inner, tenant: TenantId) -> Result<bool, StoreError> {
    let key = families::tenant_deleted(tenant);
    Ok(inner.get(CONFIGURATION, &key)?.is_some())
}

/// The name of a tenant that is not deleted.
pub(super) fn alive(inner: &Inner, tenant: TenantId) -> Result<String, StoreError> {
    let view = inner.directory.tenant(tenant);
    let view = view.filter(|view| !view.deleted);
    Ok(view.ok_or(StoreError::NoSuchIdentity)?.name.clone())
}

/// Its buckets, and its deleted ones whose keys are not destroyed.
fn buckets(inner: &Inner, tenant: TenantId) -> Result<(u64, u64), StoreError> {
    let (mut living, mut kept) = (0_u64, 0_u64);
    for entry in read::all_for_ever(inner)? {
        if entry.tenant() != tenant {
            continue;
        }
        if !read::is_retired(inner, entry.uuid())? {
            living = living.saturating_add(1);
        } else if !crate::destroy::is_over(inner, &entry)? {
            kept = kept.saturating_add(1);
        }
    }
    Ok((living, kept))
}
