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

use std::collections::BTreeSet;

use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::ReleaseProof;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};

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

/// Holds releases apart, and readers out of what is being zeroed.
pub(super) struct Erasure {
    one: Mutex<Wear>,
    readers: RwLock<()>,
}

impl Erasure {
    /// `present` is the segment that is written to.
    pub(super) fn new(present: u32) -> Self {
        Self {
            one: Mutex::new(Wear::new(present)),
            readers: RwLock::default(),
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

pub(super) fn release(
    shared: &Shared,
    blobs: &BlobStore,
    proof: &ReleaseProof,
) -> Result<Freed, CommitError> {
    let mut wear = shared.erasure.alone();
    shared.poison.check()?;
    shared.queue.check_open()?;
    let own = release_record(shared, proof)?;
    let mut freed = Freed::default();
    let mut targets = Vec::new();
    for sequence in proof.erase() {
        match locate(shared, proof.partition(), *sequence)? {
            Some(found) => targets.push(found),
            None => freed.lost.push(*sequence),
        }
    }
    secure(shared, &own)?;
    let mut stretches = Vec::new();
    for target in &targets {
        let (particulars, payload) = (particulars(target), payload(target));
        freed.particulars_bytes = freed.particulars_bytes.saturating_add(particulars.bytes);
        freed.payload_bytes = freed.payload_bytes.saturating_add(payload.bytes);
        stretches.extend([particulars, payload]);
    }
    erase(shared, &stretches)?;
    freed.blob_bytes = blobs.release(proof.blobs())?;
    freed.blobs = proof.blobs().len() as u64;
    let last = particulars(&own);
    freed.particulars_bytes = freed.particulars_bytes.saturating_add(last.bytes);
    erase(shared, &[last])?;
    stretches.push(last);
    wear.add(shared.format.log_limit, &stretches);
    wear.tidy(shared)?;
    Ok(freed)
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

/// Step 1.
fn secure(shared: &Shared, own: &Found) -> Result<(), CommitError> {
    let end = Place {
        segment: own.locator.segment,
        offset: own
            .locator
            .offset
            .saturating_add(u64::from(own.locator.bytes)),
    };
    if !shared.queue.wait_marked(end)? {
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
    let mut at = stretch.place.offset;
    while at < end {
        let step = length(end.saturating_sub(at)).min(zeros.len());
        file.write_at(zeros.get(..step).unwrap_or_default(), at)?;
        at = at.saturating_add(step as u64);
    }
    Ok(())
}
