//! What the signature covers: `host`, every `x-amz-*` header that is there, and nothing that is not
//! there.

use super::credentials::Claimed;
use super::refusal::Refusal;
use super::request::View;

/// Checks the list of signed headers against the headers.
pub(crate) fn check(view: &View<'_>, claimed: &Claimed) -> Result<(), Refusal> {
    let signed = &claimed.signed_headers;
    if !signed.iter().any(|name| name == "host") {
        return Err(Refusal::access_denied("the Host header must be signed"));
    }
    for name in signed {
        let lower = !name.is_empty() && !name.bytes().any(|b| b.is_ascii_uppercase());
        let once = signed.iter().filter(|other| *other == name).count() == 1;
        if !lower || !once {
            return Err(Refusal::invalid_request(
                "the list of signed headers must hold lower-case names, each once",
            ));
        }
        let present =
            view.header_present(name) || (name == "host" && view.parts.uri.authority().is_some());
        if !present {
            return Err(Refusal::access_denied(format!(
                "the header {name} was signed and is not there"
            )));
        }
    }
    for name in view.headers().keys() {
        let name = name.as_str();
        if name.starts_with("x-amz-") && !signed.iter().any(|s| s == name) {
            return Err(Refusal::access_denied(format!(
                "There were headers present in the request which were not signed: {name}"
            )));
        }
    }
    Ok(())
}

/// Refuses a header twice where two would leave open which one counts.
pub(crate) fn check_single(view: &View<'_>) -> Result<(), Refusal> {
    for name in view.headers().keys() {
        let name = name.as_str();
        let repeated = view.headers().get_all(name).iter().nth(1).is_some();
        if repeated && is_single(name) {
            return Err(Refusal::invalid_request(format!(
                "the header {name} must appear once"
            )));
        }
    }
    Ok(())
}

/// Headers of which two would leave open which one counts.
fn is_single(name: &str) -> bool {
    const SINGLE: [&str; 12] = [
        "authorization",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "range",
        "transfer-encoding",
    ];
    name.starts_with("x-amz-") || SINGLE.contains(&name)
}
