//! Sweeping of blobs that nothing names. Only here, only behind a durable withdrawal of the intent,
//! and only by proof (`model::release`). Blobs without a readable intent are kept and reported.

use azekura_engine::seam::Scan;
use azekura_model::ident::UploadId;
use azekura_model::position::{PartitionId, Position, Sequence};
use azekura_model::release::BlobId;
use bytes::Bytes;

use crate::bucket::read;
use crate::entry::BucketEntry;
use crate::error::StoreError;
use crate::families::{self, BLOBS, BlobState, split_blob};
use crate::inner::Inner;
use crate::intent::{Owner, sweep_fenced, withdraw};
use crate::released::Uncovered;
use crate::slot::after;

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Intents withdrawn and their blobs removed.
    pub withdrawn: usize,
    /// Blobs of intents withdrawn earlier, removed now if they were still there.
    pub fenced: usize,
}

impl From<&BucketEntry> for Owner {
    fn from(bucket: &BucketEntry) -> Self {
        Self {
            tenant: bucket.tenant(),
            bucket: bucket.uuid(),
            partition: bucket.partition(),
        }
    }
}

/// Sweeps what dead processes left, in every bucket, retired ones included. Every open intent
/// belongs to a dead process: a vault has one process, and this one serves nothing yet.
pub(crate) async fn sweep_dead(inner: &Inner) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for bucket in read::all_for_ever(inner)? {
        let owner = Owner::from(&bucket);
        let open = blobs(inner, owner.partition, BlobState::Open, None)?;
        let mut parts = blobs(inner, owner.partition, BlobState::Part, None)?;
        let mut done = Vec::new();
        for (blob, sequence) in parts.drain(..) {
            if is_done(inner, owner.partition, UploadId(blob.intent))? {
                done.push((blob, sequence));
            }
        }
        let states = [(BlobState::Open, open), (BlobState::Part, done)];
        let first = states
            .iter()
            .flat_map(|(_, list)| list)
            .map(|(_, sequence)| *sequence)
            .min();
        if let Some(first) = first
            && let Err(gap) = readable_since(inner, owner.partition, first)
        {
            tracing::error!(bucket = %owner.bucket, %gap, "unnamed blobs are kept: an unreadable \
                record may name them");
            continue;
        }
        for (state, list) in states {
            for (blob, _) in list {
                if withdraw(inner, owner, blob, state).await? {
                    swept.withdrawn = swept.withdrawn.saturating_add(1);
                }
            }
        }
        for (blob, sequence) in blobs(inner, owner.partition, BlobState::Fenced, None)? {
            sweep_fenced(inner, blob, position(inner, owner.partition, sequence))?;
            swept.fenced = swept.fenced.saturating_add(1);
        }
    }
    Ok(swept)
}

/// Unknown means locked (invariant 4): the index says *unnamed* when the record that names a blob
/// could not be read. So every record since the first intent must be there and whole.
fn readable_since(
    inner: &Inner,
    partition: PartitionId,
    first: Sequence,
) -> Result<(), StoreError> {
    let status = inner.engine.status();
    if let Some(found) = status.damage.first() {
        return Err(StoreError::Damaged(found.clone()));
    }
    let heads = status.heads.iter().find(|(of, ..)| *of == partition);
    let head = heads.map_or(Sequence(0), |(_, head, _)| *head);
    let mut next = first;
    let mut uncovered = Uncovered::default();
    while next <= head {
        let page = inner.engine.journal(partition, next, 256)?;
        for record in &page {
            if record.position.sequence != next {
                break;
            }
            uncovered.take(record, || {
                inner.engine.payload(partition, next, 0, u64::MAX).ok()
            });
            next = next.next();
        }
        if page
            .last()
            .is_none_or(|last| last.position.sequence.next() != next)
        {
            return Err(StoreError::Damaged(format!(
                "record {next} of partition {partition} cannot be read"
            )));
        }
    }
    // A record that was released named nothing that is still there.
    match uncovered.first() {
        None => Ok(()),
        Some(sequence) => Err(StoreError::Damaged(format!(
            "record {sequence} of partition {partition} cannot be read"
        ))),
    }
}

/// Sweeps the blobs of an upload that has ended, but for those its version names. In a vault with
/// known damage they stay until the next start, which looks closer.
pub(crate) async fn sweep_upload(
    inner: &Inner,
    owner: Owner,
    upload: UploadId,
) -> Result<(), StoreError> {
    if !inner.engine.status().damage.is_empty() {
        return Ok(());
    }
    for state in [BlobState::Open, BlobState::Part] {
        for (blob, _) in blobs(inner, owner.partition, state, Some(upload))? {
            withdraw(inner, owner, blob, state).await?;
        }
    }
    Ok(())
}

/// An upload that was completed or aborted never comes back: its entry is gone, and every commit
/// that would name one of its blobs guards that entry.
fn is_done(inner: &Inner, partition: PartitionId, upload: UploadId) -> Result<bool, StoreError> {
    let key = families::upload_done(upload);
    Ok(inner.get(partition, &key)?.is_some())
}

fn position(inner: &Inner, partition: PartitionId, sequence: Sequence) -> Position {
    let status = inner.engine.status();
    Position {
        region: status.region,
        incarnation: status.incarnation,
        partition,
        sequence,
    }
}

fn blobs(
    inner: &Inner,
    partition: PartitionId,
    state: BlobState,
    upload: Option<UploadId>,
) -> Result<Vec<(BlobId, Sequence)>, StoreError> {
    let prefix = match upload {
        Some(upload) => families::blob_prefix(state, &upload.0),
        None => vec![state.tag()],
    };
    let until = families::after_prefix(&prefix);
    let mut from = Bytes::from(prefix);
    let mut out = Vec::new();
    loop {
        let scan = Scan {
            family: BLOBS,
            from: from.clone(),
            until: until.clone(),
            limit: 1000,
        };
        let page = inner.scan(partition, &scan)?;
        for (key, entry) in &page.entries {
            let blob = split_blob(key)
                .ok_or_else(|| StoreError::Internal("blob key in the index".to_owned()))?;
            out.push((blob, entry.sequence));
        }
        match page.entries.last() {
            Some((key, _)) if page.more => from = after(key),
            _ => return Ok(out),
        }
    }
}

/// Blobs on disk of which no bucket's index speaks. Unknown means locked: they are kept.
pub(crate) fn unknown_blobs(inner: &Inner) -> Result<Vec<(BlobId, u64)>, StoreError> {
    let buckets = read::all_for_ever(inner)?;
    let states = [
        BlobState::Open,
        BlobState::Part,
        BlobState::Named,
        BlobState::Fenced,
    ];
    let mut unknown = Vec::new();
    for (blob, bytes) in inner.engine.list_blobs()? {
        let mut known = false;
        for bucket in &buckets {
            for state in states {
                let key = families::blob(state, blob);
                known = known || inner.get(bucket.partition(), &key)?.is_some();
            }
        }
        if !known {
            unknown.push((blob, bytes));
        }
    }
    Ok(unknown)
}
