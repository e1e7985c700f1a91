//! The view on disk, over the `fjall` key-value store.
//!
//! One keyspace a family, one each for locators, heads and the watermark. A batch over all of them
//! is atomic. Batches reach the operating system at once and are synced only when a memtable is
//! flushed and at close, so a power cut loses a suffix of them; the watermark tells which.

use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};
use fjall::config::{
    BloomConstructionPolicy, CompressionPolicy, FilterPolicy, FilterPolicyEntry, PinningPolicy,
};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _,
};
use parking_lot::RwLock;

use super::changes::{
    Changes, HEADS, LOCATORS, family_key, locator_key, read_entry, read_head, read_locator,
    read_locator_key, read_watermark, watermark_value,
};
use super::load::Loader;
use super::{
    DurableCommit, Head, IndexError, Locator, Snapshot, View, ViewSource, Visit, Walk, Watermark,
};
use crate::seam::{Entry, Family, Key};

/// Directory inside the index directory. Only it is ever removed.
const SUBDIRECTORY: &str = "view";
/// Written last by whoever makes a view; a view without it was never finished.
const FORMAT_KEY: &[u8] = b"format";
/// Version of the rows' encoding.
const FORMAT: &[u8] = b"azekura-index-2";
const WATERMARK_KEY: &[u8] = b"watermark";

/// Where a view on disk is, and what it may use.
#[derive(Clone, Debug)]
pub struct FjallSource {
    /// The index directory; made when it does not exist.
    pub dir: PathBuf,
    /// Memory for cached blocks in bytes.
    pub cache_bytes: u64,
}

impl ViewSource for FjallSource {
    fn open(&self) -> Result<Arc<dyn View>, IndexError> {
        Ok(Arc::new(FjallView::open(&self.dir, self.cache_bytes)?))
    }

    fn rebuild(&self) -> Result<Loader, IndexError> {
        Loader::fjall(&self.dir, self.cache_bytes)
    }
}

/// A view on disk.
pub struct FjallView {
    /// Gone once closed: the files are let go when the last read ends.
    tables: RwLock<Option<Arc<Tables>>>,
}

/// The database and its keyspaces.
pub(super) struct Tables {
    /// Families 0 to 7, locators, heads: by space.
    spaces: Vec<Keyspace>,
    meta: Keyspace,
    database: Database,
}

impl FjallView {
    /// Opens the view in an index directory, or makes an empty one.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when it must be rebuilt, [`IndexError::Locked`] when another
    /// process has it, [`IndexError::Failed`] when the disk does not answer.
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Self, IndexError> {
        let is_new = !dir.join(SUBDIRECTORY).exists();
        let tables = Tables::open(dir, cache_bytes)?;
        if is_new {
            tables.finish(Watermark::default())?;
        }
        match tables.meta.get(FORMAT_KEY).map_err(unusable)? {
            Some(format) if *format == *FORMAT => {}
            Some(format) => {
                let format = String::from_utf8_lossy(&format).into_owned();
                return Err(IndexError::Unusable(format!(
                    "its format {format:?} is unknown"
                )));
            }
            None => {
                return Err(IndexError::Unusable(
                    "its making was interrupted".to_owned(),
                ));
            }
        }
        Ok(Self::over(tables))
    }

    pub(super) fn over(tables: Tables) -> Self {
        Self {
            tables: RwLock::new(Some(Arc::new(tables))),
        }
    }

    fn tables(&self) -> Result<Arc<Tables>, IndexError> {
        self.tables.read().clone().ok_or(IndexError::Closed)
    }
}

impl Tables {
    /// An empty database in place of whatever view the index directory holds.
    pub(super) fn replace(dir: &Path, cache_bytes: u64) -> Result<Self, IndexError> {
        match std::fs::remove_dir_all(dir.join(SUBDIRECTORY)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Self::open(dir, cache_bytes),
        }
    }

    fn open(dir: &Path, cache_bytes: u64) -> Result<Self, IndexError> {
        let path = dir.join(SUBDIRECTORY);
        std::fs::create_dir_all(&path).map_err(failed)?;
        let database = Database::builder(&path)
            .cache_size(cache_bytes)
            .manual_journal_persist(true)
            .max_journaling_size(128 << 20)
            .worker_threads(2)
            .open()
            .map_err(|error| match error {
                fjall::Error::Locked => IndexError::Locked(dir.display().to_string()),
                fjall::Error::Io(error) => failed(error),
                other => unusable(other),
            })?;
        let family = |n| (format!("family-{n}"), options());
        let mut names: Vec<_> = (0..Family::COUNT).map(family).collect();
        names.push(("locators".to_owned(), options()));
        names.push(("heads".to_owned(), options()));
        let spaces = names
            .iter()
            .map(|(name, options)| database.keyspace(name, || options.clone()));
        let spaces = spaces.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        let meta = database.keyspace("meta", options).map_err(unusable)?;
        Ok(Self {
            spaces,
            meta,
            database,
        })
    }

    pub(super) fn space(&self, space: u8) -> Result<&Keyspace, IndexError> {
        let found = self.spaces.get(usize::from(space));
        found.ok_or_else(|| IndexError::Failed(format!("space {space} does not exist")))
    }

    /// Declares the view whole up to a watermark, and syncs it.
    pub(super) fn finish(&self, watermark: Watermark) -> Result<(), IndexError> {
        let mut batch = self.database.batch();
        batch.insert(&self.meta, WATERMARK_KEY, watermark_value(watermark));
        batch.insert(&self.meta, FORMAT_KEY, FORMAT);
        batch
            .durability(Some(PersistMode::SyncAll))
            .commit()
            .map_err(failed)
    }
}

/// Values are small and keys long and alike, so blocks are compressed on every level and filters
/// hold one bit in a hundred wrong.
fn options() -> KeyspaceCreateOptions {
    let bloom = FilterPolicyEntry::Bloom(BloomConstructionPolicy::BitsPerKey(10.0));
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(16 << 20)
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
        .filter_policy(FilterPolicy::all(bloom))
        .filter_block_pinning_policy(PinningPolicy::new([true, false]))
}

impl View for FjallView {
    fn apply(&self, commits: &[DurableCommit], watermark: Watermark) -> Result<(), IndexError> {
        let tables = self.tables()?;
        let rows = Changes::of(commits).into_sorted();
        let mut batch = fjall::OwnedWriteBatch::with_capacity(
            tables.database.clone(),
            rows.len().saturating_add(1),
        );
        for row in rows {
            let keyspace = tables.space(row.space)?;
            match row.value {
                Some(value) => batch.insert(keyspace, row.key, value),
                None => batch.remove(keyspace, row.key),
            }
        }
        batch.insert(&tables.meta, WATERMARK_KEY, watermark_value(watermark));
        batch
            .durability(Some(PersistMode::Buffer))
            .commit()
            .map_err(failed)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>, IndexError> {
        let tables = self.tables()?;
        let snapshot = tables.database.snapshot();
        Ok(Box::new(Cut { snapshot, tables }))
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, IndexError> {
        let tables = self.tables()?;
        let keyspace = tables.space(key.family.0)?;
        let found = keyspace
            .get(family_key(partition, &key.bytes))
            .map_err(unusable)?;
        found.map(|value| read_entry(&value)).transpose()
    }

    fn locators(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<(Sequence, Locator)>, IndexError> {
        let tables = self.tables()?;
        let keyspace = tables.space(LOCATORS)?;
        if limit == 1
            && let Some(value) = keyspace
                .get(locator_key(partition, from))
                .map_err(unusable)?
        {
            return Ok(vec![(from, read_locator(&value)?)]);
        }
        let last = locator_key(partition, Sequence(u64::MAX));
        let rows = keyspace
            .range(locator_key(partition, from)..=last)
            .take(limit);
        rows.map(|row| {
            let (key, value) = row.into_inner().map_err(unusable)?;
            Ok((read_locator_key(&key)?, read_locator(&value)?))
        })
        .collect()
    }

    fn heads(&self) -> Result<Vec<Head>, IndexError> {
        let tables = self.tables()?;
        let rows = tables.space(HEADS)?.iter();
        rows.map(|row| {
            let (key, value) = row.into_inner().map_err(unusable)?;
            read_head(&key, &value)
        })
        .collect()
    }

    fn watermark(&self) -> Result<Watermark, IndexError> {
        let tables = self.tables()?;
        let found = tables.meta.get(WATERMARK_KEY).map_err(unusable)?;
        let value = found.ok_or_else(|| IndexError::Unusable("no watermark".to_owned()))?;
        read_watermark(&value)
    }

    fn bytes(&self) -> u64 {
        self.tables()
            .ok()
            .and_then(|tables| tables.database.disk_space().ok())
            .unwrap_or(0)
    }

    fn walk(&self, visit: Walk<'_>) -> Result<(), IndexError> {
        let tables = self.tables()?;
        let snapshot = tables.database.snapshot();
        for (space, keyspace) in (0_u8..).zip(&tables.spaces) {
            for row in snapshot.iter(keyspace) {
                let (key, value) = row.into_inner().map_err(unusable)?;
                visit(space, &key, &value);
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        let tables = self.tables()?;
        tables
            .database
            .persist(PersistMode::SyncAll)
            .map_err(failed)
    }

    fn close(&self) -> Result<(), IndexError> {
        let Some(tables) = self.tables.write().take() else {
            return Ok(());
        };
        tables
            .database
            .persist(PersistMode::SyncAll)
            .map_err(failed)
    }
}

struct Cut {
    // Dropped before the database it reads.
    snapshot: fjall::Snapshot,
    tables: Arc<Tables>,
}

impl Snapshot for Cut {
    fn scan(
        &self,
        partition: PartitionId,
        family: Family,
        (from, until): (&[u8], Option<&[u8]>),
        visit: Visit<'_>,
    ) -> Result<(), IndexError> {
        let first = family_key(partition, from);
        let end = match (until, partition.0.checked_add(1)) {
            (Some(until), _) => Bound::Excluded(family_key(partition, until)),
            (None, Some(next)) => Bound::Excluded(next.to_be_bytes().to_vec()),
            (None, None) => Bound::Unbounded,
        };
        if matches!(&end, Bound::Excluded(end) if *end <= first) {
            return Ok(());
        }
        let keyspace = self.tables.space(family.0)?;
        for row in self.snapshot.range(keyspace, (Bound::Included(first), end)) {
            let (key, value) = row.into_inner().map_err(unusable)?;
            let key = key.get(8..).unwrap_or_default();
            if let ControlFlow::Break(()) = visit(key, read_entry(&value)?) {
                break;
            }
        }
        Ok(())
    }
}

/// A read that failed: the rows are there no more as they were written.
pub(super) fn unusable(error: impl std::fmt::Display) -> IndexError {
    IndexError::Unusable(error.to_string())
}

pub(super) fn failed(error: impl std::fmt::Display) -> IndexError {
    IndexError::Failed(error.to_string())
}

#[cfg(test)]
mod tests;
