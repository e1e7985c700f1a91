//! Accepts connections, bounds them, and lets those under way end at a stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use azekura_gateway::auth::Peer;
use azekura_model::requester::ClientCertificate;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::addresses::{Addresses, Place};
use crate::admin::{Connected, Metrics};
use crate::linger::{Lingering, Unread};
use crate::seldom::Seldom;
use crate::sources::Sources;
use crate::stall::{Dawdling, TimedBody, TimedWrites};
use crate::tls::{self, Tls};

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
    /// Time for a TLS handshake.
    pub(crate) tls_handshake: Duration,
    /// Most at a time from one address.
    pub(crate) per_address: usize,
    /// How much a peer may dawdle in a body or an answer.
    pub(crate) dawdling: Dawdling,
    /// Time for requests under way at a stop.
    pub(crate) drain: Duration,
}

/// Who may come in to a listener, and how.
#[derive(Clone)]
pub(crate) struct Entrance {
    /// Name of the listener, in metrics and logs.
    pub(crate) name: &'static str,
    /// Where connections are counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Addresses that are served.
    pub(crate) sources: Sources,
    /// TLS; `None` = plaintext.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Holds back log lines of refusals.
    seldom: Arc<Seldom>,
}

impl Entrance {
    /// An entrance of a listener.
    pub(crate) fn new(
        name: &'static str,
        metrics: Arc<Metrics>,
        sources: Sources,
        tls: Option<Arc<Tls>>,
    ) -> Self {
        Self {
            name,
            metrics,
            sources,
            tls,
            seldom: Arc::default(),
        }
    }

    /// Counts a connection that is refused by its address, and says so now and then.
    fn refuse(&self, peer: SocketAddr, reason: &'static str) {
        self.metrics.connection_refused(self.name, reason);
        if let Some(held_back) = self.seldom.admit() {
            tracing::warn!(listener = self.name, %peer, reason, held_back, "a connection was refused");
        }
    }

    /// Counts a handshake that failed, and says so now and then.
    fn fail(&self, peer: SocketAddr, reason: &'static str, error: &dyn std::fmt::Display) {
        self.metrics.tls_failed(self.name, reason);
        if let Some(held_back) = self.seldom.admit() {
            tracing::warn!(listener = self.name, %peer, reason, held_back, "a TLS handshake failed: {error}");
        }
    }
}

/// What a connection holds until its end.
type Held = (OwnedSemaphorePermit, Place, Connected);

/// A connection that was accepted.
struct Accepted {
    peer: SocketAddr,
    bounds: Bounds,
    watcher: Watcher,
    held: Held,
}

/// Serves until `stop` turns true, then drains. Requests carry their [`Peer`] as an extension.
/// Returns whether every connection ended in time.
pub(crate) async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    bounds: Bounds,
    entrance: Entrance,
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
                if !entrance.sources.admit(peer.ip()) {
                    entrance.refuse(peer, "source");
                    continue;
                }
                let Some(place) = addresses.enter(peer.ip()) else {
                    entrance.refuse(peer, "per_address");
                    continue;
                };
                let accepted = Accepted {
                    peer,
                    bounds,
                    watcher: graceful.watcher(),
                    held: (slot, place, entrance.metrics.connected(entrance.name)),
                };
                let (entrance, service) = (entrance.clone(), service.clone());
                tokio::spawn(welcome(stream, accepted, service, entrance, stop.clone()));
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

/// The whole life of a connection: its handshake, if there is one, and its requests.
async fn welcome<S, B>(
    stream: TcpStream,
    accepted: Accepted,
    service: S,
    entrance: Entrance,
    mut stop: watch::Receiver<bool>,
) where
    S: Service<Request<TimedBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Some(tls) = &entrance.tls else {
        converse(stream, accepted, service, false, None).await;
        return;
    };
    let (name, peer) = (entrance.name, accepted.peer);
    let shaken = tokio::select! {
        // Nothing was asked yet: a stop does not wait for it.
        _ = stop.wait_for(|stopped| *stopped) => return,
        shaken = tokio::time::timeout(accepted.bounds.tls_handshake, tls.accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok((stream, certificate))) => {
            let version = tls::version(&stream);
            let shown = certificate.is_some();
            entrance.metrics.tls_shaken(name, version, shown);
            converse(stream, accepted, service, true, certificate).await;
        }
        Ok(Err(error)) => entrance.fail(peer, tls::reason(&error), &error),
        Err(late) => entrance.fail(peer, "timeout", &late),
    }
}

/// Answers the requests of a connection until it ends.
async fn converse<T, S, B>(
    stream: T,
    accepted: Accepted,
    service: S,
    secure: bool,
    certificate: Option<ClientCertificate>,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<TimedBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Accepted {
        peer,
        bounds,
        watcher,
        held,
    } = accepted;
    let from = Peer {
        address: Some(peer.ip().to_canonical()),
        secure,
        certificate,
    };
    let unread = Unread::default();
    let left = unread.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(from.clone());
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
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "a connection broke off");
    }
    drop(held);
}

#[cfg(test)]
mod tests;
