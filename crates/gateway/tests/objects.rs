//! Objects: headers, conditions, ranges, copies.

#[cfg(test)]
mod support;

use support::{Server, start};

async fn with_bucket() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server
}

#[tokio::test]
async fn every_answer_has_request_ids() {
    let server = with_bucket().await;
    let first = server.get("/bucket").await.ok();
    let second = server.get("/bucket/none").await.is(404, "NoSuchKey");
    assert_ne!(
        first.header("x-amz-request-id"),
        second.header("x-amz-request-id")
    );
    assert!(first.header("x-amz-id-2").is_some());
    assert_eq!(second.element("Resource").as_deref(), Some("/bucket/none"));
    let head = server.call("HEAD", "/bucket/none", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (404, 0));
    let nobody = server.root("GET", "/bucket").anonymous(0);
    server.send(&nobody, b"").await.is(403, "AccessDenied");
}

#[tokio::test]
async fn headers_and_metadata_come_back() {
    let server = with_bucket().await;
    let headers = [
        ("content-type", "application/dicom"),
        ("cache-control", "no-store"),
        ("content-disposition", "attachment; filename=\"a.dcm\""),
        ("content-encoding", "gzip"),
        ("content-language", "ja"),
        ("expires", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ("x-amz-meta-ward", "3"),
        ("x-amz-meta-name", "倉"),
        ("x-amz-tagging", "a=b&c=d"),
    ];
    let put = server
        .call("PUT", "/bucket/key", &headers, b"abc")
        .await
        .ok();
    assert_eq!(
        put.header("etag"),
        Some("\"900150983cd24fb0d6963f7d28e17f72\"")
    );
    assert_eq!(put.header("x-amz-version-id"), None);
    for method in ["GET", "HEAD"] {
        let reply = server.call(method, "/bucket/key", &[], b"").await.ok();
        for (name, value) in &headers[..7] {
            assert_eq!(reply.header(name), Some(*value), "{method} {name}");
        }
        assert_eq!(reply.header("x-amz-meta-name"), Some("=?UTF-8?B?5YCJ?="));
        assert_eq!(reply.header("x-amz-tagging-count"), Some("2"));
        assert_eq!(reply.header("content-length"), Some("3"));
        assert_eq!(reply.header("accept-ranges"), Some("bytes"));
        assert_eq!(reply.header("etag"), put.header("etag"));
        assert!(reply.header("last-modified").unwrap().ends_with("GMT"));
    }
    let tags = server.get("/bucket/key?tagging").await.ok();
    assert!(
        tags.text().contains("<Key>c</Key><Value>d</Value>"),
        "{}",
        tags.text()
    );
    let big = "x".repeat(2048);
    let reply = server
        .call("PUT", "/bucket/key", &[("x-amz-meta-a", &big)], b"")
        .await;
    reply.is(400, "MetadataTooLarge");
}

#[tokio::test]
async fn response_headers_can_be_overridden() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    let target = "/bucket/key?response-content-type=text%2Fplain&response-cache-control=no-cache";
    let reply = server.get(target).await.ok();
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_eq!(reply.header("cache-control"), Some("no-cache"));
    let plain = server.get("/bucket/key").await.ok();
    assert_eq!(plain.header("content-type"), Some("binary/octet-stream"));
}

#[tokio::test]
async fn conditional_reads() {
    let server = with_bucket().await;
    let put = server.put("/bucket/key", b"abc").await.ok();
    let etag = put.header("etag").unwrap();
    for method in ["GET", "HEAD"] {
        let ask = |name, value| {
            let server = &server;
            async move {
                server
                    .call(method, "/bucket/key", &[(name, value)], b"")
                    .await
            }
        };
        assert_eq!(ask("if-match", etag).await.status, 200);
        assert_eq!(ask("if-match", "\"other\"").await.status, 412);
        let same = ask("if-none-match", etag).await;
        assert_eq!((same.status, same.body.len()), (304, 0));
        assert_eq!(same.header("etag"), Some(etag));
        assert_eq!(ask("if-none-match", "\"other\"").await.status, 200);
        let past = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(ask("if-modified-since", past).await.status, 200);
        assert_eq!(ask("if-unmodified-since", past).await.status, 412);
        let future = "Wed, 21 Oct 2099 07:28:00 GMT";
        assert_eq!(ask("if-modified-since", future).await.status, 304);
    }
}

#[tokio::test]
async fn conditional_writes() {
    let server = with_bucket().await;
    let put = |headers: &'static [(&str, &str)]| {
        let server = &server;
        async move { server.call("PUT", "/bucket/key", headers, b"abc").await }
    };
    put(&[("if-match", "\"x\"")]).await.is(404, "NoSuchKey");
    put(&[("if-none-match", "*")]).await.ok();
    put(&[("if-none-match", "*")])
        .await
        .is(412, "PreconditionFailed");
    put(&[("if-match", "\"x\"")])
        .await
        .is(412, "PreconditionFailed");
    put(&[("if-match", "\"900150983cd24fb0d6963f7d28e17f72\"")])
        .await
        .ok();
}

#[tokio::test]
async fn ranges() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"0123456789").await.ok();
    for (range, content, shown) in [
        ("bytes=2-4", &b"234"[..], "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ] {
        let reply = server
            .call("GET", "/bucket/key", &[("range", range)], b"")
            .await;
        assert_eq!(reply.status, 206);
        assert_eq!(reply.body, content, "{range}");
        assert_eq!(reply.header("content-range"), Some(shown));
        let head = server
            .call("HEAD", "/bucket/key", &[("range", range)], b"")
            .await;
        assert_eq!(
            (head.status, head.header("content-range")),
            (206, Some(shown))
        );
        let length = content.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
    }
    let reply = server
        .call("GET", "/bucket/key", &[("range", "bytes=10-")], b"")
        .await;
    assert_eq!(reply.header("content-range"), Some("bytes */10"));
    reply.is(416, "InvalidRange");
}

#[tokio::test]
async fn digests_are_verified() {
    let server = with_bucket().await;
    let good = [
        ("content-md5", "kAFQmDzST7DWlj99KOF/cg=="),
        ("x-amz-checksum-crc32", "NSRBwg=="),
        ("x-amz-checksum-crc32c", "Nks/tw=="),
        ("x-amz-checksum-sha1", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        (
            "x-amz-checksum-sha256",
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        ),
    ];
    for header in good {
        let reply = server
            .call("PUT", "/bucket/good", &[header], b"abc")
            .await
            .ok();
        if header.0 != "content-md5" {
            assert_eq!(reply.header(header.0), Some(header.1));
            let mode = [("x-amz-checksum-mode", "ENABLED")];
            let get = server.call("GET", "/bucket/good", &mode, b"").await.ok();
            assert_eq!(get.header(header.0), Some(header.1));
            assert_eq!(get.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
        }
        let wrong = server.call("PUT", "/bucket/bad", &[header], b"abd").await;
        wrong.is(400, "BadDigest");
    }
    let default = server.put("/bucket/default", b"abc").await.ok();
    assert!(default.header("x-amz-checksum-crc64nvme").is_some());
    let plain = server.get("/bucket/default").await.ok();
    assert_eq!(plain.header("x-amz-checksum-crc64nvme"), None);
    let bad = server
        .call("PUT", "/bucket/bad", &[("content-md5", "abc")], b"abc")
        .await;
    bad.is(400, "InvalidDigest");
    let bad = [("x-amz-checksum-crc32", "abc")];
    let bad = server.call("PUT", "/bucket/bad", &bad, b"abc").await;
    bad.is(400, "BadDigest");
    let encrypted = [("x-amz-server-side-encryption", "AES256")];
    let read = server.call("GET", "/bucket/default", &encrypted, b"").await;
    read.is(400, "InvalidArgument");
    server.get("/bucket/bad").await.is(404, "NoSuchKey");
}

#[tokio::test]
async fn wrong_trailers_store_nothing() {
    let server = with_bucket().await;
    let name = "x-amz-checksum-crc32";
    for (value, code) in [("NSRBww==", "BadDigest"), ("!", "MalformedTrailerError")] {
        let signer = server.root("PUT", "/bucket/bad");
        let (head, body) = signer.chunked(&[b"abc"], Some((name, value)));
        server.send(&head, &body).await.is(400, code);
    }
    server.get("/bucket/bad").await.is(404, "NoSuchKey");
}

#[tokio::test]
async fn copies() {
    let server = with_bucket().await;
    let meta = [("x-amz-meta-a", "1"), ("content-type", "text/plain")];
    let put = server
        .call("PUT", "/bucket/a%20b", &meta, b"abc")
        .await
        .ok();
    let etag = put.header("etag").unwrap();
    let source = ("x-amz-copy-source", "/bucket/a%20b");
    let copy = |target: &'static str, more: Vec<(&'static str, String)>| {
        let server = &server;
        async move {
            let mut all = vec![source];
            all.extend(more.iter().map(|(n, v)| (*n, v.as_str())));
            server.call("PUT", target, &all, b"").await
        }
    };
    let reply = copy("/bucket/copy", vec![]).await.ok();
    assert!(reply.element("ETag").unwrap().contains("900150983cd24fb0"));
    let got = server.get("/bucket/copy").await.ok();
    assert_eq!(
        (got.body.as_slice(), got.header("x-amz-meta-a")),
        (&b"abc"[..], Some("1"))
    );
    let replace = vec![
        ("x-amz-metadata-directive", "REPLACE".to_owned()),
        ("x-amz-meta-b", "2".to_owned()),
    ];
    copy("/bucket/replaced", replace).await.ok();
    let got = server.get("/bucket/replaced").await.ok();
    assert_eq!(got.header("x-amz-meta-a"), None);
    assert_eq!(got.header("x-amz-meta-b"), Some("2"));
    copy("/bucket/a%20b", vec![])
        .await
        .is(400, "InvalidRequest");
    let same = vec![("x-amz-copy-source-if-none-match", etag.to_owned())];
    copy("/bucket/c", same).await.is(412, "PreconditionFailed");
    let same = vec![("x-amz-copy-source-if-match", etag.to_owned())];
    copy("/bucket/c", same).await.ok();
    let none = [("x-amz-copy-source", "/bucket/none")];
    let none = server.call("PUT", "/bucket/c", &none, b"").await;
    none.is(404, "NoSuchKey");
}

#[tokio::test]
async fn virtual_host_style() {
    let server = with_bucket().await;
    let host = [("host", "bucket.s3.test:9000")];
    server.call("PUT", "/key", &host, b"abc").await.ok();
    assert_eq!(
        server.call("GET", "/key", &host, b"").await.ok().body,
        b"abc"
    );
    assert_eq!(server.get("/bucket/key").await.ok().body, b"abc");
    let list = server.call("GET", "/?list-type=2", &host, b"").await.ok();
    assert_eq!(list.element("Key").as_deref(), Some("key"));
}
