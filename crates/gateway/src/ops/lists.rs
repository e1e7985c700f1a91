//! Access-control lists of what is stored and of buckets: which one a request means, and whether it may.

use azekura_model::access::{Action, AllowedBy};
use azekura_model::acl::{Acl, AclGrantee, CannedAcl};
use azekura_model::bucket_config::ObjectOwnership;
use azekura_model::ident::{TenantId, UploadId};
use azekura_model::name::ObjectKey;
use azekura_store::bucket::access::BucketAccess;
use azekura_store::error::StoreError;
use http::HeaderMap;
use s3s::S3Result;
use s3s::dto::Owner;

use super::Context;
use crate::auth::Caller;
use crate::convert::acl::{self, Owners, Tenants};
use crate::convert::names;
use crate::errors;

impl Tenants for Context {
    fn name(&self, id: TenantId) -> S3Result<Option<String>> {
        self.store.tenant_name(id).map_err(errors::from_store)
    }
}

impl Context {
    /// What a bucket says of who may come in.
    pub(super) fn access(&self, bucket: &str) -> S3Result<BucketAccess> {
        let name = names::bucket(bucket)?;
        let access = self
            .store
            .bucket_access(&name)
            .map_err(errors::from_store)?;
        access.ok_or_else(|| errors::from_store(StoreError::NoSuchBucket))
    }
}

/// The list of an object to be; `None` = it is the bucket's owner's alone.
///
/// # Errors
/// `AccessControlListNotSupported` where lists do not count; `AccessDenied` for a public one that is
/// blocked, and without the right to give one.
pub(super) fn of_new_object(
    cx: &Context,
    caller: &Caller,
    bucket: &str,
    headers: &HeaderMap,
) -> S3Result<Option<Acl>> {
    let access = cx.access(bucket)?;
    if !access.ownership.has_acls() {
        acl::says_nothing_new(headers)?;
        return Ok(None);
    }
    let canned = headers.get("x-amz-acl").map(|value| value.as_bytes());
    let given_away = access.ownership == ObjectOwnership::BucketOwnerPreferred
        && canned == Some(CannedAcl::BucketOwnerFullControl.as_str().as_bytes());
    // What nobody stores is the bucket's.
    let writer = caller.authorized().tenant().unwrap_or(access.tenant);
    let owner = if given_away { access.tenant } else { writer };
    let owners = Owners {
        owner,
        bucket: access.tenant,
    };
    let asked = acl::of_headers(cx, headers, owners)?;
    let list = asked.unwrap_or_else(|| Acl::private(owner));
    if list.is_public() && access.blocks_public_acls() {
        return Err(acl::blocked());
    }
    let others = list.grants.iter().any(|grant| {
        let to = grant.grantee;
        to != AclGrantee::Tenant(access.tenant) && to != AclGrantee::Tenant(owner)
    });
    // Whoever a list lets store an object gives it a list as well.
    if others && caller.authorized().by() != &AllowedBy::Acl {
        caller.may(Action::PutObjectAcl)?;
    }
    let plain = list == Acl::private(access.tenant);
    Ok((!plain).then_some(list))
}

/// Whose object an upload makes: the bucket's owner's, unless lists count and say otherwise. Who began it is
/// shown as the same.
pub(super) fn owner_of_upload(
    cx: &Context,
    bucket: &str,
    key: &ObjectKey,
    id: UploadId,
) -> S3Result<Owner> {
    let access = cx.access(bucket)?;
    if !access.ownership.has_acls() {
        return cx.owner(access.tenant);
    }
    match cx.store.upload_acl(&names::bucket(bucket)?, key, id) {
        Ok(list) => cx.owner(list.map_or(access.tenant, |list| list.owner)),
        // Over meanwhile.
        Err(StoreError::NoSuchUpload) => cx.owner(access.tenant),
        Err(error) => Err(errors::from_store(error)),
    }
}
