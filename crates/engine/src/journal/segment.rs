//! Segment files: names and the header of 4 KiB.

use azekura_model::position::Incarnation;

use super::bytes::{HeaderReader, HeaderWriter};
use super::packed::PACKED_VERSION;
use super::{FORMAT_VERSION, JournalFormat, Place, SEGMENT_HEADER_BYTES};

const MAGIC: [u8; 4] = *b"AZS1";
const HEADER_BYTES: usize = 4096;
const _: () = assert!(HEADER_BYTES as u64 == SEGMENT_HEADER_BYTES);

/// What the header of a segment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) segment: u32,
    pub(crate) incarnation: Incarnation,
    pub(crate) log_limit: u64,
    /// End of the last group before this segment; all up to it was durable when it was created.
    pub(crate) mark: Place,
    /// Number that the first group of this segment has.
    pub(crate) next_group: u64,
    /// Hash of the head before the first group of this segment.
    pub(crate) previous_head: [u8; 32],
}

/// Why a header was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadSegment {
    /// Not a header, or wrong bytes.
    Unreadable,
    /// Made by a later release.
    UnknownVersion(u32),
}

impl SegmentHeader {
    pub(crate) fn encode(&self, format: &JournalFormat) -> Vec<u8> {
        let region = format.region.as_str().as_bytes();
        let mut name = [0; 32];
        name.iter_mut()
            .zip(region)
            .for_each(|(to, from)| *to = *from);
        HeaderWriter::<HEADER_BYTES>::new(MAGIC)
            .u32(FORMAT_VERSION)
            .u32(self.segment)
            .u64(self.log_limit)
            .put(&self.incarnation.0)
            .u32(self.mark.segment)
            .u32(u32::try_from(region.len()).unwrap_or(0))
            .u64(self.mark.offset)
            .put(&name)
            .u64(self.next_group)
            .put(&self.previous_head)
            .finish()
            .to_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, BadSegment> {
        let mut fields =
            HeaderReader::checked(bytes, HEADER_BYTES, MAGIC).ok_or(BadSegment::Unreadable)?;
        let version = fields.u32().ok_or(BadSegment::Unreadable)?;
        if version == PACKED_VERSION {
            // Whoever opened the file would have unpacked it, had its tables been readable.
            return Err(BadSegment::Unreadable);
        }
        if version != FORMAT_VERSION {
            return Err(BadSegment::UnknownVersion(version));
        }
        Self::fields(&mut fields).ok_or(BadSegment::Unreadable)
    }

    fn fields(fields: &mut HeaderReader<'_>) -> Option<Self> {
        let segment = fields.u32()?;
        let log_limit = fields.u64()?;
        let incarnation = Incarnation(fields.array()?);
        let mark_segment = fields.u32()?;
        let _region_length = fields.u32()?;
        let mark_offset = fields.u64()?;
        let _region: [u8; 32] = fields.array()?;
        let next_group = fields.u64()?;
        let previous_head = fields.array()?;
        let mark = Place {
            segment: mark_segment,
            offset: mark_offset,
        };
        Some(Self {
            segment,
            incarnation,
            log_limit,
            mark,
            next_group,
            previous_head,
        })
    }
}

/// File name of a segment.
pub(crate) fn file_name(segment: u32) -> String {
    format!("{segment:08x}.seg")
}

/// Number in a segment's file name, if it is one.
pub(crate) fn parse_file_name(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    let canonical = digits.len() == 8
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    canonical
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}
