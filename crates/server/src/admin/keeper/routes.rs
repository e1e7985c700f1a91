//! Handlers of lifecycle, history and disposal; one a route.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Extension, Json, Router};
use azekura_admin_api::error::ApiError;
use azekura_admin_api::keeper::{
    BucketLifecycle, CertificateDocument, CertificateQuery, DisposalDetail, DisposalList,
    DisposalQuery, HistoryDaysDetail, HistoryDaysQuery, KeeperApi as _, KeeperRun,
};
use azekura_admin_api::paths;
use azekura_model::access::Grant;

use super::super::AdminState;
use super::super::door::Failure;
use super::super::v1::{Answer, Shared, operator, query};

/// The routes, without their door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route(paths::LIFECYCLE, get(lifecycle))
        .route(paths::LIFECYCLE_RUN, post(run_lifecycle))
        .route(paths::HISTORY_DAYS, get(history_days).put(put_history_days))
        .route(paths::DISPOSALS, get(disposals).post(request_disposal))
        .route(paths::DISPOSAL, delete(cancel_disposal))
        .route(paths::CERTIFICATE, get(certificate))
}

/// Lifecycle rules of a bucket: those in force, and those that wait.
#[utoipa::path(get, path = paths::LIFECYCLE, tag = "lifecycle",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = BucketLifecycle), (status = "default", body = ApiError)))]
pub(crate) async fn lifecycle(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<BucketLifecycle> {
    Ok(Json(operator(&state, grant).lifecycle(&bucket).await?))
}

/// One pass of the keeper over a bucket, now: lifecycle rules, disposals, releases.
#[utoipa::path(post, path = paths::LIFECYCLE_RUN, tag = "lifecycle",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = KeeperRun), (status = "default", body = ApiError)))]
pub(crate) async fn run_lifecycle(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<KeeperRun> {
    Ok(Json(operator(&state, grant).run_lifecycle(&bucket).await?))
}

/// Days of hidden history, and fewer that wait.
#[utoipa::path(get, path = paths::HISTORY_DAYS, tag = "lifecycle",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = HistoryDaysDetail), (status = "default", body = ApiError)))]
pub(crate) async fn history_days(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<HistoryDaysDetail> {
    Ok(Json(operator(&state, grant).history_days(&bucket).await?))
}

/// Asks for other days of hidden history: more act at once, fewer after the cooling-off.
#[utoipa::path(put, path = paths::HISTORY_DAYS, tag = "lifecycle",
    params(("bucket" = String, Path, description = "Name"), HistoryDaysQuery),
    responses((status = 200, body = HistoryDaysDetail), (status = "default", body = ApiError)))]
pub(crate) async fn put_history_days(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<HistoryDaysQuery>, QueryRejection>,
) -> Answer<HistoryDaysDetail> {
    let operator = operator(&state, grant);
    let asked = query(asked)?;
    Ok(Json(operator.put_history_days(&bucket, &asked).await?))
}

/// Disposals of a bucket.
#[utoipa::path(get, path = paths::DISPOSALS, tag = "disposal",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = DisposalList), (status = "default", body = ApiError)))]
pub(crate) async fn disposals(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<DisposalList> {
    Ok(Json(operator(&state, grant).disposals(&bucket).await?))
}

/// Asks for a disposal. It hides what it names after the cooling-off, and never what is locked.
#[utoipa::path(post, path = paths::DISPOSALS, tag = "disposal",
    params(("bucket" = String, Path, description = "Name"), DisposalQuery),
    responses((status = 201, body = DisposalDetail), (status = "default", body = ApiError)))]
pub(crate) async fn request_disposal(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<DisposalQuery>, QueryRejection>,
) -> Result<(StatusCode, Json<DisposalDetail>), Failure> {
    let operator = operator(&state, grant);
    let job = operator.request_disposal(&bucket, &query(asked)?).await?;
    Ok((StatusCode::CREATED, Json(job)))
}

/// Takes a disposal back that has not acted yet.
#[utoipa::path(delete, path = paths::DISPOSAL, tag = "disposal",
    params(("bucket" = String, Path, description = "Name"),
        ("id" = String, Path, description = "Id, hexadecimal")),
    responses((status = 200, body = DisposalDetail), (status = "default", body = ApiError)))]
pub(crate) async fn cancel_disposal(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path((bucket, id)): Path<(String, String)>,
) -> Answer<DisposalDetail> {
    let job = operator(&state, grant)
        .cancel_disposal(&bucket, &id)
        .await?;
    Ok(Json(job))
}

/// What was released of a bucket, how it was erased, and how that was checked.
#[utoipa::path(get, path = paths::CERTIFICATE, tag = "disposal",
    params(("bucket" = String, Path, description = "Name"), CertificateQuery),
    responses((status = 200, body = CertificateDocument), (status = "default", body = ApiError)))]
pub(crate) async fn certificate(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<CertificateQuery>, QueryRejection>,
) -> Answer<CertificateDocument> {
    let operator = operator(&state, grant);
    Ok(Json(operator.certificate(&bucket, &query(asked)?).await?))
}
