//! Requests written as text.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// A request before any library saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRequest {
    /// Method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Headers in order, without white space around values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// Reads `METHOD TARGET`, lines `name: value`, an empty line, a body. Lines end with LF. The
    /// length of the body is declared as it is, whatever the text says: HTTP servers hold to it.
    ///
    /// `None` when it is not HTTP.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let end = text.windows(2).position(|two| two == b"\n\n");
        let (head, body) = match end {
            Some(at) => (text.get(..at)?, text.get(at.checked_add(2)?..)?),
            None => (text, &b""[..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let (method, target) = first.split_once(' ')?;
        let mut request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.to_vec(),
        };
        for line in lines {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(line.get(..colon)?)
                .ok()?
                .to_ascii_lowercase();
            let value = trim(line.get(colon.checked_add(1)?..)?);
            if name != "content-length" && name != "transfer-encoding" {
                request.headers.push((name, value.to_vec()));
            }
        }
        let length = request.body.len().to_string();
        request
            .headers
            .push(("content-length".to_owned(), length.into_bytes()));
        // What no HTTP library would hand on is not ours to judge.
        request.build(()).map(|_| request)
    }

    /// The request for the gateway.
    #[must_use]
    pub fn build<B>(&self, body: B) -> Option<Request<B>> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).ok()?;
        *request.uri_mut() = Uri::from_maybe_shared(Bytes::from(self.target.clone())).ok()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let value = HeaderValue::from_bytes(value).ok()?;
            request.headers_mut().append(name, value);
        }
        Some(request)
    }

    /// Values of a header.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<&[u8]> {
        let found = self.headers.iter().filter(|(n, _)| n == name);
        found.map(|(_, value)| value.as_slice()).collect()
    }

    /// The value of a header that stands once and is text.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.values(name).as_slice() {
            [value] => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }

    /// Path as sent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// Names and values of the query as sent.
    #[must_use]
    pub fn query(&self) -> Vec<(&str, &str)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect()
    }
}

fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// Replaces every `{name}` in a text.
#[must_use]
pub fn fill(text: &[u8], name: &str, value: &[u8]) -> Vec<u8> {
    let mark = format!("{{{name}}}").into_bytes();
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(value);
        rest = after.get(mark.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}
