//! How long a presigned URL may live. Whether it has begun and not yet expired is checked with the
//! signature.

use super::refusal::Refusal;
use super::request::View;

/// Longest life in seconds (AWS: seven days).
const LIFE_SECONDS_MAX: u32 = 604_800;

/// Checks `X-Amz-Expires`.
pub(crate) fn check(view: &View<'_>) -> Result<(), Refusal> {
    let text = view.param("X-Amz-Expires").unwrap_or_default();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let seconds: Option<u32> = text.parse().ok().filter(|_| digits);
    if text.parse::<i64>().is_ok_and(|seconds| seconds < 0) {
        // It ended before it began.
        return Err(Refusal::access_denied("Request has expired"));
    }
    match seconds {
        Some(1..=LIFE_SECONDS_MAX) => Ok(()),
        Some(0) | None => Err(Refusal::malformed_query(
            "X-Amz-Expires must be a number of seconds of at least 1",
        )),
        Some(_) => Err(Refusal::malformed_query(format!(
            "X-Amz-Expires must be less than a week (at most {LIFE_SECONDS_MAX} seconds)"
        ))),
    }
}
