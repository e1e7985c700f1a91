//! Buckets, versions and listings.

#[cfg(test)]
mod support;

use support::{Server, start};

async fn with_bucket() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server
}

const VERSIONING: &[u8] =
    b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &[u8] =
    b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

#[tokio::test]
async fn buckets_come_and_go() {
    let server = start().await;
    let made = server.put("/bucket", b"").await.ok();
    assert_eq!(made.header("location"), Some("/bucket"));
    server
        .put("/bucket", b"")
        .await
        .is(409, "BucketAlreadyOwnedByYou");
    let list = server.get("/").await.ok();
    assert_eq!(list.element("Name").as_deref(), Some("bucket"));
    let head = server.call("HEAD", "/bucket", &[], b"").await.ok();
    assert_eq!(head.header("x-amz-bucket-region"), Some("jp-tokyo"));
    let location = server.get("/bucket?location").await.ok();
    assert!(
        location.text().contains(">jp-tokyo<"),
        "{}",
        location.text()
    );
    server
        .get("/bucket?object-lock")
        .await
        .is(404, "ObjectLockConfigurationNotFoundError");
    server.get("/bucket?tagging").await.is(404, "NoSuchTagSet");
    server.put("/bucket/key", b"abc").await.ok();
    server
        .call("DELETE", "/bucket", &[], b"")
        .await
        .is(409, "BucketNotEmpty");
    let gone = server.call("DELETE", "/bucket/key", &[], b"").await;
    assert_eq!(gone.status, 204);
    let gone = server.call("DELETE", "/bucket", &[], b"").await;
    assert_eq!(gone.status, 204);
    server.get("/bucket").await.is(404, "NoSuchBucket");
    server
        .put("/bucket.at-2026", b"")
        .await
        .is(400, "InvalidBucketName");
    server
        .put("/bucket.rp-1", b"")
        .await
        .is(400, "InvalidBucketName");
}

#[tokio::test]
async fn only_our_region_is_a_location() {
    let server = start().await;
    let document = |location: &str| {
        format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{location}</LocationConstraint></CreateBucketConfiguration>"
        )
    };
    for bad in ["us-east-1", "eu-west-1", "EU"] {
        let reply = server.put("/bucket", document(bad).as_bytes()).await;
        reply.is(400, "InvalidLocationConstraint");
    }
    for (name, good) in [("/one", "jp-tokyo"), ("/two", "tokyo"), ("/three", "")] {
        server.put(name, document(good).as_bytes()).await.ok();
    }
}

/// s3s passes over what it does not know.
#[tokio::test]
async fn tags_of_a_new_bucket_are_not_passed_over() {
    let server = start().await;
    for prefix in ["", "s3:"] {
        let document = format!(
            "<CreateBucketConfiguration xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <{prefix}Tags><Tag><Key>a</Key><Value>b</Value></Tag></{prefix}Tags>\
             </CreateBucketConfiguration>"
        );
        let reply = server.put("/bucket", document.as_bytes()).await;
        reply.is(501, "NotImplemented");
        server.get("/bucket").await.is(404, "NoSuchBucket");
    }
}

#[tokio::test]
async fn a_document_is_verified() {
    let server = with_bucket().await;
    let wrong = [("content-md5", "kAFQmDzST7DWlj99KOF/cg==")];
    let reply = server
        .call("PUT", "/bucket?versioning", &wrong, VERSIONING)
        .await;
    reply.is(400, "BadDigest");
    let wrong = [("x-amz-checksum-crc32", "NSRBwg==")];
    let reply = server
        .call("PUT", "/bucket?versioning", &wrong, VERSIONING)
        .await;
    reply.is(400, "BadDigest");
    let signer = server.root("PUT", "/bucket?versioning");
    let head = signer
        .payload(&support::sigv4::sha256(b""))
        .signed(VERSIONING);
    server
        .send(&head, VERSIONING)
        .await
        .is(400, "XAmzContentSHA256Mismatch");
    let status = server.get("/bucket?versioning").await.ok();
    assert_eq!(status.element("Status"), None);
}

#[tokio::test]
async fn versions() {
    let server = with_bucket().await;
    server.put("/bucket?versioning", VERSIONING).await.ok();
    let status = server.get("/bucket?versioning").await.ok();
    assert_eq!(status.element("Status").as_deref(), Some("Enabled"));
    let version = |reply: &support::Reply| reply.header("x-amz-version-id").unwrap().to_owned();
    let one = version(&server.put("/bucket/key", b"1").await.ok());
    let two = version(&server.put("/bucket/key", b"22").await.ok());
    assert_ne!(one, two);
    let old = server
        .get(&format!("/bucket/key?versionId={one}"))
        .await
        .ok();
    assert_eq!(
        (old.body.as_slice(), version(&old)),
        (&b"1"[..], one.clone())
    );
    let deleted = server.call("DELETE", "/bucket/key", &[], b"").await;
    assert_eq!(deleted.status, 204);
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
    let marker = version(&deleted);
    let gone = server.get("/bucket/key").await.is(404, "NoSuchKey");
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    let of_marker = server.get(&format!("/bucket/key?versionId={marker}")).await;
    assert_eq!(of_marker.header("x-amz-delete-marker"), Some("true"));
    of_marker.is(405, "MethodNotAllowed");
    let list = server.get("/bucket?versions").await.ok().text();
    for id in [&one, &two, &marker] {
        assert!(
            list.contains(&format!("<VersionId>{id}</VersionId>")),
            "{list}"
        );
    }
    assert_eq!(list.matches("<DeleteMarker>").count(), 1);
    let target = format!("/bucket/key?versionId={marker}");
    let undone = server.call("DELETE", &target, &[], b"").await;
    assert_eq!(undone.header("x-amz-version-id"), Some(marker.as_str()));
    assert_eq!(undone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(server.get("/bucket/key").await.ok().body, b"22");
    server
        .get("/bucket/key?versionId=nonsense")
        .await
        .is(400, "InvalidArgument");
    let none = format!("/bucket/other?versionId={one}");
    server.get(&none).await.is(404, "NoSuchVersion");
    server.put("/bucket?versioning", SUSPENDED).await.ok();
    let made = server.put("/bucket/key", b"n").await.ok();
    assert_eq!(made.header("x-amz-version-id"), None);
    let null = server.get("/bucket/key?versionId=null").await.ok();
    assert_eq!(
        (null.body.as_slice(), version(&null)),
        (&b"n"[..], "null".to_owned())
    );
}

#[tokio::test]
async fn deleting_many() {
    let server = with_bucket().await;
    for key in ["/bucket/a", "/bucket/b", "/bucket/c"] {
        server.put(key, b"1").await.ok();
    }
    let document = b"<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object>\
        <Object><Key>b</Key><VersionId>nonsense</VersionId></Object></Delete>";
    let reply = server
        .checked("POST", "/bucket?delete", &[], document)
        .await
        .ok();
    let text = reply.text();
    assert_eq!(text.matches("<Deleted>").count(), 2, "{text}");
    assert_eq!(text.matches("<Error>").count(), 1, "{text}");
    assert_eq!(reply.element("Code").as_deref(), Some("InvalidArgument"));
    let quiet = b"<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>";
    let reply = server
        .checked("POST", "/bucket?delete", &[], quiet)
        .await
        .ok();
    assert!(!reply.text().contains("<Deleted>"));
    let list = server.get("/bucket?list-type=2").await.ok();
    assert_eq!(list.element("KeyCount").as_deref(), Some("1"));
    let object = "<Object><Key>k</Key></Object>".repeat(1001);
    let many = format!("<Delete>{object}</Delete>");
    let reply = server
        .checked("POST", "/bucket?delete", &[], many.as_bytes())
        .await;
    reply.is(400, "MalformedXML");
}

#[tokio::test]
async fn listings() {
    let server = with_bucket().await;
    for key in ["a%2Bb", "d/1", "d/2", "e%20f", "%E5%80%89"] {
        server.put(&format!("/bucket/{key}"), b"1").await.ok();
    }
    for kind in [
        "delimiter=",
        "list-type=2&delimiter=",
        "versions&delimiter=",
    ] {
        let list = server.get(&format!("/bucket?{kind}")).await.ok().text();
        assert!(!list.contains("<Delimiter"), "{list}");
    }
    let list = server
        .get("/bucket?delimiter=%2F&encoding-type=url")
        .await
        .ok()
        .text();
    for shown in [
        "<Key>a%2Bb</Key>",
        "<Key>e%20f</Key>",
        "<Key>%E5%80%89</Key>",
    ] {
        assert!(list.contains(shown), "{list}");
    }
    assert!(
        list.contains("<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"),
        "{list}"
    );
    let plain = server.get("/bucket?prefix=e").await.ok();
    assert_eq!(plain.element("Key").as_deref(), Some("e f"));
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let target = format!("/bucket?list-type=2&max-keys=2{token}");
        let page = server.get(&target).await.ok();
        let text = page.text();
        seen.extend(
            text.split("<Key>")
                .skip(1)
                .map(|t| t.split('<').next().unwrap().to_owned()),
        );
        match page.element("NextContinuationToken") {
            Some(next) => token = format!("&continuation-token={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["a+b", "d/1", "d/2", "e f", "倉"]);
    let after = server
        .get("/bucket?list-type=2&start-after=d%2F1&max-keys=1")
        .await
        .ok();
    assert_eq!(after.element("Key").as_deref(), Some("d/2"));
    assert_eq!(after.element("IsTruncated").as_deref(), Some("true"));
    let none = server.get("/bucket?list-type=2&max-keys=0").await.ok();
    assert_eq!(none.element("IsTruncated").as_deref(), Some("false"));
    server
        .get("/bucket?max-keys=-1")
        .await
        .is(400, "InvalidArgument");
    server
        .get("/bucket?list-type=2&continuation-token=%2A")
        .await
        .is(400, "InvalidArgument");
}
