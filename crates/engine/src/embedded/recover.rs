//! The tail after a crash: what no durable mark covers is written again or cut.

use std::io;

use bytes::Bytes;

use crate::disk;
use crate::journal::bytes::{crc32c, length};
use crate::journal::frame::{self, PayloadPlace};
use crate::journal::group;
use crate::journal::layout::SegmentFiles;
use crate::journal::scan::{JournalEnd, ScannedRecord};
use crate::journal::writer::{LogWriter, PreparedRecord};
use crate::seam::Part;

/// Records of a torn group that were whole and stand in the journal again.
pub(super) struct Recovered {
    pub(super) records: Vec<ScannedRecord>,
}

/// Makes what is going to be kept surely durable, and sets aside a segment never finished.
///
/// A process killed after a failed sync leaves pages in the cache that the kernel holds for clean;
/// reading them proves nothing. So the last group, if no mark covers it, is written again, the
/// same bytes in the same place, and synced.
pub(super) fn secure(files: &SegmentFiles, end: &JournalEnd) -> io::Result<()> {
    if let Some(segment) = end.unfinished_segment {
        let file = files.file(segment)?;
        let bytes = disk::read_range(&*file, 0, length(file.length()?.min(64 << 20)))?;
        if bytes.iter().any(|byte| *byte != 0) {
            let name = files.save_cut(segment, 0, &bytes)?;
            tracing::warn!(
                segment,
                name,
                "a segment whose creation never finished was set aside"
            );
        }
        files.remove_unfinished(segment)?;
    }
    let Some((place, bytes)) = end.unmarked else {
        return Ok(());
    };
    let file = files.file(place.segment)?;
    let whole = disk::read_range(&*file, place.offset, length(bytes))?;
    let mut at = group::HEADER_BYTES;
    while let Some(found) = whole.get(at..).and_then(frame::parse) {
        if let PayloadPlace::Extent(extent) = found.header.payload_place {
            let holder = files.file(extent.segment)?;
            let want = length(found.header.payload_bytes);
            let payload = disk::read_range(&*holder, extent.offset, want)?;
            holder.write_at(&payload, extent.offset)?;
            holder.sync_data()?;
        }
        at = at.saturating_add(length(found.header.frame_bytes));
    }
    file.write_at(&whole, place.offset)?;
    file.sync_data()
}

/// Cuts a torn tail: saves its bytes, then replaces them by a fresh group of the records at its
/// front that were whole, and zeros.
pub(super) fn cut(
    files: &SegmentFiles,
    log: &mut LogWriter,
    end: &JournalEnd,
) -> io::Result<Recovered> {
    let Some(until) = end.torn_until else {
        return Ok(Recovered {
            records: Vec::new(),
        });
    };
    let place = end.place;
    let file = files.file(place.segment)?;
    let torn = length(until.saturating_sub(place.offset));
    let bytes = disk::read_range(&*file, place.offset, torn)?;
    let name = files.save_cut(place.segment, place.offset, &bytes)?;
    tracing::warn!(
        %place,
        bytes = torn,
        kept_records = end.prefix.len(),
        name,
        "the last write before the stop was torn: it was never acknowledged and is cut"
    );
    let prepared = end
        .prefix
        .iter()
        .map(|record| prepare(files, record))
        .collect::<io::Result<Vec<_>>>()?;
    let prepared: Vec<_> = prepared.iter().collect();
    log.sync_earlier_extents(&prepared)?;
    let written = log.append_padded(&prepared, until)?;
    let mut records = end.prefix.clone();
    for (record, written) in records.iter_mut().zip(&written) {
        record.locator = written.locator;
        record.chain = Some(written.chain);
        record.working_chain = written.chain;
    }
    Ok(Recovered { records })
}

/// A scanned record as one to be written. Its sequence comes out the same, since it continues the
/// chain from the same place.
fn prepare(files: &SegmentFiles, record: &ScannedRecord) -> io::Result<PreparedRecord> {
    let file = files.file(record.locator.segment)?;
    let bytes = disk::read_range(&*file, record.locator.offset, length(record.locator.bytes))?;
    let bytes = Bytes::from(bytes);
    let found = frame::parse(&bytes)
        .ok_or_else(|| io::Error::other("a record changed while it was recovered"))?;
    let particulars = match &record.record.particulars {
        Part::Present(particulars) => particulars.clone(),
        Part::Erased | Part::Damaged => Bytes::new(),
    };
    let payload = match found.header.payload_place {
        PayloadPlace::None => Bytes::new(),
        PayloadPlace::Here => bytes.slice_ref(found.inline_payload),
        PayloadPlace::Extent(place) => {
            let holder = files.file(place.segment)?;
            let want = length(found.header.payload_bytes);
            Bytes::from(disk::read_range(&*holder, place.offset, want)?)
        }
    };
    if let PayloadPlace::Extent(place) = found.header.payload_place {
        let holder = files.file(place.segment)?;
        holder.write_at(&payload, place.offset)?;
    }
    Ok(PreparedRecord {
        partition: record.record.position.partition,
        commit: record.record.commit,
        kind: record.record.kind,
        core: record.record.core.clone(),
        particulars_crc: crc32c(&particulars),
        particulars,
        payload_crc: crc32c(&payload),
        payload,
        payload_place: found.header.payload_place,
    })
}
