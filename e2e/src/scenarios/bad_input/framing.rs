//! Requests that are wrong as HTTP (RFC 9112), or no HTTP at all.

use super::Want::{Answer, Answers, Refused};
use super::{Case, Want};
use crate::Failure;
use crate::client::signed_head;
use crate::content;

/// All of them.
pub(super) fn cases(authority: &str) -> Result<Vec<Case>, Failure> {
    let mut cases = heads(authority);
    cases.extend(lengths(authority)?);
    cases.extend(foreign());
    cases.extend(sizes(authority));
    Ok(cases)
}

/// A head with these lines after `Host`.
fn head(authority: &str, start: &str, lines: &str) -> String {
    format!("{start} HTTP/1.1\r\nHost: {authority}\r\n{lines}\r\n")
}

/// Header lines that parsers disagree about.
fn heads(authority: &str) -> Vec<Case> {
    let bad = [
        ("space before the colon", "Content-Length : 4\r\n"),
        ("tab before the colon", "Content-Length\t: 4\r\n"),
        ("a folded line", "x-amz-meta-a: one\r\n two\r\n"),
        ("a NUL in a value", "x-amz-meta-a: o\0e\r\n"),
        ("a bare CR in a value", "x-amz-meta-a: one\rx-b: two\r\n"),
        ("no colon", "x-amz-meta-a\r\n"),
        ("an empty name", ": value\r\n"),
        ("two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n"),
        ("two lengths in one line", "Content-Length: 4, 5\r\n"),
        ("a negative length", "Content-Length: -4\r\n"),
        ("a length with a sign", "Content-Length: +4\r\n"),
        ("a hexadecimal length", "Content-Length: 0x4\r\n"),
        (
            "a length beyond 64 bits",
            "Content-Length: 18446744073709551616\r\n",
        ),
        ("an unknown encoding", "Transfer-Encoding: xchunked\r\n"),
        (
            "chunked not last",
            "Transfer-Encoding: chunked, identity\r\n",
        ),
        ("chunked in disguise", "Transfer-Encoding: \x0bchunked\r\n"),
    ];
    let mut cases: Vec<Case> = bad
        .iter()
        .map(|(name, lines)| {
            let text = head(authority, "PUT /bad/key", lines) + "body";
            Case::new(name, text, Refused)
        })
        .collect();
    for (name, text) in [
        (
            "HTTP/1.0 with chunks",
            "PUT /bad/key HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        ("HTTP/3.0", "GET /bad HTTP/3.0\r\n\r\n"),
        ("no version", "GET /bad\r\n\r\n"),
        ("no target", "GET  HTTP/1.1\r\n\r\n"),
        ("a method of symbols", "G@T /bad HTTP/1.1\r\n\r\n"),
        ("no host", "GET /bad HTTP/1.1\r\n\r\n"),
        (
            "two hosts",
            "GET /bad HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        ),
        (
            "a tunnel",
            "CONNECT example.invalid:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
        ("half a head", "GET /bad HTTP/1.1\r\nHost: a"),
    ] {
        cases.push(Case::new(name, text, Refused));
    }
    cases
}

/// Lengths that do not agree with what comes: requests must not be smuggled in.
fn lengths(authority: &str) -> Result<Vec<Case>, Failure> {
    let smuggled = head(authority, "GET /bad/kept", "");
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    let turned = "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n";
    let mut cases = Vec::new();
    for (name, lines) in [("both lengths", both), ("both lengths, turned", turned)] {
        let text = head(authority, "POST /bad", lines) + "0\r\n\r\n" + &smuggled;
        cases.push(Case::new(name, text, Answers(1)));
    }
    let chunked = |name: &str, body: &str, want: Want| -> Result<Case, Failure> {
        let headers = [
            ("content-encoding", "aws-chunked"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "4"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
        ];
        let head = signed_head(authority, "PUT", "/bad/key", "", &headers, b"")?;
        let head = head.replace("content-length: 0\r\n", "transfer-encoding: chunked\r\n");
        Ok(Case::new(name, head + body, want))
    };
    for (name, body) in [
        (
            "a chunk longer than 64 bits",
            "fffffffffffffffff\r\nbody\r\n0\r\n\r\n",
        ),
        ("a negative chunk", "-4\r\nbody\r\n0\r\n\r\n"),
        ("a chunk without its end", "4\r\nbodyXX0\r\n\r\n"),
        ("a chunk line that ends in LF", "4\nbody\r\n0\r\n\r\n"),
        ("a chunk of which half comes", "ff\r\nbody"),
    ] {
        cases.push(chunked(name, body, Answer(400, ""))?);
    }
    let long = format!("4;{}\r\nbody\r\n0\r\n\r\n", "x".repeat(60_000));
    cases.push(chunked(
        "an endless chunk extension",
        &long,
        Answer(400, ""),
    )?);
    // The answer comes although the client has not read and sends on.
    let refused = signed_head(
        authority,
        "PUT",
        "/nobucket/key",
        "",
        &[],
        &content::make(5, 6 << 20),
    )?;
    let mut bytes = refused.into_bytes();
    bytes.extend(content::make(5, 6 << 20));
    cases.push(Case::new(
        "a long body for no bucket",
        bytes,
        Answer(404, "NoSuchBucket"),
    ));
    let unsigned = head(authority, "PUT /bad/key", "Content-Length: 6000000\r\n");
    let bytes = [unsigned.into_bytes(), content::make(6, 6_000_000)].concat();
    cases.push(Case::new(
        "a long unsigned body",
        bytes,
        Answer(403, "AccessDenied"),
    ));
    let short = signed_head(authority, "PUT", "/bad/key", "", &[], &[7; 5000])?;
    let bytes = [short.into_bytes(), vec![7; 4000]].concat();
    cases.push(Case::new("a body cut short", bytes, Refused));
    Ok(cases)
}

/// Other protocols.
fn foreign() -> Vec<Case> {
    let mut hello = b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03".to_vec();
    hello.extend(content::make(7, 233));
    vec![
        Case::new(
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            Refused,
        ),
        Case::new("TLS", hello, Refused),
        Case::new("garbage", content::make(8, 5000), Refused),
        Case::new(
            "a proxy's line",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n",
            Refused,
        ),
        Case::new("nothing", Vec::new(), Answers(0)),
        Case::new("blank lines", "\r\n\r\n\r\n", Refused),
    ]
}

/// Too much of everything.
fn sizes(authority: &str) -> Vec<Case> {
    let many = |count: usize| -> String { (0..count).map(|n| format!("x-h{n}: 1\r\n")).collect() };
    let get = |lines: &str| head(authority, "GET /bad", lines);
    let long = "k".repeat(20_000);
    let query: String = (0..3000).map(|n| format!("&p{n}=1")).collect();
    vec![
        Case::new("200 headers", get(&many(200)), Answer(431, "")),
        Case::new(
            "200 KB of a header",
            get(&format!("x-a: {}\r\n", "a".repeat(200_000))),
            Answer(431, ""),
        ),
        Case::new(
            "20 KB of a header",
            get(&format!("x-a: {long}\r\n")),
            Answer(400, "RequestHeaderSectionTooLarge"),
        ),
        Case::new(
            "20 KB of a path",
            head(authority, &format!("GET /bad/{long}"), ""),
            Answer(400, "InvalidURI"),
        ),
        Case::new(
            "3,000 parameters",
            head(authority, &format!("GET /bad?{query}"), ""),
            Answer(400, "InvalidURI"),
        ),
    ]
}
