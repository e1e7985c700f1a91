//! Tenants and their identities.

use azekura_record::core::Core;
use azekura_record::identity::IdentityChanged;
use azekura_record::tenant::{TenantCreated, TenantResealed};
use bytes::Bytes;

use super::Mutations;
use crate::entry::{self, TenantEntry, TenantSealEntry};
use crate::families;

pub(super) fn created(core: &Core, tenant: &TenantCreated, out: &mut Mutations) {
    out.puts.push((
        families::tenant(core.tenant),
        entry::encode(&TenantEntry {
            name: tenant.name.clone(),
            wrapped_key: tenant.wrapped_key.clone(),
            dual_control: tenant.dual_control,
            sealed: tenant.sealed,
        }),
    ));
}

pub(super) fn resealed(core: &Core, seal: &TenantResealed, out: &mut Mutations) {
    out.puts.push((
        families::tenant_seal(core.tenant),
        entry::encode(&TenantSealEntry {
            salt: seal.salt,
            rounds: seal.rounds,
            wrapped_key: seal.wrapped_key,
            check: seal.check,
        }),
    ));
}

pub(super) fn identity_changed(core: &Core, changed: &IdentityChanged, out: &mut Mutations) {
    match changed {
        IdentityChanged::Set(identity) => out.puts.push((
            families::identity(core.tenant, &identity.name()),
            Bytes::from(azekura_record::identity::encode(identity)),
        )),
        IdentityChanged::Removed(name) => out.deletes.push(families::identity(core.tenant, name)),
    }
}
