//! Rebuild: fills an empty view by sorted ingestion, in bounded memory.
//!
//! Commits are gathered in journal order up to a limit, reduced to the last value of each key,
//! sorted, and ingested as one run a keyspace. Each run gets a number of its own, higher than
//! those of the runs before, so a later run shadows an earlier one and its tombstones hide what
//! earlier runs hold.

use std::path::Path;
use std::sync::Arc;

use super::btree::BTreeView;
use super::changes::{Changes, Row};
use super::fjall::{FjallView, Tables, failed};
use super::{DurableCommit, IndexError, View, Watermark};

/// Bounds of what is gathered before it is written.
#[derive(Clone, Copy, Debug)]
struct ChunkLimits {
    bytes: usize,
    rows: usize,
}

const CHUNK: ChunkLimits = ChunkLimits {
    bytes: 256 << 20,
    rows: 1_000_000,
};

/// Fills an empty view. A view that was not finished is refused at open.
pub struct Loader {
    chunk: Changes,
    limits: ChunkLimits,
    target: Target,
}

enum Target {
    Fjall(Tables),
    Memory(Arc<BTreeView>),
}

impl Loader {
    /// Replaces the view in an index directory.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the old view cannot be removed or the new one not be made.
    pub fn fjall(dir: &Path, cache_bytes: u64) -> Result<Self, IndexError> {
        Ok(Self::over(Target::Fjall(Tables::replace(
            dir,
            cache_bytes,
        )?)))
    }

    /// Fills a view in memory, which must be empty.
    #[must_use]
    pub fn memory(view: Arc<BTreeView>) -> Self {
        Self::over(Target::Memory(view))
    }

    fn over(target: Target) -> Self {
        Self {
            chunk: Changes::default(),
            limits: CHUNK,
            target,
        }
    }

    /// Gathers at most this many rows at a time (a bound on memory).
    #[must_use]
    pub fn chunk_rows(mut self, rows: usize) -> Self {
        self.limits.rows = rows;
        self
    }

    /// Takes the next commit of the journal.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the disk fails.
    pub fn push(&mut self, commit: &DurableCommit) -> Result<(), IndexError> {
        self.chunk.add(commit);
        if self.chunk.bytes() >= self.limits.bytes || self.chunk.len() >= self.limits.rows {
            self.write_chunk()?;
        }
        Ok(())
    }

    /// Writes the rest, declares the view whole up to the watermark and makes it durable.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the disk fails.
    pub fn finish(mut self, watermark: Watermark) -> Result<Arc<dyn View>, IndexError> {
        self.write_chunk()?;
        match self.target {
            Target::Fjall(tables) => {
                tables.finish(watermark)?;
                Ok(Arc::new(FjallView::over(tables)))
            }
            Target::Memory(view) => {
                view.put_rows(Vec::new(), Some(watermark));
                Ok(view)
            }
        }
    }

    fn write_chunk(&mut self) -> Result<(), IndexError> {
        let rows = std::mem::take(&mut self.chunk).into_sorted();
        match &self.target {
            Target::Fjall(tables) => ingest(tables, rows),
            Target::Memory(view) => {
                view.put_rows(rows, None);
                Ok(())
            }
        }
    }
}

/// Ingests sorted rows, one run a space.
fn ingest(tables: &Tables, rows: Vec<Row>) -> Result<(), IndexError> {
    let mut rows = rows.into_iter().peekable();
    while let Some(space) = rows.peek().map(|row| row.space) {
        let mut run = tables.space(space)?.start_ingestion().map_err(failed)?;
        while let Some(row) = rows.next_if(|row| row.space == space) {
            match row.value {
                Some(value) => run.write(row.key, value),
                None => run.write_tombstone(row.key),
            }
            .map_err(failed)?;
        }
        run.finish().map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
