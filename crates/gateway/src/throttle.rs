//! Limits of each access key: requests a second, and bytes a second in both directions together.
//!
//! A limit is a bucket that fills at its rate and holds [`BURST`] of it. A request that finds its
//! bucket empty is refused with `SlowDown`, after its signature was verified (or others could use a
//! key's limit up) and before its body is read. Transfers that were let in are slowed to the rate
//! instead: their bytes wait in TCP, not in memory.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use s3s::S3Result;

use crate::clock::{self, Stopwatch};
use crate::errors;

/// What a bucket holds, as a time at its rate.
const BURST: Duration = Duration::from_secs(1);
/// How far transfers under way may have overdrawn a bucket while new requests are still let in, as a
/// time at its rate.
const OVERDRAWN_MAX: Duration = Duration::from_secs(5);
const SECOND: u64 = 1_000_000_000;

/// Limits of one access key. The default limits nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyLimits {
    /// Requests a second.
    pub requests_per_second: Option<NonZeroU64>,
    /// Bytes of bodies a second, in both directions together.
    pub bytes_per_second: Option<NonZeroU64>,
}

/// When a refused client may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter {
    /// In whole seconds, at least 1.
    pub(crate) seconds: u64,
}

/// The buckets of all keys that have limits.
pub(crate) struct Throttle {
    started: Stopwatch,
    keys: Mutex<BTreeMap<String, Arc<KeyUse>>>,
}

impl Throttle {
    /// With full buckets.
    pub(crate) fn new() -> Self {
        Self {
            started: Stopwatch::start(),
            keys: Mutex::default(),
        }
    }

    /// Holds a key whose signature was verified to its limits, and names it to the bodies of its
    /// request.
    ///
    /// # Errors
    /// `SlowDown`.
    pub(crate) fn admit_signer(
        &self,
        key_id: &str,
        limits: KeyLimits,
        extensions: &http::Extensions,
    ) -> S3Result<()> {
        let in_use = self.admit(key_id, limits).map_err(errors::slow_down)?;
        if let (Some(signer), Some(in_use)) = (extensions.get::<Signer>(), in_use) {
            signer.set(in_use);
        }
        Ok(())
    }

    /// Lets a request in, or says when to come back. `None` for a key without limits. The key must be
    /// one that exists, or the map would grow without bound.
    pub(crate) fn admit(
        &self,
        key_id: &str,
        limits: KeyLimits,
    ) -> Result<Option<Arc<KeyUse>>, RetryAfter> {
        if limits == KeyLimits::default() {
            return Ok(None);
        }
        let in_use = {
            let mut keys = self.keys.lock();
            let known = keys.get(key_id).filter(|known| known.limits == limits);
            match known {
                Some(known) => Arc::clone(known),
                None => {
                    let new = Arc::new(KeyUse::new(limits, self.started));
                    keys.insert(key_id.to_owned(), Arc::clone(&new));
                    new
                }
            }
        };
        in_use.admit()?;
        Ok(Some(in_use))
    }
}

/// How much a key has used.
pub(crate) struct KeyUse {
    limits: KeyLimits,
    started: Stopwatch,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    requests: Bucket,
    bytes: Bucket,
}

/// The moment at which everything drawn so far is paid for, in nanoseconds since the start: the
/// generic cell rate algorithm (ITU-T I.371).
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    paid_at: u64,
}

impl Bucket {
    /// Nanoseconds by which it is overdrawn beyond `allowed`.
    fn overdrawn(self, now: u64, allowed: Duration) -> u64 {
        let allowed = u64::try_from(allowed.as_nanos()).unwrap_or(u64::MAX);
        self.paid_at.saturating_sub(now).saturating_sub(allowed)
    }

    /// Takes `amount` out of a bucket that fills with `rate` a second.
    fn draw(&mut self, now: u64, amount: u64, rate: NonZeroU64) {
        let cost = u128::from(amount) * u128::from(SECOND) / u128::from(rate.get());
        let cost = u64::try_from(cost).unwrap_or(u64::MAX);
        self.paid_at = self.paid_at.max(now).saturating_add(cost);
    }
}

impl KeyUse {
    fn new(limits: KeyLimits, started: Stopwatch) -> Self {
        Self {
            limits,
            started,
            buckets: Mutex::default(),
        }
    }

    fn admit(&self) -> Result<(), RetryAfter> {
        self.admit_at(self.started.nanoseconds())
    }

    fn admit_at(&self, now: u64) -> Result<(), RetryAfter> {
        let mut buckets = self.buckets.lock();
        let mut wait = buckets.bytes.overdrawn(now, OVERDRAWN_MAX);
        if let Some(rate) = self.limits.requests_per_second {
            let mut next = buckets.requests;
            next.draw(now, 1, rate);
            // One request always fits, however slow the rate.
            let room = BURST.max(Duration::from_nanos(SECOND / rate.get()));
            wait = wait.max(next.overdrawn(now, room));
            if wait == 0 {
                buckets.requests = next;
            }
        }
        match wait {
            0 => Ok(()),
            wait => Err(RetryAfter {
                seconds: wait.div_ceil(SECOND),
            }),
        }
    }

    /// Pays for `bytes` that have moved; how long to wait before more do.
    pub(crate) fn moved(&self, bytes: usize) -> Duration {
        self.moved_at(self.started.nanoseconds(), bytes)
    }

    fn moved_at(&self, now: u64, bytes: usize) -> Duration {
        let Some(rate) = self.limits.bytes_per_second else {
            return Duration::ZERO;
        };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut buckets = self.buckets.lock();
        buckets.bytes.draw(now, bytes, rate);
        Duration::from_nanos(buckets.bytes.overdrawn(now, BURST))
    }
}

/// The use of the key that signed a request: known once its signature was verified.
#[derive(Clone, Default)]
pub(crate) struct Signer(Arc<OnceLock<Arc<KeyUse>>>);

impl Signer {
    /// Names the key.
    pub(crate) fn set(&self, key: Arc<KeyUse>) {
        self.0.get_or_init(|| key);
    }

    /// The key, if it has limits.
    pub(crate) fn get(&self) -> Option<&Arc<KeyUse>> {
        self.0.get()
    }
}

/// A body that moves no faster than its key allows.
pub(crate) struct Paced<B> {
    inner: B,
    signer: Signer,
    wait: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl<B> Paced<B> {
    pub(crate) fn new(inner: B, signer: Signer) -> Self {
        Self {
            inner,
            signer,
            wait: None,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let (Some(data), Some(key)) = (frame.data_ref(), self.signer.get())
        {
            let wait = key.moved(data.len());
            if !wait.is_zero() {
                self.wait = Some(Box::pin(clock::after(wait)));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(requests: u64, bytes: u64) -> KeyUse {
        let limits = KeyLimits {
            requests_per_second: NonZeroU64::new(requests),
            bytes_per_second: NonZeroU64::new(bytes),
        };
        KeyUse::new(limits, Stopwatch::start())
    }

    #[test]
    fn a_key_has_a_burst_and_then_its_rate() {
        let fast = key(10, 0);
        let now = 7 * SECOND;
        for _ in 0..10 {
            fast.admit_at(now).unwrap();
        }
        assert_eq!(fast.admit_at(now), Err(RetryAfter { seconds: 1 }));
        fast.admit_at(now + SECOND / 10).unwrap();
        assert!(fast.admit_at(now + SECOND / 10).is_err());
        let slow = key(1, 0);
        slow.admit_at(0).unwrap();
        assert!(slow.admit_at(SECOND / 2).is_err());
        slow.admit_at(SECOND).unwrap();
    }

    #[test]
    fn bytes_slow_transfers_first_and_refuse_requests_when_they_pile_up() {
        let key = key(0, 1_000);
        assert_eq!(key.moved_at(0, 1_000), Duration::ZERO);
        assert_eq!(key.moved_at(0, 500), Duration::from_millis(500));
        key.admit_at(0).unwrap();
        let _wait = key.moved_at(0, 5_500);
        assert_eq!(key.admit_at(0), Err(RetryAfter { seconds: 2 }));
        key.admit_at(2 * SECOND).unwrap();
    }

    #[test]
    fn keys_without_limits_are_not_remembered_and_others_are_apart() {
        let throttle = Throttle::new();
        let none = throttle.admit("a", KeyLimits::default());
        assert!(none.unwrap().is_none());
        assert!(throttle.keys.lock().is_empty());
        let limits = KeyLimits {
            requests_per_second: NonZeroU64::new(1),
            ..KeyLimits::default()
        };
        assert!(throttle.admit("a", limits).unwrap().is_some());
        assert!(throttle.admit("a", limits).is_err());
        assert!(throttle.admit("b", limits).unwrap().is_some());
    }
}
