//! Multipart uploads.

#[cfg(test)]
mod support;

use support::{Reply, Server, start};

const PART: usize = 5 * 1024 * 1024;

async fn begin(headers: &[(&str, &str)]) -> (Server, String) {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    let reply = server
        .call("POST", "/bucket/key?uploads", headers, b"")
        .await
        .ok();
    let id = reply.element("UploadId").unwrap_or_default();
    (server, id)
}

async fn part(server: &Server, id: &str, number: u32, content: &[u8]) -> Reply {
    let target = format!("/bucket/key?partNumber={number}&uploadId={id}");
    server.put(&target, content).await
}

fn document(parts: &[(u32, &str)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(n, e)| format!("<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag></Part>"))
        .collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

async fn complete(server: &Server, id: &str, parts: &[(u32, &str)]) -> Reply {
    let target = format!("/bucket/key?uploadId={id}");
    server
        .call("POST", &target, &[], document(parts).as_bytes())
        .await
}

#[tokio::test]
async fn an_upload_in_parts() {
    let (server, id) = begin(&[("x-amz-meta-a", "1"), ("content-type", "text/plain")]).await;
    let first = vec![b'1'; PART];
    let one = part(&server, &id, 1, &first).await.ok();
    let two = part(&server, &id, 2, b"22").await.ok();
    let (one, two) = (one.header("etag").unwrap(), two.header("etag").unwrap());
    let parts = server.get(&format!("/bucket/key?uploadId={id}")).await.ok();
    assert_eq!(parts.text().matches("<Part>").count(), 2);
    let uploads = server.get("/bucket?uploads").await.ok();
    assert_eq!(uploads.element("UploadId").as_deref(), Some(id.as_str()));
    complete(&server, &id, &[(2, two), (1, one)])
        .await
        .is(400, "InvalidPartOrder");
    complete(&server, &id, &[(1, "\"x\"")])
        .await
        .is(400, "InvalidPart");
    let done = complete(&server, &id, &[(1, one), (2, two)]).await.ok();
    assert!(done.element("ETag").unwrap().contains("-2"));
    let got = server.get("/bucket/key").await.ok();
    assert_eq!(got.body.len(), PART + 2);
    assert_eq!(got.header("x-amz-meta-a"), Some("1"));
    let second = server.get("/bucket/key?partNumber=2").await;
    assert_eq!((second.status, second.body.as_slice()), (206, &b"22"[..]));
    assert_eq!(second.header("x-amz-mp-parts-count"), Some("2"));
    let head = server
        .call("HEAD", "/bucket/key?partNumber=1", &[], b"")
        .await;
    assert_eq!(
        head.header("content-length"),
        Some(PART.to_string().as_str())
    );
    part(&server, &id, 3, b"3").await.is(404, "NoSuchUpload");
}

#[tokio::test]
async fn limits_of_parts() {
    let (server, id) = begin(&[]).await;
    part(&server, &id, 0, b"0").await.is(400, "InvalidArgument");
    part(&server, &id, 10_001, b"0")
        .await
        .is(400, "InvalidArgument");
    let one = part(&server, &id, 1, b"1").await.ok();
    let two = part(&server, &id, 2, b"2").await.ok();
    let (one, two) = (one.header("etag").unwrap(), two.header("etag").unwrap());
    complete(&server, &id, &[(1, one), (2, two)])
        .await
        .is(400, "EntityTooSmall");
    complete(&server, &id, &[]).await.is(400, "MalformedXML");
    let gone = server
        .call("DELETE", &format!("/bucket/key?uploadId={id}"), &[], b"")
        .await;
    assert_eq!(gone.status, 204);
    part(&server, &id, 1, b"1").await.is(404, "NoSuchUpload");
    part(&server, "nonsense", 1, b"1")
        .await
        .is(404, "NoSuchUpload");
}

#[tokio::test]
async fn checksums_of_uploads() {
    let headers = [("x-amz-checksum-algorithm", "CRC32")];
    let (server, id) = begin(&headers).await;
    let target = format!("/bucket/key?partNumber=1&uploadId={id}");
    let crc = [("x-amz-checksum-crc32", "NSRBwg==")];
    let one = server.call("PUT", &target, &crc, b"abc").await.ok();
    assert_eq!(one.header("x-amz-checksum-crc32"), Some("NSRBwg=="));
    let wrong = server.call("PUT", &target, &crc, b"abd").await;
    wrong.is(400, "BadDigest");
    let etag = one.header("etag").unwrap();
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>\
         <ChecksumCRC32>NSRBwg==</ChecksumCRC32></Part></CompleteMultipartUpload>"
    );
    let target = format!("/bucket/key?uploadId={id}");
    let done = server
        .call("POST", &target, &[], document.as_bytes())
        .await
        .ok();
    assert!(
        done.element("ChecksumCRC32").unwrap().ends_with("-1"),
        "{}",
        done.text()
    );
    assert_eq!(done.element("ChecksumType").as_deref(), Some("COMPOSITE"));
    for (algorithm, kind) in [
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
        ("MD4", "x"),
    ] {
        let headers = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", kind),
        ];
        let reply = server
            .call("POST", "/bucket/key?uploads", &headers, b"")
            .await;
        reply.is(400, "InvalidRequest");
    }
}

#[tokio::test]
async fn parts_are_copied() {
    let (server, id) = begin(&[]).await;
    server.put("/bucket/source", b"0123456789").await.ok();
    let target = format!("/bucket/key?partNumber=1&uploadId={id}");
    let copy = |range: &'static str| {
        let (server, target) = (&server, &target);
        async move {
            let source = ("x-amz-copy-source", "bucket/source");
            let headers = [source, ("x-amz-copy-source-range", range)];
            server.call("PUT", target, &headers, b"").await
        }
    };
    copy("bytes=5-99").await.is(416, "InvalidRange");
    copy("bytes=5-").await.is(400, "InvalidArgument");
    let done = copy("bytes=2-4").await.ok();
    let etag = done.element("ETag").unwrap().replace("&quot;", "\"");
    complete(&server, &id, &[(1, &etag)]).await.ok();
    assert_eq!(server.get("/bucket/key").await.ok().body, b"234");
}
