//! One run of the suite by pytest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::S3TestsOptions;
use super::core::CoreTest;
use super::outcome::{self, TestResult};
use super::server::Server;
use crate::{process, tools};

/// The tests, in a checkout of the suite.
const FILE: &str = "s3tests/functional/test_s3.py";

/// Starts a server, runs the tests against it and returns what became of each, in their order.
///
/// # Errors
/// A sentence when the suite cannot be run to its end.
pub(super) fn run(
    root: &Path,
    target: &Path,
    options: &S3TestsOptions,
    tests: &[CoreTest],
) -> Result<Vec<TestResult>, String> {
    if !options.suite.join(FILE).is_file() {
        let folder = options.suite.display();
        return Err(format!(
            "{folder} is no checkout of ceph/s3-tests: no {FILE}"
        ));
    }
    let python = tools::python_environment(root, target, "python-s3-tests")?;
    let binary = match &options.server {
        Some(path) => path.clone(),
        None => build(root, target)?,
    };
    let folder = target.join(format!("s3-tests-{}", std::process::id()));
    let mut server = Server::start(&binary, &folder)?;
    let pytest = Pytest {
        program: python.join("python3"),
        plugins: root.join("xtask/s3-tests"),
        suite: options.suite.clone(),
        config: server.suite_config(&python.join("python3"))?,
        report: folder.join("report.jsonl"),
    };
    let (alone, together): (Vec<&CoreTest>, Vec<&CoreTest>) =
        tests.iter().partition(|test| test.runs_alone());
    let ended = [
        pytest.run(&alone, &folder.join("alone.txt"), 1)?,
        pytest.run(&together, &folder.join("together.txt"), options.jobs)?,
    ];
    if !server.lives() {
        return Err(format!("the server ended:\n{}", server.log()));
    }
    let text = fs::read_to_string(&pytest.report)
        .map_err(|error| format!("no report of the tests ({error}); pytest: {ended:?}"))?;
    outcome::join(tests, &text)
}

/// How pytest is run.
struct Pytest {
    program: PathBuf,
    plugins: PathBuf,
    suite: PathBuf,
    config: PathBuf,
    report: PathBuf,
}

impl Pytest {
    /// Runs some tests, `jobs` at a time. What became of them is in the report; the outcome of
    /// pytest, which fails when a test does, is for the case that there is none.
    fn run(
        &self,
        tests: &[&CoreTest],
        listed: &Path,
        jobs: usize,
    ) -> Result<Result<(), String>, String> {
        if tests.is_empty() {
            return Ok(Ok(()));
        }
        let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        fs::write(listed, names.join("\n"))
            .map_err(|error| format!("{}: {error}", listed.display()))?;
        let mut pytest = Command::new(&self.program);
        pytest
            .current_dir(&self.suite)
            .env("S3TEST_CONF", &self.config)
            .env("S3_USE_SIGV4", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", &self.plugins)
            .env("AZEKURA_CORE", listed)
            .env("AZEKURA_REPORT", &self.report)
            .args([
                "-m",
                "pytest",
                "-q",
                "--tb=no",
                "--no-header",
                "--no-summary",
            ])
            .args(["-p", "azekura_report", "-p", "no:cacheprovider"])
            .args(["-W", "ignore", "-n", &jobs.to_string(), FILE]);
        Ok(process::run(&mut pytest))
    }
}

fn build(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "-p", "azekura"]);
    process::run(cargo.current_dir(root))?;
    Ok(target.join("release/azekura"))
}
