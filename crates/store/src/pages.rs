//! Walking a family in order for one page of a listing: prefixes, delimiters, bounded work.

use azekura_engine::seam::{Entry, Family, Scan};
use azekura_model::position::PartitionId;
use bytes::Bytes;

use crate::error::StoreError;
use crate::families::{after_prefix, escape};
use crate::inner::Inner;

/// Most index entries that one page of a listing looks at. Beyond it the page ends early and says
/// where to go on, as S3 allows.
pub(crate) const ENTRIES_PER_PAGE_MAX: usize = 20_000;

/// The common prefix under which a key is rolled up, if it is.
pub(crate) fn common_prefix<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(prefix)?;
    let at = rest.find(delimiter)?;
    key.get(
        ..prefix
            .len()
            .saturating_add(at)
            .saturating_add(delimiter.len()),
    )
}

/// Whether `text` is a common prefix of these arguments.
pub(crate) fn is_common_prefix(text: &str, prefix: &str, delimiter: &str) -> bool {
    common_prefix(text, prefix, delimiter) == Some(text)
}

/// A forward walk over the entries of one family that begin with a tag and an escaped prefix.
pub(crate) struct Walk<'a> {
    inner: &'a Inner,
    partition: PartitionId,
    family: Family,
    from: Option<Bytes>,
    until: Option<Bytes>,
    page: std::vec::IntoIter<(Bytes, Entry)>,
    more: bool,
    limit: usize,
    /// Entries looked at.
    pub(crate) looked_at: usize,
}

impl<'a> Walk<'a> {
    /// Starts at `from` or at the prefix, whichever is later.
    pub(crate) fn new(
        inner: &'a Inner,
        partition: PartitionId,
        family: Family,
        prefix: &[u8],
        from: Option<Bytes>,
        expected: usize,
    ) -> Self {
        let start = Bytes::copy_from_slice(prefix);
        Self {
            inner,
            partition,
            family,
            from: Some(from.map_or(start.clone(), |from| from.max(start))),
            until: after_prefix(prefix),
            page: Vec::new().into_iter(),
            more: true,
            limit: expected.clamp(1, 1000),
            looked_at: 0,
        }
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Option<(Bytes, Entry)>, StoreError> {
        loop {
            if let Some((key, entry)) = self.page.next() {
                // A seek may have passed what the page still holds.
                if self.from.as_ref().is_some_and(|from| key < *from) {
                    continue;
                }
                self.looked_at = self.looked_at.saturating_add(1);
                self.from = Some(crate::slot::after(&key));
                return Ok(Some((key, entry)));
            }
            let Some(from) = self.from.clone().filter(|_| self.more) else {
                return Ok(None);
            };
            let scan = Scan {
                family: self.family,
                from,
                until: self.until.clone(),
                limit: self.limit,
            };
            let page = self.inner.scan(self.partition, &scan)?;
            self.more = page.more && !page.entries.is_empty();
            self.page = page.entries.into_iter();
            self.limit = self.limit.saturating_mul(2).min(1000);
        }
    }

    /// Passes everything that begins with `prefix` (tag and escaped key).
    pub(crate) fn pass(&mut self, prefix: &[u8]) {
        match after_prefix(prefix) {
            None => {
                self.from = None;
                self.page = Vec::new().into_iter();
            }
            Some(next) => {
                let last = self.page.as_slice().last();
                // Nothing past the prefix is in hand: seek instead of reading through it.
                if last.is_some_and(|(key, _)| *key < next) {
                    self.page = Vec::new().into_iter();
                    self.more = true;
                    self.limit = 16;
                }
                if self.page.as_slice().is_empty() && self.more {
                    self.limit = 16;
                }
                self.from = Some(next);
            }
        }
    }
}

/// Where a walk over escaped object keys goes on after `text`: behind all under it when it is a
/// common prefix, else right behind it.
pub(crate) fn resume(tag: &[u8], text: &str, prefix: &str, delimiter: &str) -> Option<Bytes> {
    let mut at = tag.to_vec();
    at.extend_from_slice(&escape(text.as_bytes()));
    if is_common_prefix(text, prefix, delimiter) {
        after_prefix(&at)
    } else {
        // Everything under the key itself ends with a byte below 02 and an id.
        at.push(2);
        Some(Bytes::from(at))
    }
}
