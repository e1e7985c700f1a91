//! Settings of a bucket.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::ConfigurationKind;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_record::bucket::BucketChanged;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::lifecycle::stored_days;
use crate::bucket::object_lock::has_locks;
use crate::bucket::read;
use crate::entry::{self, BucketSettings};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Draft, Inner, Refused};

/// Sets versioning. A bucket that was versioned once never becomes unversioned again.
pub(crate) async fn put_versioning(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    versioning: Versioning,
) -> Result<(), StoreError> {
    loop {
        let open = read::open(inner, name)?;
        let bucket = &open.bucket;
        if bucket.versioning == versioning {
            return Ok(());
        }
        if versioning == Versioning::Unversioned {
            let why = "versioning can be suspended, not taken back".to_owned();
            return Err(StoreError::InvalidArgument(why));
        }
        // Looked at before the commit, which fails if object lock is enabled behind the look: it is
        // guarded by that setting's absence, and the setting by versioning being enabled.
        if versioning.makes_null() && has_locks(inner, bucket.partition)? {
            return Err(StoreError::InvalidBucketState(
                "versioning cannot be suspended on a bucket with object lock".to_owned(),
            ));
        }
        let before = entry::encode(&BucketSettings::new(bucket.versioning, &bucket.history));
        let mut guards = vec![
            Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
            Guard::Equals(families::bucket_settings(bucket.uuid), before),
        ];
        if versioning.makes_null() {
            let lock = ConfigurationKind::ObjectLock;
            guards.push(Guard::Absent(families::bucket_config(bucket.uuid, lock)));
        }
        let (history_days, pending_history_days) = stored_days(&bucket.history);
        let draft = Draft {
            tenant: bucket.tenant,
            bucket: Some(bucket.uuid),
            version: None,
            hybrid: inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            payload: Bytes::new(),
            event: Event::BucketChanged(BucketChanged {
                name: name.as_str().to_owned(),
                versioning,
                history_days,
                pending_history_days,
            }),
        };
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
            Ok(_) => return Ok(()),
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}
