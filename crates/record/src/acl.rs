//! Access-control lists on disk.

use azekura_model::acl::{Acl, AclGrant, AclGrantee};

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

/// Codes of grantees.
const TENANT: u16 = 1;
const ALL_USERS: u16 = 2;
const AUTHENTICATED_USERS: u16 = 3;

/// `[owner, grants]`.
impl Value for Acl {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.owner).put(&self.grants);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "an access-control list")?;
        Ok(Self {
            owner: input.get()?,
            grants: input.get()?,
        })
    }
}

/// `[grantee, tenant or null, permission]`: grantee 1 a tenant, 2 all users, 3 authenticated users.
impl Value for AclGrant {
    fn write(&self, out: &mut Writer) {
        let (code, tenant) = match self.grantee {
            AclGrantee::Tenant(id) => (TENANT, Some(id)),
            AclGrantee::AllUsers => (ALL_USERS, None),
            AclGrantee::AuthenticatedUsers => (AUTHENTICATED_USERS, None),
        };
        out.array(3).put(&code).put(&tenant).put(&self.permission);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(3, "a grant")?;
        let code = input.get::<u16>()?;
        let grantee = match (code, input.get::<Option<_>>()?) {
            (TENANT, Some(id)) => AclGrantee::Tenant(id),
            (ALL_USERS, None) => AclGrantee::AllUsers,
            (AUTHENTICATED_USERS, None) => AclGrantee::AuthenticatedUsers,
            (TENANT | ALL_USERS | AUTHENTICATED_USERS, _) => {
                return Err(DecodeError::malformed("grantee of a list"));
            }
            (other, _) => return Err(DecodeError::Newer(format!("grantee {other} of a list"))),
        };
        Ok(Self {
            grantee,
            permission: input.get()?,
        })
    }
}
