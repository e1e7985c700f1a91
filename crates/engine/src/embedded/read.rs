//! Reading records and payloads back from the journal.

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::Shared;
use crate::disk;
use crate::envelope;
use crate::index::Locator;
use crate::journal::bytes::{crc32c, length};
use crate::journal::frame::{self, FrameHeader, PartState, PayloadPlace};
use crate::journal::scan::stored_record;
use crate::seam::{ReadError, StoredRecord};

pub(super) fn journal(
    shared: &Shared,
    partition: PartitionId,
    from: Sequence,
    limit: usize,
) -> Result<Vec<StoredRecord>, ReadError> {
    let mut records = Vec::new();
    let last = shared.heads.last(partition).unwrap_or(Sequence(0));
    // What is durable is shown once it is in the index, as everywhere.
    let visible = shared.index.head(partition).unwrap_or(last).min(last);
    let mut sequence = from.max(Sequence(1));
    while sequence <= visible && records.len() < limit {
        match record(shared, partition, sequence) {
            Ok(record) => records.push(record),
            Err(error) if records.is_empty() => return Err(error),
            Err(_) => break,
        }
        sequence = sequence.next();
    }
    Ok(records)
}

fn named(partition: PartitionId, sequence: Sequence) -> String {
    format!("record {sequence} of partition {partition}")
}

fn locate(
    shared: &Shared,
    partition: PartitionId,
    sequence: Sequence,
) -> Result<Locator, ReadError> {
    if let Some(locator) = shared.index.locate(partition, sequence)? {
        return Ok(locator);
    }
    let durable = shared
        .heads
        .last(partition)
        .is_some_and(|last| sequence <= last);
    if durable && sequence.0 > 0 {
        return Err(ReadError::Damaged(format!(
            "{}: lost",
            named(partition, sequence)
        )));
    }
    Err(ReadError::NotFound(named(partition, sequence)))
}

/// Where a record's frame is, and what its header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) locator: Locator,
    pub(super) header: FrameHeader,
}

/// Finds a record; its envelope was read and is its own.
pub(super) fn find(
    shared: &Shared,
    partition: PartitionId,
    sequence: Sequence,
) -> Result<Found, ReadError> {
    let locator = locate(shared, partition, sequence)?;
    let damaged = |why: &str| ReadError::Damaged(format!("{}: {why}", named(partition, sequence)));
    let io_error =
        |error: std::io::Error| ReadError::Io(format!("{}: {error}", named(partition, sequence)));
    let file = shared.files.file(locator.segment).map_err(io_error)?;
    let head = disk::read_range(&*file, locator.offset, frame::HEADER_BYTES).map_err(io_error)?;
    let header = FrameHeader::decode(&head).ok_or_else(|| damaged("its frame is unreadable"))?;
    let at = locator.offset.saturating_add(frame::HEADER_BYTES as u64);
    let bytes = disk::read_range(&*file, at, length(header.envelope_bytes)).map_err(io_error)?;
    if crc32c(&bytes) != header.envelope_crc {
        return Err(damaged("its envelope is damaged"));
    }
    let envelope =
        envelope::decode(&Bytes::from(bytes)).map_err(|error| damaged(&error.to_string()))?;
    let position = envelope.position;
    if position.partition != partition || position.sequence != sequence {
        return Err(damaged("another record stands in its place"));
    }
    Ok(Found { locator, header })
}

fn record(
    shared: &Shared,
    partition: PartitionId,
    sequence: Sequence,
) -> Result<StoredRecord, ReadError> {
    let locator = locate(shared, partition, sequence)?;
    let damaged = |why: &str| ReadError::Damaged(format!("{}: {why}", named(partition, sequence)));
    let io_error =
        |error: std::io::Error| ReadError::Io(format!("{}: {error}", named(partition, sequence)));
    let _reading = shared.erasure.reading();
    let file = shared.files.file(locator.segment).map_err(io_error)?;
    let bytes =
        disk::read_range(&*file, locator.offset, length(locator.bytes)).map_err(io_error)?;
    let bytes = Bytes::from(bytes);
    let frame = frame::parse(&bytes).ok_or_else(|| damaged("its frame is unreadable"))?;
    if crc32c(frame.envelope) != frame.header.envelope_crc {
        return Err(damaged("its envelope is damaged"));
    }
    let envelope = bytes.slice_ref(frame.envelope);
    let record = stored_record(&envelope, &frame, |part| bytes.slice_ref(part))
        .map_err(|error| damaged(&error.to_string()))?;
    if record.position.partition != partition || record.position.sequence != sequence {
        return Err(damaged("another record stands in its place"));
    }
    Ok(record)
}

pub(super) fn payload(
    shared: &Shared,
    partition: PartitionId,
    sequence: Sequence,
    from: u64,
    until: u64,
) -> Result<Bytes, ReadError> {
    let locator = locate(shared, partition, sequence)?;
    let name = || named(partition, sequence);
    let io_error = |error: std::io::Error| ReadError::Io(format!("{}: {error}", name()));
    let _reading = shared.erasure.reading();
    let file = shared.files.file(locator.segment).map_err(io_error)?;
    let head = disk::read_range(&*file, locator.offset, frame::HEADER_BYTES).map_err(io_error)?;
    let header = FrameHeader::decode(&head)
        .ok_or_else(|| ReadError::Damaged(format!("{}: its frame is unreadable", name())))?;
    let (segment, start) = match header.payload_place {
        PayloadPlace::None => return Ok(Bytes::new()),
        PayloadPlace::Here => (
            locator.segment,
            locator.offset.saturating_add(header.payload_at() as u64),
        ),
        PayloadPlace::Extent(place) => (place.segment, place.offset),
    };
    let file = shared.files.file(segment).map_err(io_error)?;
    let whole_bytes = u64::from(header.payload_bytes);
    let until = until.min(whole_bytes);
    let want = length(until.saturating_sub(from));
    let bytes = disk::read_range(&*file, start.saturating_add(from), want).map_err(io_error)?;
    if bytes.len() < want {
        return Err(ReadError::Damaged(format!(
            "{}: its payload is cut short",
            name()
        )));
    }
    let is_whole = from == 0 && until == whole_bytes;
    // A range of zeros can be data: then the whole payload tells.
    let suspicious = want > 0 && bytes.iter().all(|byte| *byte == 0);
    let state = if is_whole {
        frame::judge(&bytes, header.payload_crc)
    } else if suspicious {
        let all = disk::read_range(&*file, start, length(whole_bytes)).map_err(io_error)?;
        frame::judge(&all, header.payload_crc)
    } else {
        PartState::Present
    };
    match state {
        PartState::Present => Ok(Bytes::from(bytes)),
        PartState::Erased => Err(ReadError::Erased(format!("the payload of {}", name()))),
        PartState::Damaged => Err(ReadError::Damaged(format!("the payload of {}", name()))),
    }
}
