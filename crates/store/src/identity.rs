//! Who is known: tenants with their users, groups, access keys and policies. Records of kind 33 in the
//! partition of identities are the truth; the directory in memory is read from the index at the start
//! and after each change, so that a request costs one look-up.

mod approvers;
pub(crate) mod change;
pub(crate) mod delete;
mod describe;
mod secret;
mod view;

pub(crate) use approvers::DirectoryApprovers;
pub use change::{NewKey, NewTenant};
pub use view::{KeyNotGood, KnownKey, TenantView};

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_engine::seam::{SCAN_ENTRIES_MAX, Scan};
use azekura_model::ident::TenantId;
use azekura_model::identity::{Identity, IdentityName};
use azekura_model::time::ComplianceTime;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};

use crate::bucket::read;
use crate::error::StoreError;
use crate::families::{self, CONFIG, IDENTITY};
use crate::inner::Inner;
use crate::slot::after;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// All tenants, as read last.
#[derive(Default)]
pub(crate) struct Directory {
    tenants: RwLock<Arc<BTreeMap<TenantId, Arc<TenantView>>>>,
    keys: RwLock<Arc<BTreeMap<String, Arc<KnownKey>>>>,
    /// Days on which keys were used, since they were written down last.
    uses: Mutex<BTreeMap<String, u32>>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
    /// Shared while a bucket is made; alone to the deletion of a tenant.
    pub(crate) buckets: tokio::sync::RwLock<()>,
}

impl Directory {
    /// A tenant.
    pub(crate) fn tenant(&self, id: TenantId) -> Option<Arc<TenantView>> {
        self.tenants.read().get(&id).map(Arc::clone)
    }

    /// All tenants.
    pub(crate) fn tenants(&self) -> Vec<Arc<TenantView>> {
        self.tenants.read().values().map(Arc::clone).collect()
    }

    /// An access key, whether it is good or not.
    pub(crate) fn key(&self, id: &str) -> Option<Arc<KnownKey>> {
        self.keys.read().get(id).map(Arc::clone)
    }

    /// Nothing of it changes while this is held.
    pub(crate) async fn changing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// How many bytes each key may lock in a day.
    pub(crate) fn locked_bytes_limits(&self) -> Vec<Option<u64>> {
        let keys = Arc::clone(&self.keys.read());
        let limits = keys.values().map(|key| key.key.limits.locked_bytes_per_day);
        limits.collect()
    }

    /// Says that a key signed something.
    pub(crate) fn used(&self, id: &str, now: ComplianceTime) {
        let today = day(now);
        let mut uses = self.uses.lock();
        match uses.get_mut(id) {
            Some(last) => *last = today.max(*last),
            None => {
                uses.insert(id.to_owned(), today);
            }
        }
    }

    /// Day of the last use that is known.
    pub(crate) fn last_use(&self, key: &KnownKey) -> Option<u32> {
        let since = self.uses.lock().get(&key.key.id).copied();
        since.max(key.last_use)
    }
}

/// Days since 1970-01-01.
pub(crate) fn day(at: ComplianceTime) -> u32 {
    u32::try_from(at.0.div_euclid(DAY_MS)).unwrap_or(0)
}

/// Reads the whole directory out of the index.
pub(crate) fn load(inner: &Inner) -> Result<(), StoreError> {
    let mut tenants = BTreeMap::new();
    let mut keys = BTreeMap::new();
    for (id, entry) in read::tenants(inner)? {
        let identities = of_tenant(inner, id)?;
        let deleted = delete::is_deleted(inner, id)?;
        let view = Arc::new(TenantView::new((id, deleted), &entry, identities));
        // Nobody of a deleted tenant gets in.
        if deleted {
            tenants.insert(id, view);
            continue;
        }
        for key in view.known_keys(&inner.keys) {
            keys.insert(key.key.id.clone(), Arc::new(key));
        }
        tenants.insert(id, view);
    }
    *inner.directory.tenants.write() = Arc::new(tenants);
    *inner.directory.keys.write() = Arc::new(keys);
    Ok(())
}

/// Everything that the directory of a tenant holds.
fn of_tenant(inner: &Inner, tenant: TenantId) -> Result<Vec<Identity>, StoreError> {
    let prefix = families::identities(tenant);
    let mut found = Vec::new();
    let mut from = Bytes::copy_from_slice(&prefix);
    loop {
        let scan = Scan {
            family: CONFIG,
            from: from.clone(),
            until: families::after_prefix(&prefix),
            limit: SCAN_ENTRIES_MAX,
        };
        let page = inner.scan(IDENTITY, &scan)?;
        for (_, entry) in &page.entries {
            let identity = azekura_record::identity::decode(&entry.value)
                .map_err(|error| StoreError::Internal(format!("an identity: {error}")))?;
            found.push(identity);
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(found),
        }
    }
}

/// One thing of the directory, with the bytes that guard it.
fn one(
    inner: &Inner,
    tenant: TenantId,
    name: &IdentityName,
) -> Result<(Option<Identity>, Option<Bytes>), StoreError> {
    let Some(entry) = inner.get(IDENTITY, &families::identity(tenant, name))? else {
        return Ok((None, None));
    };
    let identity = azekura_record::identity::decode(&entry.value)
        .map_err(|error| StoreError::Internal(format!("an identity: {error}")))?;
    Ok((Some(identity), Some(entry.value)))
}
