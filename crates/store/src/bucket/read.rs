//! Buckets out of the index.

use azekura_engine::seam::{SCAN_ENTRIES_MAX, Scan};
use azekura_model::bucket::Versioning;
use azekura_model::ident::{BucketUuid, TenantId};
use azekura_model::name::BucketName;
use azekura_model::placement::Residency;
use azekura_model::position::RegionName;
use azekura_model::time::WallTime;
use bytes::Bytes;

use crate::bucket::Bucket;
use crate::entry::{self, BucketEntry, BucketSettings, TenantEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIG, CONFIGURATION};
use crate::inner::Inner;
use crate::slot::after;

/// What the keys of tenants begin with.
const TENANTS: &[u8] = b"tenant/";

/// A bucket with what only the store needs of it.
#[derive(Clone, Debug)]
pub(crate) struct OpenBucket {
    pub(crate) bucket: Bucket,
    /// Where its bytes may live.
    pub(crate) residency: Residency,
    /// The entry of its name, to guard a retirement.
    pub(crate) raw: Bytes,
}

/// The bucket of this name.
pub(crate) fn open(inner: &Inner, name: &BucketName) -> Result<OpenBucket, StoreError> {
    let entry = inner
        .get(CONFIGURATION, &families::bucket(name.as_str()))?
        .ok_or(StoreError::NoSuchBucket)?;
    open_entry(inner, entry.value)
}

/// The tenant of the bucket of this name, if there is one.
pub(crate) fn owner(inner: &Inner, name: &BucketName) -> Result<Option<TenantId>, StoreError> {
    Ok(identity(inner, name)?.map(|(tenant, _)| tenant))
}

/// Tenant and identity of the bucket of this name, if there is one.
pub(crate) fn identity(
    inner: &Inner,
    name: &BucketName,
) -> Result<Option<(TenantId, BucketUuid)>, StoreError> {
    let entry = inner.get(CONFIGURATION, &families::bucket(name.as_str()))?;
    let Some(entry) = entry else {
        return Ok(None);
    };
    let identity: BucketEntry = entry::decode(&entry.value)?;
    Ok(Some((identity.tenant(), identity.uuid())))
}

fn open_entry(inner: &Inner, raw: Bytes) -> Result<OpenBucket, StoreError> {
    of_identity(inner, entry::decode(&raw)?, raw)
}

/// A bucket, retired or not, by its identity.
pub(crate) fn of_entry(inner: &Inner, identity: BucketEntry) -> Result<OpenBucket, StoreError> {
    let raw = entry::encode(&identity);
    of_identity(inner, identity, raw)
}

fn of_identity(inner: &Inner, identity: BucketEntry, raw: Bytes) -> Result<OpenBucket, StoreError> {
    let uuid = identity.uuid();
    let settings = settings(inner, uuid)?;
    let epoch = inner
        .get(CONFIGURATION, &families::bucket_epoch(uuid))?
        .ok_or_else(|| missing(uuid, "key epoch"))?;
    let regions = identity.regions.iter().map(|name| RegionName::parse(name));
    let regions = regions
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    let name = BucketName::parse(&identity.name)
        .map_err(|error| StoreError::Internal(format!("bucket {uuid}: {error}")))?;
    Ok(OpenBucket {
        bucket: Bucket {
            name,
            uuid,
            tenant: identity.tenant(),
            partition: identity.partition(),
            versioning: settings.versioning()?,
            location: identity.location,
            created: WallTime(identity.created),
            history_days: settings.history().in_force(inner.clock.compliance()).0,
            history: settings.history(),
            epoch: entry::decode(&epoch.value)?,
        },
        residency: Residency { regions },
        raw,
    })
}

fn missing(uuid: BucketUuid, what: &str) -> StoreError {
    StoreError::Internal(format!("bucket {uuid} has no {what}"))
}

pub(crate) fn settings(inner: &Inner, uuid: BucketUuid) -> Result<BucketSettings, StoreError> {
    let settings = inner
        .get(CONFIGURATION, &families::bucket_settings(uuid))?
        .ok_or_else(|| missing(uuid, "settings"))?;
    Ok(entry::decode(&settings.value)?)
}

/// Versioning of a bucket now.
pub(crate) fn versioning(inner: &Inner, uuid: BucketUuid) -> Result<Versioning, StoreError> {
    Ok(settings(inner, uuid)?.versioning()?)
}

/// All values of the configuration whose keys begin with `prefix`, with the rest of their keys.
fn with_prefix(inner: &Inner, prefix: &[u8]) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
    let mut out = Vec::new();
    let mut from = Bytes::copy_from_slice(prefix);
    loop {
        let page = inner.scan(
            CONFIGURATION,
            &Scan {
                family: CONFIG,
                from: from.clone(),
                until: families::after_prefix(prefix),
                limit: SCAN_ENTRIES_MAX,
            },
        )?;
        let last = page.entries.last().map(|(key, _)| key.clone());
        out.extend(page.entries.into_iter().map(|(key, entry)| {
            let rest = key.slice(prefix.len().min(key.len())..);
            (rest, entry.value)
        }));
        match last {
            Some(key) if page.more => from = after(&key),
            _ => return Ok(out),
        }
    }
}

/// All buckets that are not retired, by name.
pub(crate) fn all(inner: &Inner) -> Result<Vec<OpenBucket>, StoreError> {
    with_prefix(inner, &families::bucket("").bytes)?
        .into_iter()
        .map(|(_, value)| open_entry(inner, value))
        .collect()
}

/// Identities of all buckets, retired ones included, in no useful order.
pub(crate) fn all_for_ever(inner: &Inner) -> Result<Vec<BucketEntry>, StoreError> {
    with_prefix(inner, b"bucket-uuid/")?
        .into_iter()
        .map(|(_, value)| Ok(entry::decode(&value)?))
        .collect()
}

/// Whether a bucket left the name space.
pub(crate) fn is_retired(inner: &Inner, uuid: BucketUuid) -> Result<bool, StoreError> {
    Ok(inner
        .get(CONFIGURATION, &families::retired(uuid))?
        .is_some())
}

/// All tenants.
pub(crate) fn tenants(inner: &Inner) -> Result<Vec<(TenantId, TenantEntry)>, StoreError> {
    let mut found = Vec::new();
    for (id, value) in with_prefix(inner, TENANTS)? {
        let text = std::str::from_utf8(&id).ok();
        let id = text.and_then(TenantId::parse);
        let id = id.ok_or_else(|| StoreError::Internal("the id of a tenant".to_owned()))?;
        found.push((id, entry::decode(&value)?));
    }
    Ok(found)
}

/// The vault's first tenant, which it was made with.
pub(crate) fn tenant(inner: &Inner) -> Result<TenantId, StoreError> {
    if let Some(first) = inner.first_tenant.get() {
        return Ok(*first);
    }
    let scan = Scan {
        family: CONFIG,
        from: Bytes::from_static(TENANTS),
        until: families::after_prefix(TENANTS),
        limit: SCAN_ENTRIES_MAX,
    };
    let page = inner.scan(CONFIGURATION, &scan)?;
    let first = page.entries.iter().min_by_key(|(_, entry)| entry.sequence);
    let first = first
        .and_then(|(key, _)| std::str::from_utf8(key.get(TENANTS.len()..)?).ok())
        .and_then(TenantId::parse)
        .ok_or_else(|| StoreError::Internal("the vault has no tenant yet".to_owned()))?;
    Ok(*inner.first_tenant.get_or_init(|| first))
}
