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

use crate::addresses::{Addresses, Place};
use crate::admin::{Connected, Metrics};
use crate::linger::{Lingering, Unread};
use crate::stall::{Dawdling, TimedBody, TimedWrites};

/// Pause after a failed accept (out of descriptors, mostly), so that the loop does not spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Most bytes that a connection reads ahead, and the greatest head of a request. A little more than
/// the guard's limits on headers and path together, so that it is the guard that answers.
const BUFFER_BYTES: usize = 64 * 1024;

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Most at a time; more wait in the kernel's queue.
    pub(crate) connections: usize,
    /// Time for the headers of a request to arrive.
    pub(crate) header_read: Duration,
    /// Most at a time from one address.
    pub(crate) per_address: usize,
    /// How much a peer may dawdle in a body or an answer.
    pub(crate) dawdling: Dawdling,
    /// Time for requests under way at a stop.
    pub(crate) drain: Duration,
}

/// Serves until `stop` turns true, then drains. Requests carry the peer's [`SocketAddr`] as an
/// extension. Returns whether every connection ended in time.
pub(crate) async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    bounds: Bounds,
    (name, metrics): (&'static str, Arc<Metrics>),
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
    let addresses = Addresses::new(bounds.per_address);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stopped| *stopped) => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, peer, slot)) => {
                let Some(place) = addresses.enter(peer.ip()) else {
                    metrics.connection_refused(name);
                    tracing::debug!(%peer, "refused: its address has too many connections");
                    continue;
                };
                let held = (slot, place, metrics.connected(name));
                spawn(stream, peer, held, service.clone(), bounds, &graceful);
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
    held: (OwnedSemaphorePermit, Place, Connected),
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
    let unread = Unread::default();
    let left = unread.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (dawdling, unread) = (bounds.dawdling, unread.clone());
        service.call(request.map(|body| TimedBody::new(body, dawdling, unread)))
    });
    let stream = TimedWrites::new(stream, bounds.dawdling);
    let stream = TokioIo::new(Lingering::new(stream, left));
    let connection = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES)
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_read)
        .serve_connection(stream, service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "a connection broke off");
        }
        drop(held);
    });
}
