//! The service that a listener mounts on each connection.
//!
//! ```text
//! S3Gateway::new(store, keys, audit, config) ── .connection(peer) ──► hyper service
//! ```
//!
//! The listener sets `TCP_NODELAY` (without it small answers wait for 40 ms), limits the header
//! buffer and times out idle connections; TLS is its business too. HTTP/1.1 is served.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use azekura_store::memory::MemoryBudget;
use azekura_store::store::Store;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use s3s::S3Error;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::host::{S3Host, VirtualHost};
use s3s::service::{S3Service, S3ServiceBuilder};
use tracing::Instrument as _;

use crate::audit::{self, Audit, Noted, Seen};
use crate::auth::{AccessCheck, Authenticate, Gate, KeyLookup, Origin, Peer};
use crate::cors::{self, CrossOrigin};
use crate::errors;
use crate::errors::document::{About, Details};
use crate::faults::{Fault, Faults};
use crate::form::{self, Posted};
use crate::guard::request::HostStyle;
use crate::guard::{
    BodyPlan, ChunkedBody, DocumentBody, FormHead, Guard, Refusal, RequestLimits, host,
};
use crate::held::Held;
use crate::markup;
use crate::ops::Context;
use crate::s3::Operations;
use crate::throttle::{Paced, Signer, Throttle};

/// When a client that was told `SlowDown` may come back (RFC 9110 §10.2.3).
const RETRY_AFTER_SECONDS: &str = "5";

/// Body of an answer.
pub type ResponseBody = s3s::Body;

/// What the gateway is configured with.
#[derive(Clone, Debug, Default)]
pub struct GatewayConfig {
    /// Region shown as the location of buckets and expected in signatures.
    pub region: String,
    /// Further names that signatures and locations may give for it. `us-east-1` is always taken in
    /// signatures and never as a location.
    pub aliases: Vec<String>,
    /// Domains under which `BUCKET.DOMAIN` addresses a bucket, without port.
    pub domains: Vec<String>,
    /// Greatest sizes.
    pub limits: RequestLimits,
    /// Makes request ids of this start differ from those of others: random, or the start time.
    pub request_id_seed: u64,
}

/// S3 over one store. Cheap to clone.
#[derive(Clone)]
pub struct S3Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    s3: S3Service,
    context: Arc<Context>,
    auth: Arc<dyn Authenticate>,
    audit: Arc<dyn Audit>,
    gate: Gate,
    guard: Guard,
    memory: Arc<MemoryBudget>,
    throttle: Arc<Throttle>,
    domains: Vec<String>,
    region: String,
    seed: u64,
    requests: AtomicU64,
}

impl S3Gateway {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        auth: Arc<dyn Authenticate>,
        audit: Arc<dyn Audit>,
        config: GatewayConfig,
    ) -> Self {
        let mut regions = vec![config.region.clone()];
        regions.extend(config.aliases.iter().cloned());
        regions.push("us-east-1".to_owned());
        let memory = Arc::clone(store.memory());
        let throttle = Arc::new(Throttle::new());
        let gate = Gate::new(Arc::clone(&store));
        let context = Arc::new(Context::new(store, &config));
        let operations = Operations::new(Arc::clone(&context));
        let mut builder = S3ServiceBuilder::new(operations);
        builder.set_auth(KeyLookup(Arc::clone(&auth)));
        builder.set_access(AccessCheck {
            keys: Arc::clone(&auth),
            throttle: Arc::clone(&throttle),
            gate: gate.clone(),
        });
        builder.set_host(Domains(config.domains.clone()));
        let mut s3_config = S3Config::default();
        s3_config.xml_max_body_size =
            usize::try_from(config.limits.any_document_bytes()).unwrap_or(usize::MAX);
        let s3_config = StaticConfigProvider::new(Arc::new(s3_config));
        builder.set_config(Arc::new(s3_config));
        let inner = Inner {
            s3: builder.build(),
            context,
            auth,
            audit,
            gate,
            guard: Guard {
                regions,
                limits: config.limits,
            },
            memory,
            throttle,
            domains: config.domains,
            region: config.region,
            seed: config.request_id_seed,
            requests: AtomicU64::new(0),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The service of one connection.
    #[must_use]
    pub fn connection(&self, peer: Peer) -> S3Connection {
        S3Connection {
            gateway: self.clone(),
            peer,
        }
    }

    /// Answers one request. Never fails: what goes wrong is an answer too.
    pub async fn serve<B>(&self, peer: Peer, request: Request<B>) -> Response<ResponseBody>
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + Unpin + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let number = self.inner.requests.fetch_add(1, Ordering::Relaxed);
        let id = request_id(self.inner.seed, number);
        let span = tracing::info_span!("s3", request_id = %id);
        let origin = Origin {
            peer: peer.clone(),
            request_id: id.clone(),
        };
        let head = *request.method() == Method::HEAD;
        let resource = request.uri().path().to_owned();
        // RFC 9112 §6.1: with both lengths the connection must end; hyper has dropped the other.
        let chunked = request.headers().contains_key("transfer-encoding");
        let expected = expects_continue(&request);
        let unannounced = expected && request.body().is_end_stream();
        let host = request.headers().get("host").and_then(|v| v.to_str().ok());
        let host_bucket = bucket_of(&self.inner.domains, host.unwrap_or_default());
        let asked = CrossOrigin::of(&request, host_bucket);
        let preflight = *request.method() == Method::OPTIONS;
        let (seen, noted) = (Seen::of(&request, host_bucket), Noted::default());
        let mut response = if preflight {
            self.preflight(asked.as_ref(), request)
        } else {
            let answer = self.answer(origin, request, noted.clone());
            answer.instrument(span).await
        };
        let code = audit::code_of(&response);
        self.complete(&mut response, &id, &resource, head);
        let tenant = noted.tenant();
        if let Some((of, operation)) = noted.asked() {
            let first = || self.inner.context.store.first_tenant().ok();
            if let Some(of) = of.or_else(first) {
                let status = response.status().as_u16();
                self.inner.audit.answered(of, &operation, status);
            }
        }
        for entry in seen.entries(&noted, &peer, &id, &response, code) {
            if let Err(why) = self.inner.audit.record(tenant, entry).await {
                // What is not on record is not answered.
                let error = errors::answer("ServiceUnavailable", 503, why.to_string());
                response = from_error(error);
                self.complete(&mut response, &id, &resource, head);
                break;
            }
        }
        if let Some(asked) = asked.filter(|_| !preflight) {
            asked.complete(&self.inner.context.store, response.headers_mut());
        }
        // A client that was promised `100 Continue` and got a final answer at once (hyper sends none
        // for an empty body, nor before a refusal) may take the next answer for this one's: botocore
        // does. It must not use the connection again.
        if chunked || unannounced || (expected && !response.status().is_success()) {
            response
                .headers_mut()
                .insert("connection", HeaderValue::from_static("close"));
        }
        response
    }

    async fn answer<B>(
        &self,
        origin: Origin,
        request: Request<B>,
        noted: Noted,
    ) -> Response<ResponseBody>
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + Unpin + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(noted);
        if names_bucket(&self.inner.domains, host::of(&parts).unwrap_or_default()) {
            parts.extensions.insert(HostStyle);
        }
        let plan = match self.inner.guard.inspect(&mut parts) {
            Ok(plan) => plan,
            Err(refusal) => {
                tracing::info!(code = refusal.code, why = %refusal.message, "refused");
                return from_refusal(refusal);
            }
        };
        let faults = Faults::default();
        let signer = Signer::default();
        let body = Paced::new(body, signer.clone());
        // Of a document, until it is answered: what was parsed from it lives as long.
        let held = Held::new(Arc::clone(&self.inner.memory));
        let body = match plan {
            BodyPlan::Plain => s3s::Body::http_body(body),
            BodyPlan::Chunked {
                chunk_bytes_max,
                trailer,
            } => s3s::Body::http_body(ChunkedBody::new(
                body,
                chunk_bytes_max,
                trailer.as_deref(),
                held.clone(),
                faults.clone(),
            )),
            BodyPlan::Document(document) => s3s::Body::http_body(DocumentBody::new(
                body,
                document,
                held.clone(),
                faults.clone(),
            )),
            BodyPlan::Form(head) => {
                parts.extensions.insert(signer);
                return self.post(origin, parts, head, body).await;
            }
        };
        parts.extensions.insert(origin);
        parts.extensions.insert(faults.clone());
        parts.extensions.insert(signer.clone());
        let response = match self.inner.s3.call(Request::from_parts(parts, body)).await {
            Ok(response) => response,
            Err(error) => {
                let error: s3s::StdError = error.into();
                tracing::error!(%error, "no answer could be made");
                return from_error(errors::answer("InternalError", 500, String::new()));
            }
        };
        match faults.first() {
            Some(fault @ Fault::Refused(_)) if !response.status().is_success() => {
                from_error(errors::from_fault(&fault))
            }
            // The operation saw a broken stream; say what broke.
            Some(fault) if response.status().is_server_error() => {
                from_error(errors::from_fault(&fault))
            }
            _ => paced(response, signer),
        }
    }

    /// Answers an `OPTIONS` request, for which nobody signs. Its body is not read.
    fn preflight<B>(
        &self,
        asked: Option<&CrossOrigin>,
        request: Request<B>,
    ) -> Response<s3s::Body> {
        let (parts, _) = request.into_parts();
        match self.inner.guard.inspect_preflight(&parts) {
            Ok(()) => cors::preflight(asked, &self.inner.context.store, &parts),
            Err(refusal) => from_refusal(refusal),
        }
    }

    /// Answers a form upload.
    async fn post<B>(
        &self,
        origin: Origin,
        parts: Parts,
        head: FormHead,
        body: B,
    ) -> Response<s3s::Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + Unpin + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let host = host::of(&parts).unwrap_or_default().to_owned();
        let bucket = match bucket_of(&self.inner.domains, &host) {
            Some(bucket) => bucket.to_ascii_lowercase(),
            None => parts.uri.path().trim_matches('/').to_owned(),
        };
        let posted = Posted {
            bucket,
            host,
            regions: &self.inner.guard.regions,
            parts,
        };
        let signers = form::Signers {
            auth: self.inner.auth.as_ref(),
            gate: &self.inner.gate,
            throttle: &self.inner.throttle,
        };
        form::post_object(&self.inner.context, signers, posted, head, origin, body)
            .await
            .unwrap_or_else(from_error)
    }

    /// Adds what every answer carries.
    fn complete(&self, response: &mut Response<s3s::Body>, id: &str, resource: &str, head: bool) {
        let id2 = format!("{id}/{}", self.inner.region);
        for (name, value) in [("x-amz-request-id", id), ("x-amz-id-2", &id2)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        let headers = response.headers_mut();
        headers.insert("server", HeaderValue::from_static("azekura"));
        let status = response.status();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers
                .entry("retry-after")
                .or_insert(HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        let partial = response.headers().contains_key("content-range");
        if status == StatusCode::OK && partial {
            // s3s takes no status from an operation, and knows none for a part in HEAD.
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        if status == StatusCode::NOT_MODIFIED || (head && status.as_u16() >= 400) {
            *response.body_mut() = s3s::Body::empty();
            response.headers_mut().remove("content-type");
        } else if status.as_u16() >= 400 {
            let about = About {
                resource,
                id,
                id2: &id2,
            };
            errors::document::complete(response, &about);
        } else if is_xml(response.headers()) {
            let document = response.body().bytes().unwrap_or_default();
            let changed = markup::without_etag_quotes(&document)
                .or_else(|| markup::with_references(&document));
            if let Some(text) = changed {
                *response.body_mut() = s3s::Body::from(text);
                response.headers_mut().remove("content-length");
            }
        }
    }
}

/// An answer that moves no faster than its key allows.
fn paced(response: Response<s3s::Body>, signer: Signer) -> Response<s3s::Body> {
    let Some(key) = signer.get() else {
        return response;
    };
    if let Some(document) = response.body().bytes() {
        // Small, and at once: whoever comes next waits for it.
        let _paid_later = key.moved(document.len());
        return response;
    }
    response.map(|body| s3s::Body::http_body(Paced::new(body, signer)))
}

/// Whether an answer is one of the documents that `s3s` writes. An object may call itself the same;
/// its body is a stream and is left alone.
fn is_xml(headers: &http::HeaderMap) -> bool {
    headers
        .get("content-type")
        .is_some_and(|value| value == "application/xml")
}

/// The service of one connection.
#[derive(Clone)]
pub struct S3Connection {
    gateway: S3Gateway,
    peer: Peer,
}

impl hyper::service::Service<Request<hyper::body::Incoming>> for S3Connection {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<hyper::body::Incoming>) -> Self::Future {
        let (gateway, peer) = (self.gateway.clone(), self.peer.clone());
        Box::pin(async move { Ok(gateway.serve(peer, request).await) })
    }
}

/// Sixteen hexadecimal digits, different for every request of a start (a bijection of its number).
fn request_id(seed: u64, number: u64) -> String {
    let mut x = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016X}", x ^ (x >> 31))
}

/// `Expect: 100-continue` (RFC 9110 §10.1.1).
fn expects_continue<B>(request: &Request<B>) -> bool {
    let expect = request.headers().get("expect");
    expect.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

fn from_refusal(refusal: Refusal) -> Response<s3s::Body> {
    let region = refusal.region.clone();
    let mut response = from_error(errors::from_refusal(refusal));
    if let Some(region) = region {
        let details = Details(vec![("Region", region)]);
        response.extensions_mut().insert(details);
    }
    response
}

fn from_error(error: S3Error) -> Response<s3s::Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(s3s::Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The bucket in a host name, if it is one of a domain of ours.
fn bucket_of<'a>(domains: &[String], host: &'a str) -> Option<&'a str> {
    let host = without_port(host);
    domains.iter().find_map(|domain| {
        let at = host.len().checked_sub(domain.len())?;
        let (bucket, rest) = (host.get(..at)?, host.get(at..)?);
        let bucket = bucket.strip_suffix('.')?;
        (rest.eq_ignore_ascii_case(domain) && !bucket.is_empty()).then_some(bucket)
    })
}

fn names_bucket(domains: &[String], host: &str) -> bool {
    bucket_of(domains, host).is_some()
}

/// Finds the bucket in the host name; every other host is path style.
struct Domains(Vec<String>);

impl S3Host for Domains {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> s3s::S3Result<VirtualHost<'a>> {
        let found = VirtualHost::new(host);
        Ok(match bucket_of(&self.0, host) {
            Some(bucket) => found.with_bucket(bucket.to_ascii_lowercase()),
            None => found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_differ() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|n| request_id(7, n)).collect();
        assert_eq!(ids.len(), 1000);
        assert_ne!(request_id(7, 0), request_id(8, 0));
    }

    #[test]
    fn a_bucket_is_found_in_the_host_name() {
        let domains = ["s3.hospital.example".to_owned()];
        let of = |host| bucket_of(&domains, host);
        assert_eq!(of("backup.S3.hospital.example:9000"), Some("backup"));
        assert_eq!(of("a.b.s3.hospital.example"), Some("a.b"));
        for host in [
            "s3.hospital.example",
            "xs3.hospital.example",
            "localhost:9000",
            "",
        ] {
            assert_eq!(of(host), None, "{host}");
        }
    }
}
