//! Appends groups to the journal. Owned by one thread.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use azekura_model::position::{PartitionId, Position, Sequence};
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};

use super::frame::{self, Parts, PayloadPlace};
use super::group::{self, Closing};
use super::head::{self, Head};
use super::layout::SegmentFiles;
use super::segment::SegmentHeader;
use super::{JournalFormat, Place, SEGMENT_HEADER_BYTES};
use crate::disk::DiskFile;
use crate::envelope;
use crate::index::Locator;
use crate::seam::{CommitId, SignHead};

/// Extents start at multiples of this, so that a torn write of one never reaches another.
const EXTENT_ALIGNMENT: u64 = 512;

/// A record ready to be written but for its position.
#[derive(Clone)]
pub(crate) struct PreparedRecord {
    pub(crate) partition: PartitionId,
    pub(crate) commit: CommitId,
    pub(crate) kind: u16,
    pub(crate) core: Bytes,
    pub(crate) particulars: Bytes,
    pub(crate) particulars_crc: u32,
    pub(crate) payload: Bytes,
    pub(crate) payload_crc: u32,
    pub(crate) payload_place: PayloadPlace,
}

impl PreparedRecord {
    /// Bytes that its frame takes at most.
    pub(crate) fn frame_bound(&self) -> usize {
        let inline = match self.payload_place {
            PayloadPlace::Here => self.payload.len(),
            PayloadPlace::None | PayloadPlace::Extent(_) => 0,
        };
        frame::frame_bytes(
            self.core.len().saturating_add(160),
            self.particulars.len(),
            inline,
        )
    }
}

/// Where a record of a group came to stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) sequence: Sequence,
    pub(crate) chain: [u8; 32],
    pub(crate) locator: Locator,
}

/// Room for larger payloads behind the log area of the present segment, shared with their writers.
pub(crate) struct Extents {
    present: Mutex<Present>,
    /// Held for reading by whoever is writing an extent.
    writing: RwLock<()>,
    cap: u64,
    log_limit: u64,
}

struct Present {
    segment: u32,
    file: Arc<dyn DiskFile>,
    next: u64,
}

impl Extents {
    fn new(segment: u32, file: Arc<dyn DiskFile>, format: &JournalFormat) -> io::Result<Self> {
        // Whatever an earlier run left behind the log area stays as it is.
        let next = file
            .length()?
            .max(format.log_limit)
            .next_multiple_of(EXTENT_ALIGNMENT);
        let (cap, log_limit) = (format.extent_cap, format.log_limit);
        Ok(Self {
            present: Mutex::new(Present {
                segment,
                file,
                next,
            }),
            writing: RwLock::default(),
            cap,
            log_limit,
        })
    }

    /// Writes a payload into a fresh extent. Not durable until the segment is synced.
    pub(crate) fn write(&self, payload: &[u8]) -> io::Result<Place> {
        let _writing = self.writing.read();
        let (place, file) = {
            let mut present = self.present.lock();
            let place = Place {
                segment: present.segment,
                offset: present.next,
            };
            let end = present.next.saturating_add(payload.len() as u64);
            present.next = end.next_multiple_of(EXTENT_ALIGNMENT);
            (place, Arc::clone(&present.file))
        };
        file.write_at(payload, place.offset)?;
        Ok(place)
    }

    /// The segment that is written to.
    pub(crate) fn segment(&self) -> u32 {
        self.present.lock().segment
    }

    /// Returns when no segment before the present one is being written to any more.
    pub(crate) fn settle(&self) {
        drop(self.writing.write());
    }

    fn is_full(&self) -> bool {
        let present = self.present.lock();
        present.next.saturating_sub(self.log_limit) >= self.cap
    }

    fn move_to(&self, segment: u32, file: Arc<dyn DiskFile>) {
        *self.present.lock() = Present {
            segment,
            file,
            next: self.log_limit.next_multiple_of(EXTENT_ALIGNMENT),
        };
    }
}

/// The writing end of a journal.
pub(crate) struct LogWriter {
    files: Arc<SegmentFiles>,
    format: JournalFormat,
    signer: Arc<dyn SignHead>,
    file: Arc<dyn DiskFile>,
    extents: Arc<Extents>,
    place: Place,
    /// Start of the last group: what its durable mark covers.
    marked: Place,
    next_group: u64,
    previous_head: [u8; 32],
    heads: BTreeMap<PartitionId, (Sequence, [u8; 32])>,
    /// A partition not in `heads` starts after this sequence: 0 unless damage hid something.
    start_after: u64,
    buffer: Vec<u8>,
}

/// Where a writer starts.
pub(crate) struct Start {
    pub(crate) place: Place,
    pub(crate) next_group: u64,
    pub(crate) previous_head: [u8; 32],
    pub(crate) heads: Vec<(PartitionId, Sequence, [u8; 32])>,
    pub(crate) start_after: u64,
}

impl LogWriter {
    pub(crate) fn new(
        files: Arc<SegmentFiles>,
        format: JournalFormat,
        signer: Arc<dyn SignHead>,
        start: Start,
    ) -> io::Result<Self> {
        let segment = start.place.segment;
        let present = files.list()?.iter().any(|(number, _)| *number == segment);
        let file = if present {
            files.file(segment)?
        } else {
            let mark = start.place;
            let header = segment_header(
                &format,
                segment,
                mark,
                start.next_group,
                start.previous_head,
            );
            files.create(&header, &format)?
        };
        let extents = Arc::new(Extents::new(segment, Arc::clone(&file), &format)?);
        let heads = start
            .heads
            .into_iter()
            .map(|(partition, sequence, chain)| (partition, (sequence, chain)))
            .collect();
        let is_packed = file.packed_before(0).is_some();
        let mut writer = Self {
            files,
            format,
            signer,
            file,
            extents,
            place: start.place,
            marked: Place::default(),
            next_group: start.next_group,
            previous_head: start.previous_head,
            heads,
            start_after: start.start_after,
            buffer: Vec::new(),
        };
        if is_packed {
            // It was sealed: the segments that followed were lost.
            writer.roll()?;
        }
        Ok(writer)
    }

    pub(crate) fn extents(&self) -> Arc<Extents> {
        Arc::clone(&self.extents)
    }

    /// End of the last group: everything before it is durable.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Everything before this place is not only durable: a later group says so.
    pub(crate) fn marked(&self) -> Place {
        self.marked
    }

    pub(crate) fn heads(&self) -> &BTreeMap<PartitionId, (Sequence, [u8; 32])> {
        &self.heads
    }

    /// Writes one group and makes it durable. After an error the writer must not be used again.
    pub(crate) fn append(&mut self, records: &[&PreparedRecord]) -> io::Result<Vec<Written>> {
        let bound = records.iter().map(|record| record.frame_bound()).sum();
        let bound = group::bound(bound, records.len()) as u64;
        let full = self.place.offset.saturating_add(bound) > self.format.log_limit;
        let begun = self.place.offset > SEGMENT_HEADER_BYTES;
        if begun && (full || self.extents.is_full()) {
            self.roll()?;
        }
        self.sync_earlier_extents(records)?;
        self.append_padded(records, 0)
    }

    /// Extents in the present segment are covered by the group's own sync; those that were written
    /// before it was begun are not.
    pub(crate) fn sync_earlier_extents(&self, records: &[&PreparedRecord]) -> io::Result<()> {
        let mut synced = BTreeSet::from([self.place.segment]);
        for record in records {
            if let PayloadPlace::Extent(place) = record.payload_place
                && synced.insert(place.segment)
            {
                self.files.file(place.segment)?.sync_data()?;
            }
        }
        Ok(())
    }

    /// As [`append`](Self::append), without rolling; zeros up to `cut_until` go with the same
    /// write, so that what recovery cuts is gone when the group stands.
    pub(crate) fn append_padded(
        &mut self,
        records: &[&PreparedRecord],
        cut_until: u64,
    ) -> io::Result<Vec<Written>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        group::begin(&mut buffer);
        let written = self.frames(&mut buffer, records);
        let partitions = written.touched(records);
        let encoded = Head {
            region: self.format.region.clone(),
            incarnation: self.format.incarnation,
            group: self.next_group,
            previous: self.previous_head,
            partitions,
        }
        .encode();
        let closing = Closing {
            records: super::bytes::length32(records.len()),
            group: self.next_group,
            incarnation: self.format.incarnation,
            mark: self.place,
            previous_head: self.previous_head,
            head: &encoded,
            signature: head::sign(&*self.signer, &encoded),
        };
        group::finish(&mut buffer, &closing);
        let end = self.place.offset.saturating_add(buffer.len() as u64);
        if cut_until > end {
            let padded = super::bytes::length(cut_until.saturating_sub(self.place.offset));
            buffer.resize(padded, 0);
        }
        self.file.write_at(&buffer, self.place.offset)?;
        self.file.sync_data()?;
        self.buffer = buffer;
        self.previous_head = head::hash(&encoded);
        self.marked = self.place;
        self.place.offset = end;
        self.next_group = self.next_group.saturating_add(1);
        for (record, written) in records.iter().zip(&written.0) {
            self.heads
                .insert(record.partition, (written.sequence, written.chain));
        }
        Ok(written.0)
    }

    fn frames(&self, buffer: &mut Vec<u8>, records: &[&PreparedRecord]) -> WrittenGroup {
        let mut heads: BTreeMap<PartitionId, (Sequence, [u8; 32])> = BTreeMap::new();
        let mut envelope_bytes = Vec::new();
        let mut written = Vec::with_capacity(records.len());
        for (index, record) in (0u32..).zip(records) {
            let before = heads
                .get(&record.partition)
                .or_else(|| self.heads.get(&record.partition));
            let start = (Sequence(self.start_after), envelope::CHAIN_START);
            let (last, chain) = before.copied().unwrap_or(start);
            let sequence = last.next();
            let position = Position {
                region: self.format.region.clone(),
                incarnation: self.format.incarnation,
                partition: record.partition,
                sequence,
            };
            envelope_bytes.clear();
            let core = &record.core;
            envelope::encode_into(
                &mut envelope_bytes,
                &position,
                record.commit,
                record.kind,
                core,
            );
            let chain = envelope::chain(&chain, &envelope::leaf(&envelope_bytes));
            heads.insert(record.partition, (sequence, chain));
            let offset = self.place.offset.saturating_add(buffer.len() as u64);
            let parts = Parts {
                particulars: &record.particulars,
                particulars_crc: record.particulars_crc,
                payload: &record.payload,
                payload_crc: record.payload_crc,
                payload_place: record.payload_place,
            };
            let bytes = frame::append(buffer, self.next_group, index, &envelope_bytes, &parts);
            let locator = Locator {
                segment: self.place.segment,
                offset,
                bytes,
            };
            written.push(Written {
                sequence,
                chain,
                locator,
            });
        }
        WrittenGroup(written)
    }

    /// Seals the present segment and begins the next.
    fn roll(&mut self) -> io::Result<()> {
        let segment = self
            .place
            .segment
            .checked_add(1)
            .ok_or_else(|| io::Error::other("segment numbers are used up"))?;
        let header = segment_header(
            &self.format,
            segment,
            self.place,
            self.next_group,
            self.previous_head,
        );
        self.file = self.files.create(&header, &self.format)?;
        self.extents.move_to(segment, Arc::clone(&self.file));
        self.place = Place {
            segment,
            offset: SEGMENT_HEADER_BYTES,
        };
        Ok(())
    }
}

struct WrittenGroup(Vec<Written>);

impl WrittenGroup {
    /// Partitions of the group with their last sequence and chain, ordered.
    fn touched(&self, records: &[&PreparedRecord]) -> Vec<(PartitionId, Sequence, [u8; 32])> {
        let mut last = BTreeMap::new();
        for (record, written) in records.iter().zip(&self.0) {
            last.insert(record.partition, (written.sequence, written.chain));
        }
        last.into_iter()
            .map(|(partition, (sequence, chain))| (partition, sequence, chain))
            .collect()
    }
}

fn segment_header(
    format: &JournalFormat,
    segment: u32,
    mark: Place,
    next_group: u64,
    previous_head: [u8; 32],
) -> SegmentHeader {
    SegmentHeader {
        segment,
        incarnation: format.incarnation,
        log_limit: format.log_limit,
        mark,
        next_group,
        previous_head,
    }
}
