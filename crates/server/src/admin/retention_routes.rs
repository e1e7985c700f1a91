//! `/v1`: retention; one handler a route.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::paths;
use azekura_admin_api::retention::{
    BulkItem, BulkQuery, BulkReport, ClassList, ClassRuleQuery, ClassRulesReport, ExplainQuery,
    ExplainReport, LimitsQuery, LimitsReport, LockDefaultQuery, LockDefaultReport, LockTally,
    PageQuery, RetentionApi as _, UndeleteQuery, UndeleteReport,
};
use azekura_model::access::Grant;

use super::AdminState;
use super::door::Failure;
use super::v1::{Answer, Shared, operator, query};

/// The routes, without their door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    let rules = get(class_rules)
        .post(add_class_rule)
        .delete(remove_class_rule);
    Router::new()
        .route(paths::CLASSES, get(list_classes))
        .route(paths::CLASS_RULES, rules)
        .route(
            paths::RETENTION_LIMITS,
            get(retention_limits).post(put_retention_limits),
        )
        .route(
            paths::LOCK_DEFAULT,
            get(lock_default).post(put_lock_default),
        )
        .route(paths::EXPLAIN, get(explain))
        .route(paths::LOCK_REPORT, get(lock_report))
        .route(paths::LOCKS, post(change_locks))
        .route(paths::UNDELETE, post(undelete))
}

/// All retention classes that the vault knows.
#[utoipa::path(get, path = paths::CLASSES, tag = "retention",
    responses((status = 200, body = ClassList), (status = "default", body = ApiError)))]
pub(crate) async fn list_classes(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<ClassList> {
    Ok(Json(operator(&state, grant).list_classes().await?))
}

/// Which classes a bucket gives to what.
#[utoipa::path(get, path = paths::CLASS_RULES, tag = "retention",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = ClassRulesReport), (status = "default", body = ApiError)))]
pub(crate) async fn class_rules(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<ClassRulesReport> {
    Ok(Json(operator(&state, grant).class_rules(&bucket).await?))
}

/// Adds a rule; new versions follow it at once.
#[utoipa::path(post, path = paths::CLASS_RULES, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), ClassRuleQuery),
    responses((status = 200, body = ClassRulesReport), (status = "default", body = ApiError)))]
pub(crate) async fn add_class_rule(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<ClassRuleQuery>, QueryRejection>,
) -> Answer<ClassRulesReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.add_class_rule(&bucket, &asked).await?))
}

/// Takes a rule away after the cooling-off; what is stored keeps its class.
#[utoipa::path(delete, path = paths::CLASS_RULES, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), ClassRuleQuery),
    responses((status = 200, body = ClassRulesReport), (status = "default", body = ApiError)))]
pub(crate) async fn remove_class_rule(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<ClassRuleQuery>, QueryRejection>,
) -> Answer<ClassRulesReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.remove_class_rule(&bucket, &asked).await?))
}

/// Limits of a bucket on retention dates.
#[utoipa::path(get, path = paths::RETENTION_LIMITS, tag = "retention",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = LimitsReport), (status = "default", body = ApiError)))]
pub(crate) async fn retention_limits(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<LimitsReport> {
    let operator = operator(&state, grant);
    Ok(Json(operator.retention_limits(&bucket).await?))
}

/// Changes the limits of a bucket; what weakens acts after the cooling-off.
#[utoipa::path(post, path = paths::RETENTION_LIMITS, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), LimitsQuery),
    responses((status = 200, body = LimitsReport), (status = "default", body = ApiError)))]
pub(crate) async fn put_retention_limits(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<LimitsQuery>, QueryRejection>,
) -> Answer<LimitsReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.put_retention_limits(&bucket, &asked).await?))
}

/// Default retention of a bucket, its trial, and what the end of the trial makes final.
#[utoipa::path(get, path = paths::LOCK_DEFAULT, tag = "retention",
    params(("bucket" = String, Path, description = "Name")),
    responses((status = 200, body = LockDefaultReport), (status = "default", body = ApiError)))]
pub(crate) async fn lock_default(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
) -> Answer<LockDefaultReport> {
    Ok(Json(operator(&state, grant).lock_default(&bucket).await?))
}

/// Sets or withdraws the default retention of a bucket.
#[utoipa::path(post, path = paths::LOCK_DEFAULT, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), LockDefaultQuery),
    responses((status = 200, body = LockDefaultReport), (status = "default", body = ApiError)))]
pub(crate) async fn put_lock_default(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<LockDefaultQuery>, QueryRejection>,
) -> Answer<LockDefaultReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.put_lock_default(&bucket, &asked).await?))
}

/// Who can delete a version, when, and by which rule.
#[utoipa::path(get, path = paths::EXPLAIN, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), ExplainQuery),
    responses((status = 200, body = ExplainReport), (status = "default", body = ApiError)))]
pub(crate) async fn explain(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<ExplainQuery>, QueryRejection>,
) -> Answer<ExplainReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.explain(&bucket, &asked).await?))
}

/// One page of the count of a bucket's locks; pages add up.
#[utoipa::path(get, path = paths::LOCK_REPORT, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), PageQuery),
    responses((status = 200, body = LockTally), (status = "default", body = ApiError)))]
pub(crate) async fn lock_report(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<PageQuery>, QueryRejection>,
) -> Answer<LockTally> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.lock_report(&bucket, &asked).await?))
}

/// One page of a change of many locks: of a prefix, or of the versions listed in the body.
#[utoipa::path(post, path = paths::LOCKS, tag = "retention",
    params(("bucket" = String, Path, description = "Name"), BulkQuery),
    request_body = Vec<BulkItem>,
    responses((status = 200, body = BulkReport), (status = "default", body = ApiError)))]
pub(crate) async fn change_locks(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<BulkQuery>, QueryRejection>,
    body: axum::body::Bytes,
) -> Answer<BulkReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    let items: Vec<BulkItem> = if body.is_empty() {
        Vec::new()
    } else {
        serde_json::from_slice(&body).map_err(|error| {
            let what = format!("the body is not a list of keys and versions: {error}");
            Failure(ApiError::new(Code::InvalidRequest, what))
        })?
    };
    Ok(Json(operator.change_locks(&bucket, &asked, &items).await?))
}

/// Brings an object back that S3 shows as deleted.
#[utoipa::path(post, path = paths::UNDELETE, tag = "objects",
    params(("bucket" = String, Path, description = "Name"), UndeleteQuery),
    responses((status = 200, body = UndeleteReport), (status = "default", body = ApiError)))]
pub(crate) async fn undelete(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(bucket): Path<String>,
    asked: Result<Query<UndeleteQuery>, QueryRejection>,
) -> Answer<UndeleteReport> {
    let (operator, asked) = (operator(&state, grant), query(asked)?);
    Ok(Json(operator.undelete(&bucket, &asked).await?))
}
