//! Commit groups: a header, record frames, a signed head. Written by one write.

use azekura_model::position::Incarnation;

use super::bytes::{HeaderReader, HeaderWriter, crc32c, length32};
use super::head::SIGNATURE_BYTES;
use super::{ALIGNMENT, Place, aligned};

pub(crate) const MAGIC: [u8; 4] = *b"AZG1";
pub(crate) const HEADER_BYTES: usize = 112;

/// The fixed part of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupHeader {
    /// Whole group in bytes, a multiple of 16.
    pub(crate) group_bytes: u32,
    pub(crate) records: u32,
    pub(crate) group: u64,
    pub(crate) incarnation: Incarnation,
    /// Everything before this place was durable when the group was written.
    pub(crate) mark: Place,
    pub(crate) previous_head: [u8; 32],
    /// Offset of the head in the group.
    pub(crate) head_at: u32,
    /// Length of the head without its signature.
    pub(crate) head_bytes: u32,
    /// CRC32C of head and signature.
    pub(crate) head_crc: u32,
}

impl GroupHeader {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        HeaderWriter::<HEADER_BYTES>::new(MAGIC)
            .u32(self.group_bytes)
            .u32(self.records)
            .u64(self.group)
            .put(&self.incarnation.0)
            .u32(self.mark.segment)
            .u32(self.head_at)
            .u64(self.mark.offset)
            .put(&self.previous_head)
            .u32(self.head_bytes)
            .u32(self.head_crc)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = HeaderReader::checked(bytes, HEADER_BYTES, MAGIC)?;
        let group_bytes = fields.u32()?;
        let records = fields.u32()?;
        let group = fields.u64()?;
        let incarnation = Incarnation(fields.array()?);
        let mark_segment = fields.u32()?;
        let head_at = fields.u32()?;
        let mark_offset = fields.u64()?;
        let previous_head = fields.array()?;
        let head_bytes = fields.u32()?;
        let head_crc = fields.u32()?;
        let end = u64::from(head_at)
            .checked_add(u64::from(head_bytes))?
            .checked_add(SIGNATURE_BYTES as u64)?;
        let fits = head_at >= length32(HEADER_BYTES)
            && end <= u64::from(group_bytes)
            && group_bytes.is_multiple_of(length32(ALIGNMENT));
        let mark = Place {
            segment: mark_segment,
            offset: mark_offset,
        };
        fits.then_some(Self {
            group_bytes,
            records,
            group,
            incarnation,
            mark,
            previous_head,
            head_at,
            head_bytes,
            head_crc,
        })
    }
}

/// Starts a group in an empty buffer: frames are appended behind the room left for the header.
pub(crate) fn begin(out: &mut Vec<u8>) {
    out.clear();
    out.resize(HEADER_BYTES, 0);
}

/// What [`finish`] needs besides the frames.
pub(crate) struct Closing<'a> {
    pub(crate) records: u32,
    pub(crate) group: u64,
    pub(crate) incarnation: Incarnation,
    pub(crate) mark: Place,
    pub(crate) previous_head: [u8; 32],
    pub(crate) head: &'a [u8],
    pub(crate) signature: [u8; SIGNATURE_BYTES],
}

/// Appends the head and fills in the header.
pub(crate) fn finish(out: &mut Vec<u8>, closing: &Closing<'_>) {
    let head_at = out.len();
    out.extend_from_slice(closing.head);
    out.extend_from_slice(&closing.signature);
    let head_crc = crc32c(out.get(head_at..).unwrap_or_default());
    out.resize(aligned(out.len()), 0);
    let header = GroupHeader {
        group_bytes: length32(out.len()),
        records: closing.records,
        group: closing.group,
        incarnation: closing.incarnation,
        mark: closing.mark,
        previous_head: closing.previous_head,
        head_at: length32(head_at),
        head_bytes: length32(closing.head.len()),
        head_crc,
    };
    if let Some(slot) = out.get_mut(..HEADER_BYTES) {
        slot.copy_from_slice(&header.encode());
    }
}

/// Bytes that a group of these frames and partitions takes at most.
pub(crate) fn bound(frames: usize, partitions: usize) -> usize {
    HEADER_BYTES
        .saturating_add(frames)
        .saturating_add(aligned(160 + SIGNATURE_BYTES))
        .saturating_add(partitions.saturating_mul(64))
}

/// The head of a whole group in memory with its signature, if intact.
pub(crate) fn head_block<'a>(
    group: &'a [u8],
    header: &GroupHeader,
) -> Option<(&'a [u8], &'a [u8])> {
    let start = super::bytes::length(header.head_at);
    let split = start.checked_add(super::bytes::length(header.head_bytes))?;
    let end = split.checked_add(SIGNATURE_BYTES)?;
    let whole = group.get(start..end)?;
    (crc32c(whole) == header.head_crc)
        .then(|| Some((group.get(start..split)?, group.get(split..end)?)))
        .flatten()
}

/// What follows the signature of a whole group in memory; zeros, when nobody edited it.
pub(crate) fn padding<'a>(group: &'a [u8], header: &GroupHeader) -> &'a [u8] {
    let end = super::bytes::length(header.head_at)
        .saturating_add(super::bytes::length(header.head_bytes))
        .saturating_add(SIGNATURE_BYTES);
    group.get(end..).unwrap_or_default()
}
