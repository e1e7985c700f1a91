//! Accepts connections, bounds them, and lets those under way end at a stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::stall::{TimedBody, TimedWrites};

/// Pause after a failed accept (out of descriptors, mostly), so that the loop does not spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Most at a time; more wait in the kernel's queue.
    pub(crate) connections: usize,
    /// Time for the headers of a request to arrive.
    pub(crate) header_read: Duration,
    /// Time without a byte of a body or of an answer moving, after which a connection ends.
    pub(crate) stall: Duration,
    /// Time for requests under way at a stop.
    pub(crate) drain: Duration,
}

/// Serves until `stop` turns true, then drains. Requests carry the peer's [`SocketAddr`] as an
/// extension. Returns whether every connection ended in time.
pub(crate) async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    bounds: Bounds,
    mut stop: watch::Receiver<bool>,
) -> bool
where
    S: Service<Request<TimedBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stopped| *stopped) => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, peer, slot)) => {
                spawn(stream, peer, slot, service.clone(), bounds, &graceful);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Ends at once when the server stops.
                if tokio::time::timeout(ACCEPT_RETRY, stop.changed())
                    .await
                    .is_ok()
                {
                    continue;
                }
            }
        }
    }
    drop(listener);
    tokio::time::timeout(bounds.drain, graceful.shutdown())
        .await
        .is_ok()
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Without it small answers wait up to 40 ms for a delayed acknowledgement.
    stream.set_nodelay(true)?;
    Ok((stream, peer, slot))
}

fn spawn<S, B>(
    stream: TcpStream,
    peer: SocketAddr,
    slot: OwnedSemaphorePermit,
    service: S,
    bounds: Bounds,
    graceful: &GracefulShutdown,
) where
    S: Service<Request<TimedBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        service.call(request.map(|body| TimedBody::new(body, bounds.stall)))
    });
    let stream = TokioIo::new(TimedWrites::new(stream, bounds.stall));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_read)
        .serve_connection(stream, service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "a connection broke off");
        }
        drop(slot);
    });
}
