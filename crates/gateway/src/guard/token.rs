//! Session tokens: nobody issues them here, so none is good.

use super::refusal::Refusal;
use super::request::View;

/// Refuses a session token wherever it stands.
pub(crate) fn check(view: &View<'_>) -> Result<(), Refusal> {
    let name = "x-amz-security-token";
    let in_query = view.query.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    if in_query || view.header_present(name) {
        return Err(Refusal::invalid_token());
    }
    Ok(())
}
