//! Tags of versions that are there.

#[cfg(test)]
mod support;

use std::sync::Arc;

use azekura_model::access::{Grant, Preset};
use azekura_model::requester::Requester;
use support::{READER, Server, WRITER, start, start_with};

async fn with_object() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    server
}

fn document(tags: &[(&str, &str)]) -> Vec<u8> {
    let tags: String = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    format!("<Tagging><TagSet>{tags}</TagSet></Tagging>").into_bytes()
}

async fn tags(server: &Server, target: &str) -> String {
    server.get(target).await.ok().text()
}

#[tokio::test]
async fn tags_change_and_nothing_else_does() {
    let server = with_object().await;
    let before = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
    assert_eq!(before.header("x-amz-tagging-count"), None);
    let put = document(&[("診療科", "循環器"), ("a", "")]);
    server.put("/bucket/key?tagging", &put).await.ok();
    let after = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
    assert_eq!(after.header("x-amz-tagging-count"), Some("2"));
    for name in ["etag", "last-modified", "content-length"] {
        assert_eq!(after.header(name), before.header(name));
    }
    let shown = tags(&server, "/bucket/key?tagging").await;
    assert!(
        shown.contains("<Key>診療科</Key><Value>循環器</Value>"),
        "{shown}"
    );
    let deleted = server
        .call("DELETE", "/bucket/key?tagging", &[], b"")
        .await
        .ok();
    assert_eq!(deleted.status, 204);
    assert!(!tags(&server, "/bucket/key?tagging").await.contains("<Tag>"));
    let after = server.get("/bucket/key").await.ok();
    assert_eq!(after.header("x-amz-tagging-count"), None);
    assert_eq!(after.body, b"abc");
}

#[tokio::test]
async fn a_version_is_tagged_by_its_id() {
    let server = with_object().await;
    let enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    server.put("/bucket?versioning", enabled).await.ok();
    let first = server.put("/bucket/key", b"one").await.ok();
    let first = first.header("x-amz-version-id").unwrap().to_owned();
    server.put("/bucket/key", b"two").await.ok();
    let target = format!("/bucket/key?tagging&versionId={first}");
    let put = server.put(&target, &document(&[("a", "1")])).await.ok();
    assert_eq!(put.header("x-amz-version-id"), Some(first.as_str()));
    let put = server
        .put(
            "/bucket/key?tagging&versionId=null",
            &document(&[("b", "2")]),
        )
        .await
        .ok();
    assert_eq!(put.header("x-amz-version-id"), Some("null"));
    assert!(tags(&server, &target).await.contains("<Key>a</Key>"));
    assert!(
        tags(&server, "/bucket/key?tagging&versionId=null")
            .await
            .contains("<Key>b</Key>")
    );
    assert!(!tags(&server, "/bucket/key?tagging").await.contains("<Key>"));
    // A version that is gone for S3, a key that never was, a marker.
    let gone = format!("/bucket/key?versionId={first}");
    server.call("DELETE", &gone, &[], b"").await.ok();
    let reply = server.put(&target, &document(&[])).await;
    reply.is(404, "NoSuchVersion");
    let reply = server.put("/bucket/none?tagging", &document(&[])).await;
    reply.is(404, "NoSuchKey");
    let marker = server.call("DELETE", "/bucket/key", &[], b"").await.ok();
    let marker = marker.header("x-amz-version-id").unwrap();
    let target = format!("/bucket/key?tagging&versionId={marker}");
    let reply = server.put(&target, &document(&[])).await;
    reply.is(405, "MethodNotAllowed");
    server.get("/bucket/key?tagging").await.is(404, "NoSuchKey");
}

#[tokio::test]
async fn bad_tags_change_nothing() {
    let server = with_object().await;
    server
        .put("/bucket/key?tagging", &document(&[("keep", "me")]))
        .await
        .ok();
    let long = "k".repeat(129);
    let many: Vec<String> = (0..11).map(|i| i.to_string()).collect();
    let many: Vec<_> = many.iter().map(|i| (i.as_str(), "")).collect();
    for (set, code) in [
        (document(&[(&long, "")]), "InvalidTag"),
        (document(&[("", "")]), "InvalidTag"),
        (document(&[("a", "1"), ("a", "2")]), "InvalidTag"),
        (document(&[("a*", "")]), "InvalidTag"),
        (document(&[("aws:a", "")]), "InvalidTag"),
        (document(&many), "BadRequest"),
        (b"<Tagging>".to_vec(), "MalformedXML"),
    ] {
        let reply = server.put("/bucket/key?tagging", &set).await;
        reply.is(400, code);
    }
    assert!(
        tags(&server, "/bucket/key?tagging")
            .await
            .contains("<Key>keep</Key>")
    );
}

#[tokio::test]
async fn a_copy_takes_the_newest_tags() {
    let server = with_object().await;
    server
        .put("/bucket/key?tagging", &document(&[("new", "1")]))
        .await
        .ok();
    let copy = [("x-amz-copy-source", "/bucket/key")];
    server.call("PUT", "/bucket/copy", &copy, b"").await.ok();
    assert!(
        tags(&server, "/bucket/copy?tagging")
            .await
            .contains("<Key>new</Key>")
    );
    let replace = [
        ("x-amz-copy-source", "/bucket/key"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-tagging", "own=2"),
    ];
    server.call("PUT", "/bucket/copy", &replace, b"").await.ok();
    let shown = tags(&server, "/bucket/copy?tagging").await;
    assert!(shown.contains("own") && !shown.contains("new"), "{shown}");
}

#[tokio::test]
async fn tagging_needs_the_right_to_write() {
    let server = with_object().await;
    let body = document(&[("a", "b")]);
    let head = server
        .as_key(READER, "PUT", "/bucket/key?tagging")
        .signed(&body);
    server.send(&head, &body).await.is(403, "AccessDenied");
    let head = server
        .as_key(WRITER, "PUT", "/bucket/key?tagging")
        .signed(&body);
    server.send(&head, &body).await.ok();
    let head = server
        .as_key(WRITER, "GET", "/bucket/key?tagging")
        .signed(b"");
    server.send(&head, b"").await.is(403, "AccessDenied");
}

/// A key that only stores puts tags on what it stores, and changes none of what is there: lifecycle rules
/// hide by them.
#[tokio::test]
async fn an_ingest_key_tags_what_it_stores_and_nothing_else() {
    const INGEST: (&str, &str) = ("INGESTKEY", "ingest-secret");
    let requester = Requester {
        key_id: INGEST.0.to_owned(),
        ..Requester::default()
    };
    let grant = Grant::of_key(requester, Preset::IngestOnly.actions());
    let keys = support::keys().grant(INGEST.0, INGEST.1, grant);
    let server = start_with(Arc::new(keys)).await;
    server.put("/bucket", b"").await.ok();
    let put = async |method: &'static str, target: &'static str, body: &'static [u8]| {
        let head = server.as_key(INGEST, method, target);
        let head = head
            .headers(&[("x-amz-tagging", "modality=CT")])
            .signed(body);
        server.send(&head, body).await
    };
    put("PUT", "/bucket/scan.dcm", b"abc").await.ok();
    put("POST", "/bucket/large.dcm?uploads", b"").await.ok();
    let shown = tags(&server, "/bucket/scan.dcm?tagging").await;
    assert!(shown.contains("<Key>modality</Key>"), "{shown}");
    let change = document(&[("modality", "MR")]);
    let head = server.as_key(INGEST, "PUT", "/bucket/scan.dcm?tagging");
    let reply = server.send(&head.signed(&change), &change).await;
    reply.is(403, "AccessDenied");
    let head = server.as_key(INGEST, "DELETE", "/bucket/scan.dcm?tagging");
    let reply = server.send(&head.signed(b""), b"").await;
    reply.is(403, "AccessDenied");
    // What forbids s3:PutObjectTagging by name forbids this as well.
    let deny =
        b"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\
        \"Action\":\"s3:PutObjectTagging\",\"Resource\":\"arn:aws:s3:::bucket/*\"}]}";
    server.put("/bucket?policy", deny).await.ok();
    let reply = put("PUT", "/bucket/other.dcm", b"abc").await;
    reply.is(403, "AccessDenied");
}
