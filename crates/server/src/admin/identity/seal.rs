//! The passphrase that seals the contents of a tenant: for the tenant's own administrators.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::paths;
use azekura_admin_api::seal::{PassphraseAsked, SealApi, SealReport, UnlockAsked};
use azekura_gateway::auth::Peer;
use azekura_model::access::{Action, Authorized, Grant};
use azekura_model::ident::TenantId;
use azekura_store::tenant_seal::SealState;
use azekura_store::vault::passphrase::Passphrase;

use super::super::AdminState;
use super::super::convert::api_error;
use super::super::door::Failure;
use super::super::operations::Operator;
use super::super::v1::{Answer, Shared, operator};
use super::convert::invalid;
use super::routes::{Body, body};

/// The routes, without their door.
pub(super) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route(paths::UNLOCK, post(unlock))
        .route(paths::LOCK, post(lock))
        .route(paths::PASSPHRASE, post(set_passphrase))
        .route_layer(axum::middleware::from_fn(encrypted_only))
}

/// A passphrase crosses the wire: never in the clear, whatever the configuration allows.
async fn encrypted_only(request: Request<axum::body::Body>, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>();
    let safe = peer.is_some_and(|peer| {
        let near = peer
            .address
            .is_some_and(|ip| ip.to_canonical().is_loopback());
        peer.secure || near
    });
    if safe {
        return next.run(request).await;
    }
    let refused = ApiError::new(
        Code::AccessDenied,
        "a passphrase is taken over TLS alone, or from the same machine",
    )
    .hint("Give the admin listener a certificate (docs/operating/tls.md), or run this on the server itself.");
    Failure(refused).into_response()
}

/// What a state is called.
pub(super) fn state_text(state: SealState) -> &'static str {
    match state {
        SealState::Open => "open",
        SealState::NoPassphrase => "no passphrase yet",
        SealState::Locked => "locked",
        SealState::Unlocked => "unlocked",
    }
}

fn passphrase(text: &str) -> Result<Passphrase, ApiError> {
    Passphrase::new(text.as_bytes().to_vec()).map_err(|error| invalid(error.to_string()))
}

impl Operator {
    /// An administrator of the tenant, and of no other: the operator of the vault has no passphrase, and
    /// can stop the server but not lock an institution out of a running one.
    fn administers(&self, tenant: &str) -> Result<(Authorized, TenantId), ApiError> {
        let own = self.tenant().filter(|own| own.to_string() == tenant);
        let own = own.ok_or_else(|| {
            ApiError::new(Code::AccessDenied, "this is not the tenant of the key").hint(
                "Administrators of the institution lock and unlock it, with a key of their own.",
            )
        })?;
        self.may(Action::AdminWrite)?;
        Ok((self.may(Action::ManageIdentities)?, own))
    }

    fn sealed(&self, tenant: TenantId) -> Result<SealReport, ApiError> {
        let state = self.running().store.seal_state(tenant);
        Ok(SealReport {
            tenant: tenant.to_string(),
            contents: state_text(state.map_err(|error| api_error(&error))?).to_owned(),
        })
    }
}

#[async_trait]
impl SealApi for Operator {
    async fn unlock(&self, tenant: &str, asked: &UnlockAsked) -> Result<SealReport, ApiError> {
        let (by, tenant) = self.administers(tenant)?;
        let words = passphrase(&asked.passphrase)?;
        let unlocked = self.running().store.unlock_tenant(&by, tenant, words).await;
        unlocked.map_err(|error| api_error(&error))?;
        tracing::warn!(%tenant, key = by.requester().key_id, "contents unlocked");
        self.sealed(tenant)
    }

    async fn lock(&self, tenant: &str) -> Result<SealReport, ApiError> {
        let (by, tenant) = self.administers(tenant)?;
        let locked = self.running().store.lock_tenant(&by, tenant);
        locked.map_err(|error| api_error(&error))?;
        tracing::warn!(%tenant, key = by.requester().key_id, "contents locked");
        self.sealed(tenant)
    }

    async fn set_passphrase(
        &self,
        tenant: &str,
        asked: &PassphraseAsked,
    ) -> Result<SealReport, ApiError> {
        let (by, tenant) = self.administers(tenant)?;
        let present = asked.present.as_deref().map(passphrase).transpose()?;
        let new = passphrase(&asked.passphrase)?;
        let store = &self.running().store;
        let set = store.set_tenant_passphrase(&by, tenant, present, new).await;
        set.map_err(|error| api_error(&error))?;
        tracing::warn!(%tenant, key = by.requester().key_id, "passphrase of the tenant set");
        self.sealed(tenant)
    }
}

/// Takes the content key of a sealed tenant into use. At most five tries a minute.
#[utoipa::path(post, path = paths::UNLOCK, tag = "identity", request_body = UnlockAsked,
    params(("tenant" = String, Path, description = "Id")),
    responses((status = 200, body = SealReport), (status = "default", body = ApiError)))]
pub(crate) async fn unlock(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(tenant): Path<String>,
    asked: Body<UnlockAsked>,
) -> Answer<SealReport> {
    let asked = body(asked)?;
    Ok(Json(operator(&state, grant).unlock(&tenant, &asked).await?))
}

/// Forgets the content key of a sealed tenant. What streams already goes on.
#[utoipa::path(post, path = paths::LOCK, tag = "identity",
    params(("tenant" = String, Path, description = "Id")),
    responses((status = 200, body = SealReport), (status = "default", body = ApiError)))]
pub(crate) async fn lock(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(tenant): Path<String>,
) -> Answer<SealReport> {
    Ok(Json(operator(&state, grant).lock(&tenant).await?))
}

/// Sets the first passphrase of a sealed tenant, or another one, which may need two people.
#[utoipa::path(post, path = paths::PASSPHRASE, tag = "identity", request_body = PassphraseAsked,
    params(("tenant" = String, Path, description = "Id")),
    responses((status = 200, body = SealReport), (status = "default", body = ApiError)))]
pub(crate) async fn set_passphrase(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    Path(tenant): Path<String>,
    asked: Body<PassphraseAsked>,
) -> Answer<SealReport> {
    let asked = body(asked)?;
    let operator = operator(&state, grant);
    Ok(Json(operator.set_passphrase(&tenant, &asked).await?))
}
