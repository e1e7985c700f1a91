//! `/v1`: from HTTP to [`AdminApi`] and back; one handler a route.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::paths;
use azekura_admin_api::types::{
    BucketInfo, BucketList, ClockDetail, CutReport, History, HistoryQuery, ObjectDetail,
    ObjectPage, ObjectQuery, ObjectsQuery, RotatedKey, VaultReport,
};
use azekura_model::access::Grant;

use super::AdminState;
use super::door::Failure;
use super::operations::Operator;

pub(crate) type Shared = State<Arc<AdminState>>;
pub(crate) type Answer<T> = Result<Json<T>, Failure>;

/// The routes, without their door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route(paths::VAULT, get(vault_info))
        .route(paths::CLOCK, get(clock))
        .route(paths::SNAPSHOT, post(snapshot))
        .route(paths::BUCKETS, get(list_buckets))
        .route(paths::BUCKET, post(create_bucket).delete(delete_bucket))
        .route(paths::ROTATE_KEY, post(rotate_key))
        .route(paths::OBJECTS, get(list_objects))
        .route(paths::OBJECT, get(object))
        .route(paths::CONTENT, get(content))
        .route(paths::HISTORY, get(history))
}

pub(crate) fn operator(state: &Arc<AdminState>, grant: Grant) -> Operator {
    Operator::new(Arc::clone(&state.running), grant)
}

pub(crate) fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Failure> {
    query.map(|Query(query)| query).map_err(|rejected| {
        Failure(
            ApiError::new(Code::InvalidRequest, rejected.body_text())
                .hint("See docs/reference/admin-api.md for the parameters of each route."),
        )
    })
}

/// What the vault is and how it fares.
#[utoipa::path(get, path = paths::VAULT, tag = "vault",
    responses((status = 200, body = VaultReport), (status = "default", body = ApiError)))]
pub(crate) async fn vault_info(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<VaultReport> {
    let mut report = operator(&state, grant).vault_info().await?;
    // The listener knows its address; the store does not.
    report.s3_endpoint = Some(state.s3_endpoint.clone());
    Ok(Json(report))
}

/// Where the compliance clock stands, and what that means for locks.
#[utoipa::path(get, path = paths::CLOCK, tag = "vault",
    responses((status = 200, body = ClockDetail), (status = "default", body = ApiError)))]
pub(crate) async fn clock(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<ClockDetail> {
    Ok(Json(operator(&state, grant).clock().await?))
}

/// The cut at this moment: one head for each partition.
#[utoipa::path(post, path = paths::SNAPSHOT, tag = "vault",
    responses((status = 200, body = CutReport), (status = "default", body = ApiError)))]
pub(crate) async fn snapshot(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<CutReport> {
    Ok(Json(operator(&state, grant).snapshot().await?))
}

/// All buckets, by name.
#[utoipa::path(get, path = paths::BUCKETS, tag = "buckets",
    responses((status = 200, body = BucketList), (status = "default", body = ApiError)))]
pub(crate) async fn list_buckets(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<BucketList> {
    Ok(Json(operator(&state, grant).list_buckets().await?))
}

/// Makes a bucket.
#[utoipa::path(post, path = paths::BUCKET, tag = "buckets",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 201, body = BucketInfo), (status = "default", body = ApiError)))]
pub(crate) async fn create_bucket(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Result<(StatusCode, Json<BucketInfo>), Failure> {
    let made = operator(&state, grant).create_bucket(&bucket).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Retires a bucket that shows nothing; its history stays.
#[utoipa::path(delete, path = paths::BUCKET, tag = "buckets",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 204), (status = "default", body = ApiError)))]
pub(crate) async fn delete_bucket(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Result<StatusCode, Failure> {
    operator(&state, grant).delete_bucket(&bucket).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens the next key epoch of a bucket while writes go on. What was sealed before stays as it is.
#[utoipa::path(post, path = paths::ROTATE_KEY, tag = "buckets",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = RotatedKey), (status = "default", body = ApiError)))]
pub(crate) async fn rotate_key(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<RotatedKey> {
    Ok(Json(operator(&state, grant).rotate_key(&bucket).await?))
}

/// One page of current objects.
#[utoipa::path(get, path = paths::OBJECTS, tag = "objects",
    params(("bucket" = String, Path, description = "Name"), ObjectsQuery),
    responses((status = 200, body = ObjectPage), (status = "default", body = ApiError)))]
pub(crate) async fn list_objects(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<ObjectsQuery>, QueryRejection>,
) -> Answer<ObjectPage> {
    let operator = operator(&state, grant);
    Ok(Json(operator.list_objects(&bucket, &query(asked)?).await?))
}

/// What is known of one version.
#[utoipa::path(get, path = paths::OBJECT, tag = "objects",
    params(("bucket" = String, Path, description = "Name"), ObjectQuery),
    responses((status = 200, body = ObjectDetail), (status = "default", body = ApiError)))]
pub(crate) async fn object(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<ObjectQuery>, QueryRejection>,
) -> Answer<ObjectDetail> {
    let operator = operator(&state, grant);
    Ok(Json(operator.object(&bucket, &query(asked)?).await?))
}

/// Content of one version. Damage ends the connection early, never in wrong bytes.
#[utoipa::path(get, path = paths::CONTENT, tag = "objects",
    params(("bucket" = String, Path, description = "Name"), ObjectQuery),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = "default", body = ApiError)))]
pub(crate) async fn content(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<ObjectQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let operator = operator(&state, grant);
    let content = operator.content(&bucket, &query(asked)?).await?;
    let kind = [(header::CONTENT_TYPE, "application/octet-stream".to_owned())];
    let length = content
        .bytes
        .map(|bytes| [(header::CONTENT_LENGTH, bytes.to_string())]);
    let body = Body::from_stream(content.stream);
    Ok(match length {
        Some(length) => (kind, length, body).into_response(),
        None => (kind, body).into_response(),
    })
}

/// Every version of a key, newest first, with who made it; hidden ones too.
#[utoipa::path(get, path = paths::HISTORY, tag = "objects",
    params(("bucket" = String, Path, description = "Name"), HistoryQuery),
    responses((status = 200, body = History), (status = "default", body = ApiError)))]
pub(crate) async fn history(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<HistoryQuery>, QueryRejection>,
) -> Answer<History> {
    let operator = operator(&state, grant);
    Ok(Json(operator.history(&bucket, &query(asked)?).await?))
}
