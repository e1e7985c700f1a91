//! Record frames: a header, the envelope, the particulars and the inline payload of one record.
//!
//! The CRCs of envelope, particulars and payload are apart, and nothing else covers the last two,
//! so that each can be zeroed in place and everything else still verifies.

use super::bytes::{HeaderReader, HeaderWriter, crc32c, length, length32};
use super::{Place, aligned};

pub(crate) const MAGIC: [u8; 4] = *b"AZR1";
pub(crate) const HEADER_BYTES: usize = 64;

/// Where the payload of a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadPlace {
    /// There is none, or a blob has it.
    None,
    /// In the frame, after the particulars.
    Here,
    /// In the extent area of a segment.
    Extent(Place),
}

/// The fixed part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// Whole frame in bytes, a multiple of 16.
    pub(crate) frame_bytes: u32,
    pub(crate) envelope_bytes: u32,
    pub(crate) envelope_crc: u32,
    pub(crate) particulars_bytes: u32,
    pub(crate) particulars_crc: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) payload_crc: u32,
    pub(crate) payload_place: PayloadPlace,
    /// Place in the group, from 0.
    pub(crate) index: u32,
    /// Number of the group in which the frame was written.
    pub(crate) group: u64,
}

impl FrameHeader {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let (tag, extent) = match self.payload_place {
            PayloadPlace::None => (0, Place::default()),
            PayloadPlace::Here => (1, Place::default()),
            PayloadPlace::Extent(place) => (2, place),
        };
        HeaderWriter::<HEADER_BYTES>::new(MAGIC)
            .u32(self.frame_bytes)
            .u32(self.envelope_bytes)
            .u32(self.envelope_crc)
            .u32(self.particulars_bytes)
            .u32(self.particulars_crc)
            .u32(self.payload_bytes)
            .u32(self.payload_crc)
            .put(&[tag, 0, 0, 0])
            .u32(self.index)
            .u32(extent.segment)
            .u64(extent.offset)
            .u64(self.group)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = HeaderReader::checked(bytes, HEADER_BYTES, MAGIC)?;
        let frame_bytes = fields.u32()?;
        let envelope_bytes = fields.u32()?;
        let envelope_crc = fields.u32()?;
        let particulars_bytes = fields.u32()?;
        let particulars_crc = fields.u32()?;
        let payload_bytes = fields.u32()?;
        let payload_crc = fields.u32()?;
        let tag = fields.u8()?;
        let [0, 0, 0] = fields.array()? else {
            return None;
        };
        let index = fields.u32()?;
        let extent = Place {
            segment: fields.u32()?,
            offset: fields.u64()?,
        };
        let group = fields.u64()?;
        let payload_place = match tag {
            0 => PayloadPlace::None,
            1 => PayloadPlace::Here,
            2 => PayloadPlace::Extent(extent),
            _ => return None,
        };
        let header = Self {
            frame_bytes,
            envelope_bytes,
            envelope_crc,
            particulars_bytes,
            particulars_crc,
            payload_bytes,
            payload_crc,
            payload_place,
            index,
            group,
        };
        (length(frame_bytes) == header.computed_bytes()).then_some(header)
    }

    fn computed_bytes(&self) -> usize {
        let inline = match self.payload_place {
            PayloadPlace::Here => length(self.payload_bytes),
            PayloadPlace::None | PayloadPlace::Extent(_) => 0,
        };
        frame_bytes(
            length(self.envelope_bytes),
            length(self.particulars_bytes),
            inline,
        )
    }

    /// Offset of the particulars in the frame.
    pub(crate) fn particulars_at(&self) -> usize {
        HEADER_BYTES.saturating_add(length(self.envelope_bytes))
    }

    /// Offset of an inline payload in the frame.
    pub(crate) fn payload_at(&self) -> usize {
        self.particulars_at()
            .saturating_add(length(self.particulars_bytes))
    }
}

/// Length of a frame with these parts.
pub(crate) fn frame_bytes(envelope: usize, particulars: usize, inline_payload: usize) -> usize {
    aligned(
        HEADER_BYTES
            .saturating_add(envelope)
            .saturating_add(particulars)
            .saturating_add(inline_payload),
    )
}

/// How an erasable part was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartState {
    Present,
    Erased,
    Damaged,
}

/// Judges an erasable part by its CRC; all zero and not so written = erased.
pub(crate) fn judge(bytes: &[u8], crc: u32) -> PartState {
    if crc32c(bytes) == crc {
        PartState::Present
    } else if bytes.iter().all(|byte| *byte == 0) {
        PartState::Erased
    } else {
        PartState::Damaged
    }
}

/// A frame in memory, its header valid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) header: FrameHeader,
    pub(crate) envelope: &'a [u8],
    pub(crate) particulars: &'a [u8],
    /// Empty unless the payload is here.
    pub(crate) inline_payload: &'a [u8],
    /// What follows the parts up to the alignment; zeros, when nobody edited it.
    pub(crate) padding: &'a [u8],
}

/// The frame at the start of `bytes`, if its header is valid and it fits.
pub(crate) fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    let header = FrameHeader::decode(bytes)?;
    let frame = bytes.get(..length(header.frame_bytes))?;
    let envelope = frame.get(HEADER_BYTES..header.particulars_at())?;
    let particulars = frame.get(header.particulars_at()..header.payload_at())?;
    let inline_bytes = match header.payload_place {
        PayloadPlace::Here => length(header.payload_bytes),
        PayloadPlace::None | PayloadPlace::Extent(_) => 0,
    };
    let end = header.payload_at().checked_add(inline_bytes)?;
    let inline_payload = frame.get(header.payload_at()..end)?;
    let padding = frame.get(end..)?;
    Some(Frame {
        header,
        envelope,
        particulars,
        inline_payload,
        padding,
    })
}

/// The erasable parts of a record on its way into a frame, with their CRCs (made by the caller's
/// thread, not the committer's).
pub(crate) struct Parts<'a> {
    pub(crate) particulars: &'a [u8],
    pub(crate) particulars_crc: u32,
    pub(crate) payload: &'a [u8],
    pub(crate) payload_crc: u32,
    pub(crate) payload_place: PayloadPlace,
}

/// Appends a frame; returns its length in bytes.
pub(crate) fn append(
    out: &mut Vec<u8>,
    group: u64,
    index: u32,
    envelope: &[u8],
    parts: &Parts<'_>,
) -> u32 {
    let inline = match parts.payload_place {
        PayloadPlace::Here => parts.payload,
        PayloadPlace::None | PayloadPlace::Extent(_) => &[],
    };
    let bytes = frame_bytes(envelope.len(), parts.particulars.len(), inline.len());
    let header = FrameHeader {
        frame_bytes: length32(bytes),
        envelope_bytes: length32(envelope.len()),
        envelope_crc: crc32c(envelope),
        particulars_bytes: length32(parts.particulars.len()),
        particulars_crc: parts.particulars_crc,
        payload_bytes: length32(parts.payload.len()),
        payload_crc: parts.payload_crc,
        payload_place: parts.payload_place,
        index,
        group,
    };
    let start = out.len();
    out.extend_from_slice(&header.encode());
    out.extend_from_slice(envelope);
    out.extend_from_slice(parts.particulars);
    out.extend_from_slice(inline);
    out.resize(start.saturating_add(bytes), 0);
    length32(bytes)
}
