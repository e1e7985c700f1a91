//! Handlers of tenants, users, groups, policies and keys; one a route.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::identity::{
    GroupDetail, GroupList, IdentityApi as _, KeyAsked, KeyChange, KeyDetail, KeyList, KeyMade,
    LoginAsked, NameQuery, PolicyDetail, PolicyList, RemovedIdentity, SessionMade, TenantAsked,
    TenantChange, TenantDetail, TenantList, TenantMade, TotpMade, UserChange, UserDetail, UserList,
};
use azekura_admin_api::paths;
use azekura_model::access::Grant;

use super::super::AdminState;
use super::super::door::Failure;
use super::super::v1::{Answer, Shared, operator, query};

/// The routes, without their door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route(
            paths::TENANTS,
            get(tenants)
                .post(create_tenant)
                .put(change_tenant)
                .delete(delete_tenant),
        )
        .route(
            paths::USERS,
            get(users).put(change_user).delete(remove_user),
        )
        .route(
            paths::GROUPS,
            get(groups).put(put_group).delete(remove_group),
        )
        .route(
            paths::POLICIES,
            get(policies).put(put_policy).delete(remove_policy),
        )
        .route(
            paths::KEYS,
            get(keys)
                .post(create_key)
                .put(change_key)
                .delete(remove_key),
        )
        .route(paths::LOGIN, post(log_in))
        .route(paths::TOTP, post(enrol_totp))
        .merge(super::seal::routes())
}

pub(super) type Body<T> = Result<Json<T>, JsonRejection>;
type Named = Result<Query<NameQuery>, QueryRejection>;

pub(super) fn body<T>(body: Body<T>) -> Result<T, Failure> {
    body.map(|Json(body)| body).map_err(|rejected| {
        Failure(
            ApiError::new(Code::InvalidRequest, rejected.body_text())
                .hint("See docs/reference/openapi.json for the fields of each body."),
        )
    })
}

/// Tenants: all for the operator of the vault, the own one for everybody else.
#[utoipa::path(get, path = paths::TENANTS, tag = "identity",
    responses((status = 200, body = TenantList), (status = "default", body = ApiError)))]
pub(crate) async fn tenants(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<TenantList> {
    Ok(Json(operator(&state, grant).tenants().await?))
}

/// Makes a tenant with its first people, whose secrets are shown this once.
#[utoipa::path(post, path = paths::TENANTS, tag = "identity", request_body = TenantAsked,
    responses((status = 200, body = TenantMade), (status = "default", body = ApiError)))]
pub(crate) async fn create_tenant(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<TenantAsked>,
) -> Answer<TenantMade> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).create_tenant(&asked).await?))
}

/// Changes quotas (operator of the vault) or log-in rules (the tenant itself).
#[utoipa::path(put, path = paths::TENANTS, tag = "identity", request_body = TenantChange,
    responses((status = 200, body = TenantDetail), (status = "default", body = ApiError)))]
pub(crate) async fn change_tenant(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<TenantChange>,
) -> Answer<TenantDetail> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).change_tenant(&asked).await?))
}

/// Deletes a tenant that keeps nothing (operator of the vault; a second person of the tenant signs).
#[utoipa::path(delete, path = paths::TENANTS, tag = "identity", params(NameQuery),
    responses((status = 200, body = RemovedIdentity), (status = "default", body = ApiError)))]
pub(crate) async fn delete_tenant(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    named: Named,
) -> Answer<RemovedIdentity> {
    let named = query(named)?;
    Ok(Json(
        operator(&state, grant).delete_tenant(&named.name).await?,
    ))
}

/// Users of the own tenant.
#[utoipa::path(get, path = paths::USERS, tag = "identity",
    responses((status = 200, body = UserList), (status = "default", body = ApiError)))]
pub(crate) async fn users(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<UserList> {
    Ok(Json(operator(&state, grant).users().await?))
}

/// Makes or changes a user. What gives administration may need two people.
#[utoipa::path(put, path = paths::USERS, tag = "identity", request_body = UserChange,
    responses((status = 200, body = UserDetail), (status = "default", body = ApiError)))]
pub(crate) async fn change_user(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<UserChange>,
) -> Answer<UserDetail> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).change_user(&asked).await?))
}

/// Takes a user away who owns no key.
#[utoipa::path(delete, path = paths::USERS, tag = "identity", params(NameQuery),
    responses((status = 200, body = RemovedIdentity), (status = "default", body = ApiError)))]
pub(crate) async fn remove_user(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Named,
) -> Answer<RemovedIdentity> {
    let name = query(asked)?.name;
    Ok(Json(operator(&state, grant).remove_user(&name).await?))
}

/// Groups of the own tenant.
#[utoipa::path(get, path = paths::GROUPS, tag = "identity",
    responses((status = 200, body = GroupList), (status = "default", body = ApiError)))]
pub(crate) async fn groups(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<GroupList> {
    Ok(Json(operator(&state, grant).groups().await?))
}

/// Makes or changes a group.
#[utoipa::path(put, path = paths::GROUPS, tag = "identity", request_body = GroupDetail,
    responses((status = 200, body = GroupDetail), (status = "default", body = ApiError)))]
pub(crate) async fn put_group(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<GroupDetail>,
) -> Answer<GroupDetail> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).put_group(&asked).await?))
}

/// Takes a group away that has no members.
#[utoipa::path(delete, path = paths::GROUPS, tag = "identity", params(NameQuery),
    responses((status = 200, body = RemovedIdentity), (status = "default", body = ApiError)))]
pub(crate) async fn remove_group(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Named,
) -> Answer<RemovedIdentity> {
    let name = query(asked)?.name;
    Ok(Json(operator(&state, grant).remove_group(&name).await?))
}

/// Policies of the own tenant.
#[utoipa::path(get, path = paths::POLICIES, tag = "identity",
    responses((status = 200, body = PolicyList), (status = "default", body = ApiError)))]
pub(crate) async fn policies(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<PolicyList> {
    Ok(Json(operator(&state, grant).policies().await?))
}

/// Makes or changes a policy in the policy language of AWS.
#[utoipa::path(put, path = paths::POLICIES, tag = "identity", request_body = PolicyDetail,
    responses((status = 200, body = PolicyDetail), (status = "default", body = ApiError)))]
pub(crate) async fn put_policy(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<PolicyDetail>,
) -> Answer<PolicyDetail> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).put_policy(&asked).await?))
}

/// Takes a policy away that nobody has.
#[utoipa::path(delete, path = paths::POLICIES, tag = "identity", params(NameQuery),
    responses((status = 200, body = RemovedIdentity), (status = "default", body = ApiError)))]
pub(crate) async fn remove_policy(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Named,
) -> Answer<RemovedIdentity> {
    let name = query(asked)?.name;
    Ok(Json(operator(&state, grant).remove_policy(&name).await?))
}

/// Access keys of the own tenant, without secrets.
#[utoipa::path(get, path = paths::KEYS, tag = "identity",
    responses((status = 200, body = KeyList), (status = "default", body = ApiError)))]
pub(crate) async fn keys(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<KeyList> {
    Ok(Json(operator(&state, grant).keys().await?))
}

/// Makes an access key; its secret is shown this once.
#[utoipa::path(post, path = paths::KEYS, tag = "identity", request_body = KeyAsked,
    responses((status = 200, body = KeyMade), (status = "default", body = ApiError)))]
pub(crate) async fn create_key(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<KeyAsked>,
) -> Answer<KeyMade> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).create_key(&asked).await?))
}

/// Disables or enables an access key.
#[utoipa::path(put, path = paths::KEYS, tag = "identity", request_body = KeyChange,
    responses((status = 200, body = KeyDetail), (status = "default", body = ApiError)))]
pub(crate) async fn change_key(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<KeyChange>,
) -> Answer<KeyDetail> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).change_key(&asked).await?))
}

/// Takes an access key away for ever.
#[utoipa::path(delete, path = paths::KEYS, tag = "identity", params(NameQuery),
    responses((status = 200, body = RemovedIdentity), (status = "default", body = ApiError)))]
pub(crate) async fn remove_key(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Named,
) -> Answer<RemovedIdentity> {
    let name = query(asked)?.name;
    Ok(Json(operator(&state, grant).remove_key(&name).await?))
}

/// A key for some hours, against a one-time password.
#[utoipa::path(post, path = paths::LOGIN, tag = "identity", request_body = LoginAsked,
    responses((status = 200, body = SessionMade), (status = "default", body = ApiError)))]
pub(crate) async fn log_in(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Body<LoginAsked>,
) -> Answer<SessionMade> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).log_in(&asked).await?))
}

/// A secret for one-time passwords, if there is none yet.
#[utoipa::path(post, path = paths::TOTP, tag = "identity",
    responses((status = 200, body = TotpMade), (status = "default", body = ApiError)))]
pub(crate) async fn enrol_totp(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
) -> Answer<TotpMade> {
    Ok(Json(operator(&state, grant).enrol_totp().await?))
}
