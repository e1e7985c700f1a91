//! `/healthz` and `/readyz`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::AdminState;

/// Answer of `/readyz`.
#[derive(Serialize)]
pub(crate) struct Readiness {
    /// Whether requests are served.
    ready: bool,
    /// Whether data is accepted; reads go on when not.
    accepts_data: bool,
    /// Why the engine stopped.
    poisoned: Option<String>,
    /// What the operator should see to.
    warnings: Vec<String>,
}

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// 200 while requests are served, warnings or not; 503 once the engine has stopped.
pub(crate) async fn ready(State(state): State<Arc<AdminState>>) -> (StatusCode, Json<Readiness>) {
    let status = state.running.status();
    let warnings = state.running.warnings(&status);
    let code = if status.poisoned.is_some() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    let answer = Readiness {
        ready: status.poisoned.is_none(),
        accepts_data: status.poisoned.is_none() && !status.space.refusing,
        poisoned: status.poisoned,
        warnings,
    };
    (code, Json(answer))
}
