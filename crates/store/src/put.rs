//! PUT of an object: place → seal → write → commit → acknowledge.
//!
//! Each stage takes a value that only the stage before can make. Nothing is visible before the
//! commit, and nothing is acknowledged before the commit is durable.

use std::sync::Arc;

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket::Versioning;
use azekura_model::condition::Conditions;
use azekura_model::ident::{PayloadId, VersionId};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::placement::{Placement, place};
use azekura_model::release::BlobId;
use azekura_model::requester::Requester;
use azekura_model::time::WallTime;
use azekura_record::particulars::Event;
use azekura_record::version::{Payload, Version};
use bytes::Bytes;

use crate::acl;
use crate::body::{Body, Claims};
use crate::bucket::object_lock::may_make_null;
use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::families;
use crate::inner::{Draft, Inner, Refused};
use crate::intake::{Intake, Received, Sealed, Sealing, SealingKey};
use crate::intent::{Announced, Owner};
use crate::lock_default::{Asked, NewObject, initial_lock};
use crate::object::{Attributes, PutOutcome, PutRequest};
use crate::retention::ledger;
use crate::seal::data_key::{ContentSeal, KeyOf};
use crate::slot::read_slot;
use crate::upload::PUT_BYTES_MAX;
use crate::volume;

/// Stores one version.
pub(crate) async fn put(
    inner: &Arc<Inner>,
    by: &Authorized,
    bucket: &BucketName,
    mut request: PutRequest,
) -> Result<PutOutcome, StoreError> {
    let placed = placed(inner, bucket)?;
    request.attributes.headers = acl::kept(inner, placed.bucket.tenant, &mut request.attributes)?;
    let by = by.requester();
    let seal = inner.keys.content_seal(placed.bucket.tenant)?;
    judge_early(inner, by, &placed, &request)?;
    let written = sealed_and_written(inner, by, placed, request.body, request.claims).await?;
    // As it is now: an upload may take hours, and a version that replaces the `null` one must not
    // come out of a time before versioning was enabled.
    let versioning = read::versioning(inner, written.placed.bucket.uuid)?;
    let asked = Asked::Now(request.lock);
    let key = (&request.key, &seal);
    let version = written.version(inner, key, request.attributes, (versioning, asked))?;
    let committed = commit(inner, by, written, version, &request.conditions).await?;
    Ok(acknowledge(committed))
}

/// A bucket whose bytes may lie in this region.
pub(crate) struct Placed {
    pub(crate) bucket: Bucket,
    /// Held as long as bytes are on their way.
    _placement: Placement,
}

/// Applies the residency rule.
pub(crate) fn placed(inner: &Inner, name: &BucketName) -> Result<Placed, StoreError> {
    let open = read::open(inner, name)?;
    let placement = place(&open.residency, &inner.region)
        .map_err(|refused| StoreError::NotPlaced(refused.to_string()))?;
    Ok(Placed {
        bucket: open.bucket,
        _placement: placement,
    })
}

/// Refuses before the body is read what would be refused after it. The commit judges again.
fn judge_early(
    inner: &Inner,
    by: &Requester,
    placed: &Placed,
    request: &PutRequest,
) -> Result<(), StoreError> {
    let (key, attributes) = (&request.key, &request.attributes);
    let object = NewObject {
        key: key.as_str(),
        tags: &attributes.tags,
        metadata: &attributes.metadata,
    };
    initial_lock(inner, by, &placed.bucket, object, Asked::Now(request.lock))?;
    let bytes = request.claims.bytes.unwrap_or(0);
    volume::room(inner, placed.bucket.tenant, bytes)?;
    if request.conditions.is_empty() {
        return Ok(());
    }
    let slot = read_slot(inner, placed.bucket.partition, key.as_str())?;
    Ok(request.conditions.judge_write(slot.etag())?)
}

/// Content verified, sealed, and, where a blob holds it, durable. Nothing names it yet.
struct Written {
    placed: Placed,
    received: Received,
    announced: Announced,
}

async fn sealed_and_written(
    inner: &Arc<Inner>,
    by: &Requester,
    placed: Placed,
    body: Body,
    claims: Claims,
) -> Result<Written, StoreError> {
    let announced = Announced::none(inner, Owner::from(&placed.bucket));
    let ids = Arc::clone(&inner.ids);
    let sealing = Sealing {
        bucket: placed.bucket.uuid,
        key: SealingKey::Fresh {
            begin: Box::new(move || ids.version().into()),
        },
    };
    let announce = |payload: PayloadId| {
        let blob = BlobId {
            intent: payload.0,
            attempt: payload.0,
        };
        announced.announce(by, blob, Vec::new())
    };
    let received = Intake::of(inner)
        .receive(sealing, body, claims, PUT_BYTES_MAX, announce)
        .await?;
    Ok(Written {
        placed,
        received,
        announced,
    })
}

impl Written {
    /// The version to be, but for what is decided at commit.
    fn version(
        &self,
        inner: &Inner,
        (key, seal): (&ObjectKey, &ContentSeal),
        attributes: Attributes,
        (versioning, asked): (Versioning, Asked),
    ) -> Result<NewVersion, StoreError> {
        let received = &self.received;
        let no_key = || StoreError::Internal("a payload without a key".to_owned());
        let data_key = || {
            let key = received.data_key.as_ref().ok_or_else(no_key)?;
            let of = KeyOf::Payload(received.payload);
            Ok::<_, StoreError>(seal.wrap(key, of, self.placed.bucket.uuid)?)
        };
        let id = match &received.sealed {
            // An upload may take hours. Versions stand in the order in which they were acknowledged,
            // so this one is named now, and its payload keeps the name of the blob.
            Sealed::Blob { .. } => inner.ids.version(),
            Sealed::Empty | Sealed::Inline(_) => VersionId(received.payload.0),
        };
        let (payload, inline, sealed_bytes) = match &received.sealed {
            Sealed::Empty => (Payload::Empty, Bytes::new(), 0),
            Sealed::Inline(bytes) => (
                Payload::Inline {
                    data_key: data_key()?,
                },
                bytes.clone(),
                u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            ),
            Sealed::Blob { blob, sealed_bytes } => (
                Payload::Blob {
                    blob: *blob,
                    data_key: data_key()?,
                },
                Bytes::new(),
                *sealed_bytes,
            ),
        };
        let digests = &received.digests;
        Ok(NewVersion {
            id,
            content_bytes: digests.bytes,
            sealed_bytes,
            inline,
            asked,
            version: Version {
                key: key.as_str().to_owned(),
                null: versioning.makes_null(),
                superseded: false,
                sha256: digests.sha256,
                etag: azekura_model::checksum::ETag {
                    md5: digests.md5,
                    parts: None,
                },
                checksums: digests.checksums.clone(),
                headers: attributes.headers,
                metadata: attributes.metadata,
                tags: attributes.tags,
                payload,
                upload: None,
            },
        })
    }
}

/// A version ready to be committed.
pub(crate) struct NewVersion {
    pub(crate) id: VersionId,
    pub(crate) content_bytes: u64,
    pub(crate) sealed_bytes: u64,
    pub(crate) inline: Bytes,
    /// What the lock headers ask for; the lock itself is worked out at commit.
    pub(crate) asked: Asked,
    pub(crate) version: Version,
}

/// A durable version.
pub(crate) struct Stored {
    new: NewVersion,
    modified: WallTime,
}

async fn commit(
    inner: &Inner,
    by: &Requester,
    written: Written,
    version: NewVersion,
    conditions: &Conditions,
) -> Result<Stored, StoreError> {
    let bucket = &written.placed.bucket;
    let guards: Vec<Guard> = written.announced.guard().into_iter().collect();
    let stored = commit_version(inner, by, bucket, version, conditions, guards).await;
    match stored {
        Ok(stored) => {
            written.announced.named();
            Ok(stored)
        }
        Err(NotStored::Fenced) => Err(StoreError::Internal(
            "the intent of the upload was withdrawn".to_owned(),
        )),
        Err(NotStored::Error(error)) => Err(error),
    }
}

/// Why a version was not committed.
pub(crate) enum NotStored {
    /// A guard of the caller did not hold.
    Fenced,
    /// Anything else.
    Error(StoreError),
}

impl<E: Into<StoreError>> From<E> for NotStored {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Commits a version. Conditions are judged on what is current at the commit: the slot is read,
/// judged, and guarded; when it changed in between, it is read and judged again.
pub(crate) async fn commit_version(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
    mut new: NewVersion,
    conditions: &Conditions,
    guards: Vec<Guard>,
) -> Result<Stored, NotStored> {
    let partition = bucket.partition;
    loop {
        let slot = read_slot(inner, partition, &new.version.key)?;
        conditions.judge_write(slot.etag())?;
        let order = slot.order(inner, partition, new.id, new.version.null)?;
        if order.superseded && !conditions.is_empty() {
            return Err(StoreError::Conflict.into());
        }
        new.version.superseded = order.superseded;
        let object = NewObject {
            key: &new.version.key,
            tags: &new.version.tags,
            metadata: &new.version.metadata,
        };
        let lock = initial_lock(inner, by, bucket, object, new.asked)?;
        let booked = ledger::book_new(inner, by, &lock, new.content_bytes)?;
        let mut all = guards.clone();
        let own = all.len();
        all.push(Guard::Absent(families::closed()));
        if new.version.null {
            // Where locks are, no `null` version is made any more (facts D14).
            all.push(Guard::Absent(families::locks()));
        }
        all.extend(slot.guards());
        all.extend(order.guards);
        let draft = Draft {
            tenant: bucket.tenant,
            bucket: Some(bucket.uuid),
            version: Some(new.id),
            // When it is committed, not when its upload began: moments of the past are cut by it.
            hybrid: inner.clock.hybrid(),
            content_bytes: new.content_bytes,
            sealed_bytes: new.sealed_bytes,
            lock,
            payload: new.inline.clone(),
            event: Event::Version(Box::new(new.version.clone())),
        };
        let volume = volume::book(inner, bucket, new.content_bytes).await?;
        let appended = inner
            .append(by, partition, CommitClass::Data, all, draft)
            .await;
        if appended.is_err() {
            volume.give_back(inner);
        }
        match appended {
            Ok(appended) => {
                booked.keep();
                let modified = appended.wall;
                return Ok(Stored { new, modified });
            }
            Err(Refused::Guard(index)) if index < own => return Err(NotStored::Fenced),
            Err(Refused::Guard(index)) if index == own => {
                return Err(closed(inner, bucket).into());
            }
            Err(Refused::Guard(_)) => {
                // Object lock may have been enabled meanwhile, and versioning before that.
                new.version.null &= may_make_null(inner, bucket)?;
            }
            Err(Refused::Error(error)) => return Err(error.into()),
        }
    }
}

/// Why a write met a closed bucket: it is gone, or just being deleted.
pub(crate) fn closed(inner: &Inner, bucket: &Bucket) -> StoreError {
    match read::is_retired(inner, bucket.uuid) {
        Ok(true) => StoreError::NoSuchBucket,
        Ok(false) => StoreError::Conflict,
        Err(error) => error,
    }
}

/// The answer, from a durable version only.
pub(crate) fn acknowledge(stored: Stored) -> PutOutcome {
    let Stored { new, modified } = stored;
    PutOutcome {
        version: new.id,
        null: new.version.null,
        etag: new.version.etag,
        checksums: new.version.checksums,
        bytes: new.content_bytes,
        modified,
    }
}
