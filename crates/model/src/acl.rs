//! Access-control lists, as far as they are served: the canned ones, and grants to tenants and to the two
//! groups (Amazon S3 user guide, "Access control list (ACL) overview").

use crate::access::Action;
use crate::ident::TenantId;

/// Most grants of a list (S3).
pub const ACL_GRANTS_MAX: usize = 100;

/// To whom a list gives something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AclGrantee {
    /// A tenant: its id is the canonical id.
    Tenant(TenantId),
    /// Everybody, also who did not sign.
    AllUsers,
    /// Everybody who signed, of whatever tenant.
    AuthenticatedUsers,
}

/// What a list gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AclPermission {
    /// List a bucket; read an object.
    Read,
    /// Store objects in a bucket.
    Write,
    /// Read the list.
    ReadAcp,
    /// Replace the list.
    WriteAcp,
    /// All of these.
    FullControl,
}

/// One line of a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AclGrant {
    /// To whom.
    pub grantee: AclGrantee,
    /// What.
    pub permission: AclPermission,
}

/// An access-control list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acl {
    /// Who owns what it stands on.
    pub owner: TenantId,
    /// Its lines.
    pub grants: Vec<AclGrant>,
}

/// The lists that have a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are those of S3")]
pub enum CannedAcl {
    Private,
    PublicRead,
    PublicReadWrite,
    AuthenticatedRead,
    BucketOwnerRead,
    BucketOwnerFullControl,
}

impl CannedAcl {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
        Self::AuthenticatedRead,
        Self::BucketOwnerRead,
        Self::BucketOwnerFullControl,
    ];

    /// Its name in `x-amz-acl`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.as_str() == name)
    }

    /// The list that it stands for.
    #[must_use]
    pub fn list(self, owner: TenantId, bucket_owner: TenantId) -> Acl {
        let grant = |grantee, permission| AclGrant {
            grantee,
            permission,
        };
        let mut grants = vec![grant(AclGrantee::Tenant(owner), AclPermission::FullControl)];
        match self {
            Self::Private => {}
            Self::PublicRead => grants.push(grant(AclGrantee::AllUsers, AclPermission::Read)),
            Self::PublicReadWrite => {
                grants.push(grant(AclGrantee::AllUsers, AclPermission::Read));
                grants.push(grant(AclGrantee::AllUsers, AclPermission::Write));
            }
            Self::AuthenticatedRead => {
                let group = AclGrantee::AuthenticatedUsers;
                grants.push(grant(group, AclPermission::Read));
            }
            Self::BucketOwnerRead | Self::BucketOwnerFullControl if bucket_owner == owner => {}
            Self::BucketOwnerRead => {
                let to = AclGrantee::Tenant(bucket_owner);
                grants.push(grant(to, AclPermission::Read));
            }
            Self::BucketOwnerFullControl => {
                let to = AclGrantee::Tenant(bucket_owner);
                grants.push(grant(to, AclPermission::FullControl));
            }
        }
        Acl { owner, grants }
    }
}

impl Acl {
    /// Only the owner.
    #[must_use]
    pub fn private(owner: TenantId) -> Self {
        CannedAcl::Private.list(owner, owner)
    }

    /// Whether it gives anything to people who are not named.
    #[must_use]
    pub fn is_public(&self) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|grant| !matches!(grant.grantee, AclGrantee::Tenant(_)))
    }

    /// Whether anybody but the owner has anything by it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        let owner = AclGrantee::Tenant(self.owner);
        self.grants.iter().any(|grant| grant.grantee != owner)
    }

    /// Whether it allows an action to somebody of `tenant` (`None` = nobody signed). What it gives to that
    /// tenant by name is the tenant's to pass on: it counts only for whom the own side allows it (`own`).
    #[must_use]
    pub fn allows(
        &self,
        action: Action,
        (tenant, own): (Option<TenantId>, bool),
        ignore_public: bool,
    ) -> bool {
        let Some(needed) = needed(action) else {
            return false;
        };
        self.grants.iter().any(|grant| {
            let met = match grant.grantee {
                AclGrantee::Tenant(id) => own && tenant == Some(id),
                AclGrantee::AllUsers => !ignore_public,
                AclGrantee::AuthenticatedUsers => !ignore_public && tenant.is_some(),
            };
            met && (grant.permission == needed || grant.permission == AclPermission::FullControl)
        })
    }
}

/// The permission that covers an action, where one does. Of WRITE only storing counts: S3 gives no
/// deletion by it to anybody but the owner, who has it without.
fn needed(action: Action) -> Option<AclPermission> {
    Some(match action {
        Action::ListBucket
        | Action::ListBucketVersions
        | Action::ListBucketMultipartUploads
        | Action::GetObject
        | Action::GetObjectVersion => AclPermission::Read,
        Action::PutObject => AclPermission::Write,
        Action::GetBucketAcl | Action::GetObjectAcl | Action::GetObjectVersionAcl => {
            AclPermission::ReadAcp
        }
        Action::PutBucketAcl | Action::PutObjectAcl | Action::PutObjectVersionAcl => {
            AclPermission::WriteAcp
        }
        _ => return None,
    })
}
