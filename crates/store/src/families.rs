//! The keys of the index: which family holds what, and how names become ordered bytes without NUL.
//!
//! | family | key | value |
//! |---|---|---|
//! | 0 current | escape(object key) | [`Slotted`](crate::entry::Slotted): the version that S3 shows |
//! | 1 history | escape(object key) 01 base32hex(!version id) | summary; newest first within a key |
//! | 2 uploads | `u` escape(object key) 01 upload id | upload under way |
//! |           | `p` upload id, part number | last part stored under a number |
//! |           | `d` upload id | upload that was completed or aborted |
//! |           | `s` upload id, hybrid time | a record of the upload: its start, a part, its abort |
//! | 3 blobs | `o` blob | announced, nothing names it yet |
//! |         | `p` blob | named by a part of an upload |
//! |         | `n` blob | named by a version |
//! |         | `f` blob | fenced: its intent was withdrawn |
//! | 4 configuration | see [`tenant`] … [`closed`] | |
//! | 5 vacated | `v` escape(object key) | [`Slotted`](crate::entry::Slotted): why the key shows nothing now |
//! |           | `s` escape(object key) | hybrid time of the last change that left *current* as it was |
//! | 6 amendments | `t` escape(object key) 01 base32hex(!version id) | hybrid time of the newest record that gave the version tags |
//! | 7 due | `r` hybrid time, 16 hex digits | release that is not finished |
//! |       | `k` escape(object key) | record that says anew what the key shows |
//! |       | `c` task, 16 hex digits | sequence up to which the keeper judged for a task |
//! |       | `a` task, compliance time, sequence, 16 hex digits each | record to look at again then |
//! |       | `d` disposal id | disposal job |
//! |              | `l` version id | [`LockEntry`](crate::entry::LockEntry): lock state of a version that ever had one |
//!
//! Ids stand in base32hex, whose text order is their byte order.

use azekura_engine::seam::{Family, Key};
use azekura_model::bucket_config::ConfigurationKind;
use azekura_model::ident::{
    BucketUuid, RequestId, TenantId, UploadId, VersionId, from_text, to_text,
};
use azekura_model::identity::IdentityName;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::core::RecordKind;
use bytes::Bytes;

/// Partition of tenants and buckets.
pub const CONFIGURATION: PartitionId = PartitionId(1);
/// Partition of identities and requests.
pub const IDENTITY: PartitionId = PartitionId(2);
/// Partitions of buckets lie above this one; those below are the vault's own.
pub const RESERVED_PARTITIONS: u64 = 1000;

/// Audit partitions have these bits, which no partition of a bucket has.
const AUDIT_PARTITIONS: u64 = 0xC000_0000_0000_0000;

/// Partition of a tenant's audit.
#[must_use]
pub fn audit_partition(tenant: TenantId) -> PartitionId {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &tenant.0);
    let low = digest.as_ref().last_chunk::<8>().copied();
    let low = u64::from_be_bytes(low.unwrap_or_default());
    PartitionId(AUDIT_PARTITIONS | low)
}

/// Whether a partition holds an audit.
#[must_use]
pub fn is_audit(partition: PartitionId) -> bool {
    partition.0 & AUDIT_PARTITIONS == AUDIT_PARTITIONS
}

/// What S3 shows of each key.
pub const CURRENT: Family = Family(0);
/// Every version and marker.
pub const HISTORY: Family = Family(1);
/// Multipart uploads and their parts.
pub const UPLOADS: Family = Family(2);
/// Blobs and their intents.
pub const BLOBS: Family = Family(3);
/// Tenants, buckets, wrapped keys.
pub const CONFIG: Family = Family(4);
/// Keys that show nothing.
pub const VACATED: Family = Family(5);

/// Which record amended a version last.
pub const AMENDMENTS: Family = Family(6);

/// What the keeper has to do, and how far it came.
pub const DUE: Family = Family(7);

/// Ends an escaped object key; sorts before every escaped byte.
pub const END: u8 = 1;

/// Maps bytes to bytes without 00 and 01, keeping order and prefixes: 00 → 02 02, 01 → 02 03,
/// 02 → 02 04, all others as they are.
#[must_use]
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0..=2 => out.extend_from_slice(&[2, byte.saturating_add(2)]),
            _ => out.push(*byte),
        }
    }
    out
}

/// Reads what [`escape`] wrote; `None` for anything else.
#[must_use]
pub fn unescape(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            0 | 1 => return None,
            2 => match bytes.next() {
                Some(code @ 2..=4) => out.push(code.saturating_sub(2)),
                _ => return None,
            },
            _ => out.push(*byte),
        }
    }
    Some(out)
}

/// Reads an escaped object key as text.
#[must_use]
pub fn unescape_text(escaped: &[u8]) -> Option<String> {
    String::from_utf8(unescape(escaped)?).ok()
}

/// The smallest bytes above everything that begins with `prefix`; `None` = there are none.
#[must_use]
pub fn after_prefix(prefix: &[u8]) -> Option<Bytes> {
    let mut bytes = prefix.to_vec();
    while let Some(last) = bytes.pop() {
        if let Some(next) = last.checked_add(1) {
            bytes.push(next);
            return Some(Bytes::from(bytes));
        }
    }
    None
}

fn key(family: Family, bytes: Vec<u8>) -> Key {
    Key {
        family,
        bytes: Bytes::from(bytes),
    }
}

fn tagged(tag: u8, rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rest.len().saturating_add(1));
    out.push(tag);
    out.extend_from_slice(rest);
    out
}

/// Current version of a key.
#[must_use]
pub fn current(object: &str) -> Key {
    key(CURRENT, escape(object.as_bytes()))
}

/// What every history entry of a key begins with.
#[must_use]
pub fn history_prefix(object: &str) -> Vec<u8> {
    let mut out = escape(object.as_bytes());
    out.push(END);
    out
}

/// One version in the history of a key.
#[must_use]
pub fn history(object: &str, version: VersionId) -> Key {
    let mut out = history_prefix(object);
    out.extend_from_slice(newest_first(version).as_bytes());
    key(HISTORY, out)
}

/// What of a version may be amended after it was stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amendment {
    /// Its tags.
    Tags,
    /// Its access-control list.
    Acl,
}

impl Amendment {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Tags, Self::Acl];

    /// Kind of the records that amend it.
    #[must_use]
    pub fn kind(self) -> RecordKind {
        match self {
            Self::Tags => RecordKind::VersionTagged,
            Self::Acl => RecordKind::AclChanged,
        }
    }

    /// First byte of its keys.
    fn tag(self) -> u8 {
        match self {
            Self::Tags => b't',
            Self::Acl => b'a',
        }
    }
}

/// The newest amendment of one kind of a version. The value makes it unique in time; the record is
/// the one that wrote the entry.
#[must_use]
pub fn amendment(amendment: Amendment, object: &str, version: VersionId) -> Key {
    let bytes = tagged(amendment.tag(), &history(object, version).bytes);
    key(AMENDMENTS, bytes)
}

/// Lock state of a version. By its id alone: what keeps a version is known without its name.
#[must_use]
pub fn lock(version: VersionId) -> Key {
    key(AMENDMENTS, tagged(LOCKS, version.to_string().as_bytes()))
}

/// First byte of the keys of lock states.
pub const LOCKS: u8 = b'l';

/// The version of a lock state.
#[must_use]
pub fn split_lock(bytes: &[u8]) -> Option<VersionId> {
    let text = bytes.strip_prefix(&[LOCKS])?;
    VersionId::parse(std::str::from_utf8(text).ok()?)
}

/// Object key and version of an amendment.
#[must_use]
pub fn split_amendment(bytes: &[u8]) -> Option<(String, VersionId)> {
    split_history(bytes.get(1..)?)
}

/// Text of a version id that sorts newer versions first.
#[must_use]
pub fn newest_first(version: VersionId) -> String {
    to_text(&version.0.map(|byte| !byte))
}

/// Object key and version of a history entry.
#[must_use]
pub fn split_history(bytes: &[u8]) -> Option<(String, VersionId)> {
    let end = bytes.iter().position(|byte| *byte == END)?;
    let object = unescape_text(bytes.get(..end)?)?;
    let text = std::str::from_utf8(bytes.get(end.saturating_add(1)..)?).ok()?;
    Some((object, VersionId(from_text(text)?.map(|byte| !byte))))
}

/// Why a key shows nothing.
#[must_use]
pub fn vacated(object: &str) -> Key {
    key(VACATED, tagged(b'v', &escape(object.as_bytes())))
}

/// Last change under a key that left its current entry as it was.
#[must_use]
pub fn stamp(object: &str) -> Key {
    key(VACATED, tagged(b's', &escape(object.as_bytes())))
}

/// An upload under way.
#[must_use]
pub fn upload(object: &str, id: UploadId) -> Key {
    let mut out = tagged(b'u', &history_prefix(object));
    out.extend_from_slice(id.to_string().as_bytes());
    key(UPLOADS, out)
}

/// Object key and id of an upload entry.
#[must_use]
pub fn split_upload(bytes: &[u8]) -> Option<(String, UploadId)> {
    let rest = bytes.strip_prefix(b"u")?;
    let end = rest.iter().position(|byte| *byte == END)?;
    let object = unescape_text(rest.get(..end)?)?;
    let text = std::str::from_utf8(rest.get(end.saturating_add(1)..)?).ok()?;
    Some((object, UploadId::parse(text)?))
}

/// What every part entry of an upload begins with.
#[must_use]
pub fn part_prefix(id: UploadId) -> Vec<u8> {
    tagged(b'p', id.to_string().as_bytes())
}

/// The part stored last under a number.
#[must_use]
pub fn part(id: UploadId, number: u32) -> Key {
    let mut out = part_prefix(id);
    out.extend_from_slice(format!("{number:05}").as_bytes());
    key(UPLOADS, out)
}

/// An upload that ended.
#[must_use]
pub fn upload_done(id: UploadId) -> Key {
    key(UPLOADS, tagged(b'd', id.to_string().as_bytes()))
}

/// What every entry of a record of an upload begins with.
#[must_use]
pub fn upload_records_prefix(id: UploadId) -> Vec<u8> {
    tagged(b's', id.to_string().as_bytes())
}

/// A record of an upload, by its hybrid time, which no other record has. Kept until the version is
/// released, so that an erasure finds every record, replaced parts included.
#[must_use]
pub fn upload_record(id: UploadId, hybrid: HybridTime) -> Key {
    let mut out = upload_records_prefix(id);
    out.extend_from_slice(format!("{:016x}", hybrid.packed()).as_bytes());
    key(UPLOADS, out)
}

/// Hybrid time of an entry of a record of an upload.
#[must_use]
pub fn split_upload_record(bytes: &[u8]) -> Option<HybridTime> {
    let text = std::str::from_utf8(bytes.get(27..)?).ok()?;
    let packed = u64::from_str_radix(text, 16).ok()?;
    Some(HybridTime::from_packed(packed))
}

/// What the index knows of a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlobState {
    /// Announced; nothing names it.
    Open,
    /// Named by a part of an upload.
    Part,
    /// Named by a version.
    Named,
    /// Its intent was withdrawn.
    Fenced,
}

impl BlobState {
    /// First byte of its keys.
    #[must_use]
    pub fn tag(self) -> u8 {
        match self {
            Self::Open => b'o',
            Self::Part => b'p',
            Self::Named => b'n',
            Self::Fenced => b'f',
        }
    }
}

/// A blob in one of its states.
#[must_use]
pub fn blob(state: BlobState, blob: BlobId) -> Key {
    let mut out = blob_prefix(state, &blob.intent);
    out.extend_from_slice(to_text(&blob.attempt).as_bytes());
    key(BLOBS, out)
}

/// What the keys of all blobs of one intent begin with, in one state.
#[must_use]
pub fn blob_prefix(state: BlobState, intent: &[u8; 16]) -> Vec<u8> {
    tagged(state.tag(), to_text(intent).as_bytes())
}

/// The blob of a blob key.
#[must_use]
pub fn split_blob(bytes: &[u8]) -> Option<BlobId> {
    let text = std::str::from_utf8(bytes.get(1..)?).ok()?;
    Some(BlobId {
        intent: from_text(text.get(..26)?)?,
        attempt: from_text(text.get(26..)?)?,
    })
}

/// First byte of the keys of unfinished releases.
pub const RELEASES: &[u8] = b"r";
/// First byte of the keys of disposal jobs.
pub const DISPOSALS: &[u8] = b"d";

/// A release that is durable and not known to be finished, by the hybrid time of its record, which no
/// other record has.
#[must_use]
pub fn due_release(hybrid: HybridTime) -> Key {
    key(DUE, format!("r{:016x}", hybrid.packed()).into_bytes())
}

/// The record that says anew what a key shows.
#[must_use]
pub fn restated(object: &str) -> Key {
    key(DUE, tagged(b'k', &escape(object.as_bytes())))
}

/// How far the keeper has judged for a task.
#[must_use]
pub fn cursor(task: [u8; 8]) -> Key {
    let task = u64::from_be_bytes(task);
    key(DUE, format!("c{task:016x}").into_bytes())
}

/// A record that the keeper looks at again at a time, for a task.
#[must_use]
pub fn again(task: [u8; 8], at: ComplianceTime, record: Sequence) -> Key {
    let task = u64::from_be_bytes(task);
    let at = u64::try_from(at.0).unwrap_or(0);
    key(
        DUE,
        format!("a{task:016x}{at:016x}{:016x}", record.0).into_bytes(),
    )
}

/// What the keys of [`again`] of a task begin with.
#[must_use]
pub fn again_prefix(task: [u8; 8]) -> Vec<u8> {
    format!("a{:016x}", u64::from_be_bytes(task)).into_bytes()
}

/// Time and record of a key of [`again`].
#[must_use]
pub fn split_again(bytes: &[u8]) -> Option<(ComplianceTime, Sequence)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let at = u64::from_str_radix(text.get(17..33)?, 16).ok()?;
    let record = u64::from_str_radix(text.get(33..49)?, 16).ok()?;
    Some((ComplianceTime(i64::try_from(at).ok()?), Sequence(record)))
}

/// A disposal job.
#[must_use]
pub fn disposal(id: [u8; 16]) -> Key {
    key(DUE, tagged(b'd', to_text(&id).as_bytes()))
}

fn config(text: String) -> Key {
    key(CONFIG, text.into_bytes())
}

/// A tenant and its wrapped key.
#[must_use]
pub fn tenant(id: TenantId) -> Key {
    config(format!("tenant/{id}"))
}

/// The content key of a sealed tenant, wrapped by its passphrase.
#[must_use]
pub fn tenant_seal(id: TenantId) -> Key {
    config(format!("seal/{id}"))
}

/// A bucket that is not retired, by name. Also the prefix of all, with an empty name.
#[must_use]
pub fn bucket(name: &str) -> Key {
    config(format!("bucket/{name}"))
}

/// A bucket by identity, retired ones included.
#[must_use]
pub fn bucket_by_uuid(uuid: BucketUuid) -> Key {
    config(format!("bucket-uuid/{uuid}"))
}

/// Which record is the compliance clock's newest; the record holds its ledger.
#[must_use]
pub fn clock() -> Key {
    config("clock".to_owned())
}

/// What of a bucket may change.
#[must_use]
pub fn bucket_settings(uuid: BucketUuid) -> Key {
    config(format!("bucket-settings/{uuid}"))
}

/// One sub-resource of a bucket, by identity: what a retired bucket had stays its own.
#[must_use]
pub fn bucket_config(uuid: BucketUuid, kind: ConfigurationKind) -> Key {
    let kind = match kind {
        ConfigurationKind::Tags => "tags",
        ConfigurationKind::Cors => "cors",
        ConfigurationKind::PublicAccess => "public-access",
        ConfigurationKind::Ownership => "ownership",
        ConfigurationKind::Encryption => "encryption",
        ConfigurationKind::Lifecycle => "lifecycle",
        ConfigurationKind::ObjectLock => "object-lock",
        ConfigurationKind::RetentionClasses => "retention-classes",
        ConfigurationKind::RetentionLimits => "retention-limits",
        ConfigurationKind::Policy => "policy",
        ConfigurationKind::Acl => "acl",
    };
    config(format!("bucket-config/{uuid}/{kind}"))
}

/// The number of a bucket's newest key epoch.
#[must_use]
pub fn bucket_epoch(uuid: BucketUuid) -> Key {
    config(format!("bucket-epoch/{uuid}"))
}

/// A wrapped bucket key.
#[must_use]
pub fn epoch(uuid: BucketUuid, number: u32) -> Key {
    config(format!("epoch/{uuid}/{number:08x}"))
}

/// A bucket that left the name space.
#[must_use]
pub fn retired(uuid: BucketUuid) -> Key {
    config(format!("retired/{uuid}"))
}

/// In the partition of identities: what the keys of everything that a tenant's directory holds begin
/// with.
#[must_use]
pub fn identities(tenant: TenantId) -> Vec<u8> {
    format!("identity/{tenant}/").into_bytes()
}

/// In the partition of identities: one thing of a tenant's directory. Names hold no control
/// characters.
#[must_use]
pub fn identity(tenant: TenantId, name: &IdentityName) -> Key {
    let rest = match name {
        IdentityName::User(name) => format!("user/{name}"),
        IdentityName::Group(name) => format!("group/{name}"),
        IdentityName::Policy(name) => format!("policy/{name}"),
        IdentityName::Key(id) => format!("key/{id}"),
        IdentityName::Settings => "settings".to_owned(),
        IdentityName::LastUses => "last-uses".to_owned(),
        IdentityName::Audit => "audit".to_owned(),
    };
    config(format!("identity/{tenant}/{rest}"))
}

/// In the partition of identities: a request for what needs two people that has not ended. The value
/// is the hybrid time of the record that says where it stands, which no other record has.
#[must_use]
pub fn open_request(id: RequestId) -> Key {
    config(format!("request-open/{id}"))
}

/// In the partition of identities: a request that ended.
#[must_use]
pub fn ended_request(id: RequestId) -> Key {
    config(format!("request-ended/{id}"))
}

/// What the keys of requests begin with: open ones, ended ones.
pub const REQUESTS: [&str; 2] = ["request-open/", "request-ended/"];

/// In an audit partition: up to where batches are past their period, as [`crate::audit::release::Begin`]
/// says.
#[must_use]
pub fn audit_begin() -> Key {
    config("audit-begin".to_owned())
}

/// A tenant that is deleted.
#[must_use]
pub fn tenant_deleted(id: TenantId) -> Key {
    config(format!("tenant-deleted/{id}"))
}

/// In the partition of a bucket: no write may commit any more (see `bucket/retire.rs`).
#[must_use]
pub fn closed() -> Key {
    config("closed".to_owned())
}

/// In the partition of a bucket: its keys are being destroyed, and nothing is sealed under them any
/// more (see `destroy.rs`).
#[must_use]
pub fn ended() -> Key {
    config("ended".to_owned())
}

/// A bucket whose keys are destroyed, or about to be.
#[must_use]
pub fn destroyed(uuid: BucketUuid) -> Key {
    config(format!("destroyed/{uuid}"))
}

/// In any partition: the last of its records that damage took from the journal before the index had
/// it. Whatever was said of a version before that record may have been changed by it.
#[must_use]
pub fn lost() -> Key {
    config("lost".to_owned())
}

/// In the partition of a bucket: object lock is enabled there, for all time.
#[must_use]
pub fn locks() -> Key {
    config("locks".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn escaping_round_trips_and_keeps_order_and_prefixes(
            a in proptest::collection::vec(0_u8..6, 0..8),
            b in proptest::collection::vec(0_u8..6, 0..8),
        ) {
            let (ea, eb) = (escape(&a), escape(&b));
            prop_assert_eq!(unescape(&ea), Some(a.clone()));
            prop_assert!(!ea.contains(&0) && !ea.contains(&END));
            prop_assert_eq!(a.cmp(&b), ea.cmp(&eb));
            prop_assert_eq!(a.starts_with(&b), ea.starts_with(&eb));
        }

        #[test]
        fn history_keys_order_by_key_then_newest_first(
            a in "[\u{0}-\u{3}a-c]{1,4}", b in "[\u{0}-\u{3}a-c]{1,4}",
            v in any::<[u8; 16]>(), w in any::<[u8; 16]>(),
        ) {
            let (v, w) = (VersionId(v), VersionId(w));
            let (ka, kb) = (history(&a, v), history(&b, w));
            prop_assert_eq!(split_history(&ka.bytes), Some((a.clone(), v)));
            let amended = amendment(Amendment::Tags, &a, v).bytes;
            prop_assert_eq!(split_amendment(&amended), Some((a.clone(), v)));
            prop_assert_eq!(ka.bytes.cmp(&kb.bytes), a.cmp(&b).then(w.cmp(&v)));
        }

        #[test]
        fn upload_and_blob_keys_round_trip(object in "\\PC{1,9}", id in any::<[u8; 16]>(), attempt in any::<[u8; 16]>()) {
            let id = UploadId(id);
            prop_assert_eq!(split_upload(&upload(&object, id).bytes), Some((object, id)));
            let b = BlobId { intent: id.0, attempt };
            prop_assert_eq!(split_blob(&blob(BlobState::Open, b).bytes), Some(b));
        }
    }

    #[test]
    fn after_prefix_is_the_successor_of_the_whole_range() {
        assert_eq!(after_prefix(b"a/"), Some(Bytes::from_static(b"a0")));
        assert_eq!(after_prefix(&[b'a', 255]), Some(Bytes::from_static(b"b")));
        assert_eq!(after_prefix(&[255, 255]), None);
        assert_eq!(after_prefix(&[]), None);
    }
}
