//! A view in memory, for tests and for engines on a disk that exists only in memory.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use azekura_model::position::{PartitionId, Sequence};
use parking_lot::{Mutex, RwLock};

use super::changes::{
    Changes, HEADS, LOCATORS, Row, family_key, locator_key, read_entry, read_head, read_locator,
    read_locator_key,
};
use super::load::Loader;
use super::{
    DurableCommit, Head, IndexError, Locator, Snapshot, View, ViewSource, Visit, Walk, Watermark,
};
use crate::seam::{Entry, Family, Key};

/// Rows by space and key, encoded as every view encodes them.
#[derive(Clone, Default)]
struct State {
    rows: BTreeMap<(u8, Vec<u8>), Vec<u8>>,
    watermark: Watermark,
}

/// A view in memory.
pub struct BTreeView {
    state: RwLock<Arc<State>>,
    /// Content at the last sync.
    synced: RwLock<Arc<State>>,
    /// Applications that may still succeed.
    left: AtomicU64,
}

impl Default for BTreeView {
    fn default() -> Self {
        Self::new()
    }
}

impl BTreeView {
    /// An empty view.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: RwLock::default(),
            synced: RwLock::default(),
            left: AtomicU64::new(u64::MAX),
        }
    }

    /// A view of its own with the content of this moment: what a crash now would leave.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::holding(self.state())
    }

    /// A view of its own with the content of the last sync: the least that a loss of power leaves.
    #[must_use]
    pub fn lost_power(&self) -> Self {
        Self::holding(Arc::clone(&self.synced.read()))
    }

    fn holding(state: Arc<State>) -> Self {
        Self {
            state: RwLock::new(Arc::clone(&state)),
            synced: RwLock::new(state),
            left: AtomicU64::new(u64::MAX),
        }
    }

    /// Lets `applications` succeed and every later one fail.
    pub fn fail_after(&self, applications: u64) {
        self.left.store(applications, Ordering::SeqCst);
    }

    pub(super) fn put_rows(&self, rows: Vec<Row>, watermark: Option<Watermark>) {
        let mut guard = self.state.write();
        let state = Arc::make_mut(&mut guard);
        for Row { space, key, value } in rows {
            match value {
                Some(value) => state.rows.insert((space, key), value),
                None => state.rows.remove(&(space, key)),
            };
        }
        state.watermark = watermark.unwrap_or(state.watermark);
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read())
    }
}

/// Gives the same view in memory again and again, as a directory would.
#[derive(Default)]
pub struct MemorySource {
    view: Mutex<Arc<BTreeView>>,
}

impl MemorySource {
    /// The view as it stands.
    #[must_use]
    pub fn view(&self) -> Arc<BTreeView> {
        Arc::clone(&self.view.lock())
    }

    /// A source whose view has the content of this moment: what a crash now would leave.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            view: Mutex::new(Arc::new(self.view().fork())),
        }
    }

    /// A source whose view has the content of the last sync.
    #[must_use]
    pub fn lost_power(&self) -> Self {
        Self {
            view: Mutex::new(Arc::new(self.view().lost_power())),
        }
    }
}

impl ViewSource for MemorySource {
    fn open(&self) -> Result<Arc<dyn View>, IndexError> {
        Ok(self.view())
    }

    fn rebuild(&self) -> Result<Loader, IndexError> {
        let empty = Arc::new(BTreeView::new());
        *self.view.lock() = Arc::clone(&empty);
        Ok(Loader::memory(empty))
    }
}

impl View for BTreeView {
    fn apply(&self, commits: &[DurableCommit], watermark: Watermark) -> Result<(), IndexError> {
        let spent = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if spent.is_err() {
            return Err(IndexError::Failed(
                "the view in memory was told to fail".to_owned(),
            ));
        }
        self.put_rows(Changes::of(commits).into_sorted(), Some(watermark));
        Ok(())
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>, IndexError> {
        Ok(Box::new(Cut(self.state())))
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, IndexError> {
        let row = (key.family.0, family_key(partition, &key.bytes));
        self.state
            .read()
            .rows
            .get(&row)
            .map(|value| read_entry(value))
            .transpose()
    }

    fn locators(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<(Sequence, Locator)>, IndexError> {
        let first = (LOCATORS, locator_key(partition, from).to_vec());
        let last = (
            LOCATORS,
            locator_key(partition, Sequence(u64::MAX)).to_vec(),
        );
        let state = self.state();
        let rows = state.rows.range(first..=last).take(limit);
        rows.map(|((_, key), value)| Ok((read_locator_key(key)?, read_locator(value)?)))
            .collect()
    }

    fn heads(&self) -> Result<Vec<Head>, IndexError> {
        let state = self.state();
        let rows = state.rows.range((HEADS, Vec::new())..);
        rows.map(|((_, key), value)| read_head(key, value))
            .collect()
    }

    fn watermark(&self) -> Result<Watermark, IndexError> {
        Ok(self.state.read().watermark)
    }

    fn bytes(&self) -> u64 {
        0
    }

    fn walk(&self, visit: Walk<'_>) -> Result<(), IndexError> {
        self.state()
            .rows
            .iter()
            .for_each(|((space, key), value)| visit(*space, key, value));
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        *self.synced.write() = self.state();
        Ok(())
    }

    fn close(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

struct Cut(Arc<State>);

impl Snapshot for Cut {
    fn scan(
        &self,
        partition: PartitionId,
        family: Family,
        (from, until): (&[u8], Option<&[u8]>),
        visit: Visit<'_>,
    ) -> Result<(), IndexError> {
        let first = (family.0, family_key(partition, from));
        let end = match (until, partition.0.checked_add(1)) {
            (Some(until), _) => (family.0, family_key(partition, until)),
            (None, Some(next)) => (family.0, next.to_be_bytes().to_vec()),
            (None, None) => (family.0.saturating_add(1), Vec::new()),
        };
        if first >= end {
            return Ok(());
        }
        for ((_, key), value) in self
            .0
            .rows
            .range((Bound::Included(first), Bound::Excluded(end)))
        {
            let key = key.get(8..).unwrap_or_default();
            if let ControlFlow::Break(()) = visit(key, read_entry(value)?) {
                break;
            }
        }
        Ok(())
    }
}
