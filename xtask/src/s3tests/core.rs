//! The tests that count.

use std::fs;
use std::path::Path;

/// Where they are listed.
pub(super) const FILE: &str = "xtask/s3-tests/core.txt";

/// Areas that this server refuses on purpose or serves in part: access control lists, keys of the client
/// and of a key service.
const OUTSIDE: [&str; 2] = ["acl", "sse_c_kms"];

/// One test of the suite.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CoreTest {
    /// Its subject.
    pub(super) area: String,
    /// Name of the function, with its parameters in brackets.
    pub(super) name: String,
    /// What it sets up besides its subject.
    pub(super) marks: Vec<String>,
}

impl CoreTest {
    /// Whether its subject is in the scope of the S3 surface.
    pub(super) fn in_scope(&self) -> bool {
        !OUTSIDE.contains(&self.area.as_str())
    }

    /// Whether it needs no access control list and no bucket policy for its set-up.
    pub(super) fn is_plain(&self) -> bool {
        let needs = |what: &str| self.marks.iter().any(|mark| mark == what);
        !needs("needs-acl") && !needs("needs-policy")
    }

    /// Whether nothing may run beside it: it counts all buckets of the account.
    pub(super) fn runs_alone(&self) -> bool {
        self.marks.iter().any(|mark| mark == "alone")
    }

    /// Whether its name or area contains `part`.
    pub(super) fn matches(&self, part: &str) -> bool {
        self.name.contains(part) || self.area.contains(part)
    }
}

/// Reads the list.
///
/// # Errors
/// A sentence when it cannot be read.
pub(super) fn read(root: &Path) -> Result<Vec<CoreTest>, String> {
    let text = fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Vec<CoreTest> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some(CoreTest {
                area: words.next()?,
                name: words.next()?,
                marks: words.collect(),
            })
        })
        .collect()
}
