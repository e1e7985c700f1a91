//! Packed segments: a sealed segment without its long runs of zeros.
//!
//! A packed file holds the runs of bytes that are left and a table of where they stood. Read
//! through [`PackedFile`] it is, byte for byte, the segment it was made from: offsets, hashes and
//! checksums stay what they were, and what is missing reads as zeros, as erased parts do. So
//! nothing above this module knows whether a segment is packed, and a crash between the two leaves
//! either, never a difference.

use std::io;
use std::sync::Arc;

use azekura_model::position::Incarnation;

use super::SEGMENT_HEADER_BYTES;
use super::bytes::{HeaderReader, HeaderWriter, crc32c, length};
use crate::disk::{self, DiskFile};

/// Version in the segment header of a packed file: a release that does not know it stops there.
pub(crate) const PACKED_VERSION: u32 = 2;

const MAGIC: [u8; 4] = *b"AZS1";
const HEADER_BYTES: usize = 4096;
const _: () = assert!(HEADER_BYTES as u64 == SEGMENT_HEADER_BYTES);
/// Bytes of a run in the table: offset and length.
const RUN_BYTES: usize = 16;
/// Most runs of one segment: one in 32 bytes of 16 GiB would be more.
const RUNS_MAX: u64 = 1 << 29;

/// Runs start and end at multiples of this, so that what is whole is still found by searching when
/// the tables are lost.
pub(crate) const RUN_ALIGNMENT: usize = 16;
/// Fewest zeros between two runs: fewer cost less than another line of both tables.
pub(crate) const HOLE_BYTES_MIN: u64 = 128;

/// Bytes that a packed file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Offset in the segment.
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

impl Run {
    pub(crate) fn end(self) -> u64 {
        self.offset.saturating_add(self.bytes)
    }
}

/// The fixed part of a packed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedHeader {
    pub(crate) segment: u32,
    /// Length of the segment before it was packed, in bytes.
    pub(crate) length: u64,
    pub(crate) incarnation: Incarnation,
    pub(crate) runs: u64,
    /// Offset of the first of the two tables in the packed file.
    pub(crate) table_at: u64,
    pub(crate) table_crc: u32,
}

impl PackedHeader {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        HeaderWriter::<HEADER_BYTES>::new(MAGIC)
            .u32(PACKED_VERSION)
            .u32(self.segment)
            .u64(self.length)
            .put(&self.incarnation.0)
            .u64(self.runs)
            .u64(self.table_at)
            .u32(self.table_crc)
            .finish()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = HeaderReader::checked(bytes, HEADER_BYTES, MAGIC)?;
        if fields.u32()? != PACKED_VERSION {
            return None;
        }
        let header = Self {
            segment: fields.u32()?,
            length: fields.u64()?,
            incarnation: Incarnation(fields.array()?),
            runs: fields.u64()?,
            table_at: fields.u64()?,
            table_crc: fields.u32()?,
        };
        (header.runs <= RUNS_MAX).then_some(header)
    }

    fn table_bytes(&self) -> u64 {
        self.runs.saturating_mul(RUN_BYTES as u64)
    }
}

/// The table of runs as stored.
pub(crate) fn encode_table(runs: &[Run]) -> Vec<u8> {
    let mut table = Vec::with_capacity(runs.len().saturating_mul(RUN_BYTES));
    for run in runs {
        table.extend_from_slice(&run.offset.to_le_bytes());
        table.extend_from_slice(&run.bytes.to_le_bytes());
    }
    table
}

/// A run and where its bytes are in the packed file.
#[derive(Clone, Copy, Debug)]
struct Placed {
    run: Run,
    at: u64,
}

/// A packed file that reads as the segment it was made from.
pub(crate) struct PackedFile {
    file: Arc<dyn DiskFile>,
    length: u64,
    runs: Vec<Placed>,
}

/// The file as a segment: itself, or what its packed form stands for.
pub(crate) fn unpacked(file: Arc<dyn DiskFile>, segment: u32) -> io::Result<Arc<dyn DiskFile>> {
    Ok(match PackedFile::open(&file, segment)? {
        Some(packed) => Arc::new(packed),
        None => file,
    })
}

impl PackedFile {
    /// `None` when it is no packed file, or one whose header and tables are all lost: then what is
    /// whole in it can still be found by searching.
    pub(crate) fn open(file: &Arc<dyn DiskFile>, segment: u32) -> io::Result<Option<Self>> {
        let first = disk::read_range(&**file, 0, HEADER_BYTES)?;
        if HeaderReader::checked(&first, HEADER_BYTES, MAGIC).is_some()
            && PackedHeader::decode(&first).is_none()
        {
            return Ok(None);
        }
        let header = match PackedHeader::decode(&first) {
            Some(header) => Some(header),
            None => {
                let copy_at = file.length()?.saturating_sub(HEADER_BYTES as u64);
                PackedHeader::decode(&disk::read_range(&**file, copy_at, HEADER_BYTES)?)
            }
        };
        let Some(header) = header.filter(|header| header.segment == segment) else {
            return Ok(None);
        };
        let stored = file.length()?;
        for copy in 0..2 {
            let skipped = header.table_bytes().saturating_mul(copy);
            let at = header.table_at.saturating_add(skipped);
            if at.saturating_add(header.table_bytes()) > stored {
                break;
            }
            let table = disk::read_range(&**file, at, length(header.table_bytes()))?;
            if let Some(runs) = place(&header, &table) {
                return Ok(Some(Self {
                    file: Arc::clone(file),
                    length: header.length,
                    runs,
                }));
            }
        }
        Ok(None)
    }

    /// The parts of `offset..offset + bytes` that are held: each as its run, cut to the range, and
    /// its place in the packed file.
    fn held(&self, offset: u64, bytes: u64) -> impl Iterator<Item = Placed> {
        let end = offset.saturating_add(bytes);
        let first = self
            .runs
            .partition_point(|placed| placed.run.end() <= offset);
        self.runs
            .iter()
            .skip(first)
            .take_while(move |placed| placed.run.offset < end)
            .map(move |placed| {
                let from = placed.run.offset.max(offset);
                let until = placed.run.end().min(end);
                let skipped = from.saturating_sub(placed.run.offset);
                Placed {
                    run: Run {
                        offset: from,
                        bytes: until.saturating_sub(from),
                    },
                    at: placed.at.saturating_add(skipped),
                }
            })
    }
}

/// Runs with their places in the file, if the table is right.
fn place(header: &PackedHeader, table: &[u8]) -> Option<Vec<Placed>> {
    if table.len() as u64 != header.table_bytes() || crc32c(table) != header.table_crc {
        return None;
    }
    let mut at = SEGMENT_HEADER_BYTES;
    let mut end = 0;
    let mut runs = Vec::with_capacity(table.len() / RUN_BYTES);
    for line in table.chunks_exact(RUN_BYTES) {
        let (offset, bytes) = line.split_first_chunk::<8>()?;
        let run = Run {
            offset: u64::from_le_bytes(*offset),
            bytes: u64::from_le_bytes(bytes.try_into().ok()?),
        };
        if run.offset < end || run.bytes == 0 || run.end() > header.length {
            return None;
        }
        runs.push(Placed { run, at });
        end = run.end();
        at = at.saturating_add(run.bytes);
    }
    (at == header.table_at).then_some(runs)
}

/// The part of `bytes`, which stand at `offset` of the segment, that a run covers.
fn covered(bytes_at: u64, run: Run) -> std::ops::Range<usize> {
    let from = length(run.offset.saturating_sub(bytes_at));
    from..from.saturating_add(length(run.bytes))
}

impl DiskFile for PackedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = length(self.length.saturating_sub(offset));
        let count = buffer.len().min(left);
        let buffer = buffer.get_mut(..count).unwrap_or_default();
        buffer.fill(0);
        for held in self.held(offset, count as u64) {
            let slot = buffer
                .get_mut(covered(offset, held.run))
                .unwrap_or_default();
            if disk::read_full(&*self.file, slot, held.at)? < slot.len() {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "a packed segment is cut short",
                ));
            }
        }
        Ok(count)
    }

    /// Takes zeros, and bytes that it holds already. A packed segment is sealed: what may still
    /// happen to it is that more of it becomes zeros, and that recovery writes an extent of the last
    /// group again, as it is.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if bytes.iter().any(|byte| *byte != 0) {
            let there = disk::read_range(self, offset, bytes.len())?;
            let mut pairs = bytes.iter().zip(&there);
            if there.len() < bytes.len() || pairs.any(|(new, old)| *new != 0 && new != old) {
                return Err(io::Error::other("a packed segment takes only zeros"));
            }
        }
        for held in self.held(offset, bytes.len() as u64) {
            let zeros = bytes.get(covered(offset, held.run)).unwrap_or_default();
            self.file.write_at(zeros, held.at)?;
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&self, _bytes: u64) -> io::Result<()> {
        Err(io::Error::other("a packed segment keeps its length"))
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn punch(&self, offset: u64, bytes: u64) -> io::Result<()> {
        for held in self.held(offset, bytes) {
            self.file.punch(held.at, held.run.bytes)?;
        }
        Ok(())
    }

    fn packed_before(&self, offset: u64) -> Option<u64> {
        let held = self.held(0, offset).map(|held| held.run.bytes);
        Some(held.fold(0, u64::saturating_add))
    }

    fn allocated(&self) -> io::Result<u64> {
        self.file.allocated()
    }
}

#[cfg(test)]
mod tests;
