//! Lets the keeper pass over the vault now and then, while the server runs.

use std::sync::Arc;
use std::time::Duration;

use azekura_store::store::Store;

use crate::clock::Pause;

/// The task; ends when dropped.
pub(crate) struct Keeping(tokio::task::JoinHandle<()>);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One pass after each `interval`; zero = none.
pub(crate) fn start(store: Arc<Store>, interval: Duration) -> Option<Keeping> {
    if interval.is_zero() {
        return None;
    }
    Some(Keeping(tokio::spawn(async move {
        let pause = Pause::of(interval);
        loop {
            pause.wait().await;
            match store.keep().await {
                Ok(report) => tracing::info!(
                    released = report.released,
                    released_bytes = report.released_bytes,
                    expired = report.expired,
                    removed = report.removed,
                    locked = report.locked,
                    failed = report.failed,
                    records_read = report.records_read,
                    "the keeper passed"
                ),
                Err(error) => {
                    tracing::error!(%error, "the keeper stopped");
                    return;
                }
            }
        }
    })))
}
