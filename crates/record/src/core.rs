//! The core: what is hashed, chained and kept for ever. A few hundred bytes, no names.

use azekura_model::ident::{BucketUuid, TenantId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};

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
    /// A record of another region, verbatim.
    Imported = 32,
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
