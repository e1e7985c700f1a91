//! `SigV4` signatures (AWS: "Create a signed AWS API request"), one for each request.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::Failure;
use crate::content::Body;

const REGION: &str = "us-east-1";

/// How bodies are signed. Every server gets the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// `UNSIGNED-PAYLOAD`, as clients do over TLS. The client hashes nothing.
    Unsigned,
    /// SHA-256 of the body in the signature, as clients do over plain HTTP.
    Hashed,
}

/// Signs for one server.
pub(crate) struct Signer {
    host: String,
    access: String,
    secret: String,
    payload: Payload,
    day: Day,
}

/// The key of a day, and the second that was formatted last.
struct Day {
    second: i64,
    stamp: String,
    key: hmac::Key,
}

impl Signer {
    /// For a server at `host` (`address:port`).
    pub(crate) fn new(
        host: &str,
        access: &str,
        secret: &str,
        payload: Payload,
    ) -> Result<Self, Failure> {
        Ok(Self {
            host: host.to_owned(),
            access: access.to_owned(),
            secret: secret.to_owned(),
            payload,
            day: Day::at(azekura_bench::clock::wall_seconds(), secret)?,
        })
    }

    /// Appends the head of a request. `path` and `query` are already in canonical form.
    pub(crate) fn head(
        &mut self,
        out: &mut Vec<u8>,
        (method, path, query): (&str, &str, &str),
        more: &str,
        body: Option<Body<'_>>,
    ) -> Result<(), Failure> {
        let second = azekura_bench::clock::wall_seconds();
        if second != self.day.second {
            self.day = Day::at(second, &self.secret)?;
        }
        let stamp = &self.day.stamp;
        let hash = match (self.payload, body) {
            (Payload::Unsigned, _) => "UNSIGNED-PAYLOAD".to_owned(),
            (Payload::Hashed, body) => sha256(body),
        };
        let host = &self.host;
        let names = "host;x-amz-content-sha256;x-amz-date";
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{hash}\nx-amz-date:{stamp}\n\n{names}\n{hash}"
        );
        let day = stamp.get(..8).unwrap_or_default();
        let scope = format!("{day}/{REGION}/s3/aws4_request");
        let canonical = hex::encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}");
        let signature = hex::encode(hmac::sign(&self.day.key, to_sign.as_bytes()));
        let access = &self.access;
        let mark = if query.is_empty() { "" } else { "?" };
        let mut head = format!(
            "{method} {path}{mark}{query} HTTP/1.1\r\nhost: {host}\r\nx-amz-date: {stamp}\r\n\
             x-amz-content-sha256: {hash}\r\nauthorization: AWS4-HMAC-SHA256 Credential={access}/{scope}, \
             SignedHeaders={names}, Signature={signature}\r\n{more}"
        );
        if let Some(body) = body {
            write!(head, "content-length: {}\r\n", body.len())?;
        }
        head.push_str("\r\n");
        out.extend_from_slice(head.as_bytes());
        Ok(())
    }
}

impl Day {
    fn at(second: i64, secret: &str) -> Result<Self, Failure> {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let stamp = OffsetDateTime::from_unix_timestamp(second)?.format(format)?;
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [&stamp[..8], REGION, "s3", "aws4_request"] {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes());
            key = tag.as_ref().to_vec();
        }
        Ok(Self {
            second,
            stamp,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        })
    }
}

fn sha256(body: Option<Body<'_>>) -> String {
    let mut hasher = digest::Context::new(&digest::SHA256);
    if let Some(body) = body {
        hasher.update(&body.stamp);
        hasher.update(body.rest);
    }
    hex::encode(hasher.finish())
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3), as canonical queries want it.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
