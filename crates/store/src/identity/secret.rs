//! Secrets of access keys and of one-time passwords: the index stands on disk in the clear, so they are
//! sealed under the tenant's key wherever they stand.

use azekura_model::ident::TenantId;
use zeroize::Zeroizing;

use crate::keys::{KeyError, Keys};
use crate::seal::cipher;

const LABEL: &[u8] = b"azekura secret v1";
const SALT_BYTES: usize = 32;

/// Seals a secret of this name.
pub(super) fn seal(
    keys: &Keys,
    tenant: TenantId,
    name: &str,
    secret: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let salt = keys.entropy().bytes32()?;
    let above = keys.tenant_key(tenant)?;
    let key = cipher::derive(&above, &salt, &[LABEL, name.as_bytes()])?;
    let mut out = salt.to_vec();
    cipher::seal_once(key, name.as_bytes(), secret, &mut out)?;
    Ok(out)
}

/// Opens what [`seal`] sealed under the same name.
pub(super) fn open(
    keys: &Keys,
    tenant: TenantId,
    name: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let unopenable = || KeyError::Unopenable(format!("secret {name}"));
    let (salt, text) = sealed.split_at_checked(SALT_BYTES).ok_or_else(unopenable)?;
    let above = keys.tenant_key(tenant)?;
    let key = cipher::derive(&above, salt, &[LABEL, name.as_bytes()])?;
    cipher::open_once(key, name.as_bytes(), text).map_err(|_| unopenable())
}
