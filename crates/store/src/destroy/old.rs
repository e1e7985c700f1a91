//! The key of an old epoch of a bucket is destroyed when no record is left that it seals.
//!
//! What an epoch seals names an object or holds a data key, and is erased with its version, upload or
//! key; all else of a bucket is under the tenant's key. So the epoch's key goes when every record under it
//! is erased, whatever kept it until then:
//!
//! 1. [`judge`]: a newer epoch is in use, and none of its records is there;
//! 2. *Epoch destroyed* in the bucket's partition: a commit that was sealed under it and comes later
//!    fails, and is sealed again under a newer one ([`Inner::append`]);
//! 3. [`judge`] again: what had come in between stays, and with it the key;
//! 4. settings that only *bucket created* has are said anew, if that holds the key;
//! 5. *Epoch destroyed* in the configuration, which says the bucket anew;
//! 6. a release of the record that holds the wrapped key, done after one more look, read back, *freed*.
//!    The key in memory is wiped.

mod used;

use azekura_engine::seam::Guard;
use azekura_model::ident::BucketUuid;
use azekura_model::position::Sequence;
use azekura_model::release::ReleaseProof;
use azekura_model::time::WallTime;
use azekura_record::bucket::BucketChanged;
use azekura_record::core::{Core, RecordKind};
use azekura_record::epoch::{EpochDestroyed, KeysGo, RestatedBucket};
use azekura_record::particulars::Event;

pub(crate) use self::used::freed_keys;
use self::used::{epochs_of, judge, nothing_left, unused};
use super::config::{epoch_of, holds_key, unfinished};
use super::judge::no_damage;
use super::seal_left::{entries, put_by};
use super::{Kept, append, listing, newest_epoch, stays};
use crate::bucket::{lifecycle::stored_days, read};
use crate::entry::{self, BucketEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIG, CONFIGURATION};
use crate::inner::{Inner, unchanged};
use crate::intent::Owner;
use crate::release::finish::{self, core_at};

/// Destroys the keys of old epochs of a bucket that lives, where nothing is left under them; goes on
/// with what was begun. Returns how many went. The keeper's lock is held, or nothing is served yet.
pub(crate) async fn destroy_old(inner: &Inner, bucket: &BucketEntry) -> Result<u64, StoreError> {
    let mut destroyed = match finish_begun(inner, bucket).await {
        Ok(finished) => finished,
        Err(kept) => return none(bucket, kept),
    };
    let unused = match unused(inner, bucket) {
        Ok(unused) => unused,
        Err(kept) => return none(bucket, kept),
    };
    for epoch in unused {
        match steps(inner, bucket, epoch).await {
            Ok(()) => {
                destroyed = destroyed.saturating_add(1);
                tracing::info!(bucket = %bucket.uuid(), epoch, "the key of an old epoch is destroyed");
            }
            Err(Kept::Error(error)) => return Err(error),
            Err(Kept::Stays(why)) => {
                tracing::debug!(bucket = %bucket.uuid(), epoch, %why, "the key of an old epoch stays");
            }
        }
    }
    Ok(destroyed)
}

/// Does what was left of a release of an old key, at the start.
pub(crate) async fn finish_old(inner: &Inner, bucket: &BucketEntry) -> Result<(), StoreError> {
    match finish_begun(inner, bucket).await {
        Ok(_) => Ok(()),
        Err(kept) => none(bucket, kept).map(drop),
    }
}

fn none(bucket: &BucketEntry, kept: Kept) -> Result<u64, StoreError> {
    match kept {
        Kept::Error(error) => Err(error),
        Kept::Stays(why) => {
            tracing::debug!(bucket = %bucket.uuid(), %why, "the keys of old epochs stay");
            Ok(0)
        }
    }
}

fn in_configuration(bucket: &BucketEntry) -> Owner {
    Owner {
        partition: CONFIGURATION,
        ..Owner::from(bucket)
    }
}

/// Does what a crash or a failure left of step 6. A bucket whose own keys are being destroyed is none of
/// this. Returns how many keys went.
pub(super) async fn finish_begun(inner: &Inner, bucket: &BucketEntry) -> Result<u64, Kept> {
    let mut finished = 0_u64;
    if super::is_recorded(inner, bucket)? {
        return Ok(finished);
    }
    let owner = in_configuration(bucket);
    for at in unfinished(inner, owner)? {
        finish::finish_again(inner, owner, at).await?;
        forget(inner, bucket)?;
        finished = finished.saturating_add(1);
    }
    Ok(finished)
}

/// Wipes keys in memory that the configuration has no more.
fn forget(inner: &Inner, bucket: &BucketEntry) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    for (epoch, _) in epochs_of(inner, families::destroyed_epochs(uuid))? {
        if inner
            .get(CONFIGURATION, &families::epoch(uuid, epoch))?
            .is_none()
        {
            inner.keys.forget_epoch(uuid, epoch);
        }
    }
    Ok(())
}

async fn steps(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let recorded = families::destroyed_epoch(uuid, epoch);
    if inner.get(CONFIGURATION, &recorded)?.is_none() {
        judge(inner, bucket, epoch)?;
        fence(inner, bucket, epoch).await?;
        judge(inner, bucket, epoch)?;
        restate_settings(inner, bucket, epoch).await?;
        record(inner, bucket, epoch).await?;
    }
    record_release(inner, bucket, epoch).await?;
    finish_begun(inner, bucket).await.map(drop)
}

/// Old epochs of a bucket whose keys are destroyed, or about to be, and the records that decided it.
pub(crate) fn destroyed_epochs(
    inner: &Inner,
    bucket: BucketUuid,
) -> Result<std::collections::BTreeMap<u32, Sequence>, StoreError> {
    epochs_of(inner, families::destroyed_epochs(bucket)).map_err(Kept::failed)
}

/// Step 2.
async fn fence(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let key = families::ended_epoch(epoch);
    if inner.get(bucket.partition(), &key)?.is_some() {
        return Ok(());
    }
    let event = Event::EpochDestroyed(EpochDestroyed {
        epoch,
        goes: KeysGo::One(None),
    });
    let guards = vec![Guard::Absent(key), Guard::Absent(families::closed())];
    append(inner, bucket, bucket.partition(), guards, event, None)
        .await
        .map(drop)
}

/// The record that holds the wrapped key of an epoch.
fn holder(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<Sequence, Kept> {
    let entry = inner.get(CONFIGURATION, &families::epoch(bucket.uuid(), epoch))?;
    let Some(at) = entry.map(|entry| entry.sequence) else {
        return stays("nothing says where its key is");
    };
    if epoch_of(inner, bucket, at)? != epoch {
        return stays("its key is not where the index says");
    }
    Ok(at)
}

/// Step 4. The settings of a bucket that were never changed stand in *bucket created* alone.
async fn restate_settings(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let key = families::bucket_settings(uuid);
    let Some(entry) = inner.get(CONFIGURATION, &key)? else {
        return stays("it has no settings");
    };
    if entry.sequence != holder(inner, bucket, epoch)? {
        return Ok(());
    }
    let settings = read::settings(inner, uuid)?;
    let (history_days, pending_history_days) = stored_days(&settings.history());
    let event = Event::BucketChanged(BucketChanged {
        name: bucket.name.clone(),
        versioning: settings.versioning().map_err(StoreError::from)?,
        history_days,
        pending_history_days,
    });
    let guards = vec![
        Guard::Equals(families::bucket(&bucket.name), entry::encode(bucket)),
        Guard::Equals(key, entry.value),
    ];
    append(inner, bucket, CONFIGURATION, guards, event, None)
        .await
        .map(drop)
}

/// Step 5.
async fn record(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let (_, newest) = newest_epoch(inner, bucket)?;
    let guards = vec![
        Guard::Equals(families::bucket(&bucket.name), entry::encode(bucket)),
        Guard::Equals(families::bucket_by_uuid(uuid), entry::encode(bucket)),
        Guard::Equals(families::bucket_epoch(uuid), newest),
        Guard::Absent(families::retired(uuid)),
        Guard::Absent(families::destroyed(uuid)),
        Guard::Absent(families::destroyed_epoch(uuid, epoch)),
    ];
    let event = Event::EpochDestroyed(EpochDestroyed {
        epoch,
        goes: KeysGo::One(Some(Box::new(RestatedBucket {
            partition: bucket.partition(),
            created: WallTime(bucket.created),
            name: bucket.name.clone(),
            location: bucket.location.clone(),
            regions: bucket.regions.clone(),
        }))),
    });
    append(inner, bucket, CONFIGURATION, guards, event, None)
        .await
        .map(drop)
}

/// Step 6, the record. It takes the wrapped key out of the index, and nothing else: all else that its
/// record put stands as a later one put it.
async fn record_release(inner: &Inner, bucket: &BucketEntry, epoch: u32) -> Result<(), Kept> {
    let uuid = bucket.uuid();
    let key = families::epoch(uuid, epoch);
    if inner.get(CONFIGURATION, &key)?.is_none() {
        return Ok(());
    }
    let at = holder(inner, bucket, epoch)?;
    let mut guards = vec![Guard::Equals(
        families::destroyed_epoch(uuid, epoch),
        entry::present(),
    )];
    let put: std::collections::BTreeSet<_> =
        put_by(inner, CONFIGURATION, at)?.into_iter().collect();
    for (family, bytes) in &put {
        let key = azekura_engine::seam::Key {
            family: azekura_engine::seam::Family(*family),
            bytes: bytes.clone().into(),
        };
        let found = inner.get(CONFIGURATION, &key)?.map(|entry| entry.value);
        guards.push(unchanged(key, found));
    }
    let gone = entries(inner, CONFIGURATION, put, &[at].into())?;
    let alone = gone.iter().all(|(family, bytes)| {
        *family == u16::from(CONFIG.0) && key.bytes.as_ref() == bytes.as_slice()
    });
    if gone.len() != 1 || !alone {
        return stays("something is said by the record of its key alone");
    }
    let (event, list) = listing(&[at], gone);
    append(inner, bucket, CONFIGURATION, guards, event, Some(&list))
        .await
        .map(drop)
}

/// The last look before a wrapped key of an old epoch becomes zeros. Read from the journal alone, and
/// refused at the first doubt.
pub(super) fn look(
    inner: &Inner,
    proof: &ReleaseProof,
    core: &Core,
    uuid: BucketUuid,
) -> Result<(), Kept> {
    let [at] = proof.erase() else {
        return stays("it lists more than one key");
    };
    let (listed, _) = core_at(inner, CONFIGURATION, *at)?;
    let own = listed.bucket == Some(uuid) && listed.tenant == core.tenant;
    if !own || !holds_key(listed.kind) || listed.epoch != 0 {
        return stays(format!("it lists record {at}, which is not its own"));
    }
    let entry = inner.get(CONFIGURATION, &families::bucket_by_uuid(uuid))?;
    let Some(entry) = entry.filter(|entry| entry.sequence != *at) else {
        return stays("the bucket is not said anew");
    };
    let bucket: BucketEntry = entry::decode(&entry.value).map_err(StoreError::from)?;
    let settings = inner.get(CONFIGURATION, &families::bucket_settings(uuid))?;
    if settings.is_none_or(|settings| settings.sequence == *at) {
        return stays("its settings are not said anew");
    }
    no_damage(inner, bucket.partition())?;
    let epoch = epoch_released(inner, proof.record().sequence, uuid)?;
    let epoch = match (epoch, core_at(inner, CONFIGURATION, *at)?.1.particulars) {
        // Its own particulars are erased last: while they are gone, so is the key.
        (None, azekura_engine::seam::Part::Erased) => return Ok(()),
        (None, _) => return stays("it does not say which epoch goes"),
        (Some(epoch), azekura_engine::seam::Part::Present(_)) => {
            if epoch_of(inner, &bucket, *at)? != epoch {
                return stays(format!(
                    "record {at} does not hold the key of epoch {epoch}"
                ));
            }
            epoch
        }
        // Being erased, and nothing but such a release can have begun that.
        (Some(epoch), _) => epoch,
    };
    if listed.kind == RecordKind::BucketCreated && epoch != 1 {
        return stays("it lists the record of the first epoch");
    }
    let said = [
        (CONFIGURATION, families::destroyed_epoch(uuid, epoch)),
        (bucket.partition(), families::ended_epoch(epoch)),
    ];
    for (partition, key) in said {
        if inner.get(partition, &key)?.is_none() {
            return stays("the destruction of the key is not recorded");
        }
    }
    nothing_left(inner, &bucket, epoch)
}

/// The epoch whose key a release takes out of the index; `None` = its particulars are erased, or half.
fn epoch_released(inner: &Inner, at: Sequence, uuid: BucketUuid) -> Result<Option<u32>, Kept> {
    let Ok((_, opened)) = inner.record(CONFIGURATION, at) else {
        return Ok(None);
    };
    let Event::Released(released) = opened.particulars.event else {
        return stays("it is no release");
    };
    let entries = released.entries.unwrap_or_default();
    let [(family, bytes)] = entries.as_slice() else {
        return stays("it takes more than a key out of the index");
    };
    let number = bytes
        .strip_prefix(families::epochs(uuid).as_slice())
        .filter(|_| *family == u16::from(CONFIG.0))
        .and_then(|_| families::epoch_number(bytes));
    match number {
        Some(epoch) => Ok(Some(epoch)),
        None => stays("it takes no key of the bucket out of the index"),
    }
}
