//! Owners on the wire: the id of a tenant is the canonical id, its name the display name.

use azekura_model::ident::TenantId;
use s3s::dto;

/// A tenant as owner.
pub(crate) fn owner(tenant: TenantId, name: Option<String>) -> dto::Owner {
    dto::Owner {
        display_name: name,
        id: Some(tenant.to_string()),
    }
}

/// Owner of a list of buckets for who belongs to no tenant.
pub(crate) fn nobody() -> dto::Owner {
    dto::Owner {
        display_name: None,
        id: None,
    }
}
