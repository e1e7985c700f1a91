//! Record kind 1: a tenant and its wrapped key.

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
