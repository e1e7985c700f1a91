//! Whole heads of requests. `{stamp}`, `{date}` and `{sha256}` (of the body) are filled in;
//! `{signature}` is the right signature of the case as it is, `{signature:0}` that of the first
//! built-in seed before anything was changed.

use crate::clock;
use crate::lab::aws::{self, SignatureClaims};
use crate::lab::raw::{RawRequest, fill};
use crate::lab::{ACCESS_KEYS, Lab};
use crate::target::Target;

/// Sends heads that are signed, or look so.
#[derive(Default)]
pub struct SigV4 {
    lab: Option<Lab>,
}

const PUT: &str = "PUT /bucket/key HTTP\nhost: s3.test\nx-amz-date: {stamp}\nx-amz-content-sha256: {sha256}\nx-amz-meta-a: b\nauthorization: AWS4-HMAC-SHA256 Credential=ROOTKEY/{date}/jp-tokyo/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a, Signature={signature}\n\ncontent";
const SEEDS: [&str; 8] = [
    PUT,
    "GET /bucket/key?a=b%20c HTTP\nhost: s3.test\nx-amz-date: {stamp}\nx-amz-content-sha256: UNSIGNED-PAYLOAD\nrange: bytes=0-3\nauthorization: AWS4-HMAC-SHA256 Credential=READKEY/{date}/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={signature}\n\n",
    "GET /bucket?list-type=2&prefix=k&encoding-type=url&max-keys=3 HTTP\nhost: s3.test\nx-amz-date: {stamp}\nx-amz-content-sha256: {sha256}\nauthorization: AWS4-HMAC-SHA256 Credential=READKEY/{date}/tokyo/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}\n\n",
    "GET /bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ROOTKEY%2F{date}%2Fjp-tokyo%2Fs3%2Faws4_request&X-Amz-Date={stamp}&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature={signature} HTTP\nhost: s3.test\n\n",
    "PUT /bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=WRITEKEY%2F{date}%2Fjp-tokyo%2Fs3%2Faws4_request&X-Amz-Date={stamp}&X-Amz-Expires=604800&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature={signature}&x-amz-meta-a=b HTTP\nhost: s3.test\ncontent-type: text/plain\n\nabc",
    "HEAD /bucket/key HTTP\nhost: s3.test\nx-amz-date: {stamp}\nx-amz-content-sha256: {sha256}\nauthorization: AWS4-HMAC-SHA256 Credential=ROOTKEY/{date}/jp-tokyo/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}\n\n",
    "DELETE /key%2F%E9%8D%B5 HTTP\nhost: bucket.s3.test\nx-amz-date: {stamp}\nx-amz-content-sha256: {sha256}\nauthorization: AWS4-HMAC-SHA256 Credential=ROOTKEY/{date}/jp-tokyo/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}\n\n",
    "GET /?max-buckets=2 HTTP\nhost: s3.test\nx-amz-date: {stamp}\nx-amz-content-sha256: {sha256}\nauthorization: AWS4-HMAC-SHA256 Credential=ROOTKEY/{date}/jp-tokyo/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}\n\n",
];

impl Target for SigV4 {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds: Vec<_> = SEEDS.iter().map(|text| text.as_bytes().to_vec()).collect();
        // Seeds whose signature does not follow what is changed.
        for (number, seed) in SEEDS.iter().enumerate() {
            let fixed = format!("{{signature:{number}}}");
            seeds.push(fill(seed.as_bytes(), "signature", fixed.as_bytes()));
        }
        seeds
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "AWS4-HMAC-SHA256 ",
            "AWS ROOTKEY:abc",
            "Credential=",
            "SignedHeaders=",
            "Signature=",
            ", ",
            ";",
            "host",
            "{stamp}",
            "{date}",
            "{sha256}",
            "{signature}",
            "{signature:0}",
            "{signature:1}",
            "UNSIGNED-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "ROOTKEY",
            "READKEY",
            "WRITEKEY",
            "NOKEY",
            "jp-tokyo",
            "us-east-1",
            "s3",
            "aws4_request",
            "x-amz-date: ",
            "\nx-amz-security-token: a",
            "\nx-amz-acl: private",
            "\nx-amz-copy-source: /bucket/key",
            "\nauthorization: ",
            "&X-Amz-Expires=0",
            "&X-Amz-Expires=604801",
            "&X-Amz-Signature=",
            "&X-Amz-Date=",
            "?uploads",
            "?versioning",
            "?delete",
            "%2F",
            "%2f",
            "%00",
            "%",
            "+",
            "//",
            "/../",
            "/./",
            "?",
            "&",
            "=",
            "#",
            "GET",
            "PUT",
            "HEAD",
            "DELETE",
            "POST",
            "OPTIONS",
            "\nrange: bytes=0-1,3-4",
            "\nif-match: *",
            "\nexpect: 100-continue",
            "\nhost: other",
            "\ndate: Thu, 01 Jan 1970 00:00:00 GMT",
            "\ncontent-encoding: aws-chunked",
            "\nx-amz-meta-a: ",
            "\nx-amz-decoded-content-length: 7",
            "\ncontent-type: multipart/form-data; boundary=a",
            "\nx-amz-tagging: a=b",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let stamp = aws::stamp(clock::utc());
        let Some(request) = complete(input, &stamp) else {
            return Ok("not http".to_owned());
        };
        let form = request.method == "POST"
            && SignatureClaims::of(&request).is_none_or(|claims| claims.key.is_empty());
        let lab = Lab::of(&mut self.lab)?;
        let answer = lab.send(&request)?;
        // A form signs itself, nobody signs a preflight.
        if answer.status < 400 && request.method != "OPTIONS" && !form {
            aws::verify(&request, clock::utc()).map_err(|why| {
                format!(
                    "{} although {why}: {} {} {:?}",
                    answer.status,
                    request.method,
                    request.target,
                    lines(&request)
                )
            })?;
            let key = SignatureClaims::of(&request)
                .map(|claims| claims.key)
                .unwrap_or_default();
            let reads = ["GET", "HEAD"].contains(&request.method.as_str());
            if (key == ACCESS_KEYS[1].0) != reads && key != ACCESS_KEYS[0].0 {
                return Err(format!(
                    "{key} may not {} {}",
                    request.method, request.target
                ));
            }
        }
        Ok(answer.label())
    }
}

fn lines(request: &RawRequest) -> Vec<String> {
    let headers = request.headers.iter();
    headers
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect()
}

/// Fills in what depends on the time and on the case.
fn complete(text: &[u8], stamp: &str) -> Option<RawRequest> {
    let mut text = dated(text, stamp);
    for (number, seed) in SEEDS.iter().enumerate() {
        let name = format!("signature:{number}");
        if text
            .windows(name.len())
            .any(|window| window == name.as_bytes())
        {
            let seed = dated(seed.as_bytes(), stamp);
            text = fill(&text, &name, right(&seed).unwrap_or_default().as_bytes());
        }
    }
    if let Some(signature) = right(&text) {
        text = fill(&text, "signature", signature.as_bytes());
    }
    parse(&text)
}

fn dated(text: &[u8], stamp: &str) -> Vec<u8> {
    let day = stamp.split('T').next().unwrap_or_default();
    let body = text.windows(2).position(|two| two == b"\n\n");
    let body = body
        .and_then(|at| text.get(at.saturating_add(2)..))
        .unwrap_or_default();
    let hash = aws::sha256(body);
    [("stamp", stamp), ("date", day), ("sha256", hash.as_str())]
        .into_iter()
        .fold(text.to_vec(), |text, (name, value)| {
            fill(&text, name, value.as_bytes())
        })
}

/// The right signature of a text.
fn right(text: &[u8]) -> Option<String> {
    let request = parse(&fill(text, "signature", b"0"))?;
    SignatureClaims::of(&request)?.expected(&request)
}

/// The version of HTTP behind the target is a word that ends it.
fn parse(text: &[u8]) -> Option<RawRequest> {
    let end = text
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let line = line.strip_suffix(b" HTTP").unwrap_or(line);
    RawRequest::parse(&[line, rest].concat())
}
