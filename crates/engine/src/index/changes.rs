//! The rows of a view: how commits become sorted keys and values.
//!
//! | space | key | value |
//! |---|---|---|
//! | 0–7, a family | partition u64 BE, key | sequence u64 BE, value |
//! | 8, locators | partition u64 BE, sequence u64 BE | segment u32 BE, offset u64 BE, bytes u32 BE |
//! | 9, heads | partition u64 BE | sequence u64 BE, chain hash of 32 bytes |

use std::collections::BTreeMap;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::{DurableCommit, Head, IndexError, Locator, Watermark};
use crate::seam::{Entry, Family};

/// Space of the locators.
pub(super) const LOCATORS: u8 = Family::COUNT;
/// Space of the heads.
pub(super) const HEADS: u8 = Family::COUNT + 1;

/// Memory that a row takes beside its bytes, roughly.
const ROW_OVERHEAD_BYTES: usize = 96;

/// A key of a space and its new value; `None` = it loses its value.
pub(super) struct Row {
    pub(super) space: u8,
    pub(super) key: Vec<u8>,
    pub(super) value: Option<Vec<u8>>,
}

/// Rows gathered from commits in journal order.
#[derive(Default)]
pub(super) struct Changes {
    rows: Vec<Row>,
    heads: BTreeMap<PartitionId, (Sequence, [u8; 32])>,
    bytes: usize,
}

impl Changes {
    pub(super) fn of(commits: &[DurableCommit]) -> Self {
        let mut changes = Self::default();
        commits.iter().for_each(|commit| changes.add(commit));
        changes
    }

    pub(super) fn add(&mut self, commit: &DurableCommit) {
        let DurableCommit {
            partition,
            sequence,
            chain,
            locator,
            mutations,
        } = commit;
        for (key, value) in &mutations.puts {
            let value = entry_value(*sequence, value);
            self.push(
                key.family.0,
                family_key(*partition, &key.bytes),
                Some(value),
            );
        }
        for key in &mutations.deletes {
            self.push(key.family.0, family_key(*partition, &key.bytes), None);
        }
        let value = locator_value(*locator).to_vec();
        self.push(
            LOCATORS,
            locator_key(*partition, *sequence).to_vec(),
            Some(value),
        );
        self.heads.insert(*partition, (*sequence, *chain));
    }

    fn push(&mut self, space: u8, key: Vec<u8>, value: Option<Vec<u8>>) {
        let payload = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        self.bytes = self
            .bytes
            .saturating_add(payload)
            .saturating_add(ROW_OVERHEAD_BYTES);
        self.rows.push(Row { space, key, value });
    }

    /// Rows gathered, those of one key counted each.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Memory taken, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The rows by space and key, of each key the last one only: a batch of the view gives all its
    /// rows one number, so it must not name a key twice.
    pub(super) fn into_sorted(self) -> Vec<Row> {
        let mut rows = self.rows;
        rows.extend(
            self.heads
                .into_iter()
                .map(|(partition, (sequence, chain))| Row {
                    space: HEADS,
                    key: partition.0.to_be_bytes().to_vec(),
                    value: Some(head_value(sequence, &chain)),
                }),
        );
        // Stable: rows of one key stay in journal order.
        rows.sort_by(|a, b| (a.space, &a.key).cmp(&(b.space, &b.key)));
        rows.dedup_by(|later, kept| {
            let same = later.space == kept.space && later.key == kept.key;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        rows
    }
}

pub(super) fn family_key(partition: PartitionId, key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len().saturating_add(8));
    out.extend_from_slice(&partition.0.to_be_bytes());
    out.extend_from_slice(key);
    out
}

pub(super) fn entry_value(sequence: Sequence, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len().saturating_add(8));
    out.extend_from_slice(&sequence.0.to_be_bytes());
    out.extend_from_slice(value);
    out
}

pub(super) fn read_entry(value: &[u8]) -> Result<Entry, IndexError> {
    let (sequence, value) = value.split_first_chunk().ok_or_else(|| short("entry"))?;
    Ok(Entry {
        value: Bytes::copy_from_slice(value),
        sequence: Sequence(u64::from_be_bytes(*sequence)),
    })
}

pub(super) fn locator_key(partition: PartitionId, sequence: Sequence) -> [u8; 16] {
    let both = (u128::from(partition.0) << 64) | u128::from(sequence.0);
    both.to_be_bytes()
}

pub(super) fn read_locator_key(key: &[u8]) -> Result<Sequence, IndexError> {
    let sequence = key.last_chunk().ok_or_else(|| short("locator"))?;
    Ok(Sequence(u64::from_be_bytes(*sequence)))
}

pub(super) fn locator_value(locator: Locator) -> [u8; 16] {
    let both = (u128::from(locator.segment) << 96)
        | (u128::from(locator.offset) << 32)
        | u128::from(locator.bytes);
    both.to_be_bytes()
}

pub(super) fn read_locator(value: &[u8]) -> Result<Locator, IndexError> {
    let (segment, rest) = value.split_first_chunk().ok_or_else(|| short("locator"))?;
    let (offset, rest) = rest.split_first_chunk().ok_or_else(|| short("locator"))?;
    let bytes = rest.try_into().map_err(|_| short("locator"))?;
    Ok(Locator {
        segment: u32::from_be_bytes(*segment),
        offset: u64::from_be_bytes(*offset),
        bytes: u32::from_be_bytes(bytes),
    })
}

fn head_value(sequence: Sequence, chain: &[u8; 32]) -> Vec<u8> {
    [&sequence.0.to_be_bytes()[..], chain].concat()
}

pub(super) fn read_head(key: &[u8], value: &[u8]) -> Result<Head, IndexError> {
    let partition = key.try_into().map_err(|_| short("head"))?;
    let (sequence, chain) = value.split_first_chunk().ok_or_else(|| short("head"))?;
    let chain = chain.try_into().map_err(|_| short("head"))?;
    Ok((
        PartitionId(u64::from_be_bytes(partition)),
        Sequence(u64::from_be_bytes(*sequence)),
        chain,
    ))
}

pub(super) fn watermark_value(watermark: Watermark) -> Vec<u8> {
    [
        &watermark.segment.to_be_bytes()[..],
        &watermark.offset.to_be_bytes(),
    ]
    .concat()
}

pub(super) fn read_watermark(value: &[u8]) -> Result<Watermark, IndexError> {
    let (segment, rest) = value
        .split_first_chunk()
        .ok_or_else(|| short("watermark"))?;
    let offset = rest.try_into().map_err(|_| short("watermark"))?;
    Ok(Watermark {
        segment: u32::from_be_bytes(*segment),
        offset: u64::from_be_bytes(offset),
    })
}

fn short(what: &str) -> IndexError {
    IndexError::Unusable(format!("a stored {what} has the wrong length"))
}
