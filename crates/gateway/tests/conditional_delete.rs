//! Deletions with conditions.

#[cfg(test)]
mod support;

use support::{Server, md5_of, start};

const OTHER: &str = "\"00000000000000000000000000000000\"";

async fn with_object(versioned: bool) -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    if versioned {
        let enabled =
            b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        server.put("/bucket?versioning", enabled).await.ok();
    }
    server.put("/bucket/key", b"abc").await.ok();
    server
}

async fn delete_if(server: &Server, target: &str, name: &str, value: &str) -> u16 {
    let reply = server.call("DELETE", target, &[(name, value)], b"").await;
    reply.status
}

#[tokio::test]
async fn a_condition_that_fails_deletes_nothing() {
    for versioned in [false, true] {
        let server = with_object(versioned).await;
        let head = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
        let etag = head.header("etag").unwrap();
        let modified = head.header("last-modified").unwrap();
        for (name, value) in [
            ("if-match", OTHER),
            ("x-amz-if-match-size", "4"),
            (
                "x-amz-if-match-last-modified-time",
                "Wed, 21 Oct 2015 07:28:00 GMT",
            ),
        ] {
            let reply = server
                .call("DELETE", "/bucket/key", &[(name, value)], b"")
                .await;
            reply.is(412, "PreconditionFailed");
            server.get("/bucket/key").await.ok();
        }
        let all = [
            ("if-match", etag),
            ("x-amz-if-match-size", "3"),
            ("x-amz-if-match-last-modified-time", modified),
        ];
        let reply = server.call("DELETE", "/bucket/key", &all, b"").await;
        assert_eq!(reply.status, 204, "{}", reply.text());
        server.get("/bucket/key").await.is(404, "NoSuchKey");
    }
}

#[tokio::test]
async fn nothing_there_satisfies_every_condition() {
    let server = with_object(false).await;
    assert_eq!(
        delete_if(&server, "/bucket/none", "if-match", "*").await,
        204
    );
    assert_eq!(
        delete_if(&server, "/bucket/none", "if-match", OTHER).await,
        204
    );
    assert_eq!(
        delete_if(&server, "/bucket/key", "if-match", "*").await,
        204
    );
    server.get("/bucket/key").await.is(404, "NoSuchKey");
}

/// A marker is there, and has no ETag.
#[tokio::test]
async fn a_marker_matches_only_any() {
    let server = with_object(true).await;
    server.call("DELETE", "/bucket/key", &[], b"").await.ok();
    assert_eq!(
        delete_if(&server, "/bucket/key", "if-match", OTHER).await,
        412
    );
    assert_eq!(
        delete_if(&server, "/bucket/key", "if-match", "*").await,
        204
    );
}

#[tokio::test]
async fn a_version_is_deleted_by_its_condition() {
    let server = with_object(true).await;
    let put = server.put("/bucket/key", b"old").await.ok();
    let version = put.header("x-amz-version-id").unwrap();
    let etag = put.header("etag").unwrap();
    server.put("/bucket/key", b"new").await.ok();
    let target = format!("/bucket/key?versionId={version}");
    assert_eq!(delete_if(&server, &target, "if-match", OTHER).await, 412);
    assert_eq!(delete_if(&server, &target, "if-match", etag).await, 204);
    // It is gone: every condition holds.
    assert_eq!(delete_if(&server, &target, "if-match", OTHER).await, 204);
    assert_eq!(server.get("/bucket/key").await.ok().body, b"new");
}

#[tokio::test]
async fn each_key_of_a_list_has_its_own_condition() {
    let server = with_object(false).await;
    server.put("/bucket/other", b"abcd").await.ok();
    let body = b"<Delete><Object><Key>key</Key><Size>4</Size></Object>\
        <Object><Key>other</Key><Size>4</Size></Object></Delete>";
    let md5 = md5_of(body);
    let headers = [("content-md5", md5.as_str())];
    let reply = server
        .call("POST", "/bucket?delete", &headers, body)
        .await
        .ok();
    let text = reply.text();
    assert!(text.contains("<Code>PreconditionFailed</Code>"), "{text}");
    assert!(
        text.contains("<Deleted><Key>other</Key></Deleted>"),
        "{text}"
    );
    server.get("/bucket/key").await.ok();
    server.get("/bucket/other").await.is(404, "NoSuchKey");
}
