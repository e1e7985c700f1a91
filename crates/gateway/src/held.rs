//! Memory that one request holds beside its content: documents, and signed chunks.

use std::sync::Arc;

use azekura_store::error::StoreError;
use azekura_store::memory::{Direction, MemoryBudget, Reservation};
use parking_lot::Mutex;

/// What a request has reserved. Given back with the last clone.
#[derive(Clone)]
pub(crate) struct Held {
    memory: Arc<MemoryBudget>,
    reserved: Arc<Mutex<Vec<Reservation>>>,
}

impl Held {
    /// Nothing yet.
    pub(crate) fn new(memory: Arc<MemoryBudget>) -> Self {
        Self {
            memory,
            reserved: Arc::default(),
        }
    }

    /// Reserves `bytes`, waiting for them if need be.
    pub(crate) async fn reserve(self, bytes: u64) -> Result<(), StoreError> {
        let reserved = self.memory.reserve(Direction::In, bytes).await?;
        self.reserved.lock().push(reserved);
        Ok(())
    }

    /// Reserves `bytes` if they are free: for requests that may hold memory already.
    pub(crate) fn reserve_now(&self, bytes: u64) -> Result<(), StoreError> {
        let reserved = self.memory.reserve_now(Direction::In, bytes)?;
        self.reserved.lock().push(reserved);
        Ok(())
    }
}
