//! What stands on the edge of HTTP and of aws-chunked: taken as AWS takes it, or refused with
//! nothing stored.

#[cfg(test)]
mod support;

use support::sigv4::{Signer, unsigned_chunks};
use support::{Reply, Server, start};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
/// CRC32 of `abc`.
const TRAILER: (&str, &str) = ("x-amz-checksum-crc32", "NSRBwg==");
/// CRC32 of nothing.
const EMPTY_TRAILER: (&str, &str) = ("x-amz-checksum-crc32", "AAAAAA==");

async fn with_bucket() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server
}

async fn nothing_stored(server: &Server) {
    let list = server.get("/bucket?list-type=2").await.ok();
    let count = list.element("KeyCount");
    assert_eq!(count.as_deref(), Some("0"), "{}", list.text());
}

fn found(reply: &Reply) -> (u16, String) {
    (reply.status, reply.element("Code").unwrap_or_default())
}

/// A PUT of `abc` in unsigned chunks with a trailer.
fn trailing(server: &Server) -> Signer {
    server.root("PUT", "/bucket/key").headers(&[
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "3"),
        ("x-amz-trailer", TRAILER.0),
    ])
}

#[tokio::test]
async fn framing_that_is_not_aws_chunked_is_refused() {
    let server = with_bucket().await;
    let tail = "0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    let long = "x".repeat(2000);
    for (what, body, status, code) in [
        ("a sign", format!("+3\r\nabc\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("hexadecimal prefix", format!("0x3\r\nabc\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("a negative size", format!("-3\r\nabc\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("no size", format!("\r\nabc\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("a huge size", format!("fffffffffffffffff\r\nabc\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("more than 64 bits less one", "ffffffffffffffff\r\nabc\r\n".to_owned(), 400, "InvalidChunkSizeError"),
        ("a long extension", format!("3;{long}\r\nabc\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("no CRLF behind a chunk", format!("3\r\nabcd{tail}"), 400, "InvalidChunkSizeError"),
        ("a chunk too long", format!("4\r\nabcd\r\n{tail}"), 400, "InvalidChunkSizeError"),
        ("a chunk too short", format!("2\r\nab\r\n{tail}"), 400, "IncompleteBody"),
        ("no last chunk", "3\r\nabc\r\n".to_owned(), 400, "IncompleteBody"),
        ("nothing", String::new(), 400, "IncompleteBody"),
        ("no trailer", "3\r\nabc\r\n0\r\n\r\n".to_owned(), 400, "MalformedTrailerError"),
        (
            "another trailer",
            "3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:NSRBwg==\r\n\r\n".to_owned(),
            400,
            "MalformedTrailerError",
        ),
        (
            "a trailer that is no checksum",
            "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:abc\r\n\r\n".to_owned(),
            400,
            "MalformedTrailerError",
        ),
        (
            "a wrong trailer",
            "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n".to_owned(),
            400,
            "BadDigest",
        ),
        (
            "one more trailer",
            "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\nx-amz-meta-a:1\r\n\r\n".to_owned(),
            400,
            "MalformedTrailerError",
        ),
        (
            "the trailer twice",
            "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
                .to_owned(),
            400,
            "MalformedTrailerError",
        ),
    ] {
        let head = trailing(&server).head(body.len(), UNSIGNED).0;
        let reply = server.send(&head, body.as_bytes()).await;
        assert_eq!(found(&reply), (status, code.to_owned()), "{what}: {}", reply.text());
        nothing_stored(&server).await;
    }
    // And what is well-formed.
    for body in [
        format!("3\r\nabc\r\n{tail}"),
        format!("1\r\na\r\n02\r\nbc\r\n{tail}"),
        "3\r\nabc\r\n0\r\nX-Amz-Checksum-Crc32: NSRBwg==\r\n\r\n".to_owned(),
    ] {
        let head = trailing(&server).head(body.len(), UNSIGNED).0;
        let reply = server.send(&head, body.as_bytes()).await;
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
        assert_eq!(server.get("/bucket/key").await.ok().body, b"abc");
    }
}

#[tokio::test]
async fn the_decoded_length_is_given_and_right() {
    let server = with_bucket().await;
    for (declared, status, code) in [
        (None, 411, "MissingContentLength"),
        (Some(""), 400, "InvalidArgument"),
        (Some("x"), 400, "InvalidArgument"),
        (Some("-1"), 400, "InvalidArgument"),
        (Some("+3"), 400, "InvalidArgument"),
        (Some("99999999999999999999"), 400, "InvalidArgument"),
        (Some("6000000000"), 400, "EntityTooLarge"),
        (Some("2"), 400, "InvalidChunkSizeError"),
        (Some("4"), 400, "IncompleteBody"),
    ] {
        let body = unsigned_chunks(&[b"abc"], TRAILER);
        let mut signer = trailing(&server);
        signer
            .headers
            .retain(|(name, _)| name != "x-amz-decoded-content-length");
        if let Some(declared) = declared {
            signer = signer.headers(&[("x-amz-decoded-content-length", declared)]);
        }
        let reply = server
            .send(&signer.head(body.len(), UNSIGNED).0, &body)
            .await;
        assert_eq!(
            found(&reply),
            (status, code.to_owned()),
            "{declared:?}: {}",
            reply.text()
        );
        nothing_stored(&server).await;
    }
}

#[tokio::test]
async fn nothing_can_be_sent_in_every_way() {
    let server = with_bucket().await;
    let zero = [
        ("x-amz-decoded-content-length", "0"),
        ("x-amz-trailer", TRAILER.0),
    ];
    let body = unsigned_chunks(&[], EMPTY_TRAILER);
    let signer = server.root("PUT", "/bucket/trailer").headers(&zero);
    server
        .send(&signer.head(body.len(), UNSIGNED).0, &body)
        .await
        .ok();
    let (head, body) = server.root("PUT", "/bucket/signed").chunked(&[], None);
    server.send(&head, &body).await.ok();
    let (head, body) = server
        .root("PUT", "/bucket/both")
        .chunked(&[], Some(EMPTY_TRAILER));
    server.send(&head, &body).await.ok();
    server.put("/bucket/plain", b"").await.ok();
    let head = server.root("PUT", "/bucket/presigned").presigned("1", 0);
    server.send(&head, b"").await.ok();
    for key in ["trailer", "signed", "both", "plain", "presigned"] {
        let reply = server.get(&format!("/bucket/{key}")).await.ok();
        assert_eq!(reply.header("content-length"), Some("0"), "{key}");
        assert_eq!(
            reply.header("etag"),
            Some("\"d41d8cd98f00b204e9800998ecf8427e\"")
        );
    }
}

#[tokio::test]
async fn only_the_framing_is_taken_from_the_content_encoding() {
    let server = with_bucket().await;
    for (sent, kept) in [
        ("aws-chunked", None),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip, aws-chunked", Some("gzip")),
        ("AWS-Chunked , br,gzip", Some("br,gzip")),
    ] {
        let body = unsigned_chunks(&[b"abc"], TRAILER);
        let signer = trailing(&server).headers(&[("content-encoding", sent)]);
        server
            .send(&signer.head(body.len(), UNSIGNED).0, &body)
            .await
            .ok();
        let reply = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
        assert_eq!(reply.header("content-encoding"), kept, "{sent}");
    }
}

#[tokio::test]
async fn a_put_without_a_length_is_refused() {
    let server = with_bucket().await;
    let head = server
        .root("PUT", "/bucket/key")
        .payload("UNSIGNED-PAYLOAD")
        .signed(b"abc");
    for instead in ["transfer-encoding: chunked\r\n", ""] {
        let head = head.replace("content-length: 3\r\n", instead);
        let reply = server.send(&head, b"3\r\nabc\r\n0\r\n\r\n").await;
        assert_eq!(
            found(&reply),
            (411, "MissingContentLength".to_owned()),
            "{instead}"
        );
    }
    for odd in [
        "content-length: 3\r\ncontent-length: 4\r\n",
        "content-length: +3\r\n",
        "content-length: 3, 3\r\n",
    ] {
        let head = head.replace("content-length: 3\r\n", odd);
        let reply = server.send(&head, b"abc").await;
        assert_eq!(reply.status, 400, "{odd} {}", reply.text());
    }
    // Both lengths are how requests are smuggled: the connection does not go on.
    let both = head.replace(
        "content-length: 3\r\n",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
    );
    let reply = server.send(&both, b"3\r\nabc\r\n0\r\n\r\n").await;
    assert!(
        (400..500).contains(&reply.status),
        "{} {}",
        reply.status,
        reply.text()
    );
    nothing_stored(&server).await;
}

#[tokio::test]
async fn a_client_that_expects_is_told_to_go_on_or_refused_at_once() {
    let server = with_bucket().await;
    let expect = [("expect", "100-continue")];
    let head = server
        .root("PUT", "/bucket/key")
        .headers(&expect)
        .signed(b"abc");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(
        rest.starts_with(b"HTTP/1.1 200 "),
        "{}",
        String::from_utf8_lossy(&rest)
    );
    // Refused by its head: no interim answer, and the connection ends.
    let head = server
        .root("PUT", "/none/key")
        .headers(&expect)
        .broken()
        .signed(b"abc");
    let head = head.replace("connection: close\r\n", "");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn the_life_of_a_presigned_url() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    let signer = || server.root("GET", "/bucket/key");
    for life in ["1", "600", "604800"] {
        assert_eq!(
            server
                .send(&signer().presigned(life, 0), b"")
                .await
                .ok()
                .body,
            b"abc"
        );
    }
    for life in ["0", "604801", "+1", "1.5", "x", "", "99999999999"] {
        let reply = server.send(&signer().presigned(life, 0), b"").await;
        let expected = (400, "AuthorizationQueryParametersError".to_owned());
        assert_eq!(found(&reply), expected, "{life:?} {}", reply.text());
    }
    let reply = server.send(&signer().at(-11).presigned("10", 0), b"").await;
    assert_eq!(found(&reply), (403, "AccessDenied".to_owned()));
    assert_eq!(
        reply.element("Message").as_deref(),
        Some("Request has expired")
    );
    // Fifteen minutes of skew are borne on both sides.
    for offset in [-14 * 60, 14 * 60] {
        server
            .send(&signer().at(offset).signed(b""), b"")
            .await
            .ok();
    }
    for offset in [-16 * 60, 16 * 60] {
        let reply = server.send(&signer().at(offset).signed(b""), b"").await;
        assert_eq!(found(&reply), (403, "RequestTimeTooSkewed".to_owned()));
    }
}

#[tokio::test]
async fn a_presigned_url_is_taken_as_it_was_signed() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    let mut signer = server.root("GET", "/bucket/key");
    signer.target += "?response-cache-control=no-store&response-content-disposition=attachment%3B%20filename%3D%22a.txt%22\
                      &response-content-encoding=x&response-content-language=ja&response-content-type=text%2Fplain\
                      &response-expires=Wed%2C%2021%20Oct%202026%2007%3A28%3A00%20GMT";
    let head = signer.presigned("600", 0);
    let reply = server.send(&head, b"").await.ok();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-disposition", "attachment; filename=\"a.txt\""),
        ("content-encoding", "x"),
        ("content-language", "ja"),
        ("content-type", "text/plain"),
        ("expires", "Wed, 21 Oct 2026 07:28:00 GMT"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_presigned_url_that_was_changed_is_refused() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    let head = server.root("GET", "/bucket/key").presigned("600", 0);
    for (what, changed, status, code) in [
        (
            "another key",
            head.replace("/bucket/key?", "/bucket/kez?"),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "another method",
            head.replace("GET ", "DELETE "),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "a parameter more",
            head.replace("/key?", "/key?response-expires=1&"),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "a longer life",
            head.replace("Expires=600", "Expires=601"),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "a header more",
            head.replace("\r\n\r\n", "\r\nx-amz-meta-a: 1\r\n\r\n"),
            403,
            "AccessDenied",
        ),
        (
            "a life twice",
            head.replace("/key?", "/key?X-Amz-Expires=600&"),
            400,
            "AuthorizationQueryParametersError",
        ),
        (
            "no signature",
            head.replace("X-Amz-Signature=", "y="),
            400,
            "AuthorizationQueryParametersError",
        ),
    ] {
        let reply = server.send(&changed, b"").await;
        assert_eq!(
            found(&reply),
            (status, code.to_owned()),
            "{what} {}",
            reply.text()
        );
    }
    // Signed headers must be there.
    let with = server
        .root("PUT", "/bucket/new")
        .headers(&[("x-amz-meta-a", "1")]);
    let head = with.presigned("600", 3);
    server.send(&head, b"abc").await.ok();
    let without = head.replace("x-amz-meta-a: 1\r\n", "");
    server.send(&without, b"abc").await.is(403, "AccessDenied");
    let other = head.replace("x-amz-meta-a: 1\r\n", "x-amz-meta-a: 2\r\n");
    server
        .send(&other, b"abc")
        .await
        .is(403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn what_stands_twice_is_refused() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    for query in [
        "versionId=null&versionId=null",
        "partNumber=1&partNumber=2",
        "response-content-type=a&response-content-type=b",
    ] {
        let reply = server.get(&format!("/bucket/key?{query}")).await;
        assert_eq!(
            found(&reply),
            (400, "InvalidRequest".to_owned()),
            "{query} {}",
            reply.text()
        );
    }
    for query in ["prefix=a&prefix=b", "list-type=2&max-keys=1&max-keys=2"] {
        let reply = server.get(&format!("/bucket?{query}")).await;
        assert_eq!(
            found(&reply),
            (400, "InvalidRequest".to_owned()),
            "{query} {}",
            reply.text()
        );
    }
    for name in [
        "range: bytes=0-0",
        "if-match: \"a\"",
        "content-md5: x",
        "x-amz-date: x",
        "host: a",
    ] {
        let head = server
            .root("GET", "/bucket/key")
            .headers(&[("range", "bytes=0-1"), ("if-match", "*")]);
        let head = head
            .headers(&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")])
            .signed(b"");
        let head = head.replacen("\r\n\r\n", &format!("\r\n{name}\r\n\r\n"), 1);
        let reply = server.send(&head, b"").await;
        assert_eq!(
            found(&reply),
            (400, "InvalidRequest".to_owned()),
            "{name} {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn the_target_may_be_absolute_and_names_the_same_host() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    let head = server.root("GET", "/bucket/key").signed(b"");
    let target = |host: &str| head.replace("GET /", &format!("GET http://{host}/"));
    let reply = server.send(&target(&server.host()), b"").await.ok();
    assert_eq!(reply.body, b"abc");
    let reply = server.send(&target("other.test"), b"").await;
    assert_eq!(
        found(&reply),
        (400, "InvalidRequest".to_owned()),
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn a_body_where_none_belongs_changes_nothing() {
    let server = with_bucket().await;
    server.put("/bucket/key", b"abc").await.ok();
    for method in ["HEAD", "GET", "DELETE"] {
        let head = server.root(method, "/bucket/key").signed(b"hello");
        let reply = server.send(&head, b"hello").await;
        assert!(
            (200..300).contains(&reply.status),
            "{method} {}",
            reply.text()
        );
        assert_eq!(reply.body.is_empty(), method != "GET");
    }
    // The body is not read as the next request.
    let smuggled = b"DELETE /bucket/key HTTP/1.1\r\nhost: a\r\n\r\n";
    server.put("/bucket/key", b"abc").await.ok();
    let head = server.root("GET", "/bucket/key").signed(smuggled);
    server.send(&head, smuggled).await.ok();
    server.get("/bucket/key").await.ok();
}

#[tokio::test]
async fn digests_are_right_wrong_or_malformed() {
    let server = with_bucket().await;
    for (value, status, code) in [
        ("", 400, "InvalidDigest"),
        ("x", 400, "InvalidDigest"),
        ("YWJj", 400, "InvalidDigest"),
        ("kAFQmDzST7DWlj99KOF/cg", 400, "InvalidDigest"),
        ("900150983cd24fb0d6963f7d28e17f72", 400, "InvalidDigest"),
        ("1B2M2Y8AsgTpgAmY7PhCfg==", 400, "BadDigest"),
    ] {
        let headers = [("content-md5", value)];
        let reply = server.call("PUT", "/bucket/key", &headers, b"abc").await;
        assert_eq!(found(&reply), (status, code.to_owned()), "{value:?}");
        let tags = "/bucket?delete";
        let reply = server.call("POST", tags, &headers, b"<Delete/>").await;
        assert_eq!(
            found(&reply),
            (status, code.to_owned()),
            "document, {value:?}"
        );
        nothing_stored(&server).await;
    }
    let headers = [("content-md5", "kAFQmDzST7DWlj99KOF/cg==")];
    server
        .call("PUT", "/bucket/key", &headers, b"abc")
        .await
        .ok();
}
