//! Signature Version 4, written from the AWS documentation for the tests alone.

use aws_lc_rs::{digest, hmac};
use azekura_store::clock::{SystemTimeSource, TimeSource};
use time::OffsetDateTime;

use super::REGION;

/// Builds one signed request.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Headers that are sent and not signed.
    pub(crate) unsigned: Vec<(String, String)>,
    pub(crate) key: (String, String),
    pub(crate) region: String,
    pub(crate) at: OffsetDateTime,
    /// Value of `x-amz-content-sha256`; the hash of the body when absent.
    pub(crate) payload: Option<String>,
    pub(crate) break_signature: bool,
}

/// Now, moved by some seconds.
pub(crate) fn now(offset_seconds: i64) -> OffsetDateTime {
    let ms = SystemTimeSource.wall().0;
    OffsetDateTime::from_unix_timestamp(ms / 1000 + offset_seconds).unwrap()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

impl Signer {
    pub(crate) fn new(host: &str, key: (&str, &str), method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![("host".to_owned(), host.to_owned())],
            unsigned: Vec::new(),
            key: (key.0.to_owned(), key.1.to_owned()),
            region: REGION.to_owned(),
            at: now(0),
            payload: None,
            break_signature: false,
        }
    }

    pub(crate) fn headers(mut self, headers: &[(&str, &str)]) -> Self {
        for (name, value) in headers {
            self.headers.retain(|(n, _)| n != name);
            self.headers.push(((*name).to_owned(), (*value).to_owned()));
        }
        self
    }

    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn payload(mut self, value: &str) -> Self {
        self.payload = Some(value.to_owned());
        self
    }

    pub(crate) fn broken(mut self) -> Self {
        self.break_signature = true;
        self
    }

    pub(crate) fn at(mut self, offset_seconds: i64) -> Self {
        self.at = now(offset_seconds);
        self
    }

    pub(crate) fn date(&self) -> String {
        let at = self.at;
        format!("{:04}{:02}{:02}", at.year(), u8::from(at.month()), at.day())
    }

    pub(crate) fn timestamp(&self) -> String {
        let at = self.at;
        let date = self.date();
        format!(
            "{date}T{:02}{:02}{:02}Z",
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    pub(crate) fn scope(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.date(), self.region)
    }

    pub(crate) fn sign_text(&self, text: &str) -> String {
        let key = mac(format!("AWS4{}", self.key.1).as_bytes(), &self.date());
        let key = mac(&key, &self.region);
        let key = mac(&mac(&key, "s3"), "aws4_request");
        hex::encode(mac(&key, text))
    }

    fn signature(&self, path: &str, query: &str, payload: &str) -> (String, String) {
        let mut headers = self.headers.clone();
        headers.sort();
        let lines: String = headers
            .iter()
            .map(|(n, v)| format!("{n}:{}\n", v.trim()))
            .collect();
        let names: Vec<_> = headers.iter().map(|(n, _)| n.as_str()).collect();
        let names = names.join(";");
        let canonical = format!(
            "{}\n{path}\n{query}\n{lines}\n{names}\n{payload}",
            self.method
        );
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            self.timestamp(),
            self.scope(),
            sha256(canonical.as_bytes())
        );
        let mut signature = self.sign_text(&text);
        if self.break_signature {
            signature = "0".repeat(64);
        }
        (names, signature)
    }

    /// The head of a request signed in its header, and its signature.
    pub(crate) fn head(mut self, content_length: usize, payload: &str) -> (String, String) {
        let (path, query) = split(&self.target);
        self.headers
            .push(("x-amz-content-sha256".to_owned(), payload.to_owned()));
        self.headers
            .push(("x-amz-date".to_owned(), self.timestamp()));
        let (names, signature) = self.signature(&path, &query, payload);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={names}, Signature={signature}",
            self.key.0,
            self.scope()
        );
        self.unsigned
            .push(("authorization".to_owned(), authorization));
        (self.write(&self.target, content_length), signature)
    }

    /// The head of a request with this body, signed in its header.
    pub(crate) fn signed(self, body: &[u8]) -> String {
        let payload = self.payload.clone().unwrap_or_else(|| sha256(body));
        self.head(body.len(), &payload).0
    }

    /// The head of a presigned request.
    pub(crate) fn presigned(self, seconds: &str, content_length: usize) -> String {
        let (path, query) = split(&self.target);
        let mut names: Vec<_> = self.headers.iter().map(|(n, _)| n.as_str()).collect();
        names.sort_unstable();
        let credential = format!("{}/{}", self.key.0, self.scope()).replace('/', "%2F");
        let mut pairs = vec![
            "X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned(),
            format!("X-Amz-Credential={credential}"),
            format!("X-Amz-Date={}", self.timestamp()),
            format!("X-Amz-Expires={seconds}"),
            format!("X-Amz-SignedHeaders={}", names.join("%3B")),
        ];
        pairs.extend(
            query
                .split('&')
                .filter(|p| !p.is_empty())
                .map(str::to_owned),
        );
        pairs.sort();
        let query = pairs.join("&");
        let (_, signature) = self.signature(&path, &query, "UNSIGNED-PAYLOAD");
        let target = format!("{path}?{query}&X-Amz-Signature={signature}");
        self.write(&target, content_length)
    }

    /// The head without credentials.
    pub(crate) fn anonymous(self, content_length: usize) -> String {
        self.write(&self.target, content_length)
    }

    fn write(&self, target: &str, content_length: usize) -> String {
        let mut head = format!("{} {target} HTTP/1.1\r\n", self.method);
        for (name, value) in self.headers.iter().chain(&self.unsigned) {
            head += &format!("{name}: {value}\r\n");
        }
        if !self.headers.iter().any(|(n, _)| n == "content-length") {
            head += &format!("content-length: {content_length}\r\n");
        }
        head + "connection: close\r\n\r\n"
    }

    /// A body in signed chunks, with a signed trailer if one is given, and its head.
    pub(crate) fn chunked(
        self,
        chunks: &[&[u8]],
        trailer: Option<(&str, &str)>,
    ) -> (String, Vec<u8>) {
        let mode = match trailer {
            Some(_) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            None => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        };
        let bytes: usize = chunks.iter().map(|c| c.len()).sum();
        let mut signer = self.headers(&[("content-encoding", "aws-chunked")]);
        let has = |name: &str| signer.headers.iter().any(|(n, _)| n == name);
        if !has("x-amz-decoded-content-length") {
            let bytes = bytes.to_string();
            signer = signer.headers(&[("x-amz-decoded-content-length", &bytes)]);
        }
        if let Some((name, _)) = trailer {
            signer = signer.headers(&[("x-amz-trailer", name)]);
        }
        let copy = signer.clone();
        let seed = copy.clone().head(0, mode).1;
        let body = copy.chunk_bodies(chunks, trailer, seed);
        (signer.head(body.len(), mode).0, body)
    }

    fn chunk_bodies(
        &self,
        chunks: &[&[u8]],
        trailer: Option<(&str, &str)>,
        seed: String,
    ) -> Vec<u8> {
        let (at, scope) = (self.timestamp(), self.scope());
        let mut previous = seed;
        let mut body = Vec::new();
        for chunk in chunks.iter().copied().chain([&b""[..]]) {
            let text = format!(
                "AWS4-HMAC-SHA256-PAYLOAD\n{at}\n{scope}\n{previous}\n{}\n{}",
                sha256(b""),
                sha256(chunk)
            );
            previous = self.sign_text(&text);
            let head = format!("{:x};chunk-signature={previous}\r\n", chunk.len());
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(chunk);
            if !chunk.is_empty() || trailer.is_none() {
                body.extend_from_slice(b"\r\n");
            }
        }
        if let Some((name, value)) = trailer {
            let line = format!("{name}:{value}\n");
            let hash = sha256(line.as_bytes());
            let text = format!("AWS4-HMAC-SHA256-TRAILER\n{at}\n{scope}\n{previous}\n{hash}");
            let signature = self.sign_text(&text);
            let lines = format!("{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n");
            body.extend_from_slice(lines.as_bytes());
        }
        body
    }
}

/// A body in unsigned chunks with a trailer.
pub(crate) fn unsigned_chunks(chunks: &[&[u8]], trailer: (&str, &str)) -> Vec<u8> {
    let mut body = Vec::new();
    for chunk in chunks {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("0\r\n{}:{}\r\n\r\n", trailer.0, trailer.1).as_bytes());
    body
}

/// Path and canonical query of a target.
fn split(target: &str) -> (String, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
    (path.to_owned(), pairs.join("&"))
}
