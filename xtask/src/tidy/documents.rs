//! Documents that every project of this kind has, and the shape of changelog entries.

use super::{Breach, TidyReport, Workspace};

/// Files that must be there.
const REQUIRED: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "LICENSE",
    "SECURITY.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/glossary.md",
];
const ENTRIES: &str = "changelog/unreleased/";
/// First words of an entry.
const KINDS: [&str; 6] = [
    "Added: ",
    "Changed: ",
    "Fixed: ",
    "Removed: ",
    "Security: ",
    "Format: ",
];

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    for path in REQUIRED
        .iter()
        .filter(|path| !workspace.files.iter().any(|file| file == *path))
    {
        report.findings.push(finding(path, "is missing".to_owned()));
    }
    let entries = workspace
        .files
        .iter()
        .filter(|path| path.starts_with(ENTRIES) && path.ends_with(".md"));
    for path in entries {
        let text = workspace.read(path).unwrap_or_default();
        if !KINDS.iter().any(|kind| text.starts_with(kind)) {
            report.findings.push(finding(
                path,
                format!("an entry starts with one of {}", KINDS.join(", ")),
            ));
        }
    }
}

fn finding(path: &str, message: String) -> Breach {
    Breach {
        check: "document",
        place: path.to_owned(),
        message,
    }
}
