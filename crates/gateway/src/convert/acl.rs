//! Access control lists are disabled, as is AWS's default (*BucketOwnerEnforced*): the owner has full
//! control, and only what says exactly that is accepted (AWS S3 user guide, "Controlling ownership of
//! objects and disabling ACLs"). The guard judges `x-amz-acl` and `x-amz-grant-*`.

use s3s::dto::{AccessControlPolicy, Grant, Grantee, Owner, Permission, Type};
use s3s::{S3Error, S3Result};

use crate::errors;

/// What GetBucketAcl and GetObjectAcl show.
pub(crate) fn full_control(owner: Owner) -> Vec<Grant> {
    vec![Grant {
        grantee: Some(Grantee {
            display_name: owner.display_name,
            email_address: None,
            id: owner.id,
            type_: Type::from_static(Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
    }]
}

/// Judges a request to put an ACL. A canned one has passed the guard.
///
/// # Errors
/// `AccessControlListNotSupported`; `MissingSecurityHeader` when it names none.
pub(crate) fn check(
    owner: &Owner,
    canned: bool,
    document: Option<&AccessControlPolicy>,
) -> S3Result<()> {
    match document {
        None if canned => Ok(()),
        None => Err(missing()),
        Some(policy) if says_full_control(owner, policy) => Ok(()),
        Some(_) => Err(not_supported()),
    }
}

fn says_full_control(owner: &Owner, policy: &AccessControlPolicy) -> bool {
    let of_owner = |id: Option<&String>| id.is_none_or(|id| Some(id) == owner.id.as_ref());
    let owned = policy
        .owner
        .as_ref()
        .is_none_or(|owner| of_owner(owner.id.as_ref()));
    let [grant] = policy.grants.as_deref().unwrap_or_default() else {
        return false;
    };
    let grantee = grant.grantee.as_ref();
    let to_owner = grantee.is_some_and(|grantee| grantee.id.is_some() && grantee.id == owner.id);
    let full = grant
        .permission
        .as_ref()
        .is_some_and(|permission| permission.as_str() == Permission::FULL_CONTROL);
    owned && to_owner && full
}

fn not_supported() -> S3Error {
    let message = "The bucket does not allow ACLs".to_owned();
    errors::answer("AccessControlListNotSupported", 400, message)
}

fn missing() -> S3Error {
    let message = "Your request was missing a required header: x-amz-acl".to_owned();
    errors::answer("MissingSecurityHeader", 400, message)
}
