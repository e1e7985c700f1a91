//! The one door to waiting.

use std::time::Duration;

/// Waits.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
