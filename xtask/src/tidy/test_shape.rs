//! Shape of tests: long ones in sibling files, and none that cannot fail.

use std::collections::BTreeSet;
use std::ops::Range;

use super::source::SourceFile;
use super::text::{bracket_end, find_from, find_words, word_at};
use super::{Breach, TidyReport, Workspace};

/// Inline tests longer than this belong in a sibling file.
const INLINE_LINES_MAX: usize = 150;

/// Words by which a body can fail for a reason. An `unwrap` alone is none: nearly every body has one.
const ASSERTIONS: [&str; 3] = ["panic!", "unreachable!", "unwrap_err"];

/// A function: name, body, and whether it is a test.
struct Function<'a> {
    name: &'a str,
    /// Where the name stands.
    at: usize,
    body: Range<usize>,
    is_test: bool,
    should_panic: bool,
}

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let asserting = asserting_helpers(&workspace.sources);
    for source in &workspace.sources {
        inline_length(source, &mut report.findings);
        bare_matches(source, &mut report.findings);
        assertless(source, &asserting, &mut report.findings);
    }
}

fn inline_length(source: &SourceFile, findings: &mut Vec<Breach>) {
    let inline: usize = source
        .test_regions
        .iter()
        .map(|region| source.lines_in(region))
        .sum();
    if inline > INLINE_LINES_MAX {
        findings.push(Breach {
            check: "inline-tests",
            place: source.path.clone(),
            message: format!("{inline} lines of inline tests, more than {INLINE_LINES_MAX}: move them to a sibling file"),
        });
    }
}

/// `matches!(…);` throws its answer away.
fn bare_matches(source: &SourceFile, findings: &mut Vec<Breach>) {
    for at in find_words(&source.code, "matches!") {
        let before = source.code.get(..at).unwrap_or_default().trim_end();
        let starts = before.is_empty() || before.ends_with([';', '{', '}']);
        let end = find_from(&source.code, at, &['(', '[', '{'])
            .map_or(source.code.len(), |open| bracket_end(&source.code, open));
        let rest = source.code.get(end..).unwrap_or_default().trim_start();
        if starts && rest.starts_with(';') {
            findings.push(Breach {
                check: "assertless",
                place: source.place(at),
                message: "matches! as a statement asserts nothing: wrap it in assert!".to_owned(),
            });
        }
    }
}

fn assertless(source: &SourceFile, asserting: &BTreeSet<String>, findings: &mut Vec<Breach>) {
    for function in functions(&source.code)
        .into_iter()
        .filter(|f| f.is_test && !f.should_panic)
    {
        let body = source.code.get(function.body.clone()).unwrap_or_default();
        if !asserts(body) && !calls_any(body, asserting) {
            findings.push(Breach {
                check: "assertless",
                place: source.place(function.at),
                message: format!(
                    "the test {} asserts nothing, nor does what it calls",
                    function.name
                ),
            });
        }
    }
}

fn asserts(body: &str) -> bool {
    let assertion = body.match_indices("assert").any(|(at, _)| {
        let rest = body.get(at..).unwrap_or_default();
        let word = rest
            .bytes()
            .take_while(|b| super::text::is_word(*b))
            .count();
        rest.get(word..)
            .is_some_and(|after| after.starts_with(['!', '(']))
    });
    assertion
        || ASSERTIONS
            .iter()
            .any(|word| !find_words(body, word).is_empty())
}

/// Names of test helpers that assert, directly or through each other.
fn asserting_helpers(sources: &[SourceFile]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut open = Vec::new();
    for source in sources {
        for function in functions(&source.code) {
            let helper = source.in_test(function.at) || source.path.contains("conformance");
            let body = source.code.get(function.body.clone()).unwrap_or_default();
            if !helper || function.is_test {
            } else if asserts(body) {
                known.insert(function.name.to_owned());
            } else {
                open.push((function.name, body));
            }
        }
    }
    loop {
        let before = known.len();
        for (name, body) in &open {
            if calls_any(body, &known) {
                known.insert((*name).to_owned());
            }
        }
        if known.len() == before {
            return known;
        }
    }
}

/// Whether a body calls or hands over one of the named functions.
fn calls_any(body: &str, names: &BTreeSet<String>) -> bool {
    body.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| names.contains(word))
}

fn functions(code: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    for keyword in find_words(code, "fn") {
        let name = word_at(code, keyword + 2);
        if name.is_empty() {
            continue;
        }
        let Some(arguments) = find_from(code, keyword, &['(']) else {
            continue;
        };
        let after = bracket_end(code, arguments);
        let Some(open) = find_from(code, after, &['{', ';']) else {
            continue;
        };
        if code.as_bytes().get(open) != Some(&b'{') {
            continue;
        }
        let attributes = attributes_before(code, keyword);
        found.push(Function {
            name,
            at: keyword,
            body: open..bracket_end(code, open),
            is_test: attributes.contains("#[test]") || attributes.contains("::test"),
            should_panic: attributes.contains("should_panic"),
        });
    }
    found
}

/// What stands between the item before and this `fn`: attributes and qualifiers.
fn attributes_before(code: &str, at: usize) -> &str {
    let head = code.get(..at).unwrap_or_default();
    let start = head.rfind([';', '}', '{']).map_or(0, |n| n + 1);
    head.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{asserting_helpers, assertless, bare_matches};
    use crate::tidy::source::source_from;

    #[test]
    fn tests_that_cannot_fail_are_found() {
        let text = "#[cfg(test)]\nmod tests {\n fn helper(x: u8) { inner(x) }\n fn inner(x: u8) { assert_eq!(x, 1) }\n #[test]\n fn good() { helper(1); }\n #[test]\n fn bad() { f().unwrap(); }\n #[tokio::test(flavor = \"x\")]\n async fn worse() { let a = 1; matches!(a, 1); }\n #[test]\n #[should_panic]\n fn panics() { f(); }\n}\n";
        let sources = [source_from(
            "crates/a/src/lib.rs".to_owned(),
            text.to_owned(),
        )];
        let asserting = asserting_helpers(&sources);
        let mut findings = Vec::new();
        for source in &sources {
            assertless(source, &asserting, &mut findings);
            bare_matches(source, &mut findings);
        }
        let places: Vec<_> = findings.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "crates/a/src/lib.rs:8",
                "crates/a/src/lib.rs:10",
                "crates/a/src/lib.rs:10"
            ]
        );
    }

    #[test]
    fn matches_as_a_value_is_fine() {
        let text = "fn f(a: u8) -> bool { let b = matches!(a, 1); matches!(a, 2) }";
        let source = source_from("crates/a/src/lib.rs".to_owned(), text.to_owned());
        let mut findings = Vec::new();
        bare_matches(&source, &mut findings);
        assert!(findings.is_empty());
    }
}
