//! The one door to waiting.

use std::time::Duration;

/// Waits.
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
