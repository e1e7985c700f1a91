//! The admin API over HTTP.

mod retention;
pub mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyDataStream, BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{AdminApi, Content};
use crate::error::{ApiError, Code};
use crate::paths;
use crate::sigv4::{self, Credentials};
use crate::types::{
    BucketInfo, BucketList, ClockDetail, CutReport, History, HistoryQuery, ObjectDetail,
    ObjectPage, ObjectQuery, ObjectsQuery, RotatedKey, VaultReport,
};
use tls::{ClientTls, Connector};

/// Longest JSON answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Tells the wall time in seconds since 1970-01-01T00:00Z.
pub type WallClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The admin API of one server.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<Connector, Full<Bytes>>,
    endpoint: String,
    credentials: Credentials,
    region: String,
    clock: WallClock,
}

impl Client {
    /// A client for `endpoint` (`http://host:port` or `https://host:port`); opens no connection yet.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when the endpoint is not such an address, or a file of `tls` cannot be used.
    pub fn new(
        endpoint: &str,
        credentials: Credentials,
        region: &str,
        clock: WallClock,
        tls: &ClientTls,
    ) -> Result<Self, ApiError> {
        let uri = endpoint.trim_end_matches('/').parse::<Uri>().ok();
        let usable = uri
            .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
            .filter(|uri| uri.authority().is_some() && uri.path() == "/" && uri.query().is_none());
        if usable.is_none() {
            return Err(ApiError::new(
                Code::InvalidRequest,
                format!("{endpoint:?} is not an admin endpoint"),
            )
            .hint("Give it as https://HOST:PORT, or http://127.0.0.1:9001 on the same machine."));
        }
        let connector = tls::connector(endpoint, tls)?;
        Ok(Self {
            http: HttpClient::builder(TokioExecutor::new()).build(connector),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            credentials,
            region: region.to_owned(),
            clock,
        })
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path_and_query: &str,
    ) -> Result<Response<Incoming>, ApiError> {
        self.send_with(method, path_and_query, (None, Bytes::new()))
            .await
    }

    async fn send_with(
        &self,
        method: Method,
        path_and_query: &str,
        (kind, body): (Option<HeaderValue>, Bytes),
    ) -> Result<Response<Incoming>, ApiError> {
        let invalid = |e: &dyn std::fmt::Display| {
            ApiError::new(
                Code::InvalidRequest,
                format!("cannot make the request: {e}"),
            )
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path_and_query}", self.endpoint))
            .body(body)
            .map_err(|e| invalid(&e))?;
        if let Some(kind) = kind {
            request.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        sigv4::sign(
            &mut request,
            &self.credentials,
            &self.region,
            sigv4::SERVICE,
            (self.clock)(),
        )
        .map_err(|e| invalid(&e))?;
        let response = self
            .http
            .request(request.map(Full::new))
            .await
            .map_err(|e| unreachable(&self.endpoint, &e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = whole(response).await?;
        Err(serde_json::from_slice(&body).unwrap_or_else(|_| {
            ApiError::new(Code::Internal, format!("the server answered {status}"))
                .hint("Is this the admin endpoint (port 9001 by default), not the S3 one?")
        }))
    }

    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path_and_query: &str,
    ) -> Result<T, ApiError> {
        self.call_with(method, path_and_query, Bytes::new()).await
    }

    pub(crate) async fn call_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path_and_query: &str,
        body: Bytes,
    ) -> Result<T, ApiError> {
        let sent = self.send_with(method, path_and_query, (None, body)).await?;
        read(sent).await
    }

    /// With a body of JSON.
    pub(crate) async fn call_json<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path_and_query: &str,
        body: &B,
    ) -> Result<T, ApiError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        let body = (
            Some(HeaderValue::from_static("application/json")),
            Bytes::from(body),
        );
        read(self.send_with(method, path_and_query, body).await?).await
    }
}

async fn read<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, ApiError> {
    let body = whole(response).await?;
    serde_json::from_slice(&body).map_err(|e| {
        ApiError::new(
            Code::Internal,
            format!("the answer of the server cannot be read: {e}"),
        )
        .hint("Client and server may be of different releases.")
    })
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, ApiError> {
    Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .map_err(|e| ApiError::new(Code::Unavailable, format!("the answer broke off: {e}")))
}

fn unreachable(endpoint: &str, error: &hyper_util::client::legacy::Error) -> ApiError {
    // The outer error says only "client error"; the cause is at the end of the chain.
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    ApiError::new(
        Code::Unavailable,
        format!("no answer from {endpoint}: {cause}"),
    )
    .hint("Is `azekura serve` running, and is --endpoint its admin address?")
}

/// `route` of a bucket with its query.
pub(crate) fn target(route: &str, bucket: &str, query: &[(&str, Option<&str>)]) -> String {
    let mut target = paths::with_bucket(route, &sigv4::encode_component(bucket));
    let mut separator = '?';
    for (name, value) in query {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            target.push(separator);
            target.push_str(name);
            target.push('=');
            target.push_str(&sigv4::encode_component(value));
            separator = '&';
        }
    }
    target
}

#[async_trait]
impl AdminApi for Client {
    async fn vault_info(&self) -> Result<VaultReport, ApiError> {
        self.call(Method::GET, paths::VAULT).await
    }

    async fn clock(&self) -> Result<ClockDetail, ApiError> {
        self.call(Method::GET, paths::CLOCK).await
    }

    async fn snapshot(&self) -> Result<CutReport, ApiError> {
        self.call(Method::POST, paths::SNAPSHOT).await
    }

    async fn list_buckets(&self) -> Result<BucketList, ApiError> {
        self.call(Method::GET, paths::BUCKETS).await
    }

    async fn create_bucket(&self, bucket: &str) -> Result<BucketInfo, ApiError> {
        self.call(Method::POST, &target(paths::BUCKET, bucket, &[]))
            .await
    }

    async fn delete_bucket(&self, bucket: &str) -> Result<(), ApiError> {
        self.send(Method::DELETE, &target(paths::BUCKET, bucket, &[]))
            .await
            .map(drop)
    }

    async fn rotate_key(&self, bucket: &str) -> Result<RotatedKey, ApiError> {
        self.call(Method::POST, &target(paths::ROTATE_KEY, bucket, &[]))
            .await
    }

    async fn list_objects(
        &self,
        bucket: &str,
        query: &ObjectsQuery,
    ) -> Result<ObjectPage, ApiError> {
        let max = query.max.map(|max| max.to_string());
        let query = [
            ("prefix", Some(query.prefix.as_str())),
            ("delimiter", Some(query.delimiter.as_str())),
            ("after", Some(query.after.as_str())),
            ("max", max.as_deref()),
        ];
        self.call(Method::GET, &target(paths::OBJECTS, bucket, &query))
            .await
    }

    async fn object(&self, bucket: &str, query: &ObjectQuery) -> Result<ObjectDetail, ApiError> {
        let query = [
            ("key", Some(query.key.as_str())),
            ("version", query.version.as_deref()),
        ];
        self.call(Method::GET, &target(paths::OBJECT, bucket, &query))
            .await
    }

    async fn content(&self, bucket: &str, query: &ObjectQuery) -> Result<Content, ApiError> {
        let query = [
            ("key", Some(query.key.as_str())),
            ("version", query.version.as_deref()),
        ];
        let response = self
            .send(Method::GET, &target(paths::CONTENT, bucket, &query))
            .await?;
        let bytes = response
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Content {
            bytes,
            stream: Box::pin(
                BodyDataStream::new(response.into_body()).map_err(|error| broke_off(&error)),
            ),
        })
    }

    async fn history(&self, bucket: &str, query: &HistoryQuery) -> Result<History, ApiError> {
        let query = [("key", Some(query.key.as_str()))];
        self.call(Method::GET, &target(paths::HISTORY, bucket, &query))
            .await
    }
}

pub(crate) fn broke_off(error: &hyper::Error) -> ApiError {
    ApiError::new(Code::Damaged, format!("the content broke off: {error}"))
        .hint("The log of the server says why; `azekura vault check` names damage.")
}
