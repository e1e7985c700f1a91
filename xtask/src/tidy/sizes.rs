//! Length of production files. Length of functions is clippy's.

use super::{Breach, TidyReport, Workspace};

/// A longer file is listed.
const LINES_RULE: usize = 500;
/// A longer file fails.
const LINES_MAX: usize = 900;

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    for source in workspace.sources.iter().filter(|source| !source.is_test) {
        let lines = source.production_lines();
        if lines <= LINES_RULE {
            continue;
        }
        let finding = Breach {
            check: "size",
            place: source.path.clone(),
            message: format!(
                "{lines} lines of production code; the rule is {LINES_RULE}, the most is {LINES_MAX}: split it"
            ),
        };
        if lines > LINES_MAX {
            report.findings.push(finding);
        } else {
            report.notes.push(finding);
        }
    }
}
