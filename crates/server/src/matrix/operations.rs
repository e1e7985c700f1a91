//! Every operation of S3 and of the admin API, each with what it can do to a stored version. An
//! operation that is not listed here fails the test: whoever adds one decides.

use std::collections::BTreeSet;

use super::paths::PATHS;
use crate::admin::openapi_document;

/// The operations of the access trait, frozen with the gateway.
const S3_OPERATIONS: &str = include_str!("../../../gateway/tests/operations.txt");

/// Operations that can remove, replace, hide or weaken: each has rows in [`PATHS`].
const CAPABLE: &[&str] = &[
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketLifecycle",
    "DeleteObject",
    "DeleteObjects",
    "PostObject",
    "PutBucketLifecycleConfiguration",
    "PutBucketVersioning",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectLockConfiguration",
    "PutObjectRetention",
    "PutObjectTagging",
    "DeleteObjectTagging",
    "DELETE /v1/buckets/{bucket}",
    "DELETE /v1/tenants",
    "POST /v1/buckets/{bucket}",
    "POST /v1/buckets/{bucket}/disposals",
    "POST /v1/buckets/{bucket}/lifecycle/run",
    "POST /v1/buckets/{bucket}/lock-default",
    "POST /v1/buckets/{bucket}/locks",
    "POST /v1/buckets/{bucket}/undelete",
    "PUT /v1/buckets/{bucket}/history-days",
];

/// Operations of S3 that are refused by name whoever asks.
pub(super) const NOT_SERVED: &[&str] = &[
    "CreateBucketMetadataTableConfiguration",
    "CreateSession",
    "DeleteBucketAnalyticsConfiguration",
    "DeleteBucketIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration",
    "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration",
    "DeleteBucketReplication",
    "DeleteBucketWebsite",
    "GetBucketAnalyticsConfiguration",
    "GetBucketIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration",
    "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration",
    "GetObjectTorrent",
    "ListDirectoryBuckets",
    "PutBucketAnalyticsConfiguration",
    "PutBucketIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration",
    "PutBucketLogging",
    "PutBucketMetricsConfiguration",
    "PutBucketNotificationConfiguration",
    "PutBucketReplication",
    "PutBucketWebsite",
    "SelectObjectContent",
    "WriteGetObjectResponse",
];

/// Operations that read, or change nothing of a version.
const HARMLESS: &[(&str, &[&str])] = &[
    (
        "reads",
        &[
            "GetBucketAccelerateConfiguration",
            "GetBucketAcl",
            "GetBucketCors",
            "GetBucketEncryption",
            "GetBucketLifecycleConfiguration",
            "GetBucketLocation",
            "GetBucketLogging",
            "GetBucketNotificationConfiguration",
            "GetBucketOwnershipControls",
            "GetBucketPolicy",
            "GetBucketPolicyStatus",
            "GetBucketReplication",
            "GetBucketRequestPayment",
            "GetBucketTagging",
            "GetBucketVersioning",
            "GetBucketWebsite",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectLegalHold",
            "GetObjectLockConfiguration",
            "GetObjectRetention",
            "GetObjectTagging",
            "GetPublicAccessBlock",
            "HeadBucket",
            "HeadObject",
            "ListBucketAnalyticsConfigurations",
            "ListBucketIntelligentTieringConfigurations",
            "ListBucketInventoryConfigurations",
            "ListBucketMetricsConfigurations",
            "ListBuckets",
            "ListMultipartUploads",
            "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2",
            "ListParts",
        ],
    ),
    (
        "settings of a bucket that concern no version",
        &[
            "DeleteBucketCors",
            "DeleteBucketEncryption",
            "DeleteBucketOwnershipControls",
            "DeleteBucketTagging",
            "DeletePublicAccessBlock",
            "PutBucketAccelerateConfiguration",
            "PutBucketAcl",
            "PutBucketCors",
            "PutBucketEncryption",
            "PutBucketOwnershipControls",
            "PutBucketRequestPayment",
            "PutBucketTagging",
            "PutPublicAccessBlock",
        ],
    ),
    (
        "uploads before their end: no version is made, none is touched",
        &[
            "AbortMultipartUpload",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
        ],
    ),
    ("answers that nothing is archived", &["RestoreObject"]),
    ("not served: refused by name whoever asks", NOT_SERVED),
    (
        "who may do what: judged cell by cell in `grants`",
        &["DeleteBucketPolicy", "PutBucketPolicy"],
    ),
    (
        "a fresh key for what comes: what is stored keeps its own",
        &["POST /v1/buckets/{bucket}/rotate-key"],
    ),
    (
        "takes back a disposal",
        &["DELETE /v1/buckets/{bucket}/disposals/{id}"],
    ),
    (
        "reads of the admin API",
        &[
            "GET /v1/vault",
            "GET /v1/usage",
            "GET /v1/export",
            "GET /v1/export/versions",
            "GET /v1/export/content",
            "GET /v1/blast-radius",
            "GET /v1/policy-explain",
            "GET /v1/clock",
            "POST /v1/vault/snapshot",
            "GET /v1/buckets",
            "GET /v1/buckets/{bucket}/objects",
            "GET /v1/buckets/{bucket}/object",
            "GET /v1/buckets/{bucket}/content",
            "GET /v1/buckets/{bucket}/history",
            "GET /v1/retention-classes",
            "GET /v1/buckets/{bucket}/retention-classes",
            "GET /v1/buckets/{bucket}/retention-limits",
            "GET /v1/buckets/{bucket}/lock-default",
            "GET /v1/buckets/{bucket}/lock-report",
            "GET /v1/buckets/{bucket}/explain",
            "GET /v1/buckets/{bucket}/lifecycle",
            "GET /v1/buckets/{bucket}/history-days",
            "GET /v1/buckets/{bucket}/disposals",
            "GET /v1/buckets/{bucket}/certificate",
        ],
    ),
    (
        "who is known: no version is touched, and no lock",
        &[
            "GET /v1/tenants",
            "POST /v1/tenants",
            "PUT /v1/tenants",
            "GET /v1/users",
            "PUT /v1/users",
            "DELETE /v1/users",
            "GET /v1/groups",
            "PUT /v1/groups",
            "DELETE /v1/groups",
            "GET /v1/policies",
            "PUT /v1/policies",
            "DELETE /v1/policies",
            "GET /v1/keys",
            "POST /v1/keys",
            "PUT /v1/keys",
            "DELETE /v1/keys",
            "POST /v1/login",
            "POST /v1/totp",
        ],
    ),
    ("reads the audit", &["GET /v1/audit"]),
    (
        "the key of sealed contents: opens or closes reads and writes, changes nothing that is stored",
        &[
            "POST /v1/tenants/{tenant}/unlock",
            "POST /v1/tenants/{tenant}/lock",
            "POST /v1/tenants/{tenant}/passphrase",
        ],
    ),
    (
        "requests of two people: a signature or a no; what it allows is a call or a setting of its own",
        &[
            "GET /v1/requests",
            "GET /v1/requests/{request}",
            "POST /v1/requests/{request}/approve",
            "POST /v1/requests/{request}/veto",
        ],
    ),
    (
        "settings of retention: what weakens waits, and what is stored keeps its lock",
        &[
            "POST /v1/buckets/{bucket}/retention-classes",
            "DELETE /v1/buckets/{bucket}/retention-classes",
            "POST /v1/buckets/{bucket}/retention-limits",
        ],
    ),
];

/// Operations of S3, and methods with routes of the admin API.
pub(super) fn all() -> BTreeSet<String> {
    let document: serde_json::Value = serde_json::from_str(&openapi_document().unwrap()).unwrap();
    let mut all: BTreeSet<String> = S3_OPERATIONS
        .split_whitespace()
        // The trait's own helper, `current`, is no operation.
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(str::to_owned)
        .collect();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            all.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    all
}

#[test]
fn every_operation_is_classified_once() {
    let mut listed = BTreeSet::new();
    let harmless = HARMLESS.iter().flat_map(|(_, names)| names.iter());
    for name in CAPABLE.iter().chain(harmless) {
        assert!(listed.insert((*name).to_owned()), "{name} is listed twice");
    }
    let all = all();
    let missing: Vec<_> = all.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "not classified: {missing:?}. Can it remove, replace, hide or weaken a version? Then add it \
         to CAPABLE and give it rows in paths.rs; else to HARMLESS with its reason"
    );
    let gone: Vec<_> = listed.difference(&all).collect();
    assert!(gone.is_empty(), "no longer there: {gone:?}");
}

#[test]
fn every_capable_operation_has_rows_and_every_row_an_operation() {
    for name in CAPABLE {
        assert!(
            PATHS.iter().any(|path| path.operation == *name),
            "{name} has no row in paths.rs"
        );
    }
    for path in PATHS {
        assert!(
            CAPABLE.contains(&path.operation),
            "{}: {} is not in CAPABLE",
            path.name,
            path.operation
        );
    }
}
