//! From a durable *Released* record to a *Freed* one: erase, read back, say so. Done again after a
//! crash it does what is left.

use azekura_engine::seam::{CommitClass, CommitError, Guard, Part, ReadError, Scan, StoredRecord};
use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{ReleaseProof, resume};
use azekura_model::requester::Requester;
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;
use azekura_record::released::{ReleaseList, VersionFreed};
use bytes::Bytes;

use super::{TASK, own};
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, DUE, RELEASES};
use crate::inner::{Draft, Inner, Refused};
use crate::intent::Owner;
use crate::seal::record::open_core;
use crate::slot::after;

/// First words of the principal of a disposal job; its id follows in hex.
pub(crate) const DISPOSAL_PRINCIPAL: &str = "vault:disposal ";

/// How something went out of S3's sight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Deed {
    /// Its own record.
    pub(crate) made: Sequence,
    /// The record that hid it.
    pub(crate) hidden: Option<Sequence>,
    /// When.
    pub(crate) hidden_at: ComplianceTime,
    /// Who.
    pub(crate) hidden_by: String,
}

/// Where a release stands, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    /// `None` in an audit partition.
    pub(crate) bucket: Option<BucketUuid>,
    pub(crate) partition: PartitionId,
}

impl From<Owner> for Place {
    fn from(owner: Owner) -> Self {
        Self {
            tenant: owner.tenant,
            bucket: Some(owner.bucket),
            partition: owner.partition,
        }
    }
}

/// What was erased.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Erased {
    /// Bytes that are no longer there.
    pub(crate) bytes: u64,
}

/// Erases what `proof` allows, reads it back, and records that it is done. `hybrid` is that of the
/// release record.
pub(crate) async fn finish(
    inner: &Inner,
    place: impl Into<Place>,
    proof: ReleaseProof,
    hybrid: HybridTime,
    deed: Deed,
) -> Result<Erased, Refused> {
    let owner = place.into();
    own::only(inner, &proof)?;
    let engine = std::sync::Arc::clone(&inner.engine);
    let given = proof.clone();
    // Freed by the engine: several syncs, one after the other.
    let freed = tokio::task::spawn_blocking(move || engine.release(given))
        .await
        .map_err(|error| StoreError::Internal(format!("the release ended early: {error}")))?
        .map_err(|error: CommitError| StoreError::from(error))?;
    let verified = freed.lost.is_empty();
    if verified {
        read_back(inner, &proof)?;
    } else {
        let lost = format!("{:?}", freed.lost);
        tracing::error!(partition = %owner.partition, %lost, "damage hides records that a release lists");
    }
    let version = core_at(inner, owner.partition, proof.record().sequence)?
        .0
        .version;
    let bytes = [
        freed.particulars_bytes,
        freed.payload_bytes,
        freed.blob_bytes,
    ];
    let event = VersionFreed {
        released: proof.record().sequence,
        released_hybrid: hybrid,
        made: deed.made,
        hidden: deed.hidden,
        hidden_at: deed.hidden_at,
        disposal: disposal_of(&deed.hidden_by),
        hidden_by: deed.hidden_by,
        particulars_bytes: freed.particulars_bytes,
        payload_bytes: freed.payload_bytes,
        blobs: proof.blobs().to_vec(),
        blob_bytes: freed.blob_bytes,
        verified,
    };
    record(inner, owner, version, hybrid, event).await?;
    Ok(Erased {
        bytes: bytes
            .iter()
            .fold(0, |sum, bytes| sum.saturating_add(*bytes)),
    })
}

async fn record(
    inner: &Inner,
    owner: Place,
    version: Option<VersionId>,
    hybrid: HybridTime,
    event: VersionFreed,
) -> Result<(), Refused> {
    let guard = Guard::Equals(families::due_release(hybrid), entry::present());
    let draft = Draft {
        tenant: owner.tenant,
        bucket: owner.bucket,
        version,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        payload: Bytes::new(),
        lock: Lock::default(),
        event: Event::Freed(Box::new(event)),
    };
    let by = Requester::vault(TASK);
    let class = CommitClass::Essential;
    let guards = vec![guard];
    match inner
        .append(&by, owner.partition, class, guards, draft)
        .await
    {
        // Somebody else has finished it.
        Ok(_) | Err(Refused::Guard(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Every listed part is read again and must be erased.
fn read_back(inner: &Inner, proof: &ReleaseProof) -> Result<(), StoreError> {
    let partition = proof.partition();
    let stays = |what: String| Err(StoreError::Damaged(format!("{what} is still readable")));
    for sequence in proof.erase() {
        let (_, record) = core_at(inner, partition, *sequence)?;
        let gone = match &record.particulars {
            Part::Erased => true,
            Part::Present(bytes) => bytes.is_empty(),
            Part::Damaged => false,
        };
        let payload = record.payload_bytes == 0
            || matches!(
                inner.engine.payload(partition, *sequence, 0, 1),
                Err(ReadError::Erased(_))
            );
        if !gone || !payload {
            return stays(format!("record {sequence} of partition {partition}"));
        }
    }
    for blob in proof.blobs() {
        if !matches!(
            inner.engine.read_blob(*blob, 0, 1),
            Err(ReadError::NotFound(_))
        ) {
            return stays(format!("blob {blob}"));
        }
    }
    Ok(())
}

/// The core of a record and the record, whatever became of its particulars.
pub(crate) fn core_at(
    inner: &Inner,
    partition: PartitionId,
    at: Sequence,
) -> Result<(Core, StoredRecord), StoreError> {
    let records = inner.engine.journal(partition, at, 1)?;
    let record = records
        .into_iter()
        .next()
        .filter(|record| record.position.sequence == at)
        .ok_or_else(|| {
            StoreError::Damaged(format!("record {at} of partition {partition} is missing"))
        })?;
    let core = open_core(record.kind, &record.core)?;
    Ok((core, record))
}

/// Finishes every release of a bucket that a crash or a failure left. Returns how many were
/// finished and how many could not be: those are left for the next time, and stop neither the others nor
/// the start.
pub(crate) async fn finish_all(
    inner: &Inner,
    place: impl Into<Place>,
) -> Result<(u64, u64), StoreError> {
    let owner = place.into();
    let (mut finished, mut failed) = (0_u64, 0_u64);
    let mut from = Bytes::from_static(RELEASES);
    loop {
        let scan = Scan {
            family: DUE,
            from: from.clone(),
            until: families::after_prefix(RELEASES),
            limit: 100,
        };
        let page = inner.scan(owner.partition, &scan)?;
        for (_, entry) in &page.entries {
            match finish_again(inner, owner, entry.sequence).await {
                Ok(()) => finished = finished.saturating_add(1),
                Err(error @ StoreError::Stopped(_)) => return Err(error),
                Err(error) => {
                    failed = failed.saturating_add(1);
                    let release = entry.sequence;
                    tracing::error!(partition = %owner.partition, %release, %error, "a release cannot be finished");
                }
            }
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok((finished, failed)),
        }
    }
}

pub(crate) async fn finish_again(
    inner: &Inner,
    place: impl Into<Place>,
    at: Sequence,
) -> Result<(), StoreError> {
    let owner = place.into();
    let partition = owner.partition;
    let (core, record) = core_at(inner, partition, at)?;
    let list = list_at(inner, partition, at)?;
    let deed = deed_of(inner, partition, &core, &list)?;
    let proof = resume(record.position, list.erase, list.blobs)
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    finish(inner, owner, proof, core.hybrid, deed)
        .await
        .map_err(Refused::unexpected)?;
    Ok(())
}

/// What a release record lists.
pub(crate) fn list_at(
    inner: &Inner,
    partition: PartitionId,
    at: Sequence,
) -> Result<ReleaseList, StoreError> {
    let (_, record) = core_at(inner, partition, at)?;
    let list = inner
        .engine
        .payload(partition, at, 0, record.payload_bytes)?;
    ReleaseList::decode(&list)
        .map_err(|error| StoreError::Damaged(format!("release record {at}: {error}")))
}

/// What of the deed the records still tell; their particulars may be erased already.
fn deed_of(
    inner: &Inner,
    partition: PartitionId,
    released: &Core,
    list: &ReleaseList,
) -> Result<Deed, StoreError> {
    let mut deed = Deed::default();
    for sequence in &list.erase {
        let (core, record) = match core_at(inner, partition, *sequence) {
            Ok(found) => found,
            // Damage hides it: it tells nothing, and the engine reports it as lost.
            Err(StoreError::Damaged(_)) => continue,
            Err(error) => return Err(error),
        };
        match core.kind {
            RecordKind::Version | RecordKind::DeleteMarker if core.version == released.version => {
                deed.made = *sequence;
            }
            RecordKind::UploadStarted if released.version.is_none() => deed.made = *sequence,
            RecordKind::VersionHidden | RecordKind::UploadAborted => {
                deed.hidden = Some(*sequence);
                deed.hidden_at = core.compliance;
                if matches!(record.particulars, Part::Present(_)) {
                    let (_, opened) = inner.record(partition, *sequence)?;
                    deed.hidden_by = opened.particulars.requester.principal;
                }
            }
            _ => {}
        }
    }
    Ok(deed)
}

/// The disposal job in whose name something was hidden.
fn disposal_of(principal: &str) -> Option<[u8; 16]> {
    let id = principal.strip_prefix(DISPOSAL_PRINCIPAL)?;
    hex::decode(id).ok()?.try_into().ok()
}
