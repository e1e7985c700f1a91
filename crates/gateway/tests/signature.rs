//! Signatures through the whole stack: what is not signed as it must be is refused, and nothing of
//! it is stored.

#[cfg(test)]
mod support;

use support::sigv4::{sha256, unsigned_chunks};
use support::{ROOT, Server, start};

const TRAILER: (&str, &str) = ("x-amz-checksum-crc32", "NSRBwg==");

async fn with_bucket() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server
}

async fn nothing_stored(server: &Server) {
    server.get("/bucket/key").await.is(404, "NoSuchKey");
}

fn unsigned_trailer(server: &Server, target: &str) -> (support::sigv4::Signer, Vec<u8>) {
    let body = unsigned_chunks(&[b"abc"], TRAILER);
    let signer = server.root("PUT", target).headers(&[
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "3"),
        ("x-amz-trailer", TRAILER.0),
    ]);
    (signer, body)
}

const UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

#[tokio::test]
async fn good_signatures_pass() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    let (signer, body) = unsigned_trailer(&server, "/bucket/trailer");
    let head = signer.head(body.len(), UNSIGNED).0;
    server.send(&head, &body).await.ok();
    let (head, body) = server
        .root("PUT", "/bucket/chunks")
        .chunked(&[b"ab", b"c"], None);
    server.send(&head, &body).await.ok();
    let (head, body) = server
        .root("PUT", "/bucket/both")
        .chunked(&[b"ab", b"c"], Some(TRAILER));
    server.send(&head, &body).await.ok();
    for key in ["key", "trailer", "chunks", "both"] {
        let head = server
            .root("GET", &format!("/bucket/{key}"))
            .presigned("600", 0);
        assert_eq!(server.send(&head, b"").await.ok().body, b"abc", "{key}");
    }
    let head = server
        .root("PUT", "/bucket/presigned")
        .presigned("604800", 3);
    server.send(&head, b"abc").await.ok();
    let names = "/bucket/%E5%80%89%20%2B~(1)";
    server.put(names, b"abc").await.ok();
    assert_eq!(server.get(names).await.ok().body, b"abc");
}

/// What the AWS SDK for JavaScript sends for a stream: `aws-chunked` inside `Transfer-Encoding:
/// chunked`, the length only in `x-amz-decoded-content-length`.
#[tokio::test]
async fn content_in_chunks_of_both_kinds_needs_no_content_length() {
    let server = with_bucket().await;
    let (signer, body) = unsigned_trailer(&server, "/bucket/key");
    let length = format!("content-length: {}\r\n", body.len());
    let head = signer.head(body.len(), UNSIGNED).0;
    assert!(head.contains(&length), "{head}");
    let head = head.replace(&length, "transfer-encoding: chunked\r\n");
    let mut framed = format!("{:x}\r\n", body.len()).into_bytes();
    framed.extend_from_slice(&body);
    framed.extend_from_slice(b"\r\n0\r\n\r\n");
    server.send(&head, &framed).await.ok();
    assert_eq!(server.get("/bucket/key").await.ok().body, b"abc");
}

/// CVE-2025-31489, CVE-2026-40344, CVE-2026-41145: knowing a key id must not suffice.
#[tokio::test]
async fn a_key_id_alone_stores_nothing() {
    let server = with_bucket().await;
    let (signer, body) = unsigned_trailer(&server, "/bucket/key");
    let head = signer.clone().broken().head(body.len(), UNSIGNED).0;
    server
        .send(&head, &body)
        .await
        .is(403, "SignatureDoesNotMatch");
    // Without any signature.
    let head = signer
        .clone()
        .headers(&[("x-amz-content-sha256", UNSIGNED)])
        .anonymous(body.len());
    server.send(&head, &body).await.is(403, "AccessDenied");
    // With the credential in the query, forged.
    let query = signer
        .clone()
        .headers(&[("x-amz-content-sha256", UNSIGNED)]);
    let head = query.broken().presigned("600", body.len());
    server.send(&head, &body).await.is(400, "InvalidRequest");
    // With a credential in the query and none of its other parts.
    let mut bare = signer.headers(&[("x-amz-content-sha256", UNSIGNED)]);
    bare.target += "?X-Amz-Credential=ROOTKEY";
    let head = bare.anonymous(body.len());
    server
        .send(&head, &body)
        .await
        .is(400, "AuthorizationQueryParametersError");
    let (head, body) = server
        .root("PUT", "/bucket/key")
        .broken()
        .chunked(&[b"abc"], None);
    server
        .send(&head, &body)
        .await
        .is(403, "SignatureDoesNotMatch");
    let head = server.root("PUT", "/bucket/key").broken().signed(b"abc");
    server
        .send(&head, b"abc")
        .await
        .is(403, "SignatureDoesNotMatch");
    let head = server
        .root("PUT", "/bucket/key")
        .broken()
        .presigned("600", 3);
    server
        .send(&head, b"abc")
        .await
        .is(403, "SignatureDoesNotMatch");
    nothing_stored(&server).await;
}

#[tokio::test]
async fn unknown_keys_and_wrong_secrets_are_refused() {
    let server = with_bucket().await;
    let head = server.as_key(("NOKEY", "x"), "GET", "/bucket").signed(b"");
    server.send(&head, b"").await.is(403, "InvalidAccessKeyId");
    let head = server
        .as_key((ROOT.0, "other"), "GET", "/bucket")
        .signed(b"");
    server
        .send(&head, b"")
        .await
        .is(403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn unsigned_amz_headers_are_refused() {
    let server = with_bucket().await;
    let signer = server.root("PUT", "/bucket/key");
    let head = signer
        .clone()
        .unsigned("x-amz-object-lock-legal-hold", "ON")
        .presigned("600", 3);
    server.send(&head, b"abc").await.is(403, "AccessDenied");
    let head = signer.unsigned("x-amz-meta-a", "b").signed(b"abc");
    server.send(&head, b"abc").await.is(403, "AccessDenied");
    nothing_stored(&server).await;
    server.put("/bucket/source", b"abc").await.ok();
    let head = server
        .root("DELETE", "/bucket/source")
        .unsigned("x-amz-bypass-governance-retention", "true")
        .signed(b"");
    server.send(&head, b"").await.is(403, "AccessDenied");
    server.get("/bucket/source").await.ok();
}

#[tokio::test]
async fn time_limits_hold() {
    let server = with_bucket().await;
    for offset in [-1000, 1000] {
        let head = server.root("GET", "/bucket").at(offset).signed(b"");
        server
            .send(&head, b"")
            .await
            .is(403, "RequestTimeTooSkewed");
    }
    let head = server.root("GET", "/bucket").at(-700).presigned("600", 0);
    server.send(&head, b"").await.is(403, "AccessDenied");
    let head = server.root("GET", "/bucket").at(1000).presigned("600", 0);
    server
        .send(&head, b"")
        .await
        .is(403, "RequestTimeTooSkewed");
    let head = server.root("GET", "/bucket").presigned("2592000", 0);
    server
        .send(&head, b"")
        .await
        .is(400, "AuthorizationQueryParametersError");
}

#[tokio::test]
async fn signature_version_2_is_refused() {
    let server = with_bucket().await;
    let head = server
        .root("GET", "/bucket")
        .unsigned("authorization", "AWS ROOTKEY:frJIUN8DYpKDtOLCwo//yllqDzg=")
        .unsigned("date", "Tue, 27 Mar 2007 19:36:42 +0000")
        .anonymous(0);
    server.send(&head, b"").await.is(400, "InvalidRequest");
}

#[tokio::test]
async fn another_region_is_refused_and_us_east_1_is_not() {
    let server = with_bucket().await;
    let mut signer = server.root("GET", "/bucket");
    signer.region = "us-east-1".to_owned();
    server.send(&signer.clone().signed(b""), b"").await.ok();
    signer.region = "eu-west-1".to_owned();
    let reply = server.send(&signer.signed(b""), b"").await;
    reply.is(400, "AuthorizationHeaderMalformed");
}

/// As S3 does there, for clients that create without looking.
#[tokio::test]
async fn a_bucket_may_be_created_again_where_the_client_signs_for_us_east_1() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"kept").await.ok();
    let mut signer = server.root("PUT", "/bucket");
    signer.region = "us-east-1".to_owned();
    server.send(&signer.signed(b""), b"").await.ok();
    assert_eq!(server.get("/bucket/key").await.ok().body, b"kept");
    server
        .put("/bucket", b"")
        .await
        .is(409, "BucketAlreadyOwnedByYou");
    let mut signer = server.root("PUT", "/bucket");
    signer.region = "us-east-1".to_owned();
    let place = b"<CreateBucketConfiguration><LocationConstraint>jp-tokyo</LocationConstraint>\
        </CreateBucketConfiguration>";
    let reply = server.send(&signer.signed(place), place).await;
    reply.is(409, "BucketAlreadyOwnedByYou");
}

#[tokio::test]
async fn content_that_differs_from_its_signature_is_refused() {
    let server = with_bucket().await;
    let head = server
        .root("PUT", "/bucket/key")
        .payload(&sha256(b"abd"))
        .signed(b"abc");
    server
        .send(&head, b"abc")
        .await
        .is(400, "XAmzContentSHA256Mismatch");
    let (head, mut body) = server
        .root("PUT", "/bucket/key")
        .chunked(&[b"abcdef"], None);
    let at = body.windows(6).position(|w| w == b"abcdef").unwrap();
    body[at] = b'X';
    server
        .send(&head, &body)
        .await
        .is(403, "SignatureDoesNotMatch");
    let (head, mut body) = server
        .root("PUT", "/bucket/key")
        .chunked(&[b"abc"], Some(TRAILER));
    let at = body.windows(8).position(|w| w == b"NSRBwg==").unwrap();
    body[at] = b'M';
    server
        .send(&head, &body)
        .await
        .is(403, "SignatureDoesNotMatch");
    nothing_stored(&server).await;
}

/// A stream that ends before its last chunk, or with more or less than it declared.
#[tokio::test]
async fn a_truncated_stream_is_refused() {
    let server = with_bucket().await;
    let (_, whole) = server.root("PUT", "/bucket/key").chunked(&[b"abc"], None);
    let cut = whole.len() - 86;
    let mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let signer = server.root("PUT", "/bucket/key").headers(&[
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "3"),
    ]);
    let (_, body) = signer.clone().chunked(&[b"abc"], None);
    let head = signer.head(cut, mode).0;
    // The seed is that of `head`: both sign the same headers but the length, which is not signed.
    server
        .send(&head, &body[..cut])
        .await
        .is(400, "IncompleteBody");
    for (declared, status, code) in [
        ("4", 400, "IncompleteBody"),
        ("2", 400, "InvalidChunkSizeError"),
    ] {
        let signer = server.root("PUT", "/bucket/key");
        let signer = signer.headers(&[("x-amz-decoded-content-length", declared)]);
        let (head, body) = signer.chunked(&[b"abc"], None);
        server.send(&head, &body).await.is(status, code);
    }
    let head = server.root("PUT", "/bucket/key").signed(b"abcdef");
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes())
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"abc")
        .await
        .unwrap();
    drop(stream);
    nothing_stored(&server).await;
}

#[tokio::test]
async fn a_signed_chunk_is_bounded_and_an_unsigned_one_is_not() {
    let server = with_bucket().await;
    let large = vec![b'x'; 16 * 1024 * 1024 + 1];
    let (head, body) = server.root("PUT", "/bucket/key").chunked(&[&large], None);
    // The header of the chunk is enough: nothing is gathered.
    let start = &body[..64 * 1024];
    server
        .send(&head, start)
        .await
        .is(400, "InvalidChunkSizeError");
    nothing_stored(&server).await;
    let body = unsigned_chunks(&[&large], ("x-amz-checksum-sha256", &base64_sha256(&large)));
    let bytes = large.len().to_string();
    let signer = server.root("PUT", "/bucket/key").headers(&[
        ("x-amz-decoded-content-length", &bytes),
        ("x-amz-trailer", "x-amz-checksum-sha256"),
    ]);
    let head = signer.head(body.len(), UNSIGNED).0;
    server.send(&head, &body).await.ok();
    assert_eq!(server.get("/bucket/key").await.ok().body.len(), large.len());
}

fn base64_sha256(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    base64::engine::general_purpose::STANDARD.encode(digest.as_ref())
}
