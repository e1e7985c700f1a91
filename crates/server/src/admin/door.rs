//! The door of `/v1`: who is not verified gets no further.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::sigv4::{self, Refused};
use azekura_gateway::auth::{Authenticate as _, Peer};
use azekura_model::access::{Action, Ask, Grant, Resource, authorize};
use azekura_model::ident::{TenantId, to_text};
use azekura_model::requester::Requester;
use azekura_store::entropy::{Entropy as _, SystemEntropy};

use super::AdminState;
use super::audited::Signed;
use super::convert::api_error;
use crate::keys::NotHere;
use azekura_admin_api::paths;

/// Longest body of a request, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// An error as the answer of a handler.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = self.0.code;
        let mut response = (code.status(), Json(self.0)).into_response();
        response.extensions_mut().insert(code);
        response
    }
}

/// Verifies the signature and the right to the admin API; handlers find the [`Grant`] as an
/// extension.
pub(crate) async fn signed_only(
    State(state): State<Arc<AdminState>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut signed = None;
    let mut response = match admit(&state, request, &mut signed).await {
        Ok(request) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    if let Some((requester, tenant)) = signed {
        let signed = Signed { requester, tenant };
        response.extensions_mut().insert(signed);
    }
    response
}

/// Lets a request in. Whose signature was verified stands in `signed`, also of one that is refused.
async fn admit(
    state: &AdminState,
    request: Request<Body>,
    signed: &mut Option<(Requester, Option<TenantId>)>,
) -> Result<Request<Body>, Failure> {
    let claim = sigv4::identify(&request, &state.policy, state.running.unix_seconds())
        .map_err(not_authenticated)?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        ApiError::new(
            Code::InvalidRequest,
            format!("the body has more than {BODY_BYTES_MAX} bytes or broke off"),
        )
    })?;
    let mut request = Request::from_parts(parts, body);
    let key = state
        .keys
        .credential(&claim.key_id)
        .ok_or_else(|| not_authenticated(Refused::Signature))?;
    sigv4::verify(&request, &claim, &key.secret).map_err(not_authenticated)?;
    let mut grant = key.grant;
    let peer = request
        .extensions()
        .get::<Peer>()
        .cloned()
        .unwrap_or_default();
    let path = request.uri().path().to_owned();
    let here = state
        .keys
        .check_peer(&claim.key_id, &peer)
        .and_then(|()| state.keys.check_route(&claim.key_id, &path));
    grant.requester.source = peer.address;
    grant.requester.tls_identity = peer.certificate.map(|shown| shown.subject);
    grant.requester.request_id = request_id().map_err(Failure)?;
    if grant.tenant.is_none() {
        let first = state.running.store.first_tenant();
        grant.tenant = Some(first.map_err(|error| Failure(api_error(&error)))?);
    }
    *signed = Some((grant.requester.clone(), grant.tenant));
    here.map_err(not_here)?;
    // Who logs in needs no more than a key that signs.
    if path == paths::LOGIN || path == paths::TOTP {
        request.extensions_mut().insert::<Grant>(grant);
        return Ok(request.map(Body::from));
    }
    // Every route needs this right; those on buckets and objects need theirs as well.
    let resource = grant.tenant.map_or(Resource::Vault, Resource::Tenant);
    let ask = Ask::plain(Action::AdminRead, &resource, grant.tenant);
    authorize(&grant, &ask).map_err(denied)?;
    request.extensions_mut().insert::<Grant>(grant);
    Ok(request.map(Body::from))
}

/// A random id by which record and log name this request.
fn request_id() -> Result<String, ApiError> {
    SystemEntropy
        .id16()
        .map(|id| to_text(&id))
        .map_err(|error| ApiError::new(Code::Internal, error.to_string()))
}

fn not_here(why: NotHere) -> Failure {
    let hint = match why {
        NotHere::LogIn => "Run `azekura login`, then use the key that it prints.",
        NotHere::Network | NotHere::Certificate | NotHere::OtherTenant => {
            "`azekura key list` shows what the key is bound to."
        }
    };
    Failure(ApiError::new(Code::AccessDenied, why.to_string()).hint(hint))
}

fn not_authenticated(refused: Refused) -> Failure {
    let hint = match refused {
        Refused::Time => "Set the clocks of both machines; NTP keeps them right.",
        Refused::Scope => "Sign for this server's region and the service `azekura`.",
        Refused::Unsigned => {
            "Sign with AWS Signature Version 4, service `azekura`; the azekura command line does."
        }
        Refused::Signature => "Check access key id and secret.",
        Refused::Malformed | Refused::UnsignedHeader | Refused::Body => {
            "See docs/reference/admin-api.md on what must be signed."
        }
    };
    Failure(ApiError::new(Code::NotAuthenticated, refused.to_string()).hint(hint))
}

pub(crate) fn denied(denied: azekura_model::access::Denied) -> ApiError {
    ApiError::new(Code::AccessDenied, denied.to_string())
        .hint("Use a key whose `rights` in the configuration hold it.")
}

/// Answer for what is not a route.
pub(crate) async fn no_route() -> Failure {
    Failure(
        ApiError::new(Code::NotFound, "there is no such route")
            .hint("This is the admin listener; S3 has an address of its own."),
    )
}
