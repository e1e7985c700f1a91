//! Counts and times what a listener answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use hyper::service::Service;

use crate::admin::Metrics;
use crate::clock::Stopwatch;

/// A service whose answers are counted under the name of its listener.
#[derive(Clone)]
pub(crate) struct Observed<S> {
    pub(crate) inner: S,
    pub(crate) listener: &'static str,
    pub(crate) metrics: Arc<Metrics>,
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
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            let seconds = started.elapsed().as_secs_f64();
            metrics.answered(listener, &method, response.status(), seconds);
            Ok(response)
        })
    }
}
