//! Every request to `/v1` is on record, changes too: the admin API is where privileges are used.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::http::Request;
use axum::http::header::{CONTENT_LENGTH, HOST, HeaderName, USER_AGENT};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use azekura_admin_api::error::{ApiError, Code};
use azekura_gateway::audit::Audit as _;
use azekura_gateway::auth::Peer;
use azekura_model::audit::{AuditEntry, AuditInterface, AuthMethod};
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;

use super::AdminState;
use super::door::Failure;
use crate::clock::Stopwatch;

/// Who signed, for whoever puts the request on record: an extension of the answer.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) requester: Requester,
    pub(super) tenant: Option<TenantId>,
}

/// Puts the request on record once it is answered, before the answer is sent.
pub(super) async fn on_record(
    State(state): State<Arc<AdminState>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let started = Stopwatch::start();
    let mut entry = head(&request);
    let mut response = next.run(request).await;
    let signed = response.extensions_mut().remove::<Signed>();
    let tenant = signed.as_ref().and_then(|signed| signed.tenant);
    if let Some(Signed { requester, .. }) = signed {
        entry.auth = AuthMethod::Header;
        entry.principal = requester.principal;
        entry.key_id = requester.key_id;
        entry.request_id = requester.request_id;
    }
    entry.status = response.status().as_u16();
    if let Some(tenant) = tenant {
        let auditing = &state.running.auditing;
        auditing.answered(tenant, &entry.operation, entry.status);
    }
    if let Some(code) = response.extensions().get::<Code>() {
        entry.error_code = Some(format!("{code:?}"));
    }
    let length = response.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
    entry.bytes_sent = length.unwrap_or(0);
    entry.duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    match state.running.auditing.record(tenant, entry).await {
        Ok(()) => response,
        Err(why) => Failure(
            ApiError::new(Code::Unavailable, why.to_string())
                .hint("Nothing is answered that is not on record: see to the space of the audit."),
        )
        .into_response(),
    }
}

fn head(request: &Request<Body>) -> AuditEntry {
    let header = |name: HeaderName| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let path = request.uri().path();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or(path, MatchedPath::as_str);
    let query = request.uri().query();
    let named = |name: &str| {
        let pairs = query.unwrap_or_default().split('&');
        let mut found = pairs.filter_map(|pair| pair.split_once('='));
        let (_, value) = found.find(|(found, _)| *found == name)?;
        Some(azekura_gateway::audit::percent_decoded(value)).filter(|value| !value.is_empty())
    };
    let peer = request
        .extensions()
        .get::<Peer>()
        .cloned()
        .unwrap_or_default();
    let bucket = path.split('/').skip_while(|part| *part != "buckets").nth(1);
    AuditEntry {
        interface: AuditInterface::Admin,
        operation: format!("{} {route}", request.method()),
        source: peer.address.as_ref().map(IpAddr::to_canonical),
        tls_identity: peer.certificate.map(|shown| shown.subject),
        user_agent: header(USER_AGENT),
        host: header(HOST),
        method: request.method().to_string(),
        query: query.map(str::to_owned),
        bucket: bucket.map(str::to_owned),
        key: named("key").or_else(|| named("prefix")),
        version: named("version"),
        bytes_received: header(CONTENT_LENGTH)
            .and_then(|length| length.parse().ok())
            .unwrap_or(0),
        count: 1,
        ..AuditEntry::default()
    }
}
