//! Spans to an OpenTelemetry collector, by OTLP in protobuf over plain HTTP.
//!
//! A thread of the SDK collects ended spans and sends them in batches. Requests never wait for it:
//! what does not fit in its queue is dropped, and a collector that is away costs spans, nothing else.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use super::TelemetryError;

/// Name of this program at the collector.
const SERVICE: &str = "azekura";
/// Time that the collector has for one batch.
const BATCH_LIMIT: Duration = Duration::from_secs(5);
/// Time for the last batch when the server ends.
const LAST_BATCH_LIMIT: Duration = Duration::from_secs(2);
/// Most bytes of an answer of the collector that are read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The way of spans to a collector.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Readies the exporter; nothing is sent yet. Must run inside a Tokio runtime.
    ///
    /// # Errors
    /// [`TelemetryError::Traces`].
    pub(crate) fn start(collector: &Uri) -> Result<Self, TelemetryError> {
        let base = collector.to_string();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(collector))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", base.trim_end_matches('/')))
            .build()
            .map_err(|error| TelemetryError::Traces(error.to_string()))?;
        let resource = Resource::builder().with_service_name(SERVICE).build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self { provider })
    }

    /// Takes the spans of a subscriber. Source places and threads are left out: they say nothing of
    /// a request.
    pub(crate) fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
    }

    /// Sends what waits, within two seconds; later spans are dropped.
    pub(crate) async fn end(self) {
        let ending = tokio::task::spawn_blocking(move || {
            self.provider.shutdown_with_timeout(LAST_BATCH_LIMIT)
        });
        if !matches!(ending.await, Ok(Ok(()))) {
            tracing::warn!("the last spans did not reach the OpenTelemetry collector");
        }
    }
}

/// Posts batches with the server's own HTTP stack, on the server's runtime: the thread of the SDK
/// has none.
#[derive(Debug)]
struct Sender {
    runtime: Handle,
    client: Client<HttpConnector, Full<Bytes>>,
    collector: String,
    /// The last batch failed; the log says so once, not at every batch.
    failing: AtomicBool,
}

impl Sender {
    fn new(collector: &Uri) -> Self {
        Self {
            runtime: Handle::current(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            collector: collector.to_string(),
            failing: AtomicBool::new(false),
        }
    }

    fn note(&self, failure: Option<String>) {
        let failed_before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        let collector = &self.collector;
        match failure {
            Some(reason) if !failed_before => {
                tracing::warn!(collector, reason, "spans are lost: the collector fails");
            }
            None if failed_before => tracing::info!(collector, "the collector takes spans again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = exchange(self.client.clone(), request);
        let sending = async { tokio::time::timeout(BATCH_LIMIT, sending).await };
        let answer: Result<Response<Bytes>, HttpError> = match self.runtime.spawn(sending).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(elapsed)) => Err(elapsed.into()),
            Err(ended) => Err(ended.into()),
        };
        self.note(match &answer {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(error.to_string()),
        });
        answer
    }
}

async fn exchange(
    client: Client<HttpConnector, Full<Bytes>>,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let answer = client.request(request.map(Full::new)).await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
