//! Holds the server against ceph/s3-tests: `cargo xtask s3-tests DIR`.
//!
//! The suite is not part of this repository: `DIR` is a checkout of it. Which of its tests count is
//! `xtask/s3-tests/core.txt`, which of those fail and why `xtask/s3-tests/failures.toml`.

mod core;
mod failures;
mod outcome;
mod report;
mod run;
mod server;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use self::core::CoreTest;
use self::outcome::{Outcome, TestResult};
use crate::process;
use crate::suite::target_dir;

/// Results of the last whole run.
const RESULTS: &str = "docs/reference/s3-tests.txt";

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct S3TestsOptions {
    /// A checkout of ceph/s3-tests.
    pub suite: PathBuf,
    /// The server; without it a release build is made.
    pub server: Option<PathBuf>,
    /// Only tests whose name or area contains this; no results are written then.
    pub only: Option<String>,
    /// Tests at a time.
    pub jobs: usize,
}

/// Runs the tests and writes their results. Returns whether every test that is expected to pass did.
///
/// # Errors
/// A sentence when the tests cannot be run or a file cannot be read or written.
pub fn run(root: &Path, options: &S3TestsOptions) -> Result<bool, String> {
    let core = core::read(root)?;
    let chosen: Vec<CoreTest> = core
        .into_iter()
        .filter(|test| {
            options
                .only
                .as_deref()
                .is_none_or(|part| test.matches(part))
        })
        .collect();
    let explained = failures::read(root)?;
    let results = run::run(root, &target_dir(root)?, options, &chosen)?;
    let sums = report::sums(&results);
    print!("\n{}", report::table(&sums)?);
    if options.only.is_none() {
        let head = report::Head::gather(root, &options.suite)?;
        write(root, RESULTS, &report::text(&head, &sums, &results)?)?;
    }
    Ok(judge(&results, &explained))
}

/// Renews the generated part of `docs/reference/s3-support.md` from the list of failures.
///
/// # Errors
/// A sentence when a file cannot be read or written.
pub fn explain(root: &Path) -> Result<(), String> {
    let text = support::renewed(root)?;
    write(root, support::PAGE, &text)
}

fn write(root: &Path, name: &str, text: &str) -> Result<(), String> {
    fs::write(root.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    println!("written: {name}");
    Ok(())
}

/// Names what went otherwise than `failures.toml` says; whether nothing failed unexpectedly.
fn judge(results: &[TestResult], explained: &failures::Failures) -> bool {
    let mut good = true;
    for result in results {
        let listed = explained.explains(&result.test.name);
        let name = &result.test.name;
        match (result.outcome, listed) {
            (Outcome::Passed, true) => {
                println!("note: {name} passes; take it out of {}", failures::FILE);
            }
            (Outcome::Failed | Outcome::Error | Outcome::Missing, false) => {
                println!(
                    "UNEXPECTED {} {name}: {}",
                    result.outcome.word(),
                    result.why
                );
                good = false;
            }
            _ => {}
        }
    }
    good
}

/// The commit of a checkout.
fn commit(folder: &Path) -> Result<String, String> {
    let mut git = std::process::Command::new("git");
    let text = process::output(git.arg("-C").arg(folder).args(["rev-parse", "HEAD"]))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests;
