//! Public type names: each stands for one thing in the whole workspace.

use std::collections::BTreeMap;

use super::source::SourceFile;
use super::text::{find_words, word_at};
use super::{Breach, TidyReport, Workspace};

/// A public type where it is declared.
pub(super) struct Declared {
    pub(super) name: String,
    /// Path of the file.
    pub(super) path: String,
    /// `path:line`.
    pub(super) place: String,
    /// First sentence of its documentation, on one line; may be empty.
    pub(super) summary: String,
}

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for declared in workspace.sources.iter().flat_map(declared_types) {
        by_name
            .entry(declared.name)
            .or_default()
            .push(declared.place);
    }
    for (name, places) in by_name {
        if let [first, others @ ..] = places.as_slice()
            && !others.is_empty()
        {
            report.findings.push(Breach {
                check: "name",
                place: first.clone(),
                message: format!(
                    "the public type name {name} is also at {}: one noun, one type",
                    others.join(", ")
                ),
            });
        }
    }
}

/// Public types of a file's production code.
pub(super) fn declared_types(source: &SourceFile) -> Vec<Declared> {
    let mut found = Vec::new();
    for at in find_words(&source.production, "pub") {
        let mut keyword_at = at + 3;
        let mut keyword = word_at(&source.production, keyword_at);
        if keyword == "unsafe" {
            keyword_at = after_word(&source.production, keyword_at, keyword);
            keyword = word_at(&source.production, keyword_at);
        }
        let after_pub = source.production.get(at + 3..).unwrap_or_default();
        if after_pub.starts_with('(')
            || !["struct", "enum", "trait", "type", "union"].contains(&keyword)
        {
            continue;
        }
        let name_at = after_word(&source.production, keyword_at, keyword);
        found.push(Declared {
            name: word_at(&source.production, name_at).to_owned(),
            path: source.path.clone(),
            place: source.place(at),
            summary: summary_above(&source.text, at),
        });
    }
    found
}

/// Offset after the word that starts at or after `at`.
fn after_word(code: &str, at: usize, word: &str) -> usize {
    code.get(at..)
        .and_then(|rest| rest.find(word))
        .map_or(code.len(), |n| at + n + word.len())
}

/// First sentence of the doc comment above an item.
fn summary_above(text: &str, at: usize) -> String {
    let head = text.get(..at).unwrap_or_default();
    let mut lines: Vec<&str> = head
        .lines()
        .rev()
        .map(str::trim)
        .take_while(|line| line.starts_with("///") || line.starts_with("#[") || line.is_empty())
        .filter_map(|line| line.strip_prefix("///"))
        .map(str::trim)
        .collect();
    lines.reverse();
    let joined = lines
        .into_iter()
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    joined.find(". ").map_or(joined.clone(), |end| {
        joined.get(..=end).unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::declared_types;
    use crate::tidy::source::source_from;

    #[test]
    fn public_types_with_their_summary() {
        let text = "/// A key. More.\n#[derive(Debug)]\npub struct Key {\n pub bytes: u8 }\npub(crate) struct Own;\npub type Alias<T> = Vec<T>;\nfn f() { let pubs = 1; }";
        let source = source_from("crates/a/src/lib.rs".to_owned(), text.to_owned());
        let found: Vec<_> = declared_types(&source)
            .into_iter()
            .map(|d| (d.name, d.summary))
            .collect();
        assert_eq!(
            found,
            [
                ("Key".to_owned(), "A key.".to_owned()),
                ("Alias".to_owned(), String::new())
            ]
        );
    }
}
