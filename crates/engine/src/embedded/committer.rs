//! The thread that writes groups: it takes all commits waiting, writes and syncs them as one group,
//! and hands them to the `publisher`. While it syncs, the next gather and the last are shown.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use azekura_model::position::{PartitionId, Sequence};
use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::{oneshot, watch};

use super::Shared;
use super::publisher::{self, Durable};
use super::submit::PartitionState;
use crate::index::{Head, Watermark};
use crate::journal::writer::{LogWriter, PreparedRecord, Written};
use crate::journal::{Place, SEGMENT_HEADER_BYTES};
use crate::seam::{CommitClass, CommitError, Committed, Mutations};
use crate::space::Reserved;

/// Rest after which the last group gets its durable mark.
const IDLE_BEFORE_MARK: Duration = Duration::from_millis(100);
/// Most bytes and commits of one group.
const GROUP_BYTES_MAX: usize = 8 << 20;
const GROUP_COMMITS_MAX: usize = 4096;

/// A commit on its way to the journal.
pub(super) struct Queued {
    pub(super) prepared: PreparedRecord,
    pub(super) mutations: Mutations,
    pub(super) waiter: oneshot::Sender<Result<Committed, CommitError>>,
    pub(super) state: Arc<Mutex<PartitionState>>,
    /// Order in the queue, given by [`Queue::push`]; from 1.
    pub(super) ticket: u64,
    /// Held until the bytes are written.
    #[expect(dead_code, reason = "kept for its drop")]
    pub(super) reserved: Reserved,
}

#[derive(Default)]
struct Waiting {
    commits: VecDeque<Queued>,
    tickets: u64,
    closed: bool,
    /// Somebody waits for a durable mark.
    mark_wanted: bool,
}

/// Commits between submitters and committer.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// Last ticket that is durable and visible; `u64::MAX` once the committer ended.
    durable: watch::Sender<u64>,
    marks: Mutex<Marks>,
    marked: Condvar,
}

/// How far a later group, which is durable itself, says that the journal is durable.
#[derive(Default)]
struct Marks {
    place: Place,
    /// The last attempt to write a mark found no space.
    refused: bool,
    ended: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            durable: watch::Sender::new(0),
            marks: Mutex::default(),
            marked: Condvar::new(),
        }
    }
}

/// What the committer found when it looked.
enum Batch {
    Commits(Vec<Queued>),
    Idle,
    Closed,
}

impl Queue {
    /// Queues a commit; returns its ticket.
    pub(super) fn push(&self, mut queued: Queued) -> Result<u64, CommitError> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(CommitError::Closed);
        }
        waiting.tickets = waiting.tickets.saturating_add(1);
        let ticket = waiting.tickets;
        queued.ticket = ticket;
        let was_empty = waiting.commits.is_empty();
        waiting.commits.push_back(queued);
        drop(waiting);
        if was_empty {
            self.arrived.notify_one();
        }
        Ok(ticket)
    }

    pub(super) fn check_open(&self) -> Result<(), CommitError> {
        if self.waiting.lock().closed {
            Err(CommitError::Closed)
        } else {
            Ok(())
        }
    }

    /// No further commits; those queued are still written.
    pub(super) fn close(&self) {
        self.waiting.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Waits until a ticket is durable and visible, or nothing will ever be again.
    pub(super) async fn wait_durable(&self, ticket: u64) {
        let mut durable = self.durable.subscribe();
        // The sender lives as long as `self`: the only error cannot occur.
        if let Err(error) = durable.wait_for(|done| *done >= ticket).await {
            tracing::error!(%error, "the queue ended under a waiter");
        }
    }

    /// Everything up to a ticket is durable and visible.
    pub(super) fn made_durable(&self, ticket: u64) {
        self.durable.send_replace(ticket);
    }

    /// Waits until a durable mark lies at `place` or beyond it; `false` when there is no space for
    /// one.
    pub(super) fn wait_marked(&self, place: Place) -> Result<bool, CommitError> {
        let mut marks = self.marks.lock();
        marks.refused = false;
        while marks.place < place {
            if marks.ended {
                return Err(CommitError::Closed);
            }
            if marks.refused {
                return Ok(false);
            }
            // Never the other way round: the committer takes the marks alone.
            self.waiting.lock().mark_wanted = true;
            self.arrived.notify_one();
            self.marked.wait(&mut marks);
        }
        Ok(true)
    }

    /// What a group says that was just made durable.
    fn mark(&self, place: Place) {
        self.marks.lock().place = place;
        self.marked.notify_all();
    }

    fn refuse_mark(&self) {
        self.marks.lock().refused = true;
        self.marked.notify_all();
    }

    /// Waits for commits; without a pending mark for ever, else until the rest is over.
    fn take(&self, bytes_max: usize, mark_pending: bool) -> Batch {
        let mut waiting = self.waiting.lock();
        while waiting.commits.is_empty() {
            if waiting.closed {
                return Batch::Closed;
            }
            if std::mem::take(&mut waiting.mark_wanted) {
                return Batch::Idle;
            }
            if !mark_pending {
                self.arrived.wait(&mut waiting);
            } else if self
                .arrived
                .wait_for(&mut waiting, IDLE_BEFORE_MARK)
                .timed_out()
                && waiting.commits.is_empty()
                && !waiting.mark_wanted
            {
                return if waiting.closed {
                    Batch::Closed
                } else {
                    Batch::Idle
                };
            }
        }
        let mut bytes = 0usize;
        let mut count = 0usize;
        for queued in &waiting.commits {
            bytes = bytes.saturating_add(queued.prepared.frame_bound().saturating_add(64));
            if count > 0 && (bytes > bytes_max || count >= GROUP_COMMITS_MAX) {
                break;
            }
            count = count.saturating_add(1);
        }
        Batch::Commits(waiting.commits.drain(..count).collect())
    }

    /// Ends the queue: everybody who waits gets the reason.
    fn end(&self, why: &CommitError) {
        let left = {
            let mut waiting = self.waiting.lock();
            waiting.closed = true;
            std::mem::take(&mut waiting.commits)
        };
        fail(left.into(), why);
        self.durable.send_replace(u64::MAX);
        self.marks.lock().ended = true;
        self.marked.notify_all();
    }
}

/// A waiter that gave up needs no answer.
pub(super) fn complete(
    waiter: oneshot::Sender<Result<Committed, CommitError>>,
    outcome: Result<Committed, CommitError>,
) {
    if waiter.send(outcome).is_err() {
        tracing::trace!("nobody waits for a commit any more");
    }
}

/// Counts of the committer.
#[derive(Default)]
pub(super) struct AtomicCounters {
    groups: AtomicU64,
    records: AtomicU64,
}

impl AtomicCounters {
    pub(super) fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    pub(super) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    /// One sync a group; extents of a sealed segment add a few that are not counted.
    pub(super) fn syncs(&self) -> u64 {
        self.groups()
    }
}

/// Durable heads of all partitions.
#[derive(Default)]
pub(super) struct DurableHeads(RwLock<BTreeMap<PartitionId, (Sequence, [u8; 32])>>);

impl DurableHeads {
    pub(super) fn new(heads: BTreeMap<PartitionId, (Sequence, [u8; 32])>) -> Self {
        Self(RwLock::new(heads))
    }

    pub(super) fn all(&self) -> Vec<Head> {
        let heads = self.0.read();
        heads
            .iter()
            .map(|(partition, (sequence, chain))| (*partition, *sequence, *chain))
            .collect()
    }

    fn learn(&self, commits: &[Queued], written: &[Written]) {
        let mut heads = self.0.write();
        for (queued, written) in commits.iter().zip(written) {
            heads.insert(queued.prepared.partition, (written.sequence, written.chain));
        }
    }

    pub(super) fn last(&self, partition: PartitionId) -> Option<Sequence> {
        self.0.read().get(&partition).map(|(sequence, _)| *sequence)
    }
}

/// Runs until the queue is closed and empty, or a write failed, and all that is durable is shown.
pub(super) fn run(shared: &Shared, log: LogWriter) {
    let (groups, durable) = std::sync::mpsc::sync_channel(publisher::GROUPS_AHEAD);
    let ended = std::thread::scope(|scope| {
        let publisher = std::thread::Builder::new()
            .name("publisher".to_owned())
            .spawn_scoped(scope, move || publisher::run(shared, &durable));
        let publisher = match publisher {
            Ok(publisher) => publisher,
            Err(error) => return shared.poison.set("starting the publisher", &error),
        };
        let ended = write_groups(shared, log, &groups);
        drop(groups);
        match publisher.join() {
            Ok(()) => ended,
            Err(_) => shared.poison.set("publishing", &"its thread fell"),
        }
    });
    shared.queue.end(&ended);
}

/// Writes what comes until nothing more may; returns why.
fn write_groups(shared: &Shared, mut log: LogWriter, groups: &SyncSender<Durable>) -> CommitError {
    let area = shared.format.log_limit.saturating_sub(SEGMENT_HEADER_BYTES);
    let bytes_max = crate::journal::bytes::length(area / 2).min(GROUP_BYTES_MAX);
    // What an earlier run left was made durable by recovery and is to be marked so.
    let mut mark_pending = log.place().offset > SEGMENT_HEADER_BYTES;
    loop {
        match shared.queue.take(bytes_max, mark_pending) {
            Batch::Commits(commits) => {
                if let Err(error) = write_group(shared, &mut log, commits, groups) {
                    return error;
                }
                mark_pending = true;
            }
            Batch::Idle => {
                if let Err(error) = write_mark(shared, &mut log) {
                    return error;
                }
                mark_pending = false;
            }
            Batch::Closed => {
                let marked = if mark_pending {
                    write_mark(shared, &mut log)
                } else {
                    Ok(())
                };
                return marked.err().unwrap_or(CommitError::Closed);
            }
        }
    }
}

/// Makes commits durable and hands them on to be shown.
fn write_group(
    shared: &Shared,
    log: &mut LogWriter,
    commits: Vec<Queued>,
    groups: &SyncSender<Durable>,
) -> Result<(), CommitError> {
    let records: Vec<&PreparedRecord> = commits.iter().map(|queued| &queued.prepared).collect();
    let appended = shared.poison.check().and_then(|()| {
        shared
            .poison
            .guard("writing the journal", log.append(&records))
    });
    let written = match appended {
        Ok(written) => written,
        Err(error) => {
            fail(commits, &error);
            return Err(error);
        }
    };
    shared.counters.groups.fetch_add(1, Ordering::Relaxed);
    shared
        .counters
        .records
        .fetch_add(written.len() as u64, Ordering::Relaxed);
    shared.heads.learn(&commits, &written);
    shared.queue.mark(log.marked());
    let place = log.place();
    let watermark = Watermark {
        segment: place.segment,
        offset: place.offset,
    };
    let durable = Durable {
        commits,
        written,
        watermark,
    };
    groups.send(durable).map_err(|unsent| {
        let error = shared.poison.set("publishing", &"its thread ended");
        fail(unsent.0.commits, &error);
        error
    })
}

fn fail(commits: Vec<Queued>, why: &CommitError) {
    for queued in commits {
        complete(queued.waiter, Err(why.clone()));
    }
}

/// Empty group whose header marks the one before as durable. Without space for it, it can wait:
/// the next group marks as well.
fn write_mark(shared: &Shared, log: &mut LogWriter) -> Result<(), CommitError> {
    shared.poison.check()?;
    let Ok(_reserved) = shared.space.admit(CommitClass::Essential, 4096) else {
        shared.queue.refuse_mark();
        return Ok(());
    };
    shared
        .poison
        .guard("marking the journal", log.append(&[]))?;
    shared.queue.mark(log.marked());
    shared.counters.groups.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
