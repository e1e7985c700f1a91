//! Intents of blobs: announced before the file exists, withdrawn when nothing will name it.

use std::sync::Arc;

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::ident::{BucketUuid, TenantId};
use azekura_model::lock::Lock;
use azekura_model::position::{PartitionId, Position};
use azekura_model::release::{self, BlobId, IntentState};
use azekura_model::requester::Requester;
use azekura_record::intent::{BlobIntent, IntentWithdrawn};
use azekura_record::particulars::Event;
use bytes::Bytes;
use parking_lot::Mutex;

use crate::bucket::Bucket;
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, BlobState};
use crate::inner::{Draft, Inner, Refused};

/// Whose blob it is: what a record about it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) tenant: TenantId,
    pub(crate) bucket: BucketUuid,
    pub(crate) partition: PartitionId,
}

impl From<&Bucket> for Owner {
    fn from(bucket: &Bucket) -> Self {
        Self {
            tenant: bucket.tenant,
            bucket: bucket.uuid,
            partition: bucket.partition,
        }
    }
}

impl Owner {
    fn draft(&self, inner: &Inner, event: Event) -> Draft {
        Draft {
            tenant: self.tenant,
            bucket: Some(self.bucket),
            version: None,
            hybrid: inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            payload: Bytes::new(),
            event,
        }
    }
}

/// The blob of one upload while nothing names it. Dropped undecided (an error, or a client that went
/// away), it withdraws the intent and sweeps the blob in the background; what a crash leaves is
/// found at the next start.
pub(crate) struct Announced {
    inner: Arc<Inner>,
    owner: Owner,
    blob: Mutex<Option<BlobId>>,
}

impl Announced {
    /// Nothing announced yet.
    pub(crate) fn none(inner: &Arc<Inner>, owner: Owner) -> Self {
        Self {
            inner: Arc::clone(inner),
            owner,
            blob: Mutex::new(None),
        }
    }

    /// Makes the intent durable.
    pub(crate) async fn announce(
        &self,
        by: &Requester,
        blob: BlobId,
        mut guards: Vec<Guard>,
    ) -> Result<BlobId, StoreError> {
        guards.push(Guard::Absent(families::closed()));
        guards.push(Guard::Absent(families::blob(BlobState::Open, blob)));
        // Remembered before it is durable: of an unknown outcome the withdrawal finds out.
        *self.blob.lock() = Some(blob);
        let event = Event::BlobIntent(BlobIntent { blob });
        let draft = self.owner.draft(&self.inner, event);
        let partition = self.owner.partition;
        self.inner
            .append(by, partition, CommitClass::Data, guards, draft)
            .await
            .map_err(Refused::unexpected)?;
        Ok(blob)
    }

    /// The guard of the commit that names the blob, if there is one.
    pub(crate) fn guard(&self) -> Option<Guard> {
        let blob = (*self.blob.lock())?;
        let key = families::blob(BlobState::Open, blob);
        Some(Guard::Equals(key, entry::present()))
    }

    /// A durable record names the blob.
    pub(crate) fn named(&self) {
        *self.blob.lock() = None;
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let Some(blob) = self.blob.lock().take() else {
            return;
        };
        let (inner, owner) = (Arc::clone(&self.inner), self.owner);
        // Without a runtime the process is ending; the next start does it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = withdraw(&inner, owner, blob, BlobState::Open).await {
                    tracing::warn!(%blob, %error, "an abandoned blob stays until the next start");
                }
            });
        }
    }
}

/// Withdraws the intent of a blob that is in `state`, and sweeps it. `false` = it is not in that
/// state any more, and nothing was done.
pub(crate) async fn withdraw(
    inner: &Inner,
    owner: Owner,
    blob: BlobId,
    state: BlobState,
) -> Result<bool, StoreError> {
    let guards = vec![Guard::Equals(families::blob(state, blob), entry::present())];
    let event = Event::IntentWithdrawn(IntentWithdrawn { blob });
    let draft = owner.draft(inner, event);
    let class = CommitClass::Essential;
    let by = Requester::vault("sweep");
    match inner
        .append(&by, owner.partition, class, guards, draft)
        .await
    {
        Ok(appended) => {
            sweep_fenced(inner, blob, appended.committed.position)?;
            Ok(true)
        }
        Err(Refused::Guard(_)) => Ok(false),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// Removes a blob whose intent a durable record has withdrawn. Idempotent.
pub(crate) fn sweep_fenced(inner: &Inner, blob: BlobId, fence: Position) -> Result<(), StoreError> {
    let proof = release::sweep(blob, &IntentState::Fenced { fence })
        .map_err(|kept| StoreError::Internal(kept.to_string()))?;
    Ok(inner.engine.sweep_blob(proof)?)
}
