//! What a record means to the index. One pure function, [`mutations`], serves both sides: it fills
//! every commit, and it replays the journal. So the index can always be rebuilt to the same content.

mod keeper;
mod request;
mod tenants;

use std::sync::Arc;

use azekura_engine::seam::{
    Mutations, Part, Project, ProjectError, ReadError, ReadView, StoredRecord,
};
use azekura_model::cooling::{Cooling, HistoryDays, Pending};
use azekura_model::ident::{BucketUuid, UploadId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use azekura_record::bucket::{BucketChanged, BucketCreated};
use azekura_record::configured::{BucketConfigured, StoredSetting};
use azekura_record::core::{Core, RecordKind};
use azekura_record::epoch::{EpochDestroyed, EpochOpened, KeysGo, RestatedBucket};
use azekura_record::error::DecodeError;
use azekura_record::hidden::{CurrentChange, VersionHidden};
use azekura_record::marker::DeleteMarker;
use azekura_record::part::PartStored;
use azekura_record::particulars::{Event, Particulars};
use azekura_record::summary::Summary;
use azekura_record::upload::UploadStarted;
use azekura_record::version::{Payload, Version};
use bytes::Bytes;

use crate::bucket::configure;
use crate::clock::Clock;
use crate::entry::{
    self, BucketEntry, BucketSettings, DoneEntry, EpochEntry, LockEntry, PartEntry, Slotted,
    TenantEntry, UploadEntry,
};
use crate::families::{self, Amendment, BlobState, CONFIG, CONFIGURATION};
use crate::keys::{Contents, Keys};
use crate::released;
use crate::seal::record::{Unopened, open_core, open_record};

/// A record without its commitment to anything: what happened, to whom, when.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// Partition of the record.
    pub partition: PartitionId,
    /// Core; its commitment is not read.
    pub core: &'a Core,
    /// Event.
    pub event: &'a Event,
}

/// A core lacks what its kind needs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the core of a {0} record lacks its {1}")]
pub struct Incomplete(&'static str, &'static str);

/// The changes to the index that a record means.
///
/// # Errors
/// [`Incomplete`] when the core does not name the bucket or version that its kind is about.
pub fn mutations(happened: Happened<'_>) -> Result<Mutations, Incomplete> {
    let core = happened.core;
    let mut out = Mutations::default();
    match happened.event {
        Event::TenantCreated(tenant) => tenants::created(core, tenant, &mut out),
        Event::TenantResealed(seal) => tenants::resealed(core, seal, &mut out),
        Event::EpochOpened(epoch) => epoch_opened(core, epoch, &mut out)?,
        Event::BucketCreated(bucket) => bucket_created(core, bucket, &mut out)?,
        Event::BucketChanged(change) => bucket_changed(happened, change, &mut out)?,
        Event::BucketRetired(retired) => {
            if happened.partition == CONFIGURATION {
                let uuid = core.bucket.ok_or(Incomplete("bucket", "bucket"))?;
                out.deletes.push(families::bucket(&retired.name));
                out.puts.push((families::retired(uuid), entry::present()));
            } else {
                out.puts.push((families::closed(), entry::present()));
            }
        }
        Event::BucketConfigured(configured) => bucket_configured(happened, configured, &mut out)?,
        Event::ClockTick(_) => out.puts.push((families::clock(), entry::present())),
        Event::Version(version) => version_stored(core, version, &mut out)?,
        Event::DeleteMarker(marker) => marker_made(core, marker, &mut out)?,
        Event::VersionHidden(hidden) => version_hidden(core, hidden, &mut out),
        Event::BlobIntent(intent) => {
            let key = families::blob(BlobState::Open, intent.blob);
            out.puts.push((key, entry::present()));
        }
        Event::IntentWithdrawn(intent) => {
            out.deletes
                .push(families::blob(BlobState::Open, intent.blob));
            out.deletes
                .push(families::blob(BlobState::Part, intent.blob));
            let key = families::blob(BlobState::Fenced, intent.blob);
            out.puts.push((key, entry::present()));
        }
        Event::UploadStarted(upload) => upload_started(core, upload, &mut out),
        Event::PartStored(part) => part_stored(core, part, &mut out),
        Event::UploadAborted(aborted) => {
            out.deletes
                .push(families::upload(&aborted.key, aborted.upload));
            upload_record(core, aborted.upload, &mut out);
            out.puts.push((
                families::upload_done(aborted.upload),
                entry::encode(&DoneEntry::new(&aborted.key, None)),
            ));
        }
        Event::VersionTagged(tagged) => amended(core, Amendment::Tags, &tagged.key, &mut out)?,
        Event::AclChanged(changed) => amended(core, Amendment::Acl, &changed.key, &mut out)?,
        Event::VersionLocked(_) => {
            let version = core.version.ok_or(Incomplete("lock", "version"))?;
            lock_given(core, version, &core.lock, &mut out);
        }
        Event::LocksChanged(changed) => {
            let locks = changed.locks.iter();
            locks.for_each(|(version, lock)| lock_given(core, *version, lock, &mut out));
        }
        Event::EpochDestroyed(destroyed) => keys_destroyed(happened, destroyed, &mut out)?,
        Event::IdentityChanged(changed) => tenants::identity_changed(core, changed, &mut out),
        keeper => keeper::mutations(keeper, core, &mut out),
    }
    Ok(out)
}

fn epoch_opened(core: &Core, epoch: &EpochOpened, out: &mut Mutations) -> Result<(), Incomplete> {
    let uuid = core.bucket.ok_or(Incomplete("epoch", "bucket"))?;
    out.puts.push((
        families::epoch(uuid, epoch.epoch),
        entry::encode(&EpochEntry {
            tenant: core.tenant.0,
            bucket: uuid.0,
            number: epoch.epoch,
            wrapped_key: epoch.wrapped_key.clone(),
        }),
    ));
    out.puts
        .push((families::bucket_epoch(uuid), entry::encode(&epoch.epoch)));
    Ok(())
}

/// The keys of a bucket go (see `destroy.rs`). In its own partition nothing is sealed any more; in the
/// configuration, what is left of it stands here, and nowhere else once its other records are erased.
fn keys_destroyed(
    happened: Happened<'_>,
    destroyed: &EpochDestroyed,
    out: &mut Mutations,
) -> Result<(), Incomplete> {
    let core = happened.core;
    let uuid = core.bucket.ok_or(Incomplete("epoch", "bucket"))?;
    let bucket = match &destroyed.goes {
        KeysGo::All(Some(bucket)) => bucket,
        KeysGo::All(None) => {
            out.puts.push((families::closed(), entry::present()));
            out.puts.push((families::ended(), entry::present()));
            return Ok(());
        }
        KeysGo::One(restated) => {
            key_destroyed(core, uuid, destroyed.epoch, restated.as_deref(), out);
            return Ok(());
        }
    };
    let nameless = entry::encode(&BucketEntry {
        name: String::new(),
        uuid: uuid.0,
        tenant: core.tenant.0,
        partition: bucket.partition.0,
        location: String::new(),
        created: bucket.created.0,
        regions: Vec::new(),
    });
    out.puts.push((families::bucket_by_uuid(uuid), nameless));
    out.puts.push((families::retired(uuid), entry::present()));
    out.puts.push((families::destroyed(uuid), entry::present()));
    Ok(())
}

/// The key of an old epoch goes (see `destroy/old.rs`).
fn key_destroyed(
    core: &Core,
    uuid: BucketUuid,
    epoch: u32,
    restated: Option<&RestatedBucket>,
    out: &mut Mutations,
) {
    let Some(bucket) = restated else {
        out.puts
            .push((families::ended_epoch(epoch), entry::present()));
        return;
    };
    let said = BucketEntry {
        name: bucket.name.clone(),
        uuid: uuid.0,
        tenant: core.tenant.0,
        partition: bucket.partition.0,
        location: bucket.location.clone(),
        created: bucket.created.0,
        regions: bucket.regions.clone(),
    };
    bucket_said(uuid, &said, out);
    out.puts
        .push((families::destroyed_epoch(uuid, epoch), entry::present()));
}

/// What finds a bucket, by its name and by its identity.
fn bucket_said(uuid: BucketUuid, bucket: &BucketEntry, out: &mut Mutations) {
    let value = entry::encode(bucket);
    out.puts
        .push((families::bucket(&bucket.name), value.clone()));
    out.puts.push((families::bucket_by_uuid(uuid), value));
}

fn bucket_created(
    core: &Core,
    bucket: &BucketCreated,
    out: &mut Mutations,
) -> Result<(), Incomplete> {
    let uuid = core.bucket.ok_or(Incomplete("bucket", "bucket"))?;
    let said = BucketEntry {
        name: bucket.name.clone(),
        uuid: uuid.0,
        tenant: core.tenant.0,
        partition: bucket.partition.0,
        location: bucket.location.clone(),
        created: core.wall.0,
        regions: bucket.regions.clone(),
    };
    bucket_said(uuid, &said, out);
    out.puts.push((
        families::bucket_settings(uuid),
        entry::encode(&BucketSettings::new(
            bucket.versioning,
            &Cooling::settled(HistoryDays(bucket.history_days)),
        )),
    ));
    let first = EpochOpened {
        epoch: 1,
        wrapped_key: bucket.wrapped_key.clone(),
    };
    epoch_opened(core, &first, out)
}

fn bucket_changed(
    happened: Happened<'_>,
    change: &BucketChanged,
    out: &mut Mutations,
) -> Result<(), Incomplete> {
    let uuid = happened.core.bucket.ok_or(Incomplete("bucket", "bucket"))?;
    let pending = change.pending_history_days.map(|(acts_at, days)| Pending {
        value: HistoryDays(days),
        acts_at,
    });
    let history = Cooling::stored(HistoryDays(change.history_days), pending);
    if happened.partition == CONFIGURATION {
        out.puts.push((
            families::bucket_settings(uuid),
            entry::encode(&BucketSettings::new(change.versioning, &history)),
        ));
    } else {
        // In the bucket's own partition it takes the closing back (see `bucket/retire.rs`).
        out.deletes.push(families::closed());
    }
    Ok(())
}

/// A cleared sub-resource has an entry too: S3 tells it from one that was never set.
fn bucket_configured(
    happened: Happened<'_>,
    configured: &BucketConfigured,
    out: &mut Mutations,
) -> Result<(), Incomplete> {
    let core = happened.core;
    if happened.partition != CONFIGURATION {
        // In the bucket's own partition it says that locks are there (see `bucket/object_lock.rs`).
        if matches!(configured.setting, StoredSetting::ObjectLock(_)) {
            out.puts.push((families::locks(), entry::present()));
        }
        return Ok(());
    }
    let uuid = core.bucket.ok_or(Incomplete("bucket", "bucket"))?;
    let kind = configure::kind_of(&configured.setting);
    out.puts.push((
        families::bucket_config(uuid, kind),
        Bytes::from(configured.setting.encode()),
    ));
    Ok(())
}

fn version_summary(core: &Core, version: &Version) -> Result<Summary, Incomplete> {
    let id = core.version.ok_or(Incomplete("version", "version"))?;
    Ok(Summary {
        version: id,
        null: version.null,
        marker: false,
        hidden: false,
        content_bytes: core.content_bytes,
        etag: version.etag,
        modified: core.wall,
        checksum: version
            .checksums
            .first()
            .map(|checksum| (checksum.algorithm, checksum.kind)),
        at: None,
    })
}

/// A slot written by the version's own record, stamped with the time of its commit.
fn slot(core: &Core, summary: Summary) -> Slotted {
    let late = core.hybrid != summary.version.hybrid_time();
    Slotted {
        summary,
        stamp: late.then_some(core.hybrid),
    }
}

fn version_stored(core: &Core, version: &Version, out: &mut Mutations) -> Result<(), Incomplete> {
    let summary = version_summary(core, version)?;
    let key = &version.key;
    out.puts.push((
        families::history(key, summary.version),
        Bytes::from(summary.encode()),
    ));
    let id = summary.version;
    if !core.lock.is_empty() {
        lock_given(core, id, &core.lock, out);
    }
    if version.superseded {
        out.puts
            .push((families::stamp(key), entry::stamp(core.hybrid)));
    } else {
        out.puts
            .push((families::current(key), slot(core, summary).encode()));
    }
    let intent = version.upload.map(|upload| upload.0);
    match &version.payload {
        Payload::Empty | Payload::Inline { .. } => {}
        Payload::Blob { blob, .. } => blob_named(BlobState::Open, *blob, out),
        Payload::Parts { parts, .. } => {
            for part in parts.iter().filter(|part| part.inline_at.is_none()) {
                let blob = BlobId {
                    intent: intent.ok_or(Incomplete("version", "upload"))?,
                    attempt: part.attempt.0,
                };
                blob_named(BlobState::Part, blob, out);
            }
            if let Some(upload) = version.upload {
                let numbers = parts.iter().map(|part| part.number);
                out.deletes
                    .extend(numbers.map(|number| families::part(upload, number)));
            }
        }
    }
    if let Some(upload) = version.upload {
        out.deletes.push(families::upload(key, upload));
        out.puts.push((
            families::upload_done(upload),
            entry::encode(&DoneEntry::new(key, Some(id))),
        ));
    }
    Ok(())
}

fn blob_named(before: BlobState, blob: BlobId, out: &mut Mutations) {
    out.deletes.push(families::blob(before, blob));
    out.puts
        .push((families::blob(BlobState::Named, blob), entry::present()));
}

fn marker_made(core: &Core, marker: &DeleteMarker, out: &mut Mutations) -> Result<(), Incomplete> {
    let summary = Summary {
        version: core.version.ok_or(Incomplete("marker", "version"))?,
        null: marker.null,
        marker: true,
        hidden: false,
        content_bytes: 0,
        etag: azekura_model::checksum::ETag {
            md5: [0; 16],
            parts: None,
        },
        modified: core.wall,
        checksum: None,
        at: None,
    };
    let key = &marker.key;
    out.puts.push((
        families::history(key, summary.version),
        Bytes::from(summary.encode()),
    ));
    if marker.superseded {
        out.puts
            .push((families::stamp(key), entry::stamp(core.hybrid)));
    } else {
        out.deletes.push(families::current(key));
        out.puts
            .push((families::vacated(key), slot(core, summary).encode()));
    }
    Ok(())
}

fn version_hidden(core: &Core, hidden: &VersionHidden, out: &mut Mutations) {
    let key = &hidden.key;
    out.puts.push((
        families::history(key, hidden.target.version),
        Bytes::from(hidden.target.encode()),
    ));
    out.puts
        .push((families::stamp(key), entry::stamp(core.hybrid)));
    let slot = |summary: &Summary| {
        let slot = Slotted {
            summary: summary.clone(),
            stamp: Some(core.hybrid),
        };
        slot.encode()
    };
    match &hidden.current {
        CurrentChange::Stays => {}
        CurrentChange::Cleared => {
            out.deletes.push(families::current(key));
            out.puts
                .push((families::vacated(key), slot(&hidden.target)));
        }
        CurrentChange::Becomes(summary) if summary.marker => {
            out.deletes.push(families::current(key));
            out.puts.push((families::vacated(key), slot(summary)));
        }
        CurrentChange::Becomes(summary) => {
            out.puts.push((families::current(key), slot(summary)));
        }
    }
}

/// The lock state that a version has from now on. Written even when nothing keeps it any more, so that
/// the state before never comes back.
fn lock_given(core: &Core, version: VersionId, lock: &Lock, out: &mut Mutations) {
    let entry = LockEntry {
        stamp: core.hybrid,
        lock: lock.clone(),
    };
    out.puts.push((families::lock(version), entry.encode()));
}

fn amended(
    core: &Core,
    amendment: Amendment,
    object: &str,
    out: &mut Mutations,
) -> Result<(), Incomplete> {
    let version = core.version.ok_or(Incomplete("amendment", "version"))?;
    out.puts.push((
        families::amendment(amendment, object, version),
        entry::stamp(core.hybrid),
    ));
    Ok(())
}

fn upload_record(core: &Core, upload: UploadId, out: &mut Mutations) {
    let key = families::upload_record(upload, core.hybrid);
    out.puts.push((key, entry::present()));
}

fn upload_started(core: &Core, upload: &UploadStarted, out: &mut Mutations) {
    upload_record(core, upload.upload, out);
    out.puts.push((
        families::upload(&upload.key, upload.upload),
        entry::encode(&UploadEntry::new(core.wall, upload.checksum)),
    ));
}

fn part_stored(core: &Core, part: &PartStored, out: &mut Mutations) {
    upload_record(core, part.upload, out);
    out.puts.push((
        families::part(part.upload, part.number),
        entry::encode(&PartEntry::new(part, core.content_bytes, core.wall)),
    ));
    if !part.inline && core.content_bytes > 0 {
        let blob = BlobId {
            intent: part.upload.0,
            attempt: part.attempt.0,
        };
        out.deletes.push(families::blob(BlobState::Open, blob));
        out.puts
            .push((families::blob(BlobState::Part, blob), entry::present()));
    }
}

/// The changes to the index that a record means whose particulars were erased.
#[must_use]
pub fn erased_mutations(core: &Core) -> Mutations {
    let mut out = Mutations::default();
    if core.kind == RecordKind::Released {
        keeper::erased_release(core, &mut out);
    }
    out
}

/// Replays records into the index. Learns wrapped keys and times as it goes, so that later records
/// can be opened and the clocks never go back.
pub struct Projector {
    keys: Arc<Keys>,
    clock: Arc<Clock>,
}

impl Projector {
    /// A projector that fills the given keys and clock.
    #[must_use]
    pub fn new(keys: Arc<Keys>, clock: Arc<Clock>) -> Self {
        Self { keys, clock }
    }

    /// A record whose particulars were erased means nothing more to the index: what it put is gone. Of
    /// a release, what needs no name still holds, so that an unfinished one is found.
    fn project_erased(&self, record: &StoredRecord) -> Result<Mutations, ProjectError> {
        let core = Core::decode(&record.core).map_err(|error| match error {
            DecodeError::Newer(what) => ProjectError::Newer(what),
            other => unreadable(&other),
        })?;
        self.clock.observe(core.hybrid, core.wall, core.compliance);
        Ok(erased_mutations(&core))
    }

    /// A lock whose reason and requester cannot be read counts all the same: its core has all of it.
    fn project_lock(&self, record: &StoredRecord) -> Result<Mutations, ProjectError> {
        let core = open_core(record.kind, &record.core).map_err(|error| unreadable(&error))?;
        self.clock.observe(core.hybrid, core.wall, core.compliance);
        let version = core
            .version
            .ok_or_else(|| unreadable(&Incomplete("lock", "version")))?;
        let mut out = Mutations::default();
        lock_given(&core, version, &core.lock, &mut out);
        Ok(out)
    }

    fn learn(&self, core: &Core, particulars: &Particulars) -> Result<(), ProjectError> {
        match &particulars.event {
            Event::TenantCreated(tenant) => {
                let contents = Contents::of(tenant.sealed);
                self.keys
                    .learn_tenant(core.tenant, &tenant.wrapped_key, contents)
            }
            Event::BucketCreated(bucket) => match core.bucket {
                Some(uuid) => self
                    .keys
                    .learn_epoch(uuid, core.tenant, 1, &bucket.wrapped_key),
                None => Ok(()),
            },
            Event::EpochOpened(epoch) => match core.bucket {
                Some(uuid) => {
                    self.keys
                        .learn_epoch(uuid, core.tenant, epoch.epoch, &epoch.wrapped_key)
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
        .map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> ProjectError {
    ProjectError::Unreadable(error.to_string())
}

impl Project for Projector {
    fn begin(&self, view: &dyn ReadView) -> Result<(), ProjectError> {
        let entries = view
            .entries(CONFIGURATION, CONFIG)
            .map_err(|error: ReadError| unreadable(&error))?;
        let with = |prefix: &'static [u8]| {
            entries
                .iter()
                .filter(move |(key, _)| key.starts_with(prefix))
        };
        for (key, value) in with(b"tenant/") {
            let tenant: TenantEntry = entry::decode(&value.value).map_err(|e| unreadable(&e))?;
            let id = std::str::from_utf8(key)
                .ok()
                .and_then(|text| text.strip_prefix("tenant/"))
                .and_then(azekura_model::ident::TenantId::parse)
                .ok_or_else(|| ProjectError::Unreadable("tenant id".to_owned()))?;
            self.keys
                .learn_tenant(id, &tenant.wrapped_key, Contents::of(tenant.sealed))
                .map_err(|error| unreadable(&error))?;
        }
        for (_, value) in with(b"epoch/") {
            let epoch: EpochEntry = entry::decode(&value.value).map_err(|e| unreadable(&e))?;
            self.keys
                .learn_epoch(
                    BucketUuid(epoch.bucket),
                    azekura_model::ident::TenantId(epoch.tenant),
                    epoch.number,
                    &epoch.wrapped_key,
                )
                .map_err(|error| unreadable(&error))?;
        }
        Ok(())
    }

    fn project(&self, record: &StoredRecord) -> Result<Mutations, ProjectError> {
        // A release record whose particulars are half zeroed was being erased: the index already had
        // what they told.
        let was_released =
            record.particulars == Part::Damaged && record.kind == RecordKind::Released.number();
        if record.particulars == Part::Erased || was_released {
            return self.project_erased(record);
        }
        let opened = match open_record(&self.keys, record.kind, &record.core, &record.particulars) {
            Ok(opened) => opened,
            Err(Unopened::Newer(what)) => return Err(ProjectError::Newer(what)),
            Err(_) if record.kind == RecordKind::VersionLocked.number() => {
                return self.project_lock(record);
            }
            Err(other) => return Err(unreadable(&other)),
        };
        let core = &opened.core;
        self.clock.observe(core.hybrid, core.wall, core.compliance);
        self.learn(core, &opened.particulars)?;
        mutations(Happened {
            partition: record.position.partition,
            core,
            event: &opened.particulars.event,
        })
        .map_err(|error| unreadable(&error))
    }

    fn lost(&self, _: PartitionId, _: Sequence, last: Sequence) -> Mutations {
        let value = Bytes::copy_from_slice(&last.0.to_be_bytes());
        Mutations {
            puts: vec![(families::lost(), value)],
            ..Mutations::default()
        }
    }

    fn erases(
        &self,
        record: &StoredRecord,
        payload: &dyn Fn() -> Option<Bytes>,
    ) -> Option<Vec<Sequence>> {
        released::listed(record.kind, payload).map(|list| list.erase)
    }
}
