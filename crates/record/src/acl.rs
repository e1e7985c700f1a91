//! Access-control lists on disk, and record kind 36: a version has another one.
//!
//! The record is an amendment, as a tagging is: the last one counts, the version's own record stays.

use azekura_model::acl::{Acl, AclGrant, AclGrantee};
use azekura_model::position::Sequence;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// The access-control list of the version that the core names, from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AclChanged {
    /// Key.
    pub key: String,
    /// The list.
    pub acl: Acl,
    /// The change before this one, in the same partition, so that an erasure finds them all.
    pub previous: Option<Sequence>,
}

impl EventFields for AclChanged {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.key)
            .put(9, &self.acl)
            .put_some(10, self.previous.as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: input.take(8)?,
            acl: input.take(9)?,
            previous: input.take_some(10)?,
        })
    }
}

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

/// The list as the text that the headers of a version keep it in: base16 of its value.
#[must_use]
pub fn to_text(acl: &Acl) -> String {
    let mut out = Writer::new();
    out.put(acl);
    hex(&out.into_bytes())
}

/// Reads what [`to_text`] wrote.
///
/// # Errors
/// [`DecodeError`] for anything else.
pub fn from_text(text: &str) -> Result<Acl, DecodeError> {
    let bytes = unhex(text).ok_or_else(|| DecodeError::malformed("an access-control list"))?;
    let mut input = Reader::over_item(&bytes)?;
    let acl = input.get()?;
    input.end()?;
    Ok(acl)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let pairs = bytes.iter();
    pairs
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}
