//! The OpenAPI document, generated from the handlers and checked in.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::identity::routes as identity;
use super::identity::seal;
use super::keeper::routes as keeper;
use super::requests::routes as requests;
use super::tenancy::routes as tenancy;
use super::{audit_query, retention_routes, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Azekura admin API",
        description = "Every request is signed with AWS Signature Version 4, service `azekura`; see admin-api.md."
    ),
    paths(
        v1::vault_info,
        v1::clock,
        v1::snapshot,
        v1::list_buckets,
        v1::create_bucket,
        v1::delete_bucket,
        v1::rotate_key,
        v1::list_objects,
        v1::object,
        v1::content,
        v1::history,
        audit_query::audit,
        retention_routes::list_classes,
        retention_routes::class_rules,
        retention_routes::add_class_rule,
        retention_routes::remove_class_rule,
        retention_routes::retention_limits,
        retention_routes::put_retention_limits,
        retention_routes::lock_default,
        retention_routes::put_lock_default,
        retention_routes::explain,
        retention_routes::lock_report,
        retention_routes::change_locks,
        retention_routes::undelete,
        keeper::lifecycle,
        keeper::run_lifecycle,
        keeper::history_days,
        keeper::put_history_days,
        keeper::disposals,
        keeper::request_disposal,
        keeper::cancel_disposal,
        keeper::certificate,
        identity::tenants,
        identity::delete_tenant,
        identity::create_tenant,
        identity::change_tenant,
        identity::users,
        identity::change_user,
        identity::remove_user,
        identity::groups,
        identity::put_group,
        identity::remove_group,
        identity::policies,
        identity::put_policy,
        identity::remove_policy,
        identity::keys,
        identity::create_key,
        identity::change_key,
        identity::remove_key,
        identity::log_in,
        identity::enrol_totp,
        seal::unlock,
        seal::lock,
        seal::set_passphrase,
        requests::requests,
        requests::request,
        requests::approve_request,
        requests::veto_request,
        tenancy::usage,
        tenancy::export_buckets,
        tenancy::export_page,
        tenancy::export_content,
        tenancy::blast_radius,
        tenancy::explain_policy
    ),
    modifiers(&Signed),
    security(("sigv4" = []))
)]
struct Document;

struct Signed;

impl Modify for Signed {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "Authorization",
            "AWS4-HMAC-SHA256 with signed host, x-amz-date and x-amz-content-sha256",
        )));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("sigv4", scheme);
    }
}

/// The document as pretty JSON.
///
/// # Errors
/// When it cannot be written as JSON (a bug).
pub fn document() -> Result<String, serde_json::Error> {
    Document::openapi().to_pretty_json()
}

#[cfg(test)]
mod tests {
    /// `UPDATE=1` writes the document anew.
    #[test]
    fn the_document_checked_in_is_the_one_generated() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/reference/openapi.json"
        );
        let generated = super::document().unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == generated,
            "docs/reference/openapi.json is stale: run UPDATE=1 cargo test -p azekura-server openapi"
        );
    }
}
