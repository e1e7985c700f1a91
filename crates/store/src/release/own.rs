//! The last look before anything is erased: a release record lists its own records and blobs, and
//! nothing of another version or upload, whatever fault made the list.

use azekura_engine::seam::{Part, StoredRecord};
use azekura_model::release::{BlobId, ReleaseProof};
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;
use azekura_record::released::Released;

use super::finish::core_at;
use crate::audit;
use crate::destroy;
use crate::error::StoreError;
use crate::families::{self, BlobState};
use crate::inner::Inner;
use crate::seal::record::open_record;

/// Refuses a list that is not the release's own. What damage hides cannot be erased and is passed
/// over; of what is erased already, only the kind and the version can still be compared.
pub(super) fn only(inner: &Inner, proof: &ReleaseProof) -> Result<(), StoreError> {
    let (partition, own) = (proof.partition(), proof.record().sequence);
    let (core, record) = core_at(inner, partition, own)?;
    let refused = |what: String| {
        Err(StoreError::Damaged(format!(
            "release record {own} of partition {partition}: {what}"
        )))
    };
    if core.kind != RecordKind::Released {
        return refused("it is no release".to_owned());
    }
    if families::is_audit(partition) {
        return audit::release::only(inner, proof, &core);
    }
    if core.epoch == 0 {
        return destroy::only(inner, proof, &core);
    }
    // Its particulars are erased last: while they are gone, so is all that it lists.
    let said = match event(inner, &record)? {
        Some(Event::Released(said)) => Some(said),
        _ => None,
    };
    // A listed record that names blobs is erased already.
    let mut begun = false;
    for sequence in proof.erase() {
        let (listed, record) = match core_at(inner, partition, *sequence) {
            Ok(found) => found,
            Err(StoreError::Damaged(_)) => continue,
            Err(error) => return Err(error),
        };
        let event = event(inner, &record)?;
        begun |=
            event.is_none() && matches!(listed.kind, RecordKind::Version | RecordKind::PartStored);
        if !is_own_record(&core, said.as_ref(), &listed, event.as_ref()) {
            return refused(format!("it lists record {sequence}, which is not its own"));
        }
    }
    for blob in proof.blobs() {
        if !is_own_blob(inner, proof, said.as_ref(), *blob, begun)? {
            return refused(format!("it lists blob {blob}, which is not its own"));
        }
    }
    Ok(())
}

/// What a record says, if its particulars are whole.
fn event(inner: &Inner, record: &StoredRecord) -> Result<Option<Event>, StoreError> {
    if !matches!(&record.particulars, Part::Present(bytes) if !bytes.is_empty()) {
        return Ok(None);
    }
    let opened = open_record(&inner.keys, record.kind, &record.core, &record.particulars)?;
    Ok(Some(opened.particulars.event))
}

/// Of its own version's records, and of those of its own upload and key. Never of a record that gives
/// a lock.
fn is_own_record(
    released: &Core,
    said: Option<&Released>,
    listed: &Core,
    event: Option<&Event>,
) -> bool {
    if listed.bucket != released.bucket {
        return false;
    }
    match listed.kind {
        RecordKind::Version
        | RecordKind::DeleteMarker
        | RecordKind::VersionHidden
        | RecordKind::VersionTagged
        | RecordKind::AclChanged => {
            released.version.is_some() && listed.version == released.version
        }
        RecordKind::UploadStarted
        | RecordKind::PartStored
        | RecordKind::UploadAborted
        | RecordKind::SlotRestated => match event {
            // Erased already.
            None => true,
            Some(event) => said.is_some_and(|said| names(said, event)),
        },
        _ => false,
    }
}

/// Whether the release is about the upload, or the key, of this record.
fn names(said: &Released, event: &Event) -> bool {
    match event {
        Event::UploadStarted(started) => said.upload == Some(started.upload),
        Event::PartStored(part) => said.upload == Some(part.upload),
        Event::UploadAborted(aborted) => said.upload == Some(aborted.upload),
        Event::SlotRestated(restated) => said.key == restated.key,
        _ => false,
    }
}

/// A blob that a record names is removed with that record; one that none names belongs to the upload,
/// or was named by a listed record that is erased by now: an index that was rebuilt since shows its
/// intent as open again. Only a release that had passed this look can have erased it.
fn is_own_blob(
    inner: &Inner,
    proof: &ReleaseProof,
    said: Option<&Released>,
    blob: BlobId,
    begun: bool,
) -> Result<bool, StoreError> {
    for state in [BlobState::Named, BlobState::Part] {
        let key = families::blob(state, blob);
        if let Some(entry) = inner.get(proof.partition(), &key)? {
            return Ok(proof.erase().contains(&entry.sequence));
        }
    }
    let key = families::blob(BlobState::Open, blob);
    let open = inner.get(proof.partition(), &key)?.is_some();
    let of_upload = said.is_some_and(|said| said.upload.is_some_and(|id| id.0 == blob.intent));
    Ok(!open || of_upload || begun)
}
