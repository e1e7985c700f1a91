//! Signature Version 4, written from the AWS documentation ("Authenticating Requests", S3 API
//! Reference) and from nothing else: it signs the cases, and judges beside the gateway which of them
//! are signed.

use aws_lc_rs::{digest, hmac};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, format_description};

use super::raw::RawRequest;
use super::{ACCESS_KEYS, HOST, REGION, REGIONS};
use crate::clock;

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
        .as_ref()
        .to_vec()
}

/// `20261122T123456Z`.
#[must_use]
pub fn stamp(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    let day = format!(
        "{:04}{:02}{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    );
    format!(
        "{day}T{:02}{:02}{:02}Z",
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// What a request claims of its signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureClaims {
    /// In the query rather than in a header.
    pub presigned: bool,
    /// Access key.
    pub key: String,
    /// `date/region/service/term`.
    pub scope: Vec<String>,
    /// Names of headers.
    pub signed: Vec<String>,
    /// Signature.
    pub signature: String,
    /// Time stamp.
    pub stamp: String,
    /// Hash of the payload as it stands in the canonical request.
    pub payload: String,
}

impl SignatureClaims {
    /// Finds the claims of a request.
    #[must_use]
    pub fn of(request: &RawRequest) -> Option<Self> {
        match request.values("authorization").as_slice() {
            [] => Self::in_query(request),
            [header] => Self::in_header(request, std::str::from_utf8(header).ok()?),
            _ => None,
        }
    }

    fn in_header(request: &RawRequest, header: &str) -> Option<Self> {
        let rest = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let mut claims = Self {
            stamp: request.value("x-amz-date")?.to_owned(),
            payload: request.value("x-amz-content-sha256")?.to_owned(),
            ..Self::default()
        };
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            claims.set(name, value)?;
        }
        Some(claims)
    }

    fn in_query(request: &RawRequest) -> Option<Self> {
        let payload = request
            .value("x-amz-content-sha256")
            .unwrap_or("UNSIGNED-PAYLOAD");
        let mut claims = Self {
            presigned: true,
            payload: payload.to_owned(),
            ..Self::default()
        };
        for (name, value) in request.query() {
            let value = String::from_utf8(decoded(value)).ok()?;
            match name {
                "X-Amz-Date" => claims.stamp = value,
                "X-Amz-Algorithm" if value != "AWS4-HMAC-SHA256" => return None,
                "X-Amz-Credential" | "X-Amz-SignedHeaders" | "X-Amz-Signature" => {
                    claims.set(name.trim_start_matches("X-Amz-"), &value)?;
                }
                _ => {}
            }
        }
        Some(claims)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "Credential" => {
                let (key, scope) = value.split_once('/')?;
                self.key = key.to_owned();
                self.scope = scope.split('/').map(str::to_owned).collect();
            }
            "SignedHeaders" => self.signed = value.split(';').map(str::to_owned).collect(),
            "Signature" => value.clone_into(&mut self.signature),
            _ => return None,
        }
        Some(())
    }

    /// Signs any text with the key and scope of these claims.
    #[must_use]
    pub fn sign(&self, text: &str) -> Option<String> {
        let [date, region, service, term] = self.scope.as_slice() else {
            return None;
        };
        let (_, secret) = ACCESS_KEYS.iter().find(|(id, _)| *id == self.key)?;
        let start = format!("AWS4{secret}").into_bytes();
        let key = [date, region, service, term]
            .into_iter()
            .fold(start, |key, part| mac(&key, part.as_bytes()));
        Some(hex::encode(mac(&key, text.as_bytes())))
    }

    /// The signature that a request with these claims must have.
    #[must_use]
    pub fn expected(&self, request: &RawRequest) -> Option<String> {
        let canonical = sha256(&self.canonical(request));
        let scope = self.scope.join("/");
        self.sign(&format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{canonical}",
            self.stamp
        ))
    }

    fn canonical(&self, request: &RawRequest) -> Vec<u8> {
        let path = encoded(&decoded(request.path()), false);
        let mut pairs: Vec<_> = request
            .query()
            .into_iter()
            .filter(|(name, _)| !(self.presigned && *name == "X-Amz-Signature"))
            .map(|(name, value)| {
                (
                    encoded(&decoded(name), true),
                    encoded(&decoded(value), true),
                )
            })
            .collect();
        pairs.sort();
        let query: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut out = format!("{}\n{path}\n{}\n", request.method, query.join("&")).into_bytes();
        let mut names = self.signed.clone();
        names.sort();
        for name in &names {
            let values: Vec<_> = request.values(name).into_iter().map(collapsed).collect();
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            out.extend_from_slice(&values.join(&b','));
            out.push(b'\n');
        }
        out.extend_from_slice(format!("\n{}\n{}", names.join(";"), self.payload).as_bytes());
        out
    }
}

/// Judges whether a request may be obeyed at `now`.
///
/// # Errors
/// Why not.
pub fn verify(request: &RawRequest, now: OffsetDateTime) -> Result<(), String> {
    let claims = SignatureClaims::of(request).ok_or("no claims")?;
    let expected = claims.expected(request).ok_or("no such key or scope")?;
    if expected != claims.signature {
        return Err("the signature is another".to_owned());
    }
    let [date, region, service, term] = claims.scope.as_slice() else {
        return Err("the scope is no scope".to_owned());
    };
    if !REGIONS.contains(&region.as_str()) || service != "s3" || term != "aws4_request" {
        return Err("the scope is another".to_owned());
    }
    if !claims.stamp.starts_with(date.as_str()) {
        return Err("the scope is of another day".to_owned());
    }
    let at = parse_stamp(&claims.stamp).ok_or("no time")?;
    let skew = Duration::minutes(15);
    let until = match claims.presigned {
        true => at.saturating_add(expiry(request).ok_or("no expiry")?),
        false => at.saturating_add(skew),
    };
    if now > until.saturating_add(Duration::SECOND)
        || at > now.saturating_add(skew).saturating_add(Duration::SECOND)
    {
        return Err("not now".to_owned());
    }
    let signed = |name: &str| claims.signed.iter().any(|signed| signed == name);
    if !signed("host") {
        return Err("the host is not signed".to_owned());
    }
    let loose = request
        .headers
        .iter()
        .find(|(name, _)| name.starts_with("x-amz-") && !signed(name));
    if let Some((name, _)) =
        loose.filter(|(name, _)| name != "x-amz-content-sha256" || !claims.presigned)
    {
        return Err(format!("{name} is not signed"));
    }
    let free = claims.payload == "UNSIGNED-PAYLOAD" || claims.payload.starts_with("STREAMING-");
    // What takes no body reads none.
    let free = free || ["GET", "HEAD", "DELETE"].contains(&request.method.as_str());
    if !free && claims.payload != sha256(&request.body) {
        return Err("the body has another hash".to_owned());
    }
    Ok(())
}

fn expiry(request: &RawRequest) -> Option<Duration> {
    let all = request.query();
    let (_, seconds) = all.iter().find(|(name, _)| *name == "X-Amz-Expires")?;
    let seconds: i64 = seconds.parse().ok()?;
    (1..=604_800)
        .contains(&seconds)
        .then(|| Duration::seconds(seconds))
}

fn parse_stamp(text: &str) -> Option<OffsetDateTime> {
    let format = "[year][month][day]T[hour][minute][second]Z";
    let format = format_description::parse_borrowed::<2>(format).ok()?;
    PrimitiveDateTime::parse(text, &format)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

/// Undoes percent encoding; what is none stays.
#[must_use]
pub fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|two| hex::decode(two).ok());
        match hex.as_deref() {
            Some([byte]) => {
                out.push(*byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// `UriEncode` of the documentation.
#[must_use]
pub fn encoded(bytes: &[u8], slash: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte))
            }
            b'/' if !slash => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn collapsed(value: &[u8]) -> Vec<u8> {
    let words = value
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}

/// A request signed by the root key now.
#[must_use]
pub fn signed(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> RawRequest {
    let mut request = RawRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: body.to_vec(),
    };
    let stamp = stamp(clock::utc());
    let hash = sha256(body);
    let own = [
        ("host", HOST),
        ("x-amz-date", &stamp),
        ("x-amz-content-sha256", &hash),
    ];
    for (name, value) in headers.iter().copied().chain(own) {
        if request.values(name).is_empty() {
            request
                .headers
                .push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }
    let mut names: Vec<_> = request
        .headers
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    names.sort();
    let day = stamp.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let (key, _) = ACCESS_KEYS[0];
    let text = |signature: &str| {
        let names = names.join(";");
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    };
    let claims = SignatureClaims::in_header(&request, &text(""));
    let signature = claims
        .and_then(|claims| claims.expected(&request))
        .unwrap_or_default();
    request
        .headers
        .push(("authorization".to_owned(), text(&signature).into_bytes()));
    request.headers.push((
        "content-length".to_owned(),
        body.len().to_string().into_bytes(),
    ));
    request
}
