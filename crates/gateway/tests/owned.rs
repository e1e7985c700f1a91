//! What is the same for every object: owner, ACL, encryption, storage class; and what is told of one.

#[cfg(test)]
mod support;

use support::{Server, start};

async fn with_object() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    server
}

#[tokio::test]
async fn the_owner_has_full_control_and_nobody_else_gets_any() {
    let server = with_object().await;
    let owner = server.get("/").await.ok().element("ID").unwrap();
    let owner_grant = format!("id={owner}");
    for target in ["/bucket?acl", "/bucket/key?acl"] {
        let reply = server.get(target).await.ok();
        let text = reply.text();
        assert!(
            text.contains("<Permission>FULL_CONTROL</Permission>"),
            "{text}"
        );
        assert_eq!(reply.element("ID"), Some(owner.clone()), "{text}");
        // What GET answers may be put back.
        server.put(target, &reply.body).await.ok();
        for canned in ["private", "bucket-owner-full-control"] {
            let headers = [("x-amz-acl", canned)];
            server.call("PUT", target, &headers, b"").await.ok();
        }
        for headers in [
            ("x-amz-acl", "public-read"),
            ("x-amz-grant-read", owner_grant.as_str()),
        ] {
            let reply = server.call("PUT", target, &[headers], b"").await;
            reply.is(400, "AccessControlListNotSupported");
        }
        let other = text.replace("FULL_CONTROL", "READ");
        let reply = server.put(target, other.as_bytes()).await;
        reply.is(400, "AccessControlListNotSupported");
        let reply = server.put(target, b"").await;
        reply.is(400, "MissingSecurityHeader");
    }
    let none = server.get("/bucket/none?acl").await;
    none.is(404, "NoSuchKey");
    let public = [("x-amz-acl", "public-read")];
    let reply = server.call("PUT", "/bucket/new", &public, b"x").await;
    reply.is(400, "AccessControlListNotSupported");
    server.get("/bucket/new").await.is(404, "NoSuchKey");
}

#[tokio::test]
async fn another_owner_than_expected_is_refused() {
    let server = with_object().await;
    let owner = server.get("/").await.ok().element("ID").unwrap();
    let right = [("x-amz-expected-bucket-owner", owner.as_str())];
    server.call("GET", "/bucket/key", &right, b"").await.ok();
    let wrong = [("x-amz-expected-bucket-owner", "111122223333")];
    for (method, target) in [("GET", "/bucket/key"), ("DELETE", "/bucket/key")] {
        let reply = server.call(method, target, &wrong, b"").await;
        reply.is(403, "AccessDenied");
    }
    let copy = [
        ("x-amz-copy-source", "/bucket/key"),
        ("x-amz-source-expected-bucket-owner", "111122223333"),
    ];
    let reply = server.call("PUT", "/bucket/copy", &copy, b"").await;
    reply.is(403, "AccessDenied");
    server.get("/bucket/key").await.ok();
}

#[tokio::test]
async fn encryption_is_told_and_other_kinds_are_refused() {
    let server = with_object().await;
    let name = "x-amz-server-side-encryption";
    let put = server.put("/bucket/key", b"abc").await.ok();
    assert_eq!(put.header(name), Some("AES256"));
    for method in ["GET", "HEAD"] {
        let reply = server.call(method, "/bucket/key", &[], b"").await.ok();
        assert_eq!(reply.header(name), Some("AES256"));
        assert_eq!(reply.header("x-amz-storage-class"), None);
    }
    let copy = [("x-amz-copy-source", "/bucket/key"), (name, "AES256")];
    let reply = server.call("PUT", "/bucket/copy", &copy, b"").await.ok();
    assert_eq!(reply.header(name), Some("AES256"));
    let upload = server
        .call("POST", "/bucket/up?uploads", &[], b"")
        .await
        .ok();
    assert_eq!(upload.header(name), Some("AES256"));
    for (name, value, status) in [
        (name, "aws:kms", 501),
        (
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
            501,
        ),
        (name, "DES", 400),
        ("x-amz-storage-class", "GLACIER", 400),
    ] {
        let reply = server
            .call("PUT", "/bucket/no", &[(name, value)], b"x")
            .await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    server.get("/bucket/no").await.is(404, "NoSuchKey");
    let reply = server.call("POST", "/bucket/key?restore", &[], b"").await;
    reply.is(403, "InvalidObjectState");
}

#[tokio::test]
async fn a_redirect_belongs_to_one_object() {
    let server = with_object().await;
    let name = "x-amz-website-redirect-location";
    let reply = server
        .call("PUT", "/bucket/key", &[(name, "/other")], b"abc")
        .await;
    reply.ok();
    let head = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
    assert_eq!(head.header(name), Some("/other"));
    let copy = [("x-amz-copy-source", "/bucket/key")];
    server.call("PUT", "/bucket/copy", &copy, b"").await.ok();
    let head = server.call("HEAD", "/bucket/copy", &[], b"").await.ok();
    assert_eq!(head.header(name), None);
    // Onto itself: a redirect is a change.
    let itself = [("x-amz-copy-source", "/bucket/key"), (name, "/third")];
    server.call("PUT", "/bucket/key", &itself, b"").await.ok();
    let head = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
    assert_eq!(head.header(name), Some("/third"));
    let reply = server
        .call("PUT", "/bucket/key", &[(name, "other")], b"abc")
        .await;
    reply.is(400, "InvalidRedirectLocation");
}

#[tokio::test]
async fn attributes_are_told_as_asked() {
    let server = with_object().await;
    let ask = [(
        "x-amz-object-attributes",
        "ETag,Checksum,ObjectSize,StorageClass,ObjectParts",
    )];
    let reply = server
        .call("GET", "/bucket/key?attributes", &ask, b"")
        .await
        .ok();
    let element = |name: &str| reply.element(name);
    assert_eq!(
        element("ETag").as_deref(),
        Some("900150983cd24fb0d6963f7d28e17f72")
    );
    assert_eq!(element("ObjectSize").as_deref(), Some("3"));
    assert_eq!(element("StorageClass").as_deref(), Some("STANDARD"));
    assert_eq!(element("ChecksumType").as_deref(), Some("FULL_OBJECT"));
    assert!(element("ChecksumCRC64NVME").is_some());
    assert_eq!(element("ObjectParts"), None);
    let one = [("x-amz-object-attributes", "ObjectSize")];
    let reply = server
        .call("GET", "/bucket/key?attributes", &one, b"")
        .await
        .ok();
    assert_eq!(reply.element("ETag"), None);
    let bad = [("x-amz-object-attributes", "Colour")];
    let reply = server
        .call("GET", "/bucket/key?attributes", &bad, b"")
        .await;
    reply.is(400, "InvalidArgument");
}

#[tokio::test]
async fn a_plain_object_is_its_own_first_part() {
    let server = with_object().await;
    for method in ["GET", "HEAD"] {
        let reply = server
            .call(method, "/bucket/key?partNumber=1", &[], b"")
            .await
            .ok();
        assert_eq!(reply.header("content-length"), Some("3"));
        assert_eq!(reply.header("x-amz-mp-parts-count"), None);
        let reply = server
            .call(method, "/bucket/key?partNumber=2", &[], b"")
            .await;
        assert_eq!(reply.status, 416);
    }
    let reply = server.get("/bucket/key?partNumber=2").await;
    reply.is(416, "InvalidPartNumber");
    let both = [("range", "bytes=0-1")];
    let reply = server
        .call("GET", "/bucket/key?partNumber=1", &both, b"")
        .await;
    reply.is(400, "InvalidRequest");
}
