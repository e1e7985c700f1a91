//! A fresh key for a bucket: an epoch opens while writes go on.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_record::epoch::EpochOpened;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::{Bucket, read};
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Draft, Inner, Refused};

/// The next number. Where damage took the record of an epoch, a number that has ended is not opened
/// again: nothing could be sealed under it.
fn next_epoch(inner: &Inner, bucket: &Bucket) -> Result<u32, StoreError> {
    let mut epoch = bucket.epoch;
    loop {
        let full = || StoreError::InvalidArgument("there are no more epochs".to_owned());
        epoch = epoch.checked_add(1).ok_or_else(full)?;
        let destroyed = families::destroyed_epoch(bucket.uuid, epoch);
        let ended = families::ended_epoch(epoch);
        let used = inner.get(CONFIGURATION, &destroyed)?.is_some()
            || inner.get(bucket.partition, &ended)?.is_some();
        if !used {
            return Ok(epoch);
        }
    }
}

/// Opens the next epoch; returns its number. What is sealed from then on is sealed under its key, what
/// was sealed before stays as it is, and an upload keeps the data key that it was begun with.
///
/// The key is in use only once its record is durable: a record sealed under a key that a crash takes
/// away could never be opened again.
pub(crate) async fn rotate_epoch(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
) -> Result<u32, StoreError> {
    loop {
        let open = read::open(inner, name)?;
        let bucket = &open.bucket;
        let epoch = next_epoch(inner, bucket)?;
        let keys = &inner.keys;
        let wrapped_key = keys.draw_bucket_key(bucket.tenant, bucket.uuid, epoch)?;
        let draft = Draft {
            tenant: bucket.tenant,
            bucket: Some(bucket.uuid),
            version: None,
            hybrid: inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            payload: Bytes::new(),
            event: Event::EpochOpened(EpochOpened {
                epoch,
                wrapped_key: wrapped_key.clone(),
            }),
        };
        // Of two that rotate at once one draws again; a retired bucket opens no epoch.
        let guards = vec![
            Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
            Guard::Equals(
                families::bucket_epoch(bucket.uuid),
                entry::encode(&bucket.epoch),
            ),
        ];
        let appended = inner
            .append(
                by.requester(),
                CONFIGURATION,
                CommitClass::Data,
                guards,
                draft,
            )
            .await;
        match appended {
            Ok(_) => {
                keys.learn_epoch(bucket.uuid, bucket.tenant, epoch, &wrapped_key)?;
                return Ok(epoch);
            }
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}
