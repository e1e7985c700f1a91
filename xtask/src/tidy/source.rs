//! Every Rust file of the workspace, with production and test code told apart.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::text::{blank, blank_non_code, bracket_end, find_from, find_words, line_of, word_at};

/// Folders that hold nothing of the project.
const SKIPPED_FOLDERS: [&str; 5] = [
    "target",
    ".git",
    "azekura-data",
    "__pycache__",
    "node_modules",
];

/// One Rust file.
pub(crate) struct SourceFile {
    /// Path from the root of the workspace, with `/`.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
    /// Comments and literals blanked.
    pub(crate) code: String,
    /// Comments, literals and inline tests blanked; all blank in a file of tests.
    pub(crate) production: String,
    /// Whether the whole file is test code.
    pub(crate) is_test: bool,
    /// Inline test code, as offsets.
    pub(crate) test_regions: Vec<Range<usize>>,
}

impl SourceFile {
    /// `path:line` of an offset.
    pub(crate) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.text, at))
    }

    /// Name of the file without folder.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether an offset stands in test code.
    pub(crate) fn in_test(&self, at: usize) -> bool {
        self.is_test || self.test_regions.iter().any(|region| region.contains(&at))
    }

    /// Lines outside inline tests.
    pub(crate) fn production_lines(&self) -> usize {
        let inline: usize = self.test_regions.iter().map(|r| self.lines_in(r)).sum();
        self.text.lines().count().saturating_sub(inline)
    }

    /// Lines that a region covers.
    pub(crate) fn lines_in(&self, region: &Range<usize>) -> usize {
        line_of(&self.text, region.end) - line_of(&self.text, region.start) + 1
    }
}

/// All paths of files below `root`, relative, sorted.
pub(crate) fn list_files(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads all Rust files of `files`.
pub(crate) fn read_sources(root: &Path, files: &[String]) -> io::Result<Vec<SourceFile>> {
    let mut sources = Vec::new();
    for path in files.iter().filter(|path| path.ends_with(".rs")) {
        // A file may go away under us when somebody edits; that is not a finding.
        let Ok(text) = fs::read_to_string(root.join(path)) else {
            continue;
        };
        sources.push(source_from(path.clone(), text));
    }
    let declared: BTreeSet<String> = sources.iter().flat_map(test_modules).collect();
    for source in &mut sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let declared = declared.iter().any(|module| {
            stem.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if declared || is_test_path(&source.path) {
            source.is_test = true;
            source.test_regions.clear();
            source.production = blank_all(&source.code);
        }
    }
    Ok(sources)
}

/// One file from its text, its kind judged by the text alone.
pub(crate) fn source_from(path: String, text: String) -> SourceFile {
    let code = blank_non_code(&text);
    let test_regions = test_items(&code)
        .into_iter()
        .map(|(region, _)| region)
        .collect::<Vec<_>>();
    let mut production = code.clone().into_bytes();
    for region in &test_regions {
        blank(&mut production, region.start, region.end);
    }
    let production = String::from_utf8(production).unwrap_or_default();
    SourceFile {
        path,
        text,
        code,
        production,
        is_test: false,
        test_regions,
    }
}

fn blank_all(code: &str) -> String {
    let mut bytes = code.as_bytes().to_vec();
    let length = bytes.len();
    blank(&mut bytes, 0, length);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Tests, and what measures or shows: none of it is in the product.
fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let stem = parts.next().unwrap_or_default().trim_end_matches(".rs");
    stem == "tests"
        || stem.ends_with("_tests")
        || parts.any(|p| ["tests", "benches", "examples"].contains(&p))
}

/// Items under `#[cfg(test)]`: their extent, and the module's name when its body is in a file.
fn test_items(code: &str) -> Vec<(Range<usize>, Option<String>)> {
    let mut items = Vec::new();
    for start in find_words(code, "#[cfg(test)]") {
        let mut at = bracket_end(code, start + 1);
        while code
            .get(at..)
            .is_some_and(|rest| rest.trim_start().starts_with("#["))
        {
            at = find_from(code, at, &['[']).map_or(code.len(), |open| bracket_end(code, open));
        }
        let Some(stop) = find_from(code, at, &['{', ';']) else {
            continue;
        };
        let head = code.get(at..stop).unwrap_or_default();
        let file = find_words(head, "mod")
            .first()
            .map(|n| word_at(head, n + 3).to_owned());
        if code.as_bytes().get(stop) == Some(&b'{') {
            items.push((start..bracket_end(code, stop), None));
        } else {
            items.push((start..stop + 1, file));
        }
    }
    items
}

/// Stems of the files that a file declares as test modules.
fn test_modules(source: &SourceFile) -> Vec<String> {
    let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let own = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        other => format!("{folder}/{}", other.trim_end_matches(".rs")),
    };
    test_items(&source.code)
        .into_iter()
        .filter_map(|(_, module)| module)
        .map(|module| format!("{own}/{module}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{is_test_path, source_from};

    #[test]
    fn inline_tests_are_not_production() {
        let text = "fn a() { x.unwrap() }\n#[cfg(test)]\n#[allow(unused)]\nmod tests {\n fn b() { static }\n}\nfn c() {}\n";
        let source = source_from("crates/a/src/lib.rs".to_owned(), text.to_owned());
        assert!(source.production.contains("fn c()"));
        assert!(!source.production.contains("static"));
        assert_eq!(source.production_lines(), 2);
    }

    #[test]
    fn test_paths() {
        assert!(is_test_path("crates/engine/tests/conformance.rs"));
        assert!(is_test_path("crates/engine/src/journal/tests.rs"));
        assert!(!is_test_path("crates/engine/src/journal.rs"));
    }
}
