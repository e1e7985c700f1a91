//! Public type names: each stands for one thing in the whole workspace.

use std::collections::BTreeMap;

use super::source::SourceFile;
use super::text::{bracket_end, find_from, find_words, word_at};
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

/// Public types of a file's production code, those included that its own macros make.
pub(super) fn declared_types(source: &SourceFile) -> Vec<Declared> {
    let code = source.production.as_str();
    let mut found = Vec::new();
    for at in find_words(code, "pub") {
        if let Some(name_at) = type_name_at(code, at) {
            declare(source, at, name_at, &mut found);
        }
    }
    for at in find_words(code, "macro_rules!") {
        let name = word_at(code, at + "macro_rules!".len());
        let Some(open) = find_from(code, at, &['{', '(']) else {
            continue;
        };
        let body = code.get(open..bracket_end(code, open)).unwrap_or_default();
        let is_type = |pub_at: usize| {
            type_name_at(body, pub_at).is_some_and(|at| {
                body.get(at..)
                    .unwrap_or_default()
                    .trim_start()
                    .starts_with('$')
            })
        };
        if !name.is_empty() && find_words(body, "pub").into_iter().any(is_type) {
            for call in find_words(code, &format!("{name}!")) {
                // The first word of the arguments is the name; its documentation stands before it.
                let Some(open) = find_from(code, call, &['{', '(']) else {
                    continue;
                };
                let name_at = open + 1;
                let start = code.get(name_at..).map_or(name_at, |rest| {
                    name_at + rest.len() - rest.trim_start().len()
                });
                declare(source, start, name_at, &mut found);
            }
        }
    }
    found
}

/// Where the name of a public type stands, if `pub` at `at` starts one.
fn type_name_at(code: &str, at: usize) -> Option<usize> {
    let mut keyword_at = at + 3;
    let mut keyword = word_at(code, keyword_at);
    if code.get(keyword_at..)?.starts_with('(') {
        return None;
    }
    if keyword == "unsafe" {
        keyword_at = after_word(code, keyword_at, keyword);
        keyword = word_at(code, keyword_at);
    }
    let is_type = ["struct", "enum", "trait", "type", "union"].contains(&keyword);
    is_type.then(|| after_word(code, keyword_at, keyword))
}

fn declare(source: &SourceFile, start: usize, name_at: usize, found: &mut Vec<Declared>) {
    let name = word_at(&source.production, name_at);
    // In the body of a macro the name is a variable.
    if !name.is_empty() {
        found.push(Declared {
            name: name.to_owned(),
            path: source.path.clone(),
            place: source.place(start),
            summary: summary_above(&source.text, start),
        });
    }
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

    #[test]
    fn types_made_by_a_macro_of_the_file() {
        let text = "macro_rules! id {\n ($(#[$d:meta])* $name:ident) => { $(#[$d])* pub struct $name(u8); };\n}\nid!(\n    /// Of a bucket.\n    BucketId\n);\n";
        let source = source_from("crates/a/src/lib.rs".to_owned(), text.to_owned());
        let found: Vec<_> = declared_types(&source)
            .into_iter()
            .map(|d| (d.name, d.summary))
            .collect();
        assert_eq!(found, [("BucketId".to_owned(), "Of a bucket.".to_owned())]);
    }
}
