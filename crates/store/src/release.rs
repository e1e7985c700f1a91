//! The one door to erasure, of the store's side: judge, record, erase, read back, record again.
//!
//! 1. everything that decides is read at one moment and judged ([`azekura_model::release::release`]);
//! 2. a *Released* record is committed, guarded by what was read: a lock, a restored version or a new
//!    one in between makes it fail, and everything is read again. It takes the names out of the index;
//! 3. the engine erases what the durable record lists;
//! 4. every part is read back;
//! 5. a *Freed* record says so, and ends the entry that would finish the release at the next start.
//!
//! A crash between any two steps is finished by [`finish::finish_all`]. `docs/internals/erasure.md`
//! says which records are erased, and why.

pub(crate) mod finish;
mod gather;
mod own;

use azekura_engine::seam::CommitClass;
use azekura_model::cooling::HistoryDays;
use azekura_model::ident::{UploadId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::release::{NotReleased, release};
use azekura_model::requester::Requester;
use azekura_record::particulars::Event;
use azekura_record::released::ReleaseList;
use bytes::Bytes;
use tokio::sync::RwLockReadGuard;

use crate::bucket::read;
use crate::error::StoreError;
use crate::inner::{Draft, Inner, Refused};
use crate::intent::Owner;
use crate::volume;
use finish::{Erased, finish};
use gather::Gathered;

/// Name under which the keeper releases.
const TASK: &str = "keeper";

/// A bucket, retired or not, with how long its history keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) owner: Owner,
    pub(crate) history: HistoryDays,
}

/// What is to be released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// A version or marker of a key.
    Version(String, VersionId),
    /// An upload of a key that was aborted.
    Upload(String, UploadId),
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Released, erased, read back.
    Freed(Erased),
    /// There is nothing of it any more.
    Gone,
    /// It stays.
    Kept(NotReleased),
}

/// Releases one version, marker or aborted upload, if everything allows it.
pub(crate) async fn release_one(
    inner: &Inner,
    scope: Scope,
    subject: &Subject,
) -> Result<Outcome, StoreError> {
    loop {
        let days = inner.history_days.read().await;
        // Read each time: a pass is long, and more days count at once.
        let settings = read::settings(inner, scope.owner.bucket)?;
        let history = *settings.history().in_force(inner.clock.compliance());
        let scope = Scope { history, ..scope };
        let Some(gathered) = gather::gather(inner, scope, subject)? else {
            return Ok(Outcome::Gone);
        };
        match step(inner, scope.owner, gathered, days).await {
            Ok(Some(outcome)) => return Ok(outcome),
            // Something was restated first, or has changed: read and judge again.
            Ok(None) | Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}

/// `days` keeps the days of history as they were read, until the release record is durable.
async fn step(
    inner: &Inner,
    owner: Owner,
    gathered: Gathered,
    days: RwLockReadGuard<'_, ()>,
) -> Result<Option<Outcome>, Refused> {
    let now = inner.clock.compliance();
    let releasable = match release(gathered.case, now) {
        Ok(releasable) => releasable,
        Err(kept) => return Ok(Some(Outcome::Kept(kept))),
    };
    let draft = |event, payload: Bytes| Draft {
        tenant: owner.tenant,
        bucket: Some(owner.bucket),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: u64::try_from(payload.len()).unwrap_or(u64::MAX),
        payload,
        lock: Lock::default(),
        event,
    };
    let by = Requester::vault(TASK);
    let class = CommitClass::Essential;
    if let Some((restated, guards)) = gathered.restate {
        let draft = draft(Event::SlotRestated(Box::new(restated)), Bytes::new());
        inner
            .append(&by, owner.partition, class, guards, draft)
            .await?;
        return Ok(None);
    }
    let list = ReleaseList {
        erase: releasable.erase().to_vec(),
        blobs: releasable.blobs().to_vec(),
    };
    let draft = Draft {
        version: gathered.event.version,
        content_bytes: gathered.content_bytes,
        ..draft(Event::Released(gathered.event), Bytes::from(list.encode()))
    };
    let hybrid = draft.hybrid;
    let volume = volume::releasing(inner, owner.tenant).await;
    let appended = inner
        .append(&by, owner.partition, class, gathered.guards, draft)
        .await?;
    if gathered.version {
        volume.released(inner, owner, gathered.content_bytes);
    }
    drop(days);
    let proof = releasable
        .recorded(appended.committed.position)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    let erased = finish(inner, owner, proof, hybrid, gathered.deed).await?;
    Ok(Some(Outcome::Freed(erased)))
}
