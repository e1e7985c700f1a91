//! Requests for what needs two people: operations, types on the wire, and their client.

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::ApiError;
use crate::paths;
use crate::sigv4;

/// What people do with requests. Every method answers [`ApiError`] when refused.
#[async_trait]
pub trait RequestsApi: Send + Sync {
    /// The requests of the caller's tenant, oldest first.
    async fn requests(&self, query: &RequestsQuery) -> Result<RequestList, ApiError>;

    /// One request, with the text that is signed.
    async fn request(&self, id: &str) -> Result<RequestDetail, ApiError>;

    /// Hands in a second person's signature over the text.
    async fn approve_request(&self, id: &str, signature: &str) -> Result<RequestDetail, ApiError>;

    /// The caller says no.
    async fn veto_request(&self, id: &str, query: &VetoQuery) -> Result<RequestDetail, ApiError>;
}

/// Which requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RequestsQuery {
    /// Also those that ended.
    #[serde(default)]
    pub all: bool,
}

/// Why not.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VetoQuery {
    /// In the words of who says no; at most 1,024 bytes. Default: empty.
    #[serde(default)]
    pub reason: String,
}

/// Requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestList {
    /// Oldest first.
    pub requests: Vec<RequestDetail>,
}

/// A request for what needs two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestDetail {
    /// Its id.
    pub id: String,
    /// Name of the operation.
    pub operation: String,
    /// `asked`, `approved`, `vetoed`, `expired` or `executed`.
    pub stage: String,
    /// Who asked.
    pub asked_by: String,
    /// When, by compliance time.
    pub asked_at: String,
    /// Until when it can be approved.
    pub approve_before: String,
    /// There was no second person when it was asked: it acts without one after a longer wait.
    pub alone: bool,
    /// From when on it acts; absent = not before somebody approves.
    pub acts_at: Option<String>,
    /// When it ends by itself.
    pub ends_at: String,
    /// Whether it acts by itself; otherwise the same call is repeated.
    pub acts_by_itself: bool,
    /// Who approved.
    pub approved_by: Option<String>,
    /// Fingerprint of the key that signed, as `ssh-keygen -l` shows it.
    pub approved_with: Option<String>,
    /// The signature, as `ssh-keygen -Y verify` reads it.
    pub signature: Option<String>,
    /// Who said no.
    pub vetoed_by: Option<String>,
    /// Why.
    pub veto_reason: Option<String>,
    /// What is signed, byte for byte.
    pub text: String,
    /// The long parameter whose SHA-256 stands in the text.
    pub document: Option<String>,
}

fn one(route: &str, id: &str) -> String {
    route.replace("{request}", &sigv4::encode_component(id))
}

#[async_trait]
impl RequestsApi for Client {
    async fn requests(&self, query: &RequestsQuery) -> Result<RequestList, ApiError> {
        let all = if query.all { "?all=true" } else { "" };
        self.call(Method::GET, &format!("{}{all}", paths::REQUESTS))
            .await
    }

    async fn request(&self, id: &str) -> Result<RequestDetail, ApiError> {
        self.call(Method::GET, &one(paths::REQUEST, id)).await
    }

    async fn approve_request(&self, id: &str, signature: &str) -> Result<RequestDetail, ApiError> {
        let body = Bytes::copy_from_slice(signature.as_bytes());
        self.call_with(Method::POST, &one(paths::REQUEST_APPROVE, id), body)
            .await
    }

    async fn veto_request(&self, id: &str, query: &VetoQuery) -> Result<RequestDetail, ApiError> {
        let reason = sigv4::encode_component(&query.reason);
        let target = format!("{}?reason={reason}", one(paths::REQUEST_VETO, id));
        self.call(Method::POST, &target).await
    }
}
