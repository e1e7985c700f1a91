//! What a store must do to hold the view.

use std::ops::ControlFlow;

use aws_lc_rs::digest::{Context, SHA256};
use azekura_model::position::{PartitionId, Sequence};

use super::{DurableCommit, Head, IndexError, Locator, Watermark};
use crate::seam::{Entry, Family, Key};

/// Takes one key and its entry, in order, and says whether to go on.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], Entry) -> ControlFlow<()>;

/// Takes one space, key and value as stored.
pub type Walk<'a> = &'a mut dyn FnMut(u8, &[u8], &[u8]);

/// An ordered store of entries, locators and heads that equals a prefix of the journal.
pub trait View: Send + Sync + 'static {
    /// Applies commits, in journal order, and the watermark that covers them: all or nothing, and
    /// after a crash only if everything applied before is there too. Not synced.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the write failed; the view takes no more.
    fn apply(&self, commits: &[DurableCommit], watermark: Watermark) -> Result<(), IndexError>;

    /// A consistent cut.
    ///
    /// # Errors
    /// [`IndexError::Closed`].
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, IndexError>;

    /// The newest value of a key.
    ///
    /// # Errors
    /// [`IndexError`] when it cannot be read.
    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, IndexError>;

    /// Locators of a partition's records from a sequence on, in order, at most `limit`.
    ///
    /// # Errors
    /// [`IndexError`] when they cannot be read.
    fn locators(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<(Sequence, Locator)>, IndexError>;

    /// Every partition's head, ordered by partition.
    ///
    /// # Errors
    /// [`IndexError`] when they cannot be read.
    fn heads(&self) -> Result<Vec<Head>, IndexError>;

    /// End of the last group that was applied.
    ///
    /// # Errors
    /// [`IndexError`] when it cannot be read.
    fn watermark(&self) -> Result<Watermark, IndexError>;

    /// Bytes on disk, roughly; 0 in memory.
    fn bytes(&self) -> u64;

    /// Every key and value as stored, ordered by space (families 0 to 7, locators 8, heads 9) and
    /// key. The watermark is not among them.
    ///
    /// # Errors
    /// [`IndexError`] when they cannot be read.
    fn walk(&self, visit: Walk<'_>) -> Result<(), IndexError>;

    /// Makes everything applied durable.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the sync failed.
    fn sync(&self) -> Result<(), IndexError>;

    /// Makes everything applied durable and lets go of the files. Idempotent.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the sync failed.
    fn close(&self) -> Result<(), IndexError>;

    /// SHA-256 over everything that [`View::walk`] shows, each space, key and value with its
    /// length: two views with one digest have one content.
    ///
    /// # Errors
    /// [`IndexError`] when the view cannot be read.
    fn digest(&self) -> Result<[u8; 32], IndexError> {
        let mut context = Context::new(&SHA256);
        self.walk(&mut |space, key, value| {
            context.update(&[space]);
            for part in [key, value] {
                let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
                context.update(&length.to_be_bytes());
                context.update(part);
            }
        })?;
        let mut out = [0; 32];
        out.iter_mut()
            .zip(context.finish().as_ref())
            .for_each(|(to, from)| *to = *from);
        Ok(out)
    }
}

/// A consistent cut of a view.
pub trait Snapshot: Send {
    /// Visits the keys `from..until` of a family of a partition in order; `None` = to the end.
    ///
    /// # Errors
    /// [`IndexError`] when they cannot be read.
    fn scan(
        &self,
        partition: PartitionId,
        family: Family,
        range: (&[u8], Option<&[u8]>),
        visit: Visit<'_>,
    ) -> Result<(), IndexError>;
}
