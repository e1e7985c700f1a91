//! The result file.

use std::fmt::Write;
use std::path::Path;

use super::commit;
use super::outcome::{Outcome, TestResult};

/// What ran against what.
pub(super) struct Head {
    suite: String,
    server: String,
}

impl Head {
    /// Asks git.
    pub(super) fn gather(root: &Path, suite: &Path) -> Result<Self, String> {
        Ok(Self {
            suite: commit(suite)?,
            server: commit(root)?,
        })
    }

    #[cfg(test)]
    pub(super) fn example() -> Self {
        Self {
            suite: "s".to_owned(),
            server: "a".to_owned(),
        }
    }
}

/// Numbers of a set of tests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sum {
    pub(super) name: String,
    pub(super) tests: usize,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) error: usize,
    /// Skipped or missing.
    pub(super) skipped: usize,
}

impl Sum {
    fn of<'a>(name: &str, results: impl Iterator<Item = &'a TestResult>) -> Self {
        let mut sum = Self {
            name: name.to_owned(),
            tests: 0,
            passed: 0,
            failed: 0,
            error: 0,
            skipped: 0,
        };
        for result in results {
            sum.tests += 1;
            match result.outcome {
                Outcome::Passed => sum.passed += 1,
                Outcome::Failed => sum.failed += 1,
                Outcome::Error => sum.error += 1,
                Outcome::Skipped | Outcome::Missing => sum.skipped += 1,
            }
        }
        sum
    }

    /// Passed tests in a hundred.
    fn share(&self) -> f64 {
        let whole = u32::try_from(self.tests).unwrap_or(u32::MAX);
        let part = u32::try_from(self.passed).unwrap_or(u32::MAX);
        if whole == 0 {
            return 0.0;
        }
        f64::from(part) * 100.0 / f64::from(whole)
    }
}

/// One line an area in the order of the list, then all, those in scope, and of these the plain ones.
pub(super) fn sums(results: &[TestResult]) -> Vec<Sum> {
    let mut areas: Vec<&str> = Vec::new();
    for result in results {
        if !areas.contains(&result.test.area.as_str()) {
            areas.push(&result.test.area);
        }
    }
    let mut sums: Vec<Sum> = areas
        .into_iter()
        .map(|area| Sum::of(area, results.iter().filter(|r| r.test.area == area)))
        .collect();
    sums.push(Sum::of("all", results.iter()));
    let scope = || results.iter().filter(|r| r.test.in_scope());
    sums.push(Sum::of("in_scope", scope()));
    sums.push(Sum::of(
        "in_scope_plain",
        scope().filter(|r| r.test.is_plain()),
    ));
    sums
}

/// The numbers as a table.
pub(super) fn table(sums: &[Sum]) -> Result<String, String> {
    let mut text = String::new();
    let written = (|| {
        writeln!(
            text,
            "{:<20}{:>7}{:>8}{:>8}{:>7}{:>9}{:>8}",
            "area", "tests", "passed", "failed", "error", "skipped", "%"
        )?;
        for sum in sums {
            writeln!(
                text,
                "{:<20}{:>7}{:>8}{:>8}{:>7}{:>9}{:>8.1}",
                sum.name,
                sum.tests,
                sum.passed,
                sum.failed,
                sum.error,
                sum.skipped,
                sum.share()
            )?;
        }
        Ok(())
    })();
    written.map_err(|error: std::fmt::Error| error.to_string())?;
    Ok(text)
}

/// The whole file: facts, numbers, one line a test.
pub(super) fn text(head: &Head, sums: &[Sum], results: &[TestResult]) -> Result<String, String> {
    let mut text = String::new();
    let numbers = table(sums)?;
    let written = (|| {
        writeln!(
            text,
            "Results of ceph/s3-tests. Written by `cargo xtask s3-tests`; not edited by hand.\n\
             Each failure is explained in s3-support.md. in_scope is all but\n\
             acl and sse_c_kms; in_scope_plain leaves out the tests marked needs-acl or\n\
             needs-policy as well.\n\n\
             suite:  commit {}\nserver: commit {}\n\n{numbers}",
            head.suite, head.server
        )?;
        for result in results {
            let test = &result.test;
            let line = format!(
                "{:<8}{:<21}{} {}",
                result.outcome.word(),
                test.area,
                test.name,
                test.marks.join(" ")
            );
            writeln!(text, "{}", line.trim_end())?;
        }
        Ok(())
    })();
    written.map_err(|error: std::fmt::Error| error.to_string())?;
    Ok(text)
}
