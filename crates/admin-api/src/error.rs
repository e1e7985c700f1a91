//! The one shape of an error on the admin API.

use serde::{Deserialize, Serialize};

/// Why a request was not done, and what to do next.
#[derive(
    Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema,
)]
#[error("{message}")]
pub struct ApiError {
    /// What happened, for programs.
    pub code: Code,
    /// What was wrong, in plain words.
    pub message: String,
    /// What to do next; empty when there is nothing to add.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// Codes of [`ApiError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is malformed, or an argument breaks a rule (400).
    InvalidRequest,
    /// No signature, or one that does not verify (401).
    NotAuthenticated,
    /// The key has no right to this (403).
    AccessDenied,
    /// It needs a second person; the message names the request and says what to do (403).
    ApprovalNeeded,
    /// No such bucket, key, version or route (404).
    NotFound,
    /// The state does not allow it: the bucket is there already, or is not empty (409).
    Conflict,
    /// The version has no content: it is a delete marker, or its bytes were erased (410).
    Gone,
    /// Stored bytes are not what was written (500).
    Damaged,
    /// Free space is below the floor (507).
    NoSpace,
    /// The engine stopped, or the server cannot be reached (503).
    Unavailable,
    /// A bug or an unexpected state (500).
    Internal,
}

impl Code {
    /// Status of the HTTP answer.
    #[must_use]
    pub fn status(self) -> http::StatusCode {
        match self {
            Self::InvalidRequest => http::StatusCode::BAD_REQUEST,
            Self::NotAuthenticated => http::StatusCode::UNAUTHORIZED,
            Self::AccessDenied | Self::ApprovalNeeded => http::StatusCode::FORBIDDEN,
            Self::NotFound => http::StatusCode::NOT_FOUND,
            Self::Conflict => http::StatusCode::CONFLICT,
            Self::Gone => http::StatusCode::GONE,
            Self::Damaged | Self::Internal => http::StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoSpace => http::StatusCode::INSUFFICIENT_STORAGE,
            Self::Unavailable => http::StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl ApiError {
    /// An error without a hint.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// The same error with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}
