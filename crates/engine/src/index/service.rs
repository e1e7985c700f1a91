//! The index as the engine uses it: view, overlay, and the thread between them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

use super::overlay::{Overlay, Ticket};
use super::size::Size;
use super::{DurableCommit, Head, IndexError, Locator, View, Watermark};
use crate::limits;
use crate::seam::{Entry, Family, Key, ReadError, ReadView, Scan, ScanPage};

/// Bounds of what is durable and not yet in the view.
#[derive(Clone, Copy, Debug)]
pub struct OverlayLimits {
    /// Bytes of keys and values in memory beyond which publishing waits.
    pub overlay_bytes: usize,
    /// Changed keys in memory beyond which publishing waits.
    pub overlay_entries: usize,
    /// Commits applied to the view in one batch at most.
    pub batch_commits: usize,
}

impl Default for OverlayLimits {
    fn default() -> Self {
        Self {
            overlay_bytes: 64 << 20,
            overlay_entries: 200_000,
            batch_commits: 2_048,
        }
    }
}

/// How long the worker waits for more commits, so that a batch holds many: each costs a thread
/// switch, and sorted neighbours are cheaper to insert. Readers see the overlay meanwhile.
const GATHERING: Duration = Duration::from_millis(20);
/// Commits leave the overlay in pieces of this many, so that no reader waits long.
const RETIRED_AT_ONCE: usize = 32;

/// Serves reads over everything that is durable, and writes it to the view behind them.
pub struct Index {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    view: Arc<dyn View>,
    limits: OverlayLimits,
    overlay: RwLock<Overlay>,
    heads: RwLock<BTreeMap<PartitionId, (Sequence, [u8; 32])>>,
    queue: Mutex<Queue>,
    /// Something was published, or the queue closes.
    work: Condvar,
    /// Something was applied, or the view failed.
    room: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Published>,
    /// Commits in `waiting`.
    waiting_commits: usize,
    /// Callers who wait for the worker.
    hurried: usize,
    last_ticket: Ticket,
    watermark: Watermark,
    /// Bytes, changed keys and commits published and not yet applied.
    size: Size,
    closing: bool,
    failed: Option<IndexError>,
}

struct Published {
    ticket: Ticket,
    commits: Vec<DurableCommit>,
    watermark: Watermark,
}

impl Index {
    /// Starts to serve a view.
    ///
    /// # Errors
    /// [`IndexError`] when the view cannot be read or the thread cannot be started.
    pub fn open(view: Arc<dyn View>, limits: OverlayLimits) -> Result<Self, IndexError> {
        let heads = view.heads()?.into_iter();
        let heads = heads.map(|(partition, sequence, chain)| (partition, (sequence, chain)));
        let queue = Queue {
            watermark: view.watermark()?,
            ..Queue::default()
        };
        let shared = Arc::new(Shared {
            view,
            limits,
            overlay: RwLock::default(),
            heads: RwLock::new(heads.collect()),
            queue: Mutex::new(queue),
            work: Condvar::new(),
            room: Condvar::new(),
        });
        let worker = std::thread::Builder::new()
            .name("index".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.run()
            })
            .map_err(|error| IndexError::Failed(format!("cannot start its thread: {error}")))?;
        Ok(Self {
            shared,
            worker: Mutex::new(Some(worker)),
        })
    }

    /// Shows durable commits to every later read. Groups are given in journal order. Waits while
    /// the overlay is over its bound.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the view failed: nothing may be acknowledged from here on.
    pub fn publish(
        &self,
        commits: Vec<DurableCommit>,
        watermark: Watermark,
    ) -> Result<(), IndexError> {
        self.shared.publish(commits, watermark)
    }

    /// The durable value of a key.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        // An entry leaves the overlay only once the view has it: what is not here is there.
        if let Some(found) = self.shared.overlay.read().get(partition, key) {
            return Ok(found);
        }
        Ok(self.shared.view.get(partition, key)?)
    }

    /// One page of a consistent cut.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        let limit = limits::page(scan);
        let mut page = ScanPage::default();
        self.merge(
            partition,
            scan,
            limit.saturating_add(1),
            &mut |key, entry| {
                if page.entries.len() == limit {
                    page.more = true;
                    return ControlFlow::Break(());
                }
                page.entries.push((key, entry));
                ControlFlow::Continue(())
            },
        )?;
        Ok(page)
    }

    /// Overlay and view as one: visits at most `wanted` entries.
    fn merge(
        &self,
        partition: PartitionId,
        scan: &Scan,
        wanted: usize,
        visit: &mut dyn FnMut(Bytes, Entry) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        if scan.until.as_ref().is_some_and(|until| *until <= scan.from) {
            return Ok(());
        }
        // The cut is taken while nothing can enter or leave the overlay. The view may be ahead of
        // what left the overlay; the overlay then repeats what the view has.
        let overlay = self.shared.overlay.read();
        let slots = overlay.range(partition, scan, wanted);
        let snapshot = self.shared.view.snapshot()?;
        drop(overlay);

        let mut slots = slots.into_iter().peekable();
        let mut flow = ControlFlow::Continue(());
        snapshot.scan(
            partition,
            scan.family,
            (&scan.from, scan.until.as_deref()),
            &mut |key, entry| {
                while let Some((newer, value)) = slots.next_if(|(newer, _)| &newer[..] <= key) {
                    let same = &newer[..] == key;
                    if let Some(value) = value {
                        flow = visit(newer, value);
                        flow?;
                    }
                    if same {
                        return ControlFlow::Continue(());
                    }
                }
                flow = visit(Bytes::copy_from_slice(key), entry);
                flow
            },
        )?;
        if flow.is_continue() {
            for (key, value) in slots {
                if let Some(value) = value
                    && visit(key, value).is_break()
                {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Where a record stands.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn locate(
        &self,
        partition: PartitionId,
        sequence: Sequence,
    ) -> Result<Option<Locator>, ReadError> {
        let found = self.locators(partition, sequence, 1)?.into_iter().next();
        Ok(found
            .filter(|(at, _)| *at == sequence)
            .map(|(_, locator)| locator))
    }

    /// Where a partition's records stand, from a sequence on, in order, at most `limit`. A record
    /// that was lost to damage leaves a gap.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn locators(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<(Sequence, Locator)>, ReadError> {
        // The overlay first: what leaves it meanwhile is in the view by then.
        let fresh = self.shared.overlay.read().locators(partition, from, limit);
        if fresh.len() == limit && fresh.first().is_some_and(|(first, _)| *first == from) {
            return Ok(fresh);
        }
        let mut found = self.shared.view.locators(partition, from, limit)?;
        // Sequences only grow, so the overlay's are the view's last or come after them.
        if let Some((first, _)) = fresh.first() {
            found.retain(|(sequence, _)| sequence < first);
        }
        found.extend(fresh);
        found.truncate(limit);
        Ok(found)
    }

    /// Every partition's last durable sequence and chain hash, ordered by partition.
    #[must_use]
    pub fn heads(&self) -> Vec<Head> {
        let heads = self.shared.heads.read();
        heads
            .iter()
            .map(|(partition, (sequence, chain))| (*partition, *sequence, *chain))
            .collect()
    }

    /// A partition's last durable sequence, if it has records.
    #[must_use]
    pub fn head(&self, partition: PartitionId) -> Option<Sequence> {
        self.shared
            .heads
            .read()
            .get(&partition)
            .map(|(sequence, _)| *sequence)
    }

    /// End of the last group that was published.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        self.shared.queue.lock().watermark
    }

    /// Commits published and not yet in the view.
    #[must_use]
    pub fn unindexed(&self) -> u64 {
        u64::try_from(self.shared.queue.lock().size.commits).unwrap_or(u64::MAX)
    }

    /// Waits until the view holds everything that was published.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the view failed.
    pub fn drain(&self) -> Result<(), IndexError> {
        let mut queue = self.shared.queue.lock();
        while queue.size.commits > 0 || !queue.waiting.is_empty() {
            if let Some(error) = &queue.failed {
                return Err(error.clone());
            }
            self.shared.wait_for_worker(&mut queue);
        }
        queue.failed.clone().map_or(Ok(()), Err)
    }

    /// Makes everything published durable in the view.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the view failed: it takes no more.
    pub fn settle(&self) -> Result<(), IndexError> {
        self.drain()?;
        self.shared.view.sync()
    }

    /// Drains, syncs the view and lets go of it. Idempotent.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the view failed, now or before.
    pub fn close(&self) -> Result<(), IndexError> {
        self.shared.queue.lock().closing = true;
        self.shared.work.notify_all();
        if let Some(worker) = self.worker.lock().take()
            && worker.join().is_err()
        {
            return Err(IndexError::Failed("its thread fell".to_owned()));
        }
        self.shared.room.notify_all();
        let closed = self.shared.view.close();
        self.shared.queue.lock().failed.clone().map_or(closed, Err)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(%error, "the index did not close well; it is replayed at the next start");
        }
    }
}

impl ReadView for Index {
    fn entries(
        &self,
        partition: PartitionId,
        family: Family,
    ) -> Result<Vec<(Bytes, Entry)>, ReadError> {
        let mut all = Vec::new();
        let scan = Scan {
            family,
            from: Bytes::new(),
            until: None,
            limit: usize::MAX,
        };
        self.merge(partition, &scan, usize::MAX, &mut |key, entry| {
            all.push((key, entry));
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }
}

impl Shared {
    fn publish(&self, commits: Vec<DurableCommit>, watermark: Watermark) -> Result<(), IndexError> {
        let size = Size::of(&commits);
        let mut queue = self.queue.lock();
        loop {
            if let Some(error) = &queue.failed {
                return Err(error.clone());
            }
            if queue.closing {
                return Err(IndexError::Closed);
            }
            // A group larger than the bound itself still passes, alone.
            let fits = queue.size.bytes.saturating_add(size.bytes) <= self.limits.overlay_bytes
                && queue.size.entries.saturating_add(size.entries) <= self.limits.overlay_entries;
            if fits || queue.size.commits == 0 {
                break;
            }
            self.wait_for_worker(&mut queue);
        }
        queue.last_ticket = queue.last_ticket.saturating_add(1);
        queue.watermark = watermark;
        queue.size.grow(size);
        let ticket = queue.last_ticket;
        let mut overlay = self.overlay.write();
        let mut heads = self.heads.write();
        for commit in &commits {
            overlay.add(commit, ticket);
            heads.insert(commit.partition, (commit.sequence, commit.chain));
        }
        drop(heads);
        drop(overlay);
        let is_first = queue.waiting.is_empty();
        let was_short = queue.waiting_commits < self.limits.batch_commits;
        queue.waiting_commits += commits.len();
        let is_full = was_short && queue.waiting_commits >= self.limits.batch_commits;
        queue.waiting.push_back(Published {
            ticket,
            commits,
            watermark,
        });
        drop(queue);
        if is_first || is_full {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Waits until the worker applied something, and makes it gather no longer.
    fn wait_for_worker(&self, queue: &mut MutexGuard<'_, Queue>) {
        queue.hurried += 1;
        self.work.notify_one();
        self.room.wait(queue);
        queue.hurried -= 1;
    }

    /// The worker: applies what was published until the queue closes and is empty.
    fn run(&self) {
        let _alarm = Alarm(self);
        while let Some(batch) = self.next_batch() {
            if let Err(error) = self.view.apply(&batch.commits, batch.watermark) {
                tracing::error!(%error, "the index failed");
                self.queue.lock().failed = Some(error);
                self.room.notify_all();
                return;
            }
            for commits in batch.commits.chunks(RETIRED_AT_ONCE) {
                let mut overlay = self.overlay.write();
                commits
                    .iter()
                    .for_each(|commit| overlay.retire(commit, batch.ticket));
            }
            self.queue.lock().size.shrink(Size::of(&batch.commits));
            self.room.notify_all();
        }
    }

    /// Waits for publications and joins as many as one batch may hold.
    fn next_batch(&self) -> Option<Published> {
        let mut queue = self.queue.lock();
        while queue.waiting.is_empty() {
            if queue.closing {
                return None;
            }
            self.work.wait(&mut queue);
        }
        let is_short = queue.waiting_commits < self.limits.batch_commits;
        if is_short && queue.hurried == 0 && !queue.closing {
            // Woken early by a full batch or by somebody in a hurry; else time is up. Either way on.
            self.work.wait_for(&mut queue, GATHERING);
        }
        let mut batch = queue.waiting.pop_front()?;
        while let Some(next) = queue.waiting.pop_front() {
            let joined = batch.commits.len().saturating_add(next.commits.len());
            if joined > self.limits.batch_commits {
                queue.waiting.push_front(next);
                break;
            }
            batch.commits.extend(next.commits);
            batch.ticket = next.ticket;
            batch.watermark = next.watermark;
        }
        queue.waiting_commits = queue.waiting_commits.saturating_sub(batch.commits.len());
        Some(batch)
    }
}

/// Fails the index when its worker falls, so that nobody waits for it.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.queue.lock().failed = Some(IndexError::Failed("its thread fell".to_owned()));
            self.0.room.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
