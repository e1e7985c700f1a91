//! The core: what is hashed, chained and kept for ever. A few hundred bytes, no names.

use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::retention_class::ClassName;
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};

/// Kinds of records. The number is the one on disk and in the journal's frames; the high bit set
/// would mean *ignorable*: an older release may skip it. All kinds of v1 are critical.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u16)]
pub enum RecordKind {
    /// A tenant and its key.
    TenantCreated = 1,
    /// A bucket key of a new epoch.
    EpochOpened = 2,
    /// A bucket.
    BucketCreated = 3,
    /// New configuration of a bucket.
    BucketChanged = 4,
    /// A bucket leaves the name space; its history stays.
    BucketRetired = 5,
    /// One sub-resource of a bucket's configuration.
    BucketConfigured = 6,
    /// The compliance clock writes itself down.
    ClockTick = 7,
    /// The key of an epoch is destroyed.
    EpochDestroyed = 8,
    /// A version of an object.
    Version = 16,
    /// A delete marker.
    DeleteMarker = 17,
    /// A version is no longer shown by S3 (DELETE with a version id); its bytes stay.
    VersionHidden = 18,
    /// A blob will be written.
    BlobIntent = 19,
    /// The intent is withdrawn: no later record may name the blob.
    IntentWithdrawn = 20,
    /// A multipart upload begins.
    UploadStarted = 21,
    /// A part is stored.
    PartStored = 22,
    /// A multipart upload is given up.
    UploadAborted = 23,
    /// A version has other tags.
    VersionTagged = 24,
    /// A version is released; durable before anything of it is erased.
    Released = 27,
    /// What was released is erased and was read back.
    Freed = 28,
    /// A disposal job is asked for, taken back or done.
    DisposalRequested = 29,
    /// What a key shows, said anew.
    SlotRestated = 30,
    /// How far the keeper has judged.
    LifecycleRan = 31,
    /// A version has another lock.
    VersionLocked = 25,
    /// Many versions have other locks.
    LocksChanged = 26,
    /// A record of another region, verbatim.
    Imported = 32,
    /// A user, group, policy or access key of a tenant is set or taken away.
    IdentityChanged = 33,
    /// Reads, listings, refusals and log-ins.
    AuditBatch = 35,
    /// A request for what needs two people is asked, approved, vetoed, over or used up.
    RequestChanged = 34,
    /// A version has another access-control list.
    AclChanged = 36,
    /// The contents of a tenant are sealed by a passphrase, or by another one.
    TenantResealed = 37,
    /// A tenant is deleted.
    TenantDeleted = 38,
    /// Batches of an audit are past their period, and will be erased.
    AuditReleased = 39,
}

/// Lock-relevant and public facts of one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Core {
    /// Kind.
    pub kind: RecordKind,
    /// Orders versions.
    pub hybrid: HybridTime,
    /// What the wall clock showed.
    pub wall: WallTime,
    /// Compliance time at commit.
    pub compliance: ComplianceTime,
    /// Institution.
    pub tenant: TenantId,
    /// Bucket, where the record belongs to one.
    pub bucket: Option<BucketUuid>,
    /// Version, where the record makes or concerns one.
    pub version: Option<VersionId>,
    /// Length of the content in bytes, before sealing.
    pub content_bytes: u64,
    /// Length of the payload in bytes, as stored.
    pub sealed_bytes: u64,
    /// Lock state that this record gives the version.
    pub lock: Lock,
    /// Key epoch of the bucket under which the particulars are sealed; 0 = the tenant's or vault's
    /// own key.
    pub epoch: u32,
    /// Root over the salted field hashes of the particulars.
    pub commitment: [u8; 32],
}

/// First kind number that an older release may skip.
pub const IGNORABLE_KIND_FROM: u16 = 0x8000;

/// Longest core in bytes.
pub const CORE_BYTES_MAX: usize = 64 * 1024;

impl RecordKind {
    /// All kinds of this release.
    pub const ALL: [Self; 32] = [
        Self::TenantCreated,
        Self::EpochOpened,
        Self::BucketCreated,
        Self::BucketChanged,
        Self::BucketRetired,
        Self::BucketConfigured,
        Self::ClockTick,
        Self::EpochDestroyed,
        Self::Version,
        Self::DeleteMarker,
        Self::VersionHidden,
        Self::BlobIntent,
        Self::IntentWithdrawn,
        Self::UploadStarted,
        Self::PartStored,
        Self::UploadAborted,
        Self::VersionTagged,
        Self::VersionLocked,
        Self::LocksChanged,
        Self::Released,
        Self::Freed,
        Self::DisposalRequested,
        Self::SlotRestated,
        Self::LifecycleRan,
        Self::Imported,
        Self::IdentityChanged,
        Self::AuditBatch,
        Self::RequestChanged,
        Self::AclChanged,
        Self::TenantResealed,
        Self::TenantDeleted,
        Self::AuditReleased,
    ];

    /// The number on disk.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The kind with this number; `None` when this release does not know it. The caller may skip an
    /// unknown kind only from [`IGNORABLE_KIND_FROM`] on.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// A version without classes has no such field.
fn some_classes(classes: &Vec<ClassName>) -> Option<&Vec<ClassName>> {
    (!classes.is_empty()).then_some(classes)
}

impl Value for RecordKind {
    fn write(&self, out: &mut Writer) {
        out.put(&self.number());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = input.get()?;
        Self::from_number(number).ok_or_else(|| DecodeError::Newer(format!("record kind {number}")))
    }
}

impl Core {
    /// Deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = FieldsWriter::new();
        out.put(1, &self.kind)
            .put(2, &self.hybrid)
            .put(3, &self.wall)
            .put(4, &self.compliance)
            .put(5, &self.tenant)
            .put_some(6, self.bucket.as_ref())
            .put_some(7, self.version.as_ref())
            .put(8, &self.content_bytes)
            .put(9, &self.sealed_bytes)
            .put_some(10, self.lock.retention.as_ref())
            .put_some(11, self.lock.hold.as_ref())
            .put(12, &self.epoch)
            .put(13, &self.commitment)
            .put_some(14, self.lock.event.as_ref())
            .put_some(15, self.lock.probation.as_ref())
            .put_some(16, some_classes(&self.lock.classes));
        out.finish()
    }

    /// Reads a core. Unknown ignorable fields are skipped; the hashed bytes are the stored ones, so
    /// nothing is lost by that.
    ///
    /// # Errors
    /// [`DecodeError::Newer`] for an unknown kind or critical field: its lock state is unknown, so
    /// what it names is locked. Other errors mean damage.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = FieldsReader::new(bytes, CORE_BYTES_MAX, "core")?;
        let mut core = Self {
            kind: input.take(1)?,
            hybrid: input.take(2)?,
            wall: input.take(3)?,
            compliance: input.take(4)?,
            tenant: input.take(5)?,
            bucket: input.take_some(6)?,
            version: input.take_some(7)?,
            content_bytes: input.take(8)?,
            sealed_bytes: input.take(9)?,
            lock: Lock {
                retention: input.take_some(10)?,
                hold: input.take_some(11)?,
                ..Lock::default()
            },
            epoch: input.take(12)?,
            commitment: input.take(13)?,
        };
        core.lock.event = input.take_some(14)?;
        core.lock.probation = input.take_some(15)?;
        core.lock.classes = match input.take_some::<Vec<ClassName>>(16)? {
            Some(classes) if classes.is_empty() => {
                return Err(DecodeError::malformed("a list of no classes"));
            }
            classes => classes.unwrap_or_default(),
        };
        input.finish()?;
        Ok(core)
    }
}
