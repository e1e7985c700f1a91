//! A change as a row of an answer: what its own record says of who asked for what.

use azekura_model::audit::{AuditEntry, AuthMethod};
use azekura_record::particulars::Event;

use crate::seal::record::Opened;

/// Status of a change that was made.
const DONE: u16 = 200;

/// What a record of a change tells, in the words of S3 where it has one. `None` for what the vault does for
/// itself, and for what is said twice.
pub(super) fn entry(opened: &Opened, bucket: Option<&str>) -> Option<AuditEntry> {
    let (core, requester) = (&opened.core, &opened.particulars.requester);
    let told = told(&opened.particulars.event, bucket.is_some())?;
    let name = told.bucket.or_else(|| bucket.map(str::to_owned));
    let internal = requester.key_id.is_empty();
    Some(AuditEntry {
        time: core.wall,
        hybrid: core.hybrid,
        request_id: requester.request_id.clone(),
        operation: told.operation,
        principal: requester.principal.clone(),
        key_id: requester.key_id.clone(),
        auth: if internal {
            AuthMethod::Unverified
        } else {
            AuthMethod::Header
        },
        source: requester.source,
        tls_identity: requester.tls_identity.clone(),
        bucket: name,
        key: told.key,
        version: core.version.map(|version| version.to_string()),
        status: DONE,
        bytes_received: core.content_bytes,
        count: told.count,
        ..AuditEntry::default()
    })
}

struct Told {
    operation: String,
    bucket: Option<String>,
    key: Option<String>,
    count: u64,
}

fn of_key(operation: &str, key: &str) -> Told {
    Told {
        operation: operation.to_owned(),
        bucket: None,
        key: Some(key.to_owned()),
        count: 1,
    }
}

fn of_bucket(operation: &str, bucket: &str) -> Told {
    Told {
        operation: operation.to_owned(),
        bucket: Some(bucket.to_owned()),
        key: None,
        count: 1,
    }
}

fn plain(operation: &str) -> Told {
    Told {
        operation: operation.to_owned(),
        bucket: None,
        key: None,
        count: 1,
    }
}

/// `in_bucket`: the record stands in the partition of a bucket. What is about the bucket itself is said
/// again in that of configuration, where it counts.
fn told(event: &Event, in_bucket: bool) -> Option<Told> {
    Some(match event {
        Event::Version(version) if version.upload.is_some() => {
            of_key("CompleteMultipartUpload", &version.key)
        }
        Event::Version(version) => of_key("PutObject", &version.key),
        Event::DeleteMarker(marker) => of_key("DeleteObject", &marker.key),
        Event::VersionHidden(hidden) => of_key("DeleteObject", &hidden.key),
        Event::VersionTagged(tagged) => of_key("PutObjectTagging", &tagged.key),
        Event::AclChanged(changed) => of_key("PutObjectAcl", &changed.key),
        Event::UploadStarted(upload) => of_key("CreateMultipartUpload", &upload.key),
        Event::PartStored(part) => of_key("UploadPart", &part.key),
        Event::UploadAborted(upload) => of_key("AbortMultipartUpload", &upload.key),
        Event::VersionLocked(_) => plain("azekura:LockVersion"),
        Event::LocksChanged(changed) => Told {
            count: changed.locks.len() as u64,
            ..plain("azekura:LockVersions")
        },
        Event::Released(released) => of_key("azekura:Release", &released.key),
        Event::DisposalRequested(job) => of_key("azekura:Dispose", &job.prefix),
        _ if in_bucket => return None,
        Event::BucketCreated(bucket) => of_bucket("CreateBucket", &bucket.name),
        Event::BucketRetired(bucket) => of_bucket("DeleteBucket", &bucket.name),
        Event::BucketChanged(bucket) => of_bucket("azekura:ConfigureBucket", &bucket.name),
        Event::BucketConfigured(bucket) => of_bucket("azekura:ConfigureBucket", &bucket.name),
        // What the vault does for itself.
        Event::ClockTick(_)
        | Event::BlobIntent(_)
        | Event::IntentWithdrawn(_)
        | Event::Freed(_)
        | Event::SlotRestated(_)
        | Event::LifecycleRan(_)
        | Event::Imported(_)
        | Event::AuditBatch(_) => return None,
        // Tenants, keys, people, approvals: by the name of their record.
        other => plain(&format!("azekura:{:?}", other.kind())),
    })
}
