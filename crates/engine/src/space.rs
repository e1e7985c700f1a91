//! The floor of free space: data is refused before it is written, so that the index can still be
//! compacted, and lock changes and deletions can still be recorded.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::disk::Disk;
use crate::seam::{CommitClass, CommitError, Space};

/// Default floor: this many bytes, or a twentieth of a smaller disk.
const FLOOR_BYTES: u64 = 2 << 30;
/// Essential commits may use the floor down to this part of it.
const RESERVE_PART: u64 = 8;
/// Audit commits may use it down to this part of it.
const AUDIT_RESERVE_PART: u64 = 4;
/// The disks are asked again after this many admitted bytes or requests.
const ADMITTED_BYTES_MAX: u64 = 16 << 20;
const REQUESTS_MAX: u32 = 64;

#[derive(Clone, Debug, Default)]
struct Tightest {
    place: String,
    free: u64,
    floor: u64,
}

#[derive(Default)]
struct Measured {
    tightest: Tightest,
    admitted: u64,
    requests: u32,
}

/// Watches the free space of some directories.
pub(crate) struct SpaceGauge {
    disk: Arc<dyn Disk>,
    places: Vec<PathBuf>,
    floor: Option<u64>,
    measured: Mutex<Measured>,
    /// Bytes admitted and not yet written.
    waiting: Arc<AtomicU64>,
}

/// Bytes that were admitted; they count as used until this is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    waiting: Arc<AtomicU64>,
    bytes: u64,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl SpaceGauge {
    pub(crate) fn new(disk: Arc<dyn Disk>, places: Vec<PathBuf>, floor: Option<u64>) -> Self {
        let waiting = Arc::new(AtomicU64::new(0));
        Self {
            disk,
            places,
            floor,
            measured: Mutex::default(),
            waiting,
        }
    }

    /// Admits bytes that are about to be written, or refuses them.
    pub(crate) fn admit(&self, class: CommitClass, bytes: u64) -> Result<Reserved, CommitError> {
        let mut measured = self.measured.lock();
        let slack = measured
            .tightest
            .free
            .saturating_sub(measured.tightest.floor);
        let stale = measured.admitted >= ADMITTED_BYTES_MAX
            || measured.requests >= REQUESTS_MAX
            || slack <= ADMITTED_BYTES_MAX.saturating_mul(4);
        if stale {
            *measured = Measured {
                tightest: self.measure()?,
                ..Measured::default()
            };
        }
        let waiting = self.waiting.load(Ordering::Relaxed);
        let tightest = &measured.tightest;
        let used = waiting
            .saturating_add(measured.admitted)
            .saturating_add(bytes);
        let left = tightest.free.saturating_sub(used);
        let needed = match class {
            CommitClass::Data => tightest.floor,
            CommitClass::Essential => tightest.floor / RESERVE_PART,
            CommitClass::Audit => tightest.floor / AUDIT_RESERVE_PART,
        };
        if left < needed {
            return Err(CommitError::NoSpace {
                place: tightest.place.clone(),
                free_bytes: tightest.free,
                floor_bytes: needed,
            });
        }
        measured.admitted = measured.admitted.saturating_add(bytes);
        measured.requests = measured.requests.saturating_add(1);
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        Ok(Reserved {
            waiting: Arc::clone(&self.waiting),
            bytes,
        })
    }

    /// The tightest place now.
    pub(crate) fn space(&self) -> Space {
        match self.measure() {
            Ok(tightest) => Space {
                free_bytes: tightest.free,
                floor_bytes: tightest.floor,
                refusing: tightest.free < tightest.floor,
            },
            // Unknown space is no space.
            Err(_) => Space {
                refusing: true,
                ..Space::default()
            },
        }
    }

    fn measure(&self) -> Result<Tightest, CommitError> {
        let mut tightest: Option<Tightest> = None;
        for place in &self.places {
            let name = place.display().to_string();
            let space = self.disk.space(place).map_err(|error| {
                tracing::warn!(place = name, %error, "cannot tell the free space");
                CommitError::NoSpace {
                    place: name.clone(),
                    free_bytes: 0,
                    floor_bytes: 0,
                }
            })?;
            let floor = self
                .floor
                .unwrap_or_else(|| FLOOR_BYTES.min(space.total / 20));
            let margin = |free: u64, floor: u64| i128::from(free) - i128::from(floor);
            let tighter = tightest
                .as_ref()
                .is_none_or(|other| margin(space.free, floor) < margin(other.free, other.floor));
            if tighter {
                tightest = Some(Tightest {
                    place: name,
                    free: space.free,
                    floor,
                });
            }
        }
        Ok(tightest.unwrap_or_default())
    }
}
