//! Checks of the habits that neither the compiler nor clippy can see.
//!
//! Each check is a function from the workspace's files to findings. `cargo xtask tidy` prints them;
//! `cargo test` runs the same code. What may be passed over, and why, stands in `xtask/tidy.toml`.

mod calls;
mod config;
mod crates;
mod documents;
mod glossary;
mod licences;
mod names;
mod pins;
mod recipes;
mod sizes;
mod source;
mod test_shape;
mod text;
mod words;

use std::fmt;
use std::fs;
use std::path::Path;

use config::Config;
use source::SourceFile;
pub(crate) use words::without_machine_paths;

/// One breach of a habit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// Name of the check, as in `[[allow]]` of `xtask/tidy.toml`.
    pub check: &'static str,
    /// Path from the root of the workspace, with `:line` where there is one.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [{}] {}", self.place, self.check, self.message)
    }
}

/// What the checks found.
#[derive(Debug, Default)]
pub struct TidyReport {
    /// Breaches: the check fails.
    pub findings: Vec<Breach>,
    /// Things to know that fail nothing.
    pub notes: Vec<Breach>,
    /// Number of Rust files read.
    pub files: usize,
}

/// The workspace as the checks see it.
struct Workspace<'a> {
    root: &'a Path,
    /// All files, relative paths, sorted.
    files: Vec<String>,
    /// The Rust files among them.
    sources: Vec<SourceFile>,
    config: Config,
    /// Answer of `cargo metadata`.
    metadata: serde_json::Value,
}

impl Workspace<'_> {
    /// The text of a file, if it is there and is text.
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }
}

/// Runs all checks on the workspace at `root`. With `bless`, first renews the hashes that pin
/// format documents to their sources.
///
/// # Errors
/// A sentence when the workspace cannot be read at all.
pub fn run(root: &Path, bless: bool) -> Result<TidyReport, String> {
    let config_text = fs::read_to_string(root.join("xtask/tidy.toml"))
        .map_err(|error| format!("xtask/tidy.toml: {error}"))?;
    let files = source::list_files(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let sources = source::read_sources(root, &files).map_err(|error| error.to_string())?;
    let workspace = Workspace {
        root,
        files,
        sources,
        config: Config::parse(&config_text)?,
        metadata: crate::process::cargo_metadata(root)?,
    };
    if bless {
        pins::bless(&workspace)?;
    }
    let mut report = TidyReport {
        files: workspace.sources.len(),
        ..TidyReport::default()
    };
    sizes::check(&workspace, &mut report);
    crates::check(&workspace, &mut report);
    calls::check(&workspace, &mut report);
    names::check(&workspace, &mut report);
    glossary::check(&workspace, &mut report);
    test_shape::check(&workspace, &mut report);
    words::check(&workspace, &mut report);
    pins::check(&workspace, &mut report);
    licences::check(&workspace, &mut report);
    documents::check(&workspace, &mut report);
    recipes::check(&workspace, &mut report);
    report.findings = workspace.config.apply_allowances(report.findings);
    report.findings.sort();
    Ok(report)
}
