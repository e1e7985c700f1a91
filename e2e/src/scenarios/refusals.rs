//! Wrong content is refused with the right code, and nothing of it is stored.

use crate::client::{Client, signed_head};
use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::{Bench, Failure};

/// A bad request: headers that replace or add to the signed ones, the status and the code.
struct Case {
    name: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    code: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "content-md5",
        headers: &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")],
        status: 400,
        code: "BadDigest",
    },
    Case {
        name: "malformed content-md5",
        headers: &[("content-md5", "not-base64")],
        status: 400,
        code: "InvalidDigest",
    },
    Case {
        name: "crc32",
        headers: &[("x-amz-checksum-crc32", "AAAAAA==")],
        status: 400,
        code: "BadDigest",
    },
    Case {
        name: "crc64nvme",
        headers: &[("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")],
        status: 400,
        code: "BadDigest",
    },
    Case {
        name: "sha256 checksum",
        headers: &[(
            "x-amz-checksum-sha256",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        )],
        status: 400,
        code: "BadDigest",
    },
    Case {
        name: "payload hash",
        headers: &[(
            "x-amz-content-sha256",
            "0000000000000000000000000000000000000000000000000000000000000000",
        )],
        status: 400,
        code: "XAmzContentSHA256Mismatch",
    },
];

/// Each case on a small and on a blob-sized body; then signatures, truncation and chunks.
pub(crate) fn wrong_content_is_refused_and_nothing_stored(
    bench: &Bench,
) -> Result<Outcome, Failure> {
    let vault = bench.directory("refusals")?.join("vault");
    let server = Server::start(&bench.binary, &vault)?;
    let authority = server.s3_authority();
    let made = Client::connect(authority)?.send("PUT", "/refusals", "", &[], b"")?;
    expect("create bucket", made.status, &made.code(), 200, "")?;
    let mut judged = 0;
    for case in CASES {
        for size in [10, 100_000, 3_000_000] {
            let body = vec![b'x'; size];
            let mut client = Client::connect(authority)?;
            let answer = client.send("PUT", "/refusals/key", "", case.headers, &body)?;
            expect(
                case.name,
                answer.status,
                &answer.code(),
                case.status,
                case.code,
            )?;
            judged += 1;
        }
    }
    bad_signature(authority)?;
    truncated_body(authority)?;
    truncated_chunks(authority)?;
    expected_without_body(authority)?;
    let list = Client::connect(authority)?.send("GET", "/refusals", "versions=", &[], b"")?;
    if list.text().contains("<Version>") {
        return Err(format!("something was stored:\n{}", list.text()).into());
    }
    let code = server.stop()?;
    if code != 0 {
        return Err(format!("the server ended with {code}").into());
    }
    Ok(Outcome::Passed(Figures::from([(
        "refused",
        (judged + 3).into(),
    )])))
}

fn expect(name: &str, status: u16, code: &str, want: u16, want_code: &str) -> Result<(), Failure> {
    if status == want && code == want_code {
        return Ok(());
    }
    Err(format!("{name}: answered {status} {code}, not {want} {want_code}").into())
}

fn bad_signature(authority: &str) -> Result<(), Failure> {
    let head = signed_head(authority, "PUT", "/refusals/key", "", &[], b"body")?;
    let at = head.find("Signature=").ok_or("no signature")? + "Signature=".len();
    let (start, rest) = head.split_at(at);
    let first = if rest.starts_with('0') { "1" } else { "0" };
    let forged = format!("{start}{first}{}", rest.get(1..).unwrap_or(""));
    let answer = Client::connect(authority)?.send_raw("PUT", forged.as_bytes(), b"body")?;
    expect(
        "bad signature",
        answer.status,
        &answer.code(),
        403,
        "SignatureDoesNotMatch",
    )
}

/// The connection ends before the declared length: no answer can be expected, nothing is stored.
fn truncated_body(authority: &str) -> Result<(), Failure> {
    for size in [1_000, 3_000_000] {
        let body = vec![b'y'; size];
        let head = signed_head(authority, "PUT", "/refusals/key", "", &[], &body)?;
        let part = body.get(..size / 2).unwrap_or_default();
        let mut stream = std::net::TcpStream::connect(authority)?;
        std::io::Write::write_all(&mut stream, head.as_bytes())?;
        std::io::Write::write_all(&mut stream, part)?;
    }
    Ok(())
}

/// An aws-chunked body whose last chunk never comes.
fn truncated_chunks(authority: &str) -> Result<(), Failure> {
    let headers = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "10"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("content-encoding", "aws-chunked"),
    ];
    let body = b"a\r\n0123456789\r\n";
    let head = signed_head(authority, "PUT", "/refusals/key", "", &headers, body)?;
    let answer = Client::connect(authority)?.send_raw("PUT", head.as_bytes(), body)?;
    if answer.status == 400 {
        return Ok(());
    }
    Err(format!(
        "truncated chunks: answered {} {}",
        answer.status,
        answer.text()
    )
    .into())
}

/// `Expect: 100-continue` on an empty body is answered at once, which botocore takes for a final
/// answer to remember: the connection must end with it. (An interim answer would be fine too.)
fn expected_without_body(authority: &str) -> Result<(), Failure> {
    let headers = [("expect", "100-continue")];
    let answer = Client::connect(authority)?.send("PUT", "/refusals-expect", "", &headers, b"")?;
    let closes = answer.header("connection") == Some("close");
    if answer.status == 100 || (answer.status == 200 && closes) {
        return Ok(());
    }
    Err(format!(
        "expect without body: {} and the connection stays",
        answer.status
    )
    .into())
}
