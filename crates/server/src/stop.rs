//! Why a server stops: a signal, or an engine that failed.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Why the server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// SIGTERM or SIGINT.
    Signal(&'static str),
    /// A write or sync failed; nothing is acknowledged any more.
    Poisoned(String),
}

/// Waits for the first reason. `poisoned` holds the engine's once it has one.
///
/// # Errors
/// When signals cannot be waited for.
pub(crate) async fn wait(mut poisoned: watch::Receiver<Option<String>>) -> std::io::Result<Reason> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let failed = async {
        match poisoned.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // The engine is gone without a reason: only signals are left.
            Err(_) => std::future::pending().await,
        }
    };
    Ok(tokio::select! {
        _ = terminate.recv() => Reason::Signal("SIGTERM"),
        _ = interrupt.recv() => Reason::Signal("SIGINT"),
        reason = failed => Reason::Poisoned(reason),
    })
}
