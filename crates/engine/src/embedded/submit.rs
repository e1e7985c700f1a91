//! From a caller's commit to a place in the queue: limits, space, recognition, guards.

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_model::position::{PartitionId, Position, Sequence};
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use super::committer::Queued;
use super::{EXTENT_FROM_BYTES, Shared};
use crate::journal::SEGMENT_HEADER_BYTES;
use crate::journal::bytes::crc32c;
use crate::journal::frame::PayloadPlace;
use crate::journal::group;
use crate::journal::writer::PreparedRecord;
use crate::limits;
use crate::seam::{Commit, CommitError, CommitId, Committed, Guard, Key, Mutations};
use crate::space::Reserved;

/// State of every partition met since start.
#[derive(Default)]
pub(super) struct Partitions {
    map: RwLock<BTreeMap<PartitionId, Arc<Mutex<PartitionState>>>>,
}

/// What is queued for a partition and not yet visible in the index.
#[derive(Default)]
pub(super) struct PartitionState {
    pending: BTreeMap<Key, Pending>,
    commits: BTreeMap<CommitId, u64>,
    /// Counts the times that something pending became visible in the index.
    settlements: u64,
}

struct Pending {
    /// `None` = deleted.
    value: Option<Bytes>,
    ticket: u64,
}

impl Partitions {
    fn state(&self, partition: PartitionId) -> Arc<Mutex<PartitionState>> {
        if let Some(state) = self.map.read().get(&partition) {
            return Arc::clone(state);
        }
        Arc::clone(self.map.write().entry(partition).or_default())
    }
}

impl PartitionState {
    /// Forgets what became visible: everything up to a ticket.
    pub(super) fn settle(&mut self, ticket: u64) {
        self.settlements = self.settlements.wrapping_add(1);
        self.pending.retain(|_, pending| pending.ticket > ticket);
        self.commits.retain(|_, pending| *pending > ticket);
    }

    fn add(&mut self, ticket: u64, id: CommitId, changes: Vec<(Key, Option<Bytes>)>) {
        self.commits.insert(id, ticket);
        for (key, value) in changes {
            self.pending.insert(key, Pending { value, ticket });
        }
    }
}

/// A guard that did not hold, and the pending commit that was the cause, if one was.
struct Refusal {
    index: usize,
    ticket: Option<u64>,
}

/// What became of a submission.
enum Submitted {
    /// Queued: the outcome comes here.
    Queued(oneshot::Receiver<Result<Committed, CommitError>>),
    /// An earlier submission of the same commit was durable before.
    Before(Sequence),
    /// An earlier submission of the same commit is pending.
    Pending(u64),
    Refused(Refusal),
}

pub(super) async fn commit(
    shared: &Arc<Shared>,
    partition: PartitionId,
    commit: Commit,
) -> Result<Committed, CommitError> {
    shared.poison.check()?;
    shared.queue.check_open()?;
    limits::check(&commit)?;
    let id = commit.id;
    let bytes = commit
        .record
        .payload
        .len()
        .saturating_add(commit.record.particulars.len());
    let reserved = shared
        .space
        .admit(commit.class, bytes.saturating_add(1024) as u64);
    let reserved = match reserved {
        Ok(reserved) => reserved,
        // What was already made is recognised also when nothing new may be written.
        Err(error) => {
            let before = shared.recent.lock().find(partition, id);
            return before.map_or(Err(error), |sequence| {
                Ok(shared.committed(partition, sequence))
            });
        }
    };
    let Commit {
        guards,
        mutations,
        record,
        ..
    } = commit;
    let mut prepared = PreparedRecord {
        partition,
        commit: id,
        kind: record.kind,
        core: record.core,
        particulars_crc: crc32c(&record.particulars),
        particulars: record.particulars,
        payload_crc: crc32c(&record.payload),
        payload_place: match record.payload.len() {
            0 => PayloadPlace::None,
            _ => PayloadPlace::Here,
        },
        payload: record.payload,
    };
    if prepared.payload.len() >= EXTENT_FROM_BYTES && shared.may_hold(partition, id, &guards)? {
        prepared = write_extent(shared, prepared).await?;
    }
    match submit(shared, prepared, &guards, mutations, reserved)? {
        Submitted::Queued(outcome) => outcome.await.unwrap_or_else(|_| Err(shared.why_stopped())),
        Submitted::Before(sequence) => Ok(shared.committed(partition, sequence)),
        Submitted::Pending(ticket) => {
            shared.queue.wait_durable(ticket).await;
            let sequence = shared.recent.lock().find(partition, id);
            sequence
                .map(|sequence| shared.committed(partition, sequence))
                .ok_or_else(|| shared.why_stopped())
        }
        Submitted::Refused(refusal) => {
            if let Some(ticket) = refusal.ticket {
                shared.queue.wait_durable(ticket).await;
                shared.poison.check()?;
            }
            Err(CommitError::GuardFailed {
                index: refusal.index,
            })
        }
    }
}

/// Writes a larger payload behind the log, on a thread that may block.
async fn write_extent(
    shared: &Arc<Shared>,
    mut prepared: PreparedRecord,
) -> Result<PreparedRecord, CommitError> {
    let shared = Arc::clone(shared);
    let task = tokio::task::spawn_blocking(move || {
        shared.poison.check()?;
        let written = shared.extents.write(&prepared.payload);
        let place = shared.poison.guard("writing a payload", written)?;
        prepared.payload_place = PayloadPlace::Extent(place);
        Ok(prepared)
    });
    task.await
        .map_err(|error| CommitError::Poisoned(error.to_string()))?
}

fn submit(
    shared: &Shared,
    prepared: PreparedRecord,
    guards: &[Guard],
    mutations: Mutations,
    reserved: Reserved,
) -> Result<Submitted, CommitError> {
    let partition = prepared.partition;
    let id = prepared.commit;
    let state = shared.partitions.state(partition);
    let puts = mutations
        .puts
        .iter()
        .map(|(key, value)| (key.clone(), Some(value.clone())));
    let deletes = mutations.deletes.iter().map(|key| (key.clone(), None));
    let changes = puts.chain(deletes).collect();
    let (waiter, outcome) = oneshot::channel();
    let for_queue = Arc::clone(&state);
    // The index is read without the lock: what it says stays true while nothing settles, since
    // whatever is published and not settled is still pending and judged first.
    let settlements = state.lock().settlements;
    let mut durable = shared.durable_values(partition, guards)?;
    let mut locked = state.lock();
    if locked.settlements != settlements {
        durable = shared.durable_values(partition, guards)?;
    }
    if let Some(sequence) = shared.recent.lock().find(partition, id) {
        return Ok(Submitted::Before(sequence));
    }
    if let Some(ticket) = locked.commits.get(&id) {
        return Ok(Submitted::Pending(*ticket));
    }
    if let Some(refusal) = judge(&locked, guards, &durable) {
        return Ok(Submitted::Refused(refusal));
    }
    let room = shared.format.log_limit.saturating_sub(SEGMENT_HEADER_BYTES);
    if group::bound(prepared.frame_bound(), 1) as u64 > room {
        let why = format!("the record does not fit into a segment's log area of {room} bytes");
        return Err(CommitError::Malformed(why));
    }
    let queued = Queued {
        prepared,
        mutations,
        waiter,
        state: for_queue,
        ticket: 0,
        reserved,
    };
    let ticket = shared.queue.push(queued)?;
    locked.add(ticket, id, changes);
    Ok(Submitted::Queued(outcome))
}

/// The first guard that does not hold against what is pending and the durable values.
fn judge(state: &PartitionState, guards: &[Guard], durable: &[Option<Bytes>]) -> Option<Refusal> {
    for (index, (guard, durable)) in guards.iter().zip(durable).enumerate() {
        let pending = state.pending.get(guard.key());
        let value = pending.map_or(durable.as_ref(), |pending| pending.value.as_ref());
        let holds = match guard {
            Guard::Absent(_) => value.is_none(),
            Guard::Equals(_, wanted) => value == Some(wanted),
        };
        if !holds {
            return Some(Refusal {
                index,
                ticket: pending.map(|pending| pending.ticket),
            });
        }
    }
    None
}

impl Shared {
    /// What the index says of each guard's key. An index that cannot be read cannot judge, and will
    /// not get well by itself.
    fn durable_values(
        &self,
        partition: PartitionId,
        guards: &[Guard],
    ) -> Result<Vec<Option<Bytes>>, CommitError> {
        guards
            .iter()
            .map(|guard| {
                let entry = self.index.get(partition, guard.key());
                let entry = entry.map_err(|error| self.poison.set("reading the index", &error))?;
                Ok(entry.map(|entry| entry.value))
            })
            .collect()
    }

    /// A first look, so that a commit that will be refused or recognised wastes no extent.
    fn may_hold(
        &self,
        partition: PartitionId,
        id: CommitId,
        guards: &[Guard],
    ) -> Result<bool, CommitError> {
        let state = self.partitions.state(partition);
        let state = state.lock();
        let known =
            self.recent.lock().find(partition, id).is_some() || state.commits.contains_key(&id);
        Ok(!known && judge(&state, guards, &self.durable_values(partition, guards)?).is_none())
    }

    pub(super) fn committed(&self, partition: PartitionId, sequence: Sequence) -> Committed {
        Committed {
            position: Position {
                region: self.format.region.clone(),
                incarnation: self.format.incarnation,
                partition,
                sequence,
            },
        }
    }

    pub(super) fn why_stopped(&self) -> CommitError {
        self.poison.check().err().unwrap_or(CommitError::Closed)
    }
}
