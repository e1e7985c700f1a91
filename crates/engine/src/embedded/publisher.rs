//! The thread behind the committer: it shows durable groups to readers and answers their waiters
//! while the committer writes the next group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use azekura_model::position::{PartitionId, Sequence};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Shared;
use super::committer::{Queued, complete};
use super::submit::PartitionState;
use crate::index::{DurableCommit, Watermark};
use crate::journal::writer::Written;
use crate::seam::{CommitError, CommitId, Committed};

/// Durable groups that may wait for the publisher; beyond that the committer waits.
pub(super) const GROUPS_AHEAD: usize = 2;

/// A group that is durable and not yet shown.
pub(super) struct Durable {
    pub(super) commits: Vec<Queued>,
    pub(super) written: Vec<Written>,
    pub(super) watermark: Watermark,
}

/// Runs until the committer ended, in the order of the journal.
pub(super) fn run(shared: &Shared, groups: &Receiver<Durable>) {
    let _alarm = Alarm(shared);
    while let Ok(durable) = groups.recv() {
        if publish(shared, durable).is_err() {
            // Wakes the committer, which finds the poison and ends; what is left on the way here
            // fails as this did.
            shared.queue.close();
        }
    }
}

/// Makes a durable group visible, then answers its waiters.
fn publish(shared: &Shared, durable: Durable) -> Result<(), CommitError> {
    let mut group = Group::default();
    for (queued, written) in durable.commits.into_iter().zip(&durable.written) {
        group.take(queued, written);
    }
    if let Err(error) = shared.index.publish(group.durable, durable.watermark) {
        let error = shared.poison.set("publishing to the index", &error);
        for made in group.made {
            complete(made.waiter, Err(error.clone()));
        }
        return Err(error);
    }
    {
        let mut recent = shared.recent.lock();
        for made in &group.made {
            recent.remember(made.partition, made.commit, made.sequence);
        }
    }
    for state in group.states.into_values() {
        state.lock().settle(group.last_ticket);
    }
    shared.queue.made_durable(group.last_ticket);
    for made in group.made {
        let committed = shared.committed(made.partition, made.sequence);
        complete(made.waiter, Ok(committed));
    }
    Ok(())
}

/// A durable group taken apart: what the index gets, and who waits.
#[derive(Default)]
struct Group {
    durable: Vec<DurableCommit>,
    made: Vec<Made>,
    states: BTreeMap<PartitionId, Arc<Mutex<PartitionState>>>,
    last_ticket: u64,
}

struct Made {
    partition: PartitionId,
    commit: CommitId,
    sequence: Sequence,
    waiter: oneshot::Sender<Result<Committed, CommitError>>,
}

impl Group {
    fn take(&mut self, queued: Queued, written: &Written) {
        let Queued {
            prepared,
            mutations,
            waiter,
            state,
            ticket,
            ..
        } = queued;
        let partition = prepared.partition;
        self.last_ticket = self.last_ticket.max(ticket);
        self.states.entry(partition).or_insert(state);
        self.durable.push(DurableCommit {
            partition,
            sequence: written.sequence,
            chain: written.chain,
            locator: written.locator,
            mutations,
        });
        let (commit, sequence) = (prepared.commit, written.sequence);
        self.made.push(Made {
            partition,
            commit,
            sequence,
            waiter,
        });
    }
}

/// Ends the engine when this thread falls, so that nobody waits for it.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison.set("publishing", &"its thread fell");
            self.0.queue.close();
        }
    }
}
