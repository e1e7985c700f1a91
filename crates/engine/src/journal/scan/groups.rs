//! Reading one group or one damaged stretch.

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::chains::Continues;
use super::search::{self, Walked};
use super::{Item, PayloadState, ScanError, ScannedGroup, ScannedRecord, Scanner};
use crate::disk;
use crate::envelope;
use crate::index::Locator;
use crate::journal::Place;
use crate::journal::bytes::{crc32c, length};
use crate::journal::frame::{self, Frame, FrameHeader, PartState, PayloadPlace};
use crate::journal::group::{self, GroupHeader};
use crate::journal::head::{self, Head};
use crate::journal::layout::SegmentFiles;
use crate::seam::{Part, StoredRecord};

/// A group taken apart, before anybody judged whether it is torn.
struct Taken {
    items: Vec<Item>,
    records: Vec<ScannedRecord>,
    head: Option<(Head, [u8; 32], Option<bool>)>,
    /// All that the header announces is there and right.
    whole: bool,
    /// Records at the front that are whole in every part.
    prefix: usize,
}

impl Scanner {
    /// Takes the group whose header stands at `self.at`.
    pub(super) fn take_group(&mut self, header: &GroupHeader) -> Result<(), ScanError> {
        let at = self.at;
        let end = Place {
            offset: at.offset.saturating_add(u64::from(header.group_bytes)),
            ..at
        };
        self.mark = self.mark.max(header.mark);
        let file = self.files.file(at.segment)?;
        let bytes = disk::read_range(&*file, at.offset, length(header.group_bytes))?;
        let covered = self.mark >= end || self.covered(at, end)?;
        let taken = self.take_apart(Bytes::from(bytes), header, !covered)?;
        if !taken.whole && !covered {
            let until = search::end_of_bytes(&*file, at.offset, self.log_end)?;
            let mut prefix = taken.records;
            prefix.truncate(taken.prefix);
            self.finish(Some(until), prefix);
            return Ok(());
        }
        self.accept(at, header, taken);
        self.next_group = header.group.saturating_add(1);
        self.last_whole = Some((at, u64::from(header.group_bytes)));
        self.at = end;
        Ok(())
    }

    /// Whether anything after a group says that it was durable.
    fn covered(&self, at: Place, end: Place) -> Result<bool, ScanError> {
        let file = self.files.file(at.segment)?;
        let incarnation = self.format.incarnation;
        // The usual witness stands right behind.
        if self.group_at(end)?.is_some_and(|next| next.mark >= end) {
            return Ok(true);
        }
        let later = search::find_group(
            &*file,
            end.offset,
            self.log_end,
            incarnation,
            self.next_group,
        )?;
        Ok(later.is_some_and(|(_, next)| next.mark >= end))
    }

    fn accept(&mut self, at: Place, header: &GroupHeader, taken: Taken) {
        let expected = self.previous_head;
        if header.group > self.next_group && expected.is_some() {
            let (from, until) = (self.next_group, header.group);
            self.finding(
                at,
                0,
                format!("groups {from} to {until} (exclusive) are missing before here"),
            );
        } else if expected.is_some_and(|expected| expected != header.previous_head) {
            self.finding(
                at,
                u64::from(header.group_bytes),
                "it does not continue the chain of heads",
            );
        }
        let heads = taken
            .head
            .as_ref()
            .map(|(head, ..)| head.partitions.clone());
        let signature = taken.head.as_ref().and_then(|(.., signature)| *signature);
        self.queue.push_back(Item::Group(ScannedGroup {
            place: at,
            bytes: u64::from(header.group_bytes),
            group: header.group,
            records: header.records,
            heads: heads.unwrap_or_default(),
            signature,
        }));
        self.queue.extend(taken.items);
        let settled = at < self.settled;
        let heads = taken
            .head
            .as_ref()
            .map(|(head, ..)| head.partitions.as_slice());
        self.chain_records(taken.records, heads.unwrap_or_default());
        match taken.head {
            Some((head, hash, _)) => {
                self.previous_head = Some(hash);
                self.chain_heads(at, header, &head);
            }
            None => {
                self.previous_head = None;
                self.finding(
                    at,
                    u64::from(header.group_bytes),
                    "the head of the group is unreadable",
                );
                if !settled {
                    self.chains.unreadable(u64::from(header.group_bytes));
                }
            }
        }
        if signature == Some(false) {
            self.finding(
                at,
                u64::from(header.group_bytes),
                "the signature of the head is wrong",
            );
        }
    }

    fn chain_records(
        &mut self,
        records: Vec<ScannedRecord>,
        heads: &[(PartitionId, Sequence, [u8; 32])],
    ) {
        for mut record in records {
            let position = &record.record.position;
            let (partition, sequence) = (position.partition, position.sequence);
            match self
                .chains
                .record(partition, sequence, &record.record.envelope)
            {
                Continues::Next(chain) => record.chain = Some(chain),
                Continues::Before => {}
                Continues::AfterGap(from, until) if from < until => {
                    let place = Place {
                        segment: record.locator.segment,
                        offset: record.locator.offset,
                    };
                    let last = until.saturating_sub(1);
                    self.finding(
                        place,
                        0,
                        format!("records {from} to {last} of partition {partition} are missing before here"),
                    );
                }
                Continues::AfterGap(..) => {}
            }
            let head = heads
                .iter()
                .find(|head| (head.0, head.1) == (partition, sequence));
            record.working_chain =
                head.map_or_else(|| self.chains.working(partition), |(.., chain)| *chain);
            self.queue.push_back(Item::Record(Box::new(record)));
        }
    }

    fn chain_heads(&mut self, at: Place, header: &GroupHeader, head: &Head) {
        if at < self.settled {
            return;
        }
        for (partition, sequence, chain) in &head.partitions {
            if let Err(what) = self.chains.head(*partition, *sequence, *chain) {
                self.finding(at, u64::from(header.group_bytes), what);
            }
        }
    }

    /// Reports damage from a place to an offset of the same segment, and yields what is readable.
    pub(super) fn damage(&mut self, from: Place, until: u64) -> Result<(), ScanError> {
        let bytes = until.saturating_sub(from.offset);
        let file = self.files.file(from.segment)?;
        let stretch = Bytes::from(disk::read_range(&*file, from.offset, length(bytes))?);
        let mut frames = Vec::new();
        search::walk(&stretch, None, |walked| {
            if let Walked::Frame(at, frame) = walked {
                frames.push((at, frame));
            }
        });
        let mut records = Vec::new();
        for (at, frame) in frames {
            let place = Place {
                offset: from.offset.saturating_add(at as u64),
                ..from
            };
            if let Ok(record) = self.read_record(&stretch, place, &frame, false)? {
                records.push(record);
            }
        }
        let held = describe(records.iter());
        self.finding(from, bytes, format!("no readable group; {held}"));
        self.chain_records(records, &[]);
        if from >= self.settled {
            self.chains.unreadable(bytes);
        }
        self.previous_head = None;
        self.at = Place {
            offset: until,
            ..from
        };
        Ok(())
    }

    fn take_apart(
        &self,
        bytes: Bytes,
        header: &GroupHeader,
        strict: bool,
    ) -> Result<Taken, ScanError> {
        let at = self.at;
        let place_of = |offset: usize| Place {
            offset: at.offset.saturating_add(offset as u64),
            ..at
        };
        let head = self.take_head(&bytes, header);
        let frames_end = length(header.head_at).min(bytes.len());
        let frames = bytes
            .get(group::HEADER_BYTES..frames_end)
            .unwrap_or_default();
        let mut walked = Vec::new();
        search::walk(frames, Some(header.group), |found| walked.push(found));
        let mut taken = Taken {
            items: Vec::new(),
            records: Vec::new(),
            whole: true,
            head,
            prefix: 0,
        };
        let mut unbroken = true;
        for found in walked {
            match found {
                Walked::Gap(from, until) => {
                    unbroken = false;
                    let what = format!("no readable record in group {}", header.group);
                    let place = place_of(from.saturating_add(group::HEADER_BYTES));
                    taken
                        .items
                        .push(finding(place, until.saturating_sub(from), what));
                }
                Walked::Frame(offset, frame) => {
                    let place = place_of(offset.saturating_add(group::HEADER_BYTES));
                    let expected = taken.records.len() == length(frame.header.index);
                    match self.read_record(&bytes, place, &frame, strict)? {
                        Ok(record) => {
                            unbroken &= expected && is_whole(&record, strict);
                            taken.items.extend(part_findings(&record));
                            taken.items.extend(padding_finding(place, frame.padding));
                            taken.records.push(record);
                        }
                        Err(what) => {
                            unbroken = false;
                            taken.items.push(finding(
                                place,
                                length(frame.header.frame_bytes),
                                what,
                            ));
                        }
                    }
                }
            }
            if unbroken {
                taken.prefix = taken.records.len();
            }
        }
        let end = place_of(frames_end);
        let padding = group::padding(&bytes, header);
        taken.items.extend(padding_finding(end, padding));
        taken.whole = unbroken
            && taken.head.is_some()
            && taken.records.len() == length(header.records)
            && bytes.len() == length(header.group_bytes);
        Ok(taken)
    }

    fn take_head(
        &self,
        bytes: &[u8],
        header: &GroupHeader,
    ) -> Option<(Head, [u8; 32], Option<bool>)> {
        let (encoded, signature) = group::head_block(bytes, header)?;
        let head = Head::decode(encoded)?;
        let ours = head.incarnation == self.format.incarnation
            && head.region == self.format.region
            && head.group == header.group
            && head.previous == header.previous_head;
        let verified = self
            .depth
            .signatures
            .then(|| head::verify(&self.format.head_key, encoded, signature));
        ours.then(|| (head, head::hash(encoded), verified))
    }

    /// Reads the record of a frame; the inner error says what is wrong with it.
    fn read_record(
        &self,
        bytes: &Bytes,
        place: Place,
        frame: &Frame<'_>,
        strict: bool,
    ) -> Result<Result<ScannedRecord, String>, ScanError> {
        if crc32c(frame.envelope) != frame.header.envelope_crc {
            let index = frame.header.index;
            return Ok(Err(format!(
                "the envelope of record {index} of its group is damaged"
            )));
        }
        let envelope_bytes = bytes.slice_ref(frame.envelope);
        let record = match stored_record(&envelope_bytes, frame, |part| bytes.slice_ref(part)) {
            Ok(record) => record,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if record.position.incarnation != self.format.incarnation {
            return Ok(Err("a record of another incarnation".to_owned()));
        }
        let payload = self.payload_state(frame, strict || self.depth.extents)?;
        let locator = Locator {
            segment: place.segment,
            offset: place.offset,
            bytes: frame.header.frame_bytes,
        };
        Ok(Ok(ScannedRecord {
            record,
            locator,
            chain: None,
            working_chain: [0; 32],
            payload,
        }))
    }

    fn payload_state(&self, frame: &Frame<'_>, extents: bool) -> Result<PayloadState, ScanError> {
        let crc = frame.header.payload_crc;
        Ok(match frame.header.payload_place {
            PayloadPlace::None => PayloadState::None,
            PayloadPlace::Here => frame::judge(frame.inline_payload, crc).into(),
            PayloadPlace::Extent(_) if !extents => PayloadState::Unread,
            PayloadPlace::Extent(place) => {
                let want = length(frame.header.payload_bytes);
                match self.files.file(place.segment) {
                    Ok(file) => {
                        let bytes = disk::read_range(&*file, place.offset, want)?;
                        if bytes.len() == want {
                            frame::judge(&bytes, crc).into()
                        } else {
                            PayloadState::Damaged
                        }
                    }
                    Err(_) => PayloadState::Damaged,
                }
            }
        })
    }
}

impl From<PartState> for PayloadState {
    fn from(state: PartState) -> Self {
        match state {
            PartState::Present => Self::Present,
            PartState::Erased => Self::Erased,
            PartState::Damaged => Self::Damaged,
        }
    }
}

/// Puts a record together from its frame, whose envelope's CRC was checked.
pub(crate) fn stored_record(
    envelope_bytes: &Bytes,
    frame: &Frame<'_>,
    share: impl Fn(&[u8]) -> Bytes,
) -> Result<StoredRecord, envelope::BadEnvelope> {
    let envelope = envelope::decode(envelope_bytes)?;
    let particulars = match frame::judge(frame.particulars, frame.header.particulars_crc) {
        PartState::Present => Part::Present(share(frame.particulars)),
        PartState::Erased => Part::Erased,
        PartState::Damaged => Part::Damaged,
    };
    Ok(StoredRecord {
        position: envelope.position,
        commit: envelope.commit,
        kind: envelope.kind,
        envelope: envelope_bytes.clone(),
        core: envelope.core,
        particulars,
        payload_bytes: payload_bytes(&frame.header),
    })
}

/// Reads the inline payload of the frame at a locator, wherever it is.
pub(super) fn read_payload(files: &SegmentFiles, locator: Locator) -> Result<Bytes, ScanError> {
    let file = files.file(locator.segment)?;
    let frame = disk::read_range(&*file, locator.offset, frame::HEADER_BYTES)?;
    let Some(header) = FrameHeader::decode(&frame) else {
        return Ok(Bytes::new());
    };
    let want = length(header.payload_bytes);
    Ok(match header.payload_place {
        PayloadPlace::None => Bytes::new(),
        PayloadPlace::Here => {
            let at = locator.offset.saturating_add(header.payload_at() as u64);
            Bytes::from(disk::read_range(&*file, at, want)?)
        }
        PayloadPlace::Extent(place) => {
            let holder = files.file(place.segment)?;
            Bytes::from(disk::read_range(&*holder, place.offset, want)?)
        }
    })
}

fn payload_bytes(header: &FrameHeader) -> u64 {
    match header.payload_place {
        PayloadPlace::None => 0,
        PayloadPlace::Here | PayloadPlace::Extent(_) => u64::from(header.payload_bytes),
    }
}

/// In an unmarked tail nothing can have been erased: zeros there are a torn write.
fn is_whole(record: &ScannedRecord, strict: bool) -> bool {
    if !strict {
        return !matches!(record.record.particulars, Part::Damaged)
            && record.payload != PayloadState::Damaged;
    }
    matches!(record.record.particulars, Part::Present(_))
        && matches!(record.payload, PayloadState::None | PayloadState::Present)
}

fn part_findings(record: &ScannedRecord) -> Vec<Item> {
    let position = &record.record.position;
    let named = format!(
        "partition {} sequence {}",
        position.partition, position.sequence
    );
    let place = Place {
        segment: record.locator.segment,
        offset: record.locator.offset,
    };
    let damaged = |what: String| {
        Item::Finding(super::Finding {
            segment: place.segment,
            offset: place.offset,
            bytes: u64::from(record.locator.bytes),
            what,
            part: Some((position.partition, position.sequence)),
        })
    };
    let mut items = Vec::new();
    if matches!(record.record.particulars, Part::Damaged) {
        items.push(damaged(format!("the particulars of {named} are damaged")));
    }
    if record.payload == PayloadState::Damaged {
        items.push(damaged(format!("the payload of {named} is damaged")));
    }
    items
}

/// No check value covers the zeros behind a frame or a head. What stands there instead harms nothing,
/// but nobody here wrote it.
fn padding_finding(near: Place, padding: &[u8]) -> Option<Item> {
    padding.iter().any(|byte| *byte != 0).then(|| {
        let what = "the zeros that fill up its end were edited".to_owned();
        finding(near, padding.len(), what)
    })
}

fn finding(place: Place, bytes: usize, what: String) -> Item {
    let (segment, offset) = (place.segment, place.offset);
    Item::Finding(super::Finding {
        segment,
        offset,
        bytes: bytes as u64,
        what,
        part: None,
    })
}

/// The records still readable in a damaged stretch, in words.
fn describe<'a>(records: impl Iterator<Item = &'a ScannedRecord>) -> String {
    let mut spans: Vec<(PartitionId, Sequence, Sequence)> = Vec::new();
    for record in records {
        let position = &record.record.position;
        match spans
            .iter_mut()
            .find(|(partition, ..)| *partition == position.partition)
        {
            Some((.., last)) => *last = position.sequence,
            None => spans.push((position.partition, position.sequence, position.sequence)),
        }
    }
    if spans.is_empty() {
        return "nothing in it is readable".to_owned();
    }
    let spans: Vec<String> = spans
        .iter()
        .map(|(partition, first, last)| format!("partition {partition} {first} to {last}"))
        .collect();
    format!("readable in it: records of {}", spans.join(", "))
}
