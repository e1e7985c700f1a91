//! A fresh key for a bucket: an epoch opens while writes go on.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_record::epoch::EpochOpened;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::read;
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Draft, Inner, Refused};

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
        let full = || StoreError::InvalidArgument("there are no more epochs".to_owned());
        let epoch = bucket.epoch.checked_add(1).ok_or_else(full)?;
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
