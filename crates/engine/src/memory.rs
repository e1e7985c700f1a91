//! The engine in memory: one mutex, sorted maps, nothing clever. It is what the contract means, for
//! tests of everything above the seam, and the reference of the conformance suite. "Durable" here
//! means: survives [`MemoryEngine::reopen`], not the process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use azekura_model::position::{Incarnation, PartitionId, Position, RegionName, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use bytes::Bytes;
use parking_lot::Mutex;

use crate::envelope;
use crate::limits;
use crate::seam::{
    BlobWriter, Commit, CommitError, CommitId, Committed, Counters, Engine, Entry, Family, Freed,
    Guard, Key, Part, ReadError, Scan, ScanPage, Space, Status, StoredRecord,
};

/// The engine in memory.
pub struct MemoryEngine {
    region: RegionName,
    incarnation: Incarnation,
    vault: Arc<Mutex<Vault>>,
    closed: AtomicBool,
}

/// What outlives a closing.
#[derive(Default)]
struct Vault {
    partitions: BTreeMap<PartitionId, Partition>,
    known: BTreeMap<(PartitionId, CommitId), Position>,
    blobs: BTreeMap<BlobId, Vec<u8>>,
    /// Bytes of particulars and payload that were erased.
    freed: BTreeMap<(PartitionId, Sequence), (u64, u64)>,
    counters: Counters,
}

struct Partition {
    /// Records 1, 2, 3 … with their payloads.
    records: Vec<(StoredRecord, Part)>,
    chain: [u8; 32],
    entries: BTreeMap<(Family, Bytes), Entry>,
}

impl Default for Partition {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            chain: envelope::CHAIN_START,
            entries: BTreeMap::new(),
        }
    }
}

impl Partition {
    fn last(&self) -> Sequence {
        Sequence(u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }

    fn record(&self, sequence: Sequence) -> Option<&(StoredRecord, Part)> {
        self.records.get(index(sequence)?)
    }

    fn holds(&self, guard: &Guard) -> bool {
        let key = guard.key();
        let found = self.entries.get(&(key.family, key.bytes.clone()));
        match guard {
            Guard::Absent(_) => found.is_none(),
            Guard::Equals(_, value) => found.is_some_and(|entry| entry.value == *value),
        }
    }

    /// Erases the parts of a record; adds their bytes to `freed`.
    fn erase(&mut self, sequence: Sequence, with_payload: bool, freed: &mut (u64, u64)) {
        let found = index(sequence).and_then(|at| self.records.get_mut(at));
        let Some((record, payload)) = found else {
            return;
        };
        freed.0 = freed.0.saturating_add(empty(&mut record.particulars));
        if with_payload {
            freed.1 = freed.1.saturating_add(empty(payload));
        }
    }

    fn append(&mut self, position: Position, commit: Commit) {
        let Commit {
            id,
            mutations,
            record,
            ..
        } = commit;
        let envelope = envelope::encode(&position, id, record.kind, &record.core);
        self.chain = envelope::chain(&self.chain, &envelope::leaf(&envelope));
        for (key, value) in mutations.puts {
            let entry = Entry {
                value,
                sequence: position.sequence,
            };
            self.entries.insert((key.family, key.bytes), entry);
        }
        for key in mutations.deletes {
            self.entries.remove(&(key.family, key.bytes));
        }
        let stored = StoredRecord {
            position,
            commit: id,
            kind: record.kind,
            envelope: Bytes::from(envelope),
            core: record.core,
            particulars: Part::Present(record.particulars),
            payload_bytes: length(&record.payload),
        };
        self.records.push((stored, Part::Present(record.payload)));
    }
}

impl MemoryEngine {
    /// An empty vault.
    #[must_use]
    pub fn new(region: RegionName, incarnation: Incarnation) -> Self {
        Self {
            region,
            incarnation,
            vault: Arc::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// The same vault, open again.
    #[must_use]
    pub fn reopen(&self) -> Self {
        Self {
            region: self.region.clone(),
            incarnation: self.incarnation,
            vault: Arc::clone(&self.vault),
            closed: AtomicBool::new(false),
        }
    }

    fn open(&self) -> Result<(), CommitError> {
        if self.closed.load(Ordering::SeqCst) {
            Err(CommitError::Closed)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Engine for MemoryEngine {
    async fn commit(
        &self,
        partition: PartitionId,
        commit: Commit,
    ) -> Result<Committed, CommitError> {
        self.open()?;
        limits::check(&commit)?;
        let mut vault = self.vault.lock();
        let name = (partition, commit.id);
        if let Some(position) = vault.known.get(&name) {
            return Ok(Committed {
                position: position.clone(),
            });
        }
        let empty = Partition::default();
        let state = vault.partitions.get(&partition).unwrap_or(&empty);
        if let Some(index) = commit.guards.iter().position(|guard| !state.holds(guard)) {
            return Err(CommitError::GuardFailed { index });
        }
        let position = Position {
            region: self.region.clone(),
            incarnation: self.incarnation,
            partition,
            sequence: state.last().next(),
        };
        vault
            .partitions
            .entry(partition)
            .or_default()
            .append(position.clone(), commit);
        vault.known.insert(name, position.clone());
        vault.counters.groups = vault.counters.groups.saturating_add(1);
        vault.counters.records = vault.counters.records.saturating_add(1);
        Ok(Committed { position })
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        let vault = self.vault.lock();
        let state = vault.partitions.get(&partition);
        Ok(state.and_then(|state| state.entries.get(&(key.family, key.bytes.clone())).cloned()))
    }

    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        let vault = self.vault.lock();
        let Some(state) = vault.partitions.get(&partition) else {
            return Ok(ScanPage::default());
        };
        let from = Bound::Included((scan.family, scan.from.clone()));
        let inside = |(family, key): &(Family, Bytes)| {
            *family == scan.family && scan.until.as_ref().is_none_or(|until| key < until)
        };
        let mut found = state
            .entries
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| inside(key))
            .map(|((_, key), entry)| (key.clone(), entry.clone()));
        let entries = found.by_ref().take(limits::page(scan)).collect();
        Ok(ScanPage {
            entries,
            more: found.next().is_some(),
        })
    }

    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let vault = self.vault.lock();
        let records = vault
            .partitions
            .get(&partition)
            .map(|state| state.records.iter());
        let records = records.into_iter().flatten().skip(index(from).unwrap_or(0));
        Ok(records
            .take(limit)
            .map(|(record, _)| record.clone())
            .collect())
    }

    fn payload(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        from: u64,
        until: u64,
    ) -> Result<Bytes, ReadError> {
        let vault = self.vault.lock();
        let record = vault
            .partitions
            .get(&partition)
            .and_then(|state| state.record(sequence));
        let missing = || ReadError::NotFound(format!("record {sequence} of partition {partition}"));
        match record.ok_or_else(missing)? {
            (_, Part::Present(payload)) => Ok(payload.slice(range(payload.len(), from, until))),
            _ => Err(ReadError::Erased(format!(
                "the payload of record {sequence} of partition {partition}"
            ))),
        }
    }

    fn create_blob(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.open()?;
        let mut vault = self.vault.lock();
        if vault.blobs.contains_key(&blob) {
            return Err(CommitError::Malformed(format!("blob {blob} exists")));
        }
        vault.blobs.insert(blob, Vec::new());
        Ok(Box::new(Writer {
            vault: Arc::clone(&self.vault),
            blob,
        }))
    }

    fn read_blob(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        let vault = self.vault.lock();
        let missing = || ReadError::NotFound(format!("blob {blob}"));
        let bytes = vault.blobs.get(&blob).ok_or_else(missing)?;
        let part = bytes.get(range(bytes.len(), from, until));
        Ok(part.map(Bytes::copy_from_slice).unwrap_or_default())
    }

    fn list_blobs(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        Ok(self
            .vault
            .lock()
            .blobs
            .iter()
            .map(|(blob, bytes)| (*blob, length(bytes)))
            .collect())
    }

    fn sweep_blob(&self, proof: SweepProof) -> Result<(), CommitError> {
        self.open()?;
        let mut vault = self.vault.lock();
        let fence = proof.fence();
        let partition = vault.partitions.get(&fence.partition);
        let durable = partition.and_then(|state| state.record(fence.sequence));
        if durable.is_none_or(|(record, _)| record.position != *fence) {
            return Err(CommitError::Malformed(
                "the fence is no durable record here".to_owned(),
            ));
        }
        vault.blobs.remove(&proof.blob());
        Ok(())
    }

    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError> {
        self.open()?;
        let mut vault = self.vault.lock();
        let Vault {
            partitions,
            blobs,
            freed,
            ..
        } = &mut *vault;
        let place = proof.record();
        let durable = |state: &Partition| {
            let found = state.record(place.sequence);
            found.is_some_and(|(record, _)| record.position == *place)
        };
        let state = partitions.get_mut(&place.partition);
        let Some(state) = state.filter(|state| durable(state)) else {
            return Err(CommitError::Malformed(
                "the release record is not durable here".to_owned(),
            ));
        };
        for sequence in proof.erase() {
            let entry = freed.entry((place.partition, *sequence)).or_default();
            state.erase(*sequence, true, entry);
        }
        let entry = freed.entry((place.partition, place.sequence)).or_default();
        state.erase(place.sequence, false, entry);
        let mut done = Freed::default();
        for sequence in proof.erase().iter().chain([&place.sequence]) {
            if let Some((particulars, payload)) = freed.get(&(place.partition, *sequence)) {
                done.particulars_bytes = done.particulars_bytes.saturating_add(*particulars);
                done.payload_bytes = done.payload_bytes.saturating_add(*payload);
            }
        }
        for blob in proof.blobs() {
            let removed = blobs.remove(blob).map_or(0, |bytes| length(&bytes));
            done.blobs = done.blobs.saturating_add(1);
            done.blob_bytes = done.blob_bytes.saturating_add(removed);
        }
        Ok(done)
    }

    fn status(&self) -> Status {
        let vault = self.vault.lock();
        let heads = vault.partitions.iter();
        let records = vault.partitions.values().flat_map(|state| &state.records);
        let stored = records.map(|(record, payload)| {
            let present = |part: &Part| match part {
                Part::Present(bytes) => length(bytes),
                Part::Erased | Part::Damaged => 0,
            };
            length(&record.envelope)
                .saturating_add(present(&record.particulars))
                .saturating_add(present(payload))
        });
        Status {
            region: self.region.clone(),
            incarnation: self.incarnation,
            poisoned: None,
            heads: heads
                .map(|(id, state)| (*id, state.last(), state.chain))
                .collect(),
            journal_bytes: stored.fold(0, u64::saturating_add),
            space: Space {
                free_bytes: u64::MAX,
                floor_bytes: 0,
                refusing: false,
            },
            unindexed_commits: 0,
            counters: vault.counters,
            damage: Vec::new(),
        }
    }

    fn close(&self) -> Result<(), CommitError> {
        self.closed.store(true, Ordering::SeqCst);
        Ok(())
    }
}

struct Writer {
    vault: Arc<Mutex<Vault>>,
    blob: BlobId,
}

impl BlobWriter for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), CommitError> {
        // Absent = swept while it was written: its commit can no longer succeed.
        if let Some(blob) = self.vault.lock().blobs.get_mut(&self.blob) {
            blob.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<u64, CommitError> {
        let vault = self.vault.lock();
        Ok(vault.blobs.get(&self.blob).map_or(0, |blob| length(blob)))
    }
}

/// Erases a part that has bytes; returns how many.
fn empty(part: &mut Part) -> u64 {
    match part {
        Part::Present(bytes) if !bytes.is_empty() => {
            let erased = length(bytes);
            *part = Part::Erased;
            erased
        }
        Part::Present(_) | Part::Erased | Part::Damaged => 0,
    }
}

/// Place of a sequence in a list that starts with 1.
fn index(sequence: Sequence) -> Option<usize> {
    usize::try_from(sequence.0.checked_sub(1)?).ok()
}

/// `from..until` cut to what there is.
fn range(bytes: usize, from: u64, until: u64) -> std::ops::Range<usize> {
    let until = usize::try_from(until).unwrap_or(usize::MAX).min(bytes);
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(until);
    from..until
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
