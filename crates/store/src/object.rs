//! Objects: what is asked and what is answered.

use azekura_model::acl::Acl;
use azekura_model::checksum::{Checksum, ETag};
use azekura_model::condition::Conditions;
use azekura_model::ident::VersionId;
use azekura_model::lock::{Lock, LockAsked};
use azekura_model::name::ObjectKey;
use azekura_model::range::ByteRange;
use azekura_model::time::WallTime;

use crate::body::{Body, Claims};

/// Which version of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Which {
    /// The one that is current.
    #[default]
    Current,
    /// `versionId=null`.
    Null,
    /// One by its id.
    Version(VersionId),
}

/// What S3 keeps beside the content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes {
    /// System headers in lower case, ordered: cache-control, content-disposition,
    /// content-encoding, content-language, content-type, expires, website-redirect-location.
    pub headers: Vec<(String, String)>,
    /// User metadata without `x-amz-meta-`, lower case, ordered.
    pub metadata: Vec<(String, String)>,
    /// Tags, ordered.
    pub tags: Vec<(String, String)>,
    /// Access-control list; `None` = it is the bucket's owner's alone.
    pub acl: Option<Acl>,
}

/// One PUT.
pub struct PutRequest {
    /// Key.
    pub key: ObjectKey,
    /// Headers, metadata, tags.
    pub attributes: Attributes,
    /// What the lock headers ask for.
    pub lock: LockAsked,
    /// What the client claims.
    pub claims: Claims,
    /// `If-Match`, `If-None-Match`.
    pub conditions: Conditions,
    /// Content.
    pub body: Body,
}

/// A stored version, durable when this is returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PutOutcome {
    /// Version id.
    pub version: VersionId,
    /// Shown as `null`, or not shown at all in an unversioned bucket.
    pub null: bool,
    /// ETag.
    pub etag: ETag,
    /// Checksums kept.
    pub checksums: Vec<Checksum>,
    /// Length in bytes.
    pub bytes: u64,
    /// Last-Modified.
    pub modified: WallTime,
}

/// All that is known of one version, from its record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectInfo {
    /// Key.
    pub key: ObjectKey,
    /// Version id.
    pub version: VersionId,
    /// Shown as `null`.
    pub null: bool,
    /// Length in bytes.
    pub bytes: u64,
    /// ETag.
    pub etag: ETag,
    /// SHA-256 of the content (of the whole, also for multipart).
    pub sha256: Option<[u8; 32]>,
    /// Checksums kept.
    pub checksums: Vec<Checksum>,
    /// Last-Modified.
    pub modified: WallTime,
    /// Headers, metadata, tags.
    pub attributes: Attributes,
    /// Lock state; `None` = the bucket has no object lock.
    pub lock: Option<Lock>,
    /// Parts of a completed multipart upload, by their numbers; empty for a plain one.
    pub parts: Vec<PartInfo>,
}

/// One part of a completed multipart upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartInfo {
    /// The number under which it was uploaded.
    pub number: u32,
    /// Length in bytes.
    pub bytes: u64,
    /// Checksum of its content, if one was kept.
    pub checksum: Option<Checksum>,
}

impl ObjectInfo {
    /// The bytes of a part and the checksum kept of it, by the number under which it was uploaded.
    /// A plain version is its own part 1.
    #[must_use]
    pub fn part(&self, number: u32) -> Option<(std::ops::Range<u64>, Option<&Checksum>)> {
        if self.parts.is_empty() {
            return (number == 1).then(|| (0..self.bytes, self.checksums.first()));
        }
        let mut from = 0_u64;
        for part in &self.parts {
            let until = from.saturating_add(part.bytes);
            if part.number == number {
                return Some((from..until, part.checksum.as_ref()));
            }
            from = until;
        }
        None
    }
}

/// One GET.
#[derive(Clone, Debug)]
pub struct GetRequest {
    /// Key.
    pub key: ObjectKey,
    /// Which version.
    pub which: Which,
    /// Conditions, judged before the range.
    pub conditions: Conditions,
    /// Range.
    pub range: Option<ByteRange>,
    /// `partNumber`.
    pub part: Option<u32>,
}

/// Content and what is known of it. The content of a damaged version ends in an error, never in
/// wrong bytes.
pub struct GetOutcome {
    /// The version.
    pub info: ObjectInfo,
    /// Bytes of the content that follow; the whole when no range was asked for.
    pub range: std::ops::Range<u64>,
    /// Content.
    pub body: Body,
}

/// What a DELETE did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeleteOutcome {
    /// The version made (a marker) or hidden; `None` when there was nothing to do.
    pub version: Option<VersionId>,
    /// `version` is shown as `null`.
    pub null: bool,
    /// A delete marker was made, or the version hidden was one.
    pub marker: bool,
}

/// What a change of a lock concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockOutcome {
    /// The version.
    pub version: VersionId,
    /// Shown as `null`.
    pub null: bool,
}

/// What a change of tags concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaggingOutcome {
    /// The version.
    pub version: VersionId,
    /// Shown as `null`.
    pub null: bool,
}
