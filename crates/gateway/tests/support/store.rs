//! A store in memory.

use std::sync::Arc;

use azekura_store::store::Store;

/// An empty store.
#[allow(clippy::unused_async, reason = "opening a store may wait")]
pub async fn memory() -> Arc<Store> {
    Arc::new(Store {})
}
