//! The passphrase that seals the contents of a tenant.

use async_trait::async_trait;
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::client::Client;
use crate::error::ApiError;
use crate::paths;
use crate::sigv4;

/// A passphrase, of at least twelve bytes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlockAsked {
    /// The passphrase.
    pub passphrase: String,
}

/// The first passphrase of a tenant, or another one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassphraseAsked {
    /// The new one.
    pub passphrase: String,
    /// The present one; left out when there is none yet.
    #[serde(default)]
    pub present: Option<String>,
}

impl std::fmt::Debug for UnlockAsked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnlockAsked(…)")
    }
}

impl std::fmt::Debug for PassphraseAsked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassphraseAsked(…)")
    }
}

/// How the contents of a tenant are sealed now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SealReport {
    /// Id of the tenant.
    pub tenant: String,
    /// `open`, `no passphrase yet`, `locked` or `unlocked`.
    pub contents: String,
}

/// Operations of a tenant's own administrators on its passphrase.
#[async_trait]
pub trait SealApi {
    /// Takes the content key into use until the next lock or start.
    async fn unlock(&self, tenant: &str, asked: &UnlockAsked) -> Result<SealReport, ApiError>;

    /// Forgets the content key.
    async fn lock(&self, tenant: &str) -> Result<SealReport, ApiError>;

    /// Sets the first passphrase, or another one.
    async fn set_passphrase(
        &self,
        tenant: &str,
        asked: &PassphraseAsked,
    ) -> Result<SealReport, ApiError>;
}

fn route(route: &str, tenant: &str) -> String {
    paths::with_tenant(route, &sigv4::encode_component(tenant))
}

#[async_trait]
impl SealApi for Client {
    async fn unlock(&self, tenant: &str, asked: &UnlockAsked) -> Result<SealReport, ApiError> {
        let route = route(paths::UNLOCK, tenant);
        self.call_json(Method::POST, &route, asked).await
    }

    async fn lock(&self, tenant: &str) -> Result<SealReport, ApiError> {
        self.call(Method::POST, &route(paths::LOCK, tenant)).await
    }

    async fn set_passphrase(
        &self,
        tenant: &str,
        asked: &PassphraseAsked,
    ) -> Result<SealReport, ApiError> {
        let route = route(paths::PASSPHRASE, tenant);
        self.call_json(Method::POST, &route, asked).await
    }
}
