//! Record kinds 1 and 38: a tenant and its wrapped key; its end.

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// A tenant comes to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantCreated {
    /// Name of the institution.
    pub name: String,
    /// The tenant key, wrapped by the vault's root key.
    pub wrapped_key: Vec<u8>,
    /// `true` = what weakens or cannot be undone needs two people; fixed for ever.
    pub dual_control: bool,
}

impl EventFields for TenantCreated {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name)
            .put(9, &self.wrapped_key)
            .put(10, &self.dual_control);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
            wrapped_key: input.take(9)?,
            dual_control: input.take(10)?,
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
