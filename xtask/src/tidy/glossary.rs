//! The glossary: each public type of the model and of the engine seam has its line there, and each
//! line that names a type names one that exists, in the file that it says.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Declared, declared_types};
use super::{Breach, TidyReport, Workspace};

const GLOSSARY: &str = "docs/glossary.md";
/// Where every public type needs a line.
const COVERED: [&str; 3] = [
    "crates/model/src/",
    "crates/engine/src/seam.rs",
    "crates/engine/src/seam/",
];

/// A line of the table `| noun | type | file | meaning |`.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    line: usize,
    noun: String,
    /// Empty for a noun that is no type.
    type_name: String,
    file: String,
    meaning: String,
}

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let Some(text) = workspace.read(GLOSSARY) else {
        report
            .findings
            .push(finding(0, "the glossary is missing".to_owned()));
        return;
    };
    let declared: Vec<Declared> = workspace.sources.iter().flat_map(declared_types).collect();
    report.findings.extend(compare(&rows(&text), &declared));
}

fn compare(rows: &[Row], declared: &[Declared]) -> Vec<Breach> {
    let mut findings = Vec::new();
    let mut nouns = BTreeMap::new();
    for row in rows {
        if let Some(line) = nouns.insert(row.noun.to_lowercase(), row.line) {
            findings.push(finding(
                row.line,
                format!("{:?} stands at line {line} already", row.noun),
            ));
        }
        if row.meaning.is_empty() {
            findings.push(finding(row.line, format!("{:?} has no meaning", row.noun)));
        }
        if row.type_name.is_empty() {
            continue;
        }
        let homes: Vec<&Declared> = declared
            .iter()
            .filter(|d| d.name == row.type_name)
            .collect();
        if homes.is_empty() {
            findings.push(finding(
                row.line,
                format!("no public type is named {}", row.type_name),
            ));
        } else if !homes.iter().any(|d| d.path == row.file) {
            let message = format!(
                "{} is declared in {}, not in {:?}",
                row.type_name,
                homes
                    .iter()
                    .map(|d| d.path.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                row.file
            );
            findings.push(finding(row.line, message));
        }
    }
    let named: BTreeSet<&str> = rows.iter().map(|row| row.type_name.as_str()).collect();
    let covered = declared
        .iter()
        .filter(|d| COVERED.iter().any(|prefix| d.path.starts_with(prefix)));
    for missing in covered.filter(|d| !named.contains(d.name.as_str())) {
        findings.push(Breach {
            check: "glossary",
            place: missing.place.clone(),
            message: format!(
                "add to {GLOSSARY}: | {} | `{}` | `{}` | {} |",
                spaced(&missing.name),
                missing.name,
                missing.path,
                missing.summary
            ),
        });
    }
    findings
}

fn finding(line: usize, message: String) -> Breach {
    Breach {
        check: "glossary",
        place: format!("{GLOSSARY}:{line}"),
        message,
    }
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(inner) = line
            .trim()
            .strip_prefix('|')
            .and_then(|l| l.strip_suffix('|'))
        else {
            continue;
        };
        let cells: Vec<&str> = inner
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let [noun, type_name, file, meaning] = cells.as_slice() else {
            continue;
        };
        if noun.eq_ignore_ascii_case("noun") || noun.starts_with("--") {
            continue;
        }
        rows.push(Row {
            line: number + 1,
            noun: (*noun).to_owned(),
            type_name: (*type_name).to_owned(),
            file: (*file).to_owned(),
            meaning: (*meaning).to_owned(),
        });
    }
    rows
}

/// `RegionName` as "region name".
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for (n, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && n > 0 {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{compare, rows};
    use crate::tidy::names::Declared;

    fn declared(name: &str, path: &str) -> Declared {
        Declared {
            name: name.into(),
            path: path.into(),
            place: format!("{path}:1"),
            summary: "S.".into(),
        }
    }

    #[test]
    fn a_stale_a_misplaced_and_a_missing_line_are_found() {
        let text = "| Noun | Type | File | Meaning |\n|---|---|---|---|\n| key | `Key` | `crates/model/src/other.rs` | m |\n| gone | `Gone` | `x.rs` | m |\n| vault | | | the directory |\n";
        let found = compare(
            &rows(text),
            &[
                declared("Key", "crates/model/src/key.rs"),
                declared("Lock", "crates/model/src/lock.rs"),
                declared("Free", "crates/cli/src/lib.rs"),
            ],
        );
        let messages: Vec<_> = found.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(
            messages
                .iter()
                .any(|m| m.contains("Key is declared in crates/model/src/key.rs"))
        );
        assert!(
            messages
                .iter()
                .any(|m| m.contains("no public type is named Gone"))
        );
        assert!(
            messages
                .iter()
                .any(|m| m.contains("| lock | `Lock` | `crates/model/src/lock.rs` | S. |"))
        );
    }
}
