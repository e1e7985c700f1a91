//! A store in memory.

use std::sync::Arc;

use azekura_engine::memory::MemoryEngine;
use azekura_model::position::{Incarnation, RegionName};
use azekura_store::clock::Clock;
use azekura_store::entropy::SystemEntropy;
use azekura_store::ids::Ids;

use azekura_store::keys::Keys;
use azekura_store::seal::cipher::SecretKey;
use azekura_store::store::{Parts, Store, StorePolicy};

/// An empty store.
pub(crate) async fn memory() -> Arc<Store> {
    let region = RegionName::parse(super::REGION).unwrap();
    let incarnation = Incarnation([7; 16]);
    let (clock, entropy) = (Arc::new(Clock::system()), SystemEntropy::shared());
    let ids = Ids::new(
        &region,
        incarnation,
        Arc::clone(&clock),
        Arc::clone(&entropy),
    )
    .unwrap();
    let parts = Parts {
        engine: Arc::new(MemoryEngine::new(region.clone(), incarnation)),
        keys: Arc::new(Keys::new(SecretKey::new([9; 32]), Arc::clone(&entropy))),
        clock,
        ids: Arc::new(ids),
        entropy,
        region,
        memory: Arc::default(),
    };
    // A COMPLIANCE default is final at once: its trial has tests of its own.
    let policy = StorePolicy {
        probation: std::time::Duration::ZERO,
        ..StorePolicy::default()
    };
    let store = Store::with_policy(parts, policy);
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    Arc::new(store)
}
