//! Counts and times what a listener answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use hyper::service::Service;
use tracing::Instrument as _;

use crate::admin::Metrics;
use crate::clock::Stopwatch;

/// A service whose answers are counted under the name of its listener.
#[derive(Clone)]
pub(crate) struct Observed<S> {
    pub(crate) inner: S,
    pub(crate) listener: &'static str,
    pub(crate) metrics: Arc<Metrics>,
    /// Each request gets a span. Without a collector nobody would read it.
    pub(crate) traced: bool,
}

impl<S, R, B> Service<Request<R>> for Observed<S>
where
    S: Service<Request<R>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, Infallible>> + Send>>;

    fn call(&self, request: Request<R>) -> Self::Future {
        let started = Stopwatch::start();
        let method = request.method().clone();
        let (metrics, listener) = (Arc::clone(&self.metrics), self.listener);
        let span = if self.traced {
            tracing::info_span!(
                "request",
                otel.kind = "server",
                listener,
                http.request.method = %method,
                http.response.status_code = tracing::field::Empty,
            )
        } else {
            tracing::Span::none()
        };
        let answer = span
            .in_scope(|| self.inner.call(request))
            .instrument(span.clone());
        Box::pin(async move {
            let response = answer.await?;
            span.record("http.response.status_code", response.status().as_u16());
            let seconds = started.elapsed().as_secs_f64();
            metrics.answered(listener, &method, response.status(), seconds);
            Ok(response)
        })
    }
}
