//! What became of a test.

use std::collections::BTreeMap;

use super::core::CoreTest;

/// What became of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It passed, its clean-up too.
    Passed,
    /// It did not get what it wants.
    Failed,
    /// It passed or never ran: its set-up or its clean-up failed.
    Error,
    /// It did not want to run.
    Skipped,
    /// The checkout has no such test, or the run ended before it.
    Missing,
}

impl Outcome {
    /// As written to the results.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Missing => "missing",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            "skipped" => Self::Skipped,
            _ => Self::Error,
        }
    }
}

/// A test and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TestResult {
    pub(super) test: CoreTest,
    pub(super) outcome: Outcome,
    /// First line of the failure.
    pub(super) why: String,
}

/// Joins the listed tests with the report of the plugin, one JSON object a line.
///
/// # Errors
/// A sentence when a line cannot be read.
pub(super) fn join(tests: &[CoreTest], report: &str) -> Result<Vec<TestResult>, String> {
    let mut told = BTreeMap::new();
    for line in report.lines() {
        let value: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("report of the tests: {error}"))?;
        let text = |key: &str| {
            let found = value.get(key).and_then(serde_json::Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        told.insert(text("name"), (Outcome::of(&text("outcome")), text("why")));
    }
    let results = tests.iter().map(|test| {
        let (outcome, why) = told
            .remove(&test.name)
            .unwrap_or((Outcome::Missing, "no result".to_owned()));
        TestResult {
            test: test.clone(),
            outcome,
            why,
        }
    });
    Ok(results.collect())
}
