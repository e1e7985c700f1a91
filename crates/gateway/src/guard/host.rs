//! The host: one, and the same wherever it stands.

use http::Version;
use http::request::Parts;

use super::refusal::Refusal;

/// Checks `Host` against the target of the request.
pub(crate) fn check(parts: &Parts) -> Result<(), Refusal> {
    let mut hosts = parts.headers.get_all("host").iter();
    let (first, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Err(Refusal::invalid_request("the Host header must appear once"));
    }
    let authority = parts.uri.authority();
    match (first, authority) {
        (None, None) => Err(Refusal::invalid_request("the Host header is missing")),
        (None, Some(_)) if parts.version < Version::HTTP_2 => {
            Err(Refusal::invalid_request("the Host header is missing"))
        }
        (Some(host), Some(authority)) if host.as_bytes() != authority.as_str().as_bytes() => Err(
            Refusal::invalid_request("the Host header differs from the target of the request"),
        ),
        _ => Ok(()),
    }
}

/// The host as given, with its port.
pub(crate) fn of(parts: &Parts) -> Option<&str> {
    match parts.headers.get("host") {
        Some(value) => std::str::from_utf8(value.as_bytes()).ok(),
        None => parts.uri.authority().map(http::uri::Authority::as_str),
    }
}
