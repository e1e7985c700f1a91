//! `GET /v1/audit`: rows as they are found, one JSON object a line.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use azekura_admin_api::audit::{AuditAsk, AuditLine};
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::paths;
use azekura_model::access::{Action, Grant};
use azekura_model::audit::{AuditEntry, AuditInterface, AuthMethod};
use azekura_model::time::WallTime;
use azekura_store::audit::{AuditFilter, AuditQuery, AuditRow, AuditRowKind};
use bytes::Bytes;

use super::AdminState;
use super::convert::{api_error, rfc3339};
use super::door::Failure;
use super::keeper::moment;
use super::v1::{Shared, operator, query};

/// Rows that are read at a time.
const ROWS_AT_A_TIME: usize = 256;

/// The route, without its door.
pub(crate) fn routes() -> Router<Arc<AdminState>> {
    Router::new().route(paths::AUDIT, get(audit))
}

/// Reads, listings and refusals, and the changes among them, in order of time.
#[utoipa::path(get, path = paths::AUDIT, tag = "audit", params(AuditAsk),
    responses((status = 200, content_type = "application/x-ndjson", body = AuditLine),
        (status = "default", body = ApiError)))]
pub(crate) async fn audit(
    State(state): Shared,
    Extension(grant): Extension<Grant>,
    asked: Result<Query<AuditAsk>, QueryRejection>,
) -> Result<Response, Failure> {
    let ask = query(asked)?;
    let tenant = grant.tenant;
    operator(&state, grant).may(Action::ReadAudit)?;
    let first = state.running.store.first_tenant();
    let first = first.map_err(|error| Failure(api_error(&error)))?;
    let tenant = tenant.unwrap_or(first);
    let filter = filter(&ask, tenant == first)?;
    let auditor = state.running.auditing.auditor.clone();
    let begin = move || auditor.query(tenant, filter);
    let begun = tokio::task::spawn_blocking(begin).await;
    let begun = begun.map_err(|error| Failure(ApiError::new(Code::Internal, error.to_string())))?;
    let answer = begun.map_err(|error| Failure(api_error(&error)))?;
    let lines = futures::stream::try_unfold(answer, |query| async move {
        let read = tokio::task::spawn_blocking(move || page(query)).await;
        read.map_err(std::io::Error::other)?
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines)).into_response())
}

/// The next lines, and what is left to ask. Records that could not be read break the answer off at its
/// end: a report must not look whole when it is not.
fn page(mut query: AuditQuery) -> std::io::Result<Option<(Bytes, AuditQuery)>> {
    let rows = query
        .next_rows(ROWS_AT_A_TIME)
        .map_err(std::io::Error::other)?;
    if rows.is_empty() {
        return match query.unreadable() {
            0 => Ok(None),
            records => {
                tracing::error!(
                    records,
                    "an answer from the audit is not whole: run azekura vault check"
                );
                Err(std::io::Error::other("records cannot be read"))
            }
        };
    }
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, &line(row))?;
        text.push(b'\n');
    }
    Ok(Some((Bytes::from(text), query)))
}

/// `first`: the tenant of whoever runs the vault; it is shown what nobody signed.
fn filter(ask: &AuditAsk, first: bool) -> Result<AuditFilter, ApiError> {
    let time = |text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| moment(text).map(|at| WallTime(at.0)))
            .transpose()
    };
    let refused = match ask.result.as_deref() {
        None => None,
        Some("refused") => Some(true),
        Some("done") => Some(false),
        Some(other) => {
            let what = format!("{other:?} is no result");
            return Err(ApiError::new(Code::InvalidRequest, what).hint("Give done or refused."));
        }
    };
    Ok(AuditFilter {
        patient: ask.patient.clone(),
        bucket: ask.bucket.clone(),
        prefix: ask.prefix.clone(),
        principal: ask.principal.clone(),
        from: time(&ask.from)?,
        to: time(&ask.to)?,
        refused,
        unsigned: first,
    })
}

fn line(row: AuditRow) -> AuditLine {
    let record = format!("{} {}", row.partition, row.sequence);
    audit_line(row.kind, row.entry, record)
}

/// An entry as it travels.
pub(crate) fn audit_line(kind: AuditRowKind, entry: AuditEntry, record: String) -> AuditLine {
    let auth = match entry.auth {
        AuthMethod::Unverified => "unverified",
        AuthMethod::Header => "header",
        AuthMethod::Query => "query",
        AuthMethod::Form => "form",
        AuthMethod::Login => "login",
    };
    AuditLine {
        time: rfc3339(entry.time.0),
        kind: match kind {
            AuditRowKind::Request => "request".to_owned(),
            AuditRowKind::Change => "change".to_owned(),
            AuditRowKind::Released => "released".to_owned(),
        },
        request_id: entry.request_id,
        interface: match entry.interface {
            AuditInterface::S3 => "s3".to_owned(),
            AuditInterface::Admin => "admin".to_owned(),
        },
        operation: entry.operation,
        principal: entry.principal,
        key_id: entry.key_id,
        auth: auth.to_owned(),
        source: entry.source.map(|source| source.to_string()),
        tls_identity: entry.tls_identity,
        user_agent: entry.user_agent,
        host: entry.host,
        method: entry.method,
        query: entry.query,
        bucket: entry.bucket,
        key: entry.key,
        version: entry.version,
        status: entry.status,
        error_code: entry.error_code,
        decision: entry.decision,
        patient: entry.patient,
        bytes_received: entry.bytes_received,
        bytes_sent: entry.bytes_sent,
        duration_us: entry.duration_us,
        count: entry.count,
        since: entry.since.map(|since| rfc3339(since.0)),
        record,
    }
}
