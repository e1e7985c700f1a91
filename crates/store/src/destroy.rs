//! The keys of a retired bucket are destroyed when nothing is left that they seal.
//!
//! 1. [`judge`]: nothing of the bucket is kept by anything, all that was released is erased and was
//!    read back, and no damage hides anything;
//! 2. *Epoch destroyed* in the bucket's partition: closed for ever, nothing is sealed there any more;
//! 3. releases of what its keys still seal there, in order ([`seal_left`]), each erased and read back;
//! 4. *Epoch destroyed* in the configuration: what stays known of the bucket, without its name;
//! 5. a release of the records that hold the wrapped keys is recorded, and not done yet: it takes the
//!    name out of the index, and does so again in a rebuild for as long as those records are there;
//! 6. a release of what the keys seal in the configuration, done;
//! 7. the release of 5 is done: the wrapped keys are zeros. The keys in memory are wiped.
//!
//! So at any moment every record either opens or is erased, or is about to be by a durable release.
//! Whatever is unknown keeps the keys. `docs/internals/erasure.md` and decision 0210 say why in this
//! order.

mod config;
mod every;
mod judge;
mod last_look;
pub(crate) mod old;
mod seal_left;

use azekura_engine::seam::{CommitClass, Guard, ReadError};
use azekura_model::lock::Lock;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::resume;
use azekura_model::requester::Requester;
use azekura_record::epoch::{EpochDestroyed, KeysGo, NamelessBucket};
use azekura_record::particulars::Event;
use azekura_record::released::{ReleaseList, Released};
use bytes::Bytes;

use crate::entry::{self, BucketEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Appended, Draft, Inner, Refused};
use crate::intent::Owner;
use crate::release::finish::{self, Deed};

pub(crate) use config::lists_keys;
pub(crate) use last_look::only;

/// Name under which keys are destroyed.
const TASK: &str = "keeper";

/// What came of a look at a bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Its keys are destroyed.
    Destroyed,
    /// They were destroyed before.
    Was,
    /// They stay; why.
    Stays(String),
}

/// Why keys stay: something is kept, or cannot be read.
#[derive(Debug)]
enum Kept {
    Stays(String),
    Error(StoreError),
}

impl Kept {
    /// For who only reads.
    fn failed(self) -> StoreError {
        match self {
            Self::Stays(why) => StoreError::Damaged(why),
            Self::Error(error) => error,
        }
    }
}

impl From<StoreError> for Kept {
    fn from(error: StoreError) -> Self {
        Self::Error(error)
    }
}

impl From<ReadError> for Kept {
    fn from(error: ReadError) -> Self {
        Self::Error(error.into())
    }
}

fn stays<T>(why: impl Into<String>) -> Result<T, Kept> {
    Err(Kept::Stays(why.into()))
}

/// Whether records of a kind go with the keys of a bucket, whatever seals them.
pub(crate) fn goes(kind: azekura_record::core::RecordKind) -> bool {
    judge::is_left(kind) || config::is_sealed(kind)
}

/// Whether the destruction of a bucket's keys has begun, so that nothing else is judged there.
pub(crate) fn has_begun(inner: &Inner, bucket: &BucketEntry) -> Result<bool, StoreError> {
    let ended = inner.get(bucket.partition(), &families::ended())?;
    Ok(ended.is_some() || is_recorded(inner, bucket)?)
}

/// Whether the configuration says that the bucket's keys are destroyed (step 4).
fn is_recorded(inner: &Inner, bucket: &BucketEntry) -> Result<bool, StoreError> {
    let key = families::destroyed(bucket.uuid());
    Ok(inner.get(CONFIGURATION, &key)?.is_some())
}

/// Whether the release of the wrapped keys is recorded (step 5): it takes this entry away.
fn is_released(inner: &Inner, bucket: &BucketEntry) -> Result<bool, StoreError> {
    let key = families::bucket_epoch(bucket.uuid());
    Ok(is_recorded(inner, bucket)? && inner.get(CONFIGURATION, &key)?.is_none())
}

/// Whether the keys of a bucket are destroyed, and nothing of it is left to be done.
pub(crate) fn is_over(inner: &Inner, bucket: &BucketEntry) -> Result<bool, StoreError> {
    let own = Owner::from(bucket);
    let done = config::unfinished(inner, own).is_ok_and(|left| left.is_empty());
    Ok(is_released(inner, bucket)? && done)
}

/// Destroys the keys of a bucket if everything allows it; goes on with what was begun. The keeper's
/// lock is held, or nothing is served yet.
pub(crate) async fn destroy(inner: &Inner, bucket: &BucketEntry) -> Result<Outcome, StoreError> {
    match steps(inner, bucket).await {
        Ok(outcome) => Ok(outcome),
        Err(Kept::Stays(why)) => Ok(Outcome::Stays(why)),
        Err(Kept::Error(error)) => Err(error),
    }
}

async fn steps(inner: &Inner, bucket: &BucketEntry) -> Result<Outcome, Kept> {
    let own = Owner::from(bucket);
    if is_released(inner, bucket)? && config::unfinished(inner, own)?.is_empty() {
        return Ok(Outcome::Was);
    }
    if !is_recorded(inner, bucket)? {
        // Of an old epoch, from the time when the bucket lived.
        old::finish_begun(inner, bucket).await?;
    }
    if !has_begun(inner, bucket)? {
        judge::judge(inner, bucket, false)?;
        end(inner, bucket).await?;
    }
    if !is_recorded(inner, bucket)? {
        empty_own(inner, bucket).await?;
        judge::judge(inner, bucket, true)?;
        record(inner, bucket).await?;
    }
    config::release_keys(inner, bucket).await?;
    inner.keys.forget(bucket.uuid());
    Ok(Outcome::Destroyed)
}

/// Step 2.
async fn end(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    let guards = vec![
        Guard::Equals(families::closed(), entry::present()),
        Guard::Absent(families::ended()),
    ];
    let event = Event::EpochDestroyed(EpochDestroyed {
        epoch: newest_epoch(inner, bucket)?.0,
        goes: KeysGo::All(None),
    });
    append(inner, bucket, bucket.partition(), guards, event, None)
        .await
        .map(drop)
}

/// Step 3.
async fn empty_own(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    let own = Owner::from(bucket);
    let (_, failed) = finish::finish_all(inner, own).await?;
    if failed > 0 {
        return stays("a release of its partition is not finished");
    }
    judge::judge(inner, bucket, true)?;
    let ended = || vec![Guard::Equals(families::ended(), entry::present())];
    let mut from = Sequence(1);
    while let Some(chunk) = seal_left::next(inner, bucket, from)? {
        from = chunk.last.next();
        release(inner, bucket, own, ended(), &chunk.records, chunk.entries).await?;
    }
    Ok(())
}

/// Step 4.
async fn record(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let (epoch, raw) = newest_epoch(inner, bucket)?;
    let guards = vec![
        Guard::Equals(families::retired(uuid), entry::present()),
        Guard::Equals(families::bucket_by_uuid(uuid), entry::encode(bucket)),
        Guard::Equals(families::bucket_epoch(uuid), raw),
        Guard::Absent(families::destroyed(uuid)),
    ];
    let event = Event::EpochDestroyed(EpochDestroyed {
        epoch,
        goes: KeysGo::All(Some(NamelessBucket {
            partition: bucket.partition(),
            created: azekura_model::time::WallTime(bucket.created),
        })),
    });
    append(inner, bucket, CONFIGURATION, guards, event, None)
        .await
        .map(drop)
}

/// The number of the newest epoch, and its entry.
fn newest_epoch(inner: &Inner, bucket: &BucketEntry) -> Result<(u32, Bytes), Kept> {
    let key = families::bucket_epoch(bucket.uuid());
    match inner.get(CONFIGURATION, &key)? {
        Some(found) => {
            let number = entry::decode(&found.value).map_err(StoreError::from)?;
            Ok((number, found.value))
        }
        None => stays("nothing says how many epochs it has"),
    }
}

/// Records a release and does it.
async fn release(
    inner: &Inner,
    bucket: &BucketEntry,
    owner: Owner,
    guards: Vec<Guard>,
    records: &[Sequence],
    entries: Vec<(u16, Vec<u8>)>,
) -> Result<(), Kept> {
    let (event, list) = listing(records, entries);
    let appended = append(inner, bucket, owner.partition, guards, event, Some(&list)).await?;
    let hybrid = appended.hybrid;
    let position = appended.appended.committed.position;
    let proof = resume(position, list.erase, list.blobs)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    finish::finish(inner, owner, proof, hybrid, Deed::default())
        .await
        .map_err(Refused::unexpected)?;
    Ok(())
}

fn listing(records: &[Sequence], entries: Vec<(u16, Vec<u8>)>) -> (Event, ReleaseList) {
    let event = Event::Released(Released {
        key: String::new(),
        version: None,
        upload: None,
        parts: Vec::new(),
        upload_records: Vec::new(),
        last: false,
        entries: Some(entries),
    });
    let list = ReleaseList {
        erase: records.to_vec(),
        blobs: Vec::new(),
    };
    (event, list)
}

/// A durable record, with the time in its core.
struct Durable {
    appended: Appended,
    hybrid: azekura_model::time::HybridTime,
}

async fn append(
    inner: &Inner,
    bucket: &BucketEntry,
    partition: PartitionId,
    guards: Vec<Guard>,
    event: Event,
    list: Option<&ReleaseList>,
) -> Result<Durable, Kept> {
    let payload = list.map_or_else(Bytes::new, |list| Bytes::from(list.encode()));
    let hybrid = inner.clock.hybrid();
    let draft = Draft {
        tenant: bucket.tenant(),
        bucket: Some(bucket.uuid()),
        version: None,
        hybrid,
        content_bytes: 0,
        sealed_bytes: u64::try_from(payload.len()).unwrap_or(u64::MAX),
        payload,
        lock: Lock::default(),
        event,
    };
    let by = Requester::vault(TASK);
    let class = CommitClass::Essential;
    match inner.append(&by, partition, class, guards, draft).await {
        Ok(appended) => Ok(Durable { appended, hybrid }),
        Err(Refused::Guard(_)) => stays("something has changed meanwhile"),
        Err(Refused::Error(error)) => Err(error.into()),
    }
}
