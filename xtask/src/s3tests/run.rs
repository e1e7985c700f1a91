//! One run of the suite by pytest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::S3TestsOptions;
use super::core::CoreTest;
use super::outcome::{self, TestResult};
use super::server::Server;
use crate::{process, tools};

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
    let file = "s3tests/functional/test_s3.py";
    if !options.suite.join(file).is_file() {
        let folder = options.suite.display();
        return Err(format!(
            "{folder} is no checkout of ceph/s3-tests: no {file}"
        ));
    }
    let python = tools::python_environment(root, target, "python-s3-tests")?;
    let binary = match &options.server {
        Some(path) => path.clone(),
        None => build(root, target)?,
    };
    let folder = target.join(format!("s3-tests-{}", std::process::id()));
    let mut server = Server::start(&binary, &folder)?;
    let listed = folder.join("core.txt");
    let report = folder.join("report.jsonl");
    let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    fs::write(&listed, names.join("\n")).map_err(|error| format!("core.txt: {error}"))?;
    let mut pytest = Command::new(python.join("python3"));
    pytest
        .current_dir(&options.suite)
        .env("S3TEST_CONF", server.suite_config()?)
        .env("S3_USE_SIGV4", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONPATH", root.join("xtask/s3-tests"))
        .env("AZEKURA_CORE", &listed)
        .env("AZEKURA_REPORT", &report)
        .args([
            "-m",
            "pytest",
            "-q",
            "--tb=no",
            "--no-header",
            "--no-summary",
        ])
        .args(["-p", "azekura_report", "-p", "no:cacheprovider"])
        .args(["-W", "ignore", "-n", &options.jobs.to_string(), file]);
    // pytest ends with an error when a test fails; what matters is in the report.
    let ended = process::run(&mut pytest);
    if !server.lives() {
        return Err(format!("the server ended:\n{}", server.log()));
    }
    let text = fs::read_to_string(&report)
        .map_err(|error| format!("no report of the tests ({error}); pytest: {ended:?}"))?;
    outcome::join(tests, &text)
}

fn build(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "-p", "azekura"]);
    process::run(cargo.current_dir(root))?;
    Ok(target.join("release/azekura"))
}
