//! Access-control lists of versions: read them, replace them, and who may make one public.

use azekura_model::access::Authorized;
use azekura_model::acl::{Acl, AclGrantee};
use azekura_model::governed::DualControl;
use azekura_model::ident::{TenantId, VersionId};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_record::acl::{AclChanged, from_text, to_text};
use azekura_record::particulars::Event;
use azekura_record::version::Version;

use crate::amend::{Amended, amend, newest};
use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::families::Amendment;
use crate::governed::dual_control;
use crate::inner::Inner;
use crate::object::{Attributes, Which};

/// Under this name the headers of a version keep the list that it was stored with.
const KEPT: &str = "acl";

/// Gives a version another list. Its ETag and Last-Modified stay.
pub(crate) async fn put(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    (key, which): (&ObjectKey, Which),
    acl: Acl,
) -> Result<Amended, StoreError> {
    check(inner, read::open(inner, bucket)?.bucket.tenant, &acl)?;
    let event = |previous| {
        Event::AclChanged(AclChanged {
            key: key.as_str().to_owned(),
            acl: acl.clone(),
            previous,
        })
    };
    amend(inner, by, bucket, (key, which), Amendment::Acl, event).await
}

/// The list that a version has now: that of the last amendment, or the one it was stored with. `None` =
/// it is its bucket's owner's alone.
pub(crate) fn of(
    inner: &Inner,
    bucket: &Bucket,
    id: VersionId,
    version: &Version,
) -> Result<Option<Acl>, StoreError> {
    let amended = newest(inner, bucket.partition, Amendment::Acl, (&version.key, id))?;
    if let Some(Event::AclChanged(changed)) = amended {
        return Ok(Some(changed.acl));
    }
    given(&version.headers)
}

/// The list that headers as they are kept hold.
pub(crate) fn given(headers: &[(String, String)]) -> Result<Option<Acl>, StoreError> {
    let Some((_, text)) = headers.iter().find(|(name, _)| name == KEPT) else {
        return Ok(None);
    };
    let acl = from_text(text).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(Some(acl))
}

/// The headers of a version to be: those of the object, and its list.
pub(crate) fn kept(
    inner: &Inner,
    tenant: TenantId,
    attributes: &mut Attributes,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut headers = std::mem::take(&mut attributes.headers);
    headers.retain(|(name, _)| name != KEPT);
    if let Some(acl) = attributes.acl.take() {
        check(inner, tenant, &acl)?;
        headers.push((KEPT.to_owned(), to_text(&acl)));
    }
    Ok(headers)
}

/// The headers of the object without its list.
pub(crate) fn headers(version: &Version) -> Vec<(String, String)> {
    let shown = version.headers.iter().filter(|(name, _)| name != KEPT);
    shown.cloned().collect()
}

/// Where two people are needed, objects are opened to others by the bucket's policy, which the
/// second one reads; not one by one.
fn check(inner: &Inner, tenant: TenantId, acl: &Acl) -> Result<(), StoreError> {
    let owners = [AclGrantee::Tenant(tenant), AclGrantee::Tenant(acl.owner)];
    let opens = acl
        .grants
        .iter()
        .any(|grant| !owners.contains(&grant.grantee));
    if opens && dual_control(inner, tenant)? == DualControl::Required {
        return Err(StoreError::InvalidRequest(
            "two people are needed to open anything to others: put a bucket policy, which a second \
             person approves, instead of an access-control list for others"
                .to_owned(),
        ));
    }
    Ok(())
}
