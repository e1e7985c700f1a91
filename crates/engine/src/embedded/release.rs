//! The one door to erasure: what a durable release record lists is zeroed, synced and given back.
//!
//! # Order
//! 1. A durable mark lies beyond the release record, so that recovery never takes zeros for a torn
//!    write, and the index is durable up to it: a record without particulars projects nothing.
//! 2. The parts of the listed records are zeroed and synced; whole blocks are punched out.
//! 3. Blobs are removed, their directories synced.
//! 4. The release record's own particulars are zeroed and synced: from here on nothing tells the
//!    name of what was released.
//! 5. Segments that are mostly zeros are packed (`wear`).
//!
//! A crash anywhere leaves the release record with its payload, from which the caller makes the
//! proof again; every step done again changes nothing. No reader stands between the two ends of
//! a part that is being zeroed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::ReleaseProof;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};

use super::Shared;
use super::read::{Found, find};
use super::wear::Wear;
use crate::blob::BlobStore;
use crate::disk::BLOCK_BYTES;
use crate::journal::Place;
use crate::journal::bytes::length;
use crate::journal::frame::PayloadPlace;
use crate::seam::{CommitError, Freed, ReadError};

/// Zeros written at once.
const ZEROS: usize = 256 * 1024;
/// Releases done together at most.
const TOGETHER_MAX: usize = 256;

/// Holds releases apart, and readers out of what is being zeroed.
pub(super) struct Erasure {
    one: Mutex<Wear>,
    readers: RwLock<()>,
    waiting: Mutex<Waiting>,
    /// Releases were done.
    done: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Asked for and not begun.
    asked: VecDeque<Asked>,
    /// Somebody does releases for all.
    busy: bool,
}

/// A release that somebody waits for.
struct Asked {
    proof: ReleaseProof,
    outcome: Arc<OnceLock<Result<Freed, CommitError>>>,
}

impl Erasure {
    /// `present` is the segment that is written to.
    pub(super) fn new(present: u32) -> Self {
        Self {
            one: Mutex::new(Wear::new(present)),
            readers: RwLock::default(),
            waiting: Mutex::default(),
            done: Condvar::new(),
        }
    }

    /// Nothing is being released while this is held.
    pub(super) fn alone(&self) -> MutexGuard<'_, Wear> {
        self.one.lock()
    }

    /// No part is being zeroed while this is held.
    pub(super) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.readers.read()
    }
}

/// Bytes of a segment file that are to be zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) place: Place,
    pub(super) bytes: u64,
}

/// Does a release. Those that were asked for while another was under way are done together, by the
/// first of them: most of the time goes into syncs, which they share.
pub(super) fn release(
    shared: &Shared,
    blobs: &BlobStore,
    proof: ReleaseProof,
) -> Result<Freed, CommitError> {
    let outcome = Arc::new(OnceLock::new());
    let asked = Asked {
        proof,
        outcome: Arc::clone(&outcome),
    };
    let erasure = &shared.erasure;
    let mut waiting = erasure.waiting.lock();
    waiting.asked.push_back(asked);
    loop {
        if let Some(done) = outcome.get() {
            return done.clone();
        }
        if waiting.busy {
            erasure.done.wait(&mut waiting);
            continue;
        }
        let count = waiting.asked.len().min(TOGETHER_MAX);
        let together: Vec<Asked> = waiting.asked.drain(..count).collect();
        if together.is_empty() {
            // Whoever took this release ended without an answer.
            return Err(shared.poison.set("releasing", &"its thread fell"));
        }
        waiting.busy = true;
        drop(waiting);
        let busy = Busy(erasure);
        release_together(shared, blobs, &mut erasure.alone(), together);
        drop(busy);
        waiting = erasure.waiting.lock();
    }
}

/// Lets the next one begin, also when this one falls.
struct Busy<'a>(&'a Erasure);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.waiting.lock().busy = false;
        self.0.done.notify_all();
    }
}

/// A record to be erased.
struct Target {
    found: Found,
    /// `None` = it cannot be found.
    payload: Option<Stretch>,
}

/// A release under way.
struct Release {
    asked: Asked,
    own: Found,
    targets: Vec<Target>,
    freed: Freed,
}

fn release_together(shared: &Shared, blobs: &BlobStore, wear: &mut Wear, together: Vec<Asked>) {
    let mut releases = Vec::new();
    for asked in together {
        match prepare(shared, &asked.proof) {
            Ok((own, targets, freed)) => releases.push(Release {
                asked,
                own,
                targets,
                freed,
            }),
            Err(error) => asked.answer(Err(error)),
        }
    }
    let done = erase_together(shared, blobs, wear, &mut releases);
    for release in releases {
        let outcome = done.clone().map(|()| release.freed);
        release.asked.answer(outcome);
    }
}

impl Asked {
    fn answer(self, outcome: Result<Freed, CommitError>) {
        // Set once: whoever drains the queue answers.
        if self.outcome.set(outcome).is_err() {
            tracing::error!("a release was answered twice");
        }
    }
}

/// Finds what is to be erased; nothing is changed yet.
fn prepare(
    shared: &Shared,
    proof: &ReleaseProof,
) -> Result<(Found, Vec<Target>, Freed), CommitError> {
    shared.poison.check()?;
    shared.queue.check_open()?;
    let own = release_record(shared, proof)?;
    let mut freed = Freed::default();
    let mut targets = Vec::new();
    for sequence in proof.erase() {
        let Some(found) = locate(shared, proof.partition(), *sequence)? else {
            freed.lost.push(*sequence);
            continue;
        };
        // An extent is in a file of its own right: it may be missing where the frame is not.
        let missing = match found.header.payload_place {
            PayloadPlace::Extent(place) => shared.files.file(place.segment).is_err(),
            PayloadPlace::None | PayloadPlace::Here => false,
        };
        if missing {
            freed.lost.push(*sequence);
        }
        targets.push(Target {
            found,
            payload: (!missing).then(|| payload(&found)),
        });
    }
    Ok((own, targets, freed))
}

fn erase_together(
    shared: &Shared,
    blobs: &BlobStore,
    wear: &mut Wear,
    releases: &mut [Release],
) -> Result<(), CommitError> {
    let Some(last) = releases.iter().map(|release| end(&release.own)).max() else {
        return Ok(());
    };
    secure(shared, last)?;
    let mut stretches = Vec::new();
    for Release { targets, freed, .. } in &mut *releases {
        for target in targets {
            let particulars = particulars(&target.found);
            freed.particulars_bytes = freed.particulars_bytes.saturating_add(particulars.bytes);
            stretches.push(particulars);
            if let Some(payload) = target.payload {
                freed.payload_bytes = freed.payload_bytes.saturating_add(payload.bytes);
                stretches.push(payload);
            }
        }
    }
    erase(shared, &stretches)?;
    for Release { asked, freed, .. } in &mut *releases {
        for blob in asked.proof.blobs() {
            freed.blob_bytes = freed.blob_bytes.saturating_add(blobs.release(*blob)?);
            freed.blobs = freed.blobs.saturating_add(1);
        }
    }
    blobs.sync_removed(
        releases
            .iter()
            .flat_map(|release| release.asked.proof.blobs()),
    )?;
    let mut own = Vec::new();
    for Release {
        own: record, freed, ..
    } in &mut *releases
    {
        let particulars = particulars(record);
        freed.particulars_bytes = freed.particulars_bytes.saturating_add(particulars.bytes);
        own.push(particulars);
    }
    erase(shared, &own)?;
    stretches.extend(own);
    wear.add(shared.format.log_limit, &stretches);
    wear.tidy(shared)
}

/// Finds the release record, which must be durable in this journal and readable.
fn release_record(shared: &Shared, proof: &ReleaseProof) -> Result<Found, CommitError> {
    let record = proof.record();
    let ours = record.region == shared.format.region
        && record.incarnation == shared.format.incarnation
        && record.sequence.0 > 0;
    let durable = shared.heads.last(record.partition);
    if !ours || durable.is_none_or(|last| last < record.sequence) {
        return Err(CommitError::Malformed(
            "the release record is not durable here".to_owned(),
        ));
    }
    locate(shared, record.partition, record.sequence)?.ok_or_else(|| {
        CommitError::Unreadable(format!(
            "release record {} of partition {} is damaged",
            record.sequence, record.partition
        ))
    })
}

/// Where a record is; `None` when damage hides it.
fn locate(
    shared: &Shared,
    partition: PartitionId,
    sequence: Sequence,
) -> Result<Option<Found>, CommitError> {
    match find(shared, partition, sequence) {
        Ok(found) => Ok(Some(found)),
        Err(ReadError::Io(error)) => Err(CommitError::Unreadable(error)),
        Err(_) => Ok(None),
    }
}

/// Where the frame of a record ends.
fn end(found: &Found) -> Place {
    let bytes = u64::from(found.locator.bytes);
    Place {
        segment: found.locator.segment,
        offset: found.locator.offset.saturating_add(bytes),
    }
}

/// Step 1.
fn secure(shared: &Shared, last: Place) -> Result<(), CommitError> {
    let marked = shared.queue.wait_marked(last);
    shared.poison.check()?;
    if !marked? {
        let space = shared.space.space();
        return Err(CommitError::NoSpace {
            place: "the journal".to_owned(),
            free_bytes: space.free_bytes,
            floor_bytes: space.floor_bytes,
        });
    }
    let settled = shared.index.settle();
    settled.map_err(|error| shared.poison.set("syncing the index", &error))
}

fn particulars(found: &Found) -> Stretch {
    let at = found.header.particulars_at() as u64;
    Stretch {
        place: Place {
            segment: found.locator.segment,
            offset: found.locator.offset.saturating_add(at),
        },
        bytes: u64::from(found.header.particulars_bytes),
    }
}

fn payload(found: &Found) -> Stretch {
    let at = found.header.payload_at() as u64;
    let here = Place {
        segment: found.locator.segment,
        offset: found.locator.offset.saturating_add(at),
    };
    let bytes = u64::from(found.header.payload_bytes);
    match found.header.payload_place {
        PayloadPlace::None => Stretch {
            place: here,
            bytes: 0,
        },
        PayloadPlace::Here => Stretch { place: here, bytes },
        PayloadPlace::Extent(place) => Stretch { place, bytes },
    }
}

/// Zeroes stretches, syncs their files, then gives whole blocks back. A block that a crash keeps
/// from coming back holds zeros, and comes back when the release is done again.
fn erase(shared: &Shared, stretches: &[Stretch]) -> Result<(), CommitError> {
    let stretches: Vec<_> = stretches.iter().filter(|some| some.bytes > 0).collect();
    let poison = &shared.poison;
    for stretch in &stretches {
        let _no_reader = shared.erasure.readers.write();
        poison.guard("erasing", zero(shared, stretch))?;
    }
    let segments: BTreeSet<u32> = stretches.iter().map(|some| some.place.segment).collect();
    for segment in segments {
        let synced = shared.files.file(segment).and_then(|file| file.sync_data());
        poison.guard("syncing what was erased", synced)?;
    }
    for Stretch { place, bytes } in stretches {
        if *bytes >= BLOCK_BYTES {
            let file = shared.files.file(place.segment);
            let punched = file.and_then(|file| file.punch(place.offset, *bytes));
            poison.guard("giving back space", punched)?;
        }
    }
    Ok(())
}

fn zero(shared: &Shared, stretch: &Stretch) -> std::io::Result<()> {
    let file = shared.files.file(stretch.place.segment)?;
    let zeros = vec![0; ZEROS.min(length(stretch.bytes))];
    let end = stretch.place.offset.saturating_add(stretch.bytes);
    // What a file lost at its end is not made again.
    let end = end.min(file.length()?);
    let mut at = stretch.place.offset;
    while at < end {
        let step = length(end.saturating_sub(at)).min(zeros.len());
        file.write_at(zeros.get(..step).unwrap_or_default(), at)?;
        at = at.saturating_add(step as u64);
    }
    Ok(())
}
