//! Access-control lists on the wire (AWS S3 user guide, "Access control list (ACL) overview"). Where the
//! owner of the bucket owns every object, only what says exactly that is accepted ("Controlling ownership
//! of objects and disabling ACLs").

use azekura_model::acl::{ACL_GRANTS_MAX, Acl, AclGrant, AclGrantee, AclPermission, CannedAcl};
use azekura_model::ident::TenantId;
use http::HeaderMap;
use s3s::dto::{AccessControlPolicy, Grant, Grantee, Owner, Permission, Type};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::errors;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/// Headers that give one permission each.
const GRANTS: [(&str, AclPermission); 5] = [
    ("x-amz-grant-read", AclPermission::Read),
    ("x-amz-grant-write", AclPermission::Write),
    ("x-amz-grant-read-acp", AclPermission::ReadAcp),
    ("x-amz-grant-write-acp", AclPermission::WriteAcp),
    ("x-amz-grant-full-control", AclPermission::FullControl),
];

/// Who stands in a list: names of tenants.
pub(crate) trait Tenants {
    /// The name of a tenant, if there is one of this id.
    fn name(&self, id: TenantId) -> S3Result<Option<String>>;
}

/// Whose thing a list stands on.
#[derive(Clone, Copy)]
pub(crate) struct Owners {
    /// Owner of the thing.
    pub(crate) owner: TenantId,
    /// Owner of the bucket.
    pub(crate) bucket: TenantId,
}

/// What headers ask for; `None` when they say nothing.
///
/// # Errors
/// `InvalidArgument`, `InvalidRequest` for both forms at once, `UnresolvableGrantByEmailAddress`.
pub(crate) fn of_headers(
    tenants: &impl Tenants,
    headers: &HeaderMap,
    owners: Owners,
) -> S3Result<Option<Acl>> {
    let text = |name: &str| {
        let value = headers.get(name)?;
        Some(std::str::from_utf8(value.as_bytes()).unwrap_or_default())
    };
    let canned = text("x-amz-acl").map(|name| {
        CannedAcl::parse(name).ok_or_else(|| errors::invalid_argument("Invalid canned ACL"))
    });
    let canned = canned.transpose()?;
    let mut grants = Vec::new();
    for (name, permission) in GRANTS {
        for grantee in text(name).unwrap_or_default().split(',') {
            if grantee.trim().is_empty() {
                continue;
            }
            let grantee = grantee_of(tenants, grantee.trim())?;
            grants.push(checked(AclGrant {
                grantee,
                permission,
            })?);
        }
    }
    match (canned, grants.is_empty()) {
        (None, true) => Ok(None),
        (Some(canned), true) => Ok(Some(canned.list(owners.owner, owners.bucket))),
        (None, false) => bounded(Acl {
            owner: owners.owner,
            grants,
        })
        .map(Some),
        (Some(_), false) => Err(errors::invalid_request(
            "Specifying both Canned ACLs and Header Grants is not allowed",
        )),
    }
}

/// `id="…"`, `uri="…"` or `emailAddress="…"`.
fn grantee_of(tenants: &impl Tenants, text: &str) -> S3Result<AclGrantee> {
    let (kind, value) = text.split_once('=').ok_or_else(bad_grant)?;
    let value = value.trim().trim_matches('"');
    match kind.trim() {
        "id" => tenant(tenants, value),
        "uri" => group(value),
        "emailAddress" => Err(by_email()),
        _ => Err(bad_grant()),
    }
}

fn tenant(tenants: &impl Tenants, id: &str) -> S3Result<AclGrantee> {
    let known = TenantId::parse(id);
    let id = known.ok_or_else(|| errors::invalid_argument("Invalid id"))?;
    match tenants.name(id)? {
        Some(_) => Ok(AclGrantee::Tenant(id)),
        None => Err(errors::invalid_argument("Invalid id")),
    }
}

fn group(uri: &str) -> S3Result<AclGrantee> {
    match uri {
        ALL_USERS => Ok(AclGrantee::AllUsers),
        AUTHENTICATED_USERS => Ok(AclGrantee::AuthenticatedUsers),
        _ => Err(errors::invalid_argument("Invalid group uri")),
    }
}

fn bad_grant() -> S3Error {
    errors::invalid_argument("a grant is id=ID or uri=URI, several divided by commas")
}

fn by_email() -> S3Error {
    let message = "The e-mail address you provided does not match any account on record; name the \
                   tenant by its id";
    errors::answer("UnresolvableGrantByEmailAddress", 400, message.to_owned())
}

/// A group is never given what would let anybody change who comes in.
fn checked(grant: AclGrant) -> S3Result<AclGrant> {
    let group = !matches!(grant.grantee, AclGrantee::Tenant(_));
    let rules = matches!(
        grant.permission,
        AclPermission::WriteAcp | AclPermission::FullControl
    );
    if group && rules {
        return Err(errors::invalid_argument(
            "WRITE_ACP and FULL_CONTROL are given to tenants by their id, never to a group",
        ));
    }
    Ok(grant)
}

fn bounded(acl: Acl) -> S3Result<Acl> {
    if acl.grants.len() > ACL_GRANTS_MAX {
        let message = "The list has more than 100 grants";
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedACLError,
            message,
        ));
    }
    Ok(acl)
}

/// `<AccessControlPolicy>`.
///
/// # Errors
/// `MalformedACLError`; those of [`of_headers`]; `AccessDenied` when it names another owner.
pub(crate) fn of_document(
    tenants: &impl Tenants,
    document: &AccessControlPolicy,
    owner: TenantId,
) -> S3Result<Acl> {
    let malformed = || {
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema";
        S3Error::with_message(S3ErrorCode::MalformedACLError, message)
    };
    let named = document.owner.as_ref().and_then(|owner| owner.id.as_ref());
    if named.is_some_and(|id| *id != owner.to_string()) {
        let message = "an access-control list does not change who owns what it stands on";
        return Err(S3Error::with_message(S3ErrorCode::AccessDenied, message));
    }
    let mut grants = Vec::new();
    for grant in document.grants.as_deref().unwrap_or_default() {
        let grantee = grant.grantee.as_ref().ok_or_else(malformed)?;
        let permission = grant.permission.as_ref().ok_or_else(malformed)?;
        let grantee = match (&grantee.id, &grantee.uri, &grantee.email_address) {
            (Some(id), None, None) => tenant(tenants, id)?,
            (None, Some(uri), None) => group(uri)?,
            (None, None, Some(_)) => return Err(by_email()),
            _ => return Err(malformed()),
        };
        let permission = permission_of(permission.as_str()).ok_or_else(malformed)?;
        grants.push(checked(AclGrant {
            grantee,
            permission,
        })?);
    }
    bounded(Acl { owner, grants })
}

fn permission_of(name: &str) -> Option<AclPermission> {
    Some(match name {
        Permission::READ => AclPermission::Read,
        Permission::WRITE => AclPermission::Write,
        Permission::READ_ACP => AclPermission::ReadAcp,
        Permission::WRITE_ACP => AclPermission::WriteAcp,
        Permission::FULL_CONTROL => AclPermission::FullControl,
        _ => return None,
    })
}

fn permission_name(permission: AclPermission) -> &'static str {
    match permission {
        AclPermission::Read => Permission::READ,
        AclPermission::Write => Permission::WRITE,
        AclPermission::ReadAcp => Permission::READ_ACP,
        AclPermission::WriteAcp => Permission::WRITE_ACP,
        AclPermission::FullControl => Permission::FULL_CONTROL,
    }
}

/// The grants of an answer.
pub(crate) fn to_wire(tenants: &impl Tenants, acl: &Acl) -> S3Result<Vec<Grant>> {
    let one = |grant: &AclGrant| {
        let (kind, id, uri, name) = match grant.grantee {
            AclGrantee::Tenant(id) => (Type::CANONICAL_USER, Some(id), None, tenants.name(id)?),
            AclGrantee::AllUsers => (Type::GROUP, None, Some(ALL_USERS), None),
            AclGrantee::AuthenticatedUsers => (Type::GROUP, None, Some(AUTHENTICATED_USERS), None),
        };
        Ok(Grant {
            grantee: Some(Grantee {
                display_name: name,
                email_address: None,
                id: id.map(|id| id.to_string()),
                type_: Type::from_static(kind),
                uri: uri.map(str::to_owned),
            }),
            permission: Some(Permission::from_static(permission_name(grant.permission))),
        })
    };
    // Groups first: what is open to many should be seen at once.
    let (groups, tenants): (Vec<_>, Vec<_>) = acl
        .grants
        .iter()
        .partition(|grant| !matches!(grant.grantee, AclGrantee::Tenant(_)));
    groups.into_iter().chain(tenants).map(one).collect()
}

/// Judges a request to put a list where lists do not count. A canned one is `private` or
/// `bucket-owner-full-control` then.
///
/// # Errors
/// `AccessControlListNotSupported`; `MissingSecurityHeader` when it names none.
pub(crate) fn check(
    owner: &Owner,
    headers: &HeaderMap,
    document: Option<&AccessControlPolicy>,
) -> S3Result<()> {
    let canned = says_nothing_new(headers)?;
    match document {
        None if canned => Ok(()),
        None => Err(missing()),
        Some(policy) if says_full_control(owner, policy) => Ok(()),
        Some(_) => Err(not_supported()),
    }
}

/// Whether headers name a list, where only the owner's own is accepted.
///
/// # Errors
/// `AccessControlListNotSupported`.
pub(crate) fn says_nothing_new(headers: &HeaderMap) -> S3Result<bool> {
    if GRANTS.iter().any(|(name, _)| headers.contains_key(*name)) {
        return Err(not_supported());
    }
    match headers.get("x-amz-acl").map(|value| value.as_bytes()) {
        None => Ok(false),
        Some(b"private" | b"bucket-owner-full-control") => Ok(true),
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

/// A request that puts a list and names none.
pub(crate) fn missing() -> S3Error {
    let message = "Your request was missing a required header: x-amz-acl".to_owned();
    errors::answer("MissingSecurityHeader", 400, message)
}

/// A list and an ownership that do not go together.
pub(crate) fn not_with_ownership() -> S3Error {
    let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    errors::answer(
        "InvalidBucketAclWithObjectOwnership",
        400,
        message.to_owned(),
    )
}

/// A public list that the bucket's public-access block refuses.
pub(crate) fn blocked() -> S3Error {
    let message = "the access-control list lets everybody in, and the bucket's public-access block \
                   (BlockPublicAcls) refuses such lists";
    S3Error::with_message(S3ErrorCode::AccessDenied, message)
}
