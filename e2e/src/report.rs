//! What ran, how it ended, and the figures it found.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::Failure;

/// Figures of one scenario by name.
pub(crate) type Figures = BTreeMap<&'static str, serde_json::Value>;

/// How a scenario ended well.
pub(crate) enum Outcome {
    /// All held.
    Passed(Figures),
    /// Could not run here, and why. Counted and shown.
    Skipped(String),
}

/// One line of the report.
pub(crate) struct Line {
    /// Name of the scenario.
    pub(crate) name: &'static str,
    /// `ok`, `failed` or `skipped`.
    pub(crate) outcome: &'static str,
    /// Wall time in seconds.
    pub(crate) seconds: f64,
    /// Why it failed or was skipped.
    pub(crate) reason: String,
    /// What it measured.
    pub(crate) figures: Figures,
}

/// Number of lines with this outcome.
pub(crate) fn count(lines: &[Line], outcome: &str) -> usize {
    lines.iter().filter(|line| line.outcome == outcome).count()
}

/// Writes the report as JSON.
pub(crate) fn write(path: &Path, lines: &[Line]) -> Result<(), Failure> {
    let scenarios: Vec<_> = lines
        .iter()
        .map(|line| {
            json!({ "name": line.name, "outcome": line.outcome, "reason": line.reason,
                    "seconds": (line.seconds * 10.0).round() / 10.0, "figures": line.figures })
        })
        .collect();
    let report = json!({ "passed": count(lines, "ok"), "failed": count(lines, "failed"),
        "skipped": count(lines, "skipped"), "scenarios": scenarios });
    std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    Ok(())
}
