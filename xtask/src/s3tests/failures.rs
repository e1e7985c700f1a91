//! Tests that are known to fail, in groups with a reason.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// Where they are listed.
pub(super) const FILE: &str = "xtask/s3-tests/failures.toml";

/// One reason and the tests that it fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Group {
    /// What the tests want.
    pub(super) title: String,
    /// Why they fail.
    pub(super) reason: String,
    /// Names of tests.
    pub(super) tests: Vec<String>,
}

/// The whole list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failures {
    /// In the order of the file.
    pub(super) groups: Vec<Group>,
}

impl Failures {
    /// Whether a test is listed.
    pub(super) fn explains(&self, name: &str) -> bool {
        let mut tests = self.groups.iter().flat_map(|group| &group.tests);
        tests.any(|test| test == name)
    }
}

/// Reads the list.
///
/// # Errors
/// A sentence when it cannot be read.
pub(super) fn read(root: &Path) -> Result<Failures, String> {
    let text = fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Failures, String> {
    let table: Table = text.parse().map_err(|error| format!("{FILE}: {error}"))?;
    let groups = table.get("group").and_then(Value::as_array);
    let groups = groups.into_iter().flatten().map(group);
    Ok(Failures {
        groups: groups.collect::<Result<_, _>>()?,
    })
}

fn group(value: &Value) -> Result<Group, String> {
    let text = |key: &str| {
        let found = value.get(key).and_then(Value::as_str);
        found
            .map(str::to_owned)
            .ok_or_else(|| format!("{FILE}: a group without {key}"))
    };
    let tests = value.get("tests").and_then(Value::as_array);
    let tests = tests.into_iter().flatten().filter_map(Value::as_str);
    Ok(Group {
        title: text("title")?,
        reason: text("reason")?,
        tests: tests.map(str::to_owned).collect(),
    })
}
