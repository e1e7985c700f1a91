//! Handlers of usage, export and reach; one a route.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use azekura_admin_api::error::ApiError;
use azekura_admin_api::paths;
use azekura_admin_api::tenancy::{
    BlastQuery, BlastRadius, ExportBuckets, ExportContentQuery, ExportQuery, ExportedPage,
    PolicyExplainQuery, PolicyExplained, UsageQuery, UsageReport,
};
use azekura_model::access::Grant;

use super::super::AdminState;
use super::super::door::Failure;
use super::super::v1::{Answer, Shared, operator, query};
use super::reach;

/// The routes, without their door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route(paths::USAGE, get(usage))
        .route(paths::EXPORT, get(export_buckets))
        .route(paths::EXPORT_VERSIONS, get(export_page))
        .route(paths::EXPORT_CONTENT, get(export_content))
        .route(paths::BLAST_RADIUS, get(blast_radius))
        .route(paths::POLICY_EXPLAIN, get(explain_policy))
}

type Asked<T> = Result<Query<T>, QueryRejection>;

/// What tenants keep and ask for: numbers of all for the operator of the vault, the own for others.
#[utoipa::path(get, path = paths::USAGE, tag = "tenancy", params(UsageQuery),
    responses((status = 200, body = UsageReport), (status = "default", body = ApiError)))]
pub(crate) async fn usage(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Asked<UsageQuery>,
) -> Answer<UsageReport> {
    let asked = query(asked)?;
    Ok(Json(operator(&state, grant).usage(&asked).await?))
}

/// Buckets of the own tenant to be handed back, retired ones too.
#[utoipa::path(get, path = paths::EXPORT, tag = "tenancy",
    responses((status = 200, body = ExportBuckets), (status = "default", body = ApiError)))]
pub(crate) async fn export_buckets(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<ExportBuckets> {
    Ok(Json(operator(&state, grant).export_buckets().await?))
}

/// One page of versions of a bucket, to be handed back.
#[utoipa::path(get, path = paths::EXPORT_VERSIONS, tag = "tenancy", params(ExportQuery),
    responses((status = 200, body = ExportedPage), (status = "default", body = ApiError)))]
pub(crate) async fn export_page(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Asked<ExportQuery>,
) -> Answer<ExportedPage> {
    let asked = query(asked)?;
    Ok(Json(operator(&state, grant).export_page(&asked).await?))
}

/// Content of a version to be handed back, hidden or not. Damage ends the connection early.
#[utoipa::path(get, path = paths::EXPORT_CONTENT, tag = "tenancy", params(ExportContentQuery),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = "default", body = ApiError)))]
pub(crate) async fn export_content(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Asked<ExportContentQuery>,
) -> Result<Response, Failure> {
    let asked = query(asked)?;
    let content = operator(&state, grant).export_content(&asked).await?;
    let bytes = content.bytes.unwrap_or_default().to_string();
    let kind = "application/octet-stream".to_owned();
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_LENGTH, bytes),
    ];
    Ok((headers, Body::from_stream(content.stream)).into_response())
}

/// What a key of the own tenant could hide, read, lock and administer.
#[utoipa::path(get, path = paths::BLAST_RADIUS, tag = "tenancy", params(BlastQuery),
    responses((status = 200, body = BlastRadius), (status = "default", body = ApiError)))]
pub(crate) async fn blast_radius(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Asked<BlastQuery>,
) -> Answer<BlastRadius> {
    let asked = query(asked)?;
    let operator = operator(&state, grant);
    let subject = reach::subject(&state.keys, &operator, &asked.key)?;
    Ok(Json(operator.reach_of(subject).await?))
}

/// Whether a key of the own tenant may do something, and which statement decides it.
#[utoipa::path(get, path = paths::POLICY_EXPLAIN, tag = "tenancy", params(PolicyExplainQuery),
    responses((status = 200, body = PolicyExplained), (status = "default", body = ApiError)))]
pub(crate) async fn explain_policy(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Asked<PolicyExplainQuery>,
) -> Answer<PolicyExplained> {
    let asked = query(asked)?;
    let operator = operator(&state, grant);
    let subject = reach::subject(&state.keys, &operator, &asked.key)?;
    Ok(Json(reach::explain(&operator, &subject, &asked)?))
}
