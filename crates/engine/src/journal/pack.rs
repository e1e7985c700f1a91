//! Makes packed segments: finds the runs that are no zeros, copies them, and puts the new file in
//! the place of the old.

use std::io;
use std::sync::Arc;

use azekura_model::position::Incarnation;

use super::SEGMENT_HEADER_BYTES;
use super::bytes::{crc32c, length};
use super::layout::SegmentFiles;
use super::packed::{HOLE_BYTES_MIN, PackedFile, PackedHeader, RUN_ALIGNMENT, Run, encode_table};
use crate::disk::{self, BLOCK_BYTES, DiskFile};

/// Bytes read at once; a multiple of a block.
const CHUNK: usize = 1 << 20;
const BLOCK: usize = 4096;
const _: () = assert!(BLOCK as u64 == BLOCK_BYTES && CHUNK.is_multiple_of(BLOCK));

/// What a range of a segment holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// What is left when long zeros are left out, ascending.
    pub(crate) runs: Vec<Run>,
    /// Bytes of the blocks that are not zeros all through.
    pub(crate) block_bytes: u64,
}

impl Contents {
    /// Reads `0..until` of a segment.
    pub(crate) fn read(file: &dyn DiskFile, until: u64) -> io::Result<Self> {
        let mut contents = Self::default();
        let mut start = 0_u64;
        while start < until {
            let want = CHUNK.min(length(until.saturating_sub(start)));
            let chunk = disk::read_range(file, start, want)?;
            if chunk.is_empty() {
                break;
            }
            for (number, block) in (0_u64..).zip(chunk.chunks(BLOCK)) {
                let at = start.saturating_add(number.saturating_mul(BLOCK_BYTES));
                contents.take(at, block);
            }
            start = start.saturating_add(chunk.len() as u64);
        }
        Ok(contents)
    }

    fn take(&mut self, at: u64, block: &[u8]) {
        if is_zero(block) {
            return;
        }
        self.block_bytes = self.block_bytes.saturating_add(BLOCK_BYTES);
        for (number, unit) in (0_u64..).zip(block.chunks(RUN_ALIGNMENT)) {
            if !is_zero(unit) {
                let offset = at.saturating_add(number.saturating_mul(RUN_ALIGNMENT as u64));
                self.add(Run {
                    offset,
                    bytes: unit.len() as u64,
                });
            }
        }
    }

    fn add(&mut self, unit: Run) {
        match self.runs.last_mut() {
            Some(last) if unit.offset.saturating_sub(last.end()) < HOLE_BYTES_MIN => {
                last.bytes = unit.end().saturating_sub(last.offset);
            }
            _ => self.runs.push(unit),
        }
    }

    /// Bytes of all runs.
    pub(crate) fn run_bytes(&self) -> u64 {
        let bytes = self.runs.iter().map(|run| run.bytes);
        bytes.fold(0, u64::saturating_add)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |seen, byte| seen | byte) == 0
}

/// Why a segment was not packed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// It cannot be read; nothing was written.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// The packed file does not read as the segment does: it was not put in its place.
    #[error("its packed form reads back wrong")]
    Differs,
    /// A write or sync failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Packs a segment that nothing writes to but the caller. When this returns the packed file is
/// durable and in place.
pub(crate) fn pack(
    files: &SegmentFiles,
    segment: u32,
    incarnation: Incarnation,
) -> Result<(), PackError> {
    let source = files.file(segment).map_err(PackError::Unreadable)?;
    let unpacked_bytes = source.length().map_err(PackError::Unreadable)?;
    let contents = Contents::read(&*source, unpacked_bytes).map_err(PackError::Unreadable)?;
    let target = files.begin_packing(segment)?;
    let mut at = SEGMENT_HEADER_BYTES;
    for run in &contents.runs {
        copy(&*source, *run, &*target, at)?;
        at = at.saturating_add(run.bytes);
    }
    let table = encode_table(&contents.runs);
    let header = PackedHeader {
        segment,
        length: unpacked_bytes,
        incarnation,
        runs: contents.runs.len() as u64,
        table_at: at,
        table_crc: crc32c(&table),
    }
    .encode();
    for piece in [&table[..], &table, &header] {
        target.write_at(piece, at)?;
        at = at.saturating_add(piece.len() as u64);
    }
    target.write_at(&header, 0)?;
    target.sync_data()?;
    let packed = PackedFile::open(&target, segment)?.ok_or(PackError::Differs)?;
    compare(&*source, &packed)?;
    Ok(files.finish_packing(segment, Arc::new(packed))?)
}

/// A packed segment takes the place of the only copy: it must read as that does.
fn compare(source: &dyn DiskFile, packed: &PackedFile) -> Result<(), PackError> {
    let until = source.length()?;
    let mut at = 0_u64;
    while at < until {
        let want = CHUNK.min(length(until.saturating_sub(at)));
        if disk::read_range(source, at, want)? != disk::read_range(packed, at, want)? {
            return Err(PackError::Differs);
        }
        at = at.saturating_add(want as u64);
    }
    Ok(())
}

fn copy(source: &dyn DiskFile, run: Run, target: &dyn DiskFile, at: u64) -> io::Result<()> {
    let mut done = 0_u64;
    while done < run.bytes {
        let want = CHUNK.min(length(run.bytes.saturating_sub(done)));
        let piece = disk::read_range(source, run.offset.saturating_add(done), want)?;
        if piece.len() < want {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        target.write_at(&piece, at.saturating_add(done))?;
        done = done.saturating_add(want as u64);
    }
    Ok(())
}
