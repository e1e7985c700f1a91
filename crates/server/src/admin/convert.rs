//! From the store's types to those on the wire, by hand.

use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::types::{BucketInfo, ObjectDetail, ObjectSummary, Pair, VersionReport, Who};
use azekura_model::bucket::Versioning;
use azekura_model::time::WallTime;
use azekura_store::bucket::Bucket;
use azekura_store::error::StoreError;
use azekura_store::governed::NEVER;
use azekura_store::history::Deed;
use azekura_store::object::ObjectInfo;
use azekura_store::tenant_seal::SealRefused;
use time::OffsetDateTime;
use time::macros::format_description;

/// RFC 3339 in UTC with milliseconds; words for what waits for a second person.
pub(crate) fn rfc3339(milliseconds: i64) -> String {
    if milliseconds == NEVER.0 {
        return "after a second person approves (azekura request list)".to_owned();
    }
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .ok()
        .and_then(|at| {
            at.format(format_description!(
                "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
            ))
            .ok()
        })
        .unwrap_or_else(|| format!("{milliseconds} ms since 1970"))
}

pub(crate) fn wall(at: WallTime) -> String {
    rfc3339(at.0)
}

pub(crate) fn bucket_info(bucket: &Bucket) -> BucketInfo {
    let versioning = match bucket.versioning {
        Versioning::Unversioned => "unversioned",
        Versioning::Enabled => "enabled",
        Versioning::Suspended => "suspended",
    };
    BucketInfo {
        name: bucket.name.to_string(),
        uuid: bucket.uuid.to_string(),
        tenant: bucket.tenant.to_string(),
        versioning: versioning.to_owned(),
        location: bucket.location.clone(),
        created: wall(bucket.created),
        history_days: bucket.history_days,
    }
}

pub(crate) fn object_summary(
    key: String,
    summary: &azekura_record::summary::Summary,
) -> ObjectSummary {
    ObjectSummary {
        key,
        version: summary.version.to_string(),
        bytes: summary.content_bytes,
        etag: summary.etag.to_string(),
        modified: wall(summary.modified),
    }
}

pub(crate) fn pairs(pairs: &[(String, String)]) -> Vec<Pair> {
    pairs
        .iter()
        .map(|(name, value)| Pair {
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

pub(crate) fn object_detail(info: &ObjectInfo) -> ObjectDetail {
    ObjectDetail {
        key: info.key.to_string(),
        version: info.version.to_string(),
        null: info.null,
        bytes: info.bytes,
        etag: info.etag.to_string(),
        sha256: info.sha256.map(hex::encode),
        checksums: info
            .checksums
            .iter()
            .map(|checksum| Pair {
                name: checksum.algorithm.as_str().to_owned(),
                value: hex::encode(&checksum.value),
            })
            .collect(),
        modified: wall(info.modified),
        headers: pairs(&info.attributes.headers),
        metadata: pairs(&info.attributes.metadata),
        tags: pairs(&info.attributes.tags),
        parts: info.parts.iter().map(|part| part.bytes).collect(),
    }
}

/// What requests of two people answer.
fn two_people(error: &StoreError) -> (Code, &'static str) {
    match error {
        // The words say what to do.
        StoreError::ApprovalNeeded(_) => (Code::ApprovalNeeded, ""),
        StoreError::NoSuchRequest => (
            Code::NotFound,
            "`azekura request list --all` shows the requests there are.",
        ),
        StoreError::BadSignature(_) => (
            Code::InvalidRequest,
            "Sign the text as `azekura request text ID` prints it: ssh-keygen -Y sign -n azekura-request -f KEY FILE",
        ),
        StoreError::NotApproved(_) | StoreError::MayNotVeto => (
            Code::AccessDenied,
            "Approvers are people of the tenant with a key that was registered before the request.",
        ),
        _ => (Code::Internal, ""),
    }
}

/// Why the store refused, for programs and for people.
pub(crate) fn api_error(error: &StoreError) -> ApiError {
    let (code, hint) = match error {
        StoreError::NoSuchBucket => (
            Code::NotFound,
            "`azekura bucket list` shows the buckets there are.",
        ),
        StoreError::NoSuchKey { .. } | StoreError::NoSuchVersion => (
            Code::NotFound,
            "`azekura object history BUCKET KEY` shows every version, hidden ones too.",
        ),
        StoreError::NoSuchUpload => (Code::NotFound, ""),
        StoreError::NoSuchDisposal => (
            Code::NotFound,
            "`azekura disposal list BUCKET` shows the disposals there are.",
        ),
        StoreError::NoSuchIdentity => (Code::NotFound, ""),
        StoreError::BucketAlreadyOwnedByYou | StoreError::BucketAlreadyExists => {
            (Code::Conflict, "")
        }
        StoreError::BucketNotEmpty => (
            Code::Conflict,
            "Delete what S3 shows and abort its uploads first; the history stays in any case.",
        ),
        StoreError::Conflict => (Code::Conflict, "Try again."),
        StoreError::IsDeleteMarker { .. } => {
            (Code::Gone, "Ask for a version that is not a delete marker.")
        }
        StoreError::Erased(_) => (Code::Gone, ""),
        StoreError::Damaged(_) => (
            Code::Damaged,
            "Stop the server and run `azekura vault check` to see all that is damaged.",
        ),
        StoreError::NoSpace(_) => (Code::NoSpace, "Free space or add a disk; reads go on."),
        StoreError::Stopped(_) => (
            Code::Unavailable,
            "See the log, mend the disk, start the server again.",
        ),
        StoreError::OverLimit(_) => (
            Code::AccessDenied,
            "`azekura lock limits BUCKET` shows the limits of the bucket; those of keys are in the configuration.",
        ),
        StoreError::OverQuota(_) => (
            Code::AccessDenied,
            "`azekura tenant usage` shows what is kept; `azekura tenant change --quota-bytes` raises the quota.",
        ),
        StoreError::ApprovalNeeded(_)
        | StoreError::NoSuchRequest
        | StoreError::BadSignature(_)
        | StoreError::NotApproved(_)
        | StoreError::MayNotVeto => two_people(error),
        StoreError::TenantLocked => (
            Code::Unavailable,
            "An administrator of the institution runs `azekura tenant unlock`; the very first time, `azekura tenant passphrase`.",
        ),
        StoreError::Seal(refused) => seal(*refused),
        StoreError::BucketWithoutLock => (
            Code::Conflict,
            "Enable object lock on the bucket (PutObjectLockConfiguration).",
        ),
        StoreError::Locked(_) | StoreError::InvalidBucketState(_) | StoreError::ClockLead(_) => {
            (Code::Conflict, "")
        }
        StoreError::InvalidArgument(_)
        | StoreError::InvalidRequest(_)
        | StoreError::Range(_)
        | StoreError::Condition(_)
        | StoreError::NotPlaced(_)
        | StoreError::TooLarge { .. } => (Code::InvalidRequest, ""),
        _ => (Code::Internal, "The log of the server says more."),
    };
    ApiError::new(code, error.to_string()).hint(hint)
}

fn seal(refused: SealRefused) -> (Code, &'static str) {
    match refused {
        SealRefused::NotSealed => (
            Code::Conflict,
            "Make another tenant with `azekura tenant create --sealed` and copy what it keeps.",
        ),
        SealRefused::NotSet => (
            Code::Conflict,
            "An administrator of the institution sets it: `azekura tenant passphrase`.",
        ),
        SealRefused::PresentNeeded => (
            Code::InvalidRequest,
            "Leave out --first: `azekura tenant passphrase` asks for the present one.",
        ),
        SealRefused::WrongPassphrase => (
            Code::AccessDenied,
            "Without the passphrase the contents cannot be read by anybody.",
        ),
        SealRefused::TooManyTries => (Code::Unavailable, "Try again in a minute."),
        SealRefused::Damaged | SealRefused::Lost | SealRefused::Rounds(_) => (
            Code::Damaged,
            "Stop the server and run `azekura vault check` to see all that is damaged.",
        ),
    }
}

fn who(deed: &Result<Deed, String>) -> Option<Who> {
    let deed = deed.as_ref().ok()?;
    Some(Who {
        principal: deed.requester.principal.clone(),
        key_id: deed.requester.key_id.clone(),
        source: deed.requester.source.map(|address| address.to_string()),
        request_id: deed.requester.request_id.clone(),
        at: wall(deed.wall),
    })
}

pub(crate) fn history_entry(version: &azekura_store::history::PastVersion) -> VersionReport {
    let summary = &version.summary;
    VersionReport {
        version: summary.version.to_string(),
        latest: version.latest,
        shown: version.shown,
        hidden: summary.hidden,
        marker: summary.marker,
        null: summary.null,
        bytes: summary.content_bytes,
        etag: if summary.marker {
            String::new()
        } else {
            summary.etag.to_string()
        },
        modified: wall(summary.modified),
        by: who(&version.made),
        hidden_by: version.hidden.as_ref().and_then(who),
    }
}
