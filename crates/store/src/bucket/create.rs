//! A tenant, a bucket: how they come to be.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{BucketConfiguration, ConfigurationKind, ObjectOwnership};
use azekura_model::governed::DualControl;
use azekura_model::ident::TenantId;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_model::position::PartitionId;
use azekura_model::requester::Requester;
use azekura_record::bucket::BucketCreated;
use azekura_record::particulars::Event;
use azekura_record::tenant::TenantCreated;
use bytes::Bytes;

use crate::bucket::configure::configure;
use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION, RESERVED_PARTITIONS};
use crate::governed::dual_control;
use crate::identity::delete::is_deleted;
use crate::inner::{Draft, Inner, Refused};
use crate::keys::Contents;

/// Makes the vault's tenant when it has none.
pub(crate) async fn bootstrap(
    inner: &Inner,
    name: &str,
    dual: DualControl,
) -> Result<TenantId, StoreError> {
    if let Ok(tenant) = read::tenant(inner) {
        return Ok(tenant);
    }
    let tenant = inner.ids.tenant()?;
    let event = Event::TenantCreated(TenantCreated {
        name: name.to_owned(),
        wrapped_key: inner.keys.new_tenant(tenant, Contents::Open)?,
        dual_control: dual == DualControl::Required,
        sealed: false,
    });
    let draft = Draft::of_tenant(inner, tenant, event);
    inner
        .append(
            &Requester::vault("bootstrap"),
            CONFIGURATION,
            CommitClass::Essential,
            vec![Guard::Absent(families::tenant(tenant))],
            draft,
        )
        .await
        .map_err(Refused::unexpected)?;
    Ok(tenant)
}

/// Makes a bucket.
pub(crate) async fn create(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    versioning: Versioning,
) -> Result<Bucket, StoreError> {
    let tenant = match by.tenant() {
        Some(tenant) => tenant,
        None => read::tenant(inner)?,
    };
    let _making = inner.directory.buckets.read().await;
    if is_deleted(inner, tenant)? {
        return Err(StoreError::NoSuchIdentity);
    }
    if let Some(owner) = read::owner(inner, name)? {
        return Err(taken(owner == tenant));
    }
    let uuid = inner.ids.bucket()?;
    let region = inner.region.to_string();
    let event = Event::BucketCreated(BucketCreated {
        name: name.as_str().to_owned(),
        location: region.clone(),
        partition: fresh_partition(inner)?,
        versioning,
        history_days: inner.policy.history_days.0,
        regions: vec![region],
        wrapped_key: inner.keys.new_bucket_key(tenant, uuid, 1)?,
    });
    let draft = Draft {
        tenant,
        bucket: Some(uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event,
    };
    let guards = vec![Guard::Absent(families::bucket(name.as_str()))];
    let appended = inner
        .append(
            by.requester(),
            CONFIGURATION,
            CommitClass::Data,
            guards,
            draft,
        )
        .await;
    match appended {
        Ok(_) => {
            if ownership(inner, tenant)?.has_acls() {
                unblock(inner, by, name).await?;
            }
            Ok(read::open(inner, name)?.bucket)
        }
        Err(Refused::Guard(_)) => Err(taken(read::owner(inner, name)? == Some(tenant))),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// The object ownership with which buckets of a tenant begin.
pub(crate) fn ownership(inner: &Inner, tenant: TenantId) -> Result<ObjectOwnership, StoreError> {
    let one_person = dual_control(inner, tenant)? == DualControl::Off;
    Ok(if inner.policy.public_buckets && one_person {
        ObjectOwnership::ObjectWriter
    } else {
        ObjectOwnership::BucketOwnerEnforced
    })
}

/// Takes the public-access block away and lets lists count. Until it is done the bucket is closed.
async fn unblock(inner: &Inner, by: &Authorized, name: &BucketName) -> Result<(), StoreError> {
    let kind = ConfigurationKind::PublicAccess;
    configure(inner, by, name, kind, None).await?;
    let ownership = ObjectOwnership::ObjectWriter;
    let kind = ConfigurationKind::Ownership;
    let ownership = Some(BucketConfiguration::Ownership(ownership));
    configure(inner, by, name, kind, ownership).await
}

/// Names are one space for all tenants.
fn taken(by_asker: bool) -> StoreError {
    if by_asker {
        StoreError::BucketAlreadyOwnedByYou
    } else {
        StoreError::BucketAlreadyExists
    }
}

/// A partition that no bucket has had. 63 random bits do not meet twice.
fn fresh_partition(inner: &Inner) -> Result<PartitionId, StoreError> {
    let random = u128::from_be_bytes(inner.ids.random16()?);
    let low = u64::try_from(random & u128::from(u64::MAX >> 1)).unwrap_or(u64::MAX >> 1);
    Ok(PartitionId(low.saturating_add(RESERVED_PARTITIONS)))
}
