//! The one budget for content in memory.
//!
//! Whatever holds content reserves its bytes here *before* it reads: an upload before its body is
//! read, so that TCP holds the client back; a download before a frame is read from disk. What is
//! reserved is given back when the [`Reservation`] is dropped. When nothing is left a request waits,
//! in the order of arrival, for a bounded time and among a bounded number; after that it is told to
//! come back later.
//!
//! Content that comes in and content that goes out have pools of their own, so that a copy, which
//! holds one while it waits for the other, cannot wait for itself. So have small and large requests:
//! large ones never make small ones wait. A large upload holds its beginning while it waits for the
//! rest, so beginnings have their own too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;

/// Default of the whole budget in bytes.
pub const MEMORY_BYTES_DEFAULT: u64 = 512 << 20;
/// Least budget in bytes: below it a single upload might not fit.
pub const MEMORY_BYTES_MIN: u64 = 96 << 20;
/// Reservations up to this are small, in bytes.
pub const SMALL_BYTES_MAX: u64 = 256 << 10;
/// Most requests that wait for one pool.
const WAITERS_MAX: usize = 512;
/// Longest wait for one pool.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// A semaphore counts 32 bits at a time: a permit is this many bytes.
const UNIT_BYTES: u64 = 1024;

/// Which way content goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a client.
    In,
    /// To a client.
    Out,
}

/// How a pool stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// Name: `in_small`, `in_begin`, `in_large`, `out_small`, `out_large`.
    pub pool: &'static str,
    /// Greatest number of bytes.
    pub limit_bytes: u64,
    /// Bytes reserved now.
    pub used_bytes: u64,
    /// Requests that wait now.
    pub waiting: u64,
    /// Requests refused since the start.
    pub refused: u64,
}

/// Bytes set aside; given back when dropped.
#[derive(Debug)]
#[must_use = "what is not kept is given back at once"]
pub struct Reservation {
    held: Vec<OwnedSemaphorePermit>,
}

impl Reservation {
    /// Both as one.
    pub fn and(mut self, mut other: Self) -> Self {
        self.held.append(&mut other.held);
        self
    }

    /// Bytes set aside, in whole units.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.held.iter().fold(0, |sum: u64, permit| {
            let units = u64::try_from(permit.num_permits()).unwrap_or(u64::MAX);
            sum.saturating_add(units.saturating_mul(UNIT_BYTES))
        })
    }
}

/// The budget. Shared by all operations of a store.
#[derive(Debug)]
pub struct MemoryBudget {
    /// In the order of [`PoolUse::pool`].
    in_small: Pool,
    in_begin: Pool,
    in_large: Pool,
    out_small: Pool,
    out_large: Pool,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(MEMORY_BYTES_DEFAULT)
    }
}

impl MemoryBudget {
    /// A budget of `bytes` in all, at least [`MEMORY_BYTES_MIN`]. Three eighths are for large uploads
    /// and one for their beginnings, two for large downloads, one each for small ones.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self::with_patience(bytes, WAIT_MAX)
    }

    fn with_patience(bytes: u64, wait: Duration) -> Self {
        let eighth = bytes.max(MEMORY_BYTES_MIN) / 8;
        Self {
            in_small: Pool::new("in_small", eighth, wait),
            in_begin: Pool::new("in_begin", eighth, wait),
            in_large: Pool::new("in_large", eighth.saturating_mul(3), wait),
            out_small: Pool::new("out_small", eighth, wait),
            out_large: Pool::new("out_large", eighth.saturating_mul(2), wait),
        }
    }

    /// Sets `bytes` aside, waiting for them if need be.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many wait already, or the wait was too long.
    pub async fn reserve(
        &self,
        direction: Direction,
        bytes: u64,
    ) -> Result<Reservation, StoreError> {
        self.pool(direction, bytes).reserve(bytes).await
    }

    /// Sets `bytes` aside for the beginning of a large upload, which holds them while it waits for
    /// the rest.
    ///
    /// # Errors
    /// [`StoreError::Busy`] as from [`Self::reserve`].
    pub async fn reserve_beginning(&self, bytes: u64) -> Result<Reservation, StoreError> {
        self.in_begin.reserve(bytes).await
    }

    /// Sets `bytes` aside if they are free now. For whoever holds a reservation already: waiting
    /// for more of the same could be waiting for oneself.
    ///
    /// # Errors
    /// [`StoreError::Busy`].
    pub fn reserve_now(&self, direction: Direction, bytes: u64) -> Result<Reservation, StoreError> {
        self.pool(direction, bytes).reserve_now(bytes)
    }

    /// How the pools stand.
    #[must_use]
    pub fn in_use(&self) -> [PoolUse; 5] {
        [
            self.in_small.in_use(),
            self.in_begin.in_use(),
            self.in_large.in_use(),
            self.out_small.in_use(),
            self.out_large.in_use(),
        ]
    }

    fn pool(&self, direction: Direction, bytes: u64) -> &Pool {
        match (direction, bytes <= SMALL_BYTES_MAX) {
            (Direction::In, true) => &self.in_small,
            (Direction::In, false) => &self.in_large,
            (Direction::Out, true) => &self.out_small,
            (Direction::Out, false) => &self.out_large,
        }
    }
}

#[derive(Debug)]
struct Pool {
    name: &'static str,
    /// Permits of [`UNIT_BYTES`], given out in the order of asking.
    free: Arc<Semaphore>,
    units: u32,
    patience: Duration,
    waiting: AtomicUsize,
    refused: AtomicU64,
}

impl Pool {
    fn new(name: &'static str, bytes: u64, patience: Duration) -> Self {
        let units = u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX);
        let permits = usize::try_from(units).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            name,
            free: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            units,
            patience,
            waiting: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Never more than there are at all: that would wait for ever.
    fn units_of(&self, bytes: u64) -> u32 {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        units.min(self.units)
    }

    fn reserve_now(&self, bytes: u64) -> Result<Reservation, StoreError> {
        let free = Arc::clone(&self.free);
        match free.try_acquire_many_owned(self.units_of(bytes)) {
            Ok(permit) => Ok(Reservation { held: vec![permit] }),
            Err(_) => Err(self.refuse()),
        }
    }

    async fn reserve(&self, bytes: u64) -> Result<Reservation, StoreError> {
        let free = Arc::clone(&self.free);
        // Fails too while others wait: nobody overtakes them.
        if let Ok(permit) = Arc::clone(&free).try_acquire_many_owned(self.units_of(bytes)) {
            return Ok(Reservation { held: vec![permit] });
        }
        let _waiting = match Waiting::begin(&self.waiting) {
            Some(waiting) => waiting,
            None => return Err(self.refuse()),
        };
        let wait = free.acquire_many_owned(self.units_of(bytes));
        match tokio::time::timeout(self.patience, wait).await {
            Ok(Ok(permit)) => Ok(Reservation { held: vec![permit] }),
            _ => Err(self.refuse()),
        }
    }

    fn refuse(&self) -> StoreError {
        self.refused.fetch_add(1, Ordering::Relaxed);
        StoreError::Busy
    }

    fn in_use(&self) -> PoolUse {
        let units = u64::from(self.units);
        let free = u64::try_from(self.free.available_permits()).unwrap_or(u64::MAX);
        let waiting = self.waiting.load(Ordering::Relaxed);
        PoolUse {
            pool: self.name,
            limit_bytes: units.saturating_mul(UNIT_BYTES),
            used_bytes: units.saturating_sub(free).saturating_mul(UNIT_BYTES),
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

/// One place among those who wait.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(waiting);
        (before < WAITERS_MAX).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(budget: &MemoryBudget) -> [u64; 5] {
        budget.in_use().map(|pool| pool.used_bytes)
    }

    #[tokio::test]
    async fn what_is_dropped_is_free_again_and_pools_do_not_touch() {
        let budget = MemoryBudget::new(MEMORY_BYTES_MIN);
        let limits = budget.in_use().map(|pool| pool.limit_bytes >> 20);
        assert_eq!(limits, [12, 12, 36, 12, 24]);
        let small = budget.reserve(Direction::In, 1).await.unwrap();
        let large = budget.reserve(Direction::In, 2 << 20).await.unwrap();
        let out = budget.reserve(Direction::Out, 300 << 10).await.unwrap();
        assert_eq!(used(&budget), [1024, 0, 2 << 20, 0, 300 << 10]);
        let both = small.and(large);
        assert_eq!(both.bytes(), (2 << 20) + 1024);
        drop((both, out));
        assert_eq!(used(&budget), [0; 5]);
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_refused_and_small_ones_go_on() {
        let patience = Duration::from_millis(300);
        let budget = Arc::new(MemoryBudget::with_patience(MEMORY_BYTES_MIN, patience));
        // More than there is counts as all there is.
        let all = budget.reserve(Direction::In, 1 << 40).await.unwrap();
        assert_eq!(all.bytes(), 36 << 20);
        let refused = budget.reserve(Direction::In, 1 << 20).await;
        assert_eq!(refused.unwrap_err(), StoreError::Busy);
        assert!(budget.reserve_now(Direction::In, 1 << 20).is_err());
        let _small = budget.reserve_now(Direction::In, 4096).unwrap();
        let waiter = Arc::clone(&budget);
        let waiter = tokio::spawn(async move { waiter.reserve(Direction::In, 1 << 20).await });
        tokio::task::yield_now().await;
        assert_eq!(budget.in_use().map(|pool| pool.waiting), [0, 0, 1, 0, 0]);
        drop(all);
        assert_eq!(waiter.await.unwrap().unwrap().bytes(), 1 << 20);
        assert_eq!(budget.in_use().map(|pool| pool.refused), [0, 0, 2, 0, 0]);
    }

    #[tokio::test]
    async fn the_number_of_those_who_wait_is_bounded() {
        let budget = MemoryBudget::new(MEMORY_BYTES_MIN);
        let _all = budget.reserve(Direction::Out, 1 << 40).await.unwrap();
        let waits = (0..WAITERS_MAX).map(|_| budget.reserve(Direction::Out, 1 << 20));
        let mut waits = Box::pin(futures::future::join_all(waits));
        assert!(futures::poll!(&mut waits).is_pending());
        let refused = futures::poll!(Box::pin(budget.reserve(Direction::Out, 1 << 20)));
        assert!(matches!(
            refused,
            std::task::Poll::Ready(Err(StoreError::Busy))
        ));
        drop(waits);
        assert!(budget.in_use().iter().all(|pool| pool.waiting == 0));
    }
}
