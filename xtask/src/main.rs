//! `cargo xtask`: see [`USAGE`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use xtask::{bench, fuzz, s3tests, suite, tidy, tools};

const USAGE: &str = "\
cargo xtask tidy [--bless]
    Checks the habits of the workspace. --bless renews the hashes in docs/formats/pins.toml.
cargo xtask test [--full] [--only NAME]
    Runs everything: tools, fmt, clippy, tidy, unit, build, e2e. Installs what it needs.
    --only NAME  one of these steps, or one end-to-end scenario
    --full       the large numbers; writes docs/reference/test-results-full.md
cargo xtask tools
    Installs what the end-to-end tests drive, and nothing else.
cargo xtask s3-tests DIR [--server BINARY] [--only PART] [--jobs N]
    Runs ceph/s3-tests from the checkout DIR against a server that it starts, a release build if
    none is given; writes docs/reference/s3-tests.txt. Fails when a test fails unexplained.
    --only PART  tests whose name or area contains it; writes nothing
    --jobs N     tests at a time, 4 if not given
cargo xtask s3-tests --explain
    Renews docs/reference/s3-support.md from xtask/s3-tests/failures.toml.
cargo xtask bench [--quick] [OPTIONS]
    Measures Azekura beside SeaweedFS, Garage and s3s-fs; installs them first. --help tells more.
cargo xtask bench --access [OPTIONS]
    Measures what TLS 1.3, 1,000 users with 200 policies, and a strict audit cost.
cargo xtask fuzz [--target NAME] [--seconds N] [--seed N]
    Runs the fuzz targets, each for N seconds (60); saves what goes wrong in fuzz/regressions.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether everything passed.
fn dispatch(args: &[String]) -> Result<bool, String> {
    let root = root()?;
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tidy"] => run_tidy(&root, false),
        ["tidy", "--bless"] => run_tidy(&root, true),
        ["test", options @ ..] => suite::run(&root, &suite_options(options)?),
        ["bench", "--access", options @ ..] => bench::run_access(&root, options),
        ["bench", options @ ..] => bench::run_peers(&root, options),
        ["fuzz", options @ ..] => fuzz::run_targets(&root, options),
        ["tools"] => {
            let installed = tools::install(&root, &suite::target_dir(&root)?)?;
            println!("tools in {}", installed.directory.display());
            Ok(installed.missing.is_empty())
        }
        ["s3-tests", "--explain"] => s3tests::explain(&root).map(|()| true),
        ["s3-tests", directory, options @ ..] => {
            s3tests::run(&root, &s3tests_options(directory, options)?)
        }
        _ => {
            print!("{USAGE}");
            Ok(matches!(words.as_slice(), [] | ["help" | "--help" | "-h"]))
        }
    }
}

fn suite_options(words: &[&str]) -> Result<suite::SuiteOptions, String> {
    let mut options = suite::SuiteOptions::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            "--full" => options.full = true,
            "--only" => {
                let name = rest
                    .next()
                    .ok_or_else(|| "--only needs a name".to_owned())?;
                options.only = Some((*name).to_owned());
            }
            other => return Err(format!("unknown option {other}\n{USAGE}")),
        }
    }
    Ok(options)
}

fn s3tests_options(directory: &str, words: &[&str]) -> Result<s3tests::S3TestsOptions, String> {
    let full = |path: &str| std::path::absolute(path).map_err(|error| format!("{path}: {error}"));
    let mut options = s3tests::S3TestsOptions {
        suite: full(directory)?,
        jobs: 4,
        ..Default::default()
    };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{word} needs a value"));
        match *word {
            "--server" => options.server = Some(full(value?)?),
            "--only" => options.only = Some((*value?).to_owned()),
            "--jobs" => {
                options.jobs = value?.parse().map_err(|error| format!("--jobs: {error}"))?;
            }
            other => return Err(format!("unknown option {other}\n{USAGE}")),
        }
    }
    Ok(options)
}

fn run_tidy(root: &Path, bless: bool) -> Result<bool, String> {
    let report = tidy::run(root, bless)?;
    suite::print_tidy(&report);
    Ok(report.findings.is_empty())
}

/// Root of the workspace: the folder above this package.
fn root() -> Result<PathBuf, String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "no folder above xtask".to_owned())
}
