//! Searching damaged bytes for what is still whole.

use std::io;

use azekura_model::position::Incarnation;

use crate::disk::{self, DiskFile};
use crate::journal::ALIGNMENT;
use crate::journal::frame::{self, Frame};
use crate::journal::group::{self, GroupHeader};

/// Bytes read at once.
const CHUNK: usize = 1 << 20;

/// The first valid group header of this incarnation, with a number of at least `min_group`, at or
/// after `from` and before `until`.
pub(super) fn find_group(
    file: &dyn DiskFile,
    from: u64,
    until: u64,
    incarnation: Incarnation,
    min_group: u64,
) -> io::Result<Option<(u64, GroupHeader)>> {
    let mut start = from.next_multiple_of(ALIGNMENT as u64);
    while start < until {
        let want = CHUNK.saturating_add(group::HEADER_BYTES);
        let chunk = disk::read_range(file, start, want)?;
        if chunk.is_empty() {
            break;
        }
        for at in (0..chunk.len().min(CHUNK)).step_by(ALIGNMENT) {
            let offset = start.saturating_add(at as u64);
            if offset >= until {
                return Ok(None);
            }
            let here = chunk.get(at..).unwrap_or_default();
            if !here.starts_with(&group::MAGIC) {
                continue;
            }
            let found = GroupHeader::decode(here)
                .filter(|header| header.incarnation == incarnation && header.group >= min_group);
            if let Some(header) = found {
                return Ok(Some((offset, header)));
            }
        }
        start = start.saturating_add(CHUNK as u64);
    }
    Ok(None)
}

/// Offset after the last byte that is not zero in `from..until`; `from` when all are zero.
pub(super) fn end_of_bytes(file: &dyn DiskFile, from: u64, until: u64) -> io::Result<u64> {
    let mut end = from;
    let mut start = from;
    while start < until {
        let want = usize::try_from(until.saturating_sub(start))
            .unwrap_or(CHUNK)
            .min(CHUNK);
        let chunk = disk::read_range(file, start, want)?;
        if chunk.is_empty() {
            break;
        }
        if let Some(last) = chunk.iter().rposition(|byte| *byte != 0) {
            end = start.saturating_add(last as u64).saturating_add(1);
        }
        start = start.saturating_add(chunk.len() as u64);
    }
    Ok(end)
}

/// What a walk over frames finds.
pub(super) enum Walked<'a> {
    /// A frame with a valid header, at this offset in the bytes.
    Frame(usize, Frame<'a>),
    /// Bytes that are no frame.
    Gap(usize, usize),
}

/// Walks frames back to back; where there is none, searches on for the next.
pub(super) fn walk<'a>(bytes: &'a [u8], group: Option<u64>, mut each: impl FnMut(Walked<'a>)) {
    let mut at = 0usize;
    let mut gap_from = None;
    while at < bytes.len() {
        let here = bytes.get(at..).unwrap_or_default();
        let candidate = here
            .starts_with(&frame::MAGIC)
            .then(|| frame::parse(here))
            .flatten();
        match candidate.filter(|frame| group.is_none_or(|group| frame.header.group == group)) {
            Some(frame) => {
                if let Some(from) = gap_from.take() {
                    each(Walked::Gap(from, at));
                }
                each(Walked::Frame(at, frame));
                let step = crate::journal::bytes::length(frame.header.frame_bytes).max(ALIGNMENT);
                at = at.saturating_add(step);
            }
            None => {
                gap_from.get_or_insert(at);
                at = at.saturating_add(ALIGNMENT);
            }
        }
    }
    if let Some(from) = gap_from {
        each(Walked::Gap(from, bytes.len()));
    }
}
