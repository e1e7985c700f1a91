//! A request as the guard's rules see it.

use http::request::Parts;
use http::{HeaderMap, Method};

use super::refusal::Refusal;

/// Method, decoded query and headers of one request.
pub(crate) struct View<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) query: Vec<(String, String)>,
}

impl<'a> View<'a> {
    /// Decodes the query once for all rules.
    pub(crate) fn new(parts: &'a Parts) -> Result<Self, Refusal> {
        let query = parse_query(parts.uri.query().unwrap_or_default()).ok_or_else(|| {
            Refusal::invalid_request("the query string is not percent-encoded UTF-8")
        })?;
        Ok(Self { parts, query })
    }

    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// A header's value as text; `None` when absent. Values that are not text were refused before.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.parts.headers.get(name)?;
        std::str::from_utf8(value.as_bytes()).ok()
    }

    /// First value of a query parameter, by its exact name.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(n, _)| n == name)?;
        Some(pair.1.as_str())
    }

    /// Whether a query parameter is there, by its exact name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.param(name).is_some()
    }

    /// Whether the path names an object, not a bucket.
    pub(crate) fn names_object(&self) -> bool {
        // Decoded first, as s3s does: an encoded slash divides too.
        let path = decode(self.parts.uri.path()).unwrap_or_default();
        let path = path.strip_prefix('/').unwrap_or(&path);
        if self.parts.extensions.get::<HostStyle>().is_some() {
            return !path.is_empty();
        }
        path.split_once('/').is_some_and(|(_, key)| !key.is_empty())
    }

    /// Whether the body is the content of an object or part, not a document.
    pub(crate) fn carries_content(&self) -> bool {
        const DOCUMENTS: [&str; 4] = ["acl", "legal-hold", "retention", "tagging"];
        self.method() == Method::PUT
            && self.names_object()
            && !self.header_present("x-amz-copy-source")
            && !DOCUMENTS.iter().any(|name| self.has(name))
    }

    /// Whether a header is there.
    pub(crate) fn header_present(&self, name: &str) -> bool {
        self.parts.headers.contains_key(name)
    }
}

/// Marks a request whose bucket stands in the host name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostStyle;

/// Decodes `a=b&c` as `application/x-www-form-urlencoded`, which is what the signature is checked
/// over; `None` when it is not UTF-8.
pub(crate) fn parse_query(query: &str) -> Option<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let rest = bytes.hex_pair();
                match rest {
                    Some(value) => {
                        bytes.next();
                        bytes.next();
                        value
                    }
                    None => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

/// Looks at the next two bytes as a hexadecimal pair.
trait HexPair {
    fn hex_pair(&self) -> Option<u8>;
}

impl HexPair for std::str::Bytes<'_> {
    fn hex_pair(&self) -> Option<u8> {
        let mut ahead = self.clone();
        let high = char::from(ahead.next()?).to_digit(16)?;
        let low = char::from(ahead.next()?).to_digit(16)?;
        u8::try_from(high * 16 + low).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_like_a_form() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            parse_query("a=b+c&d&%E5%80%89=%2F&x=%zz").unwrap(),
            [
                pair("a", "b c"),
                pair("d", ""),
                pair("倉", "/"),
                pair("x", "%zz")
            ]
        );
        assert_eq!(parse_query("a=%ff"), None);
    }
}
