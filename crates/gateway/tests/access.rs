//! Authorization: one table, and nothing outside it.

#[cfg(test)]
mod support;

use std::sync::Arc;

use azekura_gateway::auth::{NoKeys, action_of};
use azekura_model::access::Action;
use support::{READER, WRITER, md5_of, start, start_with};

/// Every operation of the access trait of s3s 0.14.1.
const OPERATIONS: &str = include_str!("operations.txt");

/// Operations that are served.
const SERVED: &[(&str, &str, &str)] = &[
    ("DeleteBucketCors", "DELETE", "/bucket?cors"),
    ("DeleteBucketEncryption", "DELETE", "/bucket?encryption"),
    (
        "DeleteBucketOwnershipControls",
        "DELETE",
        "/bucket?ownershipControls",
    ),
    ("DeleteBucketTagging", "DELETE", "/bucket?tagging"),
    (
        "DeletePublicAccessBlock",
        "DELETE",
        "/bucket?publicAccessBlock",
    ),
    (
        "GetBucketAccelerateConfiguration",
        "GET",
        "/bucket?accelerate",
    ),
    ("GetBucketCors", "GET", "/bucket?cors"),
    ("GetBucketEncryption", "GET", "/bucket?encryption"),
    (
        "GetBucketLifecycleConfiguration",
        "GET",
        "/bucket?lifecycle",
    ),
    ("GetBucketLogging", "GET", "/bucket?logging"),
    (
        "GetBucketNotificationConfiguration",
        "GET",
        "/bucket?notification",
    ),
    (
        "GetBucketOwnershipControls",
        "GET",
        "/bucket?ownershipControls",
    ),
    ("GetBucketPolicy", "GET", "/bucket?policy"),
    ("PutBucketPolicy", "PUT", "/bucket?policy"),
    ("DeleteBucketPolicy", "DELETE", "/bucket?policy"),
    ("GetBucketPolicyStatus", "GET", "/bucket?policyStatus"),
    ("GetBucketReplication", "GET", "/bucket?replication"),
    ("GetBucketRequestPayment", "GET", "/bucket?requestPayment"),
    ("GetBucketWebsite", "GET", "/bucket?website"),
    ("GetPublicAccessBlock", "GET", "/bucket?publicAccessBlock"),
    (
        "ListBucketAnalyticsConfigurations",
        "GET",
        "/bucket?analytics",
    ),
    (
        "ListBucketIntelligentTieringConfigurations",
        "GET",
        "/bucket?intelligent-tiering",
    ),
    (
        "ListBucketInventoryConfigurations",
        "GET",
        "/bucket?inventory",
    ),
    ("ListBucketMetricsConfigurations", "GET", "/bucket?metrics"),
    (
        "PutBucketAccelerateConfiguration",
        "PUT",
        "/bucket?accelerate",
    ),
    ("PutBucketCors", "PUT", "/bucket?cors"),
    ("PutBucketEncryption", "PUT", "/bucket?encryption"),
    (
        "PutBucketOwnershipControls",
        "PUT",
        "/bucket?ownershipControls",
    ),
    ("PutBucketRequestPayment", "PUT", "/bucket?requestPayment"),
    ("PutBucketTagging", "PUT", "/bucket?tagging"),
    ("PutPublicAccessBlock", "PUT", "/bucket?publicAccessBlock"),
    ("DeleteBucketLifecycle", "DELETE", "/bucket?lifecycle"),
    ("GetObjectLegalHold", "GET", "/bucket/key?legal-hold"),
    ("GetObjectRetention", "GET", "/bucket/key?retention"),
    (
        "PutBucketLifecycleConfiguration",
        "PUT",
        "/bucket?lifecycle",
    ),
    ("PutObjectLegalHold", "PUT", "/bucket/key?legal-hold"),
    ("PutObjectLockConfiguration", "PUT", "/bucket?object-lock"),
    ("PutObjectRetention", "PUT", "/bucket/key?retention"),
    ("AbortMultipartUpload", "DELETE", "/bucket/key?uploadId=x"),
    ("CompleteMultipartUpload", "POST", "/bucket/key?uploadId=x"),
    ("CopyObject", "PUT", "/bucket/key"),
    ("CreateBucket", "PUT", "/bucket"),
    ("CreateMultipartUpload", "POST", "/bucket/key?uploads"),
    ("DeleteBucket", "DELETE", "/bucket"),
    ("DeleteObject", "DELETE", "/bucket/key"),
    ("DeleteObjectTagging", "DELETE", "/bucket/key?tagging"),
    ("DeleteObjects", "POST", "/bucket?delete"),
    ("GetBucketLocation", "GET", "/bucket?location"),
    ("GetBucketTagging", "GET", "/bucket?tagging"),
    ("GetBucketVersioning", "GET", "/bucket?versioning"),
    ("GetObject", "GET", "/bucket/key"),
    ("GetObjectLockConfiguration", "GET", "/bucket?object-lock"),
    ("GetObjectTagging", "GET", "/bucket/key?tagging"),
    ("GetBucketAcl", "GET", "/bucket?acl"),
    ("GetObjectAcl", "GET", "/bucket/key?acl"),
    ("GetObjectAttributes", "GET", "/bucket/key?attributes"),
    ("PutBucketAcl", "PUT", "/bucket?acl"),
    ("PutObjectAcl", "PUT", "/bucket/key?acl"),
    ("RestoreObject", "POST", "/bucket/key?restore"),
    ("HeadBucket", "HEAD", "/bucket"),
    ("HeadObject", "HEAD", "/bucket/key"),
    ("ListBuckets", "GET", "/"),
    ("ListMultipartUploads", "GET", "/bucket?uploads"),
    ("ListObjectVersions", "GET", "/bucket?versions"),
    ("ListObjects", "GET", "/bucket"),
    ("ListObjectsV2", "GET", "/bucket?list-type=2"),
    ("ListParts", "GET", "/bucket/key?uploadId=x"),
    ("PutBucketVersioning", "PUT", "/bucket?versioning"),
    ("PutObject", "PUT", "/bucket/key"),
    ("PutObjectTagging", "PUT", "/bucket/key?tagging"),
    ("UploadPart", "PUT", "/bucket/key?partNumber=1&uploadId=x"),
    (
        "UploadPartCopy",
        "PUT",
        "/bucket/key?partNumber=1&uploadId=x",
    ),
];

#[test]
fn the_table_names_what_is_served_and_no_more() {
    let all: Vec<_> = OPERATIONS.split_whitespace().collect();
    assert!(all.len() > 90, "{}", all.len());
    for operation in &all {
        // A form has no signed head: its own tests show it.
        let served =
            *operation == "PostObject" || SERVED.iter().any(|(name, _, _)| name == operation);
        assert_eq!(action_of(operation, false).is_some(), served, "{operation}");
        assert_eq!(action_of(operation, true).is_some(), served, "{operation}");
    }
    assert!(SERVED.iter().all(|(name, _, _)| all.contains(name)));
    assert_eq!(
        action_of("DeleteObject", true),
        Some(Action::DeleteObjectVersion)
    );
    assert_eq!(action_of("GetObject", true), Some(Action::GetObjectVersion));
    assert_eq!(action_of("SomethingNew", false), None);
}

#[tokio::test]
async fn without_a_provider_every_operation_is_refused() {
    let server = start_with(Arc::new(NoKeys)).await;
    for &(operation, method, target) in SERVED {
        let md5 = md5_of(b"");
        let mut signer = server.root(method, target);
        signer = signer.headers(&[("content-md5", &md5)]);
        if operation.contains("Copy") {
            signer = signer.headers(&[("x-amz-copy-source", "/bucket/other")]);
        }
        let reply = server.send(&signer.signed(b""), b"").await;
        assert_eq!(reply.status, 403, "{operation}: {}", reply.text());
    }
}

#[tokio::test]
async fn what_is_not_built_says_so_by_name() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    for (operation, method, target) in [
        ("PutBucketWebsite", "PUT", "/bucket?website"),
        ("PutBucketLogging", "PUT", "/bucket?logging"),
        (
            "PutBucketNotificationConfiguration",
            "PUT",
            "/bucket?notification",
        ),
        (
            "PutBucketInventoryConfiguration",
            "PUT",
            "/bucket?inventory&id=x",
        ),
        (
            "GetBucketInventoryConfiguration",
            "GET",
            "/bucket?inventory&id=x",
        ),
        ("GetObjectTorrent", "GET", "/bucket/key?torrent"),
        (
            "SelectObjectContent",
            "POST",
            "/bucket/key?select&select-type=2",
        ),
        ("PutBucketReplication", "PUT", "/bucket?replication"),
    ] {
        let reply = server.call(method, target, &[], b"").await;
        let reply = reply.is(501, "NotImplemented");
        let message = reply.element("Message").unwrap();
        assert_eq!(message, format!("{operation} is not built yet"));
    }
}

#[tokio::test]
async fn rights_are_explicit() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    let as_key =
        |key, method: &'static str, target: &'static str| server.as_key(key, method, target);
    for (method, target) in [
        ("PUT", "/bucket/new"),
        ("DELETE", "/bucket/key"),
        ("PUT", "/other"),
        ("DELETE", "/bucket"),
        ("POST", "/bucket/key?uploads"),
    ] {
        let head = as_key(READER, method, target).signed(b"");
        server.send(&head, b"").await.is(403, "AccessDenied");
    }
    for (method, target) in [
        ("GET", "/bucket/key"),
        ("GET", "/bucket"),
        ("DELETE", "/bucket/key"),
        ("DELETE", "/bucket/key?versionId=null"),
    ] {
        let head = as_key(WRITER, method, target).signed(b"");
        server.send(&head, b"").await.is(403, "AccessDenied");
    }
    let head = as_key(READER, "GET", "/bucket/key").signed(b"");
    assert_eq!(server.send(&head, b"").await.ok().body, b"abc");
    let head = as_key(WRITER, "PUT", "/bucket/new").signed(b"abc");
    server.send(&head, b"abc").await.ok();
    // Copying reads: the right to write is not enough.
    let copy = as_key(WRITER, "PUT", "/bucket/copy");
    let copy = copy.headers(&[("x-amz-copy-source", "/bucket/key")]);
    server
        .send(&copy.signed(b""), b"")
        .await
        .is(403, "AccessDenied");
}

/// s3s would take these for the plain operation.
#[tokio::test]
async fn an_unknown_sub_resource_changes_nothing() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    for (method, target) in [
        ("DELETE", "/bucket/key?retention"),
        ("DELETE", "/bucket/key?legal-hold"),
        ("DELETE", "/bucket%2Fkey?policy"),
        ("DELETE", "/bucket/key?annotation"),
        ("DELETE", "/bucket?versioning"),
        ("DELETE", "/bucket?metadataConfiguration"),
        ("PUT", "/bucket/key?append&position=3"),
        ("PUT", "/bucket/key?versionId=null"),
        ("PUT", "/bucket/key?encryption"),
        ("PUT", "/bucket?delete"),
    ] {
        let reply = server.call(method, target, &[], b"").await;
        assert_eq!(reply.status, 501, "{method} {target}: {}", reply.text());
    }
    let half = server.put("/bucket/key?partNumber=1", b"x").await;
    half.is(400, "InvalidArgument");
    assert_eq!(server.get("/bucket/key").await.ok().body, b"abc");
}
