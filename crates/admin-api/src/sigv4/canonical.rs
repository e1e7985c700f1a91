//! The canonical request, the string to sign and the signing key.

use aws_lc_rs::hmac;
use http::HeaderMap;

use super::{ALGORITHM, sha256_hex};

/// Day, region and service that a signature is bound to.
pub(super) struct Scope<'a> {
    /// `YYYYMMDD`.
    pub(super) day: &'a str,
    /// Region.
    pub(super) region: &'a str,
    /// Service.
    pub(super) service: &'a str,
}

impl Scope<'_> {
    /// The scope as written in credentials and in the string to sign.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service)
    }
}

/// Parts of a request that the signature covers.
pub(super) struct Canonical<'a> {
    /// Method.
    pub(super) method: &'a str,
    /// Path as on the wire.
    pub(super) path: &'a str,
    /// The path is encoded once, as S3 does; other services encode the path of the wire once more.
    pub(super) path_once: bool,
    /// Query as on the wire, without `?`.
    pub(super) query: &'a str,
    /// Headers of the request.
    pub(super) headers: &'a HeaderMap,
    /// Names of the signed ones, in lower case and ordered.
    pub(super) signed: &'a [&'a str],
    /// SHA-256 of the body, hexadecimal.
    pub(super) body_sha256: &'a str,
}

impl Canonical<'_> {
    fn text(&self) -> String {
        let mut headers = String::new();
        for name in self.signed {
            let values: Vec<String> = self
                .headers
                .get_all(*name)
                .iter()
                .map(|value| trim(&String::from_utf8_lossy(value.as_bytes())))
                .collect();
            headers.push_str(name);
            headers.push(':');
            headers.push_str(&values.join(","));
            headers.push('\n');
        }
        let path = match self.path {
            "" => "/".to_owned(),
            path if self.path_once => encode(&decode(path), b"/"),
            path => encode(path.as_bytes(), b"/"),
        };
        format!(
            "{}\n{path}\n{}\n{headers}\n{}\n{}",
            self.method,
            canonical_query(self.query),
            self.signed.join(";"),
            self.body_sha256
        )
    }

    /// The string to sign.
    pub(super) fn string_to_sign(&self, date_time: &str, scope: &Scope<'_>) -> String {
        format!(
            "{ALGORITHM}\n{date_time}\n{}\n{}",
            scope.text(),
            sha256_hex(self.text().as_bytes())
        )
    }
}

/// The key that signs requests of one day, region and service.
pub(super) fn signing_key(secret: &str, scope: &Scope<'_>) -> hmac::Key {
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    for step in [scope.day, scope.region, scope.service, "aws4_request"] {
        let tag = hmac::sign(&key, step.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
    }
    key
}

/// Trims, and makes one space of many.
fn trim(value: &str) -> String {
    value
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Parameters decoded, encoded by the rule of RFC 3986 and ordered by their encoded form.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(&decode(name), b""), encode(&decode(value), b""))
        })
        .collect();
    pairs.sort();
    pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

/// Percent-encodes all but unreserved characters and `keep`.
pub(crate) fn encode(bytes: &[u8], keep: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        if unreserved || keep.contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Undoes percent-encoding; malformed escapes stay as they are, so that they fail to verify
/// rather than read as something else.
fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex_byte(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, tail));
        out.push(byte);
        rest = after;
    }
    out
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    Some(digit(high)? * 16 + digit(low)?)
}
