//! The generated part of the page on what of S3 is served.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::failures::{self, Failures};

/// The page.
pub(super) const PAGE: &str = "docs/reference/s3-support.md";

const BEGIN: &str =
    "<!-- written by `cargo xtask s3-tests --explain` from xtask/s3-tests/failures.toml -->";
const END: &str = "<!-- end of what is written -->";

/// The page with its generated part made new.
///
/// # Errors
/// A sentence when a file cannot be read or the page has no place for it.
pub(super) fn renewed(root: &Path) -> Result<String, String> {
    let page = fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let explained = failures::read(root)?;
    let (before, rest) = page
        .split_once(BEGIN)
        .ok_or_else(|| format!("{PAGE} has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| format!("{PAGE} has no line {END}"))?;
    let part = part(&explained).map_err(|error| error.to_string())?;
    Ok(format!("{before}{BEGIN}\n\n{part}{END}{after}"))
}

fn part(explained: &Failures) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for group in &explained.groups {
        writeln!(text, "### {} ({})\n", group.title, group.tests.len())?;
        writeln!(text, "{}\n", group.reason)?;
        for test in &group.tests {
            writeln!(text, "- `{test}`")?;
        }
        writeln!(text)?;
    }
    Ok(text)
}
