//! Everything that decides a release, and everything that it erases, read at one moment.

use azekura_engine::seam::{Entry, Guard, Key, Scan};
use azekura_model::checksum::ETag;
use azekura_model::ident::{UploadId, VersionId};
use azekura_model::lock::{Lock, LockState};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseCase};
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_record::core::Core;
use azekura_record::particulars::Event;
use azekura_record::released::{Released, SlotRestated};
use azekura_record::summary::Summary;
use azekura_record::version::Payload;
use bytes::Bytes;

use super::finish::Deed;
use super::{Scope, Subject};
use crate::entry::{self, DoneEntry, Slotted};
use crate::error::StoreError;
use crate::families::{self, Amendment, UPLOADS};
use crate::inner::{Inner, unchanged};
use crate::lock_state;
use crate::slot::{after, for_each_version};
use crate::visibility::Rule;

/// A case, and what to write if it is allowed.
pub(super) struct Gathered {
    pub(super) case: ReleaseCase,
    pub(super) guards: Vec<Guard>,
    pub(super) event: Released,
    pub(super) content_bytes: u64,
    /// Not a marker and not an upload.
    pub(super) version: bool,
    pub(super) deed: Deed,
    /// To be committed first, with its guards: the slot of the key stands on records to be erased.
    pub(super) restate: Option<(SlotRestated, Vec<Guard>)>,
}

/// Reads one case; `None` = it is gone.
pub(super) fn gather(
    inner: &Inner,
    scope: Scope,
    subject: &Subject,
) -> Result<Option<Gathered>, StoreError> {
    match subject {
        Subject::Version(object, version) => version_case(inner, scope, object, *version),
        Subject::Upload(object, upload) => upload_case(inner, scope, object, *upload),
    }
}

/// Where a version stands among those of its key.
#[derive(Default)]
struct Place {
    shown: bool,
    /// Record of the next newer `null` version.
    replaced_by: Option<Sequence>,
    /// An older `null` version would show again without this one.
    covers: bool,
    /// No other version of the key is there.
    last: bool,
}

fn place(
    inner: &Inner,
    partition: PartitionId,
    object: &str,
    target: &Summary,
) -> Result<Place, StoreError> {
    let mut rule = Rule::default();
    let mut place = Place {
        last: true,
        ..Place::default()
    };
    let (mut passed, mut newer_null) = (false, None);
    for_each_version(inner, partition, object, None, |summary, _, at| {
        let shown = rule.shows(summary);
        if summary.version == target.version {
            passed = true;
            place.shown = shown;
            place.replaced_by = newer_null;
            return true;
        }
        place.last = false;
        if summary.null && !passed {
            newer_null = Some(at);
        }
        if passed && target.null && newer_null.is_none() && summary.null && !summary.hidden {
            place.covers = true;
        }
        true
    })?;
    Ok(place)
}

fn core(inner: &Inner, partition: PartitionId, at: Sequence) -> Result<Core, StoreError> {
    super::finish::core_at(inner, partition, at).map(|(core, _)| core)
}

fn version_case(
    inner: &Inner,
    scope: Scope,
    object: &str,
    version: VersionId,
) -> Result<Option<Gathered>, StoreError> {
    let partition = scope.owner.partition;
    let history = families::history(object, version);
    let Some(entry) = inner.get(partition, &history)? else {
        return Ok(None);
    };
    let summary = entry::summary(&entry.value)?;
    let own = summary.at.unwrap_or(entry.sequence);
    let place = place(inner, partition, object, &summary)?;
    let mut deed = Deed {
        made: own,
        ..Deed::default()
    };
    let made = core(inner, partition, own)?;
    let hidden = if summary.hidden {
        Some(deed.hidden_by(inner, partition, entry.sequence)?)
    } else if let (false, Some(by)) = (place.shown, place.replaced_by) {
        Some(core(inner, partition, by)?.compliance.max(made.compliance))
    } else {
        None
    };
    deed.hidden_at = hidden.unwrap_or_default();
    let lock = lock_state::read(inner, partition, version, own);
    let mut list = List::new(inner, partition);
    let (_, opened) = inner.record(partition, own)?;
    let upload = list.own(own, opened.particulars.event);
    list.erase.extend(deed.hidden);
    let amended = list.amended(object, version)?;
    if let Some(upload) = upload {
        list.upload(upload)?;
    }
    let slot = SlotEntries::read(inner, partition, object)?;
    if place.last {
        list.restated(slot.restated.as_ref().map(|entry| entry.sequence))?;
    }
    let mut guards = vec![Guard::Equals(history, entry.value), lock.guard()];
    guards.extend(amended);
    guards.extend(slot.guards(object));
    let restate = slot.restate(object, version, &place, &list.erase)?;
    Ok(Some(Gathered {
        case: ReleaseCase {
            partition,
            hidden,
            history: scope.history,
            lock: lock.state.clone(),
            covers: place.covers,
            pinned: false,
            gap: gap(inner, partition, summary.marker.then_some(own))?,
            erase: list.erase,
            blobs: list.blobs,
        },
        guards,
        event: Released {
            key: object.to_owned(),
            version: Some(version),
            upload,
            parts: list.parts,
            upload_records: list.upload_records,
            last: place.last,
            entries: None,
        },
        content_bytes: made.content_bytes,
        version: !summary.marker,
        deed,
        restate,
    }))
}

/// An upload that was aborted: its records name the key and hold inline parts. Its blobs were swept
/// when it was aborted.
fn upload_case(
    inner: &Inner,
    scope: Scope,
    object: &str,
    upload: UploadId,
) -> Result<Option<Gathered>, StoreError> {
    let partition = scope.owner.partition;
    let done = families::upload_done(upload);
    let Some(entry) = inner.get(partition, &done)? else {
        return Ok(None);
    };
    let value: DoneEntry = entry::decode(&entry.value)?;
    let (_, aborted) = inner.record(partition, entry.sequence)?;
    let mut list = List::new(inner, partition);
    list.upload(upload)?;
    let made = list.erase.first().copied().unwrap_or(entry.sequence);
    let hidden_at = aborted.core.compliance;
    // A completed upload belongs to its version.
    let hidden = value.version().is_none().then_some(hidden_at);
    Ok(Some(Gathered {
        case: ReleaseCase {
            partition,
            hidden,
            history: scope.history,
            lock: LockState::Known(Lock::default()),
            covers: false,
            pinned: false,
            gap: gap(inner, partition, Some(made))?,
            erase: list.erase,
            blobs: list.blobs,
        },
        guards: vec![Guard::Equals(done, entry.value)],
        event: Released {
            key: object.to_owned(),
            version: None,
            upload: Some(upload),
            parts: list.parts,
            upload_records: list.upload_records,
            last: false,
            entries: None,
        },
        content_bytes: 0,
        version: false,
        deed: Deed {
            made,
            hidden: Some(entry.sequence),
            hidden_at,
            hidden_by: aborted.particulars.requester.principal,
        },
        restate: None,
    }))
}

/// Why the history of the partition is not known to be whole. `unlockable` is the record of what has no
/// lock state to be judged by: of a version, [`lock_state`] knows more exactly what a loss means.
fn gap(
    inner: &Inner,
    partition: PartitionId,
    unlockable: Option<Sequence>,
) -> Result<Option<String>, StoreError> {
    if let Some(found) = inner.engine.status().damage.into_iter().next() {
        return Ok(Some(found));
    }
    let (Some(own), Some(lost)) = (unlockable, lock_state::read_lost(inner, partition)?) else {
        return Ok(None);
    };
    let later = own < lost;
    Ok(later.then(|| format!("record {lost}, after record {own}, was lost to damage")))
}

/// What is to be erased.
struct List<'a> {
    inner: &'a Inner,
    partition: PartitionId,
    erase: Vec<Sequence>,
    blobs: Vec<BlobId>,
    parts: Vec<u32>,
    upload_records: Vec<HybridTime>,
}

impl<'a> List<'a> {
    fn new(inner: &'a Inner, partition: PartitionId) -> Self {
        Self {
            inner,
            partition,
            erase: Vec::new(),
            blobs: Vec::new(),
            parts: Vec::new(),
            upload_records: Vec::new(),
        }
    }

    /// The version's or marker's own record and its blobs; the upload that made it.
    fn own(&mut self, at: Sequence, event: Event) -> Option<UploadId> {
        self.erase.push(at);
        let Event::Version(version) = event else {
            return None;
        };
        match version.payload {
            Payload::Empty | Payload::Inline { .. } => {}
            Payload::Blob { blob, .. } => self.blobs.push(blob),
            Payload::Parts { parts, .. } => {
                let intent = version.upload.map(|upload| upload.0).unwrap_or_default();
                let blobs = parts.iter().filter(|part| part.inline_at.is_none());
                self.blobs.extend(blobs.map(|part| BlobId {
                    intent,
                    attempt: part.attempt.0,
                }));
            }
        }
        version.upload
    }

    /// Every amendment of a version; what guards that none comes after.
    fn amended(&mut self, object: &str, version: VersionId) -> Result<Vec<Guard>, StoreError> {
        let mut guards = Vec::new();
        for kind in Amendment::ALL {
            let key = families::amendment(kind, object, version);
            let newest = self.inner.get(self.partition, &key)?;
            self.amendments(newest.as_ref().map(|entry| entry.sequence))?;
            guards.push(unchanged(key, newest.map(|entry| entry.value)));
        }
        Ok(guards)
    }

    /// Every amendment of one kind, from the newest back.
    fn amendments(&mut self, mut at: Option<Sequence>) -> Result<(), StoreError> {
        while let Some(sequence) = at {
            let (_, opened) = self.inner.record(self.partition, sequence)?;
            self.erase.push(sequence);
            at = match opened.particulars.event {
                Event::VersionTagged(tagged) => tagged.previous,
                Event::AclChanged(changed) => changed.previous,
                _ => None,
            };
        }
        Ok(())
    }

    /// Every record that said anew what the key shows, from the newest back.
    fn restated(&mut self, mut at: Option<Sequence>) -> Result<(), StoreError> {
        while let Some(sequence) = at {
            let (_, opened) = self.inner.record(self.partition, sequence)?;
            self.erase.push(sequence);
            at = match opened.particulars.event {
                Event::SlotRestated(restated) => restated.previous,
                _ => None,
            };
        }
        Ok(())
    }

    /// Every record of an upload, replaced and unused parts included.
    fn upload(&mut self, upload: UploadId) -> Result<(), StoreError> {
        for (key, entry) in self.all(&families::upload_records_prefix(upload))? {
            let hybrid = families::split_upload_record(&key)
                .ok_or_else(|| StoreError::Internal("upload record key".to_owned()))?;
            self.upload_records.push(hybrid);
            self.erase.push(entry.sequence);
            let (_, opened) = self.inner.record(self.partition, entry.sequence)?;
            if let Event::PartStored(part) = opened.particulars.event
                && !part.inline
            {
                let blob = BlobId {
                    intent: upload.0,
                    attempt: part.attempt.0,
                };
                // Of a part that no version names the blob may still wait for its sweep.
                self.blobs.push(blob);
            }
        }
        let prefix = families::part_prefix(upload);
        for (key, _) in self.all(&prefix)? {
            let number = key.get(prefix.len()..).map(|digits| digits.to_vec());
            let number = number
                .and_then(|digits| String::from_utf8(digits).ok())
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(|| StoreError::Internal("part key".to_owned()))?;
            self.parts.push(number);
        }
        Ok(())
    }

    fn all(&self, prefix: &[u8]) -> Result<Vec<(Bytes, Entry)>, StoreError> {
        let until = families::after_prefix(prefix);
        let mut from = Bytes::copy_from_slice(prefix);
        let mut out = Vec::new();
        loop {
            let scan = Scan {
                family: UPLOADS,
                from: from.clone(),
                until: until.clone(),
                limit: 1000,
            };
            let page = self.inner.scan(self.partition, &scan)?;
            let last = page.entries.last().map(|(key, _)| key.clone());
            out.extend(page.entries);
            match last {
                Some(key) if page.more => from = after(&key),
                _ => return Ok(out),
            }
        }
    }
}

/// What the index says of a key, as read.
struct SlotEntries {
    current: Option<Entry>,
    vacated: Option<Entry>,
    stamp: Option<Entry>,
    restated: Option<Entry>,
}

impl SlotEntries {
    fn read(inner: &Inner, partition: PartitionId, object: &str) -> Result<Self, StoreError> {
        let get = |key: Key| inner.get(partition, &key);
        Ok(Self {
            current: get(families::current(object))?,
            vacated: get(families::vacated(object))?,
            stamp: get(families::stamp(object))?,
            restated: get(families::restated(object))?,
        })
    }

    /// Whatever happens under the key changes one of them.
    fn guards(&self, object: &str) -> Vec<Guard> {
        let value = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.value.clone());
        vec![
            unchanged(families::current(object), value(&self.current)),
            unchanged(families::vacated(object), value(&self.vacated)),
            unchanged(families::stamp(object), value(&self.stamp)),
            unchanged(families::restated(object), value(&self.restated)),
        ]
    }

    /// What is to be said anew, if records to be erased say it now and other versions stay.
    fn restate(
        &self,
        object: &str,
        version: VersionId,
        place: &Place,
        erase: &[Sequence],
    ) -> Result<Option<(SlotRestated, Vec<Guard>)>, StoreError> {
        let entries = [&self.current, &self.vacated, &self.stamp];
        let stands = entries
            .iter()
            .filter_map(|entry| entry.as_ref())
            .any(|entry| erase.contains(&entry.sequence));
        if place.last || !stands {
            return Ok(None);
        }
        let slot = |entry: &Option<Entry>| -> Result<_, StoreError> {
            let Some(entry) = entry else {
                return Ok(None);
            };
            let slotted = Slotted::decode(&entry.value)?;
            let at = slotted.summary.at.unwrap_or(entry.sequence);
            let summary = Summary {
                at: Some(at),
                ..slotted.summary
            };
            Ok(Some((scrubbed(summary, version), slotted.stamp)))
        };
        let stamp = match &self.stamp {
            Some(entry) => Some(entry::read_stamp(&entry.value)?),
            None => None,
        };
        let restated = SlotRestated {
            key: object.to_owned(),
            current: slot(&self.current)?,
            vacated: slot(&self.vacated)?,
            stamp,
            previous: self.restated.as_ref().map(|entry| entry.sequence),
        };
        Ok(Some((restated, self.guards(object))))
    }
}

/// Nothing of the content of the version that goes stays behind: its id and time alone order what
/// comes later.
fn scrubbed(summary: Summary, gone: VersionId) -> Summary {
    if summary.version != gone {
        return summary;
    }
    Summary {
        content_bytes: 0,
        etag: ETag {
            md5: [0; 16],
            parts: None,
        },
        modified: WallTime(0),
        checksum: None,
        at: None,
        ..summary
    }
}

impl Deed {
    /// Notes the record that hid it; when that was.
    fn hidden_by(
        &mut self,
        inner: &Inner,
        partition: PartitionId,
        at: Sequence,
    ) -> Result<ComplianceTime, StoreError> {
        let (_, opened) = inner.record(partition, at)?;
        self.hidden = Some(at);
        self.hidden_by = opened.particulars.requester.principal;
        Ok(opened.core.compliance)
    }
}

impl Default for Deed {
    fn default() -> Self {
        Self {
            made: Sequence(0),
            hidden: None,
            hidden_at: ComplianceTime(0),
            hidden_by: String::new(),
        }
    }
}
