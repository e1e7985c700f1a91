//! Header values are text: what cannot be read as UTF-8 would be left out of the signature and of
//! the object alike.

use http::HeaderMap;

use super::refusal::Refusal;

/// Refuses values that are not UTF-8.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    let bad = headers
        .iter()
        .find(|(_, value)| std::str::from_utf8(value.as_bytes()).is_err());
    match bad {
        Some((name, _)) => Err(Refusal::invalid_request(format!(
            "the value of the header {name} is not UTF-8"
        ))),
        None => Ok(()),
    }
}
