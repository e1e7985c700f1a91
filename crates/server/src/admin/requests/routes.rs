//! Handlers of requests for what needs two people; one a route.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::paths;
use azekura_admin_api::requests::{
    RequestDetail, RequestList, RequestsApi as _, RequestsQuery, VetoQuery,
};
use azekura_model::access::Grant;

use super::super::AdminState;
use super::super::door::Failure;
use super::super::v1::{Answer, Shared, operator, query};

/// The routes, without their door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route(paths::REQUESTS, get(requests))
        .route(paths::REQUEST, get(request))
        .route(paths::REQUEST_APPROVE, post(approve_request))
        .route(paths::REQUEST_VETO, post(veto_request))
}

/// Requests for what needs two people, oldest first.
#[utoipa::path(get, path = paths::REQUESTS, tag = "requests",
    params(RequestsQuery),
    responses((status = 200, body = RequestList), (status = "default", body = ApiError)))]
pub(crate) async fn requests(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Result<Query<RequestsQuery>, QueryRejection>,
) -> Answer<RequestList> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.requests(&asked).await?))
}

/// One request, with the text that is signed.
#[utoipa::path(get, path = paths::REQUEST, tag = "requests",
    params(("request" = String, Path, description = "Id")),
    responses((status = 200, body = RequestDetail), (status = "default", body = ApiError)))]
pub(crate) async fn request(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
) -> Answer<RequestDetail> {
    Ok(Json(operator(&state, grant).request(&id).await?))
}

/// A second person's signature over the text, as `ssh-keygen -Y sign -n azekura-request` writes it.
#[utoipa::path(post, path = paths::REQUEST_APPROVE, tag = "requests",
    params(("request" = String, Path, description = "Id")),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = RequestDetail), (status = "default", body = ApiError)))]
pub(crate) async fn approve_request(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<RequestDetail> {
    let signature = std::str::from_utf8(&body).map_err(|_| {
        let what = "the body is not the text that ssh-keygen -Y sign writes";
        Failure(ApiError::new(Code::InvalidRequest, what))
    })?;
    let operator = operator(&state, grant);
    Ok(Json(operator.approve_request(&id, signature).await?))
}

/// The caller says no: who asked, or an approver.
#[utoipa::path(post, path = paths::REQUEST_VETO, tag = "requests",
    params(("request" = String, Path, description = "Id"), VetoQuery),
    responses((status = 200, body = RequestDetail), (status = "default", body = ApiError)))]
pub(crate) async fn veto_request(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    asked: Result<Query<VetoQuery>, QueryRejection>,
) -> Answer<RequestDetail> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.veto_request(&id, &asked).await?))
}
