//! Record kinds 1, 37 and 38: a tenant and its wrapped key, the passphrase that seals its contents, its end.

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// The one scheme of sealing contents by a passphrase.
const SCHEME: u16 = 1;

/// A tenant comes to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantCreated {
    /// Name of the institution.
    pub name: String,
    /// The tenant key, wrapped by the vault's root key.
    pub wrapped_key: Vec<u8>,
    /// `true` = what weakens or cannot be undone needs two people; fixed for ever.
    pub dual_control: bool,
    /// `true` = contents are sealed by a key that only a passphrase of the institution opens; fixed for
    /// ever. Nothing is stored before the first [`TenantResealed`].
    pub sealed: bool,
}

/// The content key of a sealed tenant, wrapped by a passphrase. The last record counts; the key in it
/// is always the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantResealed {
    /// Salt of PBKDF2.
    pub salt: [u8; 32],
    /// Rounds of PBKDF2.
    pub rounds: u32,
    /// The content key, sealed by what PBKDF2 gives.
    pub wrapped_key: [u8; 48],
    /// Tells whether what was opened is the content key.
    pub check: [u8; 16],
}

fn scheme(found: u16) -> Result<(), DecodeError> {
    match found {
        SCHEME => Ok(()),
        other => Err(DecodeError::Newer(format!(
            "scheme {other} of a tenant's seal"
        ))),
    }
}

impl EventFields for TenantCreated {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name)
            .put(9, &self.wrapped_key)
            .put(10, &self.dual_control)
            // Critical: a release that does not know it would store contents that are not sealed.
            .put_some(12, self.sealed.then_some(&SCHEME));
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
            wrapped_key: input.take(9)?,
            dual_control: input.take(10)?,
            sealed: match input.take_some(12)? {
                Some(found) => scheme(found).map(|()| true)?,
                None => false,
            },
        })
    }
}

impl EventFields for TenantResealed {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &SCHEME)
            .put(9, &self.salt)
            .put(10, &self.rounds)
            .put(11, &self.wrapped_key)
            .put(12, &self.check);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        scheme(input.take(8)?)?;
        Ok(Self {
            salt: input.take(9)?,
            rounds: input.take(10)?,
            wrapped_key: input.take(11)?,
            check: input.take(12)?,
        })
    }
}

/// A tenant ends: nobody of it gets in any more. Sealed by the root key, so that it outlives the tenant's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantDeleted {
    /// Name of the institution; no other tenant ever has it.
    pub name: String,
}

impl EventFields for TenantDeleted {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
        })
    }
}
