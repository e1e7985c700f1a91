//! Reads a journal from front to back without the engine: every group, every record, and every
//! finding of damage. Recovery, rebuild, `vault check` and `vault dump` all stand on it.
//!
//! # The rule of the end
//! A bad group at X is *damage* when anything later says that more than X was durable: the header
//! of a later group or segment, or the index's watermark. Damage is reported, and reading goes on
//! after it. Otherwise it is a *torn tail*: the last write before a crash, never acknowledged.
//! The very last group of a journal has no later witness, so damage in it can be told from a torn
//! write only by another region or a witness of its head.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::format_file::{self, BadFormat};
use super::group::GroupHeader;
use super::layout::SegmentFiles;
use super::segment::{BadSegment, SegmentHeader};
use super::{JournalFormat, Place, SEGMENT_HEADER_BYTES};
use crate::disk::{self, Disk};
use crate::index::Locator;
use crate::seam::StoredRecord;

pub(crate) mod chains;
mod groups;
pub(crate) use groups::stored_record;
mod search;

pub(crate) use chains::Chains;

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Number of the segment.
    pub segment: u32,
    /// Offset in the segment, in bytes.
    pub offset: u64,
    /// Length in bytes of what is affected; 0 when unknown.
    pub bytes: u64,
    /// What it is, and what it held as far as readable.
    pub what: String,
    /// The record of which a particular or payload alone is damaged: a release that was interrupted
    /// leaves such parts, and covers them.
    pub part: Option<(PartitionId, Sequence)>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "segment {:08x} offset {} length {}: {}",
            self.segment, self.offset, self.bytes, self.what
        )
    }
}

/// State of a record's inline payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadState {
    /// There is none in the journal.
    None,
    /// Present and right.
    Present,
    /// Zeroed.
    Erased,
    /// Present and wrong, or not readable.
    Damaged,
    /// In an extent, and the scan was told not to read extents.
    Unread,
}

/// A record met by a scan.
#[derive(Clone, Debug)]
pub struct ScannedRecord {
    /// The record.
    pub record: StoredRecord,
    /// Where its frame is.
    pub locator: Locator,
    /// Chain hash after it; `None` when records before it are missing.
    pub chain: Option<[u8; 32]>,
    /// Chain hash from which the engine goes on: the true one where it is known.
    pub(crate) working_chain: [u8; 32],
    /// Its inline payload.
    pub payload: PayloadState,
}

/// A commit group met by a scan.
#[derive(Clone, Debug)]
pub struct ScannedGroup {
    /// Its start.
    pub place: Place,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its number.
    pub group: u64,
    /// Records that its header announces.
    pub records: u32,
    /// Partition, last sequence, chain hash; empty when the head is unreadable.
    pub heads: Vec<(PartitionId, Sequence, [u8; 32])>,
    /// Whether the signature is right; `None` when not verified.
    pub signature: Option<bool>,
}

/// What a scan yields, in the order of the journal. The records of a group come after it.
#[derive(Clone, Debug)]
pub enum Item {
    /// A group begins.
    Group(ScannedGroup),
    /// A record.
    Record(Box<ScannedRecord>),
    /// Damage.
    Finding(Finding),
}

/// Why a scan stopped.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The disk did not answer.
    #[error("cannot read the journal: {0}")]
    Io(#[from] io::Error),
    /// The FORMAT file is missing or unreadable.
    #[error("{path}: not a journal of azekura: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A later release wrote this.
    #[error(
        "the journal has format {0}, which this release does not know: use the release that wrote it"
    )]
    Newer(String),
}

/// What a scan verifies beyond structure and chains.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Read and check payloads in extents.
    pub extents: bool,
    /// Verify the signature of every head.
    pub signatures: bool,
}

/// How a journal ends, known when a scan has yielded its last item.
#[derive(Debug, Default)]
pub(crate) struct JournalEnd {
    /// Where the next group goes.
    pub(crate) place: Place,
    pub(crate) next_group: u64,
    pub(crate) previous_head: [u8; 32],
    /// End of the bytes that must be cut, when the tail is torn.
    pub(crate) torn_until: Option<u64>,
    /// Whole records at the start of a torn group.
    pub(crate) prefix: Vec<ScannedRecord>,
    /// The last whole group, when no mark covers it: its place and length.
    pub(crate) unmarked: Option<(Place, u64)>,
    /// A segment whose creation did not finish.
    pub(crate) unfinished_segment: Option<u32>,
}

/// Reads the FORMAT file of a journal directory.
///
/// # Errors
/// [`ScanError`].
pub fn read_format(disk: &dyn Disk, dir: &Path) -> Result<JournalFormat, ScanError> {
    let path = dir.join(format_file::FILE_NAME);
    let unreadable = |why: String| ScanError::Unreadable {
        path: path.clone(),
        why,
    };
    let file = disk
        .open(&path)
        .map_err(|error| unreadable(error.to_string()))?;
    let text = disk::read_range(&*file, 0, 64 * 1024)?;
    format_file::decode(&text).map_err(|bad| match bad {
        BadFormat::Unknown(version) => ScanError::Newer(version),
        BadFormat::Unreadable(why) => unreadable(why),
    })
}

/// A scan under way. An iterator of items; after an error it ends.
pub struct Scanner {
    files: Arc<SegmentFiles>,
    format: JournalFormat,
    depth: Depth,
    segments: VecDeque<(u32, u64)>,
    at: Place,
    log_end: u64,
    chains: Chains,
    /// Heads given at the start hold here; damage before it hides nothing.
    settled: Place,
    /// Highest mark met.
    mark: Place,
    next_group: u64,
    previous_head: Option<[u8; 32]>,
    queue: VecDeque<Item>,
    end: Option<JournalEnd>,
    last_whole: Option<(Place, u64)>,
    unfinished_segment: Option<u32>,
    failed: bool,
}

impl Scanner {
    /// Scans a whole journal directory, for tools. Reads only.
    ///
    /// # Errors
    /// [`ScanError`].
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, depth: Depth) -> Result<Self, ScanError> {
        let format = read_format(&*disk, dir)?;
        let files = Arc::new(SegmentFiles::new(disk, dir.to_path_buf()));
        Self::start(files, format, depth, 0, Chains::default(), Place::default())
    }

    /// Starts at a segment, with the heads that hold at `settled`.
    pub(crate) fn start(
        files: Arc<SegmentFiles>,
        format: JournalFormat,
        depth: Depth,
        from_segment: u32,
        chains: Chains,
        settled: Place,
    ) -> Result<Self, ScanError> {
        let mut segments: VecDeque<_> = files.list()?.into();
        segments.retain(|(number, _)| *number >= from_segment);
        for (number, bytes) in &mut segments {
            *bytes = files.length(*number)?;
        }
        let mut scanner = Self {
            files,
            format,
            depth,
            segments,
            at: Place {
                segment: from_segment,
                offset: SEGMENT_HEADER_BYTES,
            },
            log_end: 0,
            chains,
            settled,
            mark: settled,
            next_group: 1,
            previous_head: (from_segment == 0).then_some([0; 32]),
            queue: VecDeque::new(),
            end: None,
            last_whole: None,
            unfinished_segment: None,
            failed: false,
        };
        scanner.learn_last_mark()?;
        scanner.enter_segment()?;
        Ok(scanner)
    }

    /// The journal's format.
    #[must_use]
    pub fn format(&self) -> &JournalFormat {
        &self.format
    }

    /// The place reached.
    #[must_use]
    pub fn place(&self) -> Place {
        self.at
    }

    /// Bytes of all segments from the present one on, for progress.
    #[must_use]
    pub fn bytes_ahead(&self) -> u64 {
        self.segments.iter().map(|(_, bytes)| *bytes).sum()
    }

    /// The inline payload of a record that this scan yielded, as stored; empty when there is none.
    /// [`ScannedRecord::payload`] says whether it is right.
    ///
    /// # Errors
    /// [`ScanError::Io`].
    pub fn read_payload(&self, record: &ScannedRecord) -> Result<Bytes, ScanError> {
        groups::read_payload(&self.files, record.locator)
    }

    /// Bytes of the cut that recovery would make at the end, once the scan is over: segment,
    /// offset, length. A tool reports it; only opening the engine cuts.
    #[must_use]
    pub fn torn_tail(&self) -> Option<(Place, u64)> {
        let end = self.end.as_ref()?;
        let until = end.torn_until?;
        Some((end.place, until.saturating_sub(end.place.offset)))
    }

    pub(crate) fn into_end(self) -> (JournalEnd, Chains) {
        (self.end.unwrap_or_default(), self.chains)
    }

    fn finding(&mut self, place: Place, bytes: u64, what: impl Into<String>) {
        let (segment, offset) = (place.segment, place.offset);
        self.queue.push_back(Item::Finding(Finding {
            segment,
            offset,
            bytes,
            what: what.into(),
            part: None,
        }));
    }

    fn read_segment_header(&self, segment: u32) -> Result<Option<SegmentHeader>, ScanError> {
        let file = self.files.file(segment)?;
        let bytes = disk::read_range(&*file, 0, 4096)?;
        match SegmentHeader::decode(&bytes) {
            Ok(header) => Ok((header.segment == segment
                && header.incarnation == self.format.incarnation)
                .then_some(header)),
            Err(BadSegment::Unreadable) => Ok(None),
            Err(BadSegment::UnknownVersion(version)) => Err(ScanError::Newer(version.to_string())),
        }
    }

    /// Takes the mark of the last segment, and sets a segment apart whose creation never finished.
    fn learn_last_mark(&mut self) -> Result<(), ScanError> {
        let Some((last, bytes)) = self.segments.back().copied() else {
            return Ok(());
        };
        if let Some(header) = self.read_segment_header(last)? {
            self.mark = self.mark.max(header.mark);
            return Ok(());
        }
        let groups = self.first_group_in(last, bytes)?;
        let indexed = self.mark.segment >= last && self.mark.offset > SEGMENT_HEADER_BYTES;
        if groups.is_none() && !indexed {
            self.unfinished_segment = Some(last);
            self.segments.pop_back();
        }
        Ok(())
    }

    fn first_group_in(
        &self,
        segment: u32,
        bytes: u64,
    ) -> Result<Option<(u64, GroupHeader)>, ScanError> {
        let file = self.files.file(segment)?;
        let until = bytes.min(self.format.log_limit);
        let from = SEGMENT_HEADER_BYTES;
        Ok(search::find_group(
            &*file,
            from,
            until,
            self.format.incarnation,
            0,
        )?)
    }

    /// Begins the segment at the front of the list.
    fn enter_segment(&mut self) -> Result<(), ScanError> {
        let Some((number, bytes)) = self.segments.front().copied() else {
            self.finish(None, Vec::new());
            return Ok(());
        };
        if number > self.at.segment {
            let place = self.at;
            let missing = number.saturating_sub(place.segment);
            self.finding(
                place,
                0,
                format!("{missing} segment files are missing before {number:08x}"),
            );
            let hidden = self.format.log_limit.saturating_mul(u64::from(missing));
            self.chains.unreadable(hidden);
            self.previous_head = None;
        }
        self.at = Place {
            segment: number,
            offset: SEGMENT_HEADER_BYTES,
        };
        self.log_end = bytes.min(self.format.log_limit);
        match self.read_segment_header(number)? {
            Some(header) => {
                self.next_group = self.next_group.max(header.next_group);
                self.previous_head.get_or_insert(header.previous_head);
            }
            None => self.finding(
                Place {
                    segment: number,
                    offset: 0,
                },
                SEGMENT_HEADER_BYTES,
                "the header of the segment is unreadable; its groups are read all the same",
            ),
        }
        Ok(())
    }

    /// One group, one stretch of damage, or the end.
    fn step(&mut self) -> Result<(), ScanError> {
        match self.group_at(self.at)? {
            Some(header) => self.take_group(&header),
            None => self.no_group(),
        }
    }

    /// The header of the group at a place, if a group that can stand there does.
    fn group_at(&self, place: Place) -> Result<Option<GroupHeader>, ScanError> {
        let file = self.files.file(place.segment)?;
        let bytes = disk::read_range(&*file, place.offset, super::group::HEADER_BYTES)?;
        Ok(GroupHeader::decode(&bytes).filter(|header| {
            let end = place.offset.saturating_add(u64::from(header.group_bytes));
            header.incarnation == self.format.incarnation
                && header.group >= self.next_group
                && end <= self.format.log_limit
        }))
    }

    /// Nothing that is a group stands here: the end, the next segment, or damage.
    fn no_group(&mut self) -> Result<(), ScanError> {
        let at = self.at;
        let file = self.files.file(at.segment)?;
        let from = at.offset.saturating_add(super::ALIGNMENT as u64);
        let incarnation = self.format.incarnation;
        let found = search::find_group(&*file, from, self.log_end, incarnation, self.next_group)?;
        if let Some((offset, header)) = found.filter(|(_, header)| header.mark > at) {
            self.mark = self.mark.max(header.mark);
            return self.damage(at, offset);
        }
        if let Some(end) = self.end_by_next_segment()? {
            if end > at.offset {
                self.damage(at, end)?;
            }
            self.segments.pop_front();
            self.at.segment = at.segment.saturating_add(1);
            return self.enter_segment();
        }
        if self.mark.segment == at.segment && self.mark.offset > at.offset {
            return self.damage(at, self.mark.offset);
        }
        let until = search::end_of_bytes(&*file, at.offset, self.log_end)?;
        self.finish((until > at.offset).then_some(until), Vec::new());
        Ok(())
    }

    /// Where the log of this segment ends according to the next one; `None` when there is none.
    fn end_by_next_segment(&self) -> Result<Option<u64>, ScanError> {
        let Some((next, bytes)) = self.segments.get(1).copied() else {
            return Ok(None);
        };
        let mark = match self.read_segment_header(next)? {
            Some(header) => Some(header.mark),
            None => self
                .first_group_in(next, bytes)?
                .map(|(_, header)| header.mark),
        };
        Ok(Some(match mark {
            Some(mark) if mark.segment == self.at.segment => mark.offset,
            Some(mark) if mark.segment > self.at.segment => self.log_end,
            Some(_) | None => self.at.offset,
        }))
    }

    fn finish(&mut self, torn_until: Option<u64>, prefix: Vec<ScannedRecord>) {
        let mark = self.mark;
        let unmarked = self
            .last_whole
            .filter(|(place, bytes)| {
                place.offset.saturating_add(*bytes) > mark.offset || place.segment > mark.segment
            })
            .filter(|(place, _)| place.segment >= mark.segment);
        self.end = Some(JournalEnd {
            place: self.at,
            next_group: self.next_group,
            previous_head: self.previous_head.unwrap_or_default(),
            torn_until,
            prefix,
            unmarked,
            unfinished_segment: self.unfinished_segment,
        });
    }
}

impl Iterator for Scanner {
    type Item = Result<Item, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Some(Ok(item));
            }
            if self.failed || self.end.is_some() {
                return None;
            }
            if let Err(error) = self.step() {
                self.failed = true;
                return Some(Err(error));
            }
        }
    }
}
