//! The admin listener: health, metrics, the status page, and the signed API under `/v1`.

mod audit_query;
mod audited;
mod clock_detail;
mod convert;
mod door;
mod facts;
mod health;
mod identity;
mod keeper;
mod metrics;
mod openapi;
mod operations;
mod page;
mod requests;
mod retention;
mod retention_convert;
mod retention_routes;
mod tenancy;
#[cfg(test)]
mod tests;
mod v1;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use azekura_admin_api::sigv4;

pub use openapi::document as openapi_document;

pub(crate) use audit_query::audit_line;
pub(crate) use convert::rfc3339;
pub(crate) use metrics::{Connected, Metrics};

use crate::keys::AccessKeys;
use crate::running::Running;

/// What the handlers share.
pub(crate) struct AdminState {
    /// The open vault.
    pub(crate) running: Arc<Running>,
    /// Who may ask.
    pub(crate) keys: AccessKeys,
    /// Which signatures are for us.
    pub(crate) policy: sigv4::AcceptedScopes,
    /// Counts of requests.
    pub(crate) metrics: Arc<Metrics>,
    /// Where this server serves S3, `http://host:port`.
    pub(crate) s3_endpoint: String,
}

/// All routes. Nothing outside `/v1` answers with names, keys or content of objects.
pub(crate) fn router(state: Arc<AdminState>) -> Router {
    let routes = v1::routes()
        .merge(audit_query::routes())
        .merge(keeper::routes::routes())
        .merge(identity::routes::routes())
        .merge(requests::routes::routes())
        .merge(tenancy::routes::routes())
        .merge(retention_routes::routes());
    let signed = routes
        .route_layer(axum::middleware::from_fn_with_state(
            Arc::clone(&state),
            door::signed_only,
        ))
        .route_layer(axum::middleware::from_fn_with_state(
            Arc::clone(&state),
            audited::on_record,
        ));
    Router::new()
        .route("/", get(page::status_page))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .merge(signed)
        .fallback(door::no_route)
        .with_state(state)
}
